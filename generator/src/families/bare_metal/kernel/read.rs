//! Reads a table `[bare-metal-kernel.NAME]` and the workspace that it names.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use toml::de::{DeTable, DeValue};

use super::boots::{each, read_boot, read_boots};
use super::table::Kernels;
use super::workspace::{LINKER_SCRIPTS, Named, Workspace, found, read_target_files};
use super::{Boot, Boots, CCompiler, Kernel, PerTarget};
use crate::diag::{Problem, Wrong, quote};
use crate::families::bare_metal::cargo::{self, Package};
use crate::families::bare_metal::{config, git};
use crate::family::Table;
use crate::reader::{Loc, Reader, UserFiles, Value, is_variable};
use crate::word::Word;

/// What cargo lets packages, programs, features and profiles be called.
pub const WORD: &str = "^[A-Za-z0-9_][A-Za-z0-9_.+-]*$";
/// The same for a feature, which can be a dependency's.
pub const FEATURE: &str = "^[A-Za-z0-9_][A-Za-z0-9_.+-]*(/[A-Za-z0-9_][A-Za-z0-9_.+-]*)?$";
/// One flag of rustc.
pub const FLAG: &str = "^[!-~]+$";
/// What a variable can be called.
pub const VARIABLE: &str = "^[A-Za-z_][A-Za-z0-9_]*$";
/// Beginnings of variables by which crossloom tells cargo, rustc and the crate `cc` how to compile.
const OWN_VARIABLES: [&str; 7] = ["AR_", "CARGO", "CC_", "CFLAGS_", "CXXFLAGS_", "CXX_", "RUSTC"];
/// Variables of one kernel at most.
pub const MAX_VARIABLES: usize = 100;

/// What the keys of a table say. The workspace may have nothing of it.
struct Asked {
    package: Option<Named>,
    program: Option<Named>,
    profile: Option<Named>,
    features: Vec<Loc<String>>,
    default_features: bool,
    tools: Vec<Loc<String>>,
    rustflags: Vec<String>,
    env: BTreeMap<String, String>,
    boot: PerTarget<Vec<Boot>>,
    boots: Option<Boots>,
    c_compiler: Option<CCompiler>,
    ignores_toolchain: bool,
    ignores_config: bool,
    tests: bool,
    hashes: git::Hashes,
    scripts: Option<PerTarget<Named>>,
    target_files: Option<PerTarget<Named>>,
}

/// The kernel of a table; nothing where something is wrong, which is reported.
pub fn read_kernel(reader: &mut Reader, name: &str, value: &Value<'_>, files: &dyn UserFiles) -> Option<Kernel> {
    let place = format!("[bare-metal-kernel.{name}]");
    let before = reader.count();
    let table = reader.table(value, &place, &(&Kernels as &dyn Table).key_names())?;
    let asked = read_keys(reader, table, &place, value.span());
    let Some(source) = table.get("source") else {
        let hint = format!("name the folder of the workspace beside the matrix: source = \"{name}\"");
        reader.missing.push(Problem::at(value.span(), format!("`source` is missing in {place}")).hint(hint));
        return None;
    };
    let folder = reader.string(source, &format!("`source` of {place}"))?.to_owned();
    let mut workspace = Workspace::read(reader, (folder, source.span()), files)?;
    let rust = if asked.ignores_toolchain { Ok(None) } else { cargo::toolchain(&workspace.files) };
    let rust = rust.unwrap_or_else(|wrong| {
        reader.report(wrong.at(source.span()));
        None
    });
    if !asked.ignores_config {
        let package = asked.package.as_ref().map(|(package, _)| package.as_str());
        workspace.refuse_configuration(reader, package, &place, files);
    }
    let (crates, git) = match workspace.locked(reader) {
        Some(locked) => {
            (locked.crates, git::trees(reader, asked.hashes, locked.git, (&workspace.folder, source.span())))
        }
        None => (BTreeSet::new(), Vec::new()),
    };
    let script = |it: Named| found(reader, it, LINKER_SCRIPTS, &workspace);
    let linker_script = asked.scripts.and_then(|scripts| scripts.filter_map(script));
    let target_files = asked.target_files.map(|it| read_target_files(reader, it, &workspace)).unwrap_or_default();
    let profile = profile(reader, asked.profile, &workspace);
    check_tools(reader, &asked.tools, &workspace);
    let package = asked.package?;
    let known = workspace.package(reader, &package)?;
    check_features(reader, &asked.features, known);
    let program = program(reader, asked.program, &package, known)?;
    (reader.count() == before).then(|| Kernel {
        name: name.to_owned(),
        source: workspace.folder.clone(),
        package: package.0,
        program,
        files: workspace.files,
        crates,
        git,
        features: asked.features.into_iter().map(|feature| feature.value).collect(),
        default_features: asked.default_features,
        profile,
        rustflags: asked.rustflags,
        env: asked.env,
        host_tools: asked.tools.into_iter().map(|tool| tool.value).collect(),
        linker_script: linker_script.unwrap_or_else(|| PerTarget::Each(BTreeMap::new())),
        target_files,
        c_compiler: asked.c_compiler,
        tests: asked.tests,
        rust,
        boot: asked.boot,
        boots: asked.boots,
    })
}

