//! A tar or cpio archive, packed or not, and what is said of a stream that is neither.

use std::io::{Cursor, Read};

use flate2::read::MultiGzDecoder;
use liblzma::read::XzDecoder;
use liblzma::stream::{CONCATENATED, Stream};

use super::error::{FORMS, SdkError, damaged};
use super::gauge::{Gauge, Unpacked, XZ_MEMORY};
use super::member::Visit;
use super::{cpio, pbzx, tape};

/// A tar header.
pub(super) const HEAD: usize = 512;
const XZ: &[u8] = b"\xfd7zXZ\0";
const GZIP: &[u8] = b"\x1f\x8b";

/// Files that begin like this are not read, and what to do about it.
const OTHERS: [(&[u8], &str, &str); 8] = [
    (b"BZh", "packed with bzip2, which is not read", "unpack it with `bunzip2`, or pack it with xz"),
    (b"\x28\xb5\x2f\xfd", "packed with zstd, which is not read", "unpack it with `unzstd`, or pack it with xz"),
    (b"\x5d\0\0", "packed with the lzma of old, which is not read", "unpack it with `unlzma`, or pack it with xz"),
    (b"PK", "a zip archive, which is not read", "unpack it and name the directory"),
    (b"7z\xbc\xaf", "a 7z archive, which is not read", "unpack it and name the directory"),
    (b"encrcdsa", "a disk image", DISK_IMAGE),
    (b"AA01", "an Apple Archive, which is not read", "unpack it on a Mac with `aa` and name the directory"),
    (b"YAA1", "an Apple Archive, which is not read", "unpack it on a Mac with `aa` and name the directory"),
];
pub(super) const DISK_IMAGE: &str =
    "open it on a Mac, or unpack it with 7-Zip, and import the .pkg or the directory *.sdk that is in it";

/// Whether a file that begins like this is read here.
pub(super) fn is_known(head: &[u8]) -> bool {
    let compressed = [XZ, GZIP, pbzx::MAGIC].iter().any(|magic| head.starts_with(magic));
    compressed || tape::is_tar(head) || cpio::is_cpio(head)
}

/// The first bytes of a file, up to [`HEAD`] of them.
pub(super) fn head(reader: &mut dyn Read, gauge: &Gauge<'_>) -> Result<Vec<u8>, SdkError> {
    let mut head = Vec::new();
    reader.take(HEAD as u64).read_to_end(&mut head).map_err(|error| gauge.error(error))?;
    Ok(head)
}

/// A tar or cpio archive, packed or not. What `packed` gives has been counted.
pub(super) fn each_member<'g>(
    packed: &mut dyn Read,
    part: usize,
    gauge: &'g Gauge<'g>,
    visit: &mut Visit<'_>,
) -> Result<(), SdkError> {
    let begin = head(packed, gauge)?;
    let packed = Cursor::new(begin.clone()).chain(packed);
    let broken = |error: liblzma::stream::Error| gauge.error(error.into());
    let plain: Box<dyn Read + '_> = if begin.starts_with(XZ) {
        Box::new(XzDecoder::new_stream(packed, Stream::new_stream_decoder(XZ_MEMORY, CONCATENATED).map_err(broken)?))
    } else if begin.starts_with(GZIP) {
        Box::new(MultiGzDecoder::new(packed))
    } else if begin.starts_with(pbzx::MAGIC) {
        Box::new(pbzx::Pbzx::new(packed))
    } else {
        Box::new(packed)
    };
    let mut plain = Unpacked { inner: plain, gauge };
    let begin = head(&mut plain, gauge)?;
    let (tar, cpio) = (tape::is_tar(&begin), cpio::is_cpio(&begin));
    if !tar && !cpio {
        return Err(unknown(&begin));
    }
    // Headers are read in small pieces.
    let mut plain = std::io::BufReader::with_capacity(64 * 1024, Cursor::new(begin).chain(plain));
    if tar {
        tape::each_member(&mut plain, part, gauge, visit)?;
    } else {
        cpio::each_member(&mut plain, part, gauge, visit)?;
    }
    // A decoder knows at the end only whether what it gave was right. Archives are padded with zeros; of anything else
    // other programs would unpack more than was looked at here.
    let mut rest = [0; 16 * 1024];
    loop {
        let count = plain.read(&mut rest).map_err(|error| gauge.error(error))?;
        match rest.get(..count) {
            None | Some([]) => return Ok(()),
            Some(bytes) if bytes.iter().any(|byte| *byte != 0) => {
                return Err(damaged("something follows the end of its archive"));
            }
            Some(_) => {}
        }
    }
}

fn unknown(head: &[u8]) -> SdkError {
    if head.is_empty() {
        return SdkError::Form { form: "empty".to_owned(), hint: FORMS.to_owned() };
    }
    match OTHERS.iter().find(|(magic, ..)| head.starts_with(magic)) {
        Some((_, form, hint)) => SdkError::Form { form: (*form).to_owned(), hint: format!("{hint}; {FORMS}") },
        None => SdkError::Form { form: "not an archive of a known form".to_owned(), hint: FORMS.to_owned() },
    }
}
