//! What services read: each file against a grammar of what its service documents, and against the plan; Hydra's jobs
//! and the overlay as Nix evaluates them; and that nothing of anybody else's is overwritten or removed.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::project::{self, list, matrix, planned, rendered, repository};
use super::temporary_store::Store;
use crate::families::musl_gcc::MuslTarget;
use crate::lock::LockedSdk;
use crate::matrix::Matrix;
use crate::nix::hash::Sha256;
use crate::output::{self, Difference, MARKER, OutputError, Tree};
use crate::plan::{Plan, plan};
use crate::platform::System;
use crate::tree;
use crate::word::Word;
use serde_json::{Map, Value, json};

const FILES: [&str; 3] = ["garnix.yaml", ".github/workflows/crossloom.yml", ".gitlab-ci.yml"];

const ALL: &str = "[ci]\nsurfaces = [\"hydra\", \"garnix\", \"github\", \"gitlab\"]\n\
                   flake = \"git+https://git.example.org/me/toolchains?ref=main\"\n";

/// Every family on every build system; an SDK that is imported, and one that is not.
fn everything(ci: &str) -> Matrix {
    matrix(&format!(
        "crossloom = 1\n[build]\nsystems = {}\n{ci}[musl-gcc]\ntargets = [\"x86_64-linux-musl\", \"i686-linux-musl\"]\n\
         exclude = [{{ target = \"i686-linux-musl\", system = \"aarch64-darwin\" }}]\n\
         [darwin]\ntargets = [\"x86_64-apple-darwin22\"]\nsdk = [\"zig\", \"mine\", \"lost\"]\n\
         [valgrind-darwin]\ntargets = [\"x86_64-apple-darwin22\"]\n\
         [linux]\ntargets = [\"arm64\"]\nmodules = [\"one\", \"two\"]\n[linux-module]\n\
         one = {{ source = \"examples/kernel-module/greeting\" }}\ntwo = {{ source = \"examples/kernel-module/greeting\" }}\n\
         [sdk]\nmine = {{ kind = \"file\" }}\nlost = {{ kind = \"file\" }}\n",
        list(System::WORDS)
    ))
}

fn with_sdk(matrix: &Matrix) -> Plan {
    let sdk = LockedSdk {
        file: "MacOSX15.5.sdk".to_owned(),
        sha256: Sha256::of(b"an SDK"),
        version: "15.5".to_owned(),
        origin: "MacOSX15.5.tar.xz".to_owned(),
    };
    plan(matrix, &project::lock(matrix).with_sdk("mine", sdk)).unwrap()
}

fn tree_of(matrix: &Matrix) -> (Plan, Tree) {
    let plan = with_sdk(matrix);
    let tree = tree::tree(&plan, &project::seeds(matrix), true).unwrap();
    (plan, tree)
}

/// What anyone can build, as (build system, cell).
fn buildable(plan: &Plan) -> BTreeSet<(String, String)> {
    let mut cells = BTreeSet::new();
    for (system, nodes) in &plan.systems {
        for cell in nodes.cells.iter().filter(|cell| cell.node().is_some() && !cell.name.contains("-sdk-mine")) {
            cells.insert((system.to_string(), cell.name.clone()));
        }
    }
    cells
}

fn checks(plan: &Plan) -> BTreeSet<(String, String)> {
    let of = |(system, nodes): (&System, &crate::plan::SystemPlan)| {
        let checks = nodes.checks.iter().filter(|check| !check.name.contains("-sdk-mine"));
        checks.map(|check| (system.to_string(), check.name.clone())).collect::<Vec<_>>()
    };
    plan.systems.iter().flat_map(of).collect()
}

// ---- YAML, as far as crossloom prints it: blocks of two spaces, bare keys, quoted strings, numbers and truth values.

