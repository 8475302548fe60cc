//! Text-based stubs (`.tbd`): what the libraries of an SDK export, without the libraries. Versions 1 to 4 are read,
//! which are YAML.
pub mod yaml;

use std::collections::BTreeSet;
use std::fmt;

use yaml::Value;

/// One library of a stub.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Stub {
    pub install_name: String,
    pub exports: Vec<Exports>,
    /// Libraries whose symbols this one passes on, by install name.
    pub reexported: Vec<Listed>,
}

/// Names for some targets.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Listed {
    /// Architectures, if macOS is meant at all.
    pub architectures: BTreeSet<String>,
    pub names: Vec<String>,
}

/// Symbols for some targets, as the linker spells them.
pub type Exports = Listed;

/// Why a stub could not be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Error {
    Yaml(yaml::Error),
    /// A document lacks what every stub has, or is of a version that is not read here.
    Document {
        number: usize,
        what: String,
    },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Yaml(error) => error.fmt(f),
            Error::Document { number, what } => write!(f, "document {number}: {what}"),
        }
    }
}

impl std::error::Error for Error {}

/// Reads a stub: the library first, then those that only it uses.
pub fn parse(text: &str) -> Result<Vec<Stub>, Error> {
    if text.trim_start().starts_with('{') {
        return Err(Error::Document { number: 1, what: "version 5, which is JSON, is not read here".to_owned() });
    }
    let documents = yaml::documents(text).map_err(Error::Yaml)?;
    let stubs = documents
        .iter()
        .enumerate()
        .map(|(index, document)| stub(document).map_err(|what| Error::Document { number: index + 1, what }));
    let stubs = stubs.collect::<Result<Vec<_>, _>>()?;
    if stubs.is_empty() {
        return Err(Error::Document { number: 1, what: "the file is empty".to_owned() });
    }
    Ok(stubs)
}

fn stub(document: &yaml::Document) -> Result<Stub, String> {
    let value = &document.value;
    let version = match document.tag.as_str() {
        "" => 1,
        "!tapi-tbd-v2" => 2,
        "!tapi-tbd-v3" => 3,
        "!tapi-tbd" => 4,
        other => return Err(format!("{other} is not the tag of a stub of versions 1 to 4")),
    };
    let number = value.get("tbd-version").and_then(Value::scalar);
    if version == 4 && number != Some("4") {
        return Err(format!("version {} is not read here", number.unwrap_or("without a number")));
    }
    let install_name = value.get("install-name").and_then(Value::scalar).filter(|name| !name.is_empty());
    let mut stub = Stub { install_name: install_name.ok_or("there is no install-name")?.to_owned(), ..Stub::default() };
    // Up to version 3 one platform holds for the whole document.
    let macos = version == 4
        || value.get("platform").and_then(Value::scalar).is_some_and(|name| matches!(name, "macosx" | "zippered"));
    for section in ["exports", "reexports"] {
        for group in value.get(section).map_or(&[][..], Value::items) {
            let architectures = architectures(group, version, macos);
            stub.exports.push(Exports { architectures: architectures.clone(), names: symbols(group, version) });
            // Up to version 3 the libraries stand among the symbols.
            stub.reexported.push(Listed { architectures, names: names(group, "re-exports") });
        }
    }
    for group in value.get("reexported-libraries").map_or(&[][..], Value::items) {
        let architectures = architectures(group, version, macos);
        stub.reexported.push(Listed { architectures, names: names(group, "libraries") });
    }
    stub.exports.retain(|listed| !listed.names.is_empty());
    stub.reexported.retain(|listed| !listed.names.is_empty());
    Ok(stub)
}

/// The architectures on macOS that a group is for.
fn architectures(group: &Value, version: u32, macos: bool) -> BTreeSet<String> {
    if version == 4 {
        let targets = names(group, "targets");
        return targets.iter().filter_map(|target| target.strip_suffix("-macos")).map(str::to_owned).collect();
    }
    if macos {
        names(group, "archs").into_iter().collect()
    } else {
        BTreeSet::new()
    }
}

fn names(group: &Value, key: &str) -> Vec<String> {
    let items = group.get(key).map_or(&[][..], Value::items);
    items.iter().filter_map(Value::scalar).map(str::to_owned).collect()
}

