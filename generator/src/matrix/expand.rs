//! [`FamilyFile`] → drafts of its cells: the product of the axes, less what is excluded, plus what is included, with
//! overrides applied.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;
use std::sync::Arc;

use super::MAX_CELLS;
use super::table::{FamilyFile, Filter, Override};
use crate::diag::{Problem, Wrong};
use crate::family::{Draft, SettingValue, Settings, TargetId, Value};
use crate::platform::System;
use crate::reader::Loc;

/// Flags of one cell, in number and in bytes, at most: with every cell at the limit the plan still fits into memory.
const MAX_FLAGS: usize = 256;
const MAX_FLAG_BYTES: usize = 16 << 10;

/// The drafts in the file's order, targets outermost, included ones last. Problems are added to `problems`; there are
/// drafts only as far as they could be made out.
pub fn drafts(systems: &[Loc<System>], family: &FamilyFile, problems: &mut Vec<Problem>) -> Vec<Draft> {
    let count = family.axes.iter().map(Vec::len).try_fold(family.targets.len(), usize::checked_mul);
    let count = count.and_then(|count| count.checked_add(family.includes.len())).unwrap_or(usize::MAX);
    if count > MAX_CELLS {
        let mut factors = vec![format!("{} targets", family.targets.len())];
        let axes = family.family.axes().iter().zip(&family.axes);
        factors.extend(axes.map(|(axis, values)| format!("{} {}", values.len(), axis.key)));
        let problem = Problem::at(family.span.clone(), format!("the matrix has {count} cells"));
        problems.push(problem.hint(format!("at most {MAX_CELLS} are allowed; it is {}", factors.join(" × "))));
        return Vec::new();
    }
    let systems: Vec<System> = systems.iter().map(|system| system.value).collect();
    let mut drafts = product(&systems, family);
    exclude(&systems, family, &mut drafts, problems);
    include(&systems, family, &mut drafts, problems);
    refused(family, &drafts, problems);
    cannot_build(family, &drafts, problems);
    same_names(family, &drafts, problems);
    for change in &family.overrides {
        apply(family, change, &mut drafts, problems);
    }
    drafts
}

fn product(systems: &[System], family: &FamilyFile) -> Vec<Draft> {
    let mut all: Vec<Vec<Value>> = vec![Vec::new()];
    for values in &family.axes {
        let with = |chosen: Vec<Value>| {
            values.iter().map(move |value| chosen.iter().cloned().chain([value.value.clone()]).collect())
        };
        all = all.into_iter().flat_map(with).collect();
    }
    let settings = Arc::new(family.settings.clone());
    let draft = |target: TargetId, values: &Vec<Value>| Draft {
        target,
        values: values.clone(),
        settings: settings.clone(),
        systems: systems.to_vec(),
        name: name(family, target, values),
        full_name: full_name(family, target, values),
        span: None,
    };
    let targets = family.targets.iter();
    targets
        .flat_map(|target| all.iter().map(move |values| (target.value, values)))
        .map(|(target, values)| draft(target, values))
        .collect()
}

fn matches(filter: &Filter, draft: &Draft) -> bool {
    filter.target.is_none_or(|target| target == draft.target)
        && filter.values.iter().all(|(place, value)| draft.values.get(*place) == Some(value))
}