fn yaml(text: &str) -> Value {
    let lines: Vec<&str> = text.lines().skip_while(|line| line.starts_with('#')).collect();
    for line in &lines {
        assert!(!line.contains('\t') && line.is_ascii() && line.trim_end() == *line && !line.is_empty(), "{line:?}");
    }
    let mut lines: Vec<(usize, String)> =
        lines.iter().map(|line| (line.len() - line.trim_start().len(), line.trim_start().to_owned())).collect();
    lines.reverse();
    let value = block(&mut lines);
    assert!(lines.is_empty(), "{lines:?}");
    value
}

fn block(lines: &mut Vec<(usize, String)>) -> Value {
    let indent = lines.last().unwrap().0;
    let mut items = Vec::new();
    let mut fields = Map::new();
    while let Some((_, line)) = lines.last().filter(|(at, _)| *at == indent).cloned() {
        lines.pop();
        if let Some(rest) = line.strip_prefix("- ") {
            assert!(fields.is_empty(), "{line}");
            // A block that begins on this line stands two further to the right.
            let nested = rest.starts_with("- ") || key(rest).is_some();
            items.push(if nested {
                lines.push((indent + 2, rest.to_owned()));
                block(lines)
            } else {
                scalar(rest)
            });
            continue;
        }
        assert!(items.is_empty(), "{line}");
        let (name, rest) = key(&line).unwrap_or_else(|| panic!("{line} is no field"));
        let value = if rest.is_empty() {
            assert_eq!(lines.last().unwrap().0, indent + 2, "below {line}");
            block(lines)
        } else {
            scalar(rest.strip_prefix(' ').unwrap())
        };
        assert!(fields.insert(name.clone(), value).is_none(), "{name} stands twice");
    }
    assert!(lines.last().is_none_or(|(at, _)| *at < indent), "{lines:?}");
    if items.is_empty() { Value::Object(fields) } else { Value::Array(items) }
}

/// A key and what follows its colon.
fn key(line: &str) -> Option<(String, &str)> {
    if line.starts_with('"') {
        let mut stream = serde_json::Deserializer::from_str(line).into_iter::<String>();
        let name = stream.next()?.ok()?;
        let rest = line.get(stream.byte_offset()..)?.strip_prefix(':')?;
        return Some((name, rest));
    }
    let (name, rest) = line.split_once(':')?;
    let plain = name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    (plain && (rest.is_empty() || rest.starts_with(' '))).then(|| (name.to_owned(), rest))
}

/// Nothing that is rendered needs an escape that JSON does not know.
fn scalar(text: &str) -> Value {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn read(tree: &Tree, path: &str) -> Value {
    let text = &tree.get(path).unwrap_or_else(|| panic!("no {path}")).text;
    assert!(text.starts_with(&format!("{MARKER}\n")), "{path}");
    yaml(text)
}

fn keys<'a>(value: &'a Value, known: &[&str], required: &[&str]) -> &'a Map<String, Value> {
    let object = value.as_object().unwrap_or_else(|| panic!("{value} is no object"));
    for key in object.keys() {
        assert!(known.contains(&key.as_str()), "unknown key {key}");
    }
    for key in required {
        assert!(object.contains_key(*key), "no {key}");
    }
    object
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

// ---- The grammars.

