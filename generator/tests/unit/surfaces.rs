//! What services read: each file against what its service documents, and against the plan; Hydra's jobs
//! and the overlay as Nix evaluates them; and that nothing of anybody else's is overwritten or removed.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use super::project::{self, list, matrix, planned, rendered, repository};
use super::temporary_store::Store;
use crate::families::musl_gcc::MuslTarget;
use crate::lock::LockedSdk;
use crate::matrix::Matrix;
use crate::nix::hash::Sha256;
use crate::output::{self, Difference, OutputError, Tree};
use crate::plan::Plan;
use crate::platform::System;
use crate::render::header::HEADER;
use crate::report::Report;
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
    matrix.plan(&project::lock(matrix).with_sdk("mine", sdk)).unwrap()
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
            cells.insert((system.to_string(), cell.full_name.clone()));
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
    // The version of an action, after its digest.
    let text = text.split_once("\" # v").map_or_else(|| text.to_owned(), |(text, _)| format!("{text}\""));
    let text = text.as_str();
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn read(tree: &Tree, path: &str) -> Value {
    let text = &tree.get(path).unwrap_or_else(|| panic!("no {path}")).text;
    assert!(text.starts_with(&format!("{HEADER}\n")), "{path}");
    yaml(text)
}

fn strings(value: &Value) -> Vec<&str> {
    value.as_array().unwrap().iter().map(|item| item.as_str().unwrap()).collect()
}

// ---- What services document. checks/surfaces.sh holds the files for GitHub and GitLab to the services' schemas: here are
// the rules that no schema says. garnix and Hydra have none, so their whole grammar is here.

/// GitHub: "Workflow syntax", "Running jobs in a container", "Actions limits".
fn github(workflow: &Value, text: &str) -> Vec<String> {
    let mut found = Vec::new();
    let jobs = workflow["jobs"].as_object().unwrap();
    for (id, job) in jobs {
        let mut wrong = |what: String| found.push(format!("{id}: {what}"));
        for needs in job.get("needs").map(strings).unwrap_or_default() {
            if !jobs.contains_key(needs) {
                wrong(format!("needs {needs}, which is no job"));
            }
        }
        let runner = job["runs-on"].as_str().unwrap();
        if job.get("container").is_some() && !runner.starts_with("ubuntu-") {
            wrong(format!("a container on {runner}"));
        }
        let rows: Vec<&Value> = job["strategy"]["matrix"]["include"].as_array().into_iter().flatten().collect();
        if job.get("strategy").is_some() && !(1..=256).contains(&rows.len()) {
            wrong(format!("a matrix of {} jobs", rows.len()));
        }
        let minutes = match &job["timeout-minutes"] {
            Value::String(text) if text == "${{ matrix.minutes }}" => rows.iter().map(|row| &row["minutes"]).collect(),
            minutes => vec![minutes],
        };
        for minutes in minutes.into_iter().filter(|it| !it.as_u64().is_some_and(|it| (1..=360).contains(&it))) {
            wrong(format!("{minutes} minutes"));
        }
        for step in job["steps"].as_array().unwrap() {
            // What is put into a script as it is may be anybody's text.
            if step["run"].as_str().is_some_and(|run| run.contains("${{")) {
                wrong(format!("an expression in {}", step["run"]));
            }
        }
        let all = job.to_string();
        for expression in all.split("${{ ").skip(1).map(|rest| rest.split(" }}").next().unwrap()) {
            let known = match expression.split_once('.') {
                Some(("hashFiles('matrix", files)) => files == "lock', 'crossloom/**')",
                Some(("matrix", field)) => !rows.is_empty() && rows.iter().all(|row| row.get(field).is_some()),
                // Who sets the repository up learns of a variable in the file's own comment.
                Some(("vars", name)) => text.lines().any(|line| line.starts_with('#') && line.contains(name)),
                _ => false,
            };
            if !known {
                wrong(format!("{expression} is nothing that is there"));
            }
        }
    }
    found
}

