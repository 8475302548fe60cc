//! The command line. Data goes to stdout, everything else to stderr; 0 is fine, 1 a check that found something stale or
//! different, 2 an error.

mod audit;
mod build;
mod diff;
mod digests;
mod edit;
mod export;
mod fetch;
mod format;
mod gc;
mod list;
mod manual;
mod page;
mod plan;
mod progress;
mod project;
mod push;
mod query;
mod sdk;
mod seed;
mod table;
mod upgrade;
mod verify;

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{ArgAction, Args, FromArgMatches, Parser, Subcommand};
use miette::Diagnostic;
use serde_json::Value;
use tracing_subscriber::EnvFilter;
use tracing_subscriber::filter::LevelFilter;

use crate::input::{self, Kind};
use crate::matrix::SCHEMA_TITLE;
use crate::platform::System;
use crate::project::ProjectError;
use crate::report::Report;
use crate::word::Word;
use page::{Page, Use};
use project::Mode;

/// Generates Nix derivations for cross toolchains from a target matrix.
#[derive(Debug, Parser)]
#[command(version, max_term_width = 100)]
pub struct Cli {
    #[command(subcommand)]
    command: Command,

    /// Print errors only.
    #[arg(short, long, global = true)]
    quiet: bool,

    /// Print more about what is done; -vv prints everything.
    #[arg(short, long, global = true, action = ArgAction::Count, conflicts_with = "quiet")]
    verbose: u8,
}

/// The matrix of a command.
#[derive(Debug, Args)]
pub struct MatrixArgs {
    /// The matrix, or its folder. All other files are read and written beside it. [default: matrix.toml in this folder, or in
    /// the nearest one above it that has one]
    #[arg(short, long, value_name = "FILE")]
    matrix: Option<PathBuf>,
}

impl MatrixArgs {
    /// The matrix that is meant, which may lie in a folder above.
    fn find(&self) -> Result<PathBuf> {
        match &self.matrix {
            Some(path) => Ok(path.clone()),
            None => Ok(crate::project::nearest()?),
        }
    }

    /// Whether the command line names it.
    fn is_given(&self) -> bool {
        self.matrix.is_some()
    }

