//! `crossloom completions` and `crossloom man`: what is made from the definition of the command line itself.

use std::path::PathBuf;

use clap::{Args, CommandFactory};
use clap_complete::Shell;
use clap_mangen::Man;

use super::{Cli, Outcome, PrintError, Result};
use crate::output;

#[derive(Debug, Args)]
pub struct CompletionsArgs {
    /// The shell that reads them.
    #[arg(value_name = "SHELL")]
    shell: Shell,
}

#[derive(Debug, Args)]
pub struct ManArgs {
    /// Write one page for every command into this folder instead: crossloom.1, crossloom-build.1, …
    #[arg(short, long, value_name = "DIR")]
    output: Option<PathBuf>,
}

#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("cannot make {path}")]
#[diagnostic(help("name a folder that is there or can be made with --output DIR"))]
struct FolderError {
    path: String,
    #[source]
    source: std::io::Error,
}

/// Prints a completion script.
pub fn completions(args: &CompletionsArgs) -> Result<Outcome> {
    let mut script = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), env!("CARGO_PKG_NAME"), &mut script);
    super::say(&String::from_utf8_lossy(&script))?;
    Ok(Outcome::Fine)
}

/// Prints the manual page, or writes all of them.
pub fn man(args: &ManArgs) -> Result<Outcome> {
    // `help` says what the pages say, for every command once more.
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

/// A command's page: its file's name, and its text. There is no date in it: the same program gives the same page.
fn page(command: clap::Command) -> Result<(String, String)> {
    let page = Man::new(command).source(concat!("crossloom ", env!("CARGO_PKG_VERSION"))).manual("crossloom");
    let mut text = Vec::new();
    page.render(&mut text).map_err(PrintError::Page)?;
    Ok((page.get_filename(), String::from_utf8_lossy(&text).into_owned()))
}
