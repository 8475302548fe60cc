//! The files that CI services read, rendered from the plan: a job for each cell and build system, or a list of them.
//!
//! A service that runs plain Nix (Hydra, garnix) is told attributes of the flake. One that runs commands (GitHub,
//! GitLab) first builds crossloom, which then fetches and builds as it does for people. `hydraJobs` is Nix, and
//! rendered with the tree.

mod github;
mod gitlab;
pub mod yaml;

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::output::{FOLDER, GARNIX, GITHUB, GITLAB};
use crate::plan::{Arg, Plan, SystemPlan};
use crate::platform::System;
use crate::render::header::HEADER;
use crate::service::Limits;
use crate::service::{Ci, Surface};

/// The image that Linux jobs run in. Debian's, so that its apt knows where the seed's packages are; and with a Rust that
/// builds crossloom, which Debian's own is too old for.
const IMAGE: &str = "rust:1-bookworm";
/// The place where a job that builds crossloom leaves it.
const TOOL_ROOT: &str = "crossloom-tool";
/// Seconds that building crossloom may take.
const TOOL_TIMEOUT: u32 = 3600;
/// The commands that compare the lock and the rendered files with the matrix.
const CURRENT: [&str; 2] = ["crossloom lock --check", "crossloom generate --check"];

/// The packages that one job builds.
#[derive(Debug, PartialEq, Eq)]
pub struct Job<'a> {
    /// The cell's, or that of a check which is of no cell.
    pub name: &'a str,
    /// Its place in the flake.
    pub output: &'static str,
    /// The checks of the cell.
    pub checks: Vec<&'a str>,
    pub limits: Limits,
}

impl Job<'_> {
    /// Cell and checks as words of a command: letters, digits, `-` and `_` are all that is in them.
    fn words(&self) -> String {
        std::iter::once(self.name).chain(self.checks.iter().copied()).collect::<Vec<_>>().join(" ")
    }
}

/// The command that builds crossloom, and the variables that it reads for what the matrix leaves open: what each says.
fn install(ci: &Ci) -> (String, Vec<(&'static str, &'static str)>) {
    let mut variables = Vec::new();
    let git = ci.crossloom_git.clone().unwrap_or_else(|| {
        variables.push(("CROSSLOOM_GIT", "where crossloom's own sources are"));
        "\"${CROSSLOOM_GIT:?is not set: name a repository, or crossloom-git in [ci] of matrix.toml}\"".to_owned()
    });
    let rev = ci.crossloom_rev.as_ref().map(|rev| format!("--rev {rev}")).unwrap_or_else(|| {
        variables.push(("CROSSLOOM_REV", "the commit of them, in place of the newest"));
        "${CROSSLOOM_REV:+--rev \"$CROSSLOOM_REV\"}".to_owned()
    });
    (format!("cargo install --locked --root {TOOL_ROOT} --git {git} {rev} crossloom"), variables)
}

/// Lines of a comment on the variables that jobs read. `mirrors` says what the one of that name holds.
fn variables(plan: &Plan, mirrors: &str) -> String {
    let mut lines = String::new();
    for (name, says) in install(&plan.ci).1 {
        lines.push_str(&format!("#   {name}      {says}\n"));
    }
    lines.push_str(&format!("#   CROSSLOOM_MIRRORS  {mirrors}, where the machines' own settings don't do\n"));
    if plan.systems.keys().any(|system| !system.is_linux()) {
        lines.push_str("#                      (macOS has no apt that would say where Debian's archive is)\n");
    }
    lines
}

/// The command that builds one package where there is no seed: with nixpkgs' tools, and so by plain Nix.
fn build_with_nixpkgs(package: &str) -> String {
    format!(
        "nix --extra-experimental-features 'nix-command flakes' build --no-link --print-build-logs \".#packages.{package}\""
    )
}

