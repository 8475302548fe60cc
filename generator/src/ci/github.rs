//! The workflow of GitHub's Actions.

use serde_json::{Map, Value as Json, json};

use super::{CURRENT, IMAGE, Job, TOOL_ROOT, TOOL_TIMEOUT, build_with_nixpkgs, install, jobs, variables, yaml};
use crate::plan::Plan;
use crate::platform::System;

/// GitHub allows at most 256 jobs in a matrix.
const MATRIX: usize = 200;
/// Minutes that a job on GitHub's own machines may take.
const LONGEST: u32 = 360;

// Actions by their major version: its tag moves with repairs, and a newer major changes what goes in.
const CHECKOUT: &str = "actions/checkout@v4";
const UPLOAD: &str = "actions/upload-artifact@v4";
const DOWNLOAD: &str = "actions/download-artifact@v4";
const INSTALL_NIX: &str = "cachix/install-nix-action@v31";

/// A pull request from the repository itself was pushed to it, and built then.
const ONCE: &str =
    "github.event_name != 'pull_request' || github.event.pull_request.head.repo.full_name != github.repository";

fn comment(plan: &Plan) -> String {
    format!(
        "# One job for each cell and build system. GitHub reads this file in the repository's own .github/workflows alone.\n\
         # Variables of the repository, which pull requests from forks do not see:\n{}",
        variables(plan, "the text of a mirrors.toml"),
    )
}

/// GitHub's own machines of a build system.
const fn runner(system: System) -> &'static str {
    match system {
        System::X86_64Linux => "ubuntu-24.04",
        System::Aarch64Linux => "ubuntu-24.04-arm",
        System::X86_64Darwin => "macos-15-intel",
        System::Aarch64Darwin => "macos-15",
    }
}

/// The text of the workflow, without the header.
pub fn workflow(plan: &Plan) -> String {
    let mut all = Map::new();
    for (system, nodes) in &plan.systems {
        let jobs = jobs(plan, nodes);
        all.insert(format!("crossloom-{system}"), tool(plan, *system));
        for (index, jobs) in jobs.chunks(MATRIX).enumerate() {
            let number = if index == 0 { String::new() } else { format!("-{}", index + 1) };
            all.insert(format!("build-{system}{number}"), build(*system, jobs));
        }
    }
    let workflow = json!({
        "name": "crossloom",
        "on": ["push", "pull_request", "workflow_dispatch"],
        // A push makes builds of the one before it pointless.
        "concurrency": { "group": "${{ github.workflow }}-${{ github.ref }}", "cancel-in-progress": true },
        "permissions": { "contents": "read" },
        "jobs": all,
    });
    format!("{}{}", comment(plan), yaml::print(&workflow))
}

/// A job on machines of a build system.
fn on(system: System, fields: Json) -> Json {
    let mut job = Map::new();
    job.insert("runs-on".to_owned(), json!(runner(system)));
    if system.is_linux() {
        // Nix's sandbox mounts, which a plain container may not.
        job.insert("container".to_owned(), json!({ "image": IMAGE, "options": "--privileged" }));
    }
    if let Json::Object(fields) = fields {
        job.extend(fields);
    }
    Json::Object(job)
}

/// Builds crossloom, and looks whether what is committed is what it renders.
fn tool(plan: &Plan, system: System) -> Json {
    let program = format!("{TOOL_ROOT}/bin/crossloom");
    let (install, read) = install(&plan.ci);
    let mut build = json!({ "name": "Build crossloom", "run": install });
    if !read.is_empty() {
        let values: Map<_, _> =
            read.iter().map(|(name, _)| ((*name).to_owned(), json!(format!("${{{{ vars.{name} }}}}")))).collect();
        build["env"] = Json::Object(values);
    }
    let current = CURRENT.map(|command| format!("{TOOL_ROOT}/bin/{command}")).join(" && ");
    on(
        system,
        json!({
            "if": ONCE,
            "timeout-minutes": TOOL_TIMEOUT / 60,
            "steps": [
                { "uses": CHECKOUT },
                build,
                { "name": "Compare what is committed", "run": current },
                { "uses": UPLOAD, "with": { "name": format!("crossloom-{system}"), "path": program } },
            ],
        }),
    )
}

fn build(system: System, jobs: &[Job<'_>]) -> Json {
    let cells = jobs.iter().map(|job| {
        let minutes = (job.limits.timeout / 60).min(LONGEST);
        json!({ "cell": job.name, "words": job.words(), "minutes": minutes })
    });
    let cells: Vec<Json> = cells.collect();
    let tool = format!("crossloom-{system}");
    let program = format!("{TOOL_ROOT}/crossloom");
    let mut steps =
        vec![json!({ "uses": CHECKOUT }), json!({ "uses": DOWNLOAD, "with": { "name": tool, "path": TOOL_ROOT } })];
    if system.is_linux() {
        let install = "apt-get update && apt-get install -y --no-install-recommends nix-bin";
        steps.push(json!({ "name": "Install Nix", "run": install }));
    } else {
        steps.push(json!({ "uses": INSTALL_NIX }));
    }
    steps.push(json!({
        "name": "Say where sources are",
        "if": "vars.CROSSLOOM_MIRRORS != ''",
        "env": { "MIRRORS": "${{ vars.CROSSLOOM_MIRRORS }}" },
        "run": format!(
            "printf '%s\\n' \"$MIRRORS\" > {TOOL_ROOT}/mirrors.toml && \
             echo \"CROSSLOOM_MIRRORS=$PWD/{TOOL_ROOT}/mirrors.toml\" >> \"$GITHUB_ENV\""
        ),
    }));
    // macOS has no seed: nixpkgs' tools build there, and no check runs.
    let run = if system.is_linux() {
        format!("chmod +x {program} && {program} build $WORDS")
    } else {
        let build = build_with_nixpkgs(&format!("{system}.$WORDS"));
        format!("chmod +x {program} && {program} fetch $WORDS && {build}")
    };
    steps.push(json!({ "name": "Build", "env": { "WORDS": "${{ matrix.words }}" }, "run": run }));
    on(
        system,
        json!({
            "name": format!("${{{{ matrix.cell }}}} ({system})"),
            "needs": tool,
            "timeout-minutes": "${{ matrix.minutes }}",
            "strategy": { "fail-fast": false, "matrix": { "include": cells } },
            "steps": steps,
        }),
    )
}
