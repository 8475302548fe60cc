//! Archives of toolchains: which nodes they add, and what these share with the cells.

use std::collections::BTreeSet;

use super::project::{matrix, planned};
use crate::plan::{Arg, Node, SystemPlan};
use crate::platform::System;

/// The plan of `[musl-gcc]` with these lines, for a build system.
fn plan(system: System, lines: &str) -> SystemPlan {
    let text = format!("crossloom = 1\n[build]\nsystems = [\"{system}\"]\n[musl-gcc]\n{lines}\n");
    planned(&matrix(&text)).systems.remove(&system).unwrap()
}

fn node<'a>(plan: &'a SystemPlan, name: &str) -> &'a Node {
    let names: Vec<_> = plan.nodes.iter().map(|node| &node.name).collect();
    plan.nodes.iter().find(|node| node.name == name).unwrap_or_else(|| panic!("no {name} in {names:?}"))
}

fn names(plan: &SystemPlan) -> BTreeSet<&str> {
    plan.nodes.iter().map(|node| node.name.as_str()).collect()
}

/// The toolchain of a plan whose programs have mimalloc: it compiles those of archives.
fn compiled_by(plan: &SystemPlan) -> Arg {
    let has = |node: &&Node| matches!(node.args.get("libraries"), Some(Arg::Nodes(libraries)) if libraries.iter().any(|it| it.starts_with("mimalloc-")));
    let all: Vec<_> = plan.nodes.iter().filter(has).collect();
    let [toolchain] = all[..] else { panic!("{all:?}") };
    Arg::Node(toolchain.name.clone())
}

#[test]
fn an_archive_is_a_package_beside_its_cell() {
    let with = plan(System::X86_64Linux, "targets = [\"x86_64-linux-musl\"]\narchive = true");
    let without = plan(System::X86_64Linux, "targets = [\"x86_64-linux-musl\"]");
    let cells: Vec<_> = with.cells.iter().map(|cell| cell.name.as_str()).collect();
    assert_eq!(cells, ["musl-gcc-x86_64-linux-musl", "musl-gcc-x86_64-linux-musl-tarball"]);
    let archive = "archive-14_2_0-x86_64-linux-musl";
    assert_eq!(with.cells[1].node(), Some(archive));
    assert!(with.cells.iter().all(|cell| cell.archive.as_deref() == Some(archive)));
    assert!(without.cells.iter().all(|cell| cell.archive.is_none()));
    // Only the cell has a shell and tools.
    assert!(with.cells[1].shell.is_none() && with.cells[1].tools.is_empty() && !with.cells[1].built);
    assert_eq!(with.cells[0].shell, without.cells[0].shell);

    // Nothing else changes, and the compiler of the programs is the cell's, with another allocator.
    for node in &without.nodes {
        assert!(with.nodes.contains(node), "{}", node.name);
    }
    let added: BTreeSet<_> = names(&with).difference(&names(&without)).copied().collect();
    let by = compiled_by(&with);
    let Arg::Node(compiler) = &by else { panic!("{by:?}") };
    let expected = [
        archive,
        "mimalloc-3_3_2-x86_64-linux-musl",
        compiler,
        "static-binutils-2_44-x86_64-linux-musl",
        "static-gcc-14_2_0-x86_64-linux-musl",
        "static-gmp-6_3_0-x86_64-linux-musl",
        "static-mpc-1_3_1-x86_64-linux-musl",
        "static-mpfr-4_2_2-x86_64-linux-musl",
        "static-toolchain-14_2_0-x86_64-linux-musl",
        "static-toolchain-14_2_0-x86_64-linux-musl-in-prefix",
    ];
    assert_eq!(added, BTreeSet::from(expected));
    let gcc = node(&with, "static-gcc-14_2_0-x86_64-linux-musl");
    let toolchain = Arg::Node("toolchain-14_2_0-x86_64-linux-musl".into());
    assert_eq!(gcc.args["hostToolchain"], by);
    assert_eq!(gcc.args["nativeGcc"], Arg::Node("gcc-14_2_0-x86_64-linux-musl".into()));
    assert_eq!(gcc.args["gmp"], Arg::Node("static-gmp-6_3_0-x86_64-linux-musl".into()));
    assert_eq!(node(&with, "static-toolchain-14_2_0-x86_64-linux-musl").args["toolchain"], toolchain);
    let checks: Vec<_> = with.checks.iter().map(|check| check.name.as_str()).collect();
    assert!(checks.contains(&"archive-musl-gcc-x86_64-linux-musl"), "{checks:?}");
}

