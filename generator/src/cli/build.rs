//! `crossloom build`: fetches what cells need, builds them with Nix, prints where they are.

use std::io::{BufRead, BufReader, IsTerminal};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use clap::Args;
use indicatif::{ProgressBar, ProgressStyle};

use super::fetch::{busybox_path, cache, for_names, this_system};
use super::project::Project;
use super::{MatrixArgs, Outcome, Result};
use crate::nix::driver::Nix;
use crate::output;
use crate::plan::SystemPlan;
use crate::platform::System;
use crate::render::header::bears_header;

#[derive(Debug, Args)]
pub struct BuildArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    /// Cells and checks, as `crossloom plan` lists them; or single nodes.
    #[arg(value_name = "CELL|CHECK|NODE", required = true)]
    names: Vec<String>,
    /// Make a link to the result here.
    #[arg(short, long, value_name = "LINK")]
    out_link: Option<PathBuf>,
    /// Build what is there already a second time, every node of it, and exit 1 when one comes out different.
    #[arg(long)]
    rebuild: bool,
}

#[derive(Debug, thiserror::Error)]
pub(super) enum BuildError {
    #[error("cannot make {path}\nhint: set XDG_CACHE_HOME to a folder that can be written to")]
    Folder {
        path: String,
        #[source]
        source: std::io::Error,
    },
    #[error(
        "{system} has no seed, and this command builds from one\nhint: the flake builds from nixpkgs there: nix build .#NAME"
    )]
    NoSeed { system: System },
    #[error(
        "Nix built nothing\nhint: its own words stand above; `crossloom generate --check` tells whether the tree is as rendered"
    )]
    Nothing,
    #[error("{node} could not be built\nhint: `nix log <its .drv>` shows the whole log")]
    Failed { node: String },
    #[error("cannot run {program}")]
    Run {
        program: String,
        #[source]
        source: std::io::Error,
    },
}

/// How long the terminal stays silent where no bar can be drawn.
const SILENCE: Duration = Duration::from_secs(60);

/// Runs the command.
pub fn run(args: &BuildArgs, quiet: bool) -> Result<Outcome> {
    let project = Project::open(&args.matrix.matrix)?;
    let index = project.index()?;
    let system = this_system()?;
    let nix = located(&project, system)?;
    let plan = project.plan()?;
    project.current(&plan)?;
    for_names(&nix, &project, &plan, system, &args.names, quiet)?;

    let mut command = vec![index.display().to_string(), "--no-build-output".to_owned()];
    let attributes = plan.systems.get(&system).map(|plan| attributes(plan, &args.names, args.rebuild));
    for attribute in attributes.unwrap_or_default() {
        command.extend(["-A".to_owned(), attribute.replace('@', system.as_str())]);
    }
    match &args.out_link {
        Some(link) => command.extend(["--out-link".to_owned(), link.display().to_string()]),
        None => command.push("--no-out-link".to_owned()),
    }
    if args.rebuild {
        command.push("--check".to_owned());
    }
    let ended = watch(nix.command("nix-build", &command), quiet)?;
    if ended.ok {
        super::say(&ended.stdout)?;
    } else {
        ended.show();
        if !ended.differs() {
            return Err(ended.failed().into());
        }
        tracing::error!("{} comes out different when it is built again", ended.node.unwrap_or_default());
        return Ok(Outcome::Found);
    }
    Ok(Outcome::Fine)
}

#[derive(Debug, Args)]
pub struct NixArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    /// What to run, e.g. `build .#musl-gcc-x86_64-linux-musl`.
    #[arg(trailing_var_arg = true, allow_hyphen_values = true, required = true, value_name = "ARG")]
    args: Vec<String>,
}

/// Runs `nix` as `crossloom build` would: with flakes, sandboxed, offline, and with the sandbox's /bin/sh.
pub fn nix(args: &NixArgs) -> Result<Outcome> {
    let project = Project::open(&args.matrix.matrix)?;
    let nix = located(&project, this_system()?)?;
    let run = |source| BuildError::Run { program: "nix".to_owned(), source };
    let mut all = vec!["--offline".to_owned()];
    let mut rest = &args.args[..];
    if let [command, behind @ ..] = rest
        && command == "develop"
        && let Some(flake) = without_nixpkgs(behind)?
    {
        all.extend([command.clone(), "--override-input".to_owned(), "nixpkgs".to_owned(), flake]);
        rest = behind;
    }
    all.extend_from_slice(rest);
    let status = nix.command("nix", &all).status().map_err(run)?;
    // As a shell would: what Nix itself answered.
    Ok(Outcome::Code(status.code().and_then(|code| u8::try_from(code).ok()).unwrap_or(2)))
}

