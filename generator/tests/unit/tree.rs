//! Plans and rendered trees as wholes: what the examples hold, what is rendered, and what Nix makes of it.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::gate::{gate, with_header};
use super::project::cells;
use super::project::{self, list, matrix, planned, rendered, repository, wide};
use super::temporary_store::Store;
use crate::catalogue::{Package, Release};
use crate::diag;
use crate::families::darwin::Darwin;
use crate::families::musl_gcc::{MuslGcc, MuslTarget};
use crate::families::valgrind_darwin::ValgrindDarwin;
use crate::lock::{Lock, LockedSdk};
use crate::matrix::Matrix;
use crate::nix::hash::Sha256;
use crate::output::{self, Tree};
use crate::plan::{Arg, Node, Plan};
use crate::platform::System;
use crate::reader::Beside;
use crate::render::value::is_bare_name;
use crate::seed::roots::PROVIDED;
use crate::seed::{SeedLock, Tier};
use crate::verbatim::{Verbatim, place};
use crate::word::Word;
use crate::{flake_lock, tree};
use proptest::prelude::*;
use proptest::test_runner::{Config, RngAlgorithm, TestRng, TestRunner};

/// Everything that a matrix can say, small enough to be read.
const SMALL: &str = r#"
crossloom = 1

[build]
systems = ["x86_64-linux", "aarch64-darwin"]

[sources]
prefer = ["upstream", "debian"]

[musl-gcc]
targets = ["x86_64-linux-musl", "armv7-linux-musleabihf"]
gcc = ["14.2.0", "15.3.0"]
musl = ["1.2.5", "1.2.6"]
exclude = [
  { target = "armv7-linux-musleabihf", gcc = "14.2.0" },
  { target = "armv7-linux-musleabihf", musl = "1.2.5" },
  { target = "x86_64-linux-musl", gcc = "15.3.0", system = "aarch64-darwin" },
  { gcc = "14.2.0", musl = "1.2.6" },
]

[[musl-gcc.override]]
match = { target = "armv7-linux-musleabihf" }
languages = ["c"]
gcc-flags = ["--with-fpu=neon"]

[[musl-gcc.override]]
match = { gcc = "15.3.0", musl = "1.2.6" }
musl-flags = ["--odd=-O3,a+b:c@1%~"]
"#;

#[test]
fn small_trees_are_as_they_were() {
    let tree = rendered(&matrix(SMALL));
    for file in ["flake.nix", "crossloom/default.nix", "crossloom/sources.nix", "crossloom/x86_64-linux.nix"] {
        let name = file.rsplit('/').next().unwrap();
        insta::with_settings!({
            snapshot_path => "../data/tree", prepend_module_to_snapshot => false, omit_expression => true,
        }, {
            insta::assert_snapshot!(name, tree[file].text);
        });
    }
    assert!(tree.contains_key("crossloom/aarch64-darwin.nix"));
    let text = &tree["crossloom/aarch64-darwin.nix"].text;
    assert!(!text.replace("./checks/variations ", "").contains("./checks/"), "{text}");
}

/// Every family, and every kind of SDK; one of them is not imported.
const FAMILIES: &str = r#"
crossloom = 1

[build]
systems = ["x86_64-linux", "aarch64-darwin"]

[musl-gcc]
targets = ["x86_64-linux-musl"]

[darwin]
targets = ["x86_64-apple-darwin22", "arm64-apple-darwin25"]
sdk = ["zig", "apple", "open", "mine", "lost"]
flavour = ["llvm", "osxcross"]
mig = true
exclude = [
  { sdk = "mine", flavour = "osxcross" },
  { sdk = "lost", flavour = "osxcross" },
  { sdk = "apple", flavour = "osxcross" },
  { sdk = "open", flavour = "llvm" },
  { target = "arm64-apple-darwin25", sdk = "open" },
  { target = "arm64-apple-darwin25", sdk = "apple" },
  { target = "arm64-apple-darwin25", sdk = "mine" },
  { target = "arm64-apple-darwin25", sdk = "lost" },
]

[valgrind-darwin]
targets = ["x86_64-apple-darwin22", "x86_64-apple-darwin17"]
valgrind = ["3.27.1", "3.26.0"]
exclude = [{ target = "x86_64-apple-darwin22", valgrind = "3.26.0" }]
include = [{ sdk = "open", mig = "bootstrap-cmds" }, { sdk = "mine" }, { sdk = "lost" }]

[sdk]
apple = { kind = "apple", version = "15.5", accept-license = true }
open = { kind = "xnu", hash = "sha256-xBoCckJPQbsBv4KOf/7xstWdF4gGT9a18dlxcX6TILg=" }
mine = { kind = "file" }
lost = { kind = "file" }
"#;

/// The plan with one of the SDKs imported.
fn families() -> (Matrix, Plan) {
    let matrix = matrix(FAMILIES);
    let sdk = LockedSdk {
        file: "MacOSX15.5.sdk".to_owned(),
        sha256: Sha256::of(b"an SDK"),
        version: "15.5".to_owned(),
        origin: "MacOSX15.5\u{2028}${x}.tar.xz".to_owned(),
    };
    let lock = project::lock(&matrix).with_sdk("mine", sdk);
    let plan = matrix.plan(&lock).unwrap();
    (matrix, plan)
}

/// What is rendered around the recipes of every family.
#[test]
fn trees_of_every_family_are_as_they_were() {
    let (matrix, plan) = families();
    let tree = tree::tree(&plan, &project::seeds(&matrix), true).unwrap();
    for file in ["sources.nix", "x86_64-linux.nix"] {
        insta::with_settings!({
            snapshot_path => "../data/tree", prepend_module_to_snapshot => false, omit_expression => true,
        }, {
            insta::assert_snapshot!(format!("families-{file}"), tree[&format!("crossloom/{file}")].text);
        });
    }
    let mut states = String::new();
    for (system, nodes) in &plan.systems {
        for cell in &nodes.cells {
            let shell = cell.shell.as_ref().map_or("no shell", |shell| &shell.name);
            let tiers: Vec<_> = nodes.tiers_of(cell.node()).into_iter().map(Tier::as_str).collect();
            states.push_str(&format!("{system} {} ({}; {shell}) {}\n", cell.name, cell.state(), tiers.join(" ")));
        }
        for check in &nodes.checks {
            let tiers: Vec<_> = check.tiers.iter().map(|tier| tier.as_str()).collect();
            states.push_str(&format!("{system} {} {}\n", check.name, tiers.join(" ")));
        }
    }
    insta::with_settings!({
        snapshot_path => "../data/tree", prepend_module_to_snapshot => false, omit_expression => true,
    }, {
        insta::assert_snapshot!("families-plan", states);
    });
}

