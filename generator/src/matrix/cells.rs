//! Drafts → what they mean: cells of each family, and the overrides of musl-gcc's.

use std::collections::BTreeMap;

use super::expand::{Draft, matches, stale};
use super::family::FamilyFile;
use super::keys::Axis;
use super::module::Modules;
use super::{
    DarwinCell, Flags, Flavour, KernelCompiler, KernelConfig, LinuxCell, MAX_CELLS, Mig, MuslGccCell, Sdk, ValgrindCell,
};
use crate::diag::Problem;
use crate::target::{DarwinTarget, KernelTarget, Target};

/// Flags of one cell, in number and in bytes, at most: with every cell at the limit the plan still fits into memory.
const MAX_FLAGS: usize = 256;
const MAX_FLAG_BYTES: usize = 16 << 10;

fn value(draft: &Draft, axis: Axis) -> String {
    draft.values.get(&axis).cloned().unwrap_or_default()
}

/// Cells of `[musl-gcc]`, overrides applied.
pub fn musl_gcc(family: &FamilyFile, drafts: &[Draft], problems: &mut Vec<Problem>) -> Vec<MuslGccCell> {
    let cell = |draft: &Draft| {
        Some(MuslGccCell {
            name: draft.name.clone(),
            systems: draft.systems.clone(),
            target: Target::parse(draft.target)?,
            gcc: value(draft, Axis::Gcc),
            musl: value(draft, Axis::Musl),
            binutils: value(draft, Axis::Binutils),
            linux_headers: value(draft, Axis::LinuxHeaders),
            languages: family.languages,
            flags: Flags::default(),
        })
    };
    let mut cells: Vec<MuslGccCell> = drafts.iter().filter_map(cell).collect();
    override_(family, drafts, &mut cells, problems);
    cells
}

/// Cells of `[darwin]`.
pub fn darwin(family: &FamilyFile, drafts: &[Draft], sdks: &BTreeMap<String, Sdk>) -> Vec<DarwinCell> {
    let cell = |draft: &Draft| {
        Some(DarwinCell {
            name: draft.name.clone(),
            systems: draft.systems.clone(),
            target: DarwinTarget::parse(draft.target)?,
            sdk: sdks.get(draft.values.get(&Axis::Sdk)?)?.clone(),
            flavour: Flavour::of(&value(draft, Axis::Flavour)),
            languages: family.languages,
        })
    };
    drafts.iter().filter_map(cell).collect()
}

/// Cells of `[valgrind-darwin]`.
pub fn valgrind(drafts: &[Draft], sdks: &BTreeMap<String, Sdk>) -> Vec<ValgrindCell> {
    let cell = |draft: &Draft| {
        Some(ValgrindCell {
            name: draft.name.clone(),
            systems: draft.systems.clone(),
            target: DarwinTarget::parse(draft.target)?,
            valgrind: value(draft, Axis::Valgrind),
            sdk: sdks.get(draft.values.get(&Axis::Sdk)?)?.clone(),
            flavour: Flavour::of(&value(draft, Axis::Flavour)),
            mig: Mig::of(&value(draft, Axis::Mig)),
        })
    };
    drafts.iter().filter_map(cell).collect()
}

/// Cells of `[linux]`.
pub fn linux(
    family: &FamilyFile,
    drafts: &[Draft],
    configs: &BTreeMap<String, KernelConfig>,
    modules: &Modules,
    problems: &mut Vec<Problem>,
) -> Vec<LinuxCell> {
    let own = family.modules.iter().filter_map(|word| modules.get(&word.value)?.1.clone());
    let own: Vec<_> = own.collect();
    if let Some(word) = family.modules.first().filter(|_| drafts.len().saturating_mul(own.len()) > MAX_CELLS) {
        let message = format!("{} modules for {} kernels", own.len(), drafts.len());
        problems.push(Problem::at(word.span.clone(), message).hint(format!("at most {MAX_CELLS} are built in all")));
        return Vec::new();
    }
    let cell = |draft: &Draft| {
        Some(LinuxCell {
            name: draft.name.clone(),
            systems: draft.systems.clone(),
            target: KernelTarget::parse(draft.target)?,
            linux: value(draft, Axis::Linux),
            compiler: KernelCompiler::of(&value(draft, Axis::Compiler)),
            config: configs.get(draft.values.get(&Axis::Config)?)?.clone(),
            modules: own.clone(),
        })
    };
    drafts.iter().filter_map(cell).collect()
}

fn override_(family: &FamilyFile, drafts: &[Draft], cells: &mut [MuslGccCell], problems: &mut Vec<Problem>) {
    for change in &family.overrides {
        let mut matched = false;
        let mut full = false;
        for (cell, _) in cells.iter_mut().zip(drafts).filter(|(_, draft)| matches(&change.filter, draft)) {
            matched = true;
            full = full || !add(&mut cell.flags, &change.flags);
            cell.languages = change.languages.unwrap_or(cell.languages);
        }
        let span = change.filter.span.clone();
        if !matched {
            let hint = stale(family, &change.filter, "correct or remove this override");
            problems.push(Problem::at(span.clone(), "this `match` matches no cell").hint(hint));
        }
        if full {
            let problem = Problem::at(span, "with this override a cell has too many flags");
            problems.push(problem.hint(format!("at most {MAX_FLAGS} flags of {MAX_FLAG_BYTES} bytes in all per cell")));
        }
    }
}

/// Appends; false, and nothing appended, when there would be too many.
fn add(flags: &mut Flags, more: &Flags) -> bool {
    let size = |flags: &Flags| {
        let lists = [&flags.gcc, &flags.binutils, &flags.musl, &flags.libstdcxx];
        lists.iter().fold((0, 0), |(count, bytes), list| {
            (count + list.len(), bytes + list.iter().map(String::len).sum::<usize>())
        })
    };
    let ((count, bytes), (new_count, new_bytes)) = (size(flags), size(more));
    if count + new_count > MAX_FLAGS || bytes + new_bytes > MAX_FLAG_BYTES {
        return false;
    }
    flags.gcc.extend_from_slice(&more.gcc);
    flags.binutils.extend_from_slice(&more.binutils);
    flags.musl.extend_from_slice(&more.musl);
    flags.libstdcxx.extend_from_slice(&more.libstdcxx);
    true
}
