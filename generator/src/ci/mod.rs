//! The files that CI services read, rendered from the plan: a job for each cell and build system, or a list of them.
//!
//! A service that runs plain Nix (Hydra, garnix) is told attributes of the flake. One that runs commands (GitHub,
//! GitLab) first builds crossloom, which then fetches and builds as it does for people; the commands are in
//! `overlays/ci/job.sh`. `hydraJobs` is Nix, and rendered with the tree.

mod github;
mod gitlab;
mod groups;
mod pins;
pub mod yaml;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde_json::{Value as Json, json};

use groups::Groups;

use crate::output::{FOLDER, GARNIX, GITHUB, GITLAB};
use crate::plan::{Arg, Plan, SystemPlan};
use crate::platform::System;
use crate::render::header::HEADER;
use crate::service::Limits;
use crate::service::{Ci, Surface};

/// Seconds that building crossloom may take.
const TOOL_TIMEOUT: u32 = 3600;
/// Cells without a job that a warning names.
const NAMED: usize = 5;
/// The name of the job that builds what several others need. No cell is called so: its name begins with its family's.
const SHARED: &str = "shared";
/// The script that jobs run, and the list of words that it reads, in [`FOLDER`].
const SCRIPT: &str = "ci/job.sh";
const LIST: &str = "ci/jobs.txt";

/// The packages that one job builds.
#[derive(Debug, PartialEq, Eq)]
pub struct Job<'a> {
    /// The cell's, or that of a check which is of no cell.
    pub name: &'a str,
    /// Its place in the flake.
    pub output: &'static str,
    /// The checks of the cell.
    pub checks: Vec<&'a str>,
    /// The nodes that all of these are made of.
    pub nodes: Vec<&'a str>,
    pub limits: Limits,
}

impl Job<'_> {
    /// Cell and checks as words of a command: letters, digits, `-` and `_` are all that is in them.
    fn words(&self) -> String {
        std::iter::once(self.name).chain(self.checks.iter().copied()).collect::<Vec<_>>().join(" ")
    }
}

/// The variables of a service that the script reads for what the matrix leaves open: each with its meaning.
fn open(ci: &Ci) -> Vec<(&'static str, &'static str)> {
    let git = ci.crossloom_git.is_none().then_some(("CROSSLOOM_GIT", "the repository that crossloom is built from"));
    let rev = ci
        .crossloom_rev
        .is_none()
        .then_some(("CROSSLOOM_REV", "the commit of it; without one, jobs warn and take the newest"));
    git.into_iter().chain(rev).collect()
}

/// Lines of a comment on the variables that jobs read. `mirrors` says what the one of that name holds.
fn variables(plan: &Plan, mirrors: &str) -> String {
    let mut lines = String::new();
    for (name, says) in open(&plan.ci) {
        lines.push_str(&format!("#   {name}      {says}\n"));
    }
    lines.push_str(&format!("#   CROSSLOOM_MIRRORS  {mirrors}, where the machines' own settings don't do\n"));
    if plan.systems.keys().any(|system| !system.is_linux()) {
        lines.push_str("#                      (macOS has no apt that would say where Debian's archive is)\n");
    }
    lines
}

/// The call of the script that builds crossloom.
fn tool_command() -> String {
    format!("bash {FOLDER}/{SCRIPT} tool")
}

/// The call of the script that builds a job, whose name the shell's variable `JOB` holds.
fn build_command(system: System) -> String {
    format!("bash {FOLDER}/{SCRIPT} build {system} \"$JOB\"")
}

/// Whether a service runs commands, in jobs that build groups of cells.
fn runs_commands(ci: &Ci) -> bool {
    [Surface::Github, Surface::Gitlab].iter().any(|surface| ci.surfaces.contains(surface))
}

/// The groups of every build system.
fn all_grouped(plan: &Plan) -> Vec<(System, Groups<'_>)> {
    plan.systems.iter().map(|(system, nodes)| (*system, groups::groups(nodes, jobs(plan, nodes)))).collect()
}

