//! The contract of every family in the registry, and the rule that no other module names one.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use serde_json::Value as Json;

use super::ALL;
use crate::catalogue::catalogue;
use crate::family::{Kind, Registered, Values};
use crate::matrix::{Matrix, first_matrix, reference, schema};
use crate::platform::System;

use crate::tests::project::{self, repository};

#[test]
fn every_family_has_an_example_that_asks_for_it() {
    for family in ALL {
        let about = family.about();
        let folder = repository().join("examples").join(about.example);
        let text = fs::read_to_string(folder.join("matrix.toml")).unwrap();
        let matrix = Matrix::parse_with(&text, &crate::reader::Beside(&folder)).unwrap();
        assert!(matrix.cells.iter().any(|cells| cells.family().about().key == about.key), "{}", about.example);
        assert!(folder.join("README.md").is_file(), "{}", about.example);
    }
}

#[test]
fn every_family_has_a_first_matrix() {
    for family in ALL {
        let text = first_matrix(*family, family.about().example_target, System::X86_64Linux);
        let matrix = Matrix::parse(&text).unwrap_or_else(|problems| panic!("{text}\n{problems:?}"));
        assert_eq!(matrix.count(), 1, "{text}");
    }
}

/// The page holds the tables that the family describes, between two comments. `CROSSLOOM_BLESS=1` writes them again.
#[test]
fn every_family_has_a_page_with_its_tables() {
    const BEGIN: &str = "<!-- tables: begin (written by CROSSLOOM_BLESS=1 cargo test) -->\n";
    const END: &str = "<!-- tables: end -->\n";
    for family in ALL {
        let path = repository().join(format!("docs/reference/{}.md", family.about().key));
        let page = fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let (before, rest) = page.split_once(BEGIN).unwrap_or_else(|| panic!("{} has no tables", path.display()));
        let (tables, after) = rest.split_once(END).unwrap_or_else(|| panic!("{} has no end", path.display()));
        let now = reference(*family);
        if std::env::var_os("CROSSLOOM_BLESS").is_some() {
            fs::write(&path, format!("{before}{BEGIN}{now}{END}{after}")).unwrap();
            continue;
        }
        assert!(tables == now, "{} is stale: CROSSLOOM_BLESS=1 cargo test writes it", path.display());
        // Somebody says in words what the tables are about.
        assert!(before.lines().filter(|line| !line.trim().is_empty()).count() >= 3, "{}", path.display());
    }
}

#[test]
fn every_family_has_checks_and_their_recipes_exist() {
    for family in ALL {
        for check in family.about().checks {
            let check = repository().join("overlays").join(check);
            assert!(check.is_file(), "{}", check.display());
        }
        assert!(!family.about().checks.is_empty(), "{}", family.about().key);
    }
}

/// A check that its family does not name would be taken for a recipe.
#[test]
fn every_check_of_an_example_is_named_by_a_family() {
    for plan in project::example_plans() {
        for check in plan.systems.values().flat_map(|system| &system.checks) {
            let place = format!("{}.nix", check.file);
            assert!(ALL.iter().any(|family| family.about().checks.contains(&place.as_str())), "{place}");
        }
    }
}

#[test]
fn every_family_is_in_the_schema() {
    let schema: Json = serde_json::from_str(&schema(ALL)).unwrap();
    for family in ALL {
        let about = family.about();
        let properties = &schema["properties"][about.key]["properties"];
        let described: BTreeSet<_> = properties.as_object().unwrap().keys().map(String::as_str).collect();
        assert_eq!(described, family.keys().into_iter().collect(), "{}", about.key);
        for table in family.tables() {
            assert!(schema["properties"][table.key()].is_object(), "{}", table.key());
        }
    }
}

#[test]
fn every_package_of_a_family_is_in_the_catalogue() {
    let mut used: BTreeSet<&str> = BTreeSet::new();
    for family in ALL {
        let about = family.about();
        assert!(!about.packages.is_empty(), "{}", about.key);
        for package in about.packages {
            assert!(!package.releases().is_empty(), "{}: {}", about.key, package.as_str());
            used.insert(package.as_str());
        }
        for axis in family.axes() {
            if let Values::Releases(package) = axis.values {
                assert!(about.packages.contains(&package), "{}: {}", about.key, axis.key);
                // Without an entry in the catalogue's `[series]`, every version would be a series.
                assert_ne!(package.series("1.2.3.4"), "1.2.3.4", "{}", package.as_str());
            }
        }
    }
    // Nobody could build anything of another.
    let packages: BTreeSet<_> = catalogue().releases().map(|release| release.package()).collect();
    assert_eq!(used, packages);
}

