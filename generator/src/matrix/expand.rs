//! [`FamilyFile`] → drafts of its cells: the product of the axes, less what is excluded, plus what is included. The
//! same for every family; what a draft means is decided in [`cells`](super::cells).

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::family::{FamilyFile, Filter};
use super::keys::{Axis, Family, Values};
use super::reader::Loc;
use super::{MAX_CELLS, Sdk};
use crate::catalogue::version_key;
use crate::diag::Problem;
use crate::target::{DarwinTarget, KernelTarget, System, Target};

/// A cell before it means anything.
pub struct Draft {
    /// A triple of the family's.
    pub target: &'static str,
    /// By every axis of the family.
    pub values: BTreeMap<Axis, String>,
    pub systems: Vec<System>,
    /// The Nix attribute's name.
    pub name: String,
    /// Where the file asks for it, if by `include`.
    span: Option<Range<usize>>,
}

/// The drafts in the file's order, targets outermost, included ones last. Problems are added to `problems`; there are
/// drafts only as far as they could be made out.
pub fn drafts(
    systems: &[Loc<System>],
    family: &FamilyFile,
    sdks: &BTreeMap<String, Sdk>,
    problems: &mut Vec<Problem>,
) -> Vec<Draft> {
    let count = family.axes.values().map(Vec::len).try_fold(family.targets.len(), usize::checked_mul);
    let count = count.and_then(|count| count.checked_add(family.includes.len())).unwrap_or(usize::MAX);
    if count > MAX_CELLS {
        let mut factors = vec![format!("{} targets", family.targets.len())];
        factors.extend(family.axes.iter().map(|(axis, values)| format!("{} {}", values.len(), axis.key())));
        let problem = Problem::at(family.span.clone(), format!("the matrix has {count} cells"));
        problems.push(problem.hint(format!("at most {MAX_CELLS} are allowed; it is {}", factors.join(" × "))));
        return Vec::new();
    }
    let systems: Vec<System> = systems.iter().map(|system| system.value).collect();
    let mut drafts = product(&systems, family);
    exclude(&systems, family, &mut drafts, problems);
    include(&systems, family, &mut drafts, problems);
    unsupported(family, sdks, &drafts, problems);
    not_on_macos(family, &drafts, problems);
    drafts
}

fn draft(family: &FamilyFile, target: &'static str, values: BTreeMap<Axis, String>, systems: &[System]) -> Draft {
    let name = name(family, target, &values);
    Draft { target, values, systems: systems.to_vec(), name, span: None }
}

fn product(systems: &[System], family: &FamilyFile) -> Vec<Draft> {
    let mut all = vec![BTreeMap::new()];
    for (axis, values) in &family.axes {
        all = all
            .into_iter()
            .flat_map(|chosen: BTreeMap<Axis, String>| {
                values.iter().map(move |value| {
                    let mut chosen = chosen.clone();
                    chosen.insert(*axis, value.value.clone());
                    chosen
                })
            })
            .collect();
    }
    let targets = family.targets.iter();
    targets.flat_map(|target| all.iter().map(|values| draft(family, target.value, values.clone(), systems))).collect()
}

pub fn matches(filter: &Filter, draft: &Draft) -> bool {
    filter.target.is_none_or(|target| target == draft.target)
        && filter.values.iter().all(|(axis, value)| draft.values.get(axis) == Some(value))
}