/// The part of GitHub's workflow syntax that is used: its keys, and where each may stand.
fn github(workflow: &Value) {
    let top = keys(workflow, &["name", "on", "concurrency", "permissions", "jobs"], &["on", "jobs"]);
    let group = keys(&top["concurrency"], &["group", "cancel-in-progress"], &["group"]);
    assert!(group["group"].is_string() && group["cancel-in-progress"].is_boolean());
    for event in strings(&top["on"]) {
        assert!(["push", "pull_request", "workflow_dispatch", "schedule"].contains(&event), "{event}");
    }
    for (scope, access) in top["permissions"].as_object().unwrap() {
        assert!(["contents", "actions", "packages"].contains(&scope.as_str()));
        assert!(["read", "write", "none"].contains(&access.as_str().unwrap()));
    }
    let jobs = top["jobs"].as_object().unwrap();
    for (id, job) in jobs {
        assert!(id.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_'), "{id}");
        assert!(id.len() < 100 && id.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)), "{id}");
        let known = ["name", "if", "needs", "runs-on", "container", "timeout-minutes", "strategy", "steps"];
        let job = keys(job, &known, &["runs-on", "steps"]);
        let runners = ["ubuntu-24.04", "ubuntu-24.04-arm", "macos-15", "macos-15-intel"];
        assert!(runners.contains(&job["runs-on"].as_str().unwrap()));
        if let Some(needs) = job.get("needs") {
            assert!(jobs.contains_key(needs.as_str().unwrap()), "{id} needs {needs}");
        }
        if let Some(container) = job.get("container") {
            assert!(job["runs-on"].as_str().unwrap().starts_with("ubuntu-"), "containers are Linux's");
            keys(container, &["image", "options", "env", "credentials", "ports", "volumes"], &["image"]);
        }
        let mut cells: Vec<&Map<String, Value>> = Vec::new();
        if let Some(strategy) = job.get("strategy") {
            let strategy = keys(strategy, &["fail-fast", "matrix", "max-parallel"], &["matrix"]);
            assert!(strategy["fail-fast"].is_boolean());
            let matrix = keys(&strategy["matrix"], &["include"], &["include"]);
            cells = matrix["include"].as_array().unwrap().iter().map(|cell| cell.as_object().unwrap()).collect();
            assert!((1..=256).contains(&cells.len()), "{id}");
        }
        for cell in &cells {
            assert!(cell["minutes"].as_u64().is_some_and(|minutes| (1..=360).contains(&minutes)), "{cell:?}");
        }
        let minutes = &job["timeout-minutes"];
        assert!(minutes.is_u64() || *minutes == json!("${{ matrix.minutes }}"));
        for step in job["steps"].as_array().unwrap() {
            let step = keys(step, &["id", "if", "name", "uses", "run", "with", "env"], &[]);
            assert!(step.contains_key("uses") != step.contains_key("run"), "{id}: {step:?}");
            if let Some(uses) = step.get("uses") {
                let (action, major) = uses.as_str().unwrap().split_once("@v").unwrap();
                assert!(action.split('/').count() == 2 && major.parse::<u8>().is_ok(), "{uses}");
            }
            assert!(step.contains_key("uses") || !step.contains_key("with"));
            for values in ["with", "env"].into_iter().filter_map(|key| step.get(key)) {
                assert!(values.as_object().unwrap().values().all(|value| value.is_string()));
            }
        }
        // Expressions name what there is: a variable of the repository, or a field of every cell.
        let text = Value::Object(job.clone()).to_string();
        for expression in text.split("${{ ").skip(1).map(|rest| rest.split(" }}").next().unwrap()) {
            match expression.split_once('.').unwrap() {
                ("matrix", field) => assert!(cells.iter().all(|cell| cell.contains_key(field)), "{expression}"),
                ("vars", name) => {
                    assert!(["CROSSLOOM_GIT", "CROSSLOOM_REV", "CROSSLOOM_MIRRORS"].contains(&name), "{expression}")
                }
                _ => panic!("{expression}"),
            }
        }
        // What a matrix holds reaches a shell by its environment alone.
        for run in job["steps"].as_array().unwrap().iter().filter_map(|step| step.get("run")) {
            assert!(!run.as_str().unwrap().contains("${{"), "{run}");
        }
    }
}