/// A package whose SDK is missing says so when it is built, and all of the flake can be evaluated.
#[test]
fn a_missing_sdk_breaks_nothing_but_the_build_of_its_cells() {
    let Some(store) = Store::new() else { return };
    let (matrix, plan) = families();
    let any = "args: derivation { name = \"any\"; system = \"any\"; builder = \"any\"; }\n";
    let paths = project::stand_ins();
    let files = project::recipes().fold(paths, |files, path| files.with(path, any));
    let files = files.with("darwin/darwin-shell.nix", any).with("musl-gcc/shell.nix", any);
    let tree = tree::tree_with(&plan, &project::seeds(&matrix), true, &files).unwrap();
    let dir = store.path("project");
    output::write(&dir, &tree).unwrap();
    let system = |output: &str| format!("(import {}/crossloom {{ }}).{output}.x86_64-linux", dir.display());
    for output in ["packages", "devShells"] {
        let all = format!(
            "with builtins; mapAttrs (_: it: {{ inherit (it) drvPath; message = it.message or null; \
             scripts = map (name: it.${{name}} or null) [ \"installPhase\" \"shellHook\" ]; }}) ({})",
            system(output)
        );
        let mut missing = 0;
        for (name, it) in store.evaluate(&all).as_object().unwrap() {
            assert!(it["drvPath"].as_str().unwrap().ends_with(".drv"), "{output}.{name}");
            assert_eq!(it["message"].is_string(), name.contains("-sdk-lost"), "{output}.{name}");
            let Some(message) = it["message"].as_str() else { continue };
            missing += 1;
            assert!(message.contains("run `crossloom sdk import --name lost FILE`"), "{message}");
            // What a build and a shell do with it.
            for script in it["scripts"].as_array().unwrap() {
                let mut shell = std::process::Command::new("bash");
                shell.args(["-c", script.as_str().unwrap()]).env("message", message);
                let ended = shell.output().unwrap();
                assert_eq!(ended.status.code(), Some(1), "{output}.{name}");
                assert_eq!(String::from_utf8(ended.stderr).unwrap().trim_end(), message);
            }
        }
        // Each package has two names.
        assert_eq!(missing, if output == "packages" { 8 } else { 1 }, "{output}");
    }
}

/// Sources and SDKs that only a cell without its SDK would need are not rendered: a checked archive of nothing.
#[test]
fn a_plan_holds_the_sources_that_it_names() {
    let (_, plan) = families();
    let mut named = BTreeSet::new();
    for system in plan.systems.values() {
        let args = system.nodes.iter().flat_map(|node| node.args.values());
        for arg in args.chain(system.checks.iter().flat_map(|check| check.args.iter().map(|(_, arg)| arg))) {
            match arg {
                Arg::Source(name) => named.extend([name]),
                Arg::Sources(names) => named.extend(names),
                _ => {}
            }
        }
    }
    assert_eq!(plan.sources.keys().chain(plan.sdks.keys()).collect::<BTreeSet<_>>(), named);
    let lost = matrix(
        "crossloom = 1\nbuild.systems = [\"x86_64-linux\"]\nsdk.lost.kind = \"file\"\n\
         darwin = { targets = [\"x86_64-apple-darwin22\"], sdk = [\"lost\"] }\n",
    );
    let plan = planned(&lost);
    assert_eq!(plan.sources.len() + plan.sdks.len(), 0);
    assert_eq!(plan.systems[&System::X86_64Linux].missing_checks.values().collect::<Vec<_>>(), ["lost", "lost"]);
}

/// Who has no access to an address puts another one into the lock. It stays, and is rendered, while the hash is the
/// matrix's; a tree's does, too.
#[test]
fn addresses_of_the_users_own_stay() {
    let text = |hash: &str| {
        format!(
            "crossloom = 1\nbuild.systems = [\"x86_64-linux\"]\nsdk.open = {{ kind = \"xnu\", hash = \"{hash}\" }}\n\
             darwin = {{ targets = [\"x86_64-apple-darwin22\"], sdk = [\"open\"] }}\n"
        )
    };
    let resolve = |matrix: &Matrix, old: &Lock| {
        let wanted = matrix.wanted();
        Lock::resolve(&wanted, &matrix.prefer, Some(old), &BTreeSet::new()).unwrap()
    };
    let first = matrix(&text("sha256-xBoCckJPQbsBv4KOf/7xstWdF4gGT9a18dlxcX6TILg="));
    let mut lock = project::lock(&first);
    let name = lock.sources.keys().find(|name| name.starts_with("xnu-")).unwrap().clone();
    assert!(lock.sources[&name].tree);
    let address = "https://mirror.example.org/xnu.tar.gz".to_owned();
    lock.sources.get_mut(&name).unwrap().urls.push(address.clone());
    let kept = resolve(&first, &lock);
    assert_eq!(kept, lock);
    let tree = tree::tree(&first.plan(&kept).unwrap(), &project::seeds(&first), false).unwrap();
    assert!(tree["crossloom/sources.nix"].text.contains(&format!("\"{address}\"")));
    let second = matrix(&text("sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="));
    assert!(!resolve(&second, &lock).sources[&name].urls.contains(&address));
}

