//! The tables of a family's page in the manual, from what the family says about itself.

use crate::family::{Axis, Kind, Registered, Setting, Table, Values};

/// Markdown tables of a family: its keys with types and defaults, the keys of the tables that it takes names from, its
/// targets, and the versions that can be chosen. Ends in a newline.
pub fn reference(family: &'static dyn Registered) -> String {
    let about = family.about();
    let needs: Vec<_> = family.needs().iter().map(|need| format!("[{}]", need.about().key)).collect();
    let mut text = format!("{}\n\n", about.summary);
    if !needs.is_empty() {
        text.push_str(&format!("Its cells are built with nodes of {}.\n\n", code(&needs)));
    }
    let packages: Vec<_> = about.packages.iter().map(|package| package.as_str()).collect();
    text.push_str(&format!("Packages of the catalogue: {}.\n\n", code(&packages)));
    let checks = about.checks.iter().map(|check| format!("`crossloom/{check}`")).collect::<Vec<_>>().join(", ");
    let noun = if about.checks.len() == 1 { "Check" } else { "Checks" };
    text.push_str(&format!("Example in crossloom's repository: `examples/{}`. ", about.example));
    text.push_str(&format!("{noun} in a rendered folder: {checks}.\n\n"));
    text.push_str(&format!("### Keys of [{}]\n\n", about.key));
    let mut rows = vec![row(&["`targets`", "list of strings", "required", "Targets; see below."])];
    rows.extend(family.axes().iter().map(axis_row));
    rows.extend(family.settings().iter().map(setting_row));
    let filter = "list of tables";
    rows.push(row(&[
        "`exclude`",
        filter,
        "",
        "Cells to leave out: each entry drops the cells that match all of its keys.",
    ]));
    rows.push(row(&["`include`", filter, "", "Cells to add; an absent key stands for the first value of its axis."]));
    if !family.overrides().is_empty() {
        rows.push(row(&["`override`", filter, "", "Settings for the cells that `match` names; see below."]));
    }
    text.push_str(&table(&["key", "type", "default", "meaning"], &rows));
    text.push_str(&format!(
        "\nAn entry of `include` has the keys {}; an entry of `exclude` also `system`.\n",
        code(&family.cell_keys())
    ));
    if !family.overrides().is_empty() {
        text.push_str(&format!("\n### Keys of [[{}.override]]\n\n", about.key));
        let mut rows = vec![row(&["`match`", "table", "required", "Which cells; `{}` is all of them."])];
        rows.extend(family.overrides().iter().map(setting_row));
        text.push_str(&table(&["key", "type", "default", "meaning"], &rows));
    }
    let mut seen: Vec<&str> = Vec::new();
    for named in family.tables() {
        if !seen.contains(&named.key()) {
            seen.push(named.key());
            text.push_str(&named_table(named));
        }
    }
    text.push_str(&format!("\n### Targets\n\n{}", targets(family)));
    for axis in family.axes() {
        if let Values::Releases(package) = axis.values {
            let versions: Vec<_> = package.releases().iter().map(|release| release.version()).collect();
            text.push_str(&format!(
                "\n### Versions of {}\n\n{}; the first is the default.\n",
                axis.key,
                code(&versions)
            ));
        }
    }
    text
}

/// A table where there is more to say of a target than its name.
fn targets(family: &'static dyn Registered) -> String {
    let names = family.targets();
    let facts = family.target_facts();
    let first = facts.first().map(Vec::as_slice).unwrap_or_default();
    if first.is_empty() {
        return format!("{}\n", code(&names));
    }
    let headings: Vec<_> = ["target"].into_iter().chain(first.iter().map(|(heading, _)| *heading)).collect();
    let rows = names.iter().zip(&facts).map(|(name, facts)| {
        let name = format!("`{name}`");
        let cells: Vec<_> = [name.as_str()].into_iter().chain(facts.iter().map(|(_, text)| text.as_str())).collect();
        row(&cells)
    });
    table(&headings, &rows.collect::<Vec<_>>())
}

fn axis_row(axis: &Axis) -> String {
    let default = axis.known().first().map(|first| format!("`[\"{first}\"]`")).unwrap_or_default();
    let words = match axis.values {
        Values::Words(words) => format!(" One of {}.", code(words)),
        Values::Releases(_) | Values::Names(_) => String::new(),
    };
    row(&[&format!("`{}`", axis.key), "list of strings", &default, &format!("{}{words}", axis.doc)])
}

fn setting_row(setting: &Setting) -> String {
    let default = match setting.kind {
        Kind::Words { default, .. } => {
            let words: Vec<_> = default.iter().map(|word| format!("\"{word}\"")).collect();
            format!("`[{}]`", words.join(", "))
        }
        Kind::Names(_) | Kind::Flags(_) | Kind::Text(_) => String::new(),
        Kind::Switch => "`false`".to_owned(),
    };
    let kind = match setting.kind {
        Kind::Words { .. } | Kind::Names(_) | Kind::Flags(_) => "list of strings",
        Kind::Text(_) => "string",
        Kind::Switch => "boolean",
    };
    let words = match setting.kind {
        Kind::Words { known, default, .. } if known != default => format!(" Some of {}.", code(known)),
        _ => String::new(),
    };
    row(&[&format!("`{}`", setting.key), kind, &default, &format!("{}{words}", setting.doc)])
}

fn named_table(named: &dyn Table) -> String {
    let rows: Vec<_> = named
        .keys()
        .iter()
        .map(|key| row(&[&format!("`{}`", key.name), if key.required { "yes" } else { "no" }, key.doc]))
        .collect();
    let key = named.key();
    format!("\n### Keys of [{key}.NAME]\n\n{}\n\n{}", named.summary(), table(&["key", "required", "meaning"], &rows))
}

fn code(words: &[impl AsRef<str>]) -> String {
    words.iter().map(|word| format!("`{}`", word.as_ref())).collect::<Vec<_>>().join(", ")
}

fn row(cells: &[&str]) -> String {
    format!("| {} |\n", cells.join(" | "))
}

fn table(headings: &[&str], rows: &[String]) -> String {
    format!("{}|{}\n{}", row(headings), "---|".repeat(headings.len()), rows.concat())
}
