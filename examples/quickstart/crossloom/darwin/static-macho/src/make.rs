//! Makes a static executable out of what `ld64.lld` links, as Apple's linker makes one with `-static`.
//!
//! `ld64.lld` ignores `-static`, `-image_base`, `-stack_addr` and `-stack_size`. With `-no_pie` everything lies at a
//! fixed place all the same, and dyld has nothing left to do: only the load commands say that it should. So these are
//! written anew, and nothing else moves.

use std::fmt;

use crate::bytes::{self, printable, Malformed};
use crate::macho::commands::{Body, Command, Segment};
use crate::macho::names::{self, *};
use crate::macho::{symbols, MachO, HEADER};
use crate::structure::structure;

/// The initial stack, where it is not the kernel's own. As with the linker's `-stack_addr` the address is that of its
/// end, where the stack begins to grow down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stack {
    pub address: u64,
    pub size: u64,
}

/// Addresses below are never mapped. The linker is told more, so that the program comes to lie above the addresses that
/// it leaves to others; the kernel need not keep those from them.
const PAGEZERO: u64 = 1 << 32;

/// A capability in the CPU's subtype.
const LIB64: u32 = 0x8000_0000;

/// Pages of x86_64.
const PAGE: u64 = 0x1000;

/// What a static executable can't be made of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    Malformed(Malformed),
    /// Not an executable of x86_64.
    Kind {
        found: String,
    },
    Missing {
        what: &'static str,
        hint: &'static str,
    },
    /// A command that only makes sense with dyld or that this program does not know.
    Command {
        found: String,
        hint: &'static str,
    },
    /// Symbols that a library would have to define.
    Undefined {
        names: Vec<String>,
    },
    /// Places that dyld would have to fill.
    Fixups {
        kind: &'static str,
        hint: &'static str,
    },
    ThreadLocal {
        section: String,
    },
    PageZero {
        address: u64,
        size: u64,
    },
    Stack {
        stack: Stack,
        why: String,
    },
    Entry {
        address: u64,
    },
    /// The file is not sound as it is.
    Unsound {
        finding: String,
    },
    /// The commands do not fit before the first section.
    Room {
        needed: u64,
        room: u64,
    },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Malformed(malformed) => malformed.fmt(f),
            Refusal::Kind { found } => {
                write!(
                    f,
                    "this is {found}, not an executable of x86_64\nhint: link with ld64.lld -arch x86_64 -e __start"
                )
            }
            Refusal::Missing { what, hint } => write!(f, "there is no {what}\nhint: {hint}"),
            Refusal::Command { found, hint } => {
                write!(f, "{found} has no place in what a static executable is made of\nhint: {hint}")
            }
            Refusal::Undefined { names } => {
                let shown = names.iter().take(8).cloned().collect::<Vec<_>>().join(", ");
                let more = if names.len() > 8 { ", …" } else { "" };
                write!(f, "{} undefined: {shown}{more}\nhint: link what defines them", count(names.len(), "symbol"))
            }
            Refusal::Fixups { kind, hint } => write!(f, "dyld would have to apply {kind}\nhint: {hint}"),
            Refusal::ThreadLocal { section } => write!(
                f,
                "section {section} has thread-local variables, which dyld sets up\nhint: compile without thread_local"
            ),
            Refusal::PageZero { address, size } => write!(
                f,
                "__PAGEZERO is {size:#x} bytes at {address:#x}, expected {PAGEZERO:#x} or more at 0\n\
                 hint: link with -pagezero_size, the program's address"
            ),
            Refusal::Stack { stack, why } => {
                write!(f, "a stack of {:#x} bytes below {:#x} {why}", stack.size, stack.address)
            }
            Refusal::Entry { address } => write!(f, "the entry point {address:#x} lies in no executable segment"),
            Refusal::Unsound { finding } => write!(f, "{finding}\nhint: link it again: this file is broken"),
            Refusal::Room { needed, room } => write!(
                f,
                "the load commands need {needed:#x} bytes, {room:#x} are free before the first section\n\
                 hint: link with -headerpad 0x400"
            ),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Refusal {
        Refusal::Malformed(malformed)
    }
}

