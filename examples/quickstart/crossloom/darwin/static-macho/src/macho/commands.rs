//! Load commands, decoded as far as this program reads them.

use super::names::*;
use crate::bytes::{self, invalid, Malformed};

/// A load command.
#[derive(Debug)]
pub struct Command<'a> {
    pub number: u32,
    /// The whole command with its number and size.
    pub bytes: &'a [u8],
    pub body: Body<'a>,
}

/// A stretch of the file: offset, length.
pub type Stretch = (u32, u32);

/// What a load command says.
#[derive(Debug)]
pub enum Body<'a> {
    Segment(Segment<'a>),
    /// Symbols: offset and count; texts: offset and length.
    Symtab {
        symbols: Stretch,
        strings: Stretch,
    },
    Dysymtab(Dysymtab),
    /// A library that this file is, or needs.
    Dylib {
        name: &'a [u8],
        current: u32,
        compatibility: u32,
    },
    Dylinker(&'a [u8]),
    Rpath(&'a [u8]),
    Uuid(&'a [u8]),
    /// Minimum OS and SDK as 16.8.8 bits; platform 1 is macOS.
    Version {
        platform: u32,
        minimum: u32,
        sdk: u32,
    },
    SourceVersion(u64),
    Main {
        entry: u64,
        stack: u64,
    },
    /// A thread's state: its flavour, its length in numbers of 32 bits, its registers.
    Thread {
        flavor: u32,
        count: u32,
        registers: Vec<u64>,
    },
    /// A stretch of `__LINKEDIT` for the command's purpose.
    Linkedit(Stretch),
    /// dyld's opcodes: rebase, bind, weak bind, lazy bind, exports.
    DyldInfo([Stretch; 5]),
    Other,
}

/// The dynamic symbol table's fields that modern files use.
#[derive(Debug, Clone, Copy)]
pub struct Dysymtab {
    /// First symbol and how many: local, defined, undefined.
    pub local: Stretch,
    pub defined: Stretch,
    pub undefined: Stretch,
    /// Indirect symbols: offset and count.
    pub indirect: Stretch,
    /// Relocations of other kinds: offset and count.
    pub external: Stretch,
    pub local_relocations: Stretch,
}

/// A segment. Names may be up to 16 bytes without an end.
#[derive(Debug, Clone)]
pub struct Segment<'a> {
    pub name: &'a [u8],
    pub address: u64,
    pub size: u64,
    pub offset: u64,
    pub file_size: u64,
    pub max_protection: u32,
    pub protection: u32,
    pub flags: u32,
    pub sections: Vec<Section<'a>>,
}

/// A section of a segment.
#[derive(Debug, Clone)]
pub struct Section<'a> {
    pub name: &'a [u8],
    pub segment: &'a [u8],
    pub address: u64,
    pub size: u64,
    pub offset: u32,
    pub align: u32,
    /// Relocations: offset and count.
    pub relocations: Stretch,
    pub flags: u32,
    pub reserved: [u32; 2],
}

impl Section<'_> {
    /// Whether the section's bytes are not in the file: zeros, also of thread-local variables.
    pub fn is_zero(&self) -> bool {
        matches!(self.flags & 0xff, 0x1 | 0xc | 0x12)
    }

    /// Whether the section has thread-local variables, their initial values or their initialisers.
    pub fn is_thread_local(&self) -> bool {
        matches!(self.flags & 0xff, 0x11..=0x15)
    }
}

const SEGMENT: u64 = 72;
const SECTION: u64 = 80;

/// Reads `count` commands, which must fill `area` exactly.
pub fn parse(area: &[u8], count: u32) -> Result<Vec<Command<'_>>, Malformed> {
    let mut commands = Vec::new();
    let mut at = 0;
    for index in 0..count {
        let what = format!("load command {index}");
        let number = bytes::u32(area, at, &what)?;
        let size = bytes::u32(area, at + 4, &what)?;
        if size < 8 || size % 8 != 0 {
            return Err(invalid(&what, format!("its size of {size} is not a multiple of 8 from 8 up")));
        }
        let command = bytes::slice(area, at, size.into(), &what)?;
        let body = body(number, command, &format!("load command {index} ({})", self::command(number)))?;
        commands.push(Command { number, bytes: command, body });
        at += u64::from(size);
    }
    if at != area.len() as u64 {
        let found = format!("they take {at:#x} bytes, the header says {:#x}", area.len());
        return Err(invalid("the load commands", found));
    }
    Ok(commands)
}

