//! macOS SDKs that users bring: from an archive, an Apple package or a directory to a checked tree in a temporary
//! directory.
//!
//! An archive is read twice, as a stream of members: once to see that all of it can be read and where in it the SDK
//! is, and once to write that. What is written is the SDK with plain permissions and without what macOS leaves in
//! folders and archives, so that the same SDK is the same tree whatever it came in.
//!
//! **Invariant:** nothing of a file is believed. Sizes, paths, links and the ratio of unpacked to packed bytes are held
//! to [`Limits`] while they are read; whatever is wrong is one [`SdkError`], and nothing of it stays on disk.

mod cpio;
mod directory;
mod error;
mod form;
mod gauge;
pub mod import;
mod member;
mod pbzx;
mod scan;
mod settings;
mod stream;
mod tape;
mod tree;
mod xar;
mod xml;

use std::ffi::OsStr;
use std::fs;
use std::io::{self, Read, Seek, SeekFrom};
use std::os::unix::ffi::OsStrExt;
use std::path::{Path, PathBuf};

use tempfile::TempDir;

pub use self::error::{MemberProblem, SdkError};
pub use self::form::each_member;
pub use self::gauge::Limits;
pub use self::member::{Kind, Visit};

use crate::input::{self, Entry, Folder};

use self::error::{FORMS, refused, shown};
use self::scan::{Candidate, Scan, choose, store_name};
use self::tree::Tree;

/// The beginning of the names of directories that SDKs are unpacked to.
pub const PREFIX: &str = ".crossloom-sdk-";

/// An SDK on disk, in a temporary directory that goes when this is dropped.
#[derive(Debug)]
pub struct Unpacked {
    directory: TempDir,
    /// `MacOSX15.5.sdk`, from the SDK's own settings.
    pub name: String,
    /// `15.5`.
    pub version: String,
    /// Files, directories and links.
    pub count: usize,
    /// Bytes of the files.
    pub bytes: u64,
}

impl Unpacked {
    /// The SDK's top, a directory of its [`name`](Unpacked::name).
    pub fn path(&self) -> PathBuf {
        self.directory.path().join(&self.name)
    }
}

/// Reads the SDK that is, or is in, the file or directory `from`, and writes it to a new temporary directory in `into`.
/// If there are several SDKs of macOS, `wanted` is the name of one (`MacOSX15.5.sdk`).
///
/// # Errors
/// Whatever is wrong with it; `into` is then as it was.
pub fn unpack(from: &Path, wanted: Option<&str>, into: &Path, limits: &Limits) -> Result<Unpacked, SdkError> {
    let failed = |source| SdkError::Io { action: "read", path: from.to_owned(), source };
    let metadata = fs::metadata(from).map_err(failed)?;
    if metadata.is_dir() {
        return unpack_directory(Folder::open(from).map_err(failed)?, wanted, into, limits);
    }
    if !metadata.is_file() {
        return Err(SdkError::Form { form: "neither a file nor a directory".to_owned(), hint: FORMS.to_owned() });
    }
    unpack_archive(&mut input::open(from).map_err(failed)?, wanted, into, limits)
}

/// [`unpack`] of an archive that is open, and read from its beginning.
///
/// # Errors
/// As [`unpack`]'s.
pub fn unpack_archive(
    file: &mut (impl Read + Seek),
    wanted: Option<&str>,
    into: &Path,
    limits: &Limits,
) -> Result<Unpacked, SdkError> {
    let rewind = |file: &mut dyn Seek| file.seek(SeekFrom::Start(0)).map_err(|source| SdkError::Read { source });
    rewind(file)?;
    let mut scan = Scan::default();
    each_member(&mut *file, limits, &mut |member, contents| scan.visit(member, contents))?;
    let sdk = scan.choose(wanted)?;
    rewind(file)?;
    write(&sdk, into, limits, |visit| each_member(&mut *file, limits, visit))
}

