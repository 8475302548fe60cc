//! libc++ as a macOS has it: LLVM's lists of what its dylib exports, less what came later than that macOS.
//!
//! The lists are of one release of LLVM. Its changelog tells which release brought a symbol, and the header of availability
//! which macOS has that release. Symbols of a release that no macOS has, as far as the header knows, are in no stub.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::tbd::{Part, Stub};

const PROCESSORS: [(&str, &[&str]); 2] = [("x86_64", &["x86_64-macos"]), ("arm64", &["arm64-macos"])];

type Version = (u32, u32);

fn version(text: &str) -> Option<Version> {
    let mut parts = text.trim().split('.');
    let major = parts.next()?.parse().ok()?;
    Some((major, parts.next().map_or(Some(0), |minor| minor.parse().ok())?))
}

/// The stub for a version of macOS: of libc++, or of libc++abi, most of which libc++ passes on.
pub fn stub(library: &str, directory: &Path, availability: &str, minimum: &str) -> Result<String, String> {
    let passed_on = match library {
        "libc++" => false,
        "libc++abi" => true,
        other => return Err(format!("{other} is neither libc++ nor libc++abi")),
    };
    let install_name = if passed_on { "/usr/lib/libc++abi.dylib" } else { "/usr/lib/libc++.1.dylib" };
    let wanted = version(minimum).ok_or_else(|| format!("{minimum} is not a version"))?;
    let since = introduced(availability);
    if since.is_empty() {
        return Err("the header of availability names no macOS".to_owned());
    }
    let changelog = crate::read(directory.join("CHANGELOG.TXT"))?;
    let brought = changes(&changelog);
    let mut parts = Vec::new();
    for (processor, targets) in PROCESSORS {
        let name = format!("{processor}-apple-darwin.libcxxabi.v1.stable.exceptions.nonew.abilist");
        let list = crate::read(directory.join(&name))?;
        let mut listed = exported(&list, passed_on);
        if listed.len() < if passed_on { 100 } else { 1000 } {
            return Err(format!("{name} names {} symbols only", listed.len()));
        }
        if passed_on {
            // Those that libc++ passes on no longer are libc++abi's still.
            let kept = changelog.lines().filter_map(|line| line.trim().strip_prefix("Symbol not reexported anymore: "));
            listed.extend(kept.map(str::to_owned));
        }
        let there = |symbol: &String| match brought.get(symbol) {
            // Older than the changelog.
            None => true,
            Some(_) if passed_on && changelog.contains(&format!("not reexported anymore: {symbol}\n")) => true,
            Some(release) => available(&since, *release).is_some_and(|macos| macos <= wanted),
        };
        parts.push(Part { targets, symbols: listed.into_iter().filter(there).collect(), classes: BTreeSet::new() });
    }
    Ok(Stub { install_name: install_name.to_owned(), reexports: Vec::new(), parts }.text())
}

/// `{'is_defined': True, 'name': '__Znwm', 'type': 'I'}`: what is defined, or passed on from libc++abi; or the latter alone.
fn exported(list: &str, passed_on: bool) -> BTreeSet<String> {
    let wanted = |line: &&str| line.contains("'is_defined': True") && (!passed_on || line.contains("'type': 'I'"));
    let defined = list.lines().filter(wanted);
    defined.filter_map(|line| line.split_once("'name': '")?.1.split('\'').next()).map(str::to_owned).collect()
}

/// The release of LLVM that brought a symbol of macOS' libc++.
fn changes(changelog: &str) -> BTreeMap<String, u32> {
    let mut brought = BTreeMap::new();
    let mut release = None;
    let mut ours = true;
    let mut lines = changelog.lines().peekable();
    while let Some(line) = lines.next() {
        let text = line.trim();
        if let Some(number) = line.strip_prefix("Version ") {
            release = version(number).map(|(major, _)| major);
            ours = true;
        } else if text.starts_with("* ") {
            ours = true;
        } else if lines
            .peek()
            .is_some_and(|next| !text.is_empty() && next.trim().starts_with("---") && !text.starts_with("---"))
        {
            // A heading: the platforms that the lines below it are about.
            ours = text.contains("apple") || text.starts_with("All");
        } else if text.starts_with("All platforms") {
            ours = true;
        }
        let added = ["Symbol added: ", "Symbol reexported: "].iter().find_map(|start| text.strip_prefix(start));
        if let (Some(symbol), Some(release), true) = (added, release, ours) {
            let symbol = symbol.split_whitespace().next().unwrap_or_default();
            // Some entries are spelled as on other systems, without Mach-O's underscore.
            for name in [symbol.to_owned(), format!("_{symbol}")] {
                brought.entry(name).and_modify(|old: &mut u32| *old = (*old).max(release)).or_insert(release);
            }
        }
    }
    brought
}

