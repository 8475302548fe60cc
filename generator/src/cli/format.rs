//! `crossloom format`: Nix files in the one style that rendered files have.

use std::path::PathBuf;

use clap::Args;

use super::{Outcome, Result};
use crate::format::{Formatted, formatted};
use crate::output;

#[derive(Debug, Args)]
pub struct FormatArgs {
    /// Files, and folders whose Nix files are meant: all but those in hidden folders, in folders with a CACHEDIR.TAG, and
    /// behind links.
    #[arg(value_name = "PATH", default_value = ".")]
    paths: Vec<PathBuf>,
    /// Write nothing; print which files would change, and exit 1 when one would.
    #[arg(long)]
    check: bool,
}

/// Formats what the arguments name. All files are read before one is written.
pub fn run(args: &FormatArgs) -> Result<Outcome> {
    let Formatted { changed, count } = formatted(&args.paths)?;
    if args.check {
        let names: String = changed.iter().map(|(path, _)| format!("{}\n", path.display())).collect();
        super::say(&names)?;
        return Ok(if changed.is_empty() { Outcome::Fine } else { Outcome::Found });
    }
    output::write_files(&changed)?;
    tracing::info!("{} of {count} files changed", changed.len());
    Ok(Outcome::Fine)
}
