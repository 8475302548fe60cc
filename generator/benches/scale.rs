//! `make bench`: what 218 cells cost beside the quickstart's 6, to generate, for Nix to evaluate, and from nothing but
//! matrix and locks to a flake that Nix has evaluated.
//!
//! Whole programs are measured, as a user runs them: in turn, so that a busy machine is busy for all of them, and each
//! time in a fresh directory with a fresh store. The numbers are printed, and none is asserted; what is asserted is
//! that the matrices are the ones meant.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::mem::MaybeUninit;
use std::os::unix::process::ExitStatusExt;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::time::{Duration, Instant};

// The store that tests share names the crate's modules from the root.
use crossloom::testing::nix;
use tempfile::TempDir;

#[expect(dead_code, reason = "tests use the rest")]
#[path = "../tests/support/temporary_store.rs"]
mod temporary_store;

use temporary_store::Store;

/// Counted runs of each program, after one that is not counted.
const RUNS: usize = 5;
/// How many toolchains Bootlin publishes.
const MANY: usize = 218;
/// The build machine of every cell. Evaluation is the same on any machine.
const SYSTEM: &str = "x86_64-linux";

/// What is measured, in the order in which it is run.
const STEPS: [&str; 4] = ["generate", "evaluate first", "evaluate again", "generate, check flake"];

/// What one process took.
struct Cost {
    wall: Duration,
    /// User and system time together.
    cpu: Duration,
    /// Peak resident memory in bytes.
    memory: u64,
}

impl Cost {
    /// What this took and what was done before it.
    fn after(&self, before: &Cost) -> Cost {
        let memory = self.memory.max(before.memory);
        Cost { wall: before.wall + self.wall, cpu: before.cpu + self.cpu, memory }
    }
}

/// A value of a [`Cost`] that is shown, in the unit of its column.
type Value = fn(&Cost) -> f64;

const VALUES: [(&str, Value); 3] = [
    ("wall, ms", |cost| cost.wall.as_secs_f64() * 1e3),
    ("user + system, ms", |cost| cost.cpu.as_secs_f64() * 1e3),
    ("peak memory, MiB", |cost| cost.memory as f64 / f64::from(1 << 20)),
];

/// A matrix with its locks.
struct Project {
    directory: TempDir,
    cells: usize,
    /// Costs of each of [`STEPS`].
    costs: [Vec<Cost>; STEPS.len()],
}

fn main() {
    // `cargo test --all-targets` runs this without the argument, on a build that is not worth measuring.
    let runs = if std::env::args().any(|arg| arg == "--bench") { RUNS } else { 1 };
    let directory = tempfile::tempdir().expect("a temporary directory");
    // A build that ends meanwhile would change the program between two runs.
    let program = directory.path().join("crossloom");
    fs::copy(env!("CARGO_BIN_EXE_crossloom"), &program).expect("a copy of crossloom");

    let mut projects = [few(&program), many(&program)];
    let nix = find_nix();
    for run in 0..=runs {
        for project in &mut projects {
            let costs = measure(&program, project, nix.is_some());
            if run > 0 {
                project.costs.iter_mut().zip(costs).for_each(|(all, cost)| all.extend(cost));
            }
        }
    }

    println!("{}", nix.as_deref().unwrap_or("no Nix"));
    for project in &projects {
        println!("{}", describe(&program, project));
    }
    report(&projects, runs);
}

/// The quickstart's matrix, for one build system as the other is.
fn few(program: &Path) -> Project {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../examples/quickstart/matrix.toml");
    let mut table: toml::Table = fs::read_to_string(path).expect("a matrix").parse().expect("TOML");
    table["build"]["systems"] = toml::Value::from(vec![SYSTEM]);
    let project = project(program, &table.to_string());
    assert_eq!(project.cells, 6, "the quickstart's cells");
    project
}

fn many(program: &Path) -> Project {
    let text = include_str!("218-cells.toml");
    let project = project(program, text);
    assert_eq!(project.cells, MANY, "the cells of 218-cells.toml");
    let schema = Command::new(program).arg("schema").output().expect("a schema");
    let schema: serde_json::Value = serde_json::from_slice(&schema.stdout).expect("a schema in JSON");
    let all = &schema["properties"]["musl-gcc"]["properties"]["targets"]["items"]["enum"];
    let all: BTreeSet<_> = all.as_array().into_iter().flatten().filter_map(serde_json::Value::as_str).collect();
    let matrix: toml::Table = text.parse().expect("TOML");
    let targets = matrix["musl-gcc"]["targets"].as_array().into_iter().flatten();
    let targets: BTreeSet<_> = targets.filter_map(toml::Value::as_str).collect();
    assert_eq!(targets, all, "the targets of 218-cells.toml, and all there are");
    project
}