/// GitLab: "CI/CD YAML syntax reference", "Jobs", and the limits of GitLab.com's own machines, which are Linux' here.
fn gitlab(pipeline: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let all = pipeline.as_object().unwrap();
    let stages = strings(&all["stages"]);
    let global = ["stages", "workflow", "default"];
    for (name, job) in all.iter().filter(|(name, _)| !global.contains(&name.as_str()) && !name.starts_with('.')) {
        let mut wrong = |what: String| found.push(format!("{name}: {what}"));
        // Jobs of a matrix are called `NAME: [VALUE, …]`.
        let rows = job.get("parallel").map_or(vec![""], |parallel| strings(&parallel["matrix"][0]["JOB"]));
        if rows.iter().any(|row| name.len() + row.len() + 4 > 255) {
            wrong("a name of more than 255 characters".to_owned());
        }
        if !(1..=200).contains(&rows.len()) {
            wrong(format!("a matrix of {} jobs", rows.len()));
        }
        let extends = job["extends"].as_str().unwrap_or_default();
        if !extends.starts_with('.') || !all.contains_key(extends) {
            wrong(format!("extends {extends:?}, which is not there"));
        }
        let place = |job: &Value| stages.iter().position(|stage| job["stage"] == **stage);
        if place(job).is_none() {
            wrong(format!("the stage {} is not listed", job["stage"]));
        }
        for needed in job.get("needs").map(strings).unwrap_or_default() {
            match all.get(needed) {
                Some(other) if place(other) < place(job) && other.get("artifacts").is_some() => {}
                _ => wrong(format!("needs {needed}, which is no earlier job that leaves files")),
            }
        }
        let timeout = job["timeout"].as_str().and_then(|timeout| timeout.strip_suffix(" seconds")?.parse::<u32>().ok());
        let longest = if extends.ends_with("-linux") { 3 * 3600 } else { u32::MAX };
        if !timeout.is_some_and(|timeout| (600..=longest).contains(&timeout)) {
            wrong(format!("a timeout of {}", job["timeout"]));
        }
    }
    found
}

/// Keys of an object that are none of these.
fn other_keys(value: &Value, known: &[&str]) -> Vec<String> {
    let Some(object) = value.as_object() else { return vec![format!("{value} is no object")] };
    object.keys().filter(|key| !known.contains(&key.as_str())).map(|key| format!("unknown key {key}")).collect()
}

/// Hydra: "Declarative projects" of its manual, and `validateDeclarativeJobset`, which dies of any other key.
fn hydra(spec: &Value) -> Vec<String> {
    let known = [
        "enabled",
        "hidden",
        "type",
        "flake",
        "description",
        "nixexprinput",
        "nixexprpath",
        "checkinterval",
        "schedulingshares",
        "enableemail",
        "enable_dynamic_run_command",
        "emailoverride",
        "keepnr",
        "inputs",
    ];
    let mut found = Vec::new();
    let jobsets = spec.as_object().unwrap();
    // Else the whole file is taken for one jobset.
    if jobsets.is_empty() || !jobsets.values().all(Value::is_object) {
        found.push("no jobsets, or something beside them".to_owned());
    }
    for (name, jobset) in jobsets {
        let start = |c: char| c.is_ascii_alphabetic() || c == '_';
        let rest = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
        if !(name.starts_with(start) && name.chars().all(rest)) {
            found.push(format!("{name:?} is no name of a jobset"));
        }
        found.extend(other_keys(jobset, &known));
        // Disabled, enabled, one-shot, one at a time.
        if jobset["enabled"].as_u64().is_none_or(|enabled| enabled > 3) {
            found.push(format!("enabled: {}", jobset["enabled"]));
        }
        let flake = jobset["flake"].is_string();
        let legacy = ["nixexprinput", "nixexprpath"].iter().any(|key| !jobset[*key].is_null());
        let inputs = jobset["inputs"].as_object().is_some_and(|inputs| !inputs.is_empty());
        let fits = match jobset["type"].as_u64() {
            None | Some(0) => legacy && !flake,
            Some(1) => flake && !legacy && !inputs,
            Some(_) => false,
        };
        if !fits {
            found.push(format!("type {} with what belongs to another", jobset["type"]));
        }
        for (key, fits) in [
            ("checkinterval", Value::is_u64 as fn(&Value) -> bool),
            ("schedulingshares", |it| it.as_u64().is_some_and(|shares| shares > 0)),
            ("keepnr", Value::is_u64),
            ("hidden", Value::is_boolean),
            ("enableemail", Value::is_boolean),
            ("enable_dynamic_run_command", Value::is_boolean),
            ("description", Value::is_string),
            ("emailoverride", Value::is_string),
        ] {
            if jobset.get(key).is_some_and(|value| !fits(value)) {
                found.push(format!("{key}: {}", jobset[key]));
            }
        }
    }
    found
}

