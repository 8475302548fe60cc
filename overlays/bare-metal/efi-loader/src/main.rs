//! Starts a kernel from UEFI: it loads the ELF file `kernel-<architecture>` beside it on the disk to the addresses for which
//! the file is linked, ends UEFI's boot services, and jumps to the entry point.
//!
//! The state of the processor is that of Linux's boot protocol for the architecture: physical addresses, no interrupts, and
//! the address of the device tree in the register of that protocol. A register that Linux reserves holds the address of a
//! [`Handover`].

#![no_std]
#![no_main]

extern crate alloc;

#[cfg_attr(target_arch = "aarch64", path = "aarch64.rs")]
#[cfg_attr(target_arch = "riscv64", path = "riscv64.rs")]
mod machine;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::mem;
use core::panic::PanicInfo;
use core::ptr;

use elf::abi::{ET_EXEC, PT_LOAD};
use elf::endian::LittleEndian;
use elf::segment::ProgramHeader;
use elf::ElfBytes;
use uefi::boot::{self, AllocateType};
use uefi::fs::FileSystem;
use uefi::mem::memory_map::{MemoryMap, MemoryType};
use uefi::runtime::{self, ResetType};
use uefi::{entry, guid, println, system, table, CStr16, Guid, Status};

/// UEFI's name of the table that is a device tree.
const DEVICE_TREE: Guid = guid!("b1b621d5-f19c-41a5-830b-d9152c69aae0");
const PAGE: u64 = 4096;

/// The loader's message to the kernel. All addresses are physical.
#[repr(C)]
pub struct Handover {
    /// The version of this structure.
    version: u64,
    /// UEFI's memory map as it was when boot services ended: its address and bytes, and the bytes and the version of one
    /// descriptor. Memory of the type `EfiLoaderData` holds the kernel, this structure and the map.
    memory_map: u64,
    memory_map_size: u64,
    descriptor_size: u64,
    descriptor_version: u64,
    /// UEFI's system table, through which tables such as those of ACPI are found. Boot services are gone.
    system_table: u64,
    /// The device tree, or 0 if the firmware has none.
    device_tree: u64,
}

#[entry]
fn main() -> Status {
    let Err(message) = start();
    stop(&message)
}

/// Says what is wrong and turns the machine off: going back to the firmware would wait for a person.
fn stop(message: &str) -> ! {
    println!("loader: {message}");
    runtime::reset(ResetType::SHUTDOWN, Status::LOAD_ERROR, None)
}

fn start() -> Result<core::convert::Infallible, String> {
    let mut name = [0; 32];
    let name = CStr16::from_str_with_buf(machine::KERNEL, &mut name).map_err(|error| format!("{error:?}"))?;
    let system = boot::get_image_file_system(boot::image_handle());
    let system = system.map_err(|error| format!("there is no file system beside the loader: {error}"))?;
    let file = FileSystem::new(system).read(name).map_err(|error| format!("{name}: {error}"))?;
    let (entry, segments) = load(&file).map_err(|message| format!("{name}: {message}"))?;
    let place = machine::Place::find().map_err(|message| format!("{name}: {message}"))?;
    // The kernel keeps it.
    let handover = Box::leak(Box::new(Handover {
        version: 1,
        memory_map: 0,
        memory_map_size: 0,
        descriptor_size: 0,
        descriptor_version: 0,
        system_table: table::system_table_raw().map_or(0, |table| table.as_ptr() as u64),
        device_tree: system::with_config_table(|tables| {
            tables.iter().find(|table| table.guid == DEVICE_TREE).map_or(0, |table| table.address as u64)
        }),
    }));
    // SAFETY: nothing from here on calls boot services; what was allocated is never freed.
    let map = mem::ManuallyDrop::new(unsafe { boot::exit_boot_services(Some(MemoryType::LOADER_DATA)) });
    let meta = map.meta();
    handover.memory_map = map.buffer().as_ptr() as u64;
    handover.memory_map_size = meta.map_size as u64;
    handover.descriptor_size = meta.desc_size as u64;
    handover.descriptor_version = u64::from(meta.desc_version);
    mem::forget(file);
    place.jump(entry, handover, &segments)
}

