//! Page tables. The first gigabyte stands at its own address; the heap and the task are mapped elsewhere.

use x86_64::registers::control::Cr3;
use x86_64::structures::paging::{
    FrameAllocator, Mapper, OffsetPageTable, Page, PageTable, PageTableFlags, PhysFrame, Size4KiB,
};
use x86_64::{PhysAddr, VirtAddr};

use crate::own::Own;

const HEAP: u64 = 0x4444_4444_0000;
const HEAP_SIZE: u64 = 256 << 10;

extern "C" {
    /// The linker script's: the first address after the kernel.
    static kernel_end: u8;
}

/// Frames that were taken so far. Machines with less memory than 64 MiB are out of reach.
static TAKEN: Own<u64> = Own::new(0);

struct Frames;

// SAFETY: no frame is given twice, and the kernel ends before the first.
unsafe impl FrameAllocator<Size4KiB> for Frames {
    fn allocate_frame(&mut self) -> Option<PhysFrame> {
        const LAST: u64 = 64 << 20;
        let frame = unsafe {
            let taken = TAKEN.get();
            let address = &raw const kernel_end as u64 + *taken * 4096;
            *taken += 1;
            address
        };
        (frame < LAST).then(|| PhysFrame::containing_address(PhysAddr::new(frame)))
    }
}

/// Maps fresh memory.
pub fn map(start: u64, size: u64, flags: PageTableFlags) {
    let (table, _) = Cr3::read();
    // SAFETY: all frames below one gigabyte stand at their own addresses, tables among them.
    let mut mapper = unsafe {
        let table: *mut PageTable = VirtAddr::new(table.start_address().as_u64()).as_mut_ptr();
        OffsetPageTable::new(&mut *table, VirtAddr::zero())
    };
    let first = Page::<Size4KiB>::containing_address(VirtAddr::new(start));
    let last = Page::containing_address(VirtAddr::new(start + size - 1));
    for page in Page::range_inclusive(first, last) {
        let frame = Frames.allocate_frame().expect("memory is left");
        // SAFETY: the frame is nobody else's.
        let mapped = unsafe { mapper.map_to(page, frame, flags | PageTableFlags::PRESENT, &mut Frames) };
        mapped.expect("nothing is mapped there yet").flush();
    }
}

/// Maps the heap: where it starts, and its bytes.
pub fn map_heap() -> (*mut u8, usize) {
    map(HEAP, HEAP_SIZE, PageTableFlags::WRITABLE | PageTableFlags::NO_EXECUTE);
    (HEAP as *mut u8, HEAP_SIZE as usize)
}