    /// The matrix that is to be written.
    fn here(&self) -> PathBuf {
        self.matrix.clone().unwrap_or_else(|| PathBuf::from(crate::project::MATRIX_NAME))
    }
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write a first matrix.toml.
    Init(project::InitArgs),
    /// Add targets to the matrix.
    Add(edit::EditArgs),
    /// Remove targets from the matrix.
    Remove(edit::EditArgs),
    /// Bring locks and rendered files up to date with the matrix: `lock`, then `generate`.
    Sync(edit::SyncArgs),
    /// Print the families, or the keys, targets and versions of one family.
    List(list::ListArgs),
    /// Read the matrix and its locks, and print every problem.
    Check {
        #[command(flatten)]
        matrix: MatrixArgs,
        /// Print JSON: the problems with their places.
        #[arg(long)]
        json: bool,
    },
    /// Write matrix.lock, with an address and a hash for every source, and flake.lock.
    Lock {
        #[command(flatten)]
        matrix: MatrixArgs,
        /// Take a source from the catalogue again: a package (`gcc`), a release (`gcc-14.2.0`) or `nixpkgs`.
        #[arg(long, value_name = "NAME")]
        update: Vec<String>,
        /// Write nothing; exit 1 if a lock is stale.
        #[arg(long)]
        check: bool,
        /// Print JSON: the files that are stale.
        #[arg(long, requires = "check")]
        json: bool,
    },
    /// Print the versions that the matrix builds from, beside the newest; exit 1 if `upgrade` would change one.
    Outdated(upgrade::OutdatedArgs),
    /// Take newer versions: in the lock for shorthands such as "15", in the matrix for exact versions.
    Upgrade(upgrade::UpgradeArgs),
    /// Render the matrix as Nix: the folder crossloom/ and flake.nix beside it.
    Generate {
        #[command(flatten)]
        matrix: MatrixArgs,
        /// Write nothing; print a diff and exit 1 if a file differs from what would be written.
        #[arg(long)]
        check: bool,
        /// Print JSON: the files that differ, in place of a diff.
        #[arg(long, requires = "check")]
        json: bool,
        /// Do not write flake.nix.
        #[arg(long)]
        no_flake: bool,
    },
    /// Download everything that the matrix needs, check it, and add it to the Nix store.
    Fetch(fetch::FetchArgs),
    /// Print the cells and checks that the matrix stands for.
    Plan(plan::PlanArgs),
    /// Print how to build for a target: the names of its tools, and where its headers and libraries are.
    Query(query::QueryArgs),
    /// Print which cells would be rebuilt, and why, compared with another matrix.
    Diff(diff::DiffArgs),
    /// Download what is missing, build cells, checks or nodes, and print their store paths.
    Build(build::BuildArgs),
    /// Copy finished builds into a binary cache or to another machine, signed.
    Push(push::PushArgs),
    /// Unpack the archive of a built toolchain to a folder, which works without Nix.
    Export(export::ExportArgs),
    /// Build nodes a second time and compare, or compare with another party's builds.
    Verify(verify::VerifyArgs),
    /// Print the hashes of nodes that this machine built, for others to compare with.
    Digests(digests::DigestsArgs),
    /// Print the size of the cache, and remove what nothing needs: old downloads, and projects of `build --target`.
    Gc(gc::GcArgs),
    /// Run `nix` with the settings that the seed needs, e.g. `crossloom nix develop .#x86_64-linux-musl`.
    Nix(build::NixArgs),
    /// Format Nix files in the official style, which rendered files have.
    Format(format::FormatArgs),
    /// Find the parts of a source tree that break when it is cross-compiled.
    Audit(audit::AuditArgs),
    /// Import your own macOS SDK.
    Sdk {
        #[command(subcommand)]
        command: sdk::SdkCommand,
    },
    /// Lock, fetch and show the pinned Debian packages that everything on Linux is built with.
    Seed {
        #[command(subcommand)]
        command: seed::SeedCommand,
    },
    /// Print the JSON Schema of matrix.toml.
    Schema {
        /// Write it to this file.
        #[arg(long, value_name = "FILE")]
        write: Option<PathBuf>,
    },
    /// Print a completion script for a shell.
    Completions(manual::CompletionsArgs),
    /// Print the manual page crossloom(1), or write the pages of all commands.
    Man(manual::ManArgs),
}

/// The page of the program.
pub const PAGE: Page = Page {
    command: "",
    examples: &[
        ("crossloom init", "writes a first matrix.toml; then:"),
        ("crossloom sync", "writes where every source is with its hash, flake.nix and the folder crossloom/"),
        ("crossloom plan", "prints the cells that the matrix stands for"),
        ("crossloom build {cell}", "builds one of them"),
    ],
    uses: &[Use::Project, Use::Rendered, Use::Nix, Use::Network],
    found: "a check found something; each command's own page says when",
};

/// The page of `schema`.
pub const SCHEMA: Page = Page {
    command: "schema",
    examples: &[("crossloom schema --write matrix.schema.json", "writes the JSON Schema, for completion in an editor")],
    uses: &[],
    found: "",
};

/// The result of a command that did its work.
pub enum Outcome {
    /// Nothing to complain about.
    Fine,
    /// A check found something stale or different and has said so.
    Found,
    /// Another program ran in this one's place and ended with this code.
    Code(u8),
}

type Result<T> = std::result::Result<T, Box<dyn Diagnostic + Send + Sync>>;

