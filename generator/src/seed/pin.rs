//! From an archive to a lock.

use std::collections::BTreeSet;

use super::archive::Archive;
use super::date::seconds;
use super::deb::{busybox_nar, busybox_of, decompress_xz};
use super::error::SeedError;
use super::index::{Index, Package};
use super::lock::{Busybox, PinnedPackage, SIZE_LIMIT, SeedLock, SeedPackage, is_pool_path};
use super::release::{IndexFile, Release, clear_text};
use super::resolve::resolve;
use super::roots::{ASSUMED, BOOTSTRAP, Tier};
use crate::nix::hash::Sha256;
use crate::platform::{Suite, System};

/// Bytes: `InRelease` is 200 KB, `Packages.xz` 10 MB and 55 MB unpacked.
const RELEASE_LIMIT: u64 = 16 << 20;
const INDEX_LIMIT: u64 = 128 << 20;
const UNPACKED_LIMIT: u64 = 1 << 30;

/// Judges the `InRelease` (bytes) of a suite (name): usually [`super::check_signature`] with a keyring.
pub type Verify<'a> = dyn Fn(&[u8], &str) -> Result<(), SeedError> + 'a;

/// The request for a lock.
pub struct Request<'a> {
    /// The suite of the packages.
    pub suite: Suite,
    /// The build machine.
    pub system: System,
    /// Roots tier by tier; usually [`super::ROOTS`].
    pub roots: &'a [(Tier, &'a [&'a str])],
    /// Whether a suite's `InRelease` is to be trusted.
    pub verify: &'a Verify<'a>,
    /// How old the archive may be.
    pub age: Age<'a>,
}

/// How old an archive may be. A signature is good for ever: who holds back an old file keeps holes open that were closed.
#[derive(Debug, Clone, Copy, Default)]
pub struct Age<'a> {
    /// The lock that is to be replaced, and others that are known: a suite that is older than one of it is refused.
    pub locked: &'a [SeedLock],
    /// Seconds since 1970: an archive that is no longer valid then is refused.
    pub now: Option<i64>,
}

/// A suite's checked files.
struct Fetched {
    release: Release,
    /// Path of the index in the archive.
    path: String,
    packages: String,
}

/// Resolves and pins a seed from what `archive` holds now. Fetches two files per suite (the seed's and bookworm's) and
/// the busybox-static package.
pub fn lock(request: &Request<'_>, archive: &dyn Archive) -> Result<SeedLock, SeedError> {
    let system = request.system;
    let architecture = system.debian_architecture().ok_or(SeedError::NoSeed { system })?;
    let fetched = fetch(request.suite, architecture, archive, request)?;
    let index = Index::parse(&fetched.packages, architecture, &fetched.path)?;
    let assumed: BTreeSet<&str> = ASSUMED.iter().copied().collect();
    let packages = resolve(&index, request.suite.as_str(), request.roots, &assumed)?
        .into_iter()
        .filter_map(|(name, why)| Some((index.get(name)?, why.tiers)))
        .map(|(package, tiers)| {
            let PinnedPackage { name, version, path, size, sha256 } = pin(&index, package)?;
            Ok(SeedPackage { name, version, tiers, path, size, sha256 })
        })
        .collect::<Result<_, SeedError>>()?;
    let (bootstrap, busybox) = if request.suite == Suite::Bookworm {
        bootstrap(&index, archive)?
    } else {
        let fetched = fetch(Suite::Bookworm, architecture, archive, request)?;
        bootstrap(&Index::parse(&fetched.packages, architecture, &fetched.path)?, archive)?
    };
    let lock = SeedLock {
        version: 1,
        suite: request.suite,
        release: fetched.release.version,
        date: fetched.release.date,
        system: request.system,
        architecture: architecture.to_owned(),
        packages,
        bootstrap,
        busybox,
    };
    // The written lock must be readable, so the archive's names and paths pass the same checks as a lock's.
    match lock.problems() {
        problems if problems.is_empty() => Ok(lock),
        problems => Err(SeedError::LockInvalid { name: format!("of {}", request.suite), problems }),
    }
}

