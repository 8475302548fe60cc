//! Numbers of the format and their names, from Apple's `mach-o/loader.h`, `mach-o/nlist.h` and `mach/machine.h`.

pub const MH_MAGIC_64: u32 = 0xfeed_facf;
pub const MH_MAGIC: u32 = 0xfeed_face;

pub const CPU_X86_64: u32 = 0x0100_0007;
pub const CPU_ARM64: u32 = 0x0100_000c;

pub const MH_OBJECT: u32 = 1;
pub const MH_EXECUTE: u32 = 2;
pub const MH_DYLIB: u32 = 6;
pub const MH_DYLINKER: u32 = 7;
pub const MH_BUNDLE: u32 = 8;
pub const MH_DSYM: u32 = 10;

pub const MH_NOUNDEFS: u32 = 0x1;
pub const MH_DYLDLINK: u32 = 0x4;
pub const MH_TWOLEVEL: u32 = 0x80;
pub const MH_PIE: u32 = 0x0020_0000;

/// Set in the number of every command that dyld must understand.
const REQ_DYLD: u32 = 0x8000_0000;
pub const LC_SYMTAB: u32 = 0x2;
pub const LC_UNIXTHREAD: u32 = 0x5;
pub const LC_DYSYMTAB: u32 = 0xb;
pub const LC_LOAD_DYLIB: u32 = 0xc;
pub const LC_ID_DYLIB: u32 = 0xd;
pub const LC_LOAD_DYLINKER: u32 = 0xe;
pub const LC_LOAD_WEAK_DYLIB: u32 = 0x18 | REQ_DYLD;
pub const LC_SEGMENT_64: u32 = 0x19;
pub const LC_UUID: u32 = 0x1b;
pub const LC_RPATH: u32 = 0x1c | REQ_DYLD;
pub const LC_CODE_SIGNATURE: u32 = 0x1d;
pub const LC_SEGMENT_SPLIT_INFO: u32 = 0x1e;
pub const LC_REEXPORT_DYLIB: u32 = 0x1f | REQ_DYLD;
pub const LC_LAZY_LOAD_DYLIB: u32 = 0x20;
pub const LC_DYLD_INFO: u32 = 0x22;
pub const LC_DYLD_INFO_ONLY: u32 = 0x22 | REQ_DYLD;
pub const LC_LOAD_UPWARD_DYLIB: u32 = 0x23 | REQ_DYLD;
pub const LC_VERSION_MIN_MACOSX: u32 = 0x24;
pub const LC_FUNCTION_STARTS: u32 = 0x26;
pub const LC_MAIN: u32 = 0x28 | REQ_DYLD;
pub const LC_DATA_IN_CODE: u32 = 0x29;
pub const LC_SOURCE_VERSION: u32 = 0x2a;
pub const LC_DYLIB_CODE_SIGN_DRS: u32 = 0x2b;
pub const LC_LINKER_OPTION: u32 = 0x2d;
pub const LC_LINKER_OPTIMIZATION_HINT: u32 = 0x2e;
pub const LC_BUILD_VERSION: u32 = 0x32;
pub const LC_DYLD_EXPORTS_TRIE: u32 = 0x33 | REQ_DYLD;
pub const LC_DYLD_CHAINED_FIXUPS: u32 = 0x34 | REQ_DYLD;

pub const VM_PROT_EXECUTE: u32 = 4;
pub const PLATFORM_MACOS: u32 = 1;

/// Thread state of x86_64: its flavour, and its length in numbers of 32 bits (21 registers of 64 bits).
pub const X86_THREAD_STATE64: (u32, u32) = (4, 42);
/// Where rsp and rip stand among those registers.
pub const RSP: usize = 7;
pub const RIP: usize = 16;

