//! The pipeline of GitLab's CI.
//!
//! Jobs are written out with `extends`: GitLab calls the jobs of a `parallel:matrix` by all values of it, refuses names
//! over 255 characters and matrices over 200 jobs, and gives all of one the same timeout.

use serde_json::{Map, Value as Json, json};

use super::{CURRENT, IMAGE, TOOL_ROOT, TOOL_TIMEOUT, build_with_nixpkgs, install, jobs, variables, yaml};
use crate::plan::Plan;
use crate::platform::System;

/// Seconds that a job on GitLab.com's own machines may take, whatever a project says. They are Linux' here.
const LONGEST: u32 = 10_800;

fn comment(plan: &Plan) -> String {
    let macs = plan.systems.keys().any(|system| !system.is_linux());
    let runners = if macs {
        "# Runners for macOS are the project's own, with Nix and Rust, and with the build system's name as their tag.\n"
    } else {
        ""
    };
    format!(
        "# One job for each cell and build system. GitLab reads this file at the top of the repository.\n{runners}\
         # Variables of the project:\n{}",
        variables(plan, "of the type File: a mirrors.toml"),
    )
}

/// The tag of a build system's runners: GitLab's own, where there are any for everyone.
const fn tag(system: System) -> &'static str {
    match system {
        System::X86_64Linux => "saas-linux-small-amd64",
        System::Aarch64Linux => "saas-linux-small-arm64",
        System::X86_64Darwin | System::Aarch64Darwin => system.as_str(),
    }
}

/// The text of the pipeline, without the header.
pub fn pipeline(plan: &Plan) -> String {
    let mut all = Map::new();
    all.insert("stages".to_owned(), json!(["build", "test"]));
    for (system, nodes) in &plan.systems {
        let template = format!(".{system}");
        let tool = format!("crossloom {system}");
        let program = format!("{TOOL_ROOT}/bin/crossloom");
        let mut machine = Map::new();
        if system.is_linux() {
            machine.insert("image".to_owned(), json!(IMAGE));
        }
        machine.insert("tags".to_owned(), json!([tag(*system)]));
        all.insert(template.clone(), Json::Object(machine));

        let mut script = vec![install(&plan.ci).0];
        script.extend(CURRENT.map(|command| format!("{TOOL_ROOT}/bin/{command}")));
        all.insert(
            tool.clone(),
            json!({
                "extends": template,
                "stage": "build",
                "timeout": format!("{TOOL_TIMEOUT} seconds"),
                "script": script,
                "artifacts": { "paths": [program], "expire_in": "1 day" },
            }),
        );
        for job in jobs(plan, nodes) {
            let words = job.words();
            // macOS has no seed: nixpkgs' tools build there, and no check runs.
            let script = if system.is_linux() {
                vec![
                    "apt-get update && apt-get install -y --no-install-recommends nix-bin".to_owned(),
                    format!("{program} build {words}"),
                ]
            } else {
                vec![format!("{program} fetch {words}"), build_with_nixpkgs(&format!("{system}.{words}"))]
            };
            let longest = if system.is_linux() { LONGEST } else { u32::MAX };
            all.insert(
                format!("{} {system}", job.name),
                json!({
                    "extends": template,
                    "stage": "test",
                    "needs": [tool],
                    "timeout": format!("{} seconds", job.limits.timeout.min(longest)),
                    "script": script,
                }),
            );
        }
    }
    format!("{}{}", comment(plan), yaml::print(&Json::Object(all)))
}
