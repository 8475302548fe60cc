//! The symbol table.

use super::commands::Body;
use super::MachO;
use crate::bytes::{self, Malformed};

/// Bytes of a symbol's entry.
pub const ENTRY: u64 = 16;

/// A symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Symbol<'a> {
    pub name: &'a [u8],
    pub kind: u8,
    /// Counts from 1; 0 is none.
    pub section: u8,
    pub description: u16,
    pub value: u64,
}

impl Symbol<'_> {
    /// For debuggers only.
    pub fn is_debugging(&self) -> bool {
        self.kind & 0xe0 != 0
    }

    /// Defined elsewhere. In an object a value makes it a common symbol, which the linker defines.
    pub fn is_undefined(&self) -> bool {
        !self.is_debugging() && self.kind & 0x0e == 0 && (self.kind & 0x01 == 0 || self.value == 0)
    }

    /// Defined here and seen by others.
    pub fn is_exported(&self) -> bool {
        !self.is_debugging() && self.kind & 0x01 != 0 && self.kind & 0x10 == 0 && self.kind & 0x0e != 0
    }

    /// Whether a program starts without it.
    pub fn is_weak_reference(&self) -> bool {
        self.description & 0x40 != 0
    }

    /// Which library has it, in a file with a two-level namespace.
    pub fn library(&self) -> Ordinal {
        match self.description >> 8 {
            0 => Ordinal::Itself,
            0xfe => Ordinal::Lookup,
            0xff => Ordinal::Executable,
            ordinal => Ordinal::Library(usize::from(ordinal)),
        }
    }
}

/// Where dyld looks for an undefined symbol.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ordinal {
    Itself,
    /// The library of this number, counted from 1.
    Library(usize),
    /// Everywhere.
    Lookup,
    /// The program that loads this bundle.
    Executable,
}

/// Every symbol, in the table's order; none if there is no table.
pub fn symbols<'a>(file: &MachO<'a>) -> Result<Vec<Symbol<'a>>, Malformed> {
    let what = "the symbol table";
    let mut symbols = Vec::new();
    for command in &file.commands {
        let Body::Symtab { symbols: (offset, count), strings } = command.body else { continue };
        let strings = file.part(strings.0, strings.1, "the symbols' names")?;
        let table = bytes::slice(file.bytes, offset.into(), u64::from(count) * ENTRY, what)?;
        for entry in table.chunks_exact(ENTRY as usize) {
            let index = symbols.len();
            symbols.push(Symbol {
                name: bytes::text(strings, bytes::u32(entry, 0, what)?.into(), &format!("the name of symbol {index}"))?,
                kind: entry.get(4).copied().unwrap_or_default(),
                section: entry.get(5).copied().unwrap_or_default(),
                description: bytes::u16(entry, 6, what)?,
                value: bytes::u64(entry, 8, what)?,
            });
        }
    }
    Ok(symbols)
}

/// The symbols that are defined elsewhere.
pub fn undefined<'a>(file: &MachO<'a>) -> Result<Vec<Symbol<'a>>, Malformed> {
    Ok(symbols(file)?.into_iter().filter(Symbol::is_undefined).collect())
}