/// A command's name, or its number.
pub fn command(number: u32) -> String {
    let name = match number {
        LC_SYMTAB => "LC_SYMTAB",
        LC_UNIXTHREAD => "LC_UNIXTHREAD",
        LC_DYSYMTAB => "LC_DYSYMTAB",
        LC_LOAD_DYLIB => "LC_LOAD_DYLIB",
        LC_ID_DYLIB => "LC_ID_DYLIB",
        LC_LOAD_DYLINKER => "LC_LOAD_DYLINKER",
        LC_LOAD_WEAK_DYLIB => "LC_LOAD_WEAK_DYLIB",
        LC_SEGMENT_64 => "LC_SEGMENT_64",
        LC_UUID => "LC_UUID",
        LC_RPATH => "LC_RPATH",
        LC_CODE_SIGNATURE => "LC_CODE_SIGNATURE",
        LC_SEGMENT_SPLIT_INFO => "LC_SEGMENT_SPLIT_INFO",
        LC_REEXPORT_DYLIB => "LC_REEXPORT_DYLIB",
        LC_LAZY_LOAD_DYLIB => "LC_LAZY_LOAD_DYLIB",
        LC_DYLD_INFO => "LC_DYLD_INFO",
        LC_DYLD_INFO_ONLY => "LC_DYLD_INFO_ONLY",
        LC_LOAD_UPWARD_DYLIB => "LC_LOAD_UPWARD_DYLIB",
        LC_VERSION_MIN_MACOSX => "LC_VERSION_MIN_MACOSX",
        LC_FUNCTION_STARTS => "LC_FUNCTION_STARTS",
        LC_MAIN => "LC_MAIN",
        LC_DATA_IN_CODE => "LC_DATA_IN_CODE",
        LC_SOURCE_VERSION => "LC_SOURCE_VERSION",
        LC_DYLIB_CODE_SIGN_DRS => "LC_DYLIB_CODE_SIGN_DRS",
        LC_LINKER_OPTION => "LC_LINKER_OPTION",
        LC_LINKER_OPTIMIZATION_HINT => "LC_LINKER_OPTIMIZATION_HINT",
        LC_BUILD_VERSION => "LC_BUILD_VERSION",
        LC_DYLD_EXPORTS_TRIE => "LC_DYLD_EXPORTS_TRIE",
        LC_DYLD_CHAINED_FIXUPS => "LC_DYLD_CHAINED_FIXUPS",
        _ => return format!("load command {number:#x}"),
    };
    name.to_owned()
}

/// A CPU type's name, or its number.
pub fn cpu(number: u32) -> String {
    match number {
        CPU_X86_64 => "x86_64".to_owned(),
        CPU_ARM64 => "arm64".to_owned(),
        _ => format!("cpu {number:#x}"),
    }
}

/// A file type's name without its `MH_`, or its number.
pub fn file_type(number: u32) -> String {
    match number {
        MH_OBJECT => "OBJECT".to_owned(),
        MH_EXECUTE => "EXECUTE".to_owned(),
        MH_DYLIB => "DYLIB".to_owned(),
        MH_DYLINKER => "DYLINKER".to_owned(),
        MH_BUNDLE => "BUNDLE".to_owned(),
        MH_DSYM => "DSYM".to_owned(),
        _ => format!("file type {number:#x}"),
    }
}

/// The names of a header's flags, and the rest as a number.
pub fn flags(flags: u32) -> String {
    let known = [
        (MH_NOUNDEFS, "NOUNDEFS"),
        (MH_DYLDLINK, "DYLDLINK"),
        (MH_TWOLEVEL, "TWOLEVEL"),
        (0x2000, "SUBSECTIONS_VIA_SYMBOLS"),
        (0x8000, "WEAK_DEFINES"),
        (0x1_0000, "BINDS_TO_WEAK"),
        (0x10_0000, "NO_REEXPORTED_DYLIBS"),
        (MH_PIE, "PIE"),
        (0x80_0000, "HAS_TLV_DESCRIPTORS"),
    ];
    let mut names: Vec<_> =
        known.iter().filter(|(bit, _)| flags & bit != 0).map(|(_, name)| (*name).to_owned()).collect();
    let rest = flags & !known.iter().fold(0, |all, (bit, _)| all | bit);
    if rest != 0 {
        names.push(format!("{rest:#x}"));
    }
    names.join(" ")
}