fn unpack_directory(from: Folder, wanted: Option<&str>, into: &Path, limits: &Limits) -> Result<Unpacked, SdkError> {
    let found = directory::candidates(&from)?;
    if found.is_empty() {
        return Err(no_directory(from.path()));
    }
    let chosen = choose(found, wanted)?;
    let path = Path::new(OsStr::from_bytes(&chosen.path));
    let below = path.strip_prefix(from.path()).unwrap_or(Path::new(""));
    let failed = |source| SdkError::Io { action: "read", path: path.to_owned(), source };
    let top = match from.below(below).map_err(failed)? {
        (_, Entry::Folder(top)) => top,
        _ => return Err(failed(io::Error::other("it was replaced while it was looked at"))),
    };
    let sdk = Candidate { path: Vec::new(), ..chosen };
    write(&sdk, into, limits, |visit| directory::each_member(top, limits, visit))
}

/// The places in a directory without an SDK where one may be.
fn no_directory(from: &Path) -> SdkError {
    const PLACES: [&str; 4] = [
        "SDKs",
        "Developer/SDKs",
        "Platforms/MacOSX.platform/Developer/SDKs",
        "Contents/Developer/Platforms/MacOSX.platform/Developer/SDKs",
    ];
    let app = from.extension().is_some_and(|extension| extension == "app");
    let found = if app { "it is an app" } else { "neither it nor a directory *.sdk in it has SDKSettings.json" };
    let hint = match PLACES.iter().map(|place| from.join(place)).find(|place| place.is_dir()) {
        Some(place) => format!("try {}", place.display()),
        None => FORMS.to_owned(),
    };
    SdkError::NoSdk { found: found.to_owned(), hint }
}

/// The second pass: writes the members that are below the SDK's top.
fn write(
    sdk: &Candidate,
    into: &Path,
    limits: &Limits,
    each: impl FnOnce(&mut Visit<'_>) -> Result<(), SdkError>,
) -> Result<Unpacked, SdkError> {
    let mut builder = tempfile::Builder::new();
    let directory = builder.prefix(PREFIX).tempdir_in(into);
    let directory =
        directory.map_err(|source| SdkError::Io { action: "create a directory in", path: into.to_owned(), source })?;
    let name = store_name(&sdk.settings);
    let top = directory.path().join(&name);
    let mut tree = Tree::new(&top, limits)?;
    let below = |path: &[u8]| match sdk.path.as_slice() {
        b"" => Some(path.to_vec()),
        top if path == top => Some(Vec::new()),
        top => path.strip_prefix(top)?.strip_prefix(b"/").map(<[u8]>::to_vec),
    };
    each(&mut |member, contents| {
        if member.is_litter() {
            return Ok(());
        }
        let Some(path) = (member.part == sdk.part).then(|| below(&member.path)).flatten() else { return Ok(()) };
        let kind = match &member.kind {
            Kind::HardLink(target) => {
                let outside = || refused(&member.path, MemberProblem::HardLink { target: shown(target) });
                Kind::HardLink(gauge::clean(target).ok().and_then(|target| below(&target)).ok_or_else(outside)?)
            }
            kind => kind.clone(),
        };
        tree.add(&path, &kind, contents, &member.path)
    })?;
    tree.check_links()?;
    let (count, bytes) = (tree.count(), tree.bytes());
    check(&top, &shown(if sdk.path.is_empty() { name.as_bytes() } else { &sdk.path }))?;
    Ok(Unpacked { directory, name, version: sdk.settings.version.clone(), count, bytes })
}

/// Sees that what every macOS SDK has is there. Links in it have been seen to stay inside.
fn check(top: &Path, shown_as: &str) -> Result<(), SdkError> {
    const FILES: [(&[&str], &str); 2] = [
        (&["usr/include/sys/types.h"], "usr/include/sys/types.h"),
        (
            &[
                "usr/lib/libSystem.tbd",
                "usr/lib/libSystem.B.tbd",
                "usr/lib/libSystem.dylib",
                "usr/lib/libSystem.B.dylib",
            ],
            "usr/lib/libSystem.tbd",
        ),
    ];
    let there = |files: &[&str]| files.iter().any(|file| top.join(file).is_file());
    let missing: Vec<_> = FILES.iter().filter(|(files, _)| !there(files)).map(|(_, name)| *name).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(SdkError::Lacks { sdk: shown_as.to_owned(), missing })
}
