//! How a kernel is started, and what is expected of it in an emulator.

use std::collections::BTreeMap;
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::table::default_status;
use super::{Boot, Boots, PerTarget};
use crate::diag::Problem;
use crate::families::bare_metal::targets::BareTarget;
use crate::family::Target;
use crate::reader::{Reader, Value, not_among};
use crate::word::Word;

/// Lines that a kernel can be asked to print.
pub const MAX_LINES: usize = 100;

/// How it is started.
pub fn read_boot(reader: &mut Reader, value: &Value<'_>) -> Option<Vec<Boot>> {
    let words = reader.words(value, "boot", Boot::read);
    let alone = words.iter().find(|word| word.value == Boot::None);
    if let Some(word) = alone.filter(|_| words.len() > 1) {
        let problem = Problem::at(word.span.clone(), format!("`{}` stands alone in `boot`", word.value));
        reader.report(problem.hint("remove it, or the others"));
    }
    Some(words.into_iter().map(|word| word.value).collect())
}

/// What is expected of it in an emulator.
pub fn read_boots(
    reader: &mut Reader,
    table: &DeTable<'_>,
    place: &str,
    span: Range<usize>,
    boot: &PerTarget<Vec<Boot>>,
) -> Option<Boots> {
    let starts = match boot {
        PerTarget::All(ways) => !ways.contains(&Boot::None),
        // A target that the table does not name boots directly.
        PerTarget::Each(each) => {
            each.len() < BareTarget::all().len() || each.values().any(|ways| !ways.contains(&Boot::None))
        }
    };
    if !starts {
        for key in ["serial", "exit-status"] {
            if let Some(value) = table.get(key) {
                let message = format!("`{key}` means nothing in {place}, which is not booted");
                reader.report(Problem::at(value.span(), message).hint("remove it, or boot = [\"none\"]"));
            }
        }
        return None;
    }
    let status = match table.get("exit-status") {
        None => Some(default_status()),
        Some(value) => each(reader, value, "exit-status", &mut |reader, value| match value.get_ref() {
            DeValue::Integer(number) => {
                let status = number.as_str().parse::<u8>().ok().filter(|_| number.radix() == 10);
                if status.is_none() {
                    let problem = Problem::at(value.span(), format!("{} is not an exit status", number.as_str()));
                    reader.report(problem.hint("a number from 0 to 255"));
                }
                status
            }
            other => {
                reader.wrong_type(value.span(), "`exit-status`", "a number", other);
                None
            }
        }),
    };
    let Some(value) = table.get("serial") else {
        let hint =
            "name lines that it prints when it works: serial = [\"hello\"]; or boot = [\"none\"], without a check";
        reader.missing.push(Problem::at(span, format!("`serial` is missing in {place}")).hint(hint));
        return None;
    };
    let lines = reader.words(value, "serial", |line, span| {
        let wrong = |message: &str, hint: &str| Err(Problem::at(span.clone(), message.to_owned()).hint(hint));
        match line.trim() {
            "" => wrong("`serial` has an empty line, which every output has", "name something that the kernel prints"),
            trimmed if trimmed != line => wrong("`serial` has a line that begins or ends with a space", "remove it"),
            _ if line.len() > 200 => wrong("`serial` has a line of more than 200 bytes", "a part of it is enough"),
            _ => Ok(line.to_owned()),
        }
    });
    if lines.len() > MAX_LINES {
        let problem = Problem::at(value.span(), format!("`serial` of {place} has {} lines", lines.len()));
        reader.report(problem.hint(format!("at most {MAX_LINES} are looked for")));
    }
    Some(Boots { serial: lines.into_iter().map(|line| line.value).collect(), status: status? })
}

/// A value for all targets, or a table with one for each.
pub fn each<T>(
    reader: &mut Reader,
    value: &Value<'_>,
    key: &str,
    read: &mut dyn FnMut(&mut Reader, &Value<'_>) -> Option<T>,
) -> Option<PerTarget<T>> {
    let DeValue::Table(table) = value.get_ref() else { return read(reader, value).map(PerTarget::All) };
    let mut values = BTreeMap::new();
    for (name, value) in table {
        let word: &str = name.get_ref();
        match BareTarget::parse(word) {
            Some(target) => values.extend(read(reader, value).map(|read| (target.name(), read))),
            None => reader.report(not_among(name.span(), "target", word, BareTarget::names())),
        }
    }
    if table.is_empty() {
        let problem = Problem::at(value.span(), format!("`{key}` is empty"));
        reader.report(problem.hint(format!("leave it out, or name a target: {key} = {{ x86_64-unknown-none = … }}")));
    }
    Some(PerTarget::Each(values))
}