/// Every entry of the results names a cell that its family can have.
#[test]
fn results_are_of_cells_of_a_family() {
    for built in catalogue().built() {
        let family = crate::family::find(ALL, &built.family).unwrap_or_else(|| panic!("{built:?}"));
        assert!(family.targets().contains(&built.target.as_str()), "{}", built.target);
        for (axis, word) in &built.words {
            let axis = family.axes().iter().find(|known| known.key == axis).unwrap_or_else(|| panic!("{built:?}"));
            assert!(axis.known().contains(&word.as_str()), "{built:?}");
        }
        // Something tells the cell from others of its target.
        assert!(!built.releases.is_empty() || !built.words.is_empty(), "{built:?}");
        for (package, version) in &built.releases {
            let package = family.about().packages.iter().find(|known| known.as_str() == package);
            assert!(package.is_some_and(|package| package.release(version).is_some()), "{built:?}");
        }
    }
}

#[test]
fn words_of_a_family_are_told_apart() {
    for family in ALL {
        let keys = family.keys();
        assert_eq!(keys.iter().collect::<BTreeSet<_>>().len(), keys.len(), "{keys:?}");
        let targets = family.targets();
        assert_eq!(targets.iter().collect::<BTreeSet<_>>().len(), targets.len());
        assert!(targets.contains(&family.about().example_target));
        for setting in family.settings().iter().chain(family.overrides()) {
            if let Kind::Words { known, required, default } = setting.kind {
                assert!(required.is_none_or(|(word, _)| default.contains(&word)), "{}", setting.key);
                assert!(default.iter().all(|word| known.contains(word)), "{}", setting.key);
            }
        }
        for need in family.needs() {
            let place = |wanted: &dyn Registered| ALL.iter().position(|it| it.about().key == wanted.about().key);
            assert!(place(*need) < place(*family), "{} comes before {}", family.about().key, need.about().key);
        }
    }
}

/// The line that names a family and should not: by its key as a word of a matrix, by its Rust module or its type.
fn naming(text: &str, family: &dyn Registered) -> Option<String> {
    let key = family.about().key;
    let module = key.replace('-', "_");
    let type_name = family.type_name().rsplit("::").next().unwrap_or_default().to_owned();
    let mut forms = vec![format!("\"{key}\""), format!("[{key}]"), format!("`{key}`"), format!("\"{key}/")];
    forms.push(format!("\"{key}-{}", family.about().example_target));
    if key.contains('-') {
        // No other thing has such a name.
        forms.extend([key.to_owned(), module.clone()]);
    }
    // Two families are called as an operating system is, which may be spoken of.
    let spoken_of = ["Linux", "Darwin"].contains(&type_name.as_str());
    let named = |line: &str| {
        let mut words = line.split(|c: char| !c.is_alphanumeric() && c != '_');
        let imported = line.contains("families::") && words.clone().any(|word| word == module);
        forms.iter().any(|form| line.contains(form.as_str()))
            || imported
            || words.any(|word| word == type_name && !spoken_of)
    };
    // The operating system is called so, too.
    let lines = text.lines().filter(|line| !line.contains("target_os = \"linux\""));
    lines.into_iter().find(|line| named(line)).map(str::to_owned)
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { files_below(&path, files) } else { files.push(path) }
    }
}

#[test]
fn no_other_module_names_a_family() {
    let mut files = Vec::new();
    files_below(&repository().join("generator/src"), &mut files);
    files_below(&repository().join("templates"), &mut files);
    files.retain(|path| !path.starts_with(repository().join("generator/src/families")));
    assert!(files.len() > 50);
    let mut found = Vec::new();
    for path in &files {
        let text = fs::read_to_string(path).unwrap();
        // Tests of a module may take any family for an example.
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        for family in ALL {
            let line = naming(text, *family);
            found.extend(line.map(|line| format!("{}: {}: {line}", path.display(), family.about().key)));
        }
    }
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The test above can fail.
#[test]
fn a_name_of_a_family_is_seen() {
    let seen = |text: &str| ALL.iter().any(|family| naming(text, *family).is_some());
    for text in
        ["[linux]", "\"darwin\"", "musl-gcc", "use families::{darwin, X};", "fn f(it: MuslGcc)", "\"linux/linux\""]
    {
        assert!(seen(text), "{text}");
    }
    for text in ["x86_64-linux", "is_linux()", "aarch64-darwin", "Linux has a seed", "target_os = \"linux\""] {
        assert!(!seen(text), "{text}");
    }
}