#[test]
fn a_tree_holds_what_its_plan_uses_and_nothing_else() {
    let only = |family: &str| {
        let matrix = matrix(&format!("crossloom = 1\nbuild.systems = [\"x86_64-linux\"]\n{family}\n"));
        let plan = planned(&matrix);
        let tree = tree::tree_with(&plan, &project::seeds(&matrix), true, &project::stand_ins()).unwrap();
        tree.into_keys().filter(|path| !path.contains("/seed/")).collect::<Vec<_>>()
    };
    let musl = only("musl-gcc = { targets = [\"x86_64-linux-musl\"], languages = [\"c\"] }");
    let has = |tree: &[String], word: &str| tree.iter().any(|path| path.contains(word));
    assert!(!has(&musl, "darwin") && !has(&musl, "valgrind") && !has(&musl, "macho") && !has(&musl, "libstdcxx"));
    assert!(has(&musl, "musl-gcc/gcc.nix") && has(&musl, "musl-gcc/shell.nix") && has(&musl, "musl-gcc/programs.nix"));
    let valgrind = only("valgrind-darwin = { targets = [\"x86_64-apple-darwin22\"] }");
    assert!(
        !has(&valgrind, "gcc") && !has(&valgrind, "musl") && !has(&valgrind, "shell") && !has(&valgrind, "cctools")
    );
    assert!(has(&valgrind, "valgrind-darwin/valgrind-darwin.nix") && has(&valgrind, "valgrind-darwin/emulated.nix"));
}

/// At run time nothing is linted or formatted: templates and printer have to get it right.
#[test]
fn rendered_files_pass_the_gate_as_they_are() {
    let count = std::cell::Cell::new(0);
    let holds = |matrix: &Matrix, plan: &Plan| {
        for (path, file) in tree::tree(plan, &project::seeds(matrix), true).unwrap() {
            if Verbatim::embedded().holds(path.strip_prefix("crossloom/").unwrap_or_default()) {
                continue;
            }
            assert!(gate(&path, &file.text).unwrap_or_else(|error| panic!("{error}")) == file.text, "{path}");
            count.set(count.get() + 1);
        }
    };
    let surfaces = "[ci]\nsurfaces = [\"hydra\", \"github\", \"gitlab\", \"garnix\"]\n";
    let kernels = "crossloom = 1\nbuild.systems = [\"x86_64-linux\", \"aarch64-darwin\"]\n\
                   [linux]\ntargets = [\"arm64\", \"riscv64\"]\ncompiler = [\"llvm\", \"gcc\"]\n";
    for text in [kernels, SMALL, FAMILIES] {
        let matrix = matrix(&format!("{text}{surfaces}"));
        holds(&matrix, &planned_with_sdk(&matrix));
    }
    let wide = wide();
    holds(&wide, &planned(&wide));
    for strategy in [any_matrix().boxed(), any_darwin_matrix().boxed()] {
        let check = |text: String| {
            let matrix = matrix(&format!("{text}{surfaces}"));
            holds(&matrix, &planned_with_sdk(&matrix));
            Ok(())
        };
        runner(12).run(&strategy, check).unwrap();
    }
    assert!(count.get() > 100, "{}", count.get());
}

#[test]
fn arguments_stand_as_the_recipe_has_them() {
    let matrix =
        matrix("crossloom = 1\nbuild.systems = [\"x86_64-linux\"]\nmusl-gcc.targets = [\"i386-linux-musl\"]\n");
    let plan = planned(&matrix);
    let render = |head: &str| {
        let files = Verbatim::embedded().clone().with("musl-gcc/mpc.nix", &format!("{head}: {{ }}\n"));
        let tree = tree::tree_with(&plan, &project::seeds(&matrix), false, &files);
        tree.map(|tree| tree["crossloom/x86_64-linux.nix"].text.clone())
    };
    let (open, src) = ("mpc = callPackage ./musl-gcc/mpc.nix {", "src = source.mpc-1_3_1;");
    for (head, lines) in [
        ("{ version, mpfr, src, gmp }", ["inherit mpfr gmp;", "version = \"1.3.1\";", src]),
        ("{ src, ... }", ["inherit gmp mpfr;", src, "version = \"1.3.1\";"]),
    ] {
        let text = render(head).unwrap();
        let call = format!("    {open}\n      {}\n    }};\n", lines.join("\n      "));
        assert!(text.contains(&call), "{head}: {text}");
    }
    let refused = render("{ src, version, gmp }").unwrap_err().to_string();
    assert_eq!(refused, "musl-gcc/mpc.nix does not take the argument `mpfr`, which the plan gives it");
    assert_eq!(render("[ ]").unwrap_err().to_string(), "musl-gcc/mpc.nix is not a function, and the plan calls it");
}

/// `diff` says by the recipe alone which tiers a node is made of.
#[test]
fn no_node_is_given_a_package_of_a_tier() {
    for plan in [families().1, planned(&wide())] {
        for node in plan.systems.values().flat_map(|system| &system.nodes) {
            assert_eq!(node.tiers(), Verbatim::embedded().tiers(&place(node.recipe), &[]), "{}", node.name);
        }
    }
}