/// garnix: "yaml config" of its documentation. `builds` is one set of rules or a list of them; an attribute has two or three
/// parts, each a name or an asterisk.
fn garnix(file: &Value) -> Vec<String> {
    let mut found = other_keys(file, &["builds", "servers"]);
    let rules = file["builds"].as_array().map_or(vec![&file["builds"]], |rules| rules.iter().collect());
    for rule in rules {
        found.extend(other_keys(rule, &["include", "exclude", "branch"]));
        if rule.get("branch").is_some_and(|branch| !branch.is_string()) {
            found.push(format!("branch: {}", rule["branch"]));
        }
        for list in ["include", "exclude"].into_iter().filter_map(|key| rule.get(key)) {
            let Some(list) = list.as_array() else {
                found.push(format!("{list} is no list"));
                continue;
            };
            for attribute in list {
                let parts: Vec<_> = attribute.as_str().unwrap_or_default().split('.').collect();
                let part = |part: &&str| !part.is_empty() && (*part == "*" || !part.contains('*'));
                if !(2..=3).contains(&parts.len()) || !parts.iter().all(part) {
                    found.push(format!("{attribute} is no attribute"));
                }
            }
        }
    }
    found
}

#[test]
fn every_file_is_what_its_service_documents() {
    let (plan, tree) = tree_of(&everything(ALL));
    assert_eq!(github(&read(&tree, FILES[1]), &tree[FILES[1]].text), [""; 0]);
    assert_eq!(gitlab(&read(&tree, FILES[2])), [""; 0]);
    let spec: Value = serde_json::from_str(&tree["crossloom/spec.json"].text).unwrap();
    assert_eq!(hydra(&spec), [""; 0]);
    assert_eq!(spec["crossloom"]["flake"], "git+https://git.example.org/me/toolchains?ref=main");
    let file = read(&tree, FILES[0]);
    assert_eq!(garnix(&file), [""; 0]);
    // Outputs of the flake by their whole names, so that each can be looked for.
    for name in strings(&file["builds"]["include"]) {
        let parts: Vec<_> = name.split('.').collect();
        let [output, system, name] = parts[..] else { panic!("{name}") };
        let plan = &plan.systems[&system.parse::<System>().unwrap()];
        match output {
            "packages" => assert!(plan.cells.iter().any(|cell| cell.full_name == name)),
            "checks" => assert!(plan.checks.iter().any(|check| check.name == name)),
            _ => panic!("{output}"),
        }
    }
    // A reader of YAML takes a bare asterisk for a reference.
    assert!(tree[FILES[0]].text.contains("- \"*.x86_64-darwin.*\"\n"));
}

