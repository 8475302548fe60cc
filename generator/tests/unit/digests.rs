//! The published digests of the quickstart.

use std::fs;
use std::path::Path;

use super::temporary_store::Store;
use crate::verify::digests::Digests;

#[test]
fn the_examples_digests_are_of_its_nodes() {
    let example = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/quickstart");
    let text = fs::read_to_string(example.join("digests.json")).unwrap();
    let digests = Digests::parse(&text).unwrap();
    assert_eq!(digests.to_text(), text);
    assert!(digests.systems.values().any(|nodes| !nodes.is_empty()));
    for (system, nodes) in &digests.systems {
        let rendered = fs::read_to_string(example.join(format!("crossloom/{system}.nix"))).unwrap();
        for node in nodes.keys() {
            assert!(rendered.contains(&format!("    {node} =")), "{system} has no node {node}");
        }
    }
    // Of another derivation they would tell nobody anything.
    let Some(store) = Store::new() else { return };
    let index = fs::canonicalize(example.join("crossloom/default.nix")).unwrap();
    for (system, nodes) in &digests.systems {
        let outputs = "builtins.mapAttrs (_: node: builtins.listToAttrs (map (name: { inherit name; value = node.${name}.outPath; }) \
                       (node.outputs or [ \"out\" ])))";
        let nodes_of = format!("(import {} {{ }}).legacyPackages.{system}", index.display());
        let now = store.evaluate(&format!("{outputs} (removeAttrs ({nodes_of}) [ \"crossloom\" ])"));
        for (node, outputs) in nodes {
            for (output, digest) in outputs {
                let hint = "`crossloom digests --write` writes it anew, after building";
                assert_eq!(now[node][output], digest.path, "{system}: {node}, {output}: {hint}");
            }
        }
    }
}
