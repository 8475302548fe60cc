//! The pipeline of GitLab's CI.
//!
//! Jobs are written out with `extends`: GitLab calls the jobs of a `parallel:matrix` by all values of it, refuses names
//! over 255 characters and matrices over 200 jobs, and gives all of one the same timeout.

use serde_json::{Map, Value as Json, json};

use super::{CURRENT, IMAGE, TOOL_ROOT, TOOL_TIMEOUT, jobs, yaml};
use crate::plan::Plan;
use crate::target::System;

const COMMENT: &str = "\
# One job for each cell and build system. GitLab reads this file at the top of the repository.
# Variables of the project: CROSSLOOM_GIT, where crossloom's own sources are; and, where the machines' own settings
# don't do, CROSSLOOM_MIRRORS, of the type File: a mirrors.toml. Runners for macOS are the project's own, with Nix and
# Rust, and with the build system's name as their tag.
";

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

        let mut script = vec![format!("cargo install --locked --root {TOOL_ROOT} --git \"$CROSSLOOM_GIT\" crossloom")];
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
                vec![
                    format!("{program} fetch {words}"),
                    format!("nix build --no-link --print-build-logs \".#packages.{system}.{words}\""),
                ]
            };
            all.insert(
                format!("{} {system}", job.name),
                json!({
                    "extends": template,
                    "stage": "test",
                    "needs": [tool],
                    "timeout": format!("{} seconds", job.limits.timeout),
                    "script": script,
                }),
            );
        }
    }
    format!("{COMMENT}{}", yaml::print(&Json::Object(all)))
}
