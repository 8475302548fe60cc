//! tar: ustar, with the long names of GNU and of pax (POSIX.1-2024, `pax`, "ustar Interchange Format").
//!
//! The crate `tar` reads headers; walking over them is done here, because the crate holds extended headers of any size
//! in memory, takes an archive that ends between two members for a whole one, and splits pax records at newlines.

use std::io::Read;

use tar::{EntryType, Header};

use super::error::{MemberProblem, SdkError, damaged, refused, shown};
use super::gauge::Gauge;
use super::member::{Kind, Member, Visit, hand_over, take};

const BLOCK: u64 = 512;
/// Bytes of an extended header. It may hold extended attributes, too.
const MAX_EXTENSION: u64 = 1 << 20;

/// Whether a file that begins like this is a tar archive.
pub(super) fn is_tar(head: &[u8]) -> bool {
    let Some(block) = head.first_chunk::<{ BLOCK as usize }>() else { return false };
    block.iter().all(|byte| *byte == 0) || checked(Header::from_byte_slice(block)).is_ok()
}

fn checked(header: &Header) -> Result<(), SdkError> {
    let sum = |bytes: &[u8]| bytes.iter().map(|byte| u32::from(*byte)).sum::<u32>();
    let bytes = header.as_bytes();
    // The checksum itself counts as eight blanks.
    let found = sum(bytes) - sum(&header.as_old().cksum) + 8 * u32::from(b' ');
    match header.cksum() {
        Ok(expected) if expected == found => Ok(()),
        _ => Err(damaged("a tar header has the wrong checksum")),
    }
}

/// Data of a member from the extended headers before it.
#[derive(Default)]
struct Extended {
    path: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    size: Option<u64>,
    sparse: bool,
}

/// Hands every member over. Reads to the first block of the archive's end marker, which some writers leave at that.
pub(super) fn each_member(
    reader: &mut dyn Read,
    part: usize,
    gauge: &Gauge<'_>,
    visit: &mut Visit<'_>,
) -> Result<(), SdkError> {
    let mut extended = Extended::default();
    loop {
        let mut header = Header::new_old();
        reader.read_exact(header.as_mut_bytes()).map_err(|error| gauge.error(error))?;
        if header.as_bytes().iter().all(|byte| *byte == 0) {
            return Ok(());
        }
        checked(&header)?;
        let size = header.entry_size().map_err(|error| damaged(error.to_string()))?;
        let kind = header.entry_type();
        if let EntryType::GNULongName | EntryType::GNULongLink | EntryType::XHeader | EntryType::XGlobalHeader = kind {
            // Counted, so that headers without end are none.
            gauge.member(b".")?;
            if size > MAX_EXTENSION {
                return Err(damaged(format!("it has an extended header of {size} bytes")));
            }
            let mut text = take(reader, size as usize, gauge)?;
            take(reader, padding(size) as usize, gauge)?;
            if matches!(kind, EntryType::GNULongName | EntryType::GNULongLink) && text.last() == Some(&0) {
                text.pop();
            }
            match kind {
                EntryType::GNULongName => extended.path = Some(text),
                EntryType::GNULongLink => extended.target = Some(text),
                EntryType::XHeader => extend(&mut extended, &text)?,
                // A comment, usually the commit that git made the archive of.
                _ => {}
            }
            continue;
        }
        let Extended { path, target, size: extended_size, sparse } = std::mem::take(&mut extended);
        let raw = path.unwrap_or_else(|| header.path_bytes().into_owned());
        let target = target.or_else(|| header.link_name_bytes().map(|target| target.into_owned())).unwrap_or_default();
        let size = extended_size.unwrap_or(size);
        let path = gauge.member(&raw)?;
        gauge.name(&target)?;
        let kind = match kind {
            // Before there were directories in tar.
            EntryType::Regular | EntryType::Continuous if raw.last() == Some(&b'/') => Kind::Directory,
            EntryType::Regular | EntryType::Continuous if !sparse => {
                let mode = header.mode().map_err(|error| damaged(error.to_string()))?;
                Kind::File { executable: mode & 0o100 != 0, size }
            }
            EntryType::Directory => Kind::Directory,
            EntryType::Symlink => Kind::Symlink(target),
            EntryType::Link => Kind::HardLink(target),
            EntryType::Char | EntryType::Block => Kind::Special("a device"),
            EntryType::Fifo => Kind::Special("a named pipe"),
            EntryType::Regular | EntryType::Continuous | EntryType::GNUSparse => Kind::Special("a sparse file"),
            _ => Kind::Special("of a type that tar archives of SDKs do not have"),
        };
        if size > 0 && matches!(kind, Kind::Symlink(_) | Kind::HardLink(_)) {
            return Err(damaged(format!("its member {:?} is a link with contents", shown(&raw))));
        }
        if path.is_empty() && kind != Kind::Directory {
            return Err(refused(&raw, MemberProblem::Name));
        }
        hand_over(&Member { part, path, kind }, size, padding(size), reader, gauge, visit)?;
    }
}

/// Bytes that follow contents of that size.
fn padding(size: u64) -> u64 {
    size.wrapping_neg() % BLOCK
}

/// Reads the records of a pax header: `LENGTH KEY=VALUE` and a newline, where the length counts all of it. (The crate's
/// own reader splits at newlines, which values may hold: macOS puts extended attributes there as they are.)
fn extend(extended: &mut Extended, mut text: &[u8]) -> Result<(), SdkError> {
    while !text.is_empty() {
        let (record, rest) = record(text).ok_or_else(|| damaged("a pax header holds what is no record"))?;
        text = rest;
        match record {
            (b"path", value) => extended.path = Some(value.to_vec()),
            (b"linkpath", value) => extended.target = Some(value.to_vec()),
            (b"size", value) => {
                let size = str::from_utf8(value).ok().and_then(|value| value.parse().ok());
                extended.size = Some(size.ok_or_else(|| damaged("a pax header has a size that is none"))?);
            }
            (key, _) if key.starts_with(b"GNU.sparse.") => extended.sparse = true,
            _ => {}
        }
    }
    Ok(())
}

type Record<'t> = (&'t [u8], &'t [u8]);

fn record(text: &[u8]) -> Option<(Record<'_>, &[u8])> {
    let blank = text.iter().position(|byte| *byte == b' ')?;
    let length: usize = str::from_utf8(text.get(..blank)?).ok()?.parse().ok()?;
    let (record, rest) = text.split_at_checked(length)?;
    let record = record.strip_suffix(b"\n")?.get(blank + 1..)?;
    let equals = record.iter().position(|byte| *byte == b'=')?;
    Some(((record.get(..equals)?, record.get(equals + 1..)?), rest))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pax_records_are_as_long_as_they_say() {
        let read = |text: &[u8]| {
            let mut extended = Extended::default();
            extend(&mut extended, text).map(|()| extended)
        };
        let good = read(b"8 a=b\nc\n14 path=a=b\nc\n9 size=7\n14 linkpath=x\n").unwrap();
        assert_eq!(good.path.as_deref(), Some(&b"a=b\nc"[..]));
        assert_eq!((good.size, good.target.as_deref()), (Some(7), Some(&b"x"[..])));
        for bad in
            ["x", "9", "9 path=a", "8 path=a\n", "11 path=a\n", "9 pathxa\n", "3 \n", "1 \n", "0 a=b\n", "9 size=x\n"]
        {
            assert!(read(bad.as_bytes()).is_err(), "{bad:?}");
        }
        assert!(read(b"99999999999999999999 a=b\n").is_err());
    }
}