/// What the keys say, without a look at the workspace.
fn read_keys(reader: &mut Reader, table: &DeTable<'_>, place: &str, span: Range<usize>) -> Asked {
    let word = |reader: &mut Reader, key: &str| {
        let value = table.get(key)?;
        let text = reader.string(value, &format!("`{key}` of {place}"))?;
        is_word(text).then(|| (text.to_owned(), value.span())).or_else(|| {
            let problem = Problem::at(value.span(), format!("{} is not a valid name of a {key} in cargo", quote(text)));
            reader.report(problem.hint("a name has letters, digits and _ . + - only"));
            None
        })
    };
    let names = |reader: &mut Reader, key: &str, is_name: fn(&str) -> bool| match table.get(key) {
        Some(value) => reader.words(value, key, |word, span| {
            let problem = || Problem::at(span.clone(), format!("{} cannot be a name in `{key}`", quote(word)));
            let hint = "letters, digits and _ . + - make such a name";
            if is_name(word) { Ok(word.to_owned()) } else { Err(problem().hint(hint)) }
        }),
        None => Vec::new(),
    };
    let paths = |reader: &mut Reader, key: &str| {
        table.get(key).and_then(|value| {
            each(reader, value, key, &mut |reader, value| {
                let text = reader.string(value, &format!("`{key}` of {place}"))?;
                Some((text.to_owned(), value.span()))
            })
        })
    };
    let boot = table.get("boot").and_then(|value| each(reader, value, "boot", &mut read_boot));
    let boot = boot.unwrap_or_else(|| PerTarget::All(vec![Boot::Direct]));
    let package = word(reader, "package");
    if !table.contains_key("package") {
        let hint = "name the package of the workspace that is the kernel: package = \"kernel\"";
        reader.missing.push(Problem::at(span.clone(), format!("`package` is missing in {place}")).hint(hint));
    }
    Asked {
        package,
        program: word(reader, "program"),
        profile: word(reader, "profile"),
        features: names(reader, "features", is_feature),
        default_features: !is_constant(reader, table, "default-features", false),
        tools: names(reader, "host-tools", is_word),
        rustflags: table.get("rustflags").map(|value| read_flags(reader, value)).unwrap_or_default(),
        env: table.get("env").map(|value| read_env(reader, place, value)).unwrap_or_default(),
        boots: read_boots(reader, table, place, span, &boot),
        boot,
        c_compiler: table.get("c-compiler").and_then(|value| {
            let word = reader.string(value, &format!("`c-compiler` of {place}"))?;
            CCompiler::read(word, value.span()).map_err(|problem| reader.report(problem)).ok()
        }),
        ignores_toolchain: is_constant(reader, table, "ignore-toolchain-file", true),
        ignores_config: is_constant(reader, table, config::IGNORE, true),
        tests: is_constant(reader, table, "tests", true),
        hashes: table.get(git::KEY).map(|value| git::read(reader, place, value)).unwrap_or_default(),
        scripts: paths(reader, "linker-script"),
        target_files: paths(reader, "target-file"),
    }
}

/// The name of the profile, which the workspace has to have.
fn profile(reader: &mut Reader, asked: Option<Named>, workspace: &Workspace) -> String {
    let Some((profile, span)) = asked else { return "release".to_owned() };
    let known = cargo::profiles(&workspace.files);
    if !known.contains(&profile) {
        reader.report(cargo::not_one_of("profile", &profile, &known).at(span));
    }
    profile
}

/// Reports host tools that are no programs of the workspace.
fn check_tools(reader: &mut Reader, tools: &[Loc<String>], workspace: &Workspace) {
    for tool in tools {
        let package = workspace.package(reader, &(tool.value.clone(), tool.span.clone()));
        if package.is_some_and(|package| package.programs.is_empty()) {
            let message = format!("the package {} has no program", quote(&tool.value));
            let wrong = Wrong::new(message, "a host tool is a program: it has src/main.rs");
            reader.report(wrong.at(tool.span.clone()));
        }
    }
}