/// Files of the tree by their paths, for the surfaces that the matrix names.
pub fn files(plan: &Plan) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    for surface in &plan.ci.surfaces {
        match surface {
            Surface::Hydra => {
                if let Some(flake) = &plan.ci.flake {
                    files.insert(format!("{FOLDER}/spec.json"), format!("{:#}\n", jobset(flake)));
                }
            }
            Surface::Garnix => {
                let comment = "# What garnix builds. It reads this file at the top of the repository and runs plain Nix: files \
                               that only\n# `crossloom fetch` brings have to be in the store or in a cache of the machines \
                               that it runs on.\n";
                files.insert(GARNIX.to_owned(), format!("{HEADER}\n{comment}{}", yaml::print(&garnix(plan))));
            }
            Surface::Github => {
                files.insert(GITHUB.to_owned(), format!("{HEADER}\n{}", github::workflow(plan)));
            }
            Surface::Gitlab => {
                files.insert(GITLAB.to_owned(), format!("{HEADER}\n{}", gitlab::pipeline(plan)));
            }
        }
    }
    files
}

/// The jobs of one build system that any machine of its kind can do. A cell that needs a user's SDK has
/// none: the lock knows no address of it.
pub fn jobs<'a>(plan: &'a Plan, system: &'a SystemPlan) -> Vec<Job<'a>> {
    let own = with_own_sdk(plan, system);
    let mut jobs: Vec<Job<'_>> = Vec::new();
    let mut places: BTreeMap<&str, usize> = BTreeMap::new();
    for cell in &system.cells {
        let Some(node) = cell.node().filter(|node| !own.contains(node)) else { continue };
        places.insert(node, jobs.len());
        let limits = cell.limits;
        jobs.push(Job { name: &cell.full_name, output: "packages", checks: Vec::new(), limits });
    }
    for check in system.checks.iter().filter(|check| !check.nodes().any(|node| own.contains(node.as_str()))) {
        // One of several cells, as a kernel's with its modules, is proved where the last of them is built.
        let last = check.nodes().filter_map(|node| places.get(node.as_str())).max();
        match last.and_then(|place| jobs.get_mut(*place)) {
            Some(job) => job.checks.push(&check.name),
            // The seed's own.
            None => {
                let limits = check.limits;
                jobs.push(Job { name: &check.name, output: "checks", checks: Vec::new(), limits });
            }
        }
    }
    jobs
}

/// The nodes of a build system that need a user's SDK.
fn with_own_sdk<'a>(plan: &Plan, system: &'a SystemPlan) -> BTreeSet<&'a str> {
    let mut own: BTreeSet<&str> = BTreeSet::new();
    // A node stands after the nodes that it needs.
    for node in &system.nodes {
        let needs = node.args.values().any(|arg| match arg {
            Arg::Source(source) => plan.sdks.contains_key(source),
            Arg::Sources(sources) => sources.iter().any(|source| plan.sdks.contains_key(source)),
            Arg::Node(name) => own.contains(name.as_str()),
            Arg::Nodes(names) => names.iter().any(|name| own.contains(name.as_str())),
            Arg::Text(_) | Arg::Texts(_) | Arg::Files(_) | Arg::Folder(_) | Arg::Flag(_) => false,
        });
        if needs {
            own.insert(&node.name);
        }
    }
    own
}

/// Hydra's static declarative project: jobsets by name, here the flake's own. It takes no other keys than these, and
/// those of legacy jobsets (`nixexprinput`, `nixexprpath`).
fn jobset(flake: &str) -> Json {
    json!({
        "crossloom": {
            "enabled": 1,
            "hidden": false,
            "description": "Cross toolchains, as crossloom renders them",
            // A flake's.
            "type": 1,
            "flake": flake,
            // Seconds. Toolchains take longer than that to build, and nothing is polled in between.
            "checkinterval": 3600,
            "schedulingshares": 100,
            "enableemail": false,
            "emailoverride": "",
            "keepnr": 3,
            "inputs": {},
        }
    })
}

fn garnix(plan: &Plan) -> Json {
    let mut include = Vec::new();
    // It has machines of every system but this one.
    let systems = plan.systems.iter().filter(|(system, _)| **system != System::X86_64Darwin);
    for (system, nodes) in systems {
        for job in jobs(plan, nodes) {
            include.push(format!("{}.{system}.{}", job.output, job.name));
            include.extend(job.checks.iter().map(|check| format!("checks.{system}.{check}")));
        }
    }
    json!({ "builds": { "include": include, "exclude": ["*.x86_64-darwin.*"] } })
}