/// The names of the seed's scope, and what Nix says that each of them is made of.
#[test]
fn names_of_the_scope_come_from_their_tiers() {
    let Some(store) = Store::new() else { return };
    let matrix =
        matrix("crossloom = 1\nbuild.systems = [\"x86_64-linux\"]\nmusl-gcc.targets = [\"i386-linux-musl\"]\n");
    let dir = store.path("project");
    output::write(&dir, &rendered(&matrix)).unwrap();
    // Functions of the scope are called: what they make is made of no tier that their arguments don't name.
    let all = format!(
        "let scope = import {0}/crossloom/seed {{ \
             lock = builtins.fromJSON (builtins.readFile {0}/crossloom/seed/bookworm-x86_64-linux.json); }}; \
           called = {{ \
             fetchurl = scope.fetchurl {{ name = \"a\"; urls = [ ]; hash = \"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\"; }}; \
             fetchzip = scope.fetchzip {{ name = \"a\"; urls = [ ]; hash = \"sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\"; }}; \
             mkShellNoCC = scope.mkShellNoCC {{ name = \"a\"; packages = [ ]; }}; \
             stdenv = [ scope.stdenv.cc scope.stdenv.shell (scope.stdenv.mkDerivation {{ name = \"a\"; }}) ]; \
             llvmPackages_19 = builtins.attrValues scope.llvmPackages_19; \
             callPackage = scope.callPackage (_: \"\") {{ }}; }}; \
           drvs = it: builtins.attrNames (builtins.getContext (toString it)); \
         in builtins.mapAttrs (_: drvs) (scope // called)",
        dir.display()
    );
    let mut provided: BTreeMap<Option<Tier>, BTreeSet<String>> = BTreeMap::new();
    let written = ["--eval", "--strict", "--json", "--read-write-mode", "--expr", &all];
    let names: serde_json::Value = serde_json::from_str(&store.run("nix-instantiate", written)).unwrap();
    for (name, drvs) in names.as_object().unwrap() {
        let mut tiers = BTreeSet::new();
        for drv in drvs.as_array().unwrap() {
            let requisites = store.run("nix-store", ["--query", "--requisites", drv.as_str().unwrap()]);
            let of = |tier: &Tier| requisites.contains(&format!("-seed-bookworm-{}.drv", tier.as_str()));
            tiers.extend(Tier::ALL.into_iter().filter(of));
        }
        assert!(tiers.len() < 2, "{name} is made of {tiers:?}");
        provided.entry(tiers.first().copied()).or_default().insert(name.clone());
    }
    assert!(provided.remove(&None).unwrap().contains("stdenv"));
    let listed =
        PROVIDED.iter().map(|(tier, names)| (Some(*tier), names.iter().map(|name| (*name).to_owned()).collect()));
    assert_eq!(provided, listed.collect());
}

#[test]
fn what_goes_in_verbatim_would_pass_the_gate() {
    let mut count = 0;
    let (families, plan) = families();
    let families = tree::tree(&plan, &project::seeds(&families), true).unwrap();
    let kernels = "crossloom = 1\nbuild.systems = [\"x86_64-linux\", \"aarch64-darwin\"]\n\
                   [linux]\ntargets = [\"arm64\", \"riscv64\"]\ncompiler = [\"llvm\", \"gcc\"]\n";
    let kernels = rendered(&matrix(kernels));
    for (path, file) in rendered(&matrix(SMALL)).iter().chain(&families).chain(&kernels) {
        if [".nix", ".sh", ".json"].iter().any(|end| path.ends_with(end)) {
            count += 1;
            let text = if path.ends_with(".json") { file.text.clone() } else { with_header(&file.text) };
            assert_eq!(gate(path, &text).unwrap_or_else(|error| panic!("{error}")), text, "{path} is not formatted");
        }
    }
    assert!(count > 20);
}

/// A matrix and what stands beside it, locked again, compared with what is committed; and so is the tree of the example
/// that is rendered in git. What the others' derivations are is in `checks/derivations.txt`.
fn compare_example(dir: &Path) {
    let name = dir.strip_prefix(repository()).unwrap().display();
    let fix = "run `make examples`";
    let read = |file: &str| fs::read_to_string(dir.join(file)).unwrap_or_else(|error| panic!("{file}: {error}; {fix}"));
    let text = read("matrix.toml");
    let matrix = Matrix::parse_with(&text, &Beside(dir))
        .unwrap_or_else(|problems| panic!("{}", diag::render("matrix.toml", &text, &problems, false)));
    let text = read("matrix.lock");
    let old = Lock::parse(&text).unwrap_or_else(|error| panic!("{name}/matrix.lock: {error}"));
    let wanted = matrix.wanted();
    let new = Lock::resolve(&wanted, &matrix.prefer, Some(&old), &BTreeSet::new()).unwrap();
    assert!(new.to_text() == text, "{name}/matrix.lock is stale; {fix}");
    if !dir.ends_with("quickstart") {
        return;
    }
    let flake = read("flake.lock");
    assert!(flake_lock::with_nixpkgs(Some(&flake), false).unwrap() == flake, "{name}/flake.lock is stale; {fix}");

    let mut seeds = project::seeds(&matrix);
    for (system, seed) in &mut seeds {
        let own = dir.join("seeds").join(format!("{}-{system}.json", matrix.seed));
        if let Ok(text) = fs::read_to_string(&own) {
            *seed = SeedLock::parse(&text, &own.display().to_string()).unwrap();
        }
    }
    let tree = tree::tree(&matrix.plan(&new).unwrap(), &seeds, true).unwrap();
    let differences = output::check(dir, &tree).unwrap();
    let shown: Vec<_> = differences.iter().map(ToString::to_string).collect();
    assert!(shown.is_empty(), "{name} is stale; {fix}\n{}", shown.join("\n"));
}

#[test]
fn examples_are_what_would_be_rendered_today() {
    let mut count = 0;
    for entry in fs::read_dir(repository().join("examples")).unwrap() {
        let dir = entry.unwrap().path();
        if dir.join("matrix.toml").is_file() {
            compare_example(&dir);
            count += 1;
        }
    }
    assert!(count > 0);
}

#[test]
fn a_wide_tree_parses_and_evaluates() {
    let Some(store) = Store::new() else { return };
    let matrix = wide();
    let tree = rendered(&matrix);
    let dir = store.path("project");
    output::write(&dir, &tree).unwrap();
    let files: Vec<_> = tree.keys().filter(|path| path.ends_with(".nix")).map(|path| dir.join(path)).collect();
    let mut args = vec!["--parse".to_owned()];
    args.extend(files.iter().map(|file| file.display().to_string()));
    store.nix.run("nix-instantiate", &args).unwrap_or_else(|error| panic!("{error}"));

    // Every output that there is, as the path of its derivation: all of them are computed, and none is written.
    let expression = format!(
        "with builtins; mapAttrs (_: mapAttrs (_: mapAttrs (_: it: it.drvPath))) \
         (removeAttrs (import {}/crossloom {{ }}) [ \"overlays\" ])",
        dir.display()
    );
    let values = store.evaluate(&expression);
    let count = matrix.count();
    assert_eq!(count, 4 * MuslTarget::all().len());
    for system in ["x86_64-linux", "aarch64-linux"] {
        for (output, expected) in [("packages", count), ("devShells", count), ("checks", 2 * count + 2)] {
            let values = values[output][system].as_object().unwrap();
            // A package has two names.
            assert_eq!(values.len(), if output == "packages" { 2 * expected } else { expected }, "{output}.{system}");
            let distinct: BTreeSet<_> = values.values().map(|path| path.as_str().unwrap()).collect();
            assert_eq!(distinct.len(), expected, "{output}.{system}: two of them are one derivation");
        }
        for cell in cells::<MuslGcc>(&matrix) {
            let packages = &values["packages"][system];
            assert!(packages[&cell.name].is_string(), "{}", cell.name);
            assert_eq!(packages[&cell.name], packages[&cell.full_name]);
        }
    }
    let of = |system: &str| values["packages"][system]["musl-gcc-x86_64-linux-musl"].clone();
    assert_ne!(of("x86_64-linux"), of("aarch64-linux"));
}

