//! `crossloom query`: how to build for a target, for scripts of other build systems.

use std::collections::BTreeMap;

use clap::Args;
use miette::Diagnostic;

use super::page::{Page, Use};
use super::project::EditedArgs;
use super::{MatrixArgs, Outcome, Result, parse_system, project};
use crate::diag::nearest;
use crate::nix::driver::Nix;
use crate::plan::{Cell, Plan, SEVERAL, SystemPlan, Tools};
use crate::platform::System;
use crate::project::Project;
use crate::store::choose::planned;
use crate::store::evaluate::store;
use crate::store::machine;

/// The page of `query`.
pub const PAGE: Page = Page {
    command: "query",
    examples: &[
        ("crossloom query --target {target} cc", "prints the name of the C compiler"),
        (
            "crossloom query --target {target} libdir",
            "prints a path; Nix evaluates the rendered folder, and builds nothing",
        ),
        ("crossloom query --cell {cell} --store --shell", "prints everything as assignments, for eval in a shell"),
    ],
    uses: &[Use::Project, Use::Rendered, Use::Nix],
    found: "",
};

#[derive(Debug, Args)]
pub struct QueryArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    #[command(flatten)]
    edited: EditedArgs,
    /// The target, as the matrix spells it. It can be left out if the cell has only one.
    #[arg(long, value_name = "TARGET")]
    target: Option<String>,
    /// The cell, if several have the target.
    #[arg(long, value_name = "CELL")]
    cell: Option<String>,
    /// The kind of build machine, such as x86_64-linux [default: this machine's].
    #[arg(long, value_name = "SYSTEM", value_parser = parse_system)]
    system: Option<System>,
    /// Print JSON.
    #[arg(long, conflicts_with = "shell")]
    json: bool,
    /// Print assignments for a POSIX shell: tool_prefix='…'.
    #[arg(long)]
    shell: bool,
    /// Also print places in the Nix store, if nothing is named. The rendered folder is evaluated for them, and nothing is built.
    #[arg(long)]
    store: bool,
    /// What to print, one value per line: build, target, tool-prefix, a program (cc, cxx, ar, …) or a place (libdir, …).
    /// Everything that needs no evaluation if nothing is named.
    #[arg(value_name = "WHAT")]
    what: Vec<String>,
}

/// A question has no answer.
#[derive(Debug, thiserror::Error, Diagnostic)]
enum QueryError {
    #[error("{cell} does not build for {target}")]
    #[diagnostic(help("leave --cell or --target out"))]
    OtherTarget { cell: String, target: String },
    #[error("no cell with names of tools for {system} {}", for_target(target))]
    #[diagnostic(help("{}", hint(near.as_deref(), "targets", known)))]
    NoTarget { system: System, target: String, near: Option<String>, known: Vec<String> },
    #[error("{target} has {} cells for {system}", cells.len())]
    #[diagnostic(help("name one of them with --cell: {}", cells.join(", ")))]
    Several { system: System, target: String, cells: Vec<String> },
    #[error("nothing says which target is meant")]
    #[diagnostic(help("name it with --target: {}", known.join(", ")))]
    Unsaid { known: Vec<String> },
    #[error("there is no cell {cell:?} with tools for {system}")]
    #[diagnostic(help("{}", hint(near.as_deref(), "cells with tools", known)))]
    NoCell { system: System, cell: String, near: Option<String>, known: Vec<String> },
    #[error("{cell} has no answer to {what:?}")]
    #[diagnostic(help("{}", hint(near.as_deref(), "it answers", known)))]
    NoAnswer { cell: String, what: String, near: Option<String>, known: Vec<String> },
    #[error("{cell} has no place in the store that is known")]
    #[diagnostic(help("{why}"))]
    NoPlace { cell: String, why: String },
}

fn for_target(target: &str) -> String {
    if target.is_empty() { "is in the matrix".to_owned() } else { format!("builds for {target:?}") }
}

fn hint(near: Option<&str>, what: &str, known: &[String]) -> String {
    match near {
        Some(near) => format!("did you mean {near}?"),
        None if known.is_empty() => {
            "the matrix has no cell for this build system whose names of tools crossloom knows".to_owned()
        }
        None => format!("{what}: {}", known.join(", ")),
    }
}

/// Runs the command.
pub fn run(args: &QueryArgs) -> Result<Outcome> {
    let project = project::open(&args.matrix.find()?)?;
    let system = args.system.map_or_else(machine::system, Ok)?;
    let plan = project.plan()?;
    let nodes = planned(&plan, system)?;
    let (cell, tools) = find(nodes, system, args)?;

    let is_place = |what: &String| tools.places.iter().any(|(place, _)| what == place);
    let package = match args.what.iter().any(is_place) || (args.what.is_empty() && args.store) {
        true => Some(package(args, &project, &plan, system, cell)?),
        false => None,
    };
    let all = answers(system, tools, package.as_deref());
    let chosen = match args.what.as_slice() {
        [] => all,
        words => {
            let answer = |what: &String| all.iter().find(|(key, _)| key == what).cloned();
            let known =
                || answers(system, tools, Some("")).into_iter().map(|(key, _)| key.to_owned()).collect::<Vec<_>>();
            let missing = |what: &String| {
                let known = known();
                let near = nearest(what, known.iter().map(String::as_str)).map(str::to_owned);
                QueryError::NoAnswer { cell: cell.name.clone(), what: what.clone(), near, known }
            };
            words.iter().map(|what| answer(what).ok_or_else(|| missing(what))).collect::<std::result::Result<_, _>>()?
        }
    };
    if args.json {
        let object: BTreeMap<_, _> = chosen.into_iter().collect();
        super::say_json(&object)?;
    } else {
        super::say(&lines(&chosen, args))?;
    }
    Ok(Outcome::Fine)
}