/// The part of GitLab's CI syntax that is used.
fn gitlab(pipeline: &Value) {
    let all = pipeline.as_object().unwrap();
    let stages = strings(&all["stages"]);
    let jobs: BTreeMap<_, _> = all.iter().filter(|(name, _)| *name != "stages").collect();
    let reserved = ["image", "services", "stages", "types", "before_script", "after_script", "variables", "cache"];
    for (name, job) in &jobs {
        assert!(name.len() <= 255 && !reserved.contains(&name.as_str()), "{name}");
        if name.starts_with('.') {
            let hidden = keys(job, &["image", "tags"], &["tags"]);
            assert_eq!(strings(&hidden["tags"]).len(), 1);
            continue;
        }
        let known = ["extends", "stage", "needs", "timeout", "script", "artifacts"];
        let job = keys(job, &known, &["extends", "stage", "script"]);
        let extends = job["extends"].as_str().unwrap();
        assert!(extends.starts_with('.') && all.contains_key(extends), "{name} extends {extends}");
        let place = |job: &Value| stages.iter().position(|stage| job["stage"] == **stage).unwrap();
        for needed in job.get("needs").map(strings).unwrap_or_default() {
            assert!(place(&all[needed]) < place(&all[*name]), "{name} needs {needed}");
            assert!(all[needed].get("artifacts").is_some());
        }
        let timeout = job["timeout"].as_str().unwrap().strip_suffix(" seconds").unwrap();
        // What GitLab.com's own machines, which are Linux' here, give any job.
        let longest = if extends.ends_with("-linux") { 10_800 } else { 86_400 };
        assert!((600..=longest).contains(&timeout.parse::<u32>().unwrap()), "{name}");
        assert!(!strings(&job["script"]).is_empty());
        if let Some(artifacts) = job.get("artifacts") {
            let artifacts = keys(artifacts, &["paths", "expire_in"], &["paths"]);
            assert!(!strings(&artifacts["paths"]).is_empty());
        }
    }
}

/// A static declarative project of Hydra's: nothing but jobsets, each of the keys that Hydra takes. It dies of others.
fn hydra(spec: &Value) {
    let jobsets = spec.as_object().unwrap();
    assert!(!jobsets.is_empty() && jobsets.values().all(Value::is_object), "else Hydra takes it for one jobset");
    for (name, jobset) in jobsets {
        assert!(name.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c)), "{name}");
        let numbers = ["enabled", "checkinterval", "schedulingshares", "keepnr"];
        let required = ["enabled", "type", "flake", "checkinterval", "schedulingshares", "keepnr"];
        let texts = ["description", "emailoverride", "flake"];
        let known = [&numbers[..], &texts, &["hidden", "enableemail", "type", "inputs"]].concat();
        let jobset = keys(jobset, &known, &required);
        assert!(numbers.iter().all(|key| jobset[*key].is_u64()));
        assert!(texts.iter().all(|key| jobset[*key].is_string()));
        assert!(jobset["hidden"].is_boolean() && jobset["enableemail"].is_boolean());
        // A flake's, which has neither inputs nor an expression.
        assert_eq!((&jobset["type"], &jobset["inputs"]), (&json!(1), &json!({})));
    }
}

#[test]
fn every_file_is_what_its_service_documents() {
    let (plan, tree) = tree_of(&everything(ALL));
    github(&read(&tree, FILES[1]));
    gitlab(&read(&tree, FILES[2]));
    let spec: Value = serde_json::from_str(&tree["crossloom/spec.json"].text).unwrap();
    hydra(&spec);
    assert_eq!(spec["crossloom"]["flake"], "git+https://git.example.org/me/toolchains?ref=main");
    let garnix = read(&tree, FILES[0]);
    keys(&garnix, &["builds"], &["builds"]);
    let builds = keys(&garnix["builds"], &["include", "exclude", "branch"], &["include"]);
    // Outputs of the flake by their whole names, so that each can be looked for.
    for name in strings(&builds["include"]) {
        let parts: Vec<_> = name.split('.').collect();
        let [output, system, name] = parts[..] else { panic!("{name}") };
        let plan = &plan.systems[&system.parse::<System>().unwrap()];
        match output {
            "packages" => assert!(plan.cells.iter().any(|cell| cell.name == name)),
            "checks" => assert!(plan.checks.iter().any(|check| check.name == name)),
            _ => panic!("{output}"),
        }
    }
    // A reader of YAML takes a bare asterisk for a reference.
    assert!(tree[FILES[0]].text.contains("- \"*.x86_64-darwin.*\"\n"));
}

