//! The rendered tree: a plan as Nix that a person can read.
//!
//! Recipes, the seed's mechanism and the checks go in verbatim, as they stand in `overlays/` and `checks/`; what a matrix
//! decides is rendered from `templates/` as straight-line wiring. The tree depends on nothing but itself.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::lock::source_name;
use crate::output::{FOLDER, Tree, TreeFile};
use crate::plan::{Arg, CheckKind, Node, Plan, SystemPlan};
use crate::render::gate::{GateError, gate, with_header};
use crate::render::templates::{Engine, RenderError};
use crate::seed::SeedLock;
use crate::target::System;

/// The nixpkgs that a rendered flake names, and that `flake.lock` pins.
pub const NIXPKGS_URL: &str = "github:NixOS/nixpkgs/nixos-25.11";

const TEMPLATES: [(&str, &str); 4] = [
    ("flake.nix", include_str!("../../templates/flake.nix.hbs")),
    ("default.nix", include_str!("../../templates/default.nix.hbs")),
    ("sources.nix", include_str!("../../templates/sources.nix.hbs")),
    ("system.nix", include_str!("../../templates/system.nix.hbs")),
];

/// A file that goes into the tree as it is.
macro_rules! verbatim {
    ($folder:literal: $($path:literal),* $(,)?) => {
        [$(($path, include_str!(concat!("../../", $folder, "/", $path)))),*]
    };
}

const SEED: [(&str, &str); 7] = verbatim!("overlays/seed":
    "default.nix", "fetchurl.nix", "fetchzip.nix", "shell/setup", "stdenv/builder.sh", "stdenv/setup", "unpack.sh");
const RECIPES: [(&str, &str); 13] = verbatim!("overlays/recipes":
    "binutils.nix", "gcc-archive.nix", "gcc.nix", "gmp.nix", "libgcc.nix", "libstdcxx.nix", "linux-headers.nix",
    "mpc.nix", "mpfr.nix", "musl-headers.nix", "musl.nix", "shell.nix", "toolchain.nix");
const CHECKS: [(&str, &str); 5] = verbatim!("checks":
    "programs.nix", "programs.sh", "programs/hello.c", "programs/hello.cc", "seed-musl.nix");

/// A plan cannot be rendered: a defect of crossloom's own templates or recipes, never of the user's input.
#[derive(Debug, thiserror::Error)]
pub enum TreeError {
    #[error("template {name} cannot be rendered")]
    Render {
        name: &'static str,
        #[source]
        source: RenderError,
    },
    #[error("a rendered file is not what Nix accepts")]
    Gate {
        #[source]
        source: GateError,
    },
    #[error("no seed lock was given for {system}")]
    NoSeed { system: System },
}

/// Renders `plan`; `seeds` holds the seed lock of every Linux system in it. With `flake`, a `flake.nix` stands beside the
/// folder.
///
/// # Errors
/// [`TreeError`]; none is expected for a plan that [`crate::plan::plan`] made.
pub fn tree(plan: &Plan, seeds: &BTreeMap<System, SeedLock>, flake: bool) -> Result<Tree, TreeError> {
    let engine = Engine::new(&TEMPLATES).map_err(|source| TreeError::Render { name: "*", source })?;
    let mut tree = Tree::new();
    let mut render = |name: &'static str, path: String, context: &dyn erased::Context| -> Result<(), TreeError> {
        let text = context.render(&engine, name).map_err(|source| TreeError::Render { name, source })?;
        let text = gate(&path, &with_header(&text)).map_err(|source| TreeError::Gate { source })?;
        tree.insert(path, TreeFile { text, executable: false });
        Ok(())
    };

    if flake {
        render("flake.nix", "flake.nix".to_owned(), &FlakeContext { nixpkgs_url: NIXPKGS_URL })?;
    }
    let (seeded, unseeded): (Vec<_>, Vec<_>) = plan.systems.keys().copied().partition(|system| system.is_linux());
    let lock_name = |system: System| format!("{}-{system}", plan.seed.as_str());
    let seeded: Vec<_> = seeded
        .into_iter()
        .map(|system| SeededSystem {
            system: system.as_str(),
            file: format!("./{system}.nix"),
            lock: format!("./seed/{}.json", lock_name(system)),
        })
        .collect();
    let unseeded: Vec<_> = unseeded
        .into_iter()
        .map(|system| UnseededSystem { system: system.as_str(), file: format!("./{system}.nix") })
        .collect();
    render("default.nix", format!("{FOLDER}/default.nix"), &DefaultContext { seeded, unseeded })?;
    let sources = plan.sources.iter().map(|(name, source)| SourceContext {
        name: attribute(name),
        file: source.file.clone(),
        urls: source.urls.clone(),
        sha256: source.sha256.to_sri(),
    });
    render("sources.nix", format!("{FOLDER}/sources.nix"), &SourcesContext { sources: sources.collect() })?;
    for (system, nodes) in &plan.systems {
        let context = SystemContext::of(nodes);
        render("system.nix", format!("{FOLDER}/{system}.nix"), &context)?;
    }

    let mut add = |path: String, text: &str| {
        tree.insert(path, TreeFile { text: text.to_owned(), executable: false });
    };
    for system in plan.systems.keys().filter(|system| system.is_linux()) {
        let lock = seeds.get(system).ok_or(TreeError::NoSeed { system: *system })?;
        add(format!("{FOLDER}/seed/{}.json", lock_name(*system)), &lock.to_json());
    }
    for (folder, files) in [("seed", &SEED[..]), ("recipes", &RECIPES[..]), ("checks", &CHECKS[..])] {
        for (path, text) in files {
            add(format!("{FOLDER}/{folder}/{path}"), text);
        }
    }
    Ok(tree)
}

