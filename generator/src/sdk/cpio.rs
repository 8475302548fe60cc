//! cpio, as the payload of an Apple package: octal headers (`odc`, POSIX.1-1997) or hexadecimal ones (`newc` and its
//! variant with a checksum).
//!
//! Hard links are files with the same device and inode. Some writers give each of them the contents, some the first and
//! some the last alone.

use std::collections::BTreeMap;
use std::io::Read;

use super::error::{MemberProblem, SdkError, damaged, refused, shown};
use super::gauge::{Gauge, MAX_PATH};
use super::member::{Kind, Member, Visit, hand_over, take};

/// The name that ends an archive.
const END: &[u8] = b"TRAILER!!!";
/// Bytes of a name with its NUL and a `./` before it.
const MAX_NAME: u64 = MAX_PATH as u64 + 16;

/// Whether a file that begins like this is a cpio archive of a kind that is read.
pub(super) fn is_cpio(head: &[u8]) -> bool {
    [b"070707", b"070701", b"070702"].iter().any(|magic| head.starts_with(*magic))
}

struct Header {
    /// Device and inode.
    identity: (u64, u64),
    mode: u64,
    links: u64,
    name_size: u64,
    size: u64,
    /// Names and contents are padded to a multiple of this.
    align: u64,
    /// Bytes of the header itself.
    length: u64,
}

/// Hands every member over. Reads to the archive's last header.
pub(super) fn each_member(
    reader: &mut dyn Read,
    part: usize,
    gauge: &Gauge<'_>,
    visit: &mut Visit<'_>,
) -> Result<(), SdkError> {
    // Files with several names: the one that had the contents, and those that wait for it.
    let mut full: BTreeMap<(u64, u64), Vec<u8>> = BTreeMap::new();
    let mut empty: Vec<((u64, u64), Member)> = Vec::new();
    loop {
        let header = read_header(reader, gauge)?;
        if header.name_size == 0 || header.name_size > MAX_NAME {
            return Err(damaged(format!("a member's name has {} bytes", header.name_size)));
        }
        let mut raw = take(reader, header.name_size as usize, gauge)?;
        let name_padding = padding(header.length + header.name_size, header.align);
        take(reader, name_padding as usize, gauge)?;
        if raw.pop() != Some(0) {
            return Err(damaged("a member's name does not end"));
        }
        if raw == END {
            break;
        }
        let path = gauge.member(&raw)?;
        let Header { mut size, .. } = header;
        let mut after = padding(size, header.align);
        let kind = match header.mode & 0o170_000 {
            0o100_000 => Kind::File { executable: header.mode & 0o100 != 0, size },
            0o040_000 => Kind::Directory,
            0o120_000 => {
                if size > MAX_PATH as u64 {
                    return Err(refused(&raw, MemberProblem::LinkTarget));
                }
                let target = take(reader, size as usize, gauge)?;
                gauge.name(&target)?;
                take(reader, after as usize, gauge)?;
                (size, after) = (0, 0);
                Kind::Symlink(target)
            }
            0o020_000 | 0o060_000 => Kind::Special("a device"),
            0o010_000 => Kind::Special("a named pipe"),
            0o140_000 => Kind::Special("a socket"),
            kind => return Err(damaged(format!("its member {:?} is of the unknown type {kind:o}", shown(&raw)))),
        };
        if path.is_empty() && kind != Kind::Directory {
            return Err(refused(&raw, MemberProblem::Name));
        }
        let file = matches!(kind, Kind::File { .. });
        let member = Member { part, path, kind };
        if file && header.links > 1 {
            if size == 0 {
                empty.push((header.identity, member));
                continue;
            }
            full.entry(header.identity).or_insert_with(|| member.path.clone());
        }
        hand_over(&member, size, after, reader, gauge, visit)?;
    }
    for (identity, mut member) in empty {
        if let Some(path) = full.get(&identity) {
            member.kind = Kind::HardLink(path.clone());
        }
        hand_over(&member, 0, 0, reader, gauge, visit)?;
    }
    Ok(())
}

/// Bytes up to the next multiple of `align`.
fn padding(size: u64, align: u64) -> u64 {
    size.wrapping_neg() % align
}

fn read_header(reader: &mut dyn Read, gauge: &Gauge<'_>) -> Result<Header, SdkError> {
    let magic = take(reader, 6, gauge)?;
    let octal = magic == b"070707";
    if !is_cpio(&magic) {
        return Err(damaged("a cpio header is not where it should be"));
    }
    let mut field = |width: usize| number(&take(reader, width, gauge)?, if octal { 8 } else { 16 });
    // The order of the fields, and with it the order of these lines, is the format.
    if octal {
        let identity = (field(6)?, field(6)?);
        let mode = field(6)?;
        let _owner = (field(6)?, field(6)?);
        let links = field(6)?;
        let _device = field(6)?;
        let _time = field(11)?;
        let (name_size, size) = (field(6)?, field(11)?);
        return Ok(Header { identity, mode, links, name_size, size, align: 1, length: 76 });
    }
    let inode = field(8)?;
    let mode = field(8)?;
    let _owner = (field(8)?, field(8)?);
    let links = field(8)?;
    let _time = field(8)?;
    let size = field(8)?;
    let device = field(8)? << 32 | field(8)?;
    let _device = (field(8)?, field(8)?);
    let name_size = field(8)?;
    let _checksum = field(8)?;
    Ok(Header { identity: (device, inode), mode, links, name_size, size, align: 4, length: 110 })
}

fn number(digits: &[u8], radix: u32) -> Result<u64, SdkError> {
    let all = digits.iter().all(u8::is_ascii_hexdigit);
    let text = str::from_utf8(digits).ok().filter(|_| all);
    let number = text.and_then(|text| u64::from_str_radix(text, radix).ok());
    number.ok_or_else(|| damaged(format!("{:?} stands in a cpio header for a number", shown(digits))))
}