/// A group's symbols. Classes and what belongs to them stand in lists of their own, without their prefixes.
fn symbols(group: &Value, version: u32) -> Vec<String> {
    let mut symbols = Vec::new();
    for key in ["symbols", "weak-symbols", "weak-def-symbols", "thread-local-symbols"] {
        symbols.extend(names(group, key));
    }
    let prefixes: [(&str, &[&str]); 3] = [
        ("objc-classes", &["_OBJC_CLASS_$_", "_OBJC_METACLASS_$_"]),
        ("objc-eh-types", &["_OBJC_EHTYPE_$_"]),
        ("objc-ivars", &["_OBJC_IVAR_$_"]),
    ];
    for (key, prefixes) in prefixes {
        for name in names(group, key) {
            // Versions 1 and 2 write classes as symbols of C.
            let name = if version < 3 { name.strip_prefix('_').unwrap_or(&name) } else { &name };
            symbols.extend(prefixes.iter().map(|prefix| format!("{prefix}{name}")));
        }
    }
    symbols
}

#[cfg(test)]
mod tests {
    use super::*;

    fn for_arch(stub: &Stub, architecture: &str) -> Vec<String> {
        let mut names: Vec<_> = stub
            .exports
            .iter()
            .filter(|listed| listed.architectures.contains(architecture))
            .flat_map(|listed| listed.names.clone())
            .collect();
        names.sort();
        names
    }

    #[test]
    fn version_4() {
        let text = "--- !tapi-tbd
tbd-version:     4
targets:         [ x86_64-macos, arm64-macos ]
install-name:    '/usr/lib/libA.dylib'
current-version: 1.2
reexported-libraries:
  - targets:         [ x86_64-macos ]
    libraries:       [ '/usr/lib/libB.dylib' ]
exports:
  - targets:         [ x86_64-macos, arm64-ios ]
    symbols:         [ _a, '$ld$x$_y' ]
    weak-symbols:    [ _w ]
  - targets:         [ arm64-macos ]
    objc-classes:    [ C ]
    objc-eh-types:   [ E ]
    objc-ivars:      [ C._i ]
reexports:
  - targets:         [ arm64-macos ]
    symbols:         [ _r ]
...
";
        let stubs = parse(text).unwrap();
        assert_eq!(stubs.len(), 1);
        assert_eq!(stubs[0].install_name, "/usr/lib/libA.dylib");
        assert_eq!(for_arch(&stubs[0], "x86_64"), ["$ld$x$_y", "_a", "_w"]);
        let arm64 = ["_OBJC_CLASS_$_C", "_OBJC_EHTYPE_$_E", "_OBJC_IVAR_$_C._i", "_OBJC_METACLASS_$_C", "_r"];
        assert_eq!(for_arch(&stubs[0], "arm64"), arm64);
        assert_eq!(stubs[0].reexported[0].names, ["/usr/lib/libB.dylib"]);
        assert!(!stubs[0].reexported[0].architectures.contains("arm64"));
    }

    #[test]
    fn versions_1_to_3() {
        for (tag, class) in [("", "_C"), (" !tapi-tbd-v2", "_C"), (" !tapi-tbd-v3", "C")] {
            let text = format!(
                "---{tag}
archs:           [ i386, x86_64 ]
platform:        macosx
install-name:    /usr/lib/libA.dylib
exports:
  - archs:           [ x86_64 ]
    re-exports:      [ /usr/lib/libB.dylib ]
    symbols:         [ _a ]
    weak-def-symbols: [ _w ]
    objc-classes:    [ {class} ]
...
"
            );
            let stubs = parse(&text).unwrap();
            assert_eq!(for_arch(&stubs[0], "x86_64"), ["_OBJC_CLASS_$_C", "_OBJC_METACLASS_$_C", "_a", "_w"]);
            assert_eq!(for_arch(&stubs[0], "i386"), [""; 0]);
            assert_eq!(stubs[0].reexported[0].names, ["/usr/lib/libB.dylib"]);
            let other = parse(&text.replace("macosx", "ios")).unwrap();
            assert_eq!(for_arch(&other[0], "x86_64"), [""; 0]);
        }
    }

    #[test]
    fn what_is_not_a_stub() {
        for (text, message) in [
            ("", "document 1: the file is empty"),
            ("{\"tapi_tbd_version\": 5}", "document 1: version 5, which is JSON, is not read here"),
            ("--- !tapi-tbd\ntbd-version: 9\n", "document 1: version 9 is not read here"),
            ("--- !tapi-tbd-v3\nplatform: macosx\n", "document 1: there is no install-name"),
            ("--- !other\na: b\n", "document 1: !other is not the tag of a stub of versions 1 to 4"),
            ("--- !tapi-tbd\na: [\n", "line 2: a list has no end"),
        ] {
            assert_eq!(parse(text).unwrap_err().to_string(), message);
        }
    }
}