/// What takes the place of nixpkgs in `nix develop` with these arguments, from whose nixpkgs Nix wants an interactive bash: where it finds none, it
/// takes the one on PATH, which is the seed's, and else downloads nixpkgs and builds one. Nothing for a flake that is not
/// rendered, or where nixpkgs is what the shell is made with.
fn without_nixpkgs(args: &[String]) -> Result<Option<String>> {
    let before = args.iter().take_while(|arg| !matches!(arg.as_str(), "-c" | "--command"));
    let before: Vec<&str> = before.map(String::as_str).collect();
    let folder = |arg: &&str| arg.contains('#') || Path::new(arg).is_dir();
    let reference = before.iter().copied().filter(|arg| !arg.starts_with('-')).find(folder).unwrap_or(".");
    let folder = reference.split('#').next().unwrap_or_default().trim_start_matches("path:");
    let flake = Path::new(if folder.is_empty() { "." } else { folder }).join("flake.nix");
    let rendered = std::fs::read(flake).is_ok_and(|bytes| bears_header(&bytes));
    if !rendered || !cfg!(target_os = "linux") || before.contains(&"--override-input") {
        return Ok(None);
    }
    const EMPTY: &str = "{ outputs = _: { }; }\n";
    let empty = cache()?.join("empty-flake");
    std::fs::create_dir_all(&empty)
        .map_err(|source| BuildError::Folder { path: empty.display().to_string(), source })?;
    let file = empty.join("flake.nix");
    // Written again it would be another input to Nix.
    if !std::fs::read(&file).is_ok_and(|bytes| bytes == EMPTY.as_bytes()) {
        output::write_file(&file, EMPTY)?;
    }
    Ok(Some(format!("path:{}", empty.display())))
}

/// Nix with what the seed needs: a sandbox has no /bin/sh unless it is given one.
pub(super) fn located(project: &Project, system: System) -> Result<Nix> {
    let nix = Nix::locate()?;
    let seeds = project.seeds()?;
    let Some(seed) = seeds.get(&system) else {
        if system.is_linux() {
            // The matrix is not for this machine; what it renders can still be looked at here.
            return Ok(nix);
        }
        return Err(BuildError::NoSeed { system }.into());
    };
    // A sandbox is given what is on this machine, whatever the path is called in the store.
    let busybox = nix.real(&busybox_path(seed.busybox.nar)?);
    Ok(nix.with_shell(&busybox.join("bin/busybox"))?)
}

/// Where in the rendered tree the names are; `@` stands for the system. A cell is put together from nodes, and building
/// the cell again would only put it together again: to rebuild it is to rebuild all of them.
fn attributes(plan: &SystemPlan, names: &[String], rebuild: bool) -> Vec<String> {
    let mut attributes = Vec::new();
    for name in names {
        let cell = plan.cells.iter().find(|cell| cell.name == *name);
        if let (Some(cell), true) = (cell, rebuild) {
            let nodes = plan.closure(cell.node());
            attributes.extend(nodes.iter().map(|node| format!("legacyPackages.@.{}", node.name)));
        } else if cell.is_some() {
            attributes.push(format!("packages.@.{name}"));
        } else if plan.checks.iter().any(|check| check.name == *name) {
            attributes.push(format!("checks.@.{name}"));
        } else if plan.cells.iter().any(|cell| cell.shell.as_ref().is_some_and(|shell| shell.name == *name)) {
            attributes.push(format!("devShells.@.{name}"));
        } else {
            attributes.push(format!("legacyPackages.@.{name}"));
        }
    }
    attributes
}

/// How one of Nix's programs that build ended.
pub(super) struct Ended {
    pub ok: bool,
    /// On success the results' paths.
    pub stdout: String,
    /// What was built last, if anything.
    pub node: Option<String>,
    /// The last lines of what it said.
    pub tail: Vec<String>,
}

impl Ended {
    /// Prints Nix's last words.
    pub fn show(&self) {
        for line in &self.tail {
            eprintln!("{line}");
        }
    }

