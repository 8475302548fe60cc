//! The task's page tables: 39 bits of addresses, three levels, pages of 4 KiB. The kernel itself takes memory as it is.

use crate::own::Own;

const HEAP_SIZE: u64 = 256 << 10;
pub const PAGE: u64 = 4096;

const VALID: u64 = 1;
pub const READ: u64 = 1 << 1;
pub const WRITE: u64 = 1 << 2;
pub const EXECUTE: u64 = 1 << 3;
const USER: u64 = 1 << 4;
/// It was read and written: without these every use may be a fault.
const USED: u64 = 3 << 6;

#[repr(align(4096))]
struct Table([u64; 512]);

static ROOT: Own<Table> = Own::new(Table([0; 512]));

extern "C" {
    /// The linker script's: the first address after the kernel.
    static kernel_end: u8;
}

/// Bytes that were taken so far.
static TAKEN: Own<u64> = Own::new(0);

/// Memory full of zeros.
fn take(size: u64) -> u64 {
    const LAST: u64 = 0x8000_0000 + (64 << 20);
    // SAFETY: no memory is given twice, and the kernel ends before the first.
    unsafe {
        let start = &raw const kernel_end as u64 + *TAKEN.get();
        *TAKEN.get() += size;
        assert!(start + size <= LAST, "no memory is left");
        (start as *mut u8).write_bytes(0, size as usize);
        start
    }
}

/// Maps a fresh page for the task; its frame.
pub fn map(address: u64, rights: u64) -> u64 {
    let frame = take(PAGE);
    let mut table = ROOT.get();
    // SAFETY: tables stand at the addresses that their entries name.
    unsafe {
        for shift in [30, 21] {
            let entry = &mut (*table).0[(address >> shift) as usize & 511];
            if *entry == 0 {
                *entry = take(PAGE) >> 2 | VALID;
            }
            table = (*entry >> 10 << 12) as *mut Table;
        }
        let entry = &mut (*table).0[(address >> 12) as usize & 511];
        assert_eq!(*entry, 0, "something is mapped there");
        *entry = frame >> 2 | rights | VALID | USER | USED;
    }
    frame
}

/// The value of `satp` that turns translation on below machine mode.
pub fn translation() -> u64 {
    8 << 60 | ROOT.get() as u64 >> 12
}

/// The heap: where it starts, and its bytes.
pub fn map_heap() -> (*mut u8, usize) {
    (take(HEAP_SIZE) as *mut u8, HEAP_SIZE as usize)
}