/// Writes a matrix and locks it.
fn project(program: &Path, text: &str) -> Project {
    let directory = tempfile::tempdir().expect("a temporary directory");
    fs::write(directory.path().join("matrix.toml"), text).expect("matrix.toml");
    run(Command::new(program).args(["--quiet", "lock"]).current_dir(directory.path()));
    let cells = plan(program, directory.path())["cells"].as_array().map_or(0, Vec::len);
    Project { directory, cells, costs: Default::default() }
}

/// What `nix --version` prints; nothing, and a word about it, where there is no Nix.
fn find_nix() -> Option<String> {
    let store = Store::new()?;
    Some(store.run("nix", ["--version"]).trim().to_owned())
}

/// Takes each step once, where nothing was rendered or instantiated yet.
fn measure(program: &Path, project: &Project, nix: bool) -> [Option<Cost>; STEPS.len()] {
    let fresh = tempfile::tempdir().expect("a temporary directory");
    for name in ["matrix.toml", "matrix.lock", "flake.lock"] {
        fs::copy(project.directory.path().join(name), fresh.path().join(name)).expect(name);
    }
    let generation = run(Command::new(program).args(["--quiet", "generate"]).current_dir(fresh.path()));
    if !nix {
        return [Some(generation), None, None, None];
    }
    // The user's own store would hold the derivations after the first run, and would keep them.
    let store = Store::new().expect("Nix was there just now");
    store.run("nix-store", ["--init"]);
    let attribute = format!("packages.{SYSTEM}");
    let instantiate = || {
        let arguments = ["crossloom/default.nix", "--attr", &attribute];
        run(store.nix.command("nix-instantiate", arguments).current_dir(fresh.path()))
    };
    // At first every derivation is also written and registered; then evaluation is all that there is to do.
    let (first, again) = (instantiate(), instantiate());
    let written = fs::read_dir(store.root.join("nix/store")).expect("a store").flatten();
    let written = written.filter(|entry| entry.file_name().to_string_lossy().ends_with(".drv")).count();
    assert!(written > project.cells, "{written} derivations for {} cells", project.cells);
    let flake = check_flake(program, fresh.path()).after(&generation);
    [Some(generation), Some(first), Some(again), Some(flake)]
}

/// Has Nix evaluate all that the rendered flake gives, with a store that knows nothing of it.
fn check_flake(program: &Path, directory: &Path) -> Cost {
    let store = Store::new().expect("Nix was there just now");
    store.run("nix-store", ["--init"]);
    let flake = format!("path:{}", directory.display());
    let mut command = Command::new(program);
    command.args(["--quiet", "nix", "flake", "check", "--no-build", "--no-update-lock-file", &flake]);
    run(command.env("NIX_REMOTE", format!("local?root={}", store.root.display())).current_dir(directory))
}

/// Runs a command to its end, and panics with what it says unless it succeeds.
#[expect(clippy::zombie_processes, reason = "`wait` does wait for it")]
fn run(command: &mut Command) -> Cost {
    // A file and not a pipe: nobody reads while the command runs.
    let messages = tempfile::NamedTempFile::new().expect("a temporary file");
    let stderr = File::create(messages.path()).expect("a temporary file");
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
    let start = Instant::now();
    let child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let (status, usage) = wait(child.id());
    let wall = start.elapsed();
    assert!(status.success(), "{command:?}: {status}\n{}", fs::read_to_string(messages.path()).unwrap_or_default());
    let time =
        |time: libc::timeval| Duration::from_secs(time.tv_sec as u64) + Duration::from_micros(time.tv_usec as u64);
    // Bytes on macOS, KiB elsewhere. On Linux a process starts with the peak of the one that started it: 3 MiB here, as
    // long as nothing large is done in this one before the last measurement.
    let unit = if cfg!(target_vendor = "apple") { 1 } else { 1 << 10 };
    Cost { wall, cpu: time(usage.ru_utime) + time(usage.ru_stime), memory: usage.ru_maxrss as u64 * unit }
}

