//! The common form of all archives: members, in order, each with its contents as a stream.

use std::io::{self, Read};

use super::error::SdkError;
use super::gauge::Gauge;

/// One file, directory or link.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Member {
    /// Which of a package's payloads it is in; 0 everywhere else. Paths of different payloads have nothing to do with
    /// each other.
    pub part: usize,
    /// Relative, with `/` between components; empty for the archive's own top.
    pub path: Vec<u8>,
    /// Its kind.
    pub kind: Kind,
}

impl Member {
    /// Whether this is none of an SDK's: macOS' own tar puts extended attributes beside a file as `._NAME`
    /// (AppleDouble), and the Finder writes `.DS_Store` into folders that it shows. Which of them there are depends on
    /// the Mac.
    pub(super) fn is_litter(&self) -> bool {
        let name = self.path.rsplit(|byte| *byte == b'/').next().unwrap_or_default();
        name.starts_with(b"._") || name == b".DS_Store"
    }
}

/// The kind of a member.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// A directory.
    Directory,
    /// A regular file.
    File {
        /// Whether its owner may execute it.
        executable: bool,
        /// Bytes that its contents have.
        size: u64,
    },
    /// A symbolic link and its target, as it is in the archive.
    Symlink(Vec<u8>),
    /// Another name of a file: its path, relative to the archive's top.
    HardLink(Vec<u8>),
    /// Something that no archive of an SDK has: what it is, with its article.
    Special(&'static str),
}

/// The contents of a file.
pub trait Contents {
    /// As [`Read::read`], with an error that says what is wrong with the archive.
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, SdkError>;
}

/// The action for each member. It need not read the contents.
pub type Visit<'v> = dyn FnMut(&Member, &mut dyn Contents) -> Result<(), SdkError> + 'v;

/// So many bytes of a stream.
pub(super) struct Body<'r, 'g> {
    pub(super) reader: &'r mut dyn Read,
    pub(super) left: u64,
    pub(super) gauge: &'g Gauge<'g>,
}

impl Contents for Body<'_, '_> {
    fn read(&mut self, buffer: &mut [u8]) -> Result<usize, SdkError> {
        let most = buffer.len().min(usize::try_from(self.left).unwrap_or(usize::MAX));
        let Some(buffer) = buffer.get_mut(..most).filter(|buffer| !buffer.is_empty()) else { return Ok(0) };
        let count = loop {
            match self.reader.read(buffer) {
                Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
                result => break result.map_err(|error| self.gauge.error(error))?,
            }
        };
        if count == 0 {
            return Err(SdkError::CutShort);
        }
        self.left = self.left.saturating_sub(count as u64);
        Ok(count)
    }
}

impl Body<'_, '_> {
    /// Reads what is left of it, and `padding` bytes after it.
    pub(super) fn finish(mut self, padding: u64) -> Result<(), SdkError> {
        self.left = self.left.saturating_add(padding);
        let mut buffer = [0; 16 * 1024];
        while self.read(&mut buffer)? > 0 {}
        Ok(())
    }
}

/// Hands a member over, and reads to the end of its contents and of the `padding` after them.
pub(super) fn hand_over(
    member: &Member,
    size: u64,
    padding: u64,
    reader: &mut dyn Read,
    gauge: &Gauge<'_>,
    visit: &mut Visit<'_>,
) -> Result<(), SdkError> {
    let mut body = Body { reader, left: size, gauge };
    visit(member, &mut body)?;
    body.finish(padding)
}

/// Exactly so many bytes into memory, where `size` is known to be small.
pub(super) fn take(reader: &mut dyn Read, size: usize, gauge: &Gauge<'_>) -> Result<Vec<u8>, SdkError> {
    let mut bytes = vec![0; size];
    reader.read_exact(&mut bytes).map_err(|error| gauge.error(error))?;
    Ok(bytes)
}
