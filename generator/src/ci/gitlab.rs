//! The pipeline of GitLab's CI.
//!
//! GitLab calls the jobs of a `parallel:matrix` by all values of it and refuses names over 255 characters, so a matrix has one
//! short value, from which the script knows the rest. It refuses matrices over 200 jobs and gives all jobs of one the same
//! timeout.

use serde_json::{Map, Value as Json, json};

use super::groups::{Group, Groups};
use super::pins::pins;
use super::{SHARED, TOOL_TIMEOUT, build_command, tool_command, variables, yaml};
use crate::plan::Plan;
use crate::platform::System;

/// The most jobs of a matrix.
const MATRIX: usize = 200;
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
        "# Cells that share a large part of their nodes are one job. GitLab reads this file at the top of a repository only.\n{runners}\
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

/// One pipeline for a merge request or a branch, never both; a new commit cancels the pipeline of the one before it, except on
/// the default branch.
fn rules() -> Json {
    json!({
        "auto_cancel": { "on_new_commit": "interruptible" },
        "rules": [
            { "if": "$CI_COMMIT_BRANCH == $CI_DEFAULT_BRANCH", "auto_cancel": { "on_new_commit": "none" } },
            { "if": "$CI_PIPELINE_SOURCE == \"merge_request_event\"" },
            { "if": "$CI_COMMIT_BRANCH && $CI_OPEN_MERGE_REQUESTS", "when": "never" },
            { "if": "$CI_COMMIT_BRANCH || $CI_COMMIT_TAG" },
        ],
    })
}

/// The text of the pipeline, without the header.
pub fn pipeline(plan: &Plan, grouped: &[(System, Groups<'_>)]) -> String {
    let mut all = Map::new();
    all.insert("workflow".to_owned(), rules());
    all.insert("default".to_owned(), json!({ "interruptible": true }));
    all.insert("stages".to_owned(), json!(["tool", SHARED, "build"]));
    for (system, Groups { groups, shared }) in grouped {
        let template = format!(".{system}");
        let mut machine = Map::new();
        if system.is_linux() {
            machine.insert("image".to_owned(), json!(pins().image.image()));
        }
        machine.insert("tags".to_owned(), json!([tag(*system)]));
        all.insert(template.clone(), Json::Object(machine));
        let tool = format!("crossloom {system}");
        all.insert(tool.clone(), build_tool(plan, *system, &template));

        let longest = if system.is_linux() { LONGEST } else { u32::MAX };
        let seconds = |groups: &[Group<'_>]| groups.iter().map(Group::timeout).max().unwrap_or_default().min(longest);
        let mut needs = vec![tool];
        let job = |stage: &str, needs: &[String], seconds: u32, name: &str, artifacts: Json| {
            json!({
                "extends": template,
                "stage": stage,
                "needs": needs,
                "timeout": format!("{seconds} seconds"),
                "cache": {
                    "key": format!("crossloom-{system}-{name}"),
                    "paths": ["crossloom-store", "crossloom-downloads"],
                    // Nodes that were built before another one failed.
                    "when": "always",
                },
                "script": [build_command(*system)],
                "artifacts": artifacts,
            })
        };
        if !shared.is_empty() {
            let artifacts = json!({ "paths": ["crossloom-shared"], "expire_in": "1 day" });
            let name = format!("{SHARED} {system}");
            let mut before = job(SHARED, &needs, seconds(groups), SHARED, artifacts);
            before["variables"] = json!({ "JOB": SHARED });
            // Artifacts keep their paths, and the next job has a crossloom-store itself.
            before["script"] = json!([build_command(*system), "cp -r crossloom-store crossloom-shared"]);
            all.insert(name.clone(), before);
            needs.push(name);
        }
        for (index, groups) in groups.chunks(MATRIX).enumerate() {
            let number = if index == 0 { String::new() } else { format!(" {}", index + 1) };
            let names: Vec<&str> = groups.iter().map(|group| group.name).collect();
            let artifacts = json!({ "paths": ["crossloom-results"], "expire_in": "1 week" });
            let mut built = job("build", &needs, seconds(groups), "$JOB", artifacts);
            built["parallel"] = json!({ "matrix": [{ "JOB": names }] });
            all.insert(format!("{system}{number}"), built);
        }
    }
    format!("{}{}", comment(plan), yaml::print(&Json::Object(all)))
}

/// Builds crossloom, and looks whether what is committed is what it renders.
fn build_tool(plan: &Plan, system: System, template: &str) -> Json {
    let given = [("CROSSLOOM_GIT", &plan.ci.crossloom_git), ("CROSSLOOM_REV", &plan.ci.crossloom_rev)];
    let given: Map<_, _> =
        given.iter().filter_map(|(name, value)| Some(((*name).to_owned(), json!((*value).as_ref()?)))).collect();
    let mut job = json!({
        "extends": template,
        "stage": "tool",
        "timeout": format!("{TOOL_TIMEOUT} seconds"),
    });
    if let Some(rev) = &plan.ci.crossloom_rev {
        job["cache"] = json!({ "key": format!("crossloom-tool-{system}-{rev}"), "paths": ["crossloom-tool"] });
    }
    if !given.is_empty() {
        job["variables"] = Json::Object(given);
    }
    job["script"] = json!([tool_command()]);
    job["artifacts"] = json!({ "paths": ["crossloom-tool/bin/crossloom"], "expire_in": "1 day" });
    job
}