fn body<'a>(number: u32, command: &'a [u8], what: &str) -> Result<Body<'a>, Malformed> {
    let u32 = |at| bytes::u32(command, at, what);
    let u64 = |at| bytes::u64(command, at, what);
    let stretch = |at| -> Result<Stretch, Malformed> { Ok((u32(at)?, u32(at + 4)?)) };
    // A text stands at the offset that the field at 8 says.
    let text = || bytes::text(command, u32(8)?.into(), what);
    Ok(match number {
        LC_SEGMENT_64 => Body::Segment(segment(command, what)?),
        LC_SYMTAB => Body::Symtab { symbols: stretch(8)?, strings: stretch(16)? },
        LC_DYSYMTAB => Body::Dysymtab(Dysymtab {
            local: stretch(8)?,
            defined: stretch(16)?,
            undefined: stretch(24)?,
            indirect: stretch(56)?,
            external: stretch(64)?,
            local_relocations: stretch(72)?,
        }),
        LC_LOAD_DYLIB | LC_ID_DYLIB | LC_LOAD_WEAK_DYLIB | LC_REEXPORT_DYLIB | LC_LAZY_LOAD_DYLIB
        | LC_LOAD_UPWARD_DYLIB => Body::Dylib { name: text()?, current: u32(16)?, compatibility: u32(20)? },
        LC_LOAD_DYLINKER => Body::Dylinker(text()?),
        LC_RPATH => Body::Rpath(text()?),
        LC_UUID => Body::Uuid(bytes::slice(command, 8, 16, what)?),
        LC_VERSION_MIN_MACOSX => Body::Version { platform: PLATFORM_MACOS, minimum: u32(8)?, sdk: u32(12)? },
        LC_BUILD_VERSION => Body::Version { platform: u32(8)?, minimum: u32(12)?, sdk: u32(16)? },
        LC_SOURCE_VERSION => Body::SourceVersion(u64(8)?),
        LC_MAIN => Body::Main { entry: u64(8)?, stack: u64(16)? },
        LC_UNIXTHREAD => {
            let (flavor, count) = stretch(8)?;
            let state = bytes::slice(command, 16, u64::from(count) * 4, what)?;
            let registers = (0..u64::from(count) / 2).map(|index| bytes::u64(state, index * 8, what));
            Body::Thread { flavor, count, registers: registers.collect::<Result<_, _>>()? }
        }
        LC_CODE_SIGNATURE
        | LC_SEGMENT_SPLIT_INFO
        | LC_FUNCTION_STARTS
        | LC_DATA_IN_CODE
        | LC_DYLIB_CODE_SIGN_DRS
        | LC_LINKER_OPTIMIZATION_HINT
        | LC_DYLD_EXPORTS_TRIE
        | LC_DYLD_CHAINED_FIXUPS => Body::Linkedit(stretch(8)?),
        LC_DYLD_INFO | LC_DYLD_INFO_ONLY => {
            Body::DyldInfo([stretch(8)?, stretch(16)?, stretch(24)?, stretch(32)?, stretch(40)?])
        }
        _ => Body::Other,
    })
}

/// A name of up to 16 bytes.
fn name<'a>(bytes: &'a [u8], offset: u64, what: &str) -> Result<&'a [u8], Malformed> {
    let name = bytes::slice(bytes, offset, 16, what)?;
    Ok(name.split(|byte| *byte == 0).next().unwrap_or_default())
}

fn segment<'a>(command: &'a [u8], what: &str) -> Result<Segment<'a>, Malformed> {
    let u32 = |at| bytes::u32(command, at, what);
    let u64 = |at| bytes::u64(command, at, what);
    let count = u32(64)?;
    let size = SEGMENT + u64::from(count) * SECTION;
    if size != command.len() as u64 {
        return Err(invalid(what, format!("{count} sections take {size} bytes, the command has {}", command.len())));
    }
    let mut sections = Vec::new();
    for index in 0..u64::from(count) {
        let at = SEGMENT + index * SECTION;
        sections.push(Section {
            name: name(command, at, what)?,
            segment: name(command, at + 16, what)?,
            address: u64(at + 32)?,
            size: u64(at + 40)?,
            offset: u32(at + 48)?,
            align: u32(at + 52)?,
            relocations: (u32(at + 56)?, u32(at + 60)?),
            flags: u32(at + 64)?,
            reserved: [u32(at + 68)?, u32(at + 72)?],
        });
    }
    Ok(Segment {
        name: name(command, 8, what)?,
        address: u64(24)?,
        size: u64(32)?,
        offset: u64(40)?,
        file_size: u64(48)?,
        max_protection: u32(56)?,
        protection: u32(60)?,
        flags: u32(68)?,
        sections,
    })
}
