//! `crossloom seed`: the pinned Debian packages.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Subcommand;

use super::progress::{Progress, show};
use super::{MatrixArgs, Outcome, Result};
use crate::fetch::{HttpOptions, Mirrors};
use crate::nix::driver::Nix;
use crate::output::{self, Guard};
use crate::platform::{Seed, Suite, System};
use crate::project::{SEED_LOCK, folder_of, keeps_links_of, matrix_in, read, seed_file};
use crate::seed::{self, Age, DEFAULT_KEYRING, HttpArchive, Request, SeedLock, Tier, not_older};
use crate::store::Event;
use crate::store::needed::whole_seed;
use crate::store::sources::{folders, into_store};

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
        /// Take an archive that is older than the lock that is there.
        #[arg(long)]
        allow_older: bool,
        /// Take an archive that says that it is no longer valid.
        #[arg(long)]
        allow_expired: bool,
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

#[derive(Debug, thiserror::Error, miette::Diagnostic)]
enum SeedCommandError {
    #[error("there is no {path}")]
    #[diagnostic(help("`crossloom seed lock --output {path}` writes one"))]
    NoLock { path: String },
    #[error("cannot make the folder {path}")]
    Folder {
        path: String,
        #[source]
        source: std::io::Error,
    },
}

/// Runs the command.
pub fn run(command: SeedCommand, quiet: bool) -> Result<Outcome> {
    match command {
        SeedCommand::Lock { matrix, suite, system, root, output, mirror, keyring, allow_older, allow_expired } => {
            let system: System = system.parse()?;
            // What is not built from may come from any suite.
            let suite: Suite = if root.is_empty() { suite.parse::<Seed>()?.into() } else { suite.parse()? };
            let names: Vec<&str> = root.iter().map(String::as_str).collect();
            let own = [(Tier::Base, names.as_slice())];
            let roots: &[(Tier, &[&str])] = if root.is_empty() { &seed::ROOTS } else { &own };
            let bases = if mirror.is_empty() { Mirrors::from_machine()?.bases("debian")? } else { mirror };
            let archive = HttpArchive::new(&bases, &HttpOptions::default())?;
            let verify = |text: &[u8], suite: &str| seed::check_signature(text, suite, &keyring, "gpgv");
            let built_in = |suite: Suite| SeedLock::built_in(suite.as_str().parse().ok()?, system).ok();
            // Without a file beside the matrix, what is built from is the lock that is part of this program.
            let own = output.is_none().then(|| built_in(suite)).flatten();
            let beside = || matrix_in(&matrix.matrix).with_file_name(seed_file(suite, system));
            let path = output.unwrap_or_else(beside);
            let locked = || locked(&path, allow_older).map(|locked| locked.or(own.clone().filter(|_| !allow_older)));
            let now = (!allow_expired).then(now);
            // The bootstrap is bookworm's whatever the suite, and a lock of another suite does not date it.
            let bootstrap = built_in(Suite::Bookworm).filter(|_| suite != Suite::Bookworm && !allow_older);
            let known: Vec<SeedLock> = locked()?.into_iter().chain(bootstrap).collect();
            let age = Age { locked: &known, now };
            let lock = seed::lock(&Request { suite, system, roots, verify: &verify, age }, &archive)?;
            if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
                let failed = |source| SeedCommandError::Folder { path: dir.display().to_string(), source };
                std::fs::create_dir_all(dir).map_err(failed)?;
            }
            // The archive took a while: meanwhile somebody else may have written a newer one.
            let _folder = Guard::take(folder_of(&path))?;
            if let Some(locked) = locked()? {
                not_older(suite, &lock.date, &locked)?;
            }
            output::write_file(&path, &lock.to_json())?;
            tracing::info!("{} written: {} packages", path.display(), lock.packages.len());
            print_sizes(&lock)?;
        }
        SeedCommand::Fetch { lock, from } => {
            let name = lock.display().to_string();
            let text = read(&lock, SEED_LOCK)?.ok_or_else(|| SeedCommandError::NoLock { path: name.clone() })?;
            folders(&from)?;
            let needed = whole_seed(&SeedLock::parse(&text, &name)?)?;
            let mut progress = Progress::new(quiet);
            let mut tell = |event: Event<'_>| progress.tell(event);
            into_store(&Nix::locate()?, &needed, &from, &keeps_links_of(&lock), show(quiet), &mut tell)?;
        }
        SeedCommand::Show { suite, system } => print_sizes(&SeedLock::built_in(suite.parse()?, system.parse()?)?)?,
    }
    Ok(Outcome::Fine)
}

/// The lock that is there, unless its age does not matter. One that does not read is to be replaced by one that does.
fn locked(path: &Path, allow_older: bool) -> Result<Option<SeedLock>> {
    let text = if allow_older { None } else { read(path, SEED_LOCK)? };
    let name = path.display().to_string();
    let lock = text.map(|text| SeedLock::parse(&text, &name)).transpose();
    Ok(lock.unwrap_or_else(|error| {
        tracing::warn!("{error}: whether the archive is older is not known");
        None
    }))
}

/// Seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

fn print_sizes(lock: &SeedLock) -> Result<()> {
    // A lock of other roots has the base alone.
    for (tier, size) in lock.sizes().into_iter().filter(|(_, size)| size.packages > 0) {
        let (name, megabytes) = (tier.as_str(), size.bytes as f64 / 1e6);
        super::say(&format!("{name}\t{} packages\t{megabytes:.1} MB\n", size.packages))?;
    }
    Ok(())
}