#[test]
fn there_is_a_job_for_each_cell_and_build_system() {
    let (plan, tree) = tree_of(&everything(ALL));
    let (cells, checks) = (buildable(&plan), checks(&plan));
    assert!(cells.len() > 10 && checks.len() > 5);
    let words = |system: &str, text: &str| -> Vec<(String, String)> {
        text.split(' ').map(|word| (system.to_owned(), word.to_owned())).collect()
    };

    let mut built: Vec<(String, String)> = Vec::new();
    for (id, job) in read(&tree, FILES[1])["jobs"].as_object().unwrap() {
        let Some(system) = id.strip_prefix("build-") else { continue };
        assert_eq!(job["runs-on"].as_str().unwrap().starts_with("ubuntu"), system.ends_with("-linux"));
        assert_eq!(job["container"].is_object(), system.ends_with("-linux"));
        for cell in job["strategy"]["matrix"]["include"].as_array().unwrap() {
            built.extend(words(system, cell["words"].as_str().unwrap()));
        }
    }
    let all: Vec<_> = cells.union(&checks).cloned().collect();
    let sorted = |mut built: Vec<(String, String)>| {
        built.sort();
        built
    };
    assert_eq!(sorted(built), all);

    let mut built: Vec<(String, String)> = Vec::new();
    for (name, job) in read(&tree, FILES[2]).as_object().unwrap() {
        let Some((_, system)) = name.split_once(' ').filter(|_| job["stage"] == "test") else { continue };
        for line in strings(&job["script"]) {
            let program = "crossloom-tool/bin/crossloom ";
            let verb = if system.ends_with("-linux") { "build " } else { "fetch " };
            built.extend(
                line.strip_prefix(program)
                    .map(|rest| words(system, rest.strip_prefix(verb).unwrap()))
                    .unwrap_or_default(),
            );
        }
    }
    assert_eq!(sorted(built), all);

    let garnix = read(&tree, FILES[0]);
    let built = strings(&garnix["builds"]["include"]).into_iter().map(|name| {
        let mut parts = name.split('.').skip(1).map(str::to_owned);
        (parts.next().unwrap(), parts.next().unwrap())
    });
    let machines: Vec<_> = all.iter().filter(|(system, _)| system != "x86_64-darwin").cloned().collect();
    assert_eq!(sorted(built.collect()), machines);
}

#[test]
fn a_large_matrix_stays_within_what_services_take() {
    let matrix = matrix(&format!(
        "crossloom = 1\n[build]\nsystems = [\"x86_64-linux\"]\n{ALL}[musl-gcc]\ntargets = {}\n\
         gcc = [\"14.2.0\", \"15.3.0\"]\nmusl = [\"1.2.5\", \"1.2.6\"]\nbinutils = [\"2.44\", \"2.45\"]\n",
        list(MuslTarget::all().iter().map(MuslTarget::triple))
    ));
    let plan = planned(&matrix);
    let tree = rendered(&matrix);
    let workflow = read(&tree, FILES[1]);
    github(&workflow);
    let jobs = workflow["jobs"].as_object().unwrap();
    let count = |id: &str| jobs[id]["strategy"]["matrix"]["include"].as_array().unwrap().len();
    assert_eq!((count("build-x86_64-linux"), count("build-x86_64-linux-2")), (200, 200));
    assert_eq!(200 + 200 + count("build-x86_64-linux-3"), plan.systems[&System::X86_64Linux].cells.len() + 2);
    gitlab(&read(&tree, FILES[2]));
}

#[test]
fn what_the_matrix_does_not_ask_for_is_not_there() {
    for (words, expected) in [
        ("", &[][..]),
        ("surfaces = [\"garnix\"]", &["garnix.yaml"]),
        ("surfaces = [\"github\", \"gitlab\"]", &[FILES[1], FILES[2]]),
        ("surfaces = [\"hydra\"]", &["crossloom/hydra.nix", "crossloom/aggregate.nix"]),
        (
            "surfaces = [\"hydra\"]\nflake = \"github:me/toolchains\"",
            &["crossloom/hydra.nix", "crossloom/aggregate.nix", "crossloom/spec.json"],
        ),
    ] {
        let ci = if words.is_empty() { String::new() } else { format!("[ci]\n{words}\n") };
        let (_, tree) = tree_of(&everything(&ci));
        let optional = ["crossloom/hydra.nix", "crossloom/aggregate.nix", "crossloom/spec.json"];
        let found: BTreeSet<_> = FILES.into_iter().chain(optional).filter(|path| tree.contains_key(*path)).collect();
        assert_eq!(found, expected.iter().copied().collect(), "{words}");
        let hydra = tree["crossloom/default.nix"].text.contains("hydraJobs");
        assert_eq!(hydra, words.contains("hydra"), "{words}");
    }
}