fn exclude(systems: &[System], family: &FamilyFile, drafts: &mut Vec<Draft>, problems: &mut Vec<Problem>) {
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
pub fn stale(family: &FamilyFile, filter: &Filter, otherwise: &str) -> String {
    if let Some(target) = filter.target.filter(|target| family.targets.iter().all(|known| known.value != *target)) {
        return format!("{otherwise}: {target} is not among the targets");
    }
    for (axis, value) in &filter.values {
        let known: Vec<&str> = family.axes.get(axis).into_iter().flatten().map(|value| value.value.as_str()).collect();
        if !known.contains(&value.as_str()) {
            return format!("{otherwise}: {} {value} is not on its axis, which has {}", axis.key(), list(&known));
        }
    }
    format!("{otherwise}: what it names is not in the matrix together")
}

fn include(systems: &[System], family: &FamilyFile, drafts: &mut Vec<Draft>, problems: &mut Vec<Problem>) {
    let key = |draft: &Draft| (draft.target, draft.values.clone());
    let mut seen: BTreeSet<_> = drafts.iter().map(key).collect();
    for include in &family.includes {
        let Some(target) = include.target.or(family.targets.first().map(|target| target.value)) else { continue };
        let mut values = include.values.clone();
        for (axis, on_axis) in &family.axes {
            if let Some(first) = on_axis.first() {
                values.entry(*axis).or_insert_with(|| first.value.clone());
            }
        }
        let draft = Draft { span: Some(include.span.clone()), ..draft(family, target, values, systems) };
        if seen.insert(key(&draft)) {
            drafts.push(draft);
        } else {
            let problem = Problem::at(include.span.clone(), "this `include` adds a cell that is there already");
            problems.push(problem.hint(format!("remove it: it is {}", draft.name)));
        }
    }
}

/// Reports each value that does not go with a target or with another value, once.
fn unsupported(family: &FamilyFile, sdks: &BTreeMap<String, Sdk>, drafts: &[Draft], problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for draft in drafts {
        for (axis, value) in &draft.values {
            let too_old = too_old(family.family, draft.target, *axis, value);
            let Some((message, hint)) = too_old.or_else(|| without_defs(*axis, value, sdks, draft)) else { continue };
            if !seen.insert(message.clone()) {
                continue;
            }
            let values = family.axes.get(axis).into_iter().flatten();
            let on_axis = values.filter(|on_axis| on_axis.value == *value).map(|on_axis| on_axis.span.clone()).next();
            let span = draft.span.clone().or(on_axis).unwrap_or(family.span.clone());
            problems.push(Problem::at(span, message).hint(hint));
        }
    }
}

/// Reports each kernel that a Mac would have to build and cannot, once.
fn not_on_macos(family: &FamilyFile, drafts: &[Draft], problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for draft in drafts.iter().filter(|_| family.family == Family::Linux) {
        let reason = KernelTarget::parse(draft.target).and_then(KernelTarget::not_on_macos);
        let macs = draft.systems.iter().filter(|system| !system.is_linux());
        for (reason, system) in reason.into_iter().flat_map(|reason| macs.clone().map(move |mac| (reason, mac))) {
            if !seen.insert((draft.target, *system)) {
                continue;
            }
            let target = draft.target;
            let on_axis = family.targets.iter().find(|on_axis| on_axis.value == target);
            let span = draft.span.clone().or(on_axis.map(|on_axis| on_axis.span.clone()));
            let problem = Problem::at(
                span.unwrap_or(family.span.clone()),
                format!("{system} cannot build a kernel for {target}: {reason}"),
            );
            let exclude = format!("exclude = [{{ target = \"{target}\", system = \"{system}\" }}]");
            let hint = match draft.span {
                None => format!("leave it to Linux: {exclude}"),
                // What is included is built everywhere, whatever is excluded.
                Some(_) => format!("name it by targets and axes in place of an `include`, with {exclude}"),
            };
            problems.push(problem.hint(hint));
        }
    }
}

/// What is wrong, and what to do about it, where a version is too old for a target.
fn too_old(family: Family, target: &str, axis: Axis, version: &str) -> Option<(String, String)> {
    let Values::Versions(package) = axis.values() else { return None };
    let since = match family {
        Family::MuslGcc => Target::parse(target)?.since(package)?,
        Family::Darwin | Family::ValgrindDarwin => DarwinTarget::parse(target)?.valgrind_since()?,
        // Every kernel that the catalogue holds knows every architecture of the table.
        Family::Linux => return None,
    };
    (version_key(version) < version_key(since)).then(|| {
        let key = axis.key();
        let exclude = format!("exclude = [{{ target = \"{target}\", {key} = \"{version}\" }}]");
        let hint = format!("supported since {key} {since}; take that or newer, or {exclude}");
        (format!("{package} does not support {target}: {key} {version}"), hint)
    })
}

/// The same where MIG would find no interface definitions.
fn without_defs(axis: Axis, value: &str, sdks: &BTreeMap<String, Sdk>, draft: &Draft) -> Option<(String, String)> {
    let sdk = draft.values.get(&Axis::Sdk)?;
    if axis != Axis::Mig || value == "builtin" || sdks.get(sdk).is_none_or(|sdk| sdk.kind.has_defs()) {
        return None;
    }
    let message = format!("mig {value} needs the interface definitions (.defs), which sdk {sdk} lacks");
    let hint = format!(
        "take a named SDK, which has them; or mig = [\"builtin\"], or exclude = [{{ sdk = \"{sdk}\", mig = \"{value}\" }}]"
    );
    Some((message, hint))
}

/// The cell's Nix attribute name: the target, and each value that is not its axis's first. Distinct cells have distinct
/// names, since axes stand in fixed order between words that no value contains.
fn name(family: &FamilyFile, target: &str, values: &BTreeMap<Axis, String>) -> String {
    let mut name = family.family.key().to_owned();
    // There is seldom more than one Valgrind, but always more than one toolchain to be told apart by where it leads.
    let first = family.targets.first().is_some_and(|first| first.value == target);
    if family.family != Family::ValgrindDarwin || !first {
        name.push_str(&format!("-{target}"));
    }
    for (axis, value) in values {
        let first = family.axes.get(axis).and_then(|values| values.first());
        if first.is_none_or(|first| first.value != *value) {
            name.push_str(&axis.suffix(value));
        }
    }
    name
}

fn list(words: &[impl ToString]) -> String {
    words.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Of GCC, musl and Linux' headers the catalogue's oldest versions are newer than any target needs, so that a file
    /// can show this of Valgrind alone.
    #[test]
    fn versions_that_are_too_old_for_a_target() {
        let hint = |triple, axis, version| too_old(Family::MuslGcc, triple, axis, version).map(|(_, hint)| hint);
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
