//! What holds Mach-O files: universal files and archives.

use crate::bytes::{self, invalid, Malformed};

const FAT_MAGIC: u32 = 0xcafe_babe;
const FAT_MAGIC_64: u32 = 0xcafe_babf;
const ARCHIVE: &[u8] = b"!<arch>\n";

/// A file's content.
#[derive(Debug)]
pub enum Content<'a> {
    MachO(&'a [u8]),
    /// Members with their names, without the symbol table.
    Archive(Vec<(&'a [u8], &'a [u8])>),
    Universal(Vec<Slice<'a>>),
}

/// A universal file's part for one architecture.
#[derive(Debug)]
pub struct Slice<'a> {
    pub cpu: u32,
    pub subtype: u32,
    pub offset: u64,
    /// The offset is a multiple of this power of 2.
    pub align: u32,
    pub bytes: &'a [u8],
}

/// Splits a file. `None` says that it is none of these kinds.
pub fn split(bytes: &[u8]) -> Option<Result<Content<'_>, Malformed>> {
    if bytes.starts_with(ARCHIVE) {
        return Some(archive(bytes));
    }
    let first: [u8; 4] = bytes.get(..4)?.try_into().ok()?;
    match u32::from_be_bytes(first) {
        FAT_MAGIC => Some(universal(bytes, false)),
        FAT_MAGIC_64 => Some(universal(bytes, true)),
        // Both byte orders, and both widths: that this program does not read them all is told when it tries.
        0xfeed_face | 0xfeed_facf | 0xcefa_edfe | 0xcffa_edfe => Some(Ok(Content::MachO(bytes))),
        _ => None,
    }
}

fn universal(bytes: &[u8], wide: bool) -> Result<Content<'_>, Malformed> {
    let what = "the universal header";
    let mut slices: Vec<Slice> = Vec::new();
    for index in 0..u64::from(bytes::u32_be(bytes, 4, what)?) {
        let at = 8 + index * if wide { 32 } else { 20 };
        let field = |offset| bytes::u32_be(bytes, at + offset, what);
        let (offset, size, align) = if wide {
            (bytes::u64_be(bytes, at + 8, what)?, bytes::u64_be(bytes, at + 16, what)?, field(24)?)
        } else {
            (field(8)?.into(), field(12)?.into(), field(16)?)
        };
        let part = format!("part {index} of the universal file");
        if align > 32 || offset % (1 << align) != 0 {
            return Err(invalid(&part, format!("its offset {offset:#x} is not a multiple of 2^{align}")));
        }
        let slice = Slice {
            cpu: field(0)?,
            subtype: field(4)?,
            offset,
            align,
            bytes: bytes::slice(bytes, offset, size, &part)?,
        };
        if slices.iter().any(|other| (other.cpu, other.subtype) == (slice.cpu, slice.subtype)) {
            return Err(invalid(&part, "it has the architecture of another part"));
        }
        slices.push(slice);
    }
    if slices.is_empty() {
        return Err(invalid(what, "there are no parts"));
    }
    let mut places: Vec<_> = slices.iter().map(|slice| (slice.offset, slice.bytes.len() as u64)).collect();
    places.sort();
    for (first, second) in places.iter().zip(places.iter().skip(1)) {
        if first.0 + first.1 > second.0 {
            return Err(invalid(what, format!("the parts at {:#x} and {:#x} overlap", first.0, second.0)));
        }
    }
    Ok(Content::Universal(slices))
}

fn archive(bytes: &[u8]) -> Result<Content<'_>, Malformed> {
    let mut members = Vec::new();
    let mut long_names: &[u8] = &[];
    let mut at = ARCHIVE.len() as u64;
    while at < bytes.len() as u64 {
        let what = format!("the archive's member at {at:#x}");
        let header = bytes::slice(bytes, at, 60, &what)?;
        let size = decimal(bytes::slice(header, 48, 10, &what)?)
            .filter(|_| header.ends_with(b"`\n"))
            .ok_or_else(|| invalid(&what, "its header is none"))?;
        let content = bytes::slice(bytes, at + 60, size, &what)?;
        let name = bytes::slice(header, 0, 16, &what)?.trim_ascii_end();
        at += 60 + size + size % 2;
        // GNU's format, which LLVM's ar takes where the first member is universal: names end in a slash, long ones are in a member
        // of their own, and the symbol table has none.
        match name {
            b"//" => {
                long_names = content;
                continue;
            }
            b"/" | b"/SYM64/" => continue,
            _ => {}
        }
        // BSD's long names stand before the content, filled up with NULs.
        let (name, content) = match name.strip_prefix(b"#1/") {
            Some(length) => {
                let length = decimal(length).ok_or_else(|| invalid(&what, "its name has no length"))?;
                let name = bytes::slice(content, 0, length, &what)?;
                let rest = bytes::slice(content, length, size - length, &what)?;
                (name.split(|byte| *byte == 0).next().unwrap_or_default(), rest)
            }
            None => match name.strip_prefix(b"/").and_then(decimal) {
                Some(offset) => {
                    let rest =
                        bytes::slice(long_names, offset, (long_names.len() as u64).saturating_sub(offset), &what)?;
                    let name = rest.split(|byte| *byte == b'\n').next().unwrap_or_default();
                    (name.strip_suffix(b"/").unwrap_or(name), content)
                }
                None => (name.strip_suffix(b"/").unwrap_or(name), content),
            },
        };
        if !name.starts_with(b"__.SYMDEF") {
            members.push((name, content));
        }
    }
    Ok(Content::Archive(members))
}

/// A number filled up with blanks.
fn decimal(field: &[u8]) -> Option<u64> {
    std::str::from_utf8(field).ok()?.trim_end().parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_in_gnus_format() {
        let mut bytes = ARCHIVE.to_vec();
        for (name, content) in [("/", ""), ("//", "a_long_name.o/\nanother.o/\n"), ("b.o/", "b"), ("/15", "cc")] {
            bytes.extend(format!("{name:<16}{:<32}{:<10}`\n{content}", "", content.len()).bytes());
            bytes.resize(bytes.len().next_multiple_of(2), b'\n');
        }
        let Some(Ok(Content::Archive(members))) = split(&bytes) else { panic!("this is an archive") };
        assert_eq!(members, [(&b"b.o"[..], &b"b"[..]), (b"another.o", b"cc")]);
    }
}