fn count(number: usize, what: &str) -> String {
    format!("{number} {what}{}", if number == 1 { " is" } else { "s are" })
}

/// The static executable. `bytes` is what `ld64.lld` linked for x86_64 with `-no_pie -e SYMBOL -pagezero_size ADDRESS`;
/// without a stack the program gets the kernel's own.
pub fn make(bytes: &[u8], stack: Option<Stack>) -> Result<Vec<u8>, Refusal> {
    let file = MachO::parse(bytes)?;
    if file.header.cpu != CPU_X86_64 || file.header.file_type != MH_EXECUTE {
        let found = format!("{} {}", names::cpu(file.header.cpu), names::file_type(file.header.file_type));
        return Err(Refusal::Kind { found });
    }
    refuse_fixups(&file)?;
    let undefined = symbols::undefined(&file)?;
    if !undefined.is_empty() {
        return Err(Refusal::Undefined { names: undefined.iter().map(|symbol| printable(symbol.name)).collect() });
    }
    let entry = entry(&file)?;
    let mut segments: Vec<_> = file.segments().cloned().collect();
    let page_zero = segments.iter_mut().find(|segment| segment.name == b"__PAGEZERO");
    let page_zero = page_zero
        .ok_or(Refusal::Missing { what: "__PAGEZERO", hint: "link with -pagezero_size, the program's address" })?;
    if page_zero.address != 0 || page_zero.size < PAGEZERO {
        return Err(Refusal::PageZero { address: page_zero.address, size: page_zero.size });
    }
    page_zero.size = PAGEZERO;
    if let Some(stack) = stack {
        check_stack(&segments, stack)?;
    }
    if !segments.iter().any(|segment| runs(segment, entry)) {
        return Err(Refusal::Entry { address: entry });
    }
    if let Some(finding) = structure(&file).into_iter().next() {
        return Err(Refusal::Unsound { finding });
    }
    let commands = commands(&file, stack, entry)?;
    assemble(&file, &commands)
}

/// Whether an address lies in the segment and may be executed.
fn runs(segment: &Segment<'_>, address: u64) -> bool {
    let inside = address.checked_sub(segment.address).is_some_and(|offset| offset < segment.size);
    inside && segment.protection & VM_PROT_EXECUTE != 0
}

/// Places that dyld fills are only known to dyld: after this nobody would.
fn refuse_fixups(file: &MachO<'_>) -> Result<(), Refusal> {
    let symbols = "link everything that is called, and no dynamic library";
    let fixed = "link with -no_pie and -no_fixup_chains";
    if file.header.flags & MH_PIE != 0 {
        return Err(Refusal::Fixups {
            kind: "relocations of a program without a fixed place",
            hint: "link with -no_pie",
        });
    }
    for command in &file.commands {
        match command.body {
            Body::DyldInfo([rebase, bind, weak, lazy, _]) => {
                let parts = [
                    (rebase, "rebases", fixed),
                    (bind, "binds", symbols),
                    (weak, "weak binds", symbols),
                    (lazy, "lazy binds", symbols),
                ];
                for ((offset, length), kind, hint) in parts {
                    // Opcode 0 is the end, and fills the table up to its alignment.
                    if file.part(offset, length, kind)?.iter().any(|opcode| *opcode != 0) {
                        return Err(Refusal::Fixups { kind, hint });
                    }
                }
            }
            Body::Linkedit((offset, length)) if command.number == LC_DYLD_CHAINED_FIXUPS => {
                let what = "the chained fixups";
                let data = file.part(offset, length, what)?;
                if bytes::u32(data, 16, what)? != 0 {
                    return Err(Refusal::Fixups { kind: "binds", hint: symbols });
                }
                let starts = u64::from(bytes::u32(data, 4, what)?);
                for segment in 0..u64::from(bytes::u32(data, starts, what)?) {
                    if bytes::u32(data, starts + 4 + segment * 4, what)? != 0 {
                        return Err(Refusal::Fixups { kind: "chained fixups", hint: fixed });
                    }
                }
            }
            Body::Dysymtab(table) if table.external.1 != 0 || table.local_relocations.1 != 0 => {
                return Err(Refusal::Fixups { kind: "relocations", hint: fixed });
            }
            _ => {}
        }
    }
    let mut sections = file.segments().flat_map(|segment| &segment.sections);
    match sections.find(|section| section.is_thread_local()) {
        Some(section) => {
            let section = format!("{},{}", printable(section.segment), printable(section.name));
            Err(Refusal::ThreadLocal { section })
        }
        None => Ok(()),
    }
}

