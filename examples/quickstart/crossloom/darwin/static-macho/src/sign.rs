//! Code signatures: the kernel of an arm64 Mac starts nothing without one, be it only ad hoc.
//!
//! The layout is that of Apple's `kern/cs_blobs.h`; all numbers are big-endian.

use crate::bytes::{self, invalid, Malformed};
use crate::macho::commands::{Body, Stretch};
use crate::macho::names::LC_CODE_SIGNATURE;
use crate::macho::MachO;
use crate::sha256::sha256;

const SUPER_BLOB: u32 = 0xfade_0cc0;
const CODE_DIRECTORY: u32 = 0xfade_0c02;
const SLOT_CODE_DIRECTORY: u32 = 0;
const AD_HOC: u32 = 0x2;
const SHA256: u8 = 2;

/// The file's signature, if it has one: how many pages it covers. An error says what does not hold.
pub fn verify(file: &MachO<'_>) -> Result<Option<u64>, Malformed> {
    let Some((offset, length)) = signature(file) else { return Ok(None) };
    let blob = file.part(offset, length, "the code signature")?;
    let hashes = hashes(file, offset, code_directory(blob)?.1)?;
    for (index, (page, hash)) in hashes.pages.chunks(hashes.page).zip(hashes.stored.chunks(32)).enumerate() {
        if sha256(page) != hash {
            return Err(invalid("the code directory", format!("page {index} is not what was signed")));
        }
    }
    Ok(Some(hashes.stored.len() as u64 / 32))
}

/// Signs a file anew that was signed ad hoc and changed since. A file without a signature stays without one.
pub fn renew(bytes: &mut [u8]) -> Result<(), Malformed> {
    let (at, fresh) = {
        let file = MachO::parse(bytes)?;
        let Some((offset, length)) = signature(&file) else { return Ok(()) };
        let (start, directory) = code_directory(file.part(offset, length, "the code signature")?)?;
        let hashes = hashes(&file, offset, directory)?;
        let fresh: Vec<u8> = hashes.pages.chunks(hashes.page).flat_map(sha256).collect();
        (u64::from(offset) + start + hashes.offset, fresh)
    };
    let place = usize::try_from(at).ok().and_then(|at| bytes.get_mut(at..at + fresh.len()));
    let place = place.ok_or_else(|| invalid("the code directory", "its hashes lie outside the file"))?;
    place.copy_from_slice(&fresh);
    Ok(())
}

/// Where the signature lies.
fn signature(file: &MachO<'_>) -> Option<Stretch> {
    file.commands.iter().find_map(|command| match command.body {
        Body::Linkedit(stretch) if command.number == LC_CODE_SIGNATURE => Some(stretch),
        _ => None,
    })
}

/// The code directory within the signature, with its offset there.
fn code_directory(blob: &[u8]) -> Result<(u64, &[u8]), Malformed> {
    let what = "the code signature";
    let u32 = |at| bytes::u32_be(blob, at, what);
    if u32(0)? != SUPER_BLOB {
        return Err(invalid(what, format!("{:#x} is not its magic number", u32(0)?)));
    }
    let blob = bytes::slice(blob, 0, u32(4)?.into(), what)?;
    for index in 0..u64::from(u32(8)?) {
        if bytes::u32_be(blob, 12 + index * 8, what)? == SLOT_CODE_DIRECTORY {
            let at = bytes::u32_be(blob, 16 + index * 8, what)?.into();
            let length = bytes::u32_be(blob, at + 4, what)?;
            return Ok((at, bytes::slice(blob, at, length.into(), "the code directory")?));
        }
    }
    Err(invalid(what, "it has no code directory"))
}

/// What a code directory covers.
struct Hashes<'a> {
    pages: &'a [u8],
    /// Bytes of a page.
    page: usize,
    /// The pages' hashes, 32 bytes each, and their offset in the directory.
    stored: &'a [u8],
    offset: u64,
}

/// The hashes of a directory that is as it has to be.
fn hashes<'a>(file: &MachO<'a>, signature: u32, directory: &'a [u8]) -> Result<Hashes<'a>, Malformed> {
    let what = "the code directory";
    let u32 = |at| bytes::u32_be(directory, at, what);
    let byte = |at| Ok::<u8, Malformed>(bytes::slice(directory, at, 1, what)?.first().copied().unwrap_or_default());
    if u32(0)? != CODE_DIRECTORY {
        return Err(invalid(what, format!("{:#x} is not its magic number", u32(0)?)));
    }
    if u32(12)? & AD_HOC == 0 {
        return Err(invalid(what, "the signature is not ad hoc"));
    }
    bytes::text(directory, u32(20)?.into(), "the identifier in the code directory")?;
    let (size, kind) = (byte(36)?, byte(37)?);
    if (size, kind) != (32, SHA256) {
        return Err(invalid(what, format!("its hashes are not SHA-256 (kind {kind}, {size} bytes)")));
    }
    // Everything before the signature is signed, and nothing else could be.
    let limit = u32(32)?;
    if limit != signature {
        return Err(invalid(what, format!("it covers {limit:#x} bytes, the signature begins at {signature:#x}")));
    }
    let page = byte(39)?;
    if !(12..=16).contains(&page) {
        return Err(invalid(what, format!("its pages are of 2^{page} bytes")));
    }
    let code = file.part(0, limit, "the signed bytes")?;
    let pages = u64::from(limit).div_ceil(1 << page);
    if u64::from(u32(28)?) != pages {
        return Err(invalid(what, format!("it has {} hashes, there are {pages} pages", u32(28)?)));
    }
    let offset = u64::from(u32(16)?);
    let stored = bytes::slice(directory, offset, pages * 32, "the hashes in the code directory")?;
    Ok(Hashes { pages: code, page: 1 << page, stored, offset })
}
