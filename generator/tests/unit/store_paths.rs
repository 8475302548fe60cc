//! The store paths that crossloom computes for everything that is fetched are those that Nix gives the rendered
//! derivations: what `crossloom fetch` puts into a store is what a build looks for there.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use super::project::{self, list, matrix, planned};
use super::temporary_store::Store;
use crate::catalogue::{Package, Release, Variant, catalogue};
use crate::lock::{LockedSdk, source_name};
use crate::matrix::Matrix;
use crate::nix::hash::{FileHash, Sha256};
use crate::nix::store::{Method, StoreName, fixed_output_path};
use crate::output;
use crate::plan::Plan;
use crate::platform::System;
use crate::seed::SeedLock;
use crate::tree::tree_with;
use serde_json::Value;

/// Every version that there is, with one seed and one preference among sources.
fn all_sources(seed: &str, prefer: &str) -> Matrix {
    let versions = |package| list(Package::new(package).releases().iter().map(Release::version));
    let sdks: Vec<_> = Package::new("macos-sdk").releases().iter().map(Release::version).enumerate().collect();
    let tables: String = sdks
        .iter()
        .map(|(n, version)| format!("[sdk.a{n}]\nkind = \"apple\"\nversion = \"{version}\"\naccept-license = true\n"))
        .collect();
    let names = list(sdks.iter().map(|(n, _)| format!("a{n}")).chain(["zig", "mine", "open"].map(str::to_owned)));
    let text = format!(
        "crossloom = 1\n[build]\nsystems = [\"x86_64-linux\", \"aarch64-linux\"]\nseed = \"{seed}\"\n\
         [sources]\nprefer = [\"{prefer}\"]\n[musl-gcc]\ntargets = [\"x86_64-linux-musl\", \"i686-linux-musl\"]\n\
         gcc = {}\nmusl = {}\nbinutils = {}\nlinux-headers = {}\nmalloc = [\"musl\", \"mimalloc\"]\ngdb = true\n\
         [darwin]\ntargets = [\"arm64-apple-darwin22\"]\nsdk = {names}\nflavour = [\"osxcross\"]\n\
         [valgrind-darwin]\ntargets = [\"x86_64-apple-darwin17\"]\nvalgrind = {}\n\
         include = [{{ sdk = \"open\", mig = \"bootstrap-cmds\" }}]\n\
         [bare-metal]\ntargets = [\"x86_64-unknown-none\", \"aarch64-unknown-none\", \"riscv64gc-unknown-none-elf\"]\n\
         kernel = [\"loaded\"]\n\
         [bare-metal-kernel.loaded]\nsource = \"examples/bare-metal/kernel\"\npackage = \"loaded\"\n\
         boot = [\"uefi\"]\nserial = [\"loaded\"]\n\
         [js-system]\ntargets = [\"x86_64\"]\nruntime = [\"quickjs-ng\", \"nodejs-18\", \"nodejs-18-dynamic\", \"nodejs-24\", \"nodejs-24-dynamic\"]\n\
         exclude = [{{ runtime = \"nodejs-18\", system = \"aarch64-linux\" }}, {{ runtime = \"nodejs-18-dynamic\", system = \"aarch64-linux\" }}, {{ runtime = \"nodejs-24\", system = \"aarch64-linux\" }}, {{ runtime = \"nodejs-24-dynamic\", system = \"aarch64-linux\" }}]\n{tables}[sdk.mine]\nkind = \"file\"\n\
         [sdk.open]\nkind = \"xnu\"\nhash = \"{}\"\n",
        versions("gcc"),
        versions("musl"),
        versions("binutils"),
        versions("linux"),
        versions("valgrind"),
        Sha256::of(b"xnu")
    );
    let others = project::other_families(&text, &[System::X86_64Linux, System::Aarch64Linux]);
    matrix(&format!("{text}{others}"))
}

/// The plan from a lock that holds the SDK, too.
fn imported(matrix: &Matrix) -> Plan {
    let sdk = LockedSdk {
        file: "MacOSX15.5.sdk".to_owned(),
        sha256: Sha256::of(b"sdk"),
        version: "15.5".to_owned(),
        origin: "MacOSX15.5.tar.xz".to_owned(),
    };
    matrix.plan(&project::lock(matrix).with_sdk("mine", sdk)).unwrap()
}