    /// Whether a second build was not what the first one was: Nix's words since 2.0.
    pub fn differs(&self) -> bool {
        !self.ok && self.tail.iter().any(|line| line.contains("may not be deterministic"))
    }

    /// The error that this is.
    pub fn failed(&self) -> BuildError {
        // With several jobs the one that began last need not be the one that failed.
        let failed = self.tail.iter().rev().find_map(|line| {
            let path =
                line.strip_prefix("error: builder for '").or_else(|| line.strip_prefix("error: Cannot build '"))?;
            path.split('\'').next()?.rsplit('/').next()?.strip_suffix(".drv")?.get(33..)
        });
        match failed.map(str::to_owned).or_else(|| self.node.clone()) {
            Some(node) => BuildError::Failed { node },
            None => BuildError::Nothing,
        }
    }
}

/// Runs one of Nix's programs and shows which node is being built, and for how long.
pub(super) fn watch(mut command: Command, quiet: bool) -> Result<Ended> {
    let program = command.get_program().display().to_string();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let run = |source| BuildError::Run { program: program.clone(), source };
    let mut child = command.spawn().map_err(run)?;
    let (sender, lines) = mpsc::channel();
    let stderr = child.stderr.take();
    let reader = std::thread::spawn(move || {
        // A log may hold any bytes.
        for line in stderr.into_iter().flat_map(|pipe| BufReader::new(pipe).split(b'\n').map_while(|line| line.ok())) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });
    let stdout = child.stdout.take();
    let output = std::thread::spawn(move || {
        let mut text = String::new();
        if let Some(mut pipe) = stdout {
            let _ = std::io::Read::read_to_string(&mut pipe, &mut text);
        }
        text
    });
    let (node, tail) = show(&lines, quiet);
    let status = child.wait().map_err(run)?;
    let _ = reader.join();
    let stdout = output.join().unwrap_or_default();
    Ok(Ended { ok: status.success(), stdout, node, tail })
}

/// Shows progress until the build ends; returns the node that was built last, if any, and the last lines.
fn show(lines: &mpsc::Receiver<String>, quiet: bool) -> (Option<String>, Vec<String>) {
    let bar = if quiet || !std::io::stderr().is_terminal() {
        ProgressBar::hidden()
    } else {
        let style = ProgressStyle::with_template("{spinner} {elapsed_precise} {wide_msg}");
        ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
    };
    bar.enable_steady_tick(Duration::from_millis(200));
    let mut tail: Vec<String> = Vec::new();
    let mut node = None;
    let (mut since, mut said) = (Instant::now(), Instant::now());
    loop {
        match lines.recv_timeout(Duration::from_secs(1)) {
            Ok(line) => {
                if let Some(name) = building(&line) {
                    finish(&bar, node.as_deref(), since, quiet);
                    since = Instant::now();
                    said = since;
                    bar.set_message(format!("building {name}"));
                    if bar.is_hidden() && !quiet {
                        eprintln!("building {name}");
                    }
                    node = Some(name.to_owned());
                } else {
                    tail.push(line);
                    if tail.len() > 40 {
                        tail.remove(0);
                    }
                }
            }
            Err(mpsc::RecvTimeoutError::Timeout) => {
                if bar.is_hidden() && !quiet && said.elapsed() >= SILENCE {
                    said = Instant::now();
                    let node = node.as_deref().unwrap_or("evaluation");
                    eprintln!("  {node}: {} min so far", since.elapsed().as_secs() / 60);
                }
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
    }
    finish(&bar, node.as_deref(), since, quiet);
    bar.finish_and_clear();
    (node, tail)
}

fn finish(bar: &ProgressBar, node: Option<&str>, since: Instant, quiet: bool) {
    if let (Some(node), false) = (node, quiet) {
        let line = format!("  {node}: {} s", since.elapsed().as_secs());
        if bar.is_hidden() { eprintln!("{line}") } else { bar.println(line) }
    }
}

/// The node that a line of nix-build's says is being built: the derivation's name without its hash.
fn building(line: &str) -> Option<&str> {
    let rest = line.strip_prefix("building '").or_else(|| line.strip_prefix("checking outputs of '"))?;
    let path = rest.split('\'').next()?;
    let name = path.rsplit('/').next()?.strip_suffix(".drv")?;
    name.get(33..)
}
