//! Page tables: 39 bits of addresses, three levels of tables, pages of 4 KiB. Devices and memory stand at their own
//! addresses; the heap and the task are mapped elsewhere.

use core::arch::asm;

use crate::own::Own;

const HEAP: u64 = 0x20_0000_0000;
const HEAP_SIZE: u64 = 256 << 10;
const PAGE: u64 = 4096;

/// An entry that leads to a table, or to a page at the last level.
const TABLE: u64 = 3;
/// An entry for a block of the level's size.
const BLOCK: u64 = 1;
/// It was used, and processors share it: without the first every use is a fault.
const USABLE: u64 = 1 << 10 | 3 << 8;
/// The first kind of memory in MAIR: devices. The second is ordinary.
const ORDINARY: u64 = 1 << 2;
const USER: u64 = 1 << 6;
const NOT_IN_KERNEL: u64 = 1 << 53;
const NOT_IN_USER: u64 = 1 << 54;

/// Who may do what with pages.
#[derive(Clone, Copy)]
pub enum Access {
    KernelData,
    UserCode,
    UserData,
}

#[repr(align(4096))]
struct Table([u64; 512]);

static LEVEL_1: Own<Table> = Own::new(Table([0; 512]));

extern "C" {
    /// The linker script's: the first address after the kernel.
    static kernel_end: u8;
}

/// Frames that were taken so far.
static TAKEN: Own<u64> = Own::new(0);

/// A frame full of zeros.
fn frame() -> u64 {
    const LAST: u64 = 0x4000_0000 + (64 << 20);
    // SAFETY: no frame is given twice, and the kernel ends before the first.
    unsafe {
        let frame = &raw const kernel_end as u64 + *TAKEN.get() * PAGE;
        *TAKEN.get() += 1;
        assert!(frame < LAST, "no memory is left");
        (frame as *mut Table).write_bytes(0, 1);
        frame
    }
}

/// Turns translation on.
pub fn start() {
    // SAFETY: what runs now stands at the same addresses afterwards.
    unsafe {
        let table = &mut *LEVEL_1.get();
        // The first gigabyte holds devices, the second memory.
        table.0[0] = BLOCK | USABLE | NOT_IN_KERNEL | NOT_IN_USER;
        table.0[1] = 0x4000_0000 | BLOCK | USABLE | ORDINARY | NOT_IN_USER;
        asm!(
            "msr mair_el1, {kinds}",
            "msr tcr_el1, {control}",
            "msr ttbr0_el1, {table}",
            "dsb ish",
            "isb",
            "mrs {value}, sctlr_el1",
            "orr {value}, {value}, {on}",
            "msr sctlr_el1, {value}",
            "isb",
            kinds = in(reg) 0xff00_u64,
            // 25 bits fewer than 64; walks through caches; no second table; 40 bits of physical addresses.
            control = in(reg) 25_u64 | 1 << 8 | 1 << 10 | 3 << 12 | 1 << 23 | 2 << 32,
            table = in(reg) LEVEL_1.get(),
            value = out(reg) _,
            // Translation and caches.
            on = in(reg) 1_u64 | 1 << 2 | 1 << 12,
        );
    }
}

/// Maps fresh memory; the frame of the first page.
pub fn map(start: u64, size: u64, access: Access) -> u64 {
    let flags = match access {
        Access::KernelData => NOT_IN_KERNEL | NOT_IN_USER,
        Access::UserCode => USER | NOT_IN_KERNEL,
        Access::UserData => USER | NOT_IN_KERNEL | NOT_IN_USER,
    };
    let mut first = None;
    for address in (start..start + size).step_by(PAGE as usize) {
        let frame_of_page = frame();
        first.get_or_insert(frame_of_page);
        let mut table = LEVEL_1.get();
        // SAFETY: all tables stand at their own addresses.
        unsafe {
            for shift in [30, 21] {
                let entry = &mut (*table).0[(address >> shift) as usize & 511];
                if *entry == 0 {
                    *entry = frame() | TABLE;
                }
                table = (*entry & 0xff_ffff_f000) as *mut Table;
            }
            let entry = &mut (*table).0[(address >> 12) as usize & 511];
            assert_eq!(*entry, 0, "something is mapped there");
            *entry = frame_of_page | TABLE | USABLE | ORDINARY | flags;
        }
    }
    // SAFETY: only new entries were made.
    unsafe { asm!("dsb ish", "isb") };
    first.unwrap_or_default()
}

/// Maps the heap: where it starts, and its bytes.
pub fn map_heap() -> (*mut u8, usize) {
    map(HEAP, HEAP_SIZE, Access::KernelData);
    (HEAP as *mut u8, HEAP_SIZE as usize)
}