/// A source's name as an attribute that needs no quotes.
fn attribute(name: &str) -> String {
    name.replace('.', "_")
}

/// Contexts of different types behind one call.
mod erased {
    use super::{Engine, RenderError, Serialize};

    pub trait Context {
        fn render(&self, engine: &Engine, name: &str) -> Result<String, RenderError>;
    }

    impl<T: Serialize> Context for T {
        fn render(&self, engine: &Engine, name: &str) -> Result<String, RenderError> {
            engine.render(name, self)
        }
    }
}

// One type per template: what a template can name is what these hold.

#[derive(Serialize)]
struct FlakeContext {
    nixpkgs_url: &'static str,
}

#[derive(Serialize)]
struct DefaultContext {
    seeded: Vec<SeededSystem>,
    unseeded: Vec<UnseededSystem>,
}

#[derive(Serialize)]
struct SeededSystem {
    system: &'static str,
    file: String,
    lock: String,
}

#[derive(Serialize)]
struct UnseededSystem {
    system: &'static str,
    file: String,
}

#[derive(Serialize)]
struct SourcesContext {
    sources: Vec<SourceContext>,
}

#[derive(Serialize)]
struct SourceContext {
    name: String,
    file: String,
    urls: Vec<String>,
    sha256: String,
}

#[derive(Serialize)]
struct SystemContext {
    nodes: Vec<NodeContext>,
    cells: Vec<CellContext>,
    checked: Vec<CheckContext>,
    seed_checks: Vec<SeedCheckContext>,
}

/// A node's arguments by kind, since a template cannot ask what a value is.
#[derive(Serialize)]
struct NodeContext {
    name: String,
    recipe: String,
    sources: Vec<Named<String>>,
    texts: Vec<Named<serde_json::Value>>,
    nodes: Vec<Named<String>>,
    /// Arguments whose node has the argument's own name.
    inherits: Vec<&'static str>,
    lists: Vec<Named<Vec<String>>>,
}

#[derive(Serialize)]
struct Named<T> {
    arg: &'static str,
    value: T,
}

#[derive(Serialize)]
struct CellContext {
    name: String,
    shell: String,
    node: String,
    target: &'static str,
    cxx: bool,
}

#[derive(Serialize)]
struct CheckContext {
    name: String,
    node: String,
    target: &'static str,
    emulator: &'static str,
    cxx: bool,
}

#[derive(Serialize)]
struct SeedCheckContext {
    name: String,
    source: String,
    version: String,
}

impl SystemContext {
    fn of(nodes: &SystemPlan) -> SystemContext {
        let cells = &nodes.cells;
        let (mut checked, mut seed_checks) = (Vec::new(), Vec::new());
        for check in &nodes.checks {
            let name = check.name.clone();
            match &check.kind {
                CheckKind::Programs(cell) => checked.push(CheckContext {
                    name,
                    node: cell.node.clone(),
                    target: cell.target,
                    emulator: cell.emulator,
                    cxx: cell.cxx,
                }),
                CheckKind::SeedMusl(version) => {
                    let source = attribute(&source_name("musl", version));
                    seed_checks.push(SeedCheckContext { name, source, version: version.clone() });
                }
            }
        }
        SystemContext {
            nodes: nodes.nodes.iter().map(NodeContext::of).collect(),
            cells: cells
                .iter()
                .map(|cell| CellContext {
                    name: cell.name.clone(),
                    shell: cell.shell.clone(),
                    node: cell.node.clone(),
                    target: cell.target,
                    cxx: cell.cxx,
                })
                .collect(),
            checked,
            seed_checks,
        }
    }
}

impl NodeContext {
    fn of(node: &Node) -> NodeContext {
        let mut context = NodeContext {
            name: node.name.clone(),
            recipe: format!("./recipes/{}.nix", node.recipe),
            sources: Vec::new(),
            texts: Vec::new(),
            nodes: Vec::new(),
            inherits: Vec::new(),
            lists: Vec::new(),
        };
        for (arg, value) in &node.args {
            match value {
                Arg::Source(name) => context.sources.push(Named { arg, value: attribute(name) }),
                Arg::Text(text) => context.texts.push(Named { arg, value: text.as_str().into() }),
                Arg::Texts(texts) => context.texts.push(Named { arg, value: texts.clone().into() }),
                Arg::Node(name) if name == arg => context.inherits.push(arg),
                Arg::Node(name) => context.nodes.push(Named { arg, value: name.clone() }),
                Arg::Nodes(names) => context.lists.push(Named { arg, value: names.clone() }),
            }
        }
        context
    }
}
