//! The workflow of GitHub's Actions.

use serde_json::{Map, Value as Json, json};

use super::groups::{Group, Groups};
use super::pins::pins;
use super::{SHARED, TOOL_TIMEOUT, build_command, open, tool_command, variables, yaml};
use crate::plan::Plan;
use crate::platform::System;

/// GitHub allows at most 256 jobs in a matrix.
const MATRIX: usize = 200;
/// Minutes that a job on GitHub's own machines may take.
const LONGEST: u32 = 360;

/// A pull request from the repository itself was pushed to it, and built then.
const ONCE: &str =
    "github.event_name != 'pull_request' || github.event.pull_request.head.repo.full_name != github.repository";

/// A push makes the builds of the push before it pointless, except on the default branch: each of its runs has a group of
/// its own, because in a common group a run that waits is cancelled whatever `cancel-in-progress` says.
const CONCURRENCY: &str = "crossloom-${{ github.ref == format('refs/heads/{0}', github.event.repository.default_branch) && \
                           github.run_id || github.ref }}";

/// The digest of everything that decides what is built.
const INPUTS: &str = "${{ hashFiles('matrix.lock', 'crossloom/**') }}";

fn comment(plan: &Plan) -> String {
    format!(
        "# Cells that share a large part of their nodes are one job. GitHub reads this file at the top of a repository only.\n\
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
pub fn workflow(plan: &Plan, grouped: &[(System, Groups<'_>)]) -> String {
    let mut all = Map::new();
    for (system, Groups { groups, shared }) in grouped {
        let first = format!("crossloom-{system}");
        all.insert(first.clone(), tool(plan, *system));
        let mut needs = vec![first];
        if !shared.is_empty() {
            let id = format!("{SHARED}-{system}");
            let timeout = groups.iter().map(Group::timeout).max().unwrap_or_default();
            all.insert(id.clone(), before(*system, &needs, minutes(timeout)));
            needs.push(id);
        }
        for (index, groups) in groups.chunks(MATRIX).enumerate() {
            let number = if index == 0 { String::new() } else { format!("-{}", index + 1) };
            all.insert(format!("build-{system}{number}"), build(*system, groups, &needs));
        }
    }
    let workflow = json!({
        "name": "crossloom",
        "on": ["push", "pull_request", "workflow_dispatch"],
        "concurrency": { "group": CONCURRENCY, "cancel-in-progress": true },
        "permissions": {},
        "jobs": all,
    });
    format!("{}{}", comment(plan), pins().with_versions(&yaml::print(&workflow)))
}

/// The minutes of a job that may take so many seconds.
fn minutes(seconds: u32) -> u32 {
    (seconds / 60).min(LONGEST)
}

/// A job on machines of a build system.
fn on(system: System, fields: Json) -> Json {
    let mut job = Map::new();
    if let Json::Object(fields) = fields {
        job.extend(fields);
    }
    job.insert("runs-on".to_owned(), json!(runner(system)));
    job.insert("permissions".to_owned(), json!({ "contents": "read" }));
    if system.is_linux() {
        // Nix's sandbox mounts, which a plain container may not.
        job.insert("container".to_owned(), json!({ "image": pins().image.image(), "options": "--privileged" }));
    }
    // Steps are the longest part, so everything else stands before them.
    if let Some(steps) = job.shift_remove("steps") {
        job.insert("steps".to_owned(), steps);
    }
    Json::Object(job)
}

fn checkout() -> Json {
    json!({ "uses": pins().checkout.action(), "with": { "persist-credentials": false } })
}

fn upload(name: &str, path: &str) -> Json {
    json!({ "uses": pins().upload.action(), "with": { "name": name, "path": path, "if-no-files-found": "error" } })
}

/// Builds crossloom, and looks whether what is committed is what it renders.
fn tool(plan: &Plan, system: System) -> Json {
    let value = |name: &str, given: &Option<String>| given.clone().unwrap_or_else(|| format!("${{{{ vars.{name} }}}}"));
    let rev = value("CROSSLOOM_REV", &plan.ci.crossloom_rev);
    let mut cache = json!({
        "uses": pins().cache.action(),
        "with": { "path": "crossloom-tool", "key": format!("crossloom-tool-{system}-{rev}") },
    });
    // The newest crossloom is another one tomorrow.
    if open(&plan.ci).iter().any(|(name, _)| *name == "CROSSLOOM_REV") {
        cache["if"] = json!("vars.CROSSLOOM_REV != ''");
    }
    on(
        system,
        json!({
            "name": format!("crossloom ({system})"),
            "if": ONCE,
            "timeout-minutes": TOOL_TIMEOUT / 60,
            "steps": [
                checkout(),
                cache,
                {
                    "name": "Build crossloom, and compare what is committed",
                    "env": { "CROSSLOOM_GIT": value("CROSSLOOM_GIT", &plan.ci.crossloom_git), "CROSSLOOM_REV": rev },
                    "run": tool_command(),
                },
                upload(&format!("crossloom-{system}"), "crossloom-tool/bin"),
            ],
        }),
    )
}

/// Brings crossloom, Nix, and what earlier runs left of a job.
fn start(system: System, job: &str) -> Vec<Json> {
    let mut steps = vec![
        checkout(),
        json!({
            "uses": pins().download.action(),
            "with": { "name": format!("crossloom-{system}"), "path": "crossloom-tool/bin" },
        }),
        json!({
            "uses": pins().cache.action(),
            "with": {
                "path": "crossloom-store\ncrossloom-downloads\n",
                "key": format!("crossloom-{system}-{job}-{INPUTS}"),
                "restore-keys": format!("crossloom-{system}-{job}-"),
            },
        }),
    ];
    if !system.is_linux() {
        steps.push(json!({ "uses": pins().install_nix.action() }));
    }
    steps
}

fn run(system: System, job: &str) -> Json {
    json!({
        "name": "Build",
        "env": { "JOB": job, "MIRRORS": "${{ vars.CROSSLOOM_MIRRORS }}" },
        "run": build_command(system),
    })
}

/// Builds what several jobs need.
fn before(system: System, needs: &[String], minutes: u32) -> Json {
    let mut steps = start(system, SHARED);
    steps.push(run(system, SHARED));
    let mut upload = upload(&format!("{SHARED}-{system}"), "crossloom-store");
    upload["with"]["retention-days"] = json!(1);
    steps.push(upload);
    on(
        system,
        json!({
            "name": format!("what several jobs need ({system})"),
            "needs": needs,
            "timeout-minutes": minutes,
            "steps": steps,
        }),
    )
}

fn build(system: System, groups: &[Group<'_>], needs: &[String]) -> Json {
    let rows = groups.iter().map(|group| json!({ "job": group.name, "minutes": minutes(group.timeout()) }));
    let rows: Vec<Json> = rows.collect();
    let mut steps = start(system, "${{ matrix.job }}");
    if let Some(shared) = needs.get(1) {
        steps.push(json!({
            "uses": pins().download.action(),
            "with": { "name": shared, "path": "crossloom-shared" },
        }));
    }
    steps.push(run(system, "${{ matrix.job }}"));
    steps.push(upload(&format!("${{{{ matrix.job }}}}-{system}"), "crossloom-results"));
    on(
        system,
        json!({
            "name": format!("${{{{ matrix.job }}}} ({system})"),
            "needs": needs,
            "timeout-minutes": "${{ matrix.minutes }}",
            "strategy": { "fail-fast": false, "matrix": { "include": rows } },
            "steps": steps,
        }),
    )
}
