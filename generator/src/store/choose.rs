//! Names of cells, checks, shells and nodes, and what they stand for in a plan.

use std::collections::{BTreeMap, BTreeSet};

use crate::diag::nearest;
use crate::plan::{Cell, Output, Plan, Shell, SystemPlan};
use crate::platform::System;
use crate::seed::Tier;

/// A name stands for nothing that can be built.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ChooseError {
    #[error("there is no cell, check or node {name:?} for {system}")]
    NoCell {
        name: String,
        system: System,
        #[help]
        hint: String,
    },
    #[error("{name} needs sdk {sdk}, which is not in matrix.lock")]
    #[diagnostic(help("run `crossloom sdk import --name {sdk} FILE`"))]
    NoSdk { name: String, sdk: String },
    #[error("{pattern} matches no cell, check or node for {system}")]
    #[diagnostic(help(
        "`crossloom plan --nodes` lists them; a pattern stands in quotes, so that the shell leaves it alone"
    ))]
    NoMatch { pattern: String, system: System },
    #[error("{pattern:?} is not a pattern")]
    Pattern {
        pattern: String,
        #[source]
        source: globset::Error,
    },
    #[error("the matrix has no cell for {system}")]
    #[diagnostic(help("add {system} to `systems` in [build], which has {}", words(systems)))]
    NoSystem { system: System, systems: Vec<System> },
    #[error("{name} is a development shell")]
    #[diagnostic(help("enter it with `crossloom nix develop .#{name}`; {cell} is what it is for"))]
    Shell { name: String, cell: String },
    #[error("{name} is a check, and verify compares only cells and nodes")]
    #[diagnostic(help("name a cell or a node"))]
    Check { name: String },
}

fn words(systems: &[System]) -> String {
    systems.iter().map(|system| system.as_str()).collect::<Vec<_>>().join(", ")
}

/// The meanings of names.
#[derive(Debug, Default)]
pub struct Chosen {
    /// Nodes, without those that they need.
    pub nodes: Vec<String>,
    /// Sources that a check builds from without a node.
    pub sources: Vec<String>,
    /// Tiers of the seed beside its base.
    pub tiers: BTreeSet<Tier>,
    /// Cells that cannot be had, by the SDK that is not there.
    pub missing: BTreeMap<String, Vec<String>>,
}

/// A system's part of the plan.
pub fn planned(plan: &Plan, system: System) -> Result<&SystemPlan, ChooseError> {
    let other = || ChooseError::NoSystem { system, systems: plan.systems.keys().copied().collect() };
    plan.systems.get(&system).ok_or_else(other)
}

/// What the names of a command line stand for: a name for itself, a pattern for the cells and checks that it matches, or for
/// nodes if there are none of these. No name stands for every cell that can be had, and with `all` also for every check.
///
/// # Errors
/// A pattern that is none, or that matches nothing.
pub fn expand(plan: &SystemPlan, system: System, words: &[String], all: bool) -> Result<Vec<String>, ChooseError> {
    let cells = plan.cells.iter().filter(|cell| cell.node().is_some()).map(|cell| cell.name.as_str());
    let checks = plan.checks.iter().map(|check| check.name.as_str());
    no_shell(plan, words)?;
    if words.is_empty() {
        let checks = checks.filter(|_| all);
        return Ok(cells.chain(checks).map(str::to_owned).collect());
    }
    let known: Vec<&str> = cells.chain(checks).collect();
    let nodes: Vec<&str> = plan.nodes.iter().map(|node| node.name.as_str()).collect();
    let mut names = Vec::new();
    for word in words {
        if !word.contains(['*', '?', '[', '{']) {
            names.push(word.clone());
            continue;
        }
        let pattern = globset::Glob::new(word);
        let bad = |source| ChooseError::Pattern { pattern: word.clone(), source };
        let pattern = pattern.map_err(bad)?.compile_matcher();
        let matches = |name: &&&str| pattern.is_match(name);
        let before = names.len();
        names.extend(known.iter().filter(matches).map(|name| (*name).to_owned()));
        if names.len() == before {
            names.extend(nodes.iter().filter(matches).map(|name| (*name).to_owned()));
        }
        if names.len() == before {
            return Err(ChooseError::NoMatch { pattern: word.clone(), system });
        }
    }
    let mut seen = BTreeSet::new();
    names.retain(|name| seen.insert(name.clone()));
    Ok(names)
}

