//! `crossloom seed`: the pinned Debian packages.

use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use clap::Subcommand;
use serde_json::json;

use super::page::{Page, Use};
use super::progress::{Progress, show};
use super::{MatrixArgs, Outcome, Result};
use crate::fetch::{HttpOptions, Mirrors};
use crate::nix::driver::Nix;
use crate::output::Guard;
use crate::platform::{Seed, Suite, System};
use crate::project::{SEED_LOCK, folder_of, keeps_links_of, matrix_in, read, seed_file};
use crate::seed::lock::TierSize;
use crate::seed::{self, Age, DEFAULT_KEYRING, HttpArchive, Request, SeedLock, Tier, not_older};
use crate::store::Event;
use crate::store::needed::whole_seed;
use crate::store::sources::{folders, into_store};

/// The page of `seed`.
pub const PAGE: Page = Page {
    command: "seed",
    examples: &[
        ("crossloom seed show", "prints the sizes of the built-in lock"),
        ("crossloom seed lock --suite trixie", "makes a newer lock of Debian 13 beside the matrix"),
    ],
    uses: &[Use::Project, Use::Nix, Use::Network],
    found: "",
};

/// The page of `seed lock`.
pub const LOCK: Page = Page {
    command: "seed lock",
    examples: &[
        (
            "crossloom seed lock --suite trixie --system aarch64-linux",
            "writes seeds/trixie-aarch64-linux.json beside the matrix",
        ),
        (
            "crossloom seed lock --mirror https://mirror.example.org/debian/ --output seed.json",
            "reads the archive at an address, and writes to a file",
        ),
        (
            "crossloom seed lock --suite sid --root nix-bin --output nix.json",
            "locks other packages with their dependencies",
        ),
        ("crossloom seed lock --allow-older", "goes back to an archive that is older than the lock that is there"),
    ],
    uses: &[Use::Project, Use::Network],
    found: "",
};

/// The page of `seed fetch`.
pub const FETCH: Page = Page {
    command: "seed fetch",
    examples: &[
        ("crossloom seed fetch seeds/trixie-x86_64-linux.json", "adds all packages of a lock to the Nix store"),
        ("crossloom seed fetch --from media nix.json", "takes files from a folder first"),
    ],
    uses: &[Use::Nix, Use::Network],
    found: "",
};

/// The page of `seed show`.
pub const SHOW: Page = Page {
    command: "seed show",
    examples: &[
        ("crossloom seed show --suite trixie", "prints packages and megabytes of each tier of Debian 13"),
        ("crossloom seed show --json", "the same for programs, in bytes"),
    ],
    uses: &[],
    found: "",
};

