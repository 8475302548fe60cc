//! A PC: the loader starts the kernel in 64-bit mode with page tables.

use bootloader_api::config::Mapping;
use bootloader_api::info::{MemoryRegionKind, MemoryRegions};
use bootloader_api::{entry_point, BootInfo, BootloaderConfig};
use uart_16550::SerialPort;
use x86_64::instructions::{hlt, port::Port};

use crate::Description;

/// The first serial port.
const COM1: u16 = 0x3f8;
/// QEMU's `isa-debug-exit`: a number N ends the emulator with status 2N + 1.
const DEBUG_EXIT: u16 = 0xf4;

/// The loader maps all memory, too.
static CONFIG: BootloaderConfig = {
    let mut config = BootloaderConfig::new_default();
    config.mappings.physical_memory = Some(Mapping::Dynamic);
    config
};

entry_point!(start, config = &CONFIG);

fn start(boot: &'static mut BootInfo) -> ! {
    crate::main(&Description {
        usable: usable(&boot.memory_regions),
        is_true: boot.physical_memory_offset.into_option().is_some_and(is_mapped),
    })
}

/// Bytes that nobody uses.
fn usable(regions: &MemoryRegions) -> u64 {
    let usable = regions.iter().filter(|region| region.kind == MemoryRegionKind::Usable);
    usable.map(|region| region.end - region.start).sum()
}

/// Whether the code that runs is found again in the mapping of all memory.
fn is_mapped(offset: u64) -> bool {
    use x86_64::structures::paging::{OffsetPageTable, PageTable, Translate};
    use x86_64::{registers::control::Cr3, VirtAddr};

    let here = start as *const () as u64;
    let offset = VirtAddr::new(offset);
    let (table, _) = Cr3::read();
    // SAFETY: the loader mapped all memory at the offset, and nothing changes its tables.
    let table = unsafe {
        let table: *mut PageTable = (offset + table.start_address().as_u64()).as_mut_ptr();
        OffsetPageTable::new(&mut *table, offset)
    };
    let Some(place) = table.translate_addr(VirtAddr::new(here)) else { return false };
    let again = (offset + place.as_u64()).as_ptr::<[u8; 16]>();
    // SAFETY: both are mapped.
    unsafe { *again == *(here as *const [u8; 16]) }
}

pub fn console() -> SerialPort {
    // SAFETY: the port is there on every PC, and the loader is done with it.
    let mut serial = unsafe { SerialPort::new(COM1) };
    serial.init();
    serial
}

pub fn exit(success: bool) -> ! {
    // SAFETY: where the device is not there, nothing listens to the port.
    unsafe { Port::new(DEBUG_EXIT).write(if success { 0x10_u32 } else { 0x11 }) };
    loop {
        hlt();
    }
}
