//! Recipes against nixpkgs, as far as that can be told without it: a set of its shape that refuses more than it does.
//!
//! On build machines without a seed the rendered tree takes its tools from nixpkgs. Its real tree is no part of this
//! repository; `data/nixpkgs-shape.nix` stands in for it.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use super::project::{self, matrix, rendered, repository};
use super::temporary_store::Store;
use crate::matrix::Matrix;
use crate::output;
use crate::platform::System;

fn shape() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/nixpkgs-shape.nix")
}

/// A kernel with disk images of it for every loader, and one with C and tests, which each compiler compiles.
const BARE_METAL: &str = "[bare-metal]\ntargets = [\"x86_64-unknown-none\", \"aarch64-unknown-none\"]\n\
                          kernel = [\"loaded\", \"tested\", \"of-git\"]\n\
                          include = [{ target = \"aarch64-unknown-none\", kernel = \"tested\", rust = \"1.97.1\" }]\n\
                          [bare-metal-kernel.loaded]\nsource = \"examples/bare-metal/kernel\"\npackage = \"loaded\"\n\
                          serial = [\"loaded\"]\nhost-tools = [\"segments\"]\n\
                          boot = { x86_64-unknown-none = [\"uefi\", \"bios\"], aarch64-unknown-none = [\"uefi\"] }\n\
                          [bare-metal-kernel.tested]\nsource = \"examples/bare-metal/kernel\"\npackage = \"kernel\"\n\
                          serial = [\"kernel\"]\nc-compiler = \"llvm\"\ntests = true\n\
                          [bare-metal-kernel.of-git]\nsource = \"generator/tests/data/git-kernel\"\n\
                          package = \"git-kernel\"\nboot = [\"none\"]\n\
                          git-hashes.\"https://git.example.org/spin#0123456789abcdef0123456789abcdef01234567\" = \
                          { hash = \"sha256-xBoCckJPQbsBv4KOf/7xstWdF4gGT9a18dlxcX6TILg=\", \
                          archive = \"https://git.example.org/spin.tar.gz\" }\n";

/// Cells that between them use every recipe; one lacks its SDK.
fn cells(system: &str) -> Matrix {
    // No Mac builds Linux for x86_64.
    let (x86, script) = match system.contains("darwin") {
        true => ("", "arm64"),
        false => (", \"x86_64\"", "x86_64"),
    };
    let text = format!(
        "crossloom = 1\n[build]\nsystems = [\"{system}\"]\n[ci]\nsurfaces = [\"hydra\"]\n[musl-gcc]\n\
         targets = [\"x86_64-linux-musl\", \"aarch64-linux-musl\"]\ngcc = [\"14.2.0\", \"15.3.0\"]\n\
         prefix = true\narchive = true\ninclude = [{{ musl = \"1.2.5-mine\" }}, {{ musl = \"1.2.6-trunk\" }}, {{ malloc = \"mimalloc\" }}]\n\
         [[musl-gcc.override]]\nmatch = {{ target = \"aarch64-linux-musl\" }}\nlanguages = [\"c\", \"fortran\"]\n\
         [[musl-gcc.override]]\nmatch = {{ target = \"x86_64-linux-musl\" }}\ngdb = true\n\
         [darwin]\ntargets = [\"x86_64-apple-darwin22\", \"arm64-apple-darwin22\"]\n\
         sdk = [\"zig\", \"apple\", \"open\"]\nflavour = [\"llvm\", \"osxcross\"]\n\
         include = [{{ sdk = \"mine\" }}]\n\
         [valgrind-darwin]\ntargets = [\"x86_64-apple-darwin22\"]\n\
         include = [{{ sdk = \"open\", mig = \"bootstrap-cmds\" }}]\n\
         [linux]\ntargets = [\"arm64\", \"riscv64\"{x86}]\ncompiler = [\"llvm\", \"gcc\"]\n\
         modules = [\"greeting\"]\n{BARE_METAL}\
         [js-system]\ntargets = [\"{script}\"]\nroot = [\"app\"]\ndisk-image = true\n\
         [js-system-root.app]\nsource = \"examples/nodeos/app\"\n\
         [linux-module.greeting]\nsource = \"examples/kernel-module/greeting\"\n\
         [sdk.mine]\nkind = \"file\"\n\
         [source.mine]\npackage = \"musl\"\nversion = \"1.2.5-mine\"\nrelease = \"1.2.5\"\n\
         patches = [\"generator/tests/data/fix.patch\"]\n\
         [source.trunk]\npackage = \"musl\"\nversion = \"1.2.6-trunk\"\ngit = \"https://git.example.org/musl\"\n\
         rev = \"0123456789abcdef0123456789abcdef01234567\"\n\
         hash = \"sha256-xBoCckJPQbsBv4KOf/7xstWdF4gGT9a18dlxcX6TILg=\"\n\
         [sdk.apple]\nkind = \"apple\"\naccept-license = true\n\
         [sdk.open]\nkind = \"xnu\"\nhash = \"sha256-xBoCckJPQbsBv4KOf/7xstWdF4gGT9a18dlxcX6TILg=\"\n"
    );
    let others = project::other_families(&text, &[system.parse().unwrap()]);
    matrix(&format!("{text}{others}"))
}

