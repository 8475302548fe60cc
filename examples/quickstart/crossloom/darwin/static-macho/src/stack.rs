//! The size of a program's main stack (`-stack_size`), which LLVM's linker does not write.

use std::fmt;

use crate::bytes::Malformed;
use crate::macho::names::{CPU_ARM64, LC_MAIN};
use crate::macho::{MachO, HEADER};
use crate::sign;

/// Why a file has no such stack.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Refusal {
    Malformed(Malformed),
    NoProgram,
    Pages { size: u64, page: u64 },
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Refusal::Malformed(malformed) => malformed.fmt(f),
            Refusal::NoProgram => f.write_str("-stack_size is for programs: no library or plug-in has a stack"),
            Refusal::Pages { size, page } => write!(f, "-stack_size {size:#x} is not a multiple of {page:#x}"),
        }
    }
}

impl std::error::Error for Refusal {}

impl From<Malformed> for Refusal {
    fn from(malformed: Malformed) -> Refusal {
        Refusal::Malformed(malformed)
    }
}

/// The program with a stack of this size, and signed anew if it was signed.
pub fn set(bytes: &[u8], size: u64) -> Result<Vec<u8>, Refusal> {
    let file = MachO::parse(bytes)?;
    let main = file.commands.iter().position(|command| command.number == LC_MAIN).ok_or(Refusal::NoProgram)?;
    let page = if file.header.cpu == CPU_ARM64 { 0x4000 } else { 0x1000 };
    if size % page != 0 {
        return Err(Refusal::Pages { size, page });
    }
    let before: usize = file.commands.iter().take(main).map(|command| command.bytes.len()).sum();
    // After the command's number, its size, and the entry point.
    let at = HEADER as usize + before + 16;
    let mut changed = bytes.to_vec();
    if let Some(field) = changed.get_mut(at..at + 8) {
        field.copy_from_slice(&size.to_le_bytes());
    }
    sign::renew(&mut changed)?;
    Ok(changed)
}
