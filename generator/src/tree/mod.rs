//! The rendered tree: a plan as Nix that a person can read.
//!
//! Recipes, the seed's mechanism and the checks go in verbatim, as they stand in `overlays/` and `checks/`; what a
//! matrix decides is rendered from `templates/` as straight-line wiring. The tree depends on nothing but itself, and
//! holds nothing that its plan does not use.

mod context;
mod verbatim;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::ci;
use crate::matrix::Surface;
use crate::output::{FOLDER, Tree, TreeFile};
use crate::plan::{Arg, Plan};
use crate::platform::System;
use crate::render::gate::{GateError, gate, with_header};
use crate::render::templates::{Engine, RenderError};
use crate::seed::SeedLock;
use context::{
    DefaultContext, FlakeContext, HydraContext, SeededSystem, SourcesContext, SystemContext, UnseededSystem,
};

pub use verbatim::Verbatim;

/// The nixpkgs that a rendered flake names, and that `flake.lock` pins.
pub const NIXPKGS_URL: &str = "github:NixOS/nixpkgs/nixos-25.11";

const TEMPLATES: [(&str, &str); 5] = [
    ("flake.nix", include_str!("../../../templates/flake.nix.hbs")),
    ("default.nix", include_str!("../../../templates/default.nix.hbs")),
    ("hydra.nix", include_str!("../../../templates/hydra.nix.hbs")),
    ("sources.nix", include_str!("../../../templates/sources.nix.hbs")),
    ("system.nix", include_str!("../../../templates/system.nix.hbs")),
];

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
    #[error("{from} needs {path}, which is no part of crossloom")]
    NoFile { path: String, from: String },
    #[error("{file} refers to {path}${{…}}: which file that is cannot be told before it is evaluated")]
    Interpolated { path: String, file: String },
    #[error("no seed lock was given for {system}")]
    NoSeed { system: System },
}

/// Renders `plan`; `seeds` holds the seed lock of every Linux system in it. With `flake`, a `flake.nix` stands beside
/// the folder.
///
/// # Errors
/// [`TreeError`]; none is expected for a plan that [`crate::plan::plan`] made.
pub fn tree(plan: &Plan, seeds: &BTreeMap<System, SeedLock>, flake: bool) -> Result<Tree, TreeError> {
    tree_with(plan, seeds, flake, &Verbatim::embedded())
}

/// The same with other files to be taken over.
///
/// # Errors
/// As [`tree`]; and when a file that the plan uses is not among them.
pub fn tree_with(
    plan: &Plan,
    seeds: &BTreeMap<System, SeedLock>,
    flake: bool,
    verbatim: &Verbatim,
) -> Result<Tree, TreeError> {
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
    let file = |system: System| UnseededSystem { system: system.as_str(), file: format!("./{system}.nix") };
    let unseeded: Vec<_> = unseeded.into_iter().map(file).collect();
    let systems = plan.systems.keys().copied().map(file).collect();
    let jobs = HydraContext::of(plan);
    let hydra = jobs.iter().map(|_| "./hydra.nix").collect();
    let context = DefaultContext { seeded, unseeded, systems, hydra };
    render("default.nix", format!("{FOLDER}/default.nix"), &context)?;
    if let Some(jobs) = jobs {
        render("hydra.nix", format!("{FOLDER}/hydra.nix"), &jobs)?;
    }
    let sources = SourcesContext::of(plan);
    let fetchers = sources.fetchers();
    render("sources.nix", format!("{FOLDER}/sources.nix"), &sources)?;
    for (system, nodes) in &plan.systems {
        let context = SystemContext::of(nodes, fetchers);
        render("system.nix", format!("{FOLDER}/{system}.nix"), &context)?;
    }

    for (path, text) in ci::files(plan) {
        let text = gate(&path, &text).map_err(|source| TreeError::Gate { source })?;
        tree.insert(path, TreeFile { text, executable: false });
    }
    let mut add = |path: String, text: &str| {
        tree.insert(path, TreeFile { text: text.to_owned(), executable: false });
    };
    for system in plan.systems.keys().filter(|system| system.is_linux()) {
        let lock = seeds.get(system).ok_or(TreeError::NoSeed { system: *system })?;
        add(format!("{FOLDER}/seed/{}.json", lock_name(*system)), &lock.to_json());
    }
    for (path, text) in &plan.files {
        add(format!("{FOLDER}/{path}"), text);
    }
    for (path, text) in verbatim.needed(&used(plan))? {
        add(format!("{FOLDER}/{path}"), text);
    }
    Ok(tree)
}

/// The files that a plan names, the seed, and what builds nodes under other circumstances.
fn used(plan: &Plan) -> BTreeSet<String> {
    let mut used = BTreeSet::from(["seed".to_owned(), "checks/variations".to_owned()]);
    if plan.ci.surfaces.contains(&Surface::Hydra) {
        used.insert("aggregate.nix".to_owned());
    }
    for system in plan.systems.values() {
        used.extend(system.nodes.iter().map(|node| format!("{}.nix", node.recipe)));
        let files = system.nodes.iter().flat_map(|node| node.args.values()).flat_map(Arg::files);
        used.extend(files.filter(|place| !plan.files.contains_key(*place)).cloned());
        let shells = system.cells.iter().filter(|cell| cell.node().is_some()).filter_map(|cell| cell.shell.as_ref());
        used.extend(shells.map(|shell| format!("{}.nix", shell.recipe)));
        used.extend(system.checks.iter().map(|check| format!("{}.nix", check.file)));
        let lacking = system.cells.iter().any(|cell| cell.node().is_none());
        used.extend(lacking.then(|| "missing-sdk.nix".to_owned()));
    }
    used
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