/// The rules above do refuse: else the test above could not fail.
#[test]
fn what_services_refuse_is_found() {
    let (_, tree) = tree_of(&everything(ALL));
    let spec: Value = serde_json::from_str(&tree["crossloom/spec.json"].text).unwrap();
    let text = tree[FILES[1]].text.as_str();
    type Rules<'a> = &'a dyn Fn(&Value) -> Vec<String>;
    let refuses = |rules: Rules<'_>, file: &Value, pointer: &str, value: Value, said: &str| {
        let mut file = file.clone();
        let (parent, key) = pointer.rsplit_once('/').unwrap();
        let key = key.replace("~1", "/");
        match file.pointer_mut(parent).unwrap_or_else(|| panic!("{pointer} is nowhere")) {
            Value::Array(list) => list[key.parse::<usize>().unwrap()] = value,
            parent => parent[&key] = value,
        }
        let found = rules(&file);
        assert!(found.iter().any(|it| it.contains(said)), "{pointer}: {said}: {found:?}");
    };
    let workflow = read(&tree, FILES[1]);
    let rules: Rules<'_> = &|file| github(file, text);
    let job = "/jobs/build-x86_64-linux";
    let rows = vec![json!({ "job": "a", "minutes": 1 }); 257];
    for (place, value, said) in [
        ("needs", json!(["nobody"]), "is no job"),
        ("runs-on", json!("macos-15"), "a container on macos-15"),
        ("strategy/matrix/include", json!([]), "a matrix of 0 jobs"),
        ("strategy/matrix/include", json!(rows), "a matrix of 257 jobs"),
        ("strategy/matrix/include/0/minutes", json!(361), "361 minutes"),
        ("timeout-minutes", json!(0), "0 minutes"),
        ("steps/4/run", json!("echo ${{ matrix.job }}"), "an expression in"),
        ("name", json!("${{ matrix.colour }}"), "matrix.colour is nothing"),
        ("name", json!("${{ vars.COLOUR }}"), "vars.COLOUR is nothing"),
        ("name", json!("${{ secrets.COLOUR }}"), "secrets.COLOUR is nothing"),
    ] {
        refuses(rules, &workflow, &format!("{job}/{place}"), value, said);
    }
    let pipeline = read(&tree, FILES[2]);
    let of_stage =
        |(_, job): &(&String, &Value)| job["stage"] == "build" && job["extends"].to_string().contains("-linux");
    let (name, _) = pipeline.as_object().unwrap().iter().find(of_stage).unwrap();
    for (place, value, said) in [
        ("extends", json!(".nothing"), "extends \".nothing\""),
        ("stage", json!("later"), "is not listed"),
        ("needs", json!([name]), "no earlier job"),
        ("parallel/matrix/0/JOB", json!(vec!["a"; 201]), "a matrix of 201 jobs"),
        ("parallel/matrix/0/JOB", json!(["a".repeat(250)]), "more than 255"),
        ("needs", json!(["nobody"]), "no earlier job"),
        ("timeout", json!("10801 seconds"), "a timeout of"),
        ("timeout", json!("1 fortnight"), "a timeout of"),
    ] {
        refuses(&gitlab, &pipeline, &format!("/{name}/{place}"), value, said);
    }
    for (place, value, said) in [
        ("crossloom/colour", json!(1), "unknown key colour"),
        ("crossloom/enabled", json!(4), "enabled: 4"),
        ("crossloom/type", json!(0), "type 0"),
        ("crossloom/nixexprpath", json!("x"), "type 1"),
        ("crossloom/inputs", json!({ "x": 1 }), "type 1"),
        ("crossloom/schedulingshares", json!(0), "schedulingshares: 0"),
        ("crossloom/hidden", json!("no"), "hidden: \"no\""),
        ("enabled", json!(1), "something beside them"),
    ] {
        refuses(&hydra, &spec, &format!("/{place}"), value, said);
    }
    let file = read(&tree, FILES[0]);
    for (place, value, said) in [
        ("build", json!({}), "unknown key build"),
        ("builds/only", json!([]), "unknown key only"),
        ("builds/branch", json!(["main"]), "branch: "),
        ("builds/include", json!("packages.*.*"), "is no list"),
        ("builds/include/0", json!("packages"), "is no attribute"),
        ("builds/include/0", json!("packages.x86_64-linux.a.b"), "is no attribute"),
        ("builds/include/0", json!("packages.x86*.a"), "is no attribute"),
    ] {
        refuses(&garnix, &file, &format!("/{place}"), value, said);
    }
}

