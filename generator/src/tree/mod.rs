//! The rendered tree: a plan as Nix that a person can read.
//!
//! Recipes, the seed's mechanism and the checks go in verbatim, as they stand in `overlays/` and `checks/`; what a
//! matrix decides is rendered from `templates/` as straight-line wiring. The tree depends on nothing but itself, and
//! holds nothing that its plan does not use.

mod context;

use std::collections::{BTreeMap, BTreeSet};

use crate::ci;
use crate::output::{FOLDER, Tree, TreeFile};
use crate::plan::{Arg, Plan};
use crate::platform::System;
use crate::render::templates::{Engine, RenderError};
use crate::render::value::Value;
use crate::seed::SeedLock;
use crate::service::Surface;
use crate::verbatim::{Verbatim, VerbatimError, place};
use context::{
    DefaultContext, FlakeContext, HydraContext, MISSING, SeededSystem, SourcesContext, SystemContext, UnseededSystem,
};

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
    #[error("{path} does not take the argument `{name}`, which the plan gives it")]
    Argument { path: String, name: String },
    #[error(transparent)]
    Verbatim(#[from] VerbatimError),
    #[error("no seed lock was given for {system}")]
    NoSeed { system: System },
}

/// Renders `plan`; `seeds` holds the seed lock of every Linux system in it. With `flake`, a `flake.nix` stands beside
/// the folder.
///
/// # Errors
/// [`TreeError`]; none is expected for a plan that [`Matrix::plan`](crate::matrix::Matrix::plan) made.
pub fn tree(plan: &Plan, seeds: &BTreeMap<System, SeedLock>, flake: bool) -> Result<Tree, TreeError> {
    tree_with(plan, seeds, flake, Verbatim::embedded())
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
    let failed = |name| move |source| TreeError::Render { name, source };
    let mut add = |path: String, text: String| {
        tree.insert(path, TreeFile { text, executable: false });
    };

    if flake {
        let text = engine.render("flake.nix", FlakeContext { nixpkgs_url: NIXPKGS_URL });
        add("flake.nix".to_owned(), text.map_err(failed("flake.nix"))?);
    }
    let lock_name = |system: System| format!("{}-{system}", plan.seed.as_str());
    let jobs = HydraContext::of(plan);
    let hydra = jobs.iter().map(|_| Value::path("./hydra.nix")).collect();
    let text = engine.render("default.nix", default_context(plan, lock_name, hydra)).map_err(failed("default.nix"))?;
    add(format!("{FOLDER}/default.nix"), text);
    if let Some(jobs) = jobs {
        add(format!("{FOLDER}/hydra.nix"), engine.render("hydra.nix", jobs).map_err(failed("hydra.nix"))?);
    }
    let text = engine.render("sources.nix", SourcesContext::of(plan)).map_err(failed("sources.nix"))?;
    add(format!("{FOLDER}/sources.nix"), text);
    for (system, nodes) in &plan.systems {
        let context = SystemContext::of(plan, nodes, verbatim)?;
        add(format!("{FOLDER}/{system}.nix"), engine.render("system.nix", context).map_err(failed("system.nix"))?);
    }

    for (path, text) in ci::files(plan) {
        add(path, text);
    }
    for system in plan.systems.keys().filter(|system| system.is_linux()) {
        let lock = seeds.get(system).ok_or(TreeError::NoSeed { system: *system })?;
        add(format!("{FOLDER}/seed/{}.json", lock_name(*system)), lock.to_json());
    }
    for (path, text) in &plan.files {
        add(format!("{FOLDER}/{path}"), text.clone());
    }
    for (path, text) in verbatim.needed(&used(plan))? {
        add(format!("{FOLDER}/{path}"), text.to_owned());
    }
    Ok(tree)
}

/// The build systems, with the scope that each is built from.
fn default_context(plan: &Plan, lock_name: impl Fn(System) -> String, hydra: Vec<Value<'static>>) -> DefaultContext {
    let file = |system: System| Value::path(format!("./{system}.nix"));
    let all = || plan.systems.keys().copied();
    let named = |system: System| UnseededSystem { system: Value::attribute(system.as_str()), file: file(system) };
    let seeded = all().filter(|system| system.is_linux()).map(|system| SeededSystem {
        system: Value::attribute(system.as_str()),
        file: file(system),
        lock: Value::path(format!("./seed/{}.json", lock_name(system))),
    });
    DefaultContext {
        seeded: seeded.collect(),
        unseeded: all().filter(|system| !system.is_linux()).map(named).collect(),
        systems: all().map(named).collect(),
        hydra,
    }
}

/// The files that a plan names, the seed, and what builds nodes under other circumstances.
fn used(plan: &Plan) -> BTreeSet<String> {
    let mut used = BTreeSet::from(["seed".to_owned(), "checks/variations".to_owned()]);
    if plan.ci.surfaces.contains(&Surface::Hydra) {
        used.insert(place("aggregate"));
    }
    for system in plan.systems.values() {
        used.extend(system.nodes.iter().map(|node| place(node.recipe)));
        let files = system.nodes.iter().flat_map(|node| node.args.values()).flat_map(Arg::files);
        used.extend(files.filter(|place| !plan.files.contains_key(*place)).cloned());
        let shells = system.cells.iter().filter(|cell| cell.node().is_some()).filter_map(|cell| cell.shell.as_ref());
        used.extend(shells.map(|shell| place(shell.recipe)));
        used.extend(system.checks.iter().map(|check| place(check.file)));
        let lacking = system.cells.iter().any(|cell| cell.node().is_none());
        used.extend(lacking.then(|| place(MISSING)));
    }
    used
}
