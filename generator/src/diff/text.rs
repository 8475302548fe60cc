//! A comparison for people to read.

use super::{Cause, CellDiff, Diff, SourceBits, Status, What};
use crate::plan::Arg;
use crate::platform::System;

/// So many names stand in a line; a file of JSON has all of them.
const SHOWN: usize = 6;

impl Diff {
    /// One line for each cell, and below one that is rebuilt why. Ends in a newline unless it is empty.
    pub fn to_text(&self) -> String {
        let mut text = String::new();
        for (system, cells) in &self.systems {
            for cell in cells {
                text.push_str(&line(*system, cell));
                for cause in &cell.causes {
                    text.push_str(&because(cause));
                }
                if !cell.causes.is_empty() && !cell.following.is_empty() {
                    text.push_str(&format!("    and {} more because of these\n", cell.following.len()));
                }
            }
        }
        // Names of files and the like must not do anything to a terminal.
        text.replace(|c: char| c.is_control() && c != '\n', "\u{fffd}")
    }

    /// A comment on a pull request: the summary, a table of the cells that change, and the whole text folded away. Nothing in it
    /// can end its place: names of cells are plain words, and the text stands in a fence that is longer than any in it.
    pub fn to_markdown(&self, summary: &str) -> String {
        let mut text = format!("### crossloom: {summary}\n");
        let changed = |cell: &&CellDiff| cell.status != Status::Unchanged || cell.reused.is_some();
        let mut rows = String::new();
        for (system, cells) in &self.systems {
            for cell in cells.iter().filter(changed) {
                let nodes = to_build(cell).unwrap_or_default();
                let code = |name: &str| format!("`{name}`");
                let mut name = names(cell, code);
                if let Some(reused) = &cell.reused {
                    name.push_str(&format!("; {} stood for another cell before", code(reused)));
                }
                rows.push_str(&format!("| {} | {system} | {name} | {nodes} |\n", word(cell.status)));
            }
        }
        if rows.is_empty() {
            return text;
        }
        text.push_str("\n| change | built on | cell | nodes to build |\n|---|---|---|---|\n");
        text.push_str(&rows);
        let whole = self.to_text();
        let longest = whole.split(|c| c != '`').map(str::len).max().unwrap_or_default();
        let fence = "`".repeat(longest.max(2) + 1);
        text.push_str("\n<details><summary>Why</summary>\n\n");
        text.push_str(&format!("{fence}text\n{whole}{fence}\n\n</details>\n"));
        text
    }
}

fn word(status: Status) -> &'static str {
    match status {
        Status::Added => "added",
        Status::Removed => "removed",
        Status::Renamed => "renamed",
        Status::Rebuilt => "rebuilt",
        Status::Unchanged => "unchanged",
    }
}

/// The cell's name, and before it the one that it had if that was another, each as `show` prints it.
fn names(cell: &CellDiff, show: impl Fn(&str) -> String) -> String {
    match (&cell.old, &cell.new) {
        (Some(old), Some(new)) if old != new => format!("{} → {}", show(old), show(new)),
        (_, Some(name)) | (Some(name), None) => show(name),
        (None, None) => String::new(),
    }
}

/// How many of its nodes have to be built, if any of it is new.
fn to_build(cell: &CellDiff) -> Option<String> {
    let (build, all) = (cell.build.len(), cell.build.len() + cell.kept);
    let is_new = matches!(cell.status, Status::Added | Status::Rebuilt) && all > 0;
    is_new.then(|| format!("{build} of {all}"))
}

fn line(system: System, cell: &CellDiff) -> String {
    let status = word(cell.status);
    let name = names(cell, str::to_owned);
    let nodes = to_build(cell).map_or_else(String::new, |count| format!(", {count} nodes to build"));
    let reused = match &cell.reused {
        Some(name) => format!(", now also {name}, which stood for another cell before"),
        None => String::new(),
    };
    format!("{status:<9}  {system}  {name}{reused}{nodes}\n")
}

fn because(cause: &Cause) -> String {
    let (what, more) = describe(&cause.what);
    let mut text = format!("    {what}\n");
    for line in more {
        text.push_str(&format!("        {line}\n"));
    }
    if !cause.nodes.is_empty() {
        text.push_str(&format!("        in {}\n", some(cause.nodes.iter().cloned())));
    }
    text
}

/// The difference, and lines with details.
fn describe(what: &What) -> (String, Vec<String>) {
    const NONE: &str = "none";
    let or_none = |text: &Option<String>| text.clone().unwrap_or_else(|| NONE.to_owned());
    match what {
        What::Seed { old, new, packages } => {
            let name = match (old.suite == new.suite, old.release == new.release) {
                (false, _) => format!("seed: {} {} → {} {}", old.suite, old.release, new.suite, new.release),
                (true, false) => format!("seed {}: {} → {}", old.suite, old.release, new.release),
                (true, true) => format!("seed {}", old.suite),
            };
            let changes = packages.iter().map(|(name, change)| match (&change.old, &change.new) {
                (Some(old), Some(new)) if old == new => format!("{name} {old} (other bits)"),
                (old, new) => format!("{name} {} → {}", or_none(old), or_none(new)),
            });
            let lines = if packages.is_empty() { Vec::new() } else { vec![some(changes)] };
            (name, lines)
        }
        What::Nixpkgs { old, new } => (format!("nixpkgs: {} → {}", or_none(old), or_none(new)), Vec::new()),
        What::Sdk { name, new: true, .. } => (format!("sdk {name}: imported"), Vec::new()),
        What::Sdk { name, .. } => (format!("sdk {name}: no longer in the lock, so it cannot be built"), Vec::new()),
        What::Source { package, old, new } => {
            let bits = |source: &SourceBits| format!("{} {}", source.file, source.hash);
            let versions = match old.version == new.version {
                true => format!("source {package}: {}, another file", new.version),
                false => format!("source {package}: {} → {}", old.version, new.version),
            };
            (versions, vec![format!("{} → {}", bits(old), bits(new))])
        }
        What::Recipe { old, new } => (format!("recipe: {old} → {new}"), Vec::new()),
        What::File { path, old, new } => {
            let how = match (old, new) {
                (None, _) => "is used now, and was not",
                (_, None) => "is no longer used",
                _ => "differs",
            };
            let kind = if path.ends_with(".nix") && !path.starts_with("seed/") { "recipe" } else { "file" };
            (format!("{kind} {path} {how}"), Vec::new())
        }
        What::Argument { name, old, new } => {
            let shown = |arg: &Option<Arg>| arg.as_ref().map_or_else(|| NONE.to_owned(), value);
            (format!("argument {name}: {} → {}", shown(old), shown(new)), Vec::new())
        }
    }
}

fn value(arg: &Arg) -> String {
    match arg {
        Arg::Node(name) | Arg::Source(name) => name.clone(),
        Arg::Nodes(names) | Arg::Sources(names) => format!("[{}]", names.join(", ")),
        Arg::Folder(place) => place.clone(),
        Arg::Text(text) => format!("{text:?}"),
        Arg::Texts(texts) => format!("{texts:?}"),
        Arg::Files(places) => format!("[{}]", places.join(", ")),
        Arg::Flag(flag) => flag.to_string(),
    }
}

/// The first few of a list, and how many there are beyond.
fn some(names: impl Iterator<Item = String>) -> String {
    let mut names: Vec<String> = names.collect();
    let more = names.len().saturating_sub(SHOWN);
    names.truncate(SHOWN);
    let shown = names.join(", ");
    if more == 0 { shown } else { format!("{shown}, and {more} more") }
}
