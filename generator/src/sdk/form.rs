//! Which form a file has, by what it begins and ends with, and the reader that takes it apart.

use std::io::{Read, Seek, SeekFrom};

use super::error::SdkError;
use super::gauge::{Gauge, Limits, Packed};
use super::member::Visit;
use super::stream::{self, DISK_IMAGE, HEAD, head, is_known};
use super::xar;

/// Hands every member of an archive over, in the archive's order, and reads the file to its end. What is wrong with
/// the file is an error at the latest when this returns; members that were handed over before then mean nothing.
///
/// # Errors
/// [`SdkError::Form`], [`SdkError::CutShort`], [`SdkError::Damaged`], [`SdkError::TooLarge`], or a member's path that
/// is none. Whether a member's kind and links are those of an SDK is not looked at here.
pub fn each_member(mut file: impl Read + Seek, limits: &Limits, visit: &mut Visit<'_>) -> Result<(), SdkError> {
    let gauge = Gauge::new(limits);
    let failed = |source| SdkError::Read { source };
    let head = head(&mut file, &gauge)?;
    if head.starts_with(xar::MAGIC) {
        return xar::each_member(&mut file, &gauge, visit);
    }
    if !is_known(&head) && is_disk_image(&mut file).map_err(failed)? {
        return Err(SdkError::Form { form: "a disk image".to_owned(), hint: DISK_IMAGE.to_owned() });
    }
    file.seek(SeekFrom::Start(0)).map_err(failed)?;
    stream::each_member(&mut Packed { inner: file, gauge: &gauge }, 0, &gauge, visit)
}

/// Disk images end in a block that begins with `koly`.
fn is_disk_image(file: &mut (impl Read + Seek)) -> std::io::Result<bool> {
    if file.seek(SeekFrom::End(0))? < HEAD as u64 {
        return Ok(false);
    }
    file.seek(SeekFrom::End(-(HEAD as i64)))?;
    let mut magic = [0; 4];
    file.read_exact(&mut magic)?;
    Ok(&magic == b"koly")
}