/// Sees that no name is that of a shell, which is for people and holds nothing.
fn no_shell(plan: &SystemPlan, names: &[String]) -> Result<(), ChooseError> {
    let of = |cell: &Cell| Some((cell.shell.as_ref()?.name.clone(), cell.name.clone()));
    let is_other = |name: &String| plan.cells.iter().any(|cell| cell.is_called(name));
    let mut shells = plan.cells.iter().filter_map(of);
    match shells.find(|(shell, _)| names.contains(shell) && !is_other(shell)) {
        Some((name, cell)) => Err(ChooseError::Shell { name, cell }),
        None => Ok(()),
    }
}

/// The meanings of the named cells, shells, checks and nodes; all cells and checks if no name is given.
///
/// # Errors
/// A name that the plan lacks, or a cell or check whose SDK is not there.
pub fn choose(plan: &SystemPlan, system: System, names: &[String]) -> Result<Chosen, ChooseError> {
    if let Some((check, sdk)) = names.iter().find_map(|name| plan.missing_checks.get_key_value(name)) {
        return Err(ChooseError::NoSdk { name: check.clone(), sdk: sdk.clone() });
    }
    let known = plan.names();
    if let Some(name) = names.iter().find(|name| !known.contains(name.as_str())) {
        let hint = match nearest(name, known.iter().copied()) {
            Some(near) => format!("did you mean {near:?}?"),
            None => "`crossloom plan` lists them".to_owned(),
        };
        return Err(ChooseError::NoCell { name: name.clone(), system, hint });
    }
    let wanted = |name: &String| names.is_empty() || names.contains(name);
    let mut chosen = Chosen::default();
    for cell in &plan.cells {
        let shell = cell.shell.as_ref().filter(|shell| wanted(&shell.name));
        if shell.is_none() && !wanted(&cell.name) && !wanted(&cell.full_name) {
            continue;
        }
        // Only a shell needs build systems and an emulator; a cell is built without them.
        chosen.tiers.extend(shell.map(Shell::tiers).unwrap_or_default());
        chosen.nodes.extend(shell.into_iter().flat_map(Shell::nodes).cloned());
        match &cell.output {
            Output::Node(node) => chosen.nodes.push(node.clone()),
            // A cell that is named has to be possible; one of all cells may wait for its SDK.
            Output::MissingSdk(sdk) if names.is_empty() => {
                chosen.missing.entry(sdk.clone()).or_default().push(cell.name.clone());
            }
            Output::MissingSdk(sdk) => {
                return Err(ChooseError::NoSdk { name: cell.name.clone(), sdk: sdk.clone() });
            }
        }
    }
    chosen.nodes.extend(names.iter().filter(|name| plan.nodes.iter().any(|node| node.name == **name)).cloned());
    for check in plan.checks.iter().filter(|check| wanted(&check.name)) {
        chosen.nodes.extend(check.nodes().cloned());
        chosen.sources.extend(check.sources().cloned());
        chosen.tiers.extend(&check.tiers);
    }
    chosen.tiers.extend(plan.tiers_of(chosen.nodes.iter().map(String::as_str)));
    Ok(chosen)
}

/// The nodes of cells and nodes with all that they need, in the plan's order; every node where there is no name.
pub fn closure(plan: &SystemPlan, system: System, names: &[String]) -> Result<Vec<String>, ChooseError> {
    if let Some(name) = names.iter().find(|name| plan.checks.iter().any(|check| check.name == **name)) {
        return Err(ChooseError::Check { name: name.clone() });
    }
    no_shell(plan, names)?;
    if names.is_empty() {
        return Ok(plan.nodes.iter().map(|node| node.name.clone()).collect());
    }
    let chosen = choose(plan, system, names)?.nodes;
    Ok(plan.closure(chosen.iter().map(String::as_str)).into_iter().map(|node| node.name.clone()).collect())
}

/// The attributes of the names in the rendered tree. Building a cell again would only assemble its nodes again, so
/// with `rebuild` it stands for all of them.
pub fn attributes(plan: &SystemPlan, system: System, names: &[String], rebuild: bool) -> Vec<String> {
    let mut attributes = Vec::new();
    for name in names {
        let cell = plan.cells.iter().find(|cell| cell.is_called(name));
        if let (Some(cell), true) = (cell, rebuild) {
            let nodes = plan.closure(cell.node());
            attributes.extend(nodes.iter().map(|node| format!("legacyPackages.{system}.{}", node.name)));
        } else if cell.is_some() {
            attributes.push(format!("packages.{system}.{name}"));
        } else if plan.checks.iter().any(|check| check.name == *name) {
            attributes.push(format!("checks.{system}.{name}"));
        } else if plan.cells.iter().any(|cell| cell.shell.as_ref().is_some_and(|shell| shell.name == *name)) {
            attributes.push(format!("devShells.{system}.{name}"));
        } else {
            attributes.push(format!("legacyPackages.{system}.{name}"));
        }
    }
    attributes
}