/// All outputs of a system whose scope is the stand-in.
fn outputs(dir: &Path, system: &str) -> String {
    let (shape, dir) = (shape().display().to_string(), dir.join("crossloom").display().to_string());
    if system.ends_with("-darwin") {
        // As a flake would pass it.
        return format!(
            "let scope = import {shape} {{ system = \"{system}\"; }}; \
             all = import {dir} {{ nixpkgs.legacyPackages.{system} = scope; }}; \
             jobs = builtins.mapAttrs (_: job: job.{system}) all.hydraJobs; \
             outputs = removeAttrs all [ \"hydraJobs\" \"overlays\" ]; \
             in builtins.mapAttrs (_: output: output.{system}) outputs // {{ hydraJobs = jobs; }}"
        );
    }
    format!(
        "let all = import {dir}/{system}.nix {{ scope = import {shape} {{ system = \"{system}\"; }}; \
         sources = import {dir}/sources.nix; }}; \
         jobs = import {dir}/hydra.nix {{ systems.{system} = all; }}; \
         in {{ inherit (all) packages devShells checks; legacyPackages = all.nodes; \
         hydraJobs = builtins.mapAttrs (_: job: job.{system}) jobs; }}"
    )
}

fn paths(outputs: &str) -> String {
    format!("with builtins; mapAttrs (_: mapAttrs (_: it: assert it.type == \"derivation\"; it.drvPath)) ({outputs})")
}

/// Recipes that no Mac calls: QEMU for systems and Debian's Rust are the Linux seed's, and static programs are Linux's.
const OF_LINUX: [&str; 7] = [
    "bare-metal/rust-1_85_0.nix",
    "bare-metal/rust-1_97_1.nix",
    "js-system/disk.nix",
    "js-system/linux-loader.nix",
    "js-system/run-system.nix",
    "musl-gcc/archive.nix",
    "musl-gcc/static-toolchain.nix",
];
/// Recipes that only a Mac calls.
const OF_MACS: [&str; 1] = ["bare-metal/rust-macos.nix"];