/// No host of a registry, no date, no place on a machine, and the same bytes every time.
#[test]
fn files_are_the_same_for_everyone() {
    let (_, tree) = tree_of(&everything(ALL));
    let (_, again) = tree_of(&everything(ALL));
    assert!(tree == again);
    for path in FILES.into_iter().chain(["crossloom/spec.json", "crossloom/hydra.nix"]) {
        let text = &tree[path].text;
        for word in ["http://", "debian.", "pypi", "crates.", "ghcr", "docker.", "quay", "/home", "/root", "/nix"] {
            assert!(!text.contains(word), "{path}: {word}");
        }
        let addresses = if path.ends_with("spec.json") { 1 } else { 0 };
        assert_eq!(text.matches("https://").count(), addresses, "{path}");
        let digits: String = text.chars().map(|c| if c.is_ascii_digit() { '0' } else { c }).collect();
        assert!(!digits.contains("0000-00-00"), "{path}");
    }
}

// ---- On disk.

#[test]
fn nothing_foreign_is_overwritten_and_what_is_no_longer_wanted_goes() {
    let (_, with) = tree_of(&everything(ALL));
    let (_, without) = tree_of(&everything(""));
    for file in FILES {
        let dir = tempfile::tempdir().unwrap();
        let path = dir.path().join(file);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(&path, "stages: [mine]\n").unwrap();
        for error in [output::write(dir.path(), &with).unwrap_err(), output::check(dir.path(), &with).unwrap_err()] {
            assert!(matches!(error, OutputError::ForeignFile { .. }), "{error}");
            assert!(error.to_string().contains("`surfaces` in [ci]"), "{error}");
        }
        assert!(!dir.path().join("crossloom").exists());
        // Where the matrix does not ask for one, it is the user's.
        output::write(dir.path(), &without).unwrap();
        assert_eq!(output::check(dir.path(), &without).unwrap(), []);
        assert_eq!(fs::read_to_string(&path).unwrap(), "stages: [mine]\n");
    }

    let dir = tempfile::tempdir().unwrap();
    output::write(dir.path(), &with).unwrap();
    assert_eq!(output::check(dir.path(), &with).unwrap(), []);
    fs::write(dir.path().join(".github/mine"), "").unwrap();
    fs::write(dir.path().join(FILES[0]), "builds: {}\n").unwrap();
    let stale = |path: &str| Difference::Stale { path: path.to_owned() };
    let found = output::check(dir.path(), &without).unwrap();
    assert!(found.contains(&stale(FILES[1])) && found.contains(&stale(FILES[2])) && !found.contains(&stale(FILES[0])));
    let report = output::write(dir.path(), &without).unwrap();
    assert!(FILES[1..].iter().all(|file| report.removed.iter().any(|removed| removed == file)));
    assert!(dir.path().join(FILES[0]).is_file() && dir.path().join(".github/mine").is_file());
    assert!(!dir.path().join(".github/workflows").exists() && !dir.path().join(FILES[2]).exists());
    assert_eq!(output::check(dir.path(), &without).unwrap(), []);
}

// ---- In Nix.

/// Evaluates without building anything on the way.
fn evaluate(store: &Store, expression: &str) -> Result<Value, String> {
    store.try_evaluate(expression).map_err(|error| error.to_string())
}

fn written(store: &Store, name: &str, matrix: &Matrix) -> (Plan, String) {
    let (plan, tree) = tree_of(matrix);
    let dir = store.path(name);
    output::write(&dir, &tree).unwrap();
    (plan, dir.join("crossloom").display().to_string())
}

