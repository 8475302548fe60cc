//! The message of crossloom's loader for UEFI, as crossloom's page about kernels describes it.

use core::ptr;

use crate::Description;

/// The hand-over. All addresses are physical.
#[repr(C)]
pub struct Handover {
    version: u64,
    memory_map: u64,
    memory_map_size: u64,
    descriptor_size: u64,
    descriptor_version: u64,
    system_table: u64,
    device_tree: u64,
}

/// An entry of UEFI's memory map.
#[repr(C)]
struct Descriptor {
    kind: u32,
    start: u64,
    virtual_start: u64,
    pages: u64,
    attributes: u64,
}

/// UEFI's kinds of memory: the loader's data, among them this kernel; and memory that is free, which includes that of boot
/// services.
const LOADER_DATA: u32 = 2;
const FREE: [u32; 3] = [3, 4, 7];
/// The first bytes of UEFI's system table and of a device tree.
const SYSTEM_TABLE: [u8; 8] = *b"IBI SYST";
const DEVICE_TREE: [u8; 4] = [0xd0, 0x0d, 0xfe, 0xed];

impl Handover {
    /// Reads the memory map, and compares what else is said with what is there. `device_tree` is what the loader passed beside
    /// the hand-over.
    ///
    /// # Safety
    /// The addresses are the loader's.
    pub unsafe fn read(&self, device_tree: u64) -> Description {
        let here = Self::read as *const () as u64;
        let (mut usable, mut is_here) = (0, false);
        for offset in (0..self.memory_map_size).step_by(self.descriptor_size as usize) {
            // SAFETY: the map has whole descriptors, which can be longer than this one.
            let entry = unsafe { ptr::read((self.memory_map + offset) as *const Descriptor) };
            let size = entry.pages * 4096;
            if FREE.contains(&entry.kind) {
                usable += size;
            }
            is_here |= entry.kind == LOADER_DATA && (entry.start..entry.start + size).contains(&here);
        }
        // SAFETY: as above.
        let (system, tree) =
            unsafe { (ptr::read(self.system_table as *const [u8; 8]), ptr::read(device_tree as *const [u8; 4])) };
        let is_true = self.version == 1
            && is_here
            && system == SYSTEM_TABLE
            && tree == DEVICE_TREE
            && self.device_tree == device_tree;
        Description { usable, is_true }
    }
}
