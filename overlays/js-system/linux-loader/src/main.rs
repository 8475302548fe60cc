//! Starts Linux from UEFI: it reads the files `kernel`, `initramfs` and `command-line` beside it on the disk, offers the
//! second one as Linux asks for it, and starts the first one, which is a UEFI application itself, with the third one.
//!
//! Source: the kernel's documentation of its EFI stub, and of `LINUX_EFI_INITRD_MEDIA_GUID`.

#![no_std]
#![no_main]

extern crate alloc;

use alloc::boxed::Box;
use alloc::format;
use alloc::string::String;
use alloc::vec::Vec;
use core::ffi::c_void;
use core::panic::PanicInfo;
use core::{ptr, str};

use uefi::boot::{self, LoadImageSource};
use uefi::fs::{Error, FileSystem};
use uefi::proto::loaded_image::LoadedImage;
use uefi::runtime::{self, ResetType};
use uefi::{cstr16, entry, guid, println, CStr16, Guid, Status};

/// UEFI's protocols of something that has a place, and of something that gives a file.
const DEVICE_PATH: Guid = guid!("09576e91-6d3f-11d2-8e39-00a0c969723b");
const LOAD_FILE_2: Guid = guid!("4006c0c1-fcb3-403e-996d-4a6c8724e06d");

/// The place at which Linux looks for its initramfs: a medium of a vendor, whose name is a GUID, and the end of the path.
#[repr(C, align(8))]
struct Place([u8; 24]);

static PLACE: Place = Place([
    // Type, subtype, and length.
    4, 3, 20, 0, // 5568e427-68fc-4f3d-ac74-ca555231cc68
    0x27, 0xe4, 0x68, 0x55, 0xfc, 0x68, 0x3d, 0x4f, 0xac, 0x74, 0xca, 0x55, 0x52, 0x31, 0xcc, 0x68, //
    0x7f, 0xff, 4, 0,
]);

/// The protocol `LOAD_FILE_2`, with the file behind it.
#[repr(C)]
struct Initramfs {
    load: unsafe extern "efiapi" fn(*const Initramfs, *const c_void, u8, *mut usize, *mut u8) -> Status,
    bytes: &'static [u8],
}

/// Copies the file, or says how large it is.
unsafe extern "efiapi" fn load(
    this: *const Initramfs,
    _: *const c_void,
    boot_policy: u8,
    size: *mut usize,
    buffer: *mut u8,
) -> Status {
    // UEFI's truth value is a byte. This is no medium that firmware boots from.
    if boot_policy != 0 {
        return Status::UNSUPPORTED;
    }
    if this.is_null() || size.is_null() {
        return Status::INVALID_PARAMETER;
    }
    // SAFETY: whoever calls it found `this` by the protocol, and gives a place of `size` bytes, or none.
    unsafe {
        let bytes = (*this).bytes;
        let room = *size;
        *size = bytes.len();
        if buffer.is_null() || room < bytes.len() {
            return Status::BUFFER_TOO_SMALL;
        }
        ptr::copy_nonoverlapping(bytes.as_ptr(), buffer, bytes.len());
    }
    Status::SUCCESS
}

#[entry]
fn main() -> Status {
    let message = match start() {
        Ok(()) => String::from("the kernel came back"),
        Err(message) => message,
    };
    stop(&message)
}

/// Says what is wrong and turns the machine off: going back to the firmware would wait for a person.
fn stop(message: &str) -> ! {
    println!("loader: {message}");
    runtime::reset(ResetType::SHUTDOWN, Status::LOAD_ERROR, None)
}

fn start() -> Result<(), String> {
    let this = boot::image_handle();
    let files = boot::get_image_file_system(this);
    let files = files.map_err(|error| format!("there is no file system beside the loader: {error}"))?;
    let mut files = FileSystem::new(files);
    let mut read = |name: &CStr16| {
        files.read(name).map_err(|error| match error {
            Error::Io(error) => format!("{name}: {}", error.uefi_error.status()),
            other => format!("{name}: {other}"),
        })
    };
    let kernel = read(cstr16!("kernel"))?;
    let initramfs: &'static [u8] = Box::leak(read(cstr16!("initramfs"))?.into_boxed_slice());
    let line = read(cstr16!("command-line"))?;
    let line = str::from_utf8(&line).map_err(|error| format!("command-line: {error}"))?;
    let line: Vec<u16> = line.trim_end().encode_utf16().chain([0]).collect();

    let protocol: &'static Initramfs = Box::leak(Box::new(Initramfs { load, bytes: initramfs }));
    // SAFETY: both stay as long as the machine, and have the form of their protocols.
    unsafe {
        let place = boot::install_protocol_interface(None, &DEVICE_PATH, (&raw const PLACE).cast())
            .map_err(|error| format!("the initramfs has no place: {error}"))?;
        boot::install_protocol_interface(Some(place), &LOAD_FILE_2, ptr::from_ref(protocol).cast())
            .map_err(|error| format!("the initramfs cannot be offered: {error}"))?;
    }
    let image = boot::load_image(this, LoadImageSource::FromBuffer { buffer: &kernel, file_path: None })
        .map_err(|error| format!("kernel: {}; was it built with CONFIG_EFI_STUB?", error.status()))?;
    let size = u32::try_from(size_of_val(line.as_slice())).map_err(|_| String::from("command-line is too long"))?;
    {
        let mut loaded = boot::open_protocol_exclusive::<LoadedImage>(image).map_err(|error| format!("kernel: {error}"))?;
        // SAFETY: the line lives until the kernel has started.
        unsafe { loaded.set_load_options(line.as_ptr().cast(), size) };
    }
    boot::start_image(image).map_err(|error| format!("kernel: {}", error.status()))
}

#[panic_handler]
fn panic(info: &PanicInfo<'_>) -> ! {
    stop(&format!("{info}"))
}