#[test]
fn every_recipe_evaluates_with_nixpkgs() {
    let Some(store) = Store::new() else { return };
    for system in ["aarch64-darwin", "x86_64-darwin", "x86_64-linux", "aarch64-linux"] {
        let matrix = cells(system);
        let dir = store.path(system);
        let tree = rendered(&matrix);
        output::write(&dir, &tree).unwrap();
        let values = store.evaluate(&paths(&outputs(&dir, system)));
        let count = |output: &str| values[output].as_object().unwrap().len();
        let names =
            |output: &str| values[output].as_object().unwrap().keys().map(String::as_str).collect::<BTreeSet<_>>();
        let plan = project::planned(&matrix);
        let planned = &plan.systems[&system.parse::<System>().unwrap()];
        let packages: BTreeSet<&str> =
            planned.cells.iter().flat_map(|cell| [cell.name.as_str(), cell.full_name.as_str()]).collect();
        assert_eq!(names("packages"), packages, "{system}");
        let shells: BTreeSet<&str> =
            planned.cells.iter().filter_map(|cell| Some(cell.shell.as_ref()?.name.as_str())).collect();
        assert_eq!(names("devShells"), shells, "{system}");
        let checks: BTreeSet<&str> = planned.checks.iter().map(|check| check.name.as_str()).collect();
        assert_eq!(names("checks"), checks, "{system}");
        assert!(packages.len() > 40 && shells.len() > 20, "{system}");
        assert!(if system.ends_with("-linux") { checks.len() > 12 } else { checks.is_empty() }, "{system}");
        assert!(count("legacyPackages") > 15, "{system}");
        // But for the one without its SDK; and a job for each family.
        let cells = planned.cells.iter().filter(|cell| cell.node().is_some());
        let families: BTreeSet<_> = cells.clone().map(|cell| cell.family).collect();
        let jobs = cells.count() + checks.len() + families.len();
        assert_eq!(
            (count("hydraJobs"), jobs + 1),
            (jobs, planned.cells.len() + checks.len() + families.len()),
            "{system}"
        );
        let all: BTreeSet<_> =
            values["legacyPackages"].as_object().unwrap().values().map(ToString::to_string).collect();
        assert_eq!(all.len(), count("legacyPackages"), "{system}");
        // What is built to compare goes by nixpkgs' shape, too; on macOS there is none.
        let varied = store.evaluate(&format!(
            "with builtins; mapAttrs (_: node: mapAttrs (_: it: it.drvPath) node.variations) ({}).legacyPackages",
            outputs(&dir, system)
        ));
        let expected = if system.ends_with("-linux") { 13 } else { 0 };
        let counts = varied.as_object().unwrap().values().map(|node| node.as_object().unwrap().len());
        assert_eq!(counts.collect::<BTreeSet<_>>(), BTreeSet::from([expected]), "{system}");

        // A recipe that nothing here calls would go untested.
        let text = [system, "hydra"].map(|file| tree[&format!("crossloom/{file}.nix")].text.as_str()).concat();
        let words: BTreeSet<_> = text.split_whitespace().collect();
        // Of a family that has no cell here nothing is called.
        let is_here = |path: &&str| path.split_once('/').is_some_and(|(family, _)| families.contains(family));
        // Each kind of build machine has a Rust compiler of its own.
        let elsewhere: &[&str] = if system.ends_with("-linux") { &OF_MACS } else { &OF_LINUX };
        let called = project::recipes().chain(project::shells()).filter(is_here);
        let called = called.filter(|path| !elsewhere.contains(path));
        for path in
            called.chain(["aggregate.nix", "missing-sdk.nix", "source/git-source.nix", "source/patched-source.nix"])
        {
            assert!(words.contains(format!("./{path}").as_str()), "{path} is not called");
        }
    }
}

/// Every recipe by the name that `pkgs.crossloom` gives it, and one of them with a source and with another recipe's output.
#[test]
fn the_overlay_of_recipes_extends_nixpkgs() {
    let Some(store) = Store::new() else { return };
    let overlay = repository().join("overlays").display().to_string();
    let hash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    for system in ["x86_64-linux", "aarch64-darwin"] {
        let shape = shape().display().to_string();
        let values = store.evaluate(&format!(
            "let prev = import {shape} {{ system = \"{system}\"; }}; \
             final = prev // import {overlay} final prev; inherit (final) crossloom; \
             source = name: final.fetchurl {{ inherit name; urls = [ \"https://example.org/${{name}}.tar.xz\" ]; hash = \"{hash}\"; }}; \
             gmp = crossloom.gmp {{ version = \"6.3.0\"; src = source \"gmp\"; }}; \
             mpfr = crossloom.mpfr {{ version = \"4.2.2\"; src = source \"mpfr\"; inherit gmp; }}; \
             in {{ names = builtins.attrNames crossloom; built = map (node: node.drvPath) [ gmp mpfr ]; \
             static = (crossloom.static-macho {{ }}).drvPath; \
             beside = (import {overlay} final (prev // {{ crossloom.other = 1; }})).crossloom ? other; }}"
        ));
        let name = |path: &'static str| path.rsplit('/').next().and_then(|name| name.strip_suffix(".nix"));
        let mut names: Vec<_> = project::recipes().chain(project::shells()).filter_map(name).collect();
        names.sort_unstable();
        assert_eq!(values["names"], serde_json::json!(names), "{system}");
        for (path, name) in [(&values["built"][0], "-gmp-6.3.0.drv"), (&values["built"][1], "-mpfr-4.2.2.drv")] {
            assert!(path.as_str().unwrap().ends_with(name), "{system}: {path}");
        }
        assert!(values["static"].as_str().unwrap().ends_with(".drv"), "{system}: {values}");
        assert_eq!(values["beside"], true, "{system}: what another overlay put there is gone");
    }
}