/// What the rendered tree in `dir` fetches, by attribute and by file. With every package in the base, one derivation
/// names them all.
fn expression(dir: &Path, seed: &str) -> String {
    let folder = dir.join("crossloom").display().to_string();
    format!(
        r#"
let
  fetchurl = import {folder}/seed/fetchurl.nix;
  fetchzip = import {folder}/seed/fetchzip.nix;
  byName = list: builtins.listToAttrs (map (it: {{ inherit (it) name; value = it.outPath; }}) list);
  of = system:
    let
      file = {folder}/seed + "/{seed}-${{system}}.json";
      lock = builtins.fromJSON (builtins.readFile file);
      packages = map (package: package // {{ tiers = [ "base" ]; }}) lock.packages;
      scope = import {folder}/seed {{ lock = lock // {{ inherit packages; }}; }};
    in {{
      debs = byName (scope.tree.debs ++ scope.runtime.debs ++ scope.tree.loader);
      busybox = scope.busybox.outPath;
    }};
in {{
  sources = builtins.mapAttrs (_: it: it.outPath) (import {folder}/sources.nix {{ inherit fetchurl fetchzip; }});
  x86_64-linux = of "x86_64-linux";
  aarch64-linux = of "aarch64-linux";
}}"#
    )
}

fn path(name: &str, method: Method, hash: impl Into<FileHash>) -> String {
    fixed_output_path(&StoreName::new(name).unwrap(), method, hash).to_string()
}

/// The seed's packages and its bootstrap.
fn packages(lock: &SeedLock) -> BTreeMap<String, String> {
    let packages = lock.packages.iter().map(|package| package.pin());
    // Of the bootstrap, busybox alone is no derivation's input: its program is.
    let bootstrap = lock.bootstrap.iter().filter(|package| package.name != lock.busybox.package).cloned();
    packages
        .chain(bootstrap)
        .map(|package| (package.store_name(), path(&package.store_name(), Method::Flat, package.sha256)))
        .collect()
}

fn texts(value: &Value) -> BTreeMap<String, String> {
    let texts = value.as_object().unwrap().iter();
    texts.map(|(name, text)| (name.clone(), text.as_str().unwrap().to_owned())).collect()
}

#[test]
fn fetched_files_are_where_rendered_derivations_look_for_them() {
    let Some(store) = Store::new() else { return };
    let choices = [("bookworm", "debian"), ("trixie", "upstream")];
    let matrices = choices.map(|(seed, prefer)| all_sources(seed, prefer));
    let mut expressions = String::new();
    for ((seed, _), matrix) in choices.iter().zip(&matrices) {
        let dir = store.path(seed);
        let tree = tree_with(&imported(matrix), &project::seeds(matrix), true, &project::stand_ins()).unwrap();
        output::write(&dir, &tree).unwrap();
        expressions.push_str(&format!("{seed} = {};\n", expression(&dir, seed)));
    }
    let values = store.evaluate(&format!("{{ {expressions} }}"));

    let mut seen = 0;
    for ((seed, _), matrix) in choices.iter().zip(&matrices) {
        let plan = imported(matrix);
        let method = |tree| if tree { Method::Recursive } else { Method::Flat };
        let sources = plan.sources.iter().map(|(name, source)| (name, &source.file, source.tree, source.hash));
        let sdks = plan.sdks.iter().map(|(name, sdk)| (name, &sdk.file, true, sdk.sha256.into()));
        let expected: BTreeMap<_, _> = sources
            .chain(sdks)
            .map(|(name, file, tree, hash)| (name.replace(['.', '+'], "_"), path(file, method(tree), hash)))
            .collect();
        assert_eq!(texts(&values[seed]["sources"]), expected);
        seen += expected.len();
        for (system, lock) in project::seeds(matrix) {
            let values = &values[seed][system.as_str()];
            let expected = packages(&lock);
            assert!(expected.len() > 120, "{seed} {system}: {}", expected.len());
            assert_eq!(texts(&values["debs"]), expected, "{seed} {system}");
            assert_eq!(values["busybox"], path("busybox-static", Method::Recursive, lock.busybox.nar));
        }
    }

    // Both preferences together cover the catalogue, as far as a matrix can choose. No axis is about these packages: of
    // them it is the default that is taken.
    let fixed = ["cctools-port", "apple-libtapi"];
    let chosen = |release: &&Release| !fixed.contains(&release.package()) || release.is_default();
    let named = |release: &'static Release| {
        release.sources().iter().map(|source| (source_name(release.package(), release.version()), source.variant))
    };
    let all: BTreeSet<_> = catalogue().releases().filter(chosen).flat_map(named).collect();
    let both: BTreeSet<_> = matrices
        .iter()
        .flat_map(|matrix| planned(matrix).sources)
        .filter(|(name, _)| !name.starts_with("xnu-") && !name.starts_with("crate-"))
        .map(|(name, source)| (name, source.variant))
        .collect();
    assert!(both.contains(&(source_name("gcc", "14.2.0"), Variant::Upstream)) && seen >= both.len());
    let missing: Vec<_> = all.difference(&both).collect();
    assert!(missing.is_empty(), "in neither matrix: {missing:?}");
}