/// Runs the program on the process's arguments.
pub fn run() -> ExitCode {
    manual::complete();
    let cli = match manual::command().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches)) {
        Ok(cli) => cli,
        // The text of --help is such an error, too, and has to reach its reader.
        Err(error) => {
            let code = u8::try_from(error.exit_code()).unwrap_or(2);
            return match error.print() {
                // Who reads no further has read enough.
                Err(cause) if cause.kind() != ErrorKind::BrokenPipe => {
                    report(&PrintError::Stdout(cause));
                    ExitCode::from(2)
                }
                _ => ExitCode::from(code),
            };
        }
    };
    let filter = match log_filter(std::env::var_os(LOG).as_deref(), cli.quiet, cli.verbose) {
        Ok(filter) => filter,
        Err(error) => {
            report(&error);
            return ExitCode::from(2);
        }
    };
    tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(std::io::stderr)
        .with_ansi(anstream::AutoStream::choice(&std::io::stderr()) != anstream::ColorChoice::Never)
        // The message would go to standard error, too, and end the program with a panic.
        .log_internal_errors(false)
        .without_time()
        .with_target(false)
        .init();
    match dispatch(cli.command, cli.quiet) {
        Ok(Outcome::Fine) => ExitCode::SUCCESS,
        Ok(Outcome::Found) => ExitCode::from(1),
        Ok(Outcome::Code(code)) => ExitCode::from(code),
        Err(error) => {
            report(error.as_ref());
            ExitCode::from(2)
        }
    }
}

/// The variable that says what is logged.
const LOG: &str = "CROSSLOOM_LOG";

/// The value of [`LOG`] is not a filter.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{LOG} is {value:?}, which is not a level")]
#[diagnostic(help("set it to one of error, warn, info, debug, trace, off; or to MODULE=LEVEL, e.g. crossloom=debug"))]
struct LogError {
    value: String,
}

/// The value of an option for a kind of build machine.
fn parse_system(text: &str) -> std::result::Result<System, String> {
    text.parse().map_err(|_| match System::meant(text) {
        Some(system) => format!("did you mean {system}?"),
        None => format!("expected one of {}", System::WORDS.join(", ")),
    })
}

/// The filter of the log. The library takes an unknown word for a module, so a misspelt level would silence everything.
fn log_filter(value: Option<&OsStr>, quiet: bool, verbose: u8) -> std::result::Result<EnvFilter, LogError> {
    let Some(value) = value.filter(|value| !value.is_empty()) else {
        // Libraries say much that is of no use to anybody.
        return Ok(EnvFilter::new(match (quiet, verbose) {
            (true, _) => "error",
            (false, 0) => "info",
            (false, 1) => "info,crossloom=debug",
            (false, _) => "info,crossloom=trace",
        }));
    };
    let bad = || LogError { value: value.to_string_lossy().into_owned() };
    let text = value.to_str().ok_or_else(bad)?;
    let is_module = |word: &str| word.starts_with("crossloom") || word.contains(['=', ':', '[']);
    let known = |word: &str| is_module(word) || word.parse::<LevelFilter>().is_ok();
    if !text.split(',').all(|word| known(word.trim())) {
        return Err(bad());
    }
    EnvFilter::try_new(text).map_err(|_| bad())
}

