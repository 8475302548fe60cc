//! The two kinds of disks, and the file system in both.

use std::collections::BTreeMap;
use std::io::{self, Cursor, Write};

use fatfs::{FileSystem, FormatVolumeOptions, FsOptions};
use gpt::disk::LogicalBlockSize;
use gpt::mbr::ProtectiveMBR;
use gpt::partition::Partition;
use gpt::partition_types::EFI;
use gpt::GptConfig;
use uuid::Uuid;

/// Files by their paths.
pub type Files = BTreeMap<String, Vec<u8>>;

const SECTOR: usize = 512;
const MEBIBYTE: usize = 1 << 20;
/// Partitions begin and end at a mebibyte.
const ALIGNED: usize = MEBIBYTE / SECTOR;

/// Identifiers of every image: a random one would make every image another.
const DISK: Uuid = Uuid::from_u128(0x63726f73_736c_4f6f_8d64_6973_6b69_6d67);
const PARTITION: Uuid = Uuid::from_u128(0x63726f73_736c_4f6f_8d65_6669_7061_7274);
const VOLUME: u32 = 0x6372_6f73;

/// The type of the partition with the second stage, as the boot sector looks for it.
const STAGE_2: u8 = 0x20;
/// FAT with logical addresses.
const FAT: u8 = 0x0c;
/// The places of the partition table's four entries and of the signature in the first sector.
const ENTRIES: usize = 446;
const SIGNATURE: [u8; 2] = [0x55, 0xaa];

fn invalid(message: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, message.into())
}

fn sectors(bytes: usize) -> usize {
    bytes.div_ceil(SECTOR)
}

/// A FAT file system that holds the files.
fn file_system(files: &Files) -> io::Result<Vec<u8>> {
    // Every file fills its last cluster and has entries in directories; the rest is for tables.
    let needed: usize = files.values().map(|file| file.len() + 2 * 4096).sum();
    let size = (needed + needed / 64).div_ceil(MEBIBYTE) * MEBIBYTE + MEBIBYTE;
    let mut volume = Cursor::new(vec![0; size]);
    let options = FormatVolumeOptions::new().volume_id(VOLUME).volume_label(*b"CROSSLOOM  ");
    fatfs::format_volume(&mut volume, options)?;
    {
        let system = FileSystem::new(&mut volume, FsOptions::new())?;
        let root = system.root_dir();
        for (path, bytes) in files {
            let folders = path.match_indices('/').map(|(end, _)| &path[..end]);
            for folder in folders {
                root.create_dir(folder)?;
            }
            let mut file = root.create_file(path)?;
            file.truncate()?;
            file.write_all(bytes)?;
            file.flush()?;
        }
        drop(root);
        system.unmount()?;
    }
    Ok(volume.into_inner())
}

/// A disk for UEFI: a GUID partition table with one EFI system partition.
pub fn uefi(files: &Files) -> io::Result<Vec<u8>> {
    let volume = file_system(files)?;
    let first = ALIGNED;
    let last = first + sectors(volume.len()) - 1;
    // The table stands at the end, too.
    let total = last + 1 + ALIGNED;
    let mut disk = Cursor::new(vec![0; total * SECTOR]);
    let size = u32::try_from(total - 1).unwrap_or(u32::MAX);
    ProtectiveMBR::with_lb_size(size).overwrite_lba0(&mut disk).map_err(|error| invalid(error.to_string()))?;
    let config = GptConfig::new().writable(true).logical_block_size(LogicalBlockSize::Lb512);
    let mut table = config.create_from_device(disk, Some(DISK)).map_err(|error| invalid(error.to_string()))?;
    let partition = Partition {
        part_type_guid: EFI,
        part_guid: PARTITION,
        first_lba: first as u64,
        last_lba: last as u64,
        flags: 0,
        name: "EFI".to_owned(),
    };
    table.update_partitions(BTreeMap::from([(1, partition)])).map_err(|error| invalid(error.to_string()))?;
    let mut disk = table.write().map_err(|error| invalid(error.to_string()))?.into_inner();
    let place = first * SECTOR;
    disk.get_mut(place..place + volume.len())
        .ok_or_else(|| invalid("the partition is outside"))?
        .copy_from_slice(&volume);
    Ok(disk)
}