/// The lines of the list: build system, job, and what the job builds.
fn list(grouped: &[(System, Groups<'_>)]) -> String {
    let mut lines = "# Build system, job, and the names that the job builds, for job.sh.\n".to_owned();
    for (system, Groups { groups, shared }) in grouped {
        if !shared.is_empty() {
            lines.push_str(&format!("{system}\t{SHARED}\t{}\n", shared.join(" ")));
        }
        for group in groups {
            lines.push_str(&format!("{system}\t{}\t{}\n", group.name, group.words()));
        }
    }
    lines
}

/// Files of the tree by their paths, for the surfaces that the matrix names.
pub fn files(plan: &Plan) -> BTreeMap<String, String> {
    let mut files = BTreeMap::new();
    let mut grouped = Vec::new();
    if runs_commands(&plan.ci) {
        grouped = all_grouped(plan);
        files.extend(scripted(&grouped));
    }
    for surface in &plan.ci.surfaces {
        match surface {
            Surface::Hydra => {
                if let Some(flake) = &plan.ci.flake {
                    files.insert(format!("{FOLDER}/spec.json"), format!("{:#}\n", jobset(flake)));
                }
            }
            Surface::Garnix => {
                let comment = "# What garnix builds, on an instance of your own: its hosted service ended in July 2026. It reads this \
                               file at\n# the top of the repository and runs plain Nix: files that only `crossloom fetch` \
                               brings have to be in the store\n# or in a cache of its machines.\n";
                files.insert(GARNIX.to_owned(), format!("{HEADER}\n{comment}{}", yaml::print(&garnix(plan))));
            }
            Surface::Github => {
                files.insert(GITHUB.to_owned(), format!("{HEADER}\n{}", github::workflow(plan, &grouped)));
            }
            Surface::Gitlab => {
                files.insert(GITLAB.to_owned(), format!("{HEADER}\n{}", gitlab::pipeline(plan, &grouped)));
            }
        }
    }
    files
}

/// The files that services read at the top of the repository, beside the rendered folder.
pub fn files_beside(ci: &Ci) -> impl Iterator<Item = (Surface, &'static str)> {
    let files = [(Surface::Garnix, GARNIX), (Surface::Github, GITHUB), (Surface::Gitlab, GITLAB)];
    files.into_iter().filter(|(surface, _)| ci.surfaces.contains(surface))
}

/// What is likely to go wrong with the files, and what they leave out. `above` is the top of the git repository, if the files
/// are not in it but below.
pub fn warnings(plan: &Plan, above: Option<&Path>) -> Vec<String> {
    let ci = &plan.ci;
    let mut warnings = Vec::new();
    if runs_commands(ci) && ci.crossloom_rev.is_none() {
        warnings.push(
            "jobs build the newest crossloom unless the variable CROSSLOOM_REV names a commit; set crossloom-rev in [ci]".to_owned(),
        );
    }
    if let Some(above) = above {
        for (surface, file) in files_beside(ci) {
            warnings.push(format!(
                "{} ignores {file} here: it reads the one at the top of the repository, {}; move the project there",
                surface.as_str(),
                above.display()
            ));
        }
    }
    let others: Vec<&str> =
        ci.surfaces.iter().filter(|surface| **surface != Surface::Hydra).map(|surface| surface.as_str()).collect();
    let cells = without_job(plan);
    if let (false, Some(cells)) = (others.is_empty(), named(&cells)) {
        let build = if others.len() == 1 { "builds" } else { "build" };
        warnings.push(format!(
            "{} {build} nothing that needs an SDK of your own: {cells}; build such cells where the SDK is imported",
            others.join(", ")
        ));
    }
    // Hydra builds them on machines that have the SDK, if the tree names it.
    let cells = cells.into_iter().filter(|(_, has_node)| !has_node).collect();
    if let (true, Some(cells)) = (ci.surfaces.contains(&Surface::Hydra), named(&cells)) {
        warnings.push(format!("hydra has no job for what needs an SDK that is not imported: {cells}"));
    }
    warnings
}

/// Cells that have no job because they need a file of the user's, and whether they have a node, as with an imported SDK.
fn without_job(plan: &Plan) -> BTreeMap<&str, bool> {
    let mut names = BTreeMap::new();
    for system in plan.systems.values() {
        let own = with_own_sdk(plan, system);
        let left = system.cells.iter().filter(|cell| cell.node().is_none_or(|node| own.contains(node)));
        names.extend(left.map(|cell| (cell.name.as_str(), cell.node().is_some())));
    }
    names
}

/// The number of cells and the names of the first few, or nothing if there are no cells.
fn named(cells: &BTreeMap<&str, bool>) -> Option<String> {
    let (number, s) = (cells.len(), if cells.len() == 1 { "" } else { "s" });
    let names: Vec<&str> = cells.keys().copied().take(NAMED).collect();
    let more = if number > NAMED { ", …" } else { "" };
    (number > 0).then(|| format!("{number} cell{s} ({}{more})", names.join(", ")))
}

/// The files that the jobs of GitHub and GitLab read.
fn scripted(grouped: &[(System, Groups<'_>)]) -> [(String, String); 2] {
    let script = include_str!("../../../overlays/ci/job.sh");
    [(format!("{FOLDER}/{SCRIPT}"), script.to_owned()), (format!("{FOLDER}/{LIST}"), list(grouped))]
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
        jobs.push(Job { name: &cell.full_name, output: "packages", checks: Vec::new(), nodes: vec![node], limits });
    }
    for check in system.checks.iter().filter(|check| !check.nodes().any(|node| own.contains(node.as_str()))) {
        // One of several cells, as a kernel's with its modules, is proved where the last of them is built.
        let last = check.nodes().filter_map(|node| places.get(node.as_str())).max();
        match last.and_then(|place| jobs.get_mut(*place)) {
            Some(job) => {
                job.checks.push(&check.name);
                job.nodes.extend(check.nodes().map(String::as_str));
            }
            // The seed's own.
            None => {
                let limits = check.limits;
                let nodes = check.nodes().map(String::as_str).collect();
                jobs.push(Job { name: &check.name, output: "checks", checks: Vec::new(), nodes, limits });
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
