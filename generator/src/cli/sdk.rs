//! `crossloom sdk`: adds a user's macOS SDK to the Nix store and the lock.

use std::path::PathBuf;

use clap::{Args, Subcommand};

use super::page::{Page, Use};
use super::{MatrixArgs, Outcome, Result, project};
use crate::nix::driver::Nix;
use crate::sdk::import;

/// The page of `sdk`.
pub const PAGE: Page = Page {
    command: "sdk",
    examples: &[(
        "crossloom sdk import --name mine MacOSX.sdk.tar.xz",
        "adds an SDK to the Nix store and to matrix.lock",
    )],
    uses: &[Use::Project, Use::Nix],
    found: "",
};

/// The page of `sdk import`.
pub const IMPORT: Page = Page {
    command: "sdk import",
    examples: &[
        (
            "crossloom sdk import --name mine MacOSX.sdk.tar.xz",
            "adds the SDK of the table [sdk.mine] to the Nix store and to matrix.lock",
        ),
        ("crossloom sdk import --name mine --sdk MacOSX15.5.sdk Tools.pkg", "takes one of several SDKs in a package"),
        ("crossloom sdk import --replace --name mine MacOSX15.5.sdk", "replaces another SDK under that name"),
    ],
    uses: &[Use::Project, Use::Nix],
    found: "",
};

#[derive(Debug, Subcommand)]
pub enum SdkCommand {
    /// Check your own macOS SDK, add it to the Nix store, and write its hash to matrix.lock.
    Import(ImportArgs),
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    /// Its name in the matrix: NAME of a table [sdk.NAME] with kind = "file".
    #[arg(long, value_name = "NAME")]
    name: String,
    /// The SDK to take if there are several, such as MacOSX15.5.sdk.
    #[arg(long, value_name = "SDK")]
    sdk: Option<String>,
    /// Replace another SDK that matrix.lock has under this name.
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
    let path = matrix.find()?;
    let project = project::open(&path)?;
    import::declared(&project.matrix, &path, name)?;
    // A problem of the last step should show now, and not after a minute.
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