#[derive(Debug, Subcommand)]
pub enum SeedCommand {
    /// Write a lock of a seed's packages from Debian's signed archive.
    Lock {
        #[command(flatten)]
        matrix: MatrixArgs,
        /// The Debian release.
        #[arg(long, default_value = "bookworm")]
        suite: String,
        /// The kind of build machine.
        #[arg(long, default_value = "x86_64-linux")]
        system: String,
        /// Lock this package and its dependencies, from any suite, instead of a seed. Can be given more than once.
        #[arg(long, value_name = "PACKAGE", requires = "output")]
        root: Vec<String>,
        /// The file to write [default: seeds/SUITE-SYSTEM.json beside the matrix, which replaces the built-in lock].
        #[arg(short, long, value_name = "FILE")]
        output: Option<PathBuf>,
        /// An address of Debian's archive [default: the one in apt's configuration]. Can be given more than once.
        #[arg(long, value_name = "URL")]
        mirror: Vec<String>,
        /// The archive's public keys.
        #[arg(long, value_name = "FILE", default_value = DEFAULT_KEYRING)]
        keyring: PathBuf,
        /// Accept an archive that is older than the existing lock.
        #[arg(long)]
        allow_older: bool,
        /// Accept an archive whose `Valid-Until` has passed.
        #[arg(long)]
        allow_expired: bool,
    },
    /// Add all packages of a lock to the Nix store.
    Fetch {
        /// The lock, as `crossloom seed lock` writes it.
        #[arg(value_name = "LOCK")]
        lock: PathBuf,
        /// Look for files in this folder first. Can be given more than once.
        #[arg(long, value_name = "DIR")]
        from: Vec<PathBuf>,
    },
    /// Print how many packages and megabytes each tier of a built-in lock adds.
    Show {
        #[arg(long, default_value = "bookworm")]
        suite: String,
        #[arg(long, default_value = "x86_64-linux")]
        system: String,
        /// Print JSON.
        #[arg(long)]
        json: bool,
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
            // Packages that nothing is built from may come from any suite.
            let suite: Suite = if root.is_empty() { suite.parse::<Seed>()?.into() } else { suite.parse()? };
            let names: Vec<&str> = root.iter().map(String::as_str).collect();
            let own = [(Tier::Base, names.as_slice())];
            let roots: &[(Tier, &[&str])] = if root.is_empty() { &seed::ROOTS } else { &own };
            let bases = if mirror.is_empty() { Mirrors::from_machine()?.bases("debian")? } else { mirror };
            let archive = HttpArchive::new(&bases, &HttpOptions::default())?;
            let verify = |text: &[u8], suite: &str| seed::check_signature(text, suite, &keyring, "gpgv");
            let built_in = |suite: Suite| SeedLock::built_in(suite.as_str().parse().ok()?, system).ok();
            // Without a file beside the matrix, the built-in lock is the one that is built from.
            let own = output.is_none().then(|| built_in(suite)).flatten();
            let matrix = matrix_in(&matrix.find()?);
            let beside = || matrix.with_file_name(seed_file(suite, system));
            let path = output.unwrap_or_else(beside);
            let locked = || locked(&path, allow_older).map(|locked| locked.or(own.clone().filter(|_| !allow_older)));
            let now = (!allow_expired).then(now);
            // The bootstrap is always from bookworm, and a lock of another suite says nothing about its age.
            let bootstrap = built_in(Suite::Bookworm).filter(|_| suite != Suite::Bookworm && !allow_older);
            let known: Vec<SeedLock> = locked()?.into_iter().chain(bootstrap).collect();
            let age = Age { locked: &known, now };
            let lock = seed::lock(&Request { suite, system, roots, verify: &verify, age }, &archive)?;
            if let Some(dir) = path.parent().filter(|dir| !dir.as_os_str().is_empty()) {
                let failed = |source| SeedCommandError::Folder { path: dir.display().to_string(), source };
                std::fs::create_dir_all(dir).map_err(failed)?;
            }
            // Reading the archive took a while, and somebody else may have written a newer lock meanwhile.
            let _folder = Guard::take(folder_of(&path))?;
            if let Some(locked) = locked()? {
                not_older(suite, &lock.date, &locked)?;
            }
            super::replace(&path, "a lock file of a seed", |json| json.get("suite").is_some(), &lock.to_json())?;
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
        SeedCommand::Show { suite, system, json } => {
            let lock = SeedLock::built_in(suite.parse()?, system.parse()?)?;
            if json { print_json(&lock)? } else { print_sizes(&lock)? }
        }
    }
    Ok(Outcome::Fine)
}

/// The existing lock, unless its age does not matter. A lock that cannot be read does not count, because it is replaced.
fn locked(path: &Path, allow_older: bool) -> Result<Option<SeedLock>> {
    let text = if allow_older { None } else { read(path, SEED_LOCK)? };
    let name = path.display().to_string();
    let lock = text.map(|text| SeedLock::parse(&text, &name)).transpose();
    Ok(lock.unwrap_or_else(|error| {
        tracing::warn!("{error}: so crossloom cannot tell whether the archive is older than it");
        None
    }))
}

/// Seconds since 1970.
fn now() -> i64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    i64::try_from(since.as_secs()).unwrap_or(i64::MAX)
}

/// The tiers with their sizes. A lock of other roots has only the base.
fn sizes(lock: &SeedLock) -> impl Iterator<Item = (Tier, TierSize)> {
    lock.sizes().into_iter().filter(|(_, size)| size.packages > 0)
}

fn print_json(lock: &SeedLock) -> Result<()> {
    let tier = |(tier, size): (Tier, TierSize)| json!({ "name": tier.as_str(), "packages": size.packages, "bytes": size.bytes });
    let tiers: Vec<_> = sizes(lock).map(tier).collect();
    super::say_json(&json!({
        "suite": lock.suite.as_str(),
        "system": lock.system.as_str(),
        "release": lock.release,
        "date": lock.date,
        "tiers": tiers,
    }))
}

fn print_sizes(lock: &SeedLock) -> Result<()> {
    for (tier, size) in sizes(lock) {
        let (name, megabytes) = (tier.as_str(), size.bytes as f64 / 1e6);
        super::say(&format!("{name}\t{} packages\t{megabytes:.1} MB\n", size.packages))?;
    }
    Ok(())
}
