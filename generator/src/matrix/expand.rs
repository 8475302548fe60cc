//! [`MuslGccFile`] → cells: the product of the axes, less what is excluded, plus what is included.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::file::{Filter, MuslGccFile};
use super::keys::Axis;
use super::reader::Loc;
use super::{Flags, MAX_CELLS, MuslGccCell};
use crate::catalogue::version_key;
use crate::diag::Problem;
use crate::target::{System, Target};

/// Flags of one cell, in number and in bytes, at most: with every cell at the limit the plan still fits into memory.
const MAX_FLAGS: usize = 256;
const MAX_FLAG_BYTES: usize = 16 << 10;

/// A cell before it has a name.
struct Draft {
    target: &'static Target,
    versions: BTreeMap<Axis, &'static str>,
    systems: Vec<System>,
    /// Where the file asks for it, if by `include`.
    span: Option<Range<usize>>,
}

/// The cells in the file's order, targets outermost, included ones last. Problems are added to `problems`; there are
/// cells only as far as they could be made out.
pub fn cells(systems: &[Loc<System>], family: &MuslGccFile, problems: &mut Vec<Problem>) -> Vec<MuslGccCell> {
    let count = family.axes.values().map(Vec::len).try_fold(family.targets.len(), usize::checked_mul);
    let count = count.and_then(|count| count.checked_add(family.includes.len())).unwrap_or(usize::MAX);
    if count > MAX_CELLS {
        let mut factors = vec![format!("{} targets", family.targets.len())];
        factors.extend(family.axes.iter().map(|(axis, versions)| format!("{} {}", versions.len(), axis.key())));
        let problem = Problem::at(family.span.clone(), format!("the matrix has {count} cells"));
        problems.push(problem.hint(format!("at most {MAX_CELLS} are allowed; it is {}", factors.join(" × "))));
        return Vec::new();
    }
    let systems: Vec<System> = systems.iter().map(|system| system.value).collect();
    let mut drafts = product(&systems, family);
    exclude(&systems, family, &mut drafts, problems);
    include(&systems, family, &mut drafts, problems);
    unsupported(family, &drafts, problems);
    let mut cells: Vec<MuslGccCell> = drafts.iter().map(|draft| cell(family, draft)).collect();
    override_(family, &drafts, &mut cells, problems);
    cells
}

fn product(systems: &[System], family: &MuslGccFile) -> Vec<Draft> {
    let mut drafts: Vec<Draft> = family
        .targets
        .iter()
        .map(|target| Draft { target: target.value, versions: BTreeMap::new(), systems: systems.to_vec(), span: None })
        .collect();
    for (axis, versions) in &family.axes {
        drafts = drafts
            .into_iter()
            .flat_map(|draft| {
                versions.iter().map(move |version| {
                    let mut all = draft.versions.clone();
                    all.insert(*axis, version.value);
                    Draft { target: draft.target, versions: all, systems: draft.systems.clone(), span: None }
                })
            })
            .collect();
    }
    drafts
}

fn matches(filter: &Filter, draft: &Draft) -> bool {
    filter.target.is_none_or(|target| target == draft.target)
        && filter.versions.iter().all(|(axis, version)| draft.versions.get(axis) == Some(version))
}

fn exclude(systems: &[System], family: &MuslGccFile, drafts: &mut Vec<Draft>, problems: &mut Vec<Problem>) {
    let mut last = None;
    for exclude in &family.excludes {
        let span = exclude.filter.span.clone();
        if let Some(system) = exclude.system.filter(|system| !systems.contains(system)) {
            let problem = Problem::at(span, format!("this `exclude` matches nothing: {system} builds nothing here"));
            problems.push(problem.hint(format!("remove it, or name one of {}", list(systems))));
            continue;
        }
        let mut matched = false;
        for draft in drafts.iter_mut().filter(|draft| matches(&exclude.filter, draft)) {
            matched = true;
            draft.systems.retain(|system| exclude.system.is_some_and(|excluded| excluded != *system));
        }
        if matched {
            last = Some(span);
        } else {
            let problem = Problem::at(span, "this `exclude` matches no cell");
            problems.push(problem.hint(stale(family, &exclude.filter, "remove it")));
        }
    }
    drafts.retain(|draft| !draft.systems.is_empty());
    if let Some(span) = last.filter(|_| drafts.is_empty() && family.includes.is_empty()) {
        let problem = Problem::at(span, "nothing is left of the matrix: every cell is excluded");
        problems.push(problem.hint("remove an `exclude`, or the whole table"));
    }
}

/// Why a filter matches nothing, as far as one of its values alone is the reason.
fn stale(family: &MuslGccFile, filter: &Filter, otherwise: &str) -> String {
    if let Some(target) = filter.target.filter(|target| family.targets.iter().all(|known| known.value != *target)) {
        return format!("{otherwise}: {target} is not among the targets");
    }
    for (axis, version) in &filter.versions {
        let known: Vec<&str> = family.axes.get(axis).into_iter().flatten().map(|version| version.value).collect();
        if !known.contains(version) {
            return format!("{otherwise}: {} {version} is not on its axis, which has {}", axis.key(), list(&known));
        }
    }
    format!("{otherwise}: what it names is not in the matrix together")
}