/// Where the program starts: dyld knows it as an offset in the file, the kernel wants an address.
fn entry(file: &MachO<'_>) -> Result<u64, Refusal> {
    let missing = Refusal::Missing { what: "LC_MAIN", hint: "link an executable with -e SYMBOL" };
    let offset = file.commands.iter().find_map(|command| match command.body {
        Body::Main { entry, .. } => Some(entry),
        _ => None,
    });
    let offset = offset.ok_or(missing)?;
    let text = file
        .segments()
        .find(|segment| offset.checked_sub(segment.offset).is_some_and(|inside| inside < segment.file_size));
    let text = text.ok_or(Refusal::Entry { address: offset })?;
    text.address.checked_add(offset - text.offset).ok_or(Refusal::Entry { address: offset })
}

/// The kernel maps the stack as it maps a segment: it would take another one's place without a word.
fn check_stack(segments: &[Segment<'_>], stack: Stack) -> Result<(), Refusal> {
    let refuse = |why: String| Err(Refusal::Stack { stack, why });
    let Some(start) = stack.address.checked_sub(stack.size) else {
        return refuse("begins below 0".to_owned());
    };
    if stack.size == 0 || stack.size % PAGE != 0 || stack.address % PAGE != 0 {
        return refuse(format!("is not made of pages of {PAGE:#x} bytes"));
    }
    for segment in segments {
        if start < segment.address.saturating_add(segment.size) && segment.address < stack.address {
            return refuse(format!("overlaps {}", printable(segment.name)));
        }
    }
    Ok(())
}

/// The new load commands, one after the other, each with its bytes.
fn commands(file: &MachO<'_>, stack: Option<Stack>, entry: u64) -> Result<Vec<Vec<u8>>, Refusal> {
    let mut commands = Vec::new();
    let mut linkedit = false;
    for command in &file.commands {
        match &command.body {
            Body::Segment(segment) => {
                if segment.name == b"__UNIXSTACK" {
                    return Err(Refusal::Command {
                        found: "__UNIXSTACK".to_owned(),
                        hint: "link without one: it is put in here",
                    });
                }
                if segment.name == b"__LINKEDIT" {
                    commands.extend(stack.map(stack_segment));
                    linkedit = true;
                }
                commands.push(match segment.name {
                    b"__PAGEZERO" => with_u64(command, 32, PAGEZERO),
                    _ => command.bytes.to_vec(),
                });
            }
            Body::Symtab { .. } | Body::Dysymtab(_) | Body::Uuid(_) => commands.push(command.bytes.to_vec()),
            _ if DYNAMIC.contains(&command.number) => {}
            _ => return Err(refused(command)),
        }
    }
    if !linkedit {
        return Err(Refusal::Missing { what: "__LINKEDIT", hint: "link with ld64.lld, and strip after this" });
    }
    commands.push(thread(stack, entry));
    Ok(commands)
}

/// What is for dyld alone, or says which system's dyld that is: Apple's linker leaves these out of a static executable,
/// and Valgrind's own check of its tools refuses them.
const DYNAMIC: [u32; 14] = [
    LC_DYLD_INFO,
    LC_DYLD_INFO_ONLY,
    LC_DYLD_CHAINED_FIXUPS,
    LC_DYLD_EXPORTS_TRIE,
    LC_LOAD_DYLINKER,
    LC_LOAD_DYLIB,
    LC_LOAD_WEAK_DYLIB,
    LC_RPATH,
    LC_MAIN,
    LC_FUNCTION_STARTS,
    LC_DATA_IN_CODE,
    LC_SOURCE_VERSION,
    LC_VERSION_MIN_MACOSX,
    LC_BUILD_VERSION,
];

fn refused(command: &Command<'_>) -> Refusal {
    let hint = match command.number {
        LC_CODE_SIGNATURE => "link with -no_adhoc_codesign: the signature would not hold after the change",
        LC_UNIXTHREAD => "the file is static already",
        _ => "only what ld64.lld writes for a plain executable is known here",
    };
    Refusal::Command { found: names::command(command.number), hint }
}

fn with_u64(command: &Command<'_>, offset: usize, value: u64) -> Vec<u8> {
    let mut bytes = command.bytes.to_vec();
    if let Some(field) = bytes.get_mut(offset..offset + 8) {
        field.copy_from_slice(&value.to_le_bytes());
    }
    bytes
}

/// `__UNIXSTACK`: memory without content, readable and writable (3), which nothing may make executable (3).
fn stack_segment(stack: Stack) -> Vec<u8> {
    let mut bytes = Vec::new();
    bytes.extend(LC_SEGMENT_64.to_le_bytes());
    bytes.extend(72_u32.to_le_bytes());
    bytes.extend(b"__UNIXSTACK\0\0\0\0\0");
    for value in [stack.address - stack.size, stack.size, 0, 0] {
        bytes.extend(value.to_le_bytes());
    }
    for value in [3_u32, 3, 0, 0] {
        bytes.extend(value.to_le_bytes());
    }
    bytes
}

/// The first thread's registers: where it runs, and where its stack begins, which is the kernel's choice if that is 0.
fn thread(stack: Option<Stack>, entry: u64) -> Vec<u8> {
    let (flavor, count) = X86_THREAD_STATE64;
    let mut bytes = Vec::new();
    for value in [LC_UNIXTHREAD, 16 + count * 4, flavor, count] {
        bytes.extend(value.to_le_bytes());
    }
    for register in 0..count as usize / 2 {
        let value = match register {
            RSP => stack.map_or(0, |stack| stack.address),
            RIP => entry,
            _ => 0,
        };
        bytes.extend(value.to_le_bytes());
    }
    bytes
}

/// The file with other load commands in the old ones' place.
fn assemble(file: &MachO<'_>, commands: &[Vec<u8>]) -> Result<Vec<u8>, Refusal> {
    let area = commands.concat();
    let needed = HEADER + area.len() as u64;
    let room = file.first_content();
    let (mut bytes, old) = (file.bytes.to_vec(), HEADER + u64::from(file.header.size));
    let refusal = Refusal::Room { needed, room };
    if needed > room || old > room {
        return Err(refusal);
    }
    let mut head = Vec::new();
    let header = [
        MH_MAGIC_64,
        file.header.cpu,
        // "64-bit libraries", which Apple's linker says of dynamic executables alone.
        file.header.subtype & !LIB64,
        file.header.file_type,
        commands.len() as u32,
        area.len() as u32,
        // Neither dyld nor libraries: of the flags of Apple's static executables only this one is left.
        MH_NOUNDEFS,
        0,
    ];
    for value in header {
        head.extend(value.to_le_bytes());
    }
    head.extend(area);
    // What is left of the longer of the two must not be taken for a command.
    head.resize(needed.max(old) as usize, 0);
    bytes.get_mut(..head.len()).ok_or(refusal)?.copy_from_slice(&head);
    Ok(bytes)
}