#[test]
fn a_change_of_musl_rebuilds_no_compiler() {
    let Some(store) = Store::new() else { return };
    let text = |musl: &str| {
        format!(
            "crossloom = 1\n[build]\nsystems = [\"x86_64-linux\"]\n[musl-gcc]\ntargets = [\"x86_64-linux-musl\"]\n\
             musl = [\"{musl}\"]\n"
        )
    };
    let mut both = Vec::new();
    for musl in ["1.2.5", "1.2.6"] {
        let dir = store.path(musl);
        output::write(&dir, &rendered(&matrix(&text(musl)))).unwrap();
        let expression = format!(
            "builtins.mapAttrs (_: node: node.drvPath) (import {}/crossloom {{ }}).legacyPackages.x86_64-linux",
            dir.display()
        );
        both.push(store.evaluate(&expression).as_object().unwrap().clone());
    }
    let [old, new] = &both[..] else { panic!("two") };
    // By what a node is, without what its name says of musl.
    let find = |nodes: &serde_json::Map<_, serde_json::Value>, role: &str| {
        let found: Vec<_> = nodes.iter().filter(|(name, _)| name.starts_with(role)).collect();
        assert_eq!(found.len(), 1, "{role}");
        found[0].1.clone()
    };
    for role in ["binutils-", "gcc-", "gmp", "linux-headers-", "mpc", "mpfr"] {
        assert_eq!(find(old, role), find(new, role), "{role}");
    }
    for role in ["libgcc-", "libstdcxx-", "musl-1", "musl-headers-", "toolchain-"] {
        assert_ne!(find(old, role), find(new, role), "{role}");
    }
}

#[test]
fn every_node_can_be_built_under_other_circumstances() {
    let Some(store) = Store::new() else { return };
    let dir = store.path("project");
    let (matrix, plan) = families();
    output::write(&dir, &tree::tree(&plan, &project::seeds(&matrix), true).unwrap()).unwrap();
    let expression = format!(
        "with builtins; mapAttrs (name: node: {{ \
           ordinary = [ node.drvPath ] ++ map (output: node.${{output}}.outPath) node.outputs; \
           varied = mapAttrs (_: it: [ it.varied.drvPath ] ++ map (output: it.varied.${{output}}.outPath) node.outputs) \
             node.variations; \
           checks = mapAttrs (_: it: it.drvPath) node.variations; \
         }}) (import {}/crossloom {{ }}).legacyPackages.x86_64-linux",
        dir.display()
    );
    let values = store.evaluate(&expression);
    let nodes = values.as_object().unwrap();
    assert_eq!(nodes.len(), plan.systems[&System::X86_64Linux].nodes.len());
    let mut checks = BTreeSet::new();
    for (name, node) in nodes {
        let varied = node["varied"].as_object().unwrap();
        assert_eq!(varied.len(), 13, "{name}");
        assert!(varied.contains_key("together"), "{name}");
        // Each is another build, of all outputs.
        let mut builds: BTreeSet<_> = varied.values().map(|paths| paths.to_string()).collect();
        builds.insert(node["ordinary"].to_string());
        assert_eq!(builds.len(), 14, "{name}");
        checks.extend(node["checks"].as_object().unwrap().values().map(|path| path.to_string()));
    }
    assert_eq!(checks.len(), 13 * nodes.len());
}

/// Whether a date stands in a line, as 2024-01-31.
fn has_date(line: &str) -> bool {
    line.as_bytes().windows(10).any(|window| {
        window.iter().enumerate().all(|(i, byte)| if i == 4 || i == 7 { *byte == b'-' } else { byte.is_ascii_digit() })
            && (window.starts_with(b"19") || window.starts_with(b"20"))
    })
}

#[test]
fn nothing_of_this_machine_gets_into_a_tree() {
    let mut places: BTreeSet<String> =
        ["/home/", "/root/", "/Users/", "/tmp/", "/var/tmp/", "/nix/store/"].map(str::to_owned).into();
    places.insert(repository().display().to_string());
    places.insert(std::env::current_dir().unwrap().display().to_string());
    places.insert(std::env::temp_dir().display().to_string());
    places.extend(std::env::var("HOME").ok().filter(|home| home.len() > 1));
    // A file is fetched from where the machine's own configuration says, so a registry's host is never spelled out; not
    // even here.
    let hosts = [
        &["deb", "debian", "org"][..],
        &["ftp", "debian", "org"],
        &["snapshot", "debian", "org"],
        &["archive", "ubuntu", "com"],
        &["pypi", "org"],
        &["files", "pythonhosted", "org"],
        &["static", "crates", "io"],
        &["crates", "io"],
        &["registry", "npmjs", "org"],
        &["proxy", "golang", "org"],
    ];
    let hosts: Vec<_> = hosts.into_iter().map(|parts| parts.join(".")).collect();
    for seed in ["bookworm", "trixie"] {
        let text = SMALL.replace("[build]", &format!("[build]\nseed = \"{seed}\""));
        for (path, file) in &rendered(&matrix(&text)) {
            for (number, line) in file.text.lines().enumerate() {
                let at = format!("{path}:{}: {line}", number + 1);
                for place in places.iter().chain(&hosts) {
                    assert!(!line.contains(place.as_str()), "{at}: {place}");
                }
                assert!(!has_date(line), "{at}: a date");
            }
            // Pieces that are put into another file end as they have to there.
            let piece = path.contains("/libstdcxx/");
            assert!(file.text.ends_with('\n') && (piece || !file.text.ends_with("\n\n")), "{path}");
        }
    }
    assert!(has_date("# 2024-01-31") && !has_date("1.20240131-1"));
}