/// Values alone where they were asked for by name, else each with its key.
fn lines(chosen: &[(&'static str, String)], args: &QueryArgs) -> String {
    let line = |(key, value): &(&'static str, String)| match (args.shell, args.what.is_empty()) {
        (true, _) => format!("{}='{}'\n", key.replace('-', "_"), value.replace('\'', "'\\''")),
        (false, true) => format!("{key}\t{value}\n"),
        (false, false) => format!("{value}\n"),
    };
    chosen.iter().map(line).collect()
}

/// Everything that can be asked for; places only below a package.
fn answers(system: System, tools: &Tools, package: Option<&str>) -> Vec<(&'static str, String)> {
    let mut answers = vec![
        ("build", system.triple().to_owned()),
        ("target", tools.target.to_owned()),
        ("tool-prefix", tools.prefix.clone()),
    ];
    answers.extend(tools.programs.iter().cloned());
    let below = |package: &str, place: &String| format!("{package}/{place}").trim_end_matches('/').to_owned();
    answers.extend(
        package
            .into_iter()
            .flat_map(|package| tools.places.iter().map(move |(key, place)| (*key, below(package, place)))),
    );
    answers
}

/// The cell that is meant, and its tools for the target.
fn find<'a>(
    plan: &'a SystemPlan,
    system: System,
    args: &QueryArgs,
) -> std::result::Result<(&'a Cell, &'a Tools), QueryError> {
    let names = |cells: &[&Cell]| cells.iter().map(|cell| cell.name.clone()).collect::<Vec<_>>();
    let with_tools: Vec<&Cell> = plan.cells.iter().filter(|cell| !cell.tools.is_empty()).collect();
    let candidates: Vec<&Cell> = match &args.cell {
        None => with_tools.clone(),
        Some(name) => with_tools.iter().copied().filter(|cell| cell.is_called(name)).collect(),
    };
    if let (Some(cell), true) = (&args.cell, candidates.is_empty()) {
        let known = names(&with_tools);
        let near = nearest(cell, known.iter().map(String::as_str)).map(str::to_owned);
        return Err(QueryError::NoCell { system, cell: cell.clone(), near, known });
    }
    let is_meant = |tools: &Tools| args.target.as_deref().is_none_or(|target| target == tools.target);
    let mut found: Vec<(&Cell, &Tools)> = candidates
        .iter()
        .flat_map(|cell| cell.tools.iter().map(move |tools| (*cell, tools)))
        .filter(|(_, tools)| is_meant(tools))
        .collect();
    // A target's own cell comes before packages that have it beside others.
    if args.cell.is_none() && found.iter().any(|(cell, _)| cell.tools.len() == 1 && cell.target != SEVERAL) {
        found.retain(|(cell, _)| cell.target != SEVERAL);
    }
    let mut targets: Vec<String> =
        with_tools.iter().flat_map(|cell| &cell.tools).map(|it| it.target.to_owned()).collect();
    targets.sort();
    targets.dedup();
    match (found.as_slice(), &args.target) {
        ([one], _) => Ok(*one),
        ([], target) => {
            let target = target.clone().unwrap_or_default();
            if let (Some(cell), true) = (&args.cell, targets.contains(&target)) {
                return Err(QueryError::OtherTarget { cell: cell.clone(), target });
            }
            let near = nearest(&target, targets.iter().map(String::as_str)).map(str::to_owned);
            Err(QueryError::NoTarget { system, target, near, known: targets })
        }
        ([..], None) => Err(QueryError::Unsaid { known: targets }),
        (several, Some(target)) => {
            let cells = several.iter().map(|(cell, _)| cell.name.clone()).collect();
            Err(QueryError::Several { system, target: target.clone(), cells })
        }
    }
}

/// The store path of a cell's package, as the rendered folder evaluates to it.
fn package(args: &QueryArgs, project: &Project, plan: &Plan, system: System, cell: &Cell) -> Result<String> {
    let no_place = |why: &str| QueryError::NoPlace { cell: cell.name.clone(), why: why.to_owned() };
    let node = cell.node().ok_or_else(|| no_place("its SDK is not in matrix.lock"))?;
    if !system.is_linux() {
        return Err(no_place("on macOS nixpkgs would have to be evaluated: `nix eval --raw .#CELL` does that").into());
    }
    args.edited.current(project, plan)?;
    let store = store(&Nix::locate()?, project, plan)?;
    let stored = store.get(&system).and_then(|names| names.get(node));
    Ok(stored.ok_or_else(|| no_place("run `crossloom generate`"))?.path.clone())
}