/// Waits for one child of this process. The standard library would not tell what it used.
fn wait(child: u32) -> (ExitStatus, libc::rusage) {
    let child = libc::pid_t::try_from(child).expect("a process number");
    let mut status = 0;
    let mut usage = MaybeUninit::zeroed();
    loop {
        // SAFETY: both pointers are to values that outlive the call, and all zeros are a valid `rusage`.
        let (waited, usage) = unsafe {
            let waited = libc::wait4(child, &mut status, 0, usage.as_mut_ptr());
            (waited, usage.assume_init())
        };
        if waited == child {
            return (ExitStatus::from_raw(status), usage);
        }
        let error = std::io::Error::last_os_error();
        assert_eq!(error.kind(), std::io::ErrorKind::Interrupted, "{error}");
    }
}

/// The plan of a matrix for the one build system.
fn plan(program: &Path, directory: &Path) -> serde_json::Value {
    let plan = Command::new(program).args(["plan", "--json"]).current_dir(directory).output().expect("a plan");
    let mut plan: serde_json::Value = serde_json::from_slice(&plan.stdout).expect("a plan in JSON");
    let systems = plan["systems"].as_object().map(|systems| systems.keys().map(String::as_str).collect::<Vec<_>>());
    assert_eq!(systems.as_deref(), Some(&[SYSTEM][..]), "the build systems of the matrix");
    plan["systems"][SYSTEM].take()
}

/// What a project's matrix stands for, and what is rendered for it.
fn describe(program: &Path, project: &Project) -> String {
    let directory = project.directory.path();
    run(Command::new(program).args(["--quiet", "generate"]).current_dir(directory));
    let system = plan(program, directory);
    let count = |what: &str| system[what].as_array().map_or(0, Vec::len);
    assert_eq!(count("cells"), project.cells, "cells of the plan");
    let mut files = vec![directory.join("flake.nix")];
    files_below(&directory.join("crossloom"), &mut files);
    let size = |path: &PathBuf| fs::metadata(path).expect("a rendered file").len();
    let bytes: u64 = files.iter().map(size).sum();
    let largest = files.iter().max_by_key(|path| size(path)).expect("files");
    format!(
        "{} cells: {} nodes, {} files, {bytes} bytes ({} of them {})",
        project.cells,
        count("nodes"),
        files.len(),
        size(largest),
        largest.strip_prefix(directory).unwrap_or(largest).display(),
    )
}

fn files_below(folder: &Path, files: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a rendered folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() { files_below(&path, files) } else { files.push(path) }
    }
}

/// Minimum, median and maximum of what was measured.
fn spread(costs: &[Cost], value: Value) -> [f64; 3] {
    let mut values: Vec<f64> = costs.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    [values[0], values[values.len() / 2], values[values.len() - 1]]
}

fn report(projects: &[Project; 2], runs: usize) {
    let row = |label: &str, columns: [String; VALUES.len()]| {
        println!("{label:<32}{}", columns.map(|column| format!("{column:>28}")).concat());
    };
    println!("\nMedian of {runs} runs (minimum to maximum)");
    row("", VALUES.map(|(name, _)| name.to_owned()));
    for (step, name) in STEPS.iter().enumerate() {
        for project in projects.iter().filter(|project| !project.costs[step].is_empty()) {
            let columns = VALUES.map(|(_, value)| {
                let [minimum, median, maximum] = spread(&project.costs[step], value);
                format!("{median:.1} ({minimum:.1} to {maximum:.1})")
            });
            row(&format!("{name}, {} cells", project.cells), columns);
        }
    }
    println!("\nRatios of medians");
    let ratio = |label: &str, above: &[Cost], below: &[Cost]| {
        if !above.is_empty() && !below.is_empty() {
            row(label, VALUES.map(|(_, value)| format!("{:.2}", spread(above, value)[1] / spread(below, value)[1])));
        }
    };
    let [few, many] = projects;
    for (step, name) in STEPS.iter().enumerate() {
        ratio(&format!("{name}, {} / {}", many.cells, few.cells), &many.costs[step], &few.costs[step]);
    }
    for project in projects {
        for (step, name) in STEPS.iter().enumerate().skip(1) {
            let label = format!("{name} / generate, {} cells", project.cells);
            ratio(&label, &project.costs[step], &project.costs[0]);
        }
    }
}
