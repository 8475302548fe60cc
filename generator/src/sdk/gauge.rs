//! Limits on what is read, and the counters that hold readers to them while they read.

use std::cell::{Cell, RefCell};
use std::io::{self, Read};

use super::error::{MemberProblem, SdkError, refused};

/// How much an archive may hold. The defaults are several times what Apple's largest SDK or package takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Limits {
    /// Bytes of everything in it when unpacked, and bytes of what is written.
    pub bytes: u64,
    /// Bytes of one file.
    pub file: u64,
    /// Files, directories, links and headers of them.
    pub members: u64,
    /// Bytes of all paths and link targets together.
    pub names: u64,
    /// Bytes that come out for each byte that goes in…
    pub ratio: u64,
    /// …beyond so many, which come out of anything.
    pub ratio_from: u64,
}

impl Default for Limits {
    fn default() -> Limits {
        Limits { bytes: 8 << 30, file: 2 << 30, members: 1_000_000, names: 256 << 20, ratio: 200, ratio_from: 64 << 20 }
    }
}

/// Components of a path. Frameworks within frameworks need about twenty.
pub(super) const MAX_DEPTH: usize = 64;
/// Bytes of a path or target: PATH_MAX of macOS.
pub(super) const MAX_PATH: usize = 1024;
/// Bytes of a component: NAME_MAX of Linux and macOS.
const MAX_NAME: usize = 255;
/// Memory for decompression (bytes): xz -9 needs 65 MiB.
pub(super) const XZ_MEMORY: u64 = 256 << 20;

/// The amounts that one pass over an archive has read so far.
#[derive(Debug)]
pub(super) struct Gauge<'a> {
    pub(super) limits: &'a Limits,
    packed: Cell<u64>,
    unpacked: Cell<u64>,
    members: Cell<u64>,
    names: Cell<u64>,
    exceeded: RefCell<Option<String>>,
}

impl<'a> Gauge<'a> {
    pub(super) fn new(limits: &'a Limits) -> Gauge<'a> {
        let zero = || Cell::new(0);
        let exceeded = RefCell::new(None);
        Gauge { limits, packed: zero(), unpacked: zero(), members: zero(), names: zero(), exceeded }
    }

    /// The meaning of an error of a reader: the readers between here and the file do not know the limits.
    pub(super) fn error(&self, error: io::Error) -> SdkError {
        if let Some(limit) = self.exceeded.borrow().clone() {
            return SdkError::TooLarge { limit };
        }
        match error.kind() {
            io::ErrorKind::UnexpectedEof => SdkError::CutShort,
            _ if error.raw_os_error().is_some() => SdkError::Read { source: error },
            _ => SdkError::Damaged { problem: error.to_string() },
        }
    }

    /// Counts a member and its path, which comes back relative and without empty components.
    pub(super) fn member(&self, path: &[u8]) -> Result<Vec<u8>, SdkError> {
        self.members.set(self.members.get() + 1);
        if self.members.get() > self.limits.members {
            return Err(SdkError::TooLarge { limit: format!("more than {} members", self.limits.members) });
        }
        self.name(path)?;
        clean(path).map_err(|problem| refused(path, problem))
    }

    /// Counts a path or a link's target.
    pub(super) fn name(&self, name: &[u8]) -> Result<(), SdkError> {
        self.names.set(self.names.get().saturating_add(name.len() as u64));
        if self.names.get() > self.limits.names {
            return Err(SdkError::TooLarge { limit: format!("more than {} of names", size(self.limits.names)) });
        }
        Ok(())
    }

    fn add_unpacked(&self, count: usize) -> io::Result<()> {
        let Limits { bytes, ratio, ratio_from, .. } = *self.limits;
        let unpacked = self.unpacked.get().saturating_add(count as u64);
        self.unpacked.set(unpacked);
        let limit = if unpacked > bytes {
            format!("more than {} unpacked", size(bytes))
        } else if unpacked > ratio_from && unpacked / ratio.max(1) > self.packed.get() {
            format!("it unpacks to more than {ratio} times its size")
        } else {
            return Ok(());
        };
        *self.exceeded.borrow_mut() = Some(limit);
        Err(io::Error::other("a limit is exceeded"))
    }
}

/// Counts what goes into decompression.
pub(super) struct Packed<'g, R> {
    pub(super) inner: R,
    pub(super) gauge: &'g Gauge<'g>,
}

impl<R: Read> Read for Packed<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.gauge.packed.set(self.gauge.packed.get().saturating_add(count as u64));
        Ok(count)
    }
}

/// Counts what comes out of decompression, and fails when it is too much.
pub(super) struct Unpacked<'g, R> {
    pub(super) inner: R,
    pub(super) gauge: &'g Gauge<'g>,
}

impl<R: Read> Read for Unpacked<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.inner.read(buffer)?;
        self.gauge.add_unpacked(count)?;
        Ok(count)
    }
}

/// A path of an archive as components with single slashes between them; nothing for the archive's own top.
pub(super) fn clean(path: &[u8]) -> Result<Vec<u8>, MemberProblem> {
    let too_long = |what: String| Err(MemberProblem::TooLong { what });
    if path.first() == Some(&b'/') {
        return Err(MemberProblem::Absolute);
    }
    if path.is_empty() || path.contains(&0) {
        return Err(MemberProblem::Name);
    }
    let components: Vec<&[u8]> =
        path.split(|byte| *byte == b'/').filter(|component| !matches!(*component, b"" | b".")).collect();
    if components.contains(&b"..".as_slice()) {
        return Err(MemberProblem::Parent);
    }
    if let Some(long) = components.iter().find(|component| component.len() > MAX_NAME) {
        return too_long(format!("a name of {} bytes, where {MAX_NAME} are the most", long.len()));
    }
    if components.len() > MAX_DEPTH {
        return too_long(format!("{} directories deep, where {MAX_DEPTH} are the most", components.len()));
    }
    let path = components.join(&b'/');
    if path.len() > MAX_PATH {
        return too_long(format!("{} bytes, where {MAX_PATH} are the most", path.len()));
    }
    Ok(path)
}

/// Bytes as people say them.
pub(super) fn size(bytes: u64) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes >> 10),
        1_048_576..1_073_741_824 => format!("{} MiB", bytes >> 20),
        _ => format!("{} GiB", bytes >> 30),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_cleaned_or_refused() {
        for (path, expected) in [
            (&b"a/b"[..], Ok("a/b")),
            (b"./a//b/./c/", Ok("a/b/c")),
            (b"./", Ok("")),
            (b"..a/b..", Ok("..a/b..")),
            (b"/a", Err(MemberProblem::Absolute)),
            (b"//", Err(MemberProblem::Absolute)),
            (b"a/../b", Err(MemberProblem::Parent)),
            (b"..", Err(MemberProblem::Parent)),
            (b"", Err(MemberProblem::Name)),
            (b"a\0b", Err(MemberProblem::Name)),
        ] {
            assert_eq!(clean(path), expected.map(|path| path.as_bytes().to_vec()), "{path:?}");
        }
        let long = |path: String| matches!(clean(path.as_bytes()), Err(MemberProblem::TooLong { .. }));
        assert!(!long("x".repeat(255)) && long("x".repeat(256)));
        assert!(!long("x/".repeat(64)) && long("x/".repeat(65)));
        let of = |length: usize| {
            ["x".repeat(200), "x".repeat(200), "x".repeat(200), "x".repeat(200)].join("/")
                + "/"
                + &"x".repeat(length - 804)
        };
        assert!(!long(of(1024)) && long(of(1025)));
    }
}