fn include(systems: &[System], family: &MuslGccFile, drafts: &mut Vec<Draft>, problems: &mut Vec<Problem>) {
    let key = |draft: &Draft| (draft.target.triple(), draft.versions.clone());
    let mut seen: BTreeSet<_> = drafts.iter().map(key).collect();
    for include in &family.includes {
        let Some(target) = include.target.or(family.targets.first().map(|target| target.value)) else { continue };
        let mut versions = include.versions.clone();
        for (axis, values) in &family.axes {
            if let Some(first) = values.first() {
                versions.entry(*axis).or_insert(first.value);
            }
        }
        let draft = Draft { target, versions, systems: systems.to_vec(), span: Some(include.span.clone()) };
        if seen.insert(key(&draft)) {
            drafts.push(draft);
        } else {
            let problem = Problem::at(include.span.clone(), "this `include` adds a cell that is there already");
            problems.push(problem.hint(format!("remove it: it is {}", name(family, &draft))));
        }
    }
}

/// Reports each version that is older than a target's support for it, once.
fn unsupported(family: &MuslGccFile, drafts: &[Draft], problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for draft in drafts {
        for (axis, version) in &draft.versions {
            let Some(hint) = too_old(draft.target, *axis, version) else { continue };
            if !seen.insert((draft.target.triple(), *axis, *version)) {
                continue;
            }
            let values = family.axes.get(axis).into_iter().flatten();
            let on_axis = values.filter(|value| value.value == *version).map(|value| value.span.clone()).next();
            let span = draft.span.clone().or(on_axis).unwrap_or(family.span.clone());
            let message = format!("{} does not support {}: {} {version}", axis.package(), draft.target, axis.key());
            problems.push(Problem::at(span, message).hint(hint));
        }
    }
}

/// What to do about a version that is too old for a target; none when it is not.
fn too_old(target: &Target, axis: Axis, version: &str) -> Option<String> {
    let since = target.since(axis.package())?;
    (version_key(version) < version_key(since)).then(|| {
        let exclude = format!("exclude = [{{ target = \"{target}\", {} = \"{version}\" }}]", axis.key());
        format!("supported since {} {since}; take that or newer, or {exclude}", axis.key())
    })
}

fn cell(family: &MuslGccFile, draft: &Draft) -> MuslGccCell {
    let version = |axis| draft.versions.get(&axis).copied().unwrap_or_default().to_owned();
    MuslGccCell {
        name: name(family, draft),
        systems: draft.systems.clone(),
        target: draft.target,
        gcc: version(Axis::Gcc),
        musl: version(Axis::Musl),
        binutils: version(Axis::Binutils),
        linux_headers: version(Axis::LinuxHeaders),
        languages: family.languages,
        flags: Flags::default(),
    }
}

/// The cell's Nix attribute name: the target, and each version that is not its axis's first. Distinct cells have
/// distinct names, since axes stand in fixed order between words that no version contains.
fn name(family: &MuslGccFile, draft: &Draft) -> String {
    let mut name = format!("musl-gcc-{}", draft.target);
    for (axis, version) in &draft.versions {
        let first = family.axes.get(axis).and_then(|versions| versions.first());
        if first.is_none_or(|first| first.value != *version) {
            let version: String = version.chars().map(|c| if c.is_ascii_alphanumeric() { c } else { '_' }).collect();
            name.push_str(&format!("-{}-{version}", axis.package()));
        }
    }
    name
}

fn override_(family: &MuslGccFile, drafts: &[Draft], cells: &mut [MuslGccCell], problems: &mut Vec<Problem>) {
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

fn list(words: &[impl ToString]) -> String {
    words.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The catalogue's oldest versions are newer than any target needs, so no file can show this today.
    #[test]
    fn versions_that_are_too_old_for_a_target() {
        let hint = |triple, axis, version| Target::parse(triple).and_then(|target| too_old(target, axis, version));
        assert_eq!(
            hint("loongarch64-linux-musl", Axis::Gcc, "11.4.0").as_deref(),
            Some(
                "supported since gcc 12.1.0; take that or newer, \
                 or exclude = [{ target = \"loongarch64-linux-musl\", gcc = \"11.4.0\" }]"
            )
        );
        assert_eq!(hint("loongarch64-linux-musl", Axis::Gcc, "12.1.0"), None);
        assert!(hint("loongarch64-linux-musl", Axis::LinuxHeaders, "5.9").is_some());
        assert!(hint("riscv32-linux-musl", Axis::Musl, "1.2.4").is_some());
        assert_eq!(hint("x86_64-linux-musl", Axis::LinuxHeaders, "2.6.32"), None);
    }
}