/// Reports features that a package and its dependencies do not have.
fn check_features(reader: &mut Reader, features: &[Loc<String>], package: &Package) {
    for feature in features {
        let (what, name, known) = match feature.value.split_once('/') {
            Some((name, _)) => ("dependency", name, &package.dependencies),
            None => ("feature", feature.value.as_str(), &package.features),
        };
        if !known.contains(name) {
            reader.report(cargo::not_one_of(what, name, known).at(feature.span.clone()));
        }
    }
}

/// The program of a package that is the kernel; nothing where that cannot be told, which is reported.
fn program(reader: &mut Reader, asked: Option<Named>, (package, span): &Named, known: &Package) -> Option<String> {
    if let Some((program, span)) = asked {
        if !known.programs.contains(&program) {
            reader.report(cargo::not_one_of("program", &program, &known.programs).at(span));
        }
        return Some(program);
    }
    let names: Vec<&str> = known.programs.iter().map(String::as_str).collect();
    let wrong = match names.as_slice() {
        [only] => return Some((*only).to_owned()),
        [] => {
            let hint = "a kernel is a program: it has src/main.rs";
            Wrong::new(format!("the package {} has no program", quote(package)), hint)
        }
        several => {
            let message = format!("the package {} has {} programs", quote(package), several.len());
            Wrong::new(message, format!("say which with `program`: {}", several.join(", ")))
        }
    };
    reader.report(wrong.at(span.clone()));
    None
}

/// Whether a key is there, which can have this value alone.
fn is_constant(reader: &mut Reader, table: &DeTable<'_>, key: &str, only: bool) -> bool {
    table.get(key).is_some_and(|value| match value.get_ref() {
        DeValue::Boolean(value) if *value == only => true,
        DeValue::Boolean(_) => {
            let problem = Problem::at(value.span(), format!("`{key}` can only be {only}"));
            reader.report(problem.hint("leave it out"));
            false
        }
        other => {
            reader.wrong_type(value.span(), &format!("`{key}`"), &only.to_string(), other);
            false
        }
    })
}

/// Flags of rustc. Order and repetition mean something there.
fn read_flags(reader: &mut Reader, value: &Value<'_>) -> Vec<String> {
    let mut flags = Vec::new();
    for item in reader.list(value, "`rustflags`", "strings") {
        let Some(flag) = reader.string(item, "an entry of `rustflags`") else { continue };
        // They are separated by spaces on their way.
        if flag.is_empty() || !flag.bytes().all(|byte| byte.is_ascii_graphic()) {
            let problem = Problem::at(item.span(), format!("{} cannot be a flag in `rustflags`", quote(flag)));
            reader.report(problem.hint("one flag per string, in ASCII without spaces: [\"-C\", \"link-arg=-n\"]"));
            continue;
        }
        flags.push(flag.to_owned());
    }
    flags
}

/// Environment variables by their names.
fn read_env(reader: &mut Reader, place: &str, value: &Value<'_>) -> BTreeMap<String, String> {
    let table = reader.tables(value, &format!("`env` of {place}"), MAX_VARIABLES);
    let mut env = BTreeMap::new();
    for (key, value) in table.into_iter().flatten() {
        let name: &str = key.get_ref();
        if name.len() > 100 || !is_variable(name) {
            let problem = Problem::at(key.span(), format!("{} cannot be the name of a variable", quote(name)));
            reader.report(problem.hint("letters, digits and _ make such a name"));
        } else if ["PATH", "RUSTFLAGS"].contains(&name) || OWN_VARIABLES.iter().any(|own| name.starts_with(own)) {
            let problem = Problem::at(key.span(), format!("{} in `env` is for crossloom to set", quote(name)));
            reader.report(problem.hint("the keys `rustflags`, `profile` and `c-compiler` say how to compile"));
        } else if let Some(text) = reader.string(value, &format!("{} in `env`", quote(name))) {
            env.insert(name.to_owned(), text.to_owned());
        }
    }
    env
}

/// Whether it is a feature, or one of a dependency.
fn is_feature(text: &str) -> bool {
    text.split_once('/').map_or_else(|| is_word(text), |(dependency, feature)| is_word(dependency) && is_word(feature))
}

fn is_word(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b"_.+-".contains(&byte);
    text.len() <= 64 && text.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_') && text.bytes().all(plain)
}
