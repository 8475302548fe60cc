//! Changes of a matrix's text: a target more, or a target less. Comments and layout of the rest stay as they are.

use toml_edit::{Array, DocumentMut, Item, Table, Value};

use crate::diag::{Wrong, clip, nearest, quote};
use crate::families::ALL;
use crate::family::{Misspelt, Registered};

/// A matrix cannot be changed as asked.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum EditError {
    #[error("no family has the target {}", quote(word))]
    NoTarget {
        word: String,
        #[help]
        hint: String,
    },
    #[error("{message}")]
    Refused {
        message: String,
        #[help]
        hint: String,
    },
    #[error("the matrix is not valid TOML: {reason}")]
    #[diagnostic(help("`crossloom check` shows where"))]
    Syntax { reason: String },
    #[error("`targets` in [{family}] is not a list")]
    #[diagnostic(help("`crossloom check` shows where"))]
    NotList { family: &'static str },
    #[error("{target} is already a target of [{family}]")]
    There { target: &'static str, family: &'static str },
    #[error("the matrix has no target {target}")]
    #[diagnostic(help("`crossloom plan` prints the cells of the matrix"))]
    NotThere { target: &'static str },
    #[error("{target} is a target of both [{}] and [{}]", families[0], families[1])]
    #[diagnostic(help("say which: --family {} or --family {}", families[0], families[1]))]
    Several { target: &'static str, families: [&'static str; 2] },
    #[error("{target} is the only target of [{family}], whose other keys would be lost")]
    #[diagnostic(help("remove the table [{family}] from the matrix yourself"))]
    Only { target: &'static str, family: &'static str },
}

/// A target with its family.
#[derive(Debug, Clone, Copy)]
pub struct Target {
    pub family: &'static dyn Registered,
    pub name: &'static str,
}

/// The target that a word names: of the first of the families that has it. Aliases are accepted.
///
/// # Errors
/// A word that names none, with what may have been meant.
pub fn target(families: &[&'static dyn Registered], word: &str) -> Result<Target, EditError> {
    let named = |word: &str| {
        let of = |family: &&'static dyn Registered| {
            let name = family.targets().into_iter().find(|name| *name == word)?;
            Some(Target { family: *family, name })
        };
        families.iter().find_map(of)
    };
    if let Some(target) = named(word) {
        return Ok(target);
    }
    let mut refused = None;
    for family in families {
        match family.misspelt(word) {
            Some(Misspelt::Alias(alias)) => {
                if let Some(target) = named(&alias) {
                    return Ok(target);
                }
            }
            Some(Misspelt::Refused(wrong)) => refused = refused.or(Some(wrong)),
            None => {}
        }
    }
    if let Some(Wrong { message, hint }) = refused {
        return Err(EditError::Refused { message, hint });
    }
    let has = |family: &&&'static dyn Registered| family.targets().contains(&word);
    if let ([only], Some(other)) = (families, ALL.iter().find(has)) {
        let (only, other) = (only.about().key, other.about().key);
        let message = format!("{word} is not a target of [{only}]");
        return Err(EditError::Refused { message, hint: format!("[{other}] has it: --family {other}") });
    }
    let known = families.iter().flat_map(|family| family.targets());
    let hint = match nearest(word, known) {
        Some(near) => format!("did you mean {near}? `crossloom list targets` prints all"),
        None => "`crossloom list targets` prints all targets".to_owned(),
    };
    Err(EditError::NoTarget { word: word.to_owned(), hint })
}

pub fn parsed(text: &str) -> Result<DocumentMut, EditError> {
    text.parse().map_err(|error: toml_edit::TomlError| EditError::Syntax { reason: clip(&error.message()) })
}

/// The list of a family's targets in a table that is there.
fn list<'a>(table: &'a mut Item, family: &'static str) -> Result<&'a mut Array, EditError> {
    let table = table.as_table_like_mut().ok_or(EditError::NotList { family })?;
    let targets = table.entry("targets").or_insert_with(|| Item::Value(Value::Array(Array::new())));
    targets.as_array_mut().ok_or(EditError::NotList { family })
}