/// Addresses of memory: the first, and the first after it.
pub type Range = (u64, u64);

/// Copies the segments to their addresses: the entry point, and the memory that they fill.
fn load(file: &[u8]) -> Result<(u64, Vec<Range>), String> {
    let elf = ElfBytes::<LittleEndian>::minimal_parse(file).map_err(|error| format!("{error}"))?;
    let header = elf.ehdr;
    if header.e_type != ET_EXEC || header.e_machine != machine::ELF {
        return Err(format!(
            "an ELF file of type {} for machine {}, where a program with fixed addresses (2) for machine {} is expected",
            header.e_type,
            header.e_machine,
            machine::ELF
        ));
    }
    let segments = elf.segments().into_iter().flatten();
    let segments: Vec<ProgramHeader> = segments.filter(|it| it.p_type == PT_LOAD && it.p_memsz > 0).collect();
    let mut ranges: Vec<Range> = Vec::new();
    for segment in &segments {
        let end = segment.p_paddr.checked_add(segment.p_memsz).filter(|end| *end < u64::MAX - PAGE);
        let end = end.ok_or("a segment ends after the last address")?;
        ranges.push((segment.p_paddr / PAGE * PAGE, end.div_ceil(PAGE) * PAGE));
    }
    ranges.sort_unstable();
    // Two segments can share a page.
    ranges.dedup_by(|next, before| {
        let joined = next.0 <= before.1;
        if joined {
            before.1 = before.1.max(next.1);
        }
        joined
    });
    for (start, end) in &ranges {
        let pages = ((end - start) / PAGE) as usize;
        boot::allocate_pages(AllocateType::Address(*start), MemoryType::LOADER_DATA, pages).map_err(|error| {
            format!(
                "the kernel is linked for the memory from {start:#x} to {end:#x}, which the firmware does not give away ({}); {}",
                error.status(),
                free()
            )
        })?;
    }
    for segment in &segments {
        let bytes = elf.segment_data(segment).map_err(|error| format!("{error}"))?;
        if bytes.len() as u64 > segment.p_memsz {
            return Err(format!("a segment of {} bytes has {} in the file", segment.p_memsz, bytes.len()));
        }
        let place = segment.p_paddr as *mut u8;
        // SAFETY: the pages were allocated a moment ago.
        unsafe {
            ptr::copy_nonoverlapping(bytes.as_ptr(), place, bytes.len());
            place.add(bytes.len()).write_bytes(0, segment.p_memsz as usize - bytes.len());
        }
    }
    // The entry is a virtual address.
    let entry = segments.iter().find_map(|it| {
        let offset = header.e_entry.checked_sub(it.p_vaddr).filter(|offset| *offset < it.p_memsz)?;
        Some(it.p_paddr + offset)
    });
    Ok((entry.ok_or("the entry point is in no segment")?, ranges))
}

/// What to link a kernel for instead.
fn free() -> String {
    let Ok(map) = boot::memory_map(MemoryType::LOADER_DATA) else { return String::from("no memory is free") };
    let free = map.entries().filter(|it| it.ty == MemoryType::CONVENTIONAL);
    let free = free.map(|it| (it.page_count * PAGE, it.phys_start)).max().unwrap_or_default();
    format!("the most memory that is free in one piece is from {:#x} to {:#x}", free.1, free.1 + free.0)
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    // Nobody could read a message of a loader whose firmware is gone.
    // SAFETY: the system table stays.
    let firmware = table::system_table_raw().is_some_and(|table| unsafe { !table.as_ref().boot_services.is_null() });
    if firmware {
        stop(&format!("{info}"))
    }
    loop {}
}