/// Which macOS has a release of LLVM: `_LIBCPP_INTRODUCED_IN_LLVM_15_ATTRIBUTE … availability(macos, strict, introduced = 13.4)`.
fn introduced(header: &str) -> BTreeMap<u32, Version> {
    let mut since = BTreeMap::new();
    let mut release = None;
    for line in header.lines() {
        if let Some((_, rest)) = line.split_once("define _LIBCPP_INTRODUCED_IN_LLVM_") {
            let name = rest.split_whitespace().next().unwrap_or_default();
            release = name.strip_suffix("_ATTRIBUTE").and_then(|number| number.parse().ok());
        }
        let macos = line.split_once("availability(macos").and_then(|(_, rest)| rest.split_once("introduced"));
        if let (Some((_, rest)), Some(release)) = (macos, release) {
            let number = rest.trim_start_matches([' ', '=']).split(')').next().unwrap_or_default();
            if let Some(version) = version(number) {
                since.entry(release).or_insert(version);
            }
        }
    }
    since
}

/// The first macOS with a release. One that the header does not name is in the macOS of the next that it names.
fn available(since: &BTreeMap<u32, Version>, release: u32) -> Option<Version> {
    since.range(release..).next().map(|(_, macos)| *macos)
}

#[cfg(test)]
mod tests {
    use super::*;

    const HEADER: &str = "
#  define _LIBCPP_INTRODUCED_IN_LLVM_18 0
#  define _LIBCPP_INTRODUCED_IN_LLVM_18_ATTRIBUTE __attribute__((unavailable))
#  define _LIBCPP_INTRODUCED_IN_LLVM_15_ATTRIBUTE                 \\
    __attribute__((availability(macos, strict, introduced = 13.4))) \\
    __attribute__((availability(ios, strict, introduced = 16.5)))
#  define _LIBCPP_INTRODUCED_IN_LLVM_9_ATTRIBUTE                 \\
    __attribute__((availability(macos, strict, introduced = 10.15)))
";

    #[test]
    fn releases_and_systems() {
        let since = introduced(HEADER);
        assert_eq!(since, BTreeMap::from([(9, (10, 15)), (15, (13, 4))]));
        assert_eq!(available(&since, 7), Some((10, 15)));
        assert_eq!(available(&since, 14), Some((13, 4)));
        assert_eq!(available(&since, 18), None);
    }

    #[test]
    fn what_a_release_brought() {
        let brought = changes(
            "------------\nVersion 19.0\n------------\n* [libc++] A change\n\n  <arch>-apple-darwin\n  -------------------\n  \
             Symbol reexported: __ZTIDh\n\n------------\nVersion 18.0\n------------\n* Another\n\n  All platforms\n  \
             Symbol added: _ZNSt3__1fE\n\n  x86_64-linux-gnu\n  ----------------\n  Symbol added: _Zelsewhere\n",
        );
        assert_eq!(brought.get("__ZTIDh"), Some(&19));
        assert_eq!(brought.get("__ZNSt3__1fE"), Some(&18));
        assert_eq!(brought.get("__Zelsewhere"), None);
    }

    #[test]
    fn lists() {
        let list = "{'is_defined': False, 'name': '__Znwm', 'type': 'U'}\n\
                    {'is_defined': True, 'name': '__ZdlPv', 'type': 'I'}\n\
                    {'is_defined': True, 'name': '__ZNSt3__1fE', 'type': 'FUNC'}\n";
        assert_eq!(exported(list, false), ["__ZNSt3__1fE", "__ZdlPv"].map(str::to_owned).into());
        assert_eq!(exported(list, true), ["__ZdlPv".to_owned()].into());
    }
}