/// A valid matrix with a few cells. What overrides say is the same for the same choice, so that matrices overlap.
fn any_matrix() -> impl Strategy<Value = String> {
    let some = |words: Vec<&'static str>, most: usize| {
        let most = most.min(words.len());
        proptest::sample::subsequence(words, 1..=most).prop_shuffle()
    };
    let versions = |package| some(Package::new(package).releases().iter().map(Release::version).collect(), 2);
    let targets = ["x86_64-linux-musl", "i686-linux-musl", "aarch64-linux-musl", "mips64-linux-musln32"];
    let systems = System::WORDS.to_vec();
    let flags = proptest::sample::subsequence(vec!["--one", "--two=2"], 0..=2);
    let overrides = proptest::collection::vec((0..4_usize, 0..4_usize, flags, proptest::option::of(0..4_usize)), 0..3);
    let axes = (versions("gcc"), versions("musl"), versions("binutils"), versions("linux"));
    (some(systems, 3), some(targets.to_vec(), 3), axes, overrides, 0..4_usize).prop_map(
        |(systems, targets, (gcc, musl, binutils, linux), overrides, read)| {
            let languages = |read: usize| {
                let sets: [&[&str]; 4] = [&["c"], &["c", "c++"], &["fortran", "c"], &["c", "c++", "fortran"]];
                list(sets[read])
            };
            let mut text = format!(
                "crossloom = 1\n[build]\nsystems = {}\n[musl-gcc]\ntargets = {}\ngcc = {}\nmusl = {}\nbinutils = {}\n\
                 linux-headers = {}\nlanguages = {}\n",
                list(systems),
                list(&targets),
                list(gcc),
                list(musl),
                list(binutils),
                list(linux),
                languages(read)
            );
            for (target, package, flags, read) in overrides {
                let target = targets[target % targets.len()];
                let package = ["gcc", "binutils", "musl", "libstdcxx"][package];
                text.push_str(&format!("[[musl-gcc.override]]\nmatch = {{ target = \"{target}\" }}\n"));
                text.push_str(&format!("{package}-flags = {}\n", list(flags)));
                if let Some(read) = read {
                    text.push_str(&format!("languages = {}\n", languages(read)));
                }
            }
            text
        },
    )
}

/// The same cases in every run: what they have in common is asserted too.
fn runner(cases: u32) -> TestRunner {
    let config = Config { cases, failure_persistence: None, ..Config::default() };
    TestRunner::new_with_rng(config, TestRng::deterministic_rng(RngAlgorithm::ChaCha))
}

fn needs(node: &Node) -> Vec<&String> {
    node.args
        .values()
        .flat_map(|arg| match arg {
            Arg::Node(name) => vec![name],
            Arg::Nodes(names) => names.iter().collect(),
            Arg::Source(_)
            | Arg::Sources(_)
            | Arg::Text(_)
            | Arg::Texts(_)
            | Arg::Files(_)
            | Arg::Folder(_)
            | Arg::Flag(_) => Vec::new(),
        })
        .collect()
}