#[test]
fn there_is_a_job_for_each_cell_and_build_system() {
    let (plan, tree) = tree_of(&everything(ALL));
    let (cells, checks) = (buildable(&plan), checks(&plan));
    assert!(cells.len() > 10 && checks.len() > 5);
    let words = |system: &str, text: &str| -> Vec<(String, String)> {
        text.split(' ').map(|word| (system.to_owned(), word.to_owned())).collect()
    };

    let all: Vec<_> = cells.union(&checks).cloned().collect();
    let sorted = |mut built: Vec<(String, String)>| {
        built.sort();
        built
    };

    // The words of each job, which its script looks up.
    let mut listed: BTreeSet<(String, String)> = BTreeSet::new();
    let mut built: Vec<(String, String)> = Vec::new();
    for line in tree["crossloom/ci/jobs.txt"].text.lines().skip(1) {
        let parts: Vec<_> = line.split('\t').collect();
        let [system, job, text] = parts[..] else { panic!("{line}") };
        assert!(listed.insert((system.to_owned(), job.to_owned())), "{line}");
        if job != "shared" {
            built.extend(words(system, text));
        }
    }
    assert_eq!(sorted(built), all);

    let mut found: BTreeSet<(String, String)> = BTreeSet::new();
    for (id, job) in read(&tree, FILES[1])["jobs"].as_object().unwrap() {
        let Some((kind, system)) = id.split_once('-').filter(|(kind, _)| *kind != "crossloom") else { continue };
        assert_eq!(job["runs-on"].as_str().unwrap().starts_with("ubuntu"), system.ends_with("-linux"));
        assert_eq!(job["container"].is_object(), system.ends_with("-linux"));
        match kind {
            "shared" => drop(found.insert((system.to_owned(), kind.to_owned()))),
            _ => found.extend(
                job["strategy"]["matrix"]["include"]
                    .as_array()
                    .unwrap()
                    .iter()
                    .map(|row| (system.to_owned(), row["job"].as_str().unwrap().to_owned())),
            ),
        }
    }
    assert_eq!(found, listed);

    let mut found: BTreeSet<(String, String)> = BTreeSet::new();
    for (name, job) in read(&tree, FILES[2]).as_object().unwrap() {
        if job["stage"] == "shared" {
            found.insert((name.strip_prefix("shared ").unwrap().to_owned(), "shared".to_owned()));
        } else if job["stage"] == "build" {
            let names = strings(&job["parallel"]["matrix"][0]["JOB"]);
            found.extend(names.into_iter().map(|job| (name.clone(), job.to_owned())));
        }
    }
    assert_eq!(found, listed);

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
    assert_eq!(github(&workflow, &tree[FILES[1]].text), [""; 0]);
    assert_eq!(gitlab(&read(&tree, FILES[2])), [""; 0]);
    // Cells that differ in musl alone share their compiler, and each node that several jobs need has one job that builds it.
    let here = &plan.systems[&System::X86_64Linux];
    let jobs: Vec<Vec<&str>> = tree["crossloom/ci/jobs.txt"]
        .text
        .lines()
        .skip(1)
        .map(|line| line.rsplit('\t').next().unwrap().split(' ').collect())
        .collect();
    assert!(jobs.len() < here.cells.len() / 2, "{} jobs for {} cells", jobs.len(), here.cells.len());
    let node = |word: &&str| here.cells.iter().find(|cell| cell.is_called(word)).and_then(|cell| cell.node());
    let closures = jobs.iter().map(|words| {
        let nodes = words.iter().filter(|word| !here.checks.iter().any(|check| check.name == **word));
        here.closure(nodes.map(|word| node(word).unwrap_or(word)))
    });
    let closures: Vec<_> = closures.collect();
    for node in &here.nodes {
        let users = closures[1..].iter().filter(|closure| closure.contains(&node)).count();
        assert_eq!(closures[0].contains(&node), users > 1, "{} is in {users} jobs", node.name);
    }
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
        for word in ["http://", "debian.", "pypi", "crates.", "ghcr", "docker.", "quay", "/home", "/root", "/nix/"] {
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
            let text = Report::of(&error).to_string();
            assert!(text.contains("`surfaces` in [ci]"), "{text}");
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
        cells
            .map(|cell| &cell.full_name)
            .chain(checks)
            .map(|name| (system.to_string(), name.clone()))
            .collect::<Vec<_>>()
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
        let names: BTreeSet<_> = values[0].as_object().unwrap().keys().map(String::as_str).collect();
        let cells = plan.systems[&system].cells.iter();
        assert_eq!(names, cells.flat_map(|cell| [cell.name.as_str(), cell.full_name.as_str()]).collect());
    }
    // What another overlay put there stays.
    let beside = format!(
        "let prev = import {shape} {{ system = \"x86_64-linux\"; }} // {{ crossloom.other = 1; }}; \
         final = prev // (import {dir} {{ }}).overlays.default final prev; in builtins.attrNames final.crossloom"
    );
    let names = evaluate(&store, &beside).unwrap();
    assert!(names.as_array().unwrap().len() > 1 && names.as_array().unwrap().contains(&"other".into()), "{names}");
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
        // One is rendered in git, and here others may be; of them it is said what to do first.
        let is_rendered = example == "quickstart";
        assert!(!is_rendered || strings(&template["files"]).contains(&"crossloom"));
        assert_eq!(template["description"].as_str().unwrap().contains("crossloom generate"), !is_rendered, "{name}");
    }
    examples.insert("default".to_owned());
    assert_eq!(values["templates"].as_object().unwrap().keys().cloned().collect::<BTreeSet<_>>(), examples);
    let systems: BTreeSet<_> = strings(&values["systems"]).into_iter().collect();
    assert_eq!(systems, System::WORDS.iter().copied().collect());
    assert_eq!(strings(&values["tree"]), ["aarch64-linux", "x86_64-linux"]);
    assert_eq!((&values["seed"], &values["overlay"]), (&json!("x86_64-linux"), &json!(true)));
    assert!(strings(&values["jobs"]).contains(&"all-valgrind-darwin"));
}