/// Output that could not be made or written.
#[derive(Debug, thiserror::Error, Diagnostic)]
enum PrintError {
    #[error("cannot write to standard output")]
    Stdout(#[source] std::io::Error),
    #[error("cannot be written as JSON")]
    Json(#[source] serde_json::Error),
    #[error("cannot make the manual page")]
    Page(#[source] std::io::Error),
}

/// Writes data to standard output. A reader that has seen enough and closes the pipe causes no error.
fn say(text: &str) -> Result<()> {
    use std::io::Write;
    match std::io::stdout().lock().write_all(text.as_bytes()) {
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        result => Ok(result.map_err(PrintError::Stdout)?),
    }
}

/// Version of the JSON that commands print. It changes when a field goes or means something else, not when one is added.
const JSON: u32 = 1;

/// Writes a value to standard output as JSON, with a final newline. An object begins with its version, unless it has one of
/// its own.
fn say_json(value: &impl serde::Serialize) -> Result<()> {
    let mut value = serde_json::to_value(value).map_err(PrintError::Json)?;
    if let Some(object) = value.as_object_mut().filter(|object| !object.contains_key("version")) {
        object.shift_insert(0, "version".to_owned(), JSON.into());
    }
    let text = serde_json::to_string_pretty(&value).map_err(PrintError::Json)?;
    say(&format!("{text}\n"))
}

/// Writes a line for people to standard error. A reader that is gone, or a full disk, must not end the work: `eprintln!` panics.
fn tell(text: &str) {
    use std::io::Write;
    // If standard error cannot be written, the exit code still tells the result.
    let _ = writeln!(anstream::stderr(), "{text}");
}

/// Prints an error with its causes, a blank line, and what can be done about it.
fn report(error: &dyn Diagnostic) {
    report_once(error, &mut BTreeSet::new());
}

/// The same without hints that are among the printed ones.
fn report_once(error: &dyn Diagnostic, hints: &mut BTreeSet<String>) {
    let mut report = Report::of(error);
    report.hints.retain(|hint| hints.insert(hint.clone()));
    let (on, off) = (STRONG.render(), STRONG.render_reset());
    tell(&format!("{on}error:{off} {report}"));
}

const STRONG: anstyle::Style =
    anstyle::Style::new().bold().fg_color(Some(anstyle::Color::Ansi(anstyle::AnsiColor::Red)));

fn dispatch(command: Command, quiet: bool) -> Result<Outcome> {
    match command {
        Command::Init(args) => project::init(&args),
        Command::Add(args) => edit::add(&args),
        Command::Remove(args) => edit::remove(&args),
        Command::Sync(args) => edit::sync(&args),
        Command::List(args) => list::run(&args),
        Command::Check { matrix, json } => project::check(&matrix.find()?, json),
        Command::Lock { matrix, update, check, json } => project::lock(&matrix.find()?, &update, Mode::of(check, json)),
        Command::Outdated(args) => upgrade::outdated(&args),
        Command::Upgrade(args) => upgrade::upgrade(&args),
        Command::Generate { matrix, check, json, no_flake } => {
            project::generate(&matrix.find()?, Mode::of(check, json), !no_flake)
        }
        Command::Fetch(args) => fetch::run(&args, quiet),
        Command::Plan(args) => plan::run(&args),
        Command::Query(args) => query::run(&args),
        Command::Diff(args) => diff::run(&args),
        Command::Build(args) => build::run(&args, quiet),
        Command::Push(args) => push::run(&args),
        Command::Export(args) => export::run(&args),
        Command::Verify(args) => verify::run(&args, quiet),
        Command::Digests(args) => digests::run(&args),
        Command::Gc(args) => gc::run(&args),
        Command::Nix(args) => build::nix(&args),
        Command::Format(args) => format::run(&args),
        Command::Audit(args) => audit::run(&args),
        Command::Sdk { command } => sdk::run(command),
        Command::Seed { command } => seed::run(command, quiet),
        Command::Schema { write } => schema(write),
        Command::Completions(args) => manual::completions(&args),
        Command::Man(args) => manual::man(&args),
    }
}

fn schema(write: Option<PathBuf>) -> Result<Outcome> {
    let text = crate::matrix::schema(crate::families::ALL);
    match write {
        Some(path) => replace(&path, "a JSON Schema", |json| json["title"] == SCHEMA_TITLE, &text)?,
        None => say(&text)?,
    }
    Ok(Outcome::Fine)
}

/// A file that a command was told to write is somebody's, and of another kind.
#[derive(Debug, thiserror::Error, Diagnostic)]
#[error("{path} is there already, and is not {what}")]
#[diagnostic(help("name another file, or move this one away; nothing was written"))]
struct OtherKind {
    path: String,
    what: &'static str,
}

/// Writes a JSON file. A file that is there already is replaced only if it is of the same kind.
///
/// # Errors
/// A file of another kind, one that cannot be read, and those of writing.
fn replace(path: &Path, what: &'static str, is_one: impl Fn(&Value) -> bool, text: &str) -> Result<()> {
    let kind = Kind { what, most: 64 << 20 };
    let shown = || path.display().to_string();
    let old = if path.is_file() { input::text(path, kind) } else { Ok(String::new()) };
    match old {
        Ok(old) if old.trim().is_empty() || serde_json::from_str(&old).is_ok_and(|json| is_one(&json)) => {}
        Err(source) if source.kind() != ErrorKind::InvalidData => {
            return Err(ProjectError::Read { path: shown(), source }.into());
        }
        _ => return Err(OtherKind { path: shown(), what }.into()),
    }
    Ok(crate::output::write_file(path, text)?)
}
