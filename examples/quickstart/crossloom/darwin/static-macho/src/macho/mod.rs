//! One Mach-O file of 64 bits, little-endian: its header and its load commands.
pub mod commands;
pub mod names;
pub mod symbols;

use crate::bytes::{self, invalid, Malformed};
use commands::Command;

/// Bytes of a header.
pub const HEADER: u64 = 32;

/// The header's numbers as the file has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Header {
    pub cpu: u32,
    pub subtype: u32,
    pub file_type: u32,
    /// How many load commands, and how many bytes they take.
    pub commands: u32,
    pub size: u32,
    pub flags: u32,
    pub reserved: u32,
}

/// A Mach-O file of one architecture. Offsets count from its first byte.
#[derive(Debug)]
pub struct MachO<'a> {
    pub bytes: &'a [u8],
    pub header: Header,
    pub commands: Vec<Command<'a>>,
}

impl<'a> MachO<'a> {
    /// Reads the header and every load command, each of which must lie within the header's bounds.
    pub fn parse(bytes: &'a [u8]) -> Result<MachO<'a>, Malformed> {
        let field = |at| bytes::u32(bytes, at, "the Mach-O header");
        match field(0)? {
            names::MH_MAGIC_64 => {}
            names::MH_MAGIC => return Err(invalid("the magic number", "a Mach-O file of 32 bits is not supported")),
            other => return Err(invalid("the magic number", format!("{other:#x} is not that of a Mach-O file"))),
        }
        let header = Header {
            cpu: field(4)?,
            subtype: field(8)?,
            file_type: field(12)?,
            commands: field(16)?,
            size: field(20)?,
            flags: field(24)?,
            reserved: field(28)?,
        };
        let area = bytes::slice(bytes, HEADER, header.size.into(), "the load commands")?;
        Ok(MachO { bytes, header, commands: commands::parse(area, header.commands)? })
    }

    /// The bytes of a part that a load command names.
    pub fn part(&self, offset: u32, length: u32, what: &str) -> Result<&'a [u8], Malformed> {
        bytes::slice(self.bytes, offset.into(), length.into(), what)
    }

    /// The segments with the index of their commands.
    pub fn segments(&self) -> impl Iterator<Item = &commands::Segment<'a>> {
        self.commands.iter().filter_map(|command| match &command.body {
            commands::Body::Segment(segment) => Some(segment),
            _ => None,
        })
    }

    /// The offset of the first byte that is neither header nor load command: the file's end if there is none.
    pub fn first_content(&self) -> u64 {
        let mut first = self.bytes.len() as u64;
        for segment in self.segments() {
            if segment.sections.is_empty() && segment.offset > 0 && segment.file_size > 0 {
                first = first.min(segment.offset);
            }
            for section in &segment.sections {
                if !section.is_zero() && section.size > 0 && segment.file_size > 0 {
                    first = first.min(section.offset.into());
                }
            }
        }
        first
    }
}