fn exclude(systems: &[System], family: &FamilyFile, drafts: &mut Vec<Draft>, problems: &mut Vec<Problem>) {
    let mut last = None;
    for exclude in &family.excludes {
        let span = exclude.filter.span.clone();
        if let Some(system) = exclude.system.filter(|system| !systems.contains(system)) {
            let problem = Problem::at(span, format!("this `exclude` matches nothing: {system} is not among `systems`"));
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
        let problem = Problem::at(span, "every cell is excluded");
        problems.push(problem.hint("remove an `exclude`, or the whole table"));
    }
}

/// Why a filter matches nothing, as far as one of its values alone is the reason.
fn stale(family: &FamilyFile, filter: &Filter, otherwise: &str) -> String {
    if let Some(target) = filter.target.filter(|target| family.targets.iter().all(|known| known.value != *target)) {
        return format!("{otherwise}: {} is not among the targets", target.name);
    }
    let axes = family.family.axes().iter().zip(&family.axes).enumerate();
    for (place, (axis, on_axis)) in axes {
        let Some(value) = filter.values.get(&place) else { continue };
        if on_axis.iter().all(|known| known.value != *value) {
            let known: Vec<&str> = on_axis.iter().map(|value| value.value.as_str()).collect();
            let value = value.as_str();
            return format!("{otherwise}: {} {value} is not on its axis, which has {}", axis.key, list(&known));
        }
    }
    format!("{otherwise}: what it names is not in the matrix together")
}

fn include(systems: &[System], family: &FamilyFile, drafts: &mut Vec<Draft>, problems: &mut Vec<Problem>) {
    let texts = |draft: &Draft| draft.values.iter().map(|value| value.as_str().to_owned()).collect::<Vec<_>>();
    let mut seen: BTreeSet<_> = match family.includes.is_empty() {
        true => BTreeSet::new(),
        false => drafts.iter().map(|draft| (draft.target, texts(draft))).collect(),
    };
    for include in &family.includes {
        let Some(target) = include.target.or(family.targets.first().map(|target| target.value)) else { continue };
        let first = |(place, on_axis): (usize, &Vec<Loc<Value>>)| {
            include.values.get(&place).or(on_axis.first().map(|first| &first.value)).cloned()
        };
        let values: Vec<Value> = family.axes.iter().enumerate().filter_map(first).collect();
        let draft = Draft {
            target,
            name: name(family, target, &values),
            full_name: full_name(family, target, &values),
            values,
            settings: Arc::new(family.settings.clone()),
            systems: systems.to_vec(),
            span: Some(include.span.clone()),
        };
        if seen.insert((draft.target, texts(&draft))) {
            drafts.push(draft);
        } else {
            let problem = Problem::at(include.span.clone(), "this `include` adds a cell that is there already");
            problems.push(problem.hint(format!("remove it: it is {}", draft.name)));
        }
    }
}

/// Reports each value that does not go with a target or with another value, once.
fn refused(family: &FamilyFile, drafts: &[Draft], problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for draft in drafts {
        let axes = family.family.axes().iter().zip(&family.axes).zip(&draft.values);
        for ((axis, on_axis), value) in axes {
            let refused = match said(axis.key, value, draft.target) {
                // The user says what the source supports, and no release's history matters.
                Some(said) => said,
                None => family.family.refuse(draft, axis.key),
            };
            let Some(wrong) = refused else { continue };
            if !seen.insert(wrong.message.clone()) {
                continue;
            }
            let on_axis = on_axis.iter().find(|known| known.value == *value).map(|known| known.span.clone());
            let span = draft.span.clone().or(on_axis).unwrap_or(family.span.clone());
            problems.push(wrong.at(span));
        }
    }
}

/// What a source of the user's says about a target: nothing if it says nothing about targets, else whether there is a problem.
fn said(axis: &str, value: &Value, target: TargetId) -> Option<Option<Wrong>> {
    let Value::Release(release) = value else { return None };
    let own = release.own()?;
    let supported = own.targets.as_ref()?.contains(&target.name);
    let (package, version, name) = (release.package(), release.version(), &own.name);
    let problem = || {
        let exclude = format!("exclude = [{{ target = \"{}\", {axis} = \"{version}\" }}]", target.name);
        let message = format!("{package} {version} does not support {}, as [source.{name}] says", target.name);
        Wrong::new(message, format!("add it to `targets` there if it does; or {exclude}"))
    };
    Some((!supported).then(problem))
}

/// Reports each target that a build system cannot build for, once.
fn cannot_build(family: &FamilyFile, drafts: &[Draft], problems: &mut Vec<Problem>) {
    let mut seen = BTreeSet::new();
    for draft in drafts {
        for system in &draft.systems {
            let Some(reason) = family.family.cannot_build(draft.target, *system) else { continue };
            if !seen.insert((draft.target, *system)) {
                continue;
            }
            let target = draft.target.name;
            let on_axis = family.targets.iter().find(|on_axis| on_axis.value == draft.target);
            let span = draft.span.clone().or(on_axis.map(|on_axis| on_axis.span.clone()));
            let message = format!("{system} cannot build for {target}: {reason}");
            let exclude = format!("exclude = [{{ target = \"{target}\", system = \"{system}\" }}]");
            let hint = match draft.span {
                None => format!("leave it to other build systems: {exclude}"),
                // A cell of `include` is built everywhere, whatever `exclude` says.
                Some(_) => format!("name it by targets and axes in place of an `include`, with {exclude}"),
            };
            problems.push(Problem::at(span.unwrap_or(family.span.clone()), message).hint(hint));
        }
    }
}

/// Reports cells that have one name: values of different axes may be the same word, and a name does not say which axis is meant.
fn same_names(family: &FamilyFile, drafts: &[Draft], problems: &mut Vec<Problem>) {
    let values = |draft: &Draft| {
        let axes = family.family.axes().iter().zip(&draft.values);
        axes.map(|(axis, value)| format!("{} {}", axis.key, value.as_str())).collect::<Vec<_>>()
    };
    let mut named: BTreeMap<&str, &Draft> = BTreeMap::new();
    for draft in drafts {
        let Some(first) = named.insert(&draft.name, draft) else { continue };
        let (one, other) = (values(first), values(draft));
        let differ = |these: &[String], those: &[String]| {
            list(&these.iter().filter(|value| !those.contains(value)).collect::<Vec<_>>())
        };
        let message = format!("two cells would be called {}", draft.name);
        let hint = format!(
            "one has {}, the other {}; exclude one of them, or give a value another name",
            differ(&one, &other),
            differ(&other, &one)
        );
        problems.push(Problem::at(draft.span.clone().unwrap_or(family.span.clone()), message).hint(hint));
    }
}

/// The cell's Nix attribute name: the target, and each value that is not its axis's first. [`same_names`] reports cells whose
/// names are the same.
fn name(family: &FamilyFile, target: TargetId, values: &[Value]) -> String {
    let about = family.family.about();
    let mut name = about.key.to_owned();
    let first = family.targets.first().is_some_and(|first| first.value == target);
    if !about.first_target_unnamed || !first {
        name.push('-');
        name.push_str(target.name);
    }
    for ((axis, on_axis), value) in family.family.axes().iter().zip(&family.axes).zip(values) {
        if on_axis.first().is_none_or(|first| first.value != *value) {
            name.push_str(&axis.suffix(value));
        }
    }
    name
}

/// The same with the target and the value of every axis, so that it means the same cell in whatever order an axis stands.
fn full_name(family: &FamilyFile, target: TargetId, values: &[Value]) -> String {
    let suffixes = family.family.axes().iter().zip(values).map(|(axis, value)| axis.suffix(value));
    format!("{}-{}{}", family.family.about().key, target.name, suffixes.collect::<String>())
}

/// Applies an override to the cells that it matches.
fn apply(family: &FamilyFile, change: &Override, drafts: &mut [Draft], problems: &mut Vec<Problem>) {
    let mut matched = false;
    let mut full = false;
    for draft in drafts.iter_mut().filter(|draft| matches(&change.filter, draft)) {
        matched = true;
        full = full || !add(Arc::make_mut(&mut draft.settings), &change.settings);
    }
    let span: Range<usize> = change.filter.span.clone();
    if !matched {
        let hint = stale(family, &change.filter, "correct or remove this override");
        problems.push(Problem::at(span.clone(), "this `match` matches no cell").hint(hint));
    }
    if full {
        let problem = Problem::at(span, "with this override a cell has too many flags");
        problems.push(problem.hint(format!("at most {MAX_FLAGS} flags of {MAX_FLAG_BYTES} bytes in all per cell")));
    }
}

/// Appends flags, and puts everything else in the place of what is there. False, and nothing changed, when there would be
/// too many flags.
fn add(settings: &mut Settings, more: &Settings) -> bool {
    let size = |settings: &Settings| {
        let flags = settings.values().flat_map(|value| match value {
            SettingValue::Flags(flags) => flags.as_slice(),
            SettingValue::Words(_) | SettingValue::Names(_) | SettingValue::Text(_) | SettingValue::Switch(_) => &[],
        });
        flags.fold((0, 0), |(count, bytes), flag| (count + 1, bytes + flag.len()))
    };
    let ((count, bytes), (new_count, new_bytes)) = (size(settings), size(more));
    if count + new_count > MAX_FLAGS || bytes + new_bytes > MAX_FLAG_BYTES {
        return false;
    }
    for (key, value) in more {
        match (settings.get_mut(key), value) {
            (Some(SettingValue::Flags(flags)), SettingValue::Flags(more)) => flags.extend_from_slice(more),
            _ => {
                settings.insert(key, value.clone());
            }
        }
    }
    true
}

fn list(words: &[impl ToString]) -> String {
    words.iter().map(ToString::to_string).collect::<Vec<_>>().join(", ")
}