/// The stand-in refuses what nixpkgs would refuse, or take in silence: else the test above could not fail.
#[test]
fn what_nixpkgs_lacks_is_refused() {
    let Some(store) = Store::new() else { return };
    let dir = store.path("project");
    output::write(&dir, &rendered(&cells("aarch64-darwin"))).unwrap();
    let expression = paths(&outputs(&dir, "aarch64-darwin"));
    for (file, from, to, expected) in [
        ("musl-gcc/mpfr.nix", "{\n  stdenv,", "{\n  stdenv,\n  busybox,", "nixpkgs has no busybox"),
        ("musl-gcc/mpfr.nix", "{\n  stdenv,", "{\n  stdenv,\n  qemu-user,", "nixpkgs has no qemu-user"),
        ("musl-gcc/mpfr.nix", "  gmp,\n", "  gmp,\n  mpfr,\n  isl,\n", "nixpkgs has no isl"),
        ("musl-gcc/mpfr.nix", "  enableParallelBuilding", "  enableParalelBuilding", "no such enableParalelBuilding"),
        ("musl-gcc/mpfr.nix", "configureFlags = [", "configureFlag = [", "no such configureFlag"),
        ("musl-gcc/mpfr.nix", "dontDisableStatic = true", "dontDisableStatic = \"1\"", "no such dontDisableStatic"),
        ("musl-gcc/mpfr.nix", "buildInputs = [ gmp ]", "buildInputs = [ \"gmp\" ]", "no such buildInputs"),
        ("musl-gcc/mpfr.nix", "inherit version src", "inherit version", "nothing to unpack"),
        ("musl-gcc/host.nix", "stdenv.hostPlatform.config", "stdenv.hostPlatform.triple", "triple"),
        ("musl-gcc/host.nix", "mkLibrary = stdenv.mkDerivation", "mkLibrary = stdenv.mkSeed", "mkSeed"),
        ("musl-gcc/gcc.nix", "  setOutputFlags = false;\n", "", "no setOutputFlags"),
        ("sources.nix", "mirror://gnu/", "mirror://upstream/", "does not know an address"),
        ("sources.nix", "    hash = ", "    executable = true;\n    hash = ", "executable"),
        ("sources.nix", "\"sha256-", "\"sha512-", "is no hash"),
        ("aarch64-darwin.nix", "inherit gmp;", "inherit gmp; odd = 1;", "takes no odd"),
    ] {
        let file = dir.join("crossloom").join(file);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(from), "{from:?} is no longer there to be replaced");
        fs::write(&file, text.replace(from, to)).unwrap();
        refused(&store, &expression, expected);
        fs::write(&file, text).unwrap();
    }
    store.evaluate(&expression);
}

fn refused(store: &Store, expression: &str, expected: &str) {
    match store.nix.run("nix-instantiate", ["--eval", "--strict", "--json", "--expr", expression]) {
        Ok(_) => panic!("taken, where `{expected}` should have been said"),
        Err(error) => assert!(error.to_string().contains(expected), "{expected}: {error}"),
    }
}