fn place(list: &Array, target: &str) -> Option<usize> {
    list.iter().position(|value| value.as_str() == Some(target))
}

fn decor(raw: Option<&toml_edit::RawString>) -> String {
    raw.and_then(|raw| raw.as_str()).unwrap_or_default().to_owned()
}

/// Adds a value at the end of a list. In a list of several lines it gets one of its own, and comments stay where they are.
fn append(list: &mut Array, text: &str) {
    let prefixes = list.iter().map(|value| decor(value.decor().prefix())).filter(|prefix| prefix.contains('\n'));
    let above = prefixes.last();
    let comma = list.trailing_comma();
    // The comment after the last value, up to the bracket. If there is no trailing comma, it is part of the value.
    let suffix = list.iter().last().map(|last| decor(last.decor().suffix())).filter(|_| !comma).unwrap_or_default();
    let after = suffix + list.trailing().as_str().unwrap_or_default();
    if above.is_none() && !after.contains('\n') {
        list.push(text);
        return;
    }
    let count = list.len();
    if let Some(last) = list.get_mut(count.saturating_sub(1)).filter(|_| !comma) {
        last.decor_mut().set_suffix("");
    }
    let (comment, end) = after.rsplit_once('\n').unwrap_or_default();
    // Comments above the last value are its own.
    let indentation = above.as_deref().map_or("  ", |above| above.rsplit('\n').next().unwrap_or_default());
    let mut value = Value::from(text);
    value.decor_mut().set_prefix(format!("{comment}\n{indentation}"));
    list.push_formatted(value);
    list.set_trailing(format!("\n{end}"));
}

/// Removes a value from a list, and the comment after it on the same line. All other comments stay.
fn cut(list: &mut Array, place: usize) {
    let value = list.remove(place);
    let before = decor(value.decor().prefix());
    let Some((kept, indentation)) = before.rsplit_once('\n') else {
        // The first value of a line: no blank before the next one.
        if place == 0
            && let Some(next) = list.get_mut(0)
        {
            let own = decor(next.decor().prefix());
            next.decor_mut().set_prefix(if own.contains('\n') { own } else { before });
        }
        return;
    };
    // What stood between the value and its line end was about the value; without a line end, the next value takes its place.
    let rest = |own: &str, instead: &str| own.find('\n').map_or(instead.to_owned(), |at| own[at..].to_owned());
    match list.get_mut(place) {
        Some(next) => {
            let rest = rest(&decor(next.decor().prefix()), &format!("\n{indentation}"));
            next.decor_mut().set_prefix(format!("{kept}{rest}"));
        }
        None => {
            let after = decor(value.decor().suffix()) + list.trailing().as_str().unwrap_or_default();
            list.set_trailing(format!("{kept}{}", rest(&after, if kept.contains('#') { "\n" } else { "" })));
        }
    }
}

/// The text with the target as the last one of its family, whose table is added where there is none.
///
/// # Errors
/// A target that the matrix has, or a text that is not a matrix.
pub fn with(text: &str, target: Target) -> Result<String, EditError> {
    let family = target.family.about().key;
    let mut matrix = parsed(text)?;
    let table = matrix.entry(family).or_insert_with(|| Item::Table(Table::new()));
    let targets = list(table, family)?;
    if place(targets, target.name).is_some() {
        return Err(EditError::There { target: target.name, family });
    }
    append(targets, target.name);
    Ok(matrix.to_string())
}

