//! Reading numbers and texts out of bytes that may hold anything.

use std::fmt;

/// What is wrong with a file's bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Malformed {
    /// Something reaches past the end of what holds it.
    Short { what: String, offset: u64, length: u64, end: u64 },
    /// A text has no terminating NUL where it must have one.
    Unterminated { what: String },
    /// A value is none of those that the format allows.
    Invalid { what: String, found: String },
}

impl fmt::Display for Malformed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Malformed::Short { what, offset, length, end } => {
                write!(f, "{what}: {length} bytes at {offset:#x} reach past the end at {end:#x}")
            }
            Malformed::Unterminated { what } => write!(f, "{what}: the text has no end"),
            Malformed::Invalid { what, found } => write!(f, "{what}: {found}"),
        }
    }
}

impl std::error::Error for Malformed {}

/// A value that the format does not allow.
pub fn invalid(what: &str, found: impl Into<String>) -> Malformed {
    Malformed::Invalid { what: what.to_owned(), found: found.into() }
}

/// The bytes at an offset. `what` names them in the error.
pub fn slice<'a>(bytes: &'a [u8], offset: u64, length: u64, what: &str) -> Result<&'a [u8], Malformed> {
    let short = || Malformed::Short { what: what.to_owned(), offset, length, end: bytes.len() as u64 };
    let end = offset.checked_add(length).ok_or_else(short)?;
    let range = usize::try_from(offset).ok().zip(usize::try_from(end).ok()).ok_or_else(short)?;
    bytes.get(range.0..range.1).ok_or_else(short)
}

fn array<const N: usize>(bytes: &[u8], offset: u64, what: &str) -> Result<[u8; N], Malformed> {
    let mut array = [0; N];
    array.copy_from_slice(slice(bytes, offset, N as u64, what)?);
    Ok(array)
}

/// A little-endian number of 16 bits.
pub fn u16(bytes: &[u8], offset: u64, what: &str) -> Result<u16, Malformed> {
    Ok(u16::from_le_bytes(array(bytes, offset, what)?))
}

/// A little-endian number of 32 bits.
pub fn u32(bytes: &[u8], offset: u64, what: &str) -> Result<u32, Malformed> {
    Ok(u32::from_le_bytes(array(bytes, offset, what)?))
}

/// A little-endian number of 64 bits.
pub fn u64(bytes: &[u8], offset: u64, what: &str) -> Result<u64, Malformed> {
    Ok(u64::from_le_bytes(array(bytes, offset, what)?))
}

/// A big-endian number of 32 bits, as universal headers and code signatures have them.
pub fn u32_be(bytes: &[u8], offset: u64, what: &str) -> Result<u32, Malformed> {
    Ok(u32::from_be_bytes(array(bytes, offset, what)?))
}

/// A big-endian number of 64 bits.
pub fn u64_be(bytes: &[u8], offset: u64, what: &str) -> Result<u64, Malformed> {
    Ok(u64::from_be_bytes(array(bytes, offset, what)?))
}

/// The bytes from an offset to the next NUL, which must lie within `bytes`.
pub fn text<'a>(bytes: &'a [u8], offset: u64, what: &str) -> Result<&'a [u8], Malformed> {
    let rest = slice(bytes, offset, (bytes.len() as u64).saturating_sub(offset), what)?;
    let end = rest.iter().position(|byte| *byte == 0);
    let end = end.ok_or_else(|| Malformed::Unterminated { what: what.to_owned() })?;
    Ok(rest.get(..end).unwrap_or_default())
}

/// A name from a file as it may be printed: control characters escaped, broken UTF-8 replaced.
pub fn printable(name: &[u8]) -> String {
    let mut text = String::new();
    for character in String::from_utf8_lossy(name).chars() {
        if character.is_control() {
            text.extend(character.escape_default());
        } else {
            text.push(character);
        }
    }
    text
}