#[test]
fn hydras_jobs_are_the_flakes_own_packages() {
    let Some(store) = Store::new() else { return };
    let imported = "import (derivation { name = \"x\"; system = \"builtin\"; builder = \"builtin:none\"; }).outPath";
    assert!(evaluate(&store, imported).unwrap_err().contains("import-from-derivation"));

    let linux = everything(ALL);
    let (plan, dir) = written(&store, "project", &linux);
    let shape = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/nixpkgs-shape.nix").display().to_string();
    let all = format!(
        "import {dir} {{ nixpkgs.legacyPackages = builtins.listToAttrs (map (system: {{ name = system; \
         value = import {shape} {{ inherit system; }}; }}) [ \"x86_64-darwin\" \"aarch64-darwin\" ]); }}"
    );
    let paths = format!(
        "with builtins; let all = {all}; path = it: it.drvPath; each = mapAttrs (_: mapAttrs (_: path)); in {{ \
         jobs = each all.hydraJobs; packages = each all.packages; checks = each all.checks; \
         meta = mapAttrs (_: mapAttrs (_: it: it.meta)) all.hydraJobs; \
         type = mapAttrs (_: mapAttrs (_: it: it.type)) all.hydraJobs; \
         system = mapAttrs (_: mapAttrs (_: it: it.system)) all.hydraJobs; \
         aggregate = mapAttrs (_: mapAttrs (_: it: it._hydraAggregate or false)) all.hydraJobs; \
         constituents = mapAttrs (_: mapAttrs (_: it: map path it.constituents)) \
         {{ inherit (all.hydraJobs) all-musl-gcc all-darwin all-valgrind-darwin; }}; }}"
    );
    let values = evaluate(&store, &paths).unwrap();

    let mut expected: BTreeSet<(String, String)> = checks(&plan);
    expected.extend(plan.systems.iter().flat_map(|(system, nodes)| {
        let cells = nodes.cells.iter().filter(|cell| cell.node().is_some());
        let checks = nodes.checks.iter().map(|check| &check.name);
        cells.map(|cell| &cell.name).chain(checks).map(|name| (system.to_string(), name.clone())).collect::<Vec<_>>()
    }));
    let mut found = BTreeSet::new();
    for (name, systems) in values["jobs"].as_object().unwrap() {
        for (system, path) in systems.as_object().unwrap() {
            let of = |field: &str| &values[field][name][system];
            assert_eq!((of("type"), of("system")), (&json!("derivation"), &json!(system)), "{name}");
            for (key, least) in [("schedulingPriority", 1), ("timeout", 600), ("maxSilent", 600)] {
                assert!(of("meta")[key].as_u64().is_some_and(|value| value >= least), "{name} {key}");
            }
            assert!(of("meta")["maxSilent"].as_u64() <= of("meta")["timeout"].as_u64(), "{name}");
            assert_eq!(*of("aggregate"), json!(name.starts_with("all-")), "{name}");
            if *of("aggregate") == json!(true) {
                continue;
            }
            let output = if values["packages"][system][name].is_string() { "packages" } else { "checks" };
            assert_eq!(*path, values[output][system][name], "what Hydra is told must rebuild nothing: {name}");
            found.insert((system.clone(), name.clone()));
        }
    }
    assert_eq!(found, expected);

    for (job, family) in
        [("all-musl-gcc", "musl-gcc-"), ("all-darwin", "darwin-"), ("all-valgrind-darwin", "valgrind-")]
    {
        for system in System::ALL.iter().copied() {
            let listed: BTreeSet<_> = strings(&values["constituents"][job][system.as_str()]).into_iter().collect();
            let cells = plan.systems[&system].cells.iter();
            let cells = cells.filter(|cell| cell.name.starts_with(family) && cell.node().is_some());
            let cells = cells.map(|cell| values["packages"][system.as_str()][&cell.name].as_str().unwrap());
            assert_eq!(listed, cells.collect(), "{job} {system}");
        }
    }
}