/// Fetches and checks a suite's `InRelease` and package index.
fn fetch(suite: Suite, architecture: &str, archive: &dyn Archive, request: &Request<'_>) -> Result<Fetched, SeedError> {
    let release_path = format!("dists/{suite}/InRelease");
    let malformed = |file: &str, problem: String| SeedError::Malformed { file: file.to_owned(), problem };
    tracing::info!(%suite, "reading {release_path}");
    let in_release = archive.get(&release_path, RELEASE_LIMIT)?;
    (request.verify)(&in_release, suite.as_str())?;
    let text = str::from_utf8(&in_release).map_err(|error| malformed(&release_path, error.to_string()))?;
    let body = clear_text(text).map_err(|problem| malformed(&release_path, problem))?;
    let release = Release::parse(&body, &release_path)?;
    // Else a mirror could pass off one suite, signed as it is, as another.
    if release.codename != suite.as_str() {
        return Err(malformed(&release_path, format!("Codename is {:?}, expected {suite}", release.codename)));
    }
    let read = |date: &str| seconds(date).ok_or_else(|| malformed(&release_path, format!("{date:?} is not a date")));
    request.age.locked.iter().try_for_each(|locked| not_older(suite, &release.date, locked))?;
    if let (Some(now), Some(until)) = (request.age.now, &release.valid_until)
        && read(until)? < now
    {
        return Err(SeedError::Expired { suite: suite.to_string(), until: until.clone() });
    }
    let index_name = format!("main/binary-{architecture}/Packages.xz");
    let expected = release
        .files
        .get(&index_name)
        .ok_or_else(|| malformed(&release_path, format!("SHA256 does not list {index_name}")))?;
    let path = format!("dists/{suite}/{index_name}");
    if expected.size > INDEX_LIMIT {
        return Err(malformed(&release_path, format!("{index_name} has {} bytes", expected.size)));
    }
    tracing::info!(%suite, bytes = expected.size, "reading {path}");
    let packed = get_checked(archive, &path, *expected, "InRelease")?;
    let unpacked = decompress_xz(&packed, UNPACKED_LIMIT).map_err(|error| malformed(&path, error.to_string()))?;
    let packages = String::from_utf8(unpacked).map_err(|error| malformed(&path, error.to_string()))?;
    Ok(Fetched { release, path, packages })
}

/// Sees that a suite of this date may take the place of what is locked. A lock of another suite says nothing of it.
pub fn not_older(suite: Suite, date: &str, locked: &SeedLock) -> Result<(), SeedError> {
    let read = |date: &str, file: String| {
        seconds(date).ok_or_else(|| SeedError::Malformed { file, problem: format!("{date:?} is not a date") })
    };
    let old = || read(&locked.date, format!("the lock of {suite} that is there"));
    if locked.suite == suite && read(date, format!("dists/{suite}/InRelease"))? < old()? {
        let (suite, date, locked) = (suite.to_string(), date.to_owned(), locked.date.clone());
        return Err(SeedError::Older { suite, date, locked });
    }
    Ok(())
}

/// The bootstrap section of a lock, from bookworm's index.
fn bootstrap(index: &Index<'_>, archive: &dyn Archive) -> Result<(Vec<PinnedPackage>, Busybox), SeedError> {
    let mut names = BOOTSTRAP;
    names.sort_unstable();
    let packages = names
        .into_iter()
        .map(|name| {
            let package = index.get(name).ok_or_else(|| SeedError::Unsatisfiable {
                suite: Suite::Bookworm.to_string(),
                architecture: index.architecture.to_owned(),
                wanted: name.to_owned(),
                chain: vec!["the seed's bootstrap".to_owned()],
            })?;
            pin(index, package)
        })
        .collect::<Result<Vec<_>, SeedError>>()?;
    let [name, ..] = BOOTSTRAP;
    let package = packages.iter().find(|package| package.name == name).cloned();
    let package = package
        .ok_or_else(|| SeedError::Malformed { file: "bootstrap".to_owned(), problem: format!("{name} is missing") })?;
    let expected = IndexFile { size: package.size, sha256: package.sha256 };
    let deb = get_checked(archive, &package.path, expected, "Packages")?;
    let busybox = busybox_of(&deb).map_err(|problem| SeedError::Malformed { file: package.path, problem })?;
    Ok((packages, Busybox { package: package.name, nar: busybox_nar(&busybox) }))
}

/// A package's place, size and digest. Paths that could leave the archive are refused here, before anything is fetched.
fn pin(index: &Index<'_>, package: &Package<'_>) -> Result<PinnedPackage, SeedError> {
    let (size, sha256) = index.file(package)?;
    if !is_pool_path(package.path) || size > SIZE_LIMIT {
        let problem = format!("line {} ({}): Filename or Size is out of bounds", package.line, package.name);
        return Err(SeedError::Malformed { file: index.name().to_owned(), problem });
    }
    let (name, version, path) = (package.name.to_owned(), package.version.to_owned(), package.path.to_owned());
    Ok(PinnedPackage { name, version, path, size, sha256 })
}

fn get_checked(archive: &dyn Archive, path: &str, expected: IndexFile, authority: &str) -> Result<Vec<u8>, SeedError> {
    // Some bytes more than expected, so that a file that is a little too long is reported as what it is.
    let bytes = archive.get(path, expected.size.saturating_add(1 << 20))?;
    let found = IndexFile { size: bytes.len() as u64, sha256: Sha256::of(&bytes) };
    if found == expected {
        return Ok(bytes);
    }
    let show = |file: IndexFile| format!("{} bytes, {}", file.size, file.sha256);
    Err(SeedError::Mismatch {
        file: path.to_owned(),
        authority: authority.to_owned(),
        expected: show(expected),
        found: show(found),
    })
}
