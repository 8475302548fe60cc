//! `crossloom seed`: the pinned Debian packages.

use std::path::PathBuf;

use clap::Subcommand;

use super::{MatrixArgs, Outcome, Result};
use crate::fetch::Mirrors;
use crate::output;
use crate::seed::{self, DEFAULT_KEYRING, HttpArchive, Request, SeedLock};

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
    /// Print how many packages and megabytes each tier of a built-in lock adds.
    Show {
        #[arg(long, default_value = "bookworm")]
        suite: String,
        #[arg(long, default_value = "x86_64-linux")]
        system: String,
    },
}

/// Runs the command.
pub fn run(command: SeedCommand) -> Result<Outcome> {
    match command {
        SeedCommand::Lock { matrix, suite, system, output, mirror, keyring } => {
            let (suite, system): (crate::target::Seed, crate::target::System) = (suite.parse()?, system.parse()?);
            let bases = if mirror.is_empty() { Mirrors::from_machine()?.bases("debian")? } else { mirror };
            let archive = HttpArchive::new(&bases)?;
            let verify =
                |text: &[u8], suite: &str| seed::check_signature(text, suite, &keyring, std::path::Path::new("gpgv"));
            let lock = seed::lock(&Request { suite, system, roots: &seed::ROOTS, verify: &verify }, &archive)?;
            let path = output.unwrap_or_else(|| {
                let dir = matrix.matrix.parent().unwrap_or(std::path::Path::new(""));
                dir.join(format!("seeds/{suite}-{system}.json"))
            });
            if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
                std::fs::create_dir_all(dir)?;
            }
            output::write_file(&path, &lock.to_json())?;
            tracing::info!("{} written: {} packages", path.display(), lock.packages.len());
            print_sizes(&lock)?;
        }
        SeedCommand::Show { suite, system } => print_sizes(&SeedLock::built_in(suite.parse()?, system.parse()?)?)?,
    }
    Ok(Outcome::Fine)
}

fn print_sizes(lock: &SeedLock) -> Result<()> {
    for (tier, size) in lock.sizes() {
        let (name, megabytes) = (tier.as_str(), size.bytes as f64 / 1e6);
        super::say(&format!("{name}\t{} packages\t{megabytes:.1} MB\n", size.packages))?;
    }
    Ok(())
}