#[test]
fn the_overlay_builds_cells_with_the_tools_of_its_nixpkgs() {
    let Some(store) = Store::new() else { return };
    let (plan, dir) = written(&store, "project", &everything(""));
    let shape = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/data/nixpkgs-shape.nix").display().to_string();
    // As nixpkgs composes one: `final` is what comes out.
    let expression = |system: &str| {
        format!(
            "with builtins; let prev = import {shape} {{ system = \"{system}\"; }}; \
             final = prev // (import {dir} {{ }}).overlays.default final prev; \
             file = {dir} + \"/{system}.nix\"; \
             own = if pathExists file then (import file {{ scope = prev; sources = import {dir}/sources.nix; }}).packages \
             else {{ }}; in map (mapAttrs (_: it: it.drvPath)) [ final.crossloom own ]"
        )
    };
    for system in [System::X86_64Linux, System::Aarch64Darwin] {
        let values = evaluate(&store, &expression(system.as_str())).unwrap();
        assert_eq!(values[0], values[1]);
        assert_eq!(values[0].as_object().unwrap().len(), plan.systems[&system].cells.len());
    }
    // On a machine that the matrix has no cell for, the overlay adds nothing and breaks nothing.
    let small =
        matrix("crossloom = 1\nbuild.systems = [\"x86_64-linux\"]\nmusl-gcc.targets = [\"x86_64-linux-musl\"]\n");
    let dir = store.path("small");
    output::write(&dir, &rendered(&small)).unwrap();
    let none = format!(
        "(import {}/crossloom {{ }}).overlays.default {{ }} (import {shape} {{ system = \"aarch64-darwin\"; }})",
        dir.display()
    );
    assert_eq!(evaluate(&store, &none).unwrap(), json!({ "crossloom": {} }));
}

/// The repository's own flake: a template for each example.
#[test]
fn every_example_is_a_template() {
    let Some(store) = Store::new() else { return };
    let flake = repository().join("flake.nix").display().to_string();
    let expression = format!(
        "with builtins; let flake = (import {flake}).outputs {{ self = {{ }}; nixpkgs = throw \"not on Linux\"; }}; in {{ \
         templates = mapAttrs (_: it: {{ inherit (it) description; \
         files = attrNames (readDir it.path); name = baseNameOf it.path; }}) flake.templates; \
         inherit (flake.lib) systems; \
         tree = attrNames (flake.lib.fromTree {}/examples/quickstart/crossloom).packages; \
         seed = (flake.lib.seed (fromJSON (readFile \
         {}/generator/data/seeds/bookworm-x86_64-linux.json))).stdenv.hostPlatform.system; \
         overlay = isFunction flake.overlays.default; jobs = attrNames flake.hydraJobs; }}",
        repository().display(),
        repository().display()
    );
    let values = evaluate(&store, &expression).unwrap();
    let mut examples: BTreeSet<String> = fs::read_dir(repository().join("examples"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    assert!(examples.len() > 2);
    for (name, template) in values["templates"].as_object().unwrap() {
        let example = if name == "default" { "quickstart" } else { name };
        assert_eq!(template["name"], *example);
        assert!(template["description"].as_str().is_some_and(|text| text.len() > 10));
        for file in ["README.md", "matrix.toml", "matrix.lock"] {
            assert!(strings(&template["files"]).contains(&file), "{name}: {file}");
        }
        // One is rendered; of the others it is said what to do first.
        let rendered = strings(&template["files"]).contains(&"crossloom");
        assert_eq!(rendered, example == "quickstart", "{name}");
        assert_eq!(template["description"].as_str().unwrap().contains("crossloom generate"), !rendered, "{name}");
    }
    examples.insert("default".to_owned());
    assert_eq!(values["templates"].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>(), examples);
    let systems: BTreeSet<_> = strings(&values["systems"]).into_iter().collect();
    assert_eq!(systems, System::WORDS.iter().copied().collect());
    assert_eq!(strings(&values["tree"]), ["aarch64-linux", "x86_64-linux"]);
    assert_eq!((&values["seed"], &values["overlay"]), (&json!("x86_64-linux"), &json!(true)));
    assert!(strings(&values["jobs"]).contains(&"all-valgrind-darwin"));
}