/// A valid matrix of macOS's families, whose SDKs are the same under the same name.
fn any_darwin_matrix() -> impl Strategy<Value = String> {
    fn some(words: &[&'static str], most: usize) -> impl Strategy<Value = Vec<&'static str>> + use<> {
        proptest::sample::subsequence(words.to_vec(), 1..=most.min(words.len())).prop_shuffle()
    }
    let systems = System::WORDS.to_vec();
    let targets = ["x86_64-apple-darwin22", "arm64-apple-darwin20", "x86_64-apple-darwin17"];
    let sdks = ["zig", "apple", "newer", "open", "mine", "lost"];
    let axes = (some(&sdks, 3), some(&["llvm", "osxcross"], 2), some(&["builtin", "bootstrap-cmds"], 2));
    (some(&systems, 2), some(&targets, 2), axes, any::<[bool; 3]>()).prop_map(
        |(systems, targets, (sdk, flavour, mig), [cxx, darwin, valgrind])| {
            let mut text = format!("crossloom = 1\nbuild.systems = {}\n", list(systems));
            let axes = format!("sdk = {}\nflavour = {}\n", list(&sdk), list(flavour));
            if darwin || !valgrind {
                let languages = if cxx { list(["c", "c++"]) } else { list(["c"]) };
                let targets = list(&targets);
                text.push_str(&format!("[darwin]\ntargets = {targets}\n{axes}languages = {languages}\n"));
            }
            if valgrind {
                text.push_str(&format!("[valgrind-darwin]\ntargets = [\"x86_64-apple-darwin22\"]\n{axes}"));
                let mig = if sdk.contains(&"zig") { vec!["builtin"] } else { mig };
                text.push_str(&format!("mig = {}\n", list(mig)));
            }
            for name in sdk.iter().filter(|name| **name != "zig") {
                let kind = match *name {
                    "apple" => "kind = \"apple\"\naccept-license = true",
                    "newer" => "kind = \"apple\"\nversion = \"26.5\"\naccept-license = true",
                    "open" => "kind = \"xnu\"\nhash = \"sha256-xBoCckJPQbsBv4KOf/7xstWdF4gGT9a18dlxcX6TILg=\"",
                    _ => "kind = \"file\"",
                };
                text.push_str(&format!("[sdk.{name}]\n{kind}\n"));
            }
            text
        },
    )
}

fn planned_with_sdk(matrix: &Matrix) -> Plan {
    let sdk = LockedSdk {
        file: "MacOSX15.5.sdk".to_owned(),
        sha256: Sha256::of(b"an SDK"),
        version: "15.5".to_owned(),
        origin: "MacOSX15.5.tar.xz".to_owned(),
    };
    matrix.plan(&project::lock(matrix).with_sdk("mine", sdk)).unwrap()
}

/// What has to hold for every plan of macOS's families.
fn sound_darwin(plan: &Plan, matrix: &Matrix) {
    for (system, nodes) in &plan.systems {
        let mut known = BTreeSet::new();
        for node in &nodes.nodes {
            assert!(is_bare_name(&node.name), "{} needs quotes in Nix", node.name);
            assert!(Verbatim::embedded().holds(&place(node.recipe)), "{}", node.recipe);
            assert!(needs(node).into_iter().all(|need| known.contains(need)), "{} is too early", node.name);
            assert!(known.insert(&node.name), "{} stands twice", node.name);
        }
        let named = nodes.nodes.iter().flat_map(|node| node.args.values());
        for arg in named.chain(nodes.checks.iter().flat_map(|check| check.args.iter().map(|(_, arg)| arg))) {
            match arg {
                Arg::Source(name) => {
                    assert!(plan.sources.contains_key(name) || plan.sdks.contains_key(name), "{name}");
                }
                Arg::Node(name) => assert!(known.contains(name), "{name}"),
                _ => {}
            }
        }
        let (darwin, valgrind) = (cells::<Darwin>(matrix), cells::<ValgrindDarwin>(matrix));
        let sdks = darwin.iter().map(|cell| (&cell.name, &cell.spec.sdk));
        let sdks: BTreeMap<_, _> = sdks.chain(valgrind.iter().map(|cell| (&cell.name, &cell.spec.sdk))).collect();
        assert_eq!(nodes.cells.len(), darwin.len() + 3 * valgrind.len());
        let mut packages = BTreeSet::new();
        for cell in &nodes.cells {
            let wanted = sdks.get(&cell.name).or_else(|| {
                let archive = cell.name.strip_suffix("-tarball")?;
                sdks.get(&archive.strip_suffix("-memcheck").unwrap_or(archive).to_owned())
            });
            let sdk = &wanted.unwrap_or_else(|| panic!("{} is nobody's cell", cell.name)).name;
            assert_eq!(cell.node().is_none(), sdk == "lost", "{}", cell.name);
            let Some(node) = cell.node() else { continue };
            assert!(packages.insert(node), "two cells are {node}");
            // The SDK that was asked for, and no other, is somewhere below.
            let sources = nodes.sources_of([node]);
            let has = |start: &str| sources.iter().any(|name| name.starts_with(start));
            assert_eq!(has("sdk-mine"), sdk == "mine", "{}", cell.name);
            assert_eq!(has("macos-sdk-15.5"), sdk == "apple", "{}", cell.name);
            assert_eq!(has("macos-sdk-26.5"), sdk == "newer", "{}", cell.name);
            assert_eq!(has("xnu-"), sdk == "open", "{}", cell.name);
            assert_eq!(has("cctools-port"), nodes.tiers_of([node]).contains(&Tier::Osxcross), "{}", cell.name);
            assert!(nodes.tiers_of([node]).contains(&Tier::Llvm), "{}", cell.name);
        }
        assert!(system.is_linux() || nodes.checks.is_empty());
    }
}

#[test]
fn plans_for_macos_are_sound_and_nodes_do_not_depend_on_their_neighbours() {
    let shared = std::cell::RefCell::new(BTreeSet::new());
    runner(400)
        .run(&(any_darwin_matrix(), any_darwin_matrix()), |(first, second)| {
            let [first, second] = [&first, &second].map(|text| {
                let matrix = matrix(text);
                let plan = planned_with_sdk(&matrix);
                sound_darwin(&plan, &matrix);
                plan
            });
            for (system, nodes) in &first.systems {
                let Some(others) = second.systems.get(system) else { continue };
                let others = by_name(&others.nodes);
                for node in &nodes.nodes {
                    if let Some(other) = others.get(node.name.as_str()) {
                        prop_assert_eq!(&node, other);
                        shared.borrow_mut().insert(node.recipe);
                    }
                }
            }
            Ok(())
        })
        .unwrap();
    let named =
        |path: &&str| path.split('/').nth(1).is_some_and(|name| name.contains("darwin") || name.contains("sdk"));
    for path in project::recipes().filter(named) {
        let seen = shared.borrow().iter().any(|recipe| place(recipe) == path);
        assert!(seen, "no two matrices shared a node of {path}");
    }
}

/// What has to hold for every plan.
fn sound(plan: &Plan, matrix: &Matrix) {
    assert_eq!(plan.systems.keys().collect::<BTreeSet<_>>(), matrix.systems.iter().collect());
    for (system, nodes) in &plan.systems {
        let mut known = BTreeSet::new();
        for node in &nodes.nodes {
            assert!(is_bare_name(&node.name), "{} needs quotes in Nix", node.name);
            for need in needs(node) {
                assert!(known.contains(need), "{} stands before {need}", node.name);
            }
            for arg in node.args.values() {
                if let Arg::Source(source) = arg {
                    assert!(plan.sources.contains_key(source), "{}: {source}", node.name);
                }
            }
            assert!(known.insert(&node.name), "{} stands twice", node.name);
        }
        let expected: Vec<_> = cells::<MuslGcc>(matrix).iter().filter(|cell| cell.systems.contains(system)).collect();
        assert_eq!(nodes.cells.len(), expected.len());
        let mut toolchains = BTreeSet::new();
        for (cell, wanted) in nodes.cells.iter().zip(expected) {
            let node = cell.node().unwrap().to_owned();
            assert!(known.contains(&node), "{}", cell.name);
            let shell = cell.shell.as_ref().unwrap();
            assert!(is_bare_name(&cell.name) && is_bare_name(&shell.name));
            // What it takes from the seed is known, and can be fetched by its name.
            assert!(Verbatim::embedded().holds(&place(shell.recipe)), "{}", shell.recipe);
            assert!(nodes.names().contains(shell.name.as_str()), "{}", shell.name);
            assert!(toolchains.insert(node.clone()), "two cells are {node}");
            // What a cell asks for is what its toolchain is made of, through all that it needs.
            let by_name = |name: &String| nodes.nodes.iter().find(|node| node.name == *name).unwrap();
            let toolchain = by_name(&node);
            let part = |node: &Node, arg: &str| match &node.args[arg] {
                Arg::Node(name) => by_name(name).clone(),
                other => panic!("{}.{arg}: {other:?}", node.name),
            };
            let text = |node: &Node, arg: &str| node.args[arg].clone();
            let gcc = part(toolchain, "gcc");
            assert_eq!(text(&gcc, "version"), Arg::Text(wanted.spec.gcc.version().to_owned()));
            let languages = match (wanted.spec.languages.cxx, wanted.spec.languages.fortran) {
                (false, false) => "c",
                (true, false) => "c,c++",
                (false, true) => "c,fortran",
                (true, true) => "c,c++,fortran",
            };
            assert_eq!(text(&gcc, "languages"), Arg::Text(languages.to_owned()));
            let own = wanted.target.gcc_flags().iter().map(|flag| (*flag).to_owned());
            assert_eq!(text(&gcc, "flags"), Arg::Texts(own.chain(wanted.spec.flags.gcc.iter().cloned()).collect()));
            let binutils = part(toolchain, "binutils");
            assert_eq!(text(&binutils, "version"), Arg::Text(wanted.spec.binutils.version().to_owned()));
            assert_eq!(text(&binutils, "flags"), Arg::Texts(wanted.spec.flags.binutils.clone()));
            assert_eq!(part(&gcc, "binutils"), binutils);
            let musl = part(toolchain, "musl");
            assert_eq!(text(&musl, "version"), Arg::Text(wanted.spec.musl.version().to_owned()));
            assert_eq!(text(&musl, "flags"), Arg::Texts(wanted.spec.flags.musl.clone()));
            assert_eq!(part(&musl, "gcc"), gcc);
            let headers = part(&part(toolchain, "libgcc"), "muslHeaders");
            assert_eq!(text(&headers, "version"), Arg::Text(wanted.spec.musl.version().to_owned()));
            let linux = part(toolchain, "linuxHeaders");
            assert_eq!(text(&linux, "version"), Arg::Text(wanted.spec.linux_headers.version().to_owned()));
            let Arg::Nodes(libraries) = &toolchain.args["libraries"] else { panic!("{toolchain:?}") };
            let mut others = libraries.as_slice();
            if wanted.spec.languages.cxx {
                let cxx = by_name(&libraries[0]);
                assert_eq!(cxx.recipe, "musl-gcc/libstdcxx");
                assert_eq!(text(cxx, "flags"), Arg::Texts(wanted.spec.flags.libstdcxx.clone()));
                assert_eq!(part(cxx, "musl"), musl);
                others = &libraries[1..];
            }
            let names: Vec<_> = others.iter().map(|name| text(by_name(name), "library")).collect();
            let expected = wanted.target.libraries(wanted.spec.languages);
            assert_eq!(names, expected.into_iter().map(|name| Arg::Text(name.to_owned())).collect::<Vec<_>>());
            assert!(others.iter().all(|name| part(by_name(name), "musl") == musl), "{others:?}");
        }
    }
}

fn by_name(nodes: &[Node]) -> BTreeMap<&str, &Node> {
    nodes.iter().map(|node| (node.name.as_str(), node)).collect()
}

#[test]
fn plans_are_sound_and_nodes_do_not_depend_on_their_neighbours() {
    let shared = std::cell::RefCell::new(BTreeSet::new());
    runner(400)
        .run(&(any_matrix(), any_matrix()), |(first, second)| {
            let plans = [&first, &second].map(|text| {
                let matrix = matrix(text);
                let plan = planned(&matrix);
                assert_eq!(planned(&self::matrix(text)), plan, "the same text gives the same plan");
                sound(&plan, &matrix);
                plan
            });
            let [first, second] = plans;
            for (system, nodes) in &first.systems {
                let Some(others) = second.systems.get(system) else { continue };
                let others = by_name(&others.nodes);
                for node in &nodes.nodes {
                    if let Some(other) = others.get(node.name.as_str()) {
                        prop_assert_eq!(&node, other);
                        shared.borrow_mut().insert(node.recipe);
                    }
                }
            }
            Ok(())
        })
        .unwrap();
    // Had the matrices nothing in common, nothing would have been compared.
    let recipes = ["binutils", "gcc", "libgcc", "libstdcxx", "linux-headers", "musl", "musl-headers", "toolchain"];
    for recipe in recipes.map(|name| format!("musl-gcc/{name}")) {
        assert!(shared.borrow().contains(recipe.as_str()), "no two matrices shared a node of {recipe}");
    }
}

#[test]
fn musl_is_not_what_a_compiler_is_made_of() {
    runner(100)
        .run(&any_matrix(), |text| {
            let with = |musl: &str| {
                let lines = text.lines().map(|line| match line.strip_prefix("musl = ") {
                    Some(_) => format!("musl = [\"{musl}\"]\n"),
                    None => format!("{line}\n"),
                });
                planned(&matrix(&lines.collect::<String>()))
            };
            let (old, new) = (with("1.2.5"), with("1.2.6"));
            let compilers = |plan: &Plan| {
                let names =
                    ["gcc", "binutils", "gmp", "mpfr", "mpc", "linux-headers"].map(|name| format!("musl-gcc/{name}"));
                let of = |node: &&Node| names.iter().any(|name| name == node.recipe);
                plan.systems.values().flat_map(|nodes| nodes.nodes.iter().filter(of).cloned()).collect::<Vec<_>>()
            };
            prop_assert!(compilers(&old).len() >= 6);
            prop_assert_eq!(compilers(&old), compilers(&new));
            prop_assert_ne!(old, new);
            Ok(())
        })
        .unwrap();
}

#[test]
fn the_same_text_renders_to_the_same_tree() {
    runner(6)
        .run(&any_matrix(), |text| {
            let trees: [Tree; 2] = [0, 1].map(|_| rendered(&matrix(&text)));
            prop_assert!(trees[0] == trees[1]);
            Ok(())
        })
        .unwrap();
}