/// A disk for a PC's BIOS: the boot sector with a partition table, the second stage behind it, and a file system.
pub fn bios(boot_sector: &[u8], stage_2: &[u8], files: &Files) -> io::Result<Vec<u8>> {
    if boot_sector.len() != SECTOR || !boot_sector.ends_with(&SIGNATURE) {
        return Err(invalid(format!("the boot sector has {} bytes and no signature at its end", boot_sector.len())));
    }
    let volume = file_system(files)?;
    let mut disk = boot_sector.to_vec();
    let mut entries = disk[ENTRIES..].chunks_exact_mut(16);
    let mut partition = |kind: u8, start: usize, count: usize| {
        let entry = entries.next().ok_or_else(|| invalid("no partition is left"))?;
        if entry.iter().any(|byte| *byte != 0) {
            return Err(invalid("the boot sector has a partition"));
        }
        let number = |value: usize| u32::try_from(value).map_err(|_| invalid("the disk is too large"));
        // It is active; cylinders, heads and sectors are left out.
        entry[0] = 0x80;
        entry[4] = kind;
        entry[8..12].copy_from_slice(&number(start)?.to_le_bytes());
        entry[12..].copy_from_slice(&number(count)?.to_le_bytes());
        Ok(())
    };
    let after = 1 + sectors(stage_2.len());
    partition(STAGE_2, 1, sectors(stage_2.len()))?;
    partition(FAT, after, sectors(volume.len()))?;
    disk.extend_from_slice(stage_2);
    disk.resize(after * SECTOR, 0);
    disk.extend_from_slice(&volume);
    Ok(disk)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Read;

    fn files() -> Files {
        let file = |path: &str, bytes: &[u8]| (path.to_owned(), bytes.to_vec());
        BTreeMap::from([file("EFI/BOOT/BOOTX64.EFI", b"loader"), file("kernel-x86_64", &[7; 3_000_000])])
    }

    fn read(volume: &[u8], path: &str) -> Vec<u8> {
        let system = FileSystem::new(Cursor::new(volume.to_vec()), FsOptions::new()).unwrap();
        let mut bytes = Vec::new();
        system.root_dir().open_file(path).unwrap().read_to_end(&mut bytes).unwrap();
        bytes
    }

    #[test]
    fn a_disk_for_uefi_can_be_read_again() {
        let disk = uefi(&files()).unwrap();
        assert_eq!(disk, uefi(&files()).unwrap());
        let table = GptConfig::new().open_from_device(Cursor::new(disk.clone())).unwrap();
        assert_eq!((*table.guid(), table.partitions().len()), (DISK, 1));
        let partition = &table.partitions()[&1];
        let volume = &disk[partition.first_lba as usize * SECTOR..(partition.last_lba as usize + 1) * SECTOR];
        for (path, bytes) in files() {
            assert_eq!(read(volume, &path), bytes, "{path}");
        }
    }

    #[test]
    fn a_disk_for_a_bios_can_be_read_again() {
        let mut boot_sector = vec![0x90; ENTRIES];
        boot_sector.resize(SECTOR - 2, 0);
        boot_sector.extend(SIGNATURE);
        let disk = bios(&boot_sector, &[1; 600], &files()).unwrap();
        assert_eq!(disk[..ENTRIES], boot_sector[..ENTRIES]);
        assert_eq!(disk[ENTRIES + 4], STAGE_2);
        let start = u32::from_le_bytes(disk[ENTRIES + 24..ENTRIES + 28].try_into().unwrap()) as usize;
        assert_eq!(start, 3);
        assert_eq!(disk[SECTOR..SECTOR + 600], [1; 600]);
        assert_eq!(read(&disk[start * SECTOR..], "kernel-x86_64").len(), 3_000_000);
        assert!(bios(&boot_sector[1..], &[], &files()).is_err());
        boot_sector[ENTRIES] = 1;
        assert!(bios(&boot_sector, &[1], &files()).is_err());
    }
}