/// Programs run on the build machine's kind of processor, whatever the target is, and no seed but the cell's own releases
/// take part.
#[test]
fn programs_are_for_the_build_machines_kind() {
    let lines = "targets = [\"i686-linux-musl\"]\ngcc = [\"15.3.0\"]\nmusl = [\"1.2.6\"]\narchive = true";
    for (system, host) in [(System::X86_64Linux, "x86_64"), (System::Aarch64Linux, "aarch64")] {
        let plan = plan(system, lines);
        let by = compiled_by(&plan);
        let Arg::Node(name) = &by else { panic!("{by:?}") };
        assert!(name.starts_with(&format!("toolchain-15_3_0-{host}-linux-musl-musl-1_2_6-")), "{name}");
        let static_nodes: Vec<_> = plan.nodes.iter().filter(|node| node.args.contains_key("hostToolchain")).collect();
        assert_eq!(static_nodes.len(), 5);
        assert!(static_nodes.iter().all(|node| node.args["hostToolchain"] == by), "{by:?}");
        assert!(!plan.nodes.iter().any(|node| node.name.contains("14_2_0")));
    }
    // macOS has no static programs.
    let mac = plan(System::Aarch64Darwin, lines);
    assert!(mac.cells.iter().all(|cell| cell.archive.is_none()) && mac.cells.len() == 1);
}

/// Flags for a cell's compiler are for the archive's, and not for the one that compiles it; a second prefix of the programs'
/// names is there, too.
#[test]
fn an_override_reaches_the_archive() {
    let lines = "targets = [\"i686-linux-musl\", \"x86_64-linux-musl\"]\n[[musl-gcc.override]]\n\
                 match = { target = \"i686-linux-musl\" }\narchive = true\ngcc-flags = [\"--with-tune=generic\"]\n\
                 languages = [\"c\"]\ntool-prefix = \"old-pc\"";
    let plan = plan(System::X86_64Linux, lines);
    let archives: Vec<_> = plan.cells.iter().filter_map(|cell| cell.archive.as_deref()).collect();
    let [archive, _] = archives[..] else { panic!("{archives:?}") };
    assert!(archive.starts_with("archive-14_2_0-i686-linux-musl-") && archive.ends_with("-as-old-pc"), "{archive}");
    let args = &node(&plan, archive).args;
    assert_eq!((&args["cxx"], &args["toolPrefix"]), (&Arg::Flag(false), &Arg::Text("old-pc".into())));
    let Arg::Text(folder) = &args["name"] else { panic!("{args:?}") };
    assert!(folder.starts_with("musl-gcc-14.2.0-i686-linux-musl"), "{folder}");
    let gcc = plan.nodes.iter().find(|node| node.name.starts_with("static-gcc-")).unwrap();
    assert_eq!(gcc.args["flags"], Arg::Texts(vec!["--with-tune=generic".into()]));
    assert_eq!(gcc.args["languages"], Arg::Text("c".into()));
    assert_eq!(gcc.args["hostToolchain"], compiled_by(&plan));
}

/// Two cells have two archives, and every node has a name of its own whatever tells the cells apart.
#[test]
fn what_differs_has_another_name() {
    let variants = [
        "",
        "unpatched-musl = true",
        "pie = true",
        "languages = [\"c\"]",
        "musl = [\"1.2.6\"]",
        "binutils = [\"2.45\"]",
        "linux-headers = [\"6.12.107\"]",
        "gcc = [\"15.3.0\"]",
    ];
    let mut seen = std::collections::BTreeMap::new();
    for lines in variants {
        let plan = plan(System::X86_64Linux, &format!("targets = [\"i686-linux-musl\"]\narchive = true\n{lines}"));
        for node in plan.nodes {
            let known = seen.entry(node.name.clone()).or_insert_with(|| node.clone());
            assert_eq!(*known, node, "{lines}");
        }
    }
}
