//! The recipes whose sources cannot be had on every machine, evaluated against both scopes: nothing is fetched for
//! that.

use std::fs;

use super::project::repository;
use super::temporary_store::Store;

/// Every recipe with the names of its arguments, which are texts or other nodes.
const NODES: &str = r#"
  rec {
    xar = call "xar" { version = "2b9a4ab"; };
    libtapi = call "libtapi" { version = "1100.0.11"; };
    libtapi-newer = call "libtapi" { version = "1300.6.5"; };
    cctools = call "cctools" { version = "973.0.1-ld64-609"; target = "arm64-apple-darwin22"; inherit libtapi xar; };
    base = call "sdk-zig" { version = "0.15.2"; };
    sdk-xnu = call "sdk-xnu" { version = "11417.101.15"; inherit base; };
    sdk-apple = call "sdk-apple" { version = "15.5"; };
    mig = call "bootstrap-cmds" {
      version = "3cc6b1c";
      target = "x86_64-apple-darwin22";
      arch = "x86_64";
      sdk = sdk-xnu;
      # Any package will do to see what the recipe makes of it.
      cc = cctools;
    };
  }
"#;

/// The nodes in a scope; `source` is a tree or a file that is nowhere.
fn expression(scope: &str, source: &str) -> String {
    let recipes = repository().join("overlays/darwin").display().to_string();
    format!(
        "let scope = {scope}; source = {source}; \
         call = name: args: scope.callPackage ({recipes} + \"/${{name}}.nix\") (args // {{ src = source; }}); \
         nodes = {NODES}; \
         in builtins.mapAttrs (_: node: assert node.type == \"derivation\"; node.drvPath) nodes"
    )
}

fn evaluated(store: &Store, scope: &str, fetcher: &str) -> usize {
    let hash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
    let source =
        format!("{fetcher} {{ name = \"tree\"; urls = [ \"https://example.org/x.tar.gz\" ]; hash = \"{hash}\"; }}");
    let values = store.evaluate(&expression(scope, &source));
    let nodes = values.as_object().unwrap();
    assert!(nodes.values().all(|path| path.as_str().unwrap().ends_with(".drv")), "{values}");
    nodes.len()
}

#[test]
fn recipes_evaluate_against_the_seed() {
    let Some(store) = Store::new() else { return };
    for seed in ["bookworm-x86_64-linux", "trixie-aarch64-linux"] {
        let root = repository().display().to_string();
        let lock = format!("builtins.fromJSON (builtins.readFile {root}/generator/data/seeds/{seed}.json)");
        let scope = format!("import {root}/overlays/seed {{ lock = {lock}; }}");
        assert_eq!(evaluated(&store, &scope, "scope.fetchzip"), 8, "{seed}");
    }
}

#[test]
fn recipes_evaluate_with_nixpkgs() {
    let Some(store) = Store::new() else { return };
    let shape = repository().join("generator/tests/data/nixpkgs-shape.nix").display().to_string();
    for system in ["x86_64-linux", "aarch64-darwin"] {
        let scope = format!("import {shape} {{ system = \"{system}\"; }}");
        assert_eq!(evaluated(&store, &scope, "scope.fetchzip"), 8, "{system}");
    }
}

/// What they call by name from their own texts is there.
#[test]
fn scripts_of_recipes_exist() {
    let recipes = repository().join("overlays/darwin");
    for (recipe, script) in [("sdk-apple.nix", "./extract-pkg.py"), ("sdk-xnu.nix", "./xnu-headers.py")] {
        let text = fs::read_to_string(recipes.join(recipe)).unwrap();
        assert!(text.contains(&format!("script = {script};")) && recipes.join(script).is_file(), "{recipe}");
    }
}