/// The text without the target, and without its family's table if that has nothing else.
///
/// # Errors
/// A target that the matrix lacks, or whose removal would lose more than itself.
pub fn without(text: &str, target: Target) -> Result<String, EditError> {
    let mut matrix = parsed(text)?;
    let family = target.family.about().key;
    let absent = || EditError::NotThere { target: target.name };
    let table = matrix.get_mut(family).ok_or_else(absent)?;
    let targets = list(table, family)?;
    let place = place(targets, target.name).ok_or_else(absent)?;
    if targets.len() > 1 {
        cut(targets, place);
    } else if table.as_table_like().is_some_and(|table| table.len() == 1) {
        matrix.remove(family);
    } else {
        return Err(EditError::Only { target: target.name, family });
    }
    Ok(matrix.to_string())
}

/// The target that a word names in a matrix: of the one family that has it there.
///
/// # Errors
/// A word that names none, or that several families have.
pub fn target_in(text: &str, families: &[&'static dyn Registered], word: &str) -> Result<Target, EditError> {
    let known = target(families, word)?;
    let mut matrix = parsed(text)?;
    let mut found = Vec::new();
    for family in families.iter().filter(|family| family.targets().contains(&known.name)) {
        let key = family.about().key;
        if let Some(table) = matrix.get_mut(key)
            && place(list(table, key)?, known.name).is_some()
        {
            found.push(Target { family: *family, name: known.name });
        }
    }
    match found.as_slice() {
        [] => Err(EditError::NotThere { target: known.name }),
        [one] => Ok(*one),
        [one, other, ..] => Err(EditError::Several {
            target: known.name,
            families: [one, other].map(|target| target.family.about().key),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "crossloom = 1 # the format\n\n[build]\nsystems = [\"x86_64-linux\"]\n\n\
        # compilers\n[musl-gcc]\ntargets = [\"x86_64-linux-musl\"] # one\ngcc = [\"14.2.0\"]\n";

    fn add(text: &str, word: &str) -> String {
        with(text, target(ALL, word).unwrap()).unwrap()
    }

    fn remove(text: &str, word: &str) -> Result<String, String> {
        target_in(text, ALL, word).and_then(|target| without(text, target)).map_err(|error| error.to_string())
    }

    #[test]
    fn a_target_comes_and_goes_and_all_else_stays() {
        let more = add(TEXT, "aarch64-linux-musl");
        assert_eq!(more, TEXT.replace("-musl\"]", "-musl\", \"aarch64-linux-musl\"]"));
        assert_eq!(remove(&more, "aarch64-linux-musl").unwrap(), TEXT);
        // Another family gets a table, and loses it again.
        let kernel = add(TEXT, "arm64");
        assert!(kernel.starts_with(TEXT) && kernel.ends_with("\n[linux]\ntargets = [\"arm64\"]\n"), "{kernel}");
        assert_eq!(remove(&kernel, "arm64").unwrap(), TEXT);
    }

    #[test]
    fn a_list_of_several_lines_stays_one() {
        let text = "[musl-gcc]\ntargets = [\n  \"x86_64-linux-musl\",\n  \"i686-linux-musl\", # old\n]\n";
        let more = "\"i686-linux-musl\", # old\n  \"aarch64-linux-musl\"";
        for comma in ["", ","] {
            let text = text.replace("\", # old", &format!("\"{comma} # old"));
            let expected =
                text.replace("\"i686-linux-musl\"", more).replace(&format!("{comma} # old\n]"), &format!("{comma}\n]"));
            assert_eq!(add(&text, "aarch64-linux-musl"), expected);
        }
    }

    #[test]
    fn comments_stay_with_their_values() {
        let [x86, i686, arm] = ["x86_64-linux-musl", "i686-linux-musl", "aarch64-linux-musl"];
        let text =
            format!("[musl-gcc]\ntargets = [\n  # servers\n  \"{x86}\", # new\n  # laptops\n  \"{i686}\", # old\n]\n");
        assert_eq!(add(&text, arm), text.replace("# old\n", &format!("# old\n  \"{arm}\",\n")));
        let servers = format!("[musl-gcc]\ntargets = [\n  # servers\n  \"{x86}\", # new\n  # laptops\n]\n");
        assert_eq!(remove(&text, i686).unwrap(), servers);
        assert_eq!(
            remove(&text.replace("\", # old", "\" # old"), i686).unwrap().replace(',', ""),
            servers.replace(',', "")
        );
        let laptops = format!("[musl-gcc]\ntargets = [\n  # servers\n  # laptops\n  \"{i686}\", # old\n]\n");
        assert_eq!(remove(&text, x86).unwrap(), laptops);
        // Several values may share a line.
        let shared = format!("[musl-gcc]\ntargets = [\n  \"{x86}\", # first\n  \"{i686}\", \"{arm}\",\n]\n");
        assert_eq!(remove(&shared, i686).unwrap(), shared.replace(&format!("\"{i686}\", "), ""));
        assert_eq!(remove(&shared, arm).unwrap(), shared.replace(&format!(" \"{arm}\","), ""));
        let above = format!("[musl-gcc]\ntargets = [\n  # servers\n  \"{x86}\", \"{i686}\"]\n");
        assert_eq!(remove(&above, x86).unwrap(), above.replace(&format!("\"{x86}\", "), ""));
        let end = format!("[musl-gcc]\ntargets = [\"{x86}\",\n  # laptops\n  \"{i686}\" ]\n");
        let targets: toml_edit::DocumentMut = remove(&end, i686).unwrap().parse().unwrap();
        assert_eq!(targets["musl-gcc"]["targets"].as_array().unwrap().len(), 1);
        let both = format!("[musl-gcc]\ntargets = [\"{x86}\", \"{i686}\" # both\n]\n");
        assert_eq!(add(&both, arm), both.replace(" # both\n", &format!(", # both\n  \"{arm}\"\n")));
        let line = format!("[musl-gcc]\ntargets = [\"{x86}\", \"{i686}\"]\n");
        assert_eq!(remove(&line, x86).unwrap(), format!("[musl-gcc]\ntargets = [\"{i686}\"]\n"));
    }

    #[test]
    fn a_target_of_two_families_is_asked_for() {
        let text = "[linux]\ntargets = [\"x86_64\", \"arm64\"]\n[js-system]\ntargets = [\"x86_64\"]\n";
        assert_eq!(remove(text, "x86_64").unwrap_err(), "x86_64 is a target of both [linux] and [js-system]");
        assert_eq!(remove(text, "arm64").unwrap(), text.replace(", \"arm64\"", ""));
    }

    #[test]
    fn what_cannot_be_done_is_said() {
        let twice = with(TEXT, target(ALL, "x86_64-linux-musl").unwrap()).unwrap_err().to_string();
        assert_eq!(twice, "x86_64-linux-musl is already a target of [musl-gcc]");
        assert_eq!(
            remove(TEXT, "x86_64-linux-musl").unwrap_err(),
            "x86_64-linux-musl is the only target of [musl-gcc], whose other keys would be lost"
        );
        assert_eq!(remove(TEXT, "arm64").unwrap_err(), "the matrix has no target arm64");
        let broken = with("[musl-gcc\n", target(ALL, "arm64").unwrap()).unwrap_err().to_string();
        assert!(broken.starts_with("the matrix is not valid TOML: "), "{broken}");
        let list = with("[linux]\ntargets = 1\n", target(ALL, "arm64").unwrap()).unwrap_err().to_string();
        assert_eq!(list, "`targets` in [linux] is not a list");
        let none = target(ALL, "vax").unwrap_err().to_string();
        assert_eq!(none, "no family has the target `vax`");
        let linux: Vec<_> = ALL.iter().copied().filter(|family| family.about().key == "linux").collect();
        let other = target(&linux, "i686-linux-musl").unwrap_err().to_string();
        assert_eq!(other, "i686-linux-musl is not a target of [linux]");
        assert_eq!(target(ALL, "x86_64-unknown-linux-musl").unwrap().name, "x86_64-linux-musl");
    }
}
