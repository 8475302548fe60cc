//! `crossloom completions` and `crossloom man`, both made from the definition of the command line.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::env::{CompleteEnv, Shells};
use clap_complete::{CompletionCandidate, Shell};
use clap_mangen::Man;

use super::page::{PAGES, Page};
use super::{Cli, Outcome, PrintError, Result};
use crate::output;
use crate::project::{Project, nearest};
use crate::store::machine;

/// The page of `completions`.
pub const COMPLETIONS: Page = Page {
    command: "completions",
    examples: &[(
        "crossloom completions bash",
        "prints a script for bash; save it in ~/.local/share/bash-completion/completions/crossloom",
    )],
    uses: &[],
    found: "",
};

/// The page of `man`.
pub const MAN: Page = Page {
    command: "man",
    examples: &[
        ("crossloom man", "prints crossloom(1)"),
        ("crossloom man --output share/man/man1", "writes the page of every command into a folder"),
    ],
    uses: &[],
    found: "",
};

/// The command line with examples in its help texts.
pub fn command() -> clap::Command {
    fn at(command: clap::Command, words: &[&str], page: &Page) -> clap::Command {
        match words.split_first() {
            None => command.after_help(page.help()),
            Some((first, rest)) => command.mut_subcommand(first, |command| at(command, rest, page)),
        }
    }
    PAGES
        .iter()
        .fold(Cli::command(), |command, page| at(command, &page.command.split_whitespace().collect::<Vec<_>>(), page))
}

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell.
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write one page for each command into this folder: crossloom.1, crossloom-build.1, …
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("cannot make {path}")]
#[diagnostic(help("name another folder with --output DIR"))]
struct FolderError {
    path: String,
    #[source]
    source: std::io::Error,
}

/// The variable with which a completion script asks this program what may come next.
pub const COMPLETE: &str = "CROSSLOOM_COMPLETE";

/// Answers a completion script, if one asks; this ends the program.
pub fn complete() {
    CompleteEnv::with_factory(Cli::command).var(COMPLETE).complete();
}

/// Names that commands take: cells, checks, shells and nodes of the matrix here, for this machine. None where there is no
/// matrix, or one with a problem: completion is not the place to tell of it.
pub fn names() -> Vec<CompletionCandidate> {
    let system = machine::system().ok();
    let plan = nearest().ok().and_then(|path| Project::open(&path).ok()).and_then(|project| project.plan().ok());
    let part = plan.as_ref().zip(system).and_then(|(plan, system)| plan.systems.get(&system));
    part.into_iter().flat_map(|part| part.names()).map(CompletionCandidate::new).collect()
}

/// Prints a completion script. It knows no command: it asks the program, whose answers depend on the matrix.
pub fn completions(args: &CompletionsArgs) -> Result<Outcome> {
    let mut script = Vec::new();
    let (shells, name) = (Shells::builtins(), env!("CARGO_PKG_NAME"));
    if let Some(shell) = shells.completer(&args.shell.to_string()) {
        shell.write_registration(COMPLETE, name, name, name, &mut script).map_err(PrintError::Page)?;
    }
    super::say(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Fine)
}

/// Prints the manual page, or writes all of them.
pub fn man(args: &ManArgs) -> Result<Outcome> {
    // `help` would repeat the page of every command.
    let mut command = Cli::command().disable_help_subcommand(true);
    command.build();
    let Some(dir) = &args.output else {
        super::say(&page(command)?.1)?;
        return Ok(Outcome::Fine);
    };
    let mut pages = Vec::new();
    let mut left = vec![command];
    while let Some(command) = left.pop() {
        left.extend(command.get_subcommands().filter(|command| !command.is_hide_set()).cloned());
        let (name, text) = page(command)?;
        pages.push((dir.join(name), text));
    }
    std::fs::create_dir_all(dir).map_err(|source| FolderError { path: dir.display().to_string(), source })?;
    output::write_files(&pages)?;
    tracing::info!("{} pages written to {}", pages.len(), dir.display());
    Ok(Outcome::Fine)
}

/// A command's page: the name of its file, and its text. It has no date, so the same program gives the same page.
fn page(command: clap::Command) -> Result<(String, String)> {
    // The name of a page has its command's words: `crossloom-seed-lock`.
    let name = command.get_bin_name().unwrap_or_default().to_owned();
    let words = name.strip_prefix(env!("CARGO_PKG_NAME")).unwrap_or(&name).trim().to_owned();
    let page = Man::new(command).source(concat!("crossloom ", env!("CARGO_PKG_VERSION"))).manual("crossloom");
    let mut text = Vec::new();
    page.render(&mut text).map_err(PrintError::Page)?;
    let mut text = String::from_utf8_lossy(&text).into_owned();
    if let Some(page) = PAGES.iter().find(|page| page.command == words) {
        // The version comes last.
        let end = text.find(".SH VERSION").unwrap_or(text.len());
        text.insert_str(end, &page.sections());
    }
    Ok((page.get_filename(), text))
}
