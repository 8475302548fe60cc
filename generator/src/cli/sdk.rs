//! `crossloom sdk`: macOS SDKs of the user's own, into the Nix store and the lock.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::{MatrixArgs, Outcome, Result, project};
use crate::nix::driver::Nix;
use crate::sdk::import;

#[derive(Debug, Subcommand)]
pub enum SdkCommand {
    /// Check a macOS SDK of your own, add it to the Nix store, and record it in matrix.lock.
    Import(ImportArgs),
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    /// What the matrix calls it: NAME of a table [sdk.NAME] with kind = "file".
    #[arg(long, value_name = "NAME")]
    name: String,
    /// Which one, where there are several, e.g. MacOSX15.5.sdk.
    #[arg(long, value_name = "SDK")]
    sdk: Option<String>,
    /// Take this SDK in place of another one that matrix.lock holds under the name.
    #[arg(long)]
    replace: bool,
    /// The SDK as .tar.xz, .tar.gz or .tar, as an Apple .pkg, or as a directory.
    #[arg(value_name = "FILE|DIR")]
    from: PathBuf,
}

/// Runs the command.
pub fn run(command: SdkCommand) -> Result<Outcome> {
    match command {
        SdkCommand::Import(args) => import(&args),
    }
}

fn import(args: &ImportArgs) -> Result<Outcome> {
    let ImportArgs { matrix, name, sdk, replace, from } = args;
    let project = project::open(&matrix.matrix)?;
    import::declared(&project.matrix, &matrix.matrix, name)?;
    // What would stop the last step should not do so after a minute.
    project.existing_lock()?;
    let imported = import::import(&Nix::locate()?, &project, name, from, sdk.as_deref(), *replace)?;
    const NEXT: &str = "next: crossloom generate";
    match imported.old {
        Some(old) if old.sha256 == imported.sha256 => tracing::info!("{name} was this SDK already"),
        Some(old) => {
            tracing::info!("{name} is now {}, in place of {} ({}); {NEXT}", imported.name, old.file, old.sha256);
        }
        None => tracing::info!("{name} is {}; {NEXT}", imported.name),
    }
    super::say(&format!("{}\n", imported.store_path))?;
    Ok(Outcome::Fine)
}
