//! `crossloom seed`: the pinned Debian packages.

use std::path::{Path, PathBuf};

use clap::Subcommand;

use super::fetch::seed_into_store;
use super::project::{self, read};
use super::{MatrixArgs, Outcome, Result};
use crate::fetch::Mirrors;
use crate::output;
use crate::platform::{Seed, Suite};
use crate::seed::{self, DEFAULT_KEYRING, HttpArchive, Request, SeedLock, Tier};

#[derive(Debug, Subcommand)]
pub enum SeedCommand {
    /// Resolve the packages from the archive's signed indices and write a lock.
    Lock {
        #[command(flatten)]
        matrix: MatrixArgs,
        /// The Debian release.
        #[arg(long, default_value = "bookworm")]
        suite: String,
        /// The build machine's system.
        #[arg(long, default_value = "x86_64-linux")]
        system: String,
        /// Lock these packages with their dependencies instead of a seed's, from any suite. May be given more than once.
        #[arg(long, value_name = "PACKAGE", requires = "output")]
        root: Vec<String>,
        /// Where to write it; seeds/<suite>-<system>.json beside the matrix when not given, where `generate` looks for
        /// it.
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// An address of Debian's archive; the machine's own (apt) when not given. May be given more than once.
        #[arg(long, value_name = "URL")]
        mirror: Vec<String>,
        /// The archive's public keys.
        #[arg(long, value_name = "FILE", default_value = DEFAULT_KEYRING)]
        keyring: PathBuf,
    },
    /// Put the packages of a lock into the Nix store, all tiers of it.
    Fetch {
        /// The lock, as `crossloom seed lock` writes it.
        #[arg(value_name = "LOCK")]
        lock: PathBuf,
        /// Look for files here first, e.g. on a medium for a machine without a network. May be given more than once.
        #[arg(long, value_name = "DIR")]
        from: Vec<PathBuf>,
    },
    /// Print how many packages and megabytes each tier of a built-in lock adds.
    Show {
        #[arg(long, default_value = "bookworm")]
        suite: String,
        #[arg(long, default_value = "x86_64-linux")]
        system: String,
    },
}

#[derive(Debug, thiserror::Error)]
enum SeedCommandError {
    #[error("there is no {path}\nhint: `crossloom seed lock --output {path}` writes one")]
    NoLock { path: String },
}

/// Runs the command.
pub fn run(command: SeedCommand, quiet: bool) -> Result<Outcome> {
    match command {
        SeedCommand::Lock { matrix, suite, system, root, output, mirror, keyring } => {
            let system = system.parse()?;
            // What is not built from may come from any suite.
            let suite: Suite = if root.is_empty() { suite.parse::<Seed>()?.into() } else { suite.parse()? };
            let names: Vec<&str> = root.iter().map(String::as_str).collect();
            let own = [(Tier::Base, names.as_slice())];
            let roots: &[(Tier, &[&str])] = if root.is_empty() { &seed::ROOTS } else { &own };
            let bases = if mirror.is_empty() { Mirrors::from_machine()?.bases("debian")? } else { mirror };
            let archive = HttpArchive::new(&bases)?;
            let verify = |text: &[u8], suite: &str| seed::check_signature(text, suite, &keyring, Path::new("gpgv"));
            let lock = seed::lock(&Request { suite, system, roots, verify: &verify }, &archive)?;
            let path = output.unwrap_or_else(|| {
                let matrix = project::matrix_in(&matrix.matrix);
                let dir = matrix.parent().unwrap_or(Path::new(""));
                dir.join(format!("seeds/{suite}-{system}.json"))
            });
            if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
                std::fs::create_dir_all(dir)?;
            }
            output::write_file(&path, &lock.to_json())?;
            tracing::info!("{} written: {} packages", path.display(), lock.packages.len());
            print_sizes(&lock)?;
        }
        SeedCommand::Fetch { lock, from } => {
            let name = lock.display().to_string();
            let text = read(&lock)?.ok_or_else(|| SeedCommandError::NoLock { path: name.clone() })?;
            let dir = lock.parent().filter(|dir| !dir.as_os_str().is_empty()).unwrap_or(Path::new("."));
            seed_into_store(&SeedLock::parse(&text, &name)?, &from, dir, quiet)?;
        }
        SeedCommand::Show { suite, system } => print_sizes(&SeedLock::built_in(suite.parse()?, system.parse()?)?)?,
    }
    Ok(Outcome::Fine)
}

fn print_sizes(lock: &SeedLock) -> Result<()> {
    // A lock of other roots has the base alone.
    for (tier, size) in lock.sizes().into_iter().filter(|(_, size)| size.packages > 0) {
        let (name, megabytes) = (tier.as_str(), size.bytes as f64 / 1e6);
        super::say(&format!("{name}\t{} packages\t{megabytes:.1} MB\n", size.packages))?;
    }
    Ok(())
}
