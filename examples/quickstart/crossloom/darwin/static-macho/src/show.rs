//! A readable listing of a file's load commands.

use crate::bytes::{printable, Malformed};
use crate::container::{self, Content};
use crate::macho::commands::{Body, Command, Dysymtab, Segment};
use crate::macho::names;
use crate::macho::MachO;
use crate::version::Version;

/// The listing, one line for each thing, the last with a newline too.
pub fn show(content: &Content<'_>) -> Result<String, Malformed> {
    let mut text = String::new();
    match content {
        Content::MachO(bytes) => file(bytes, "", &mut text)?,
        Content::Archive(members) => archive(members, "", &mut text)?,
        Content::Universal(slices) => {
            for slice in slices {
                let (cpu, offset, align) = (names::cpu(slice.cpu), slice.offset, slice.align);
                line(
                    &mut text,
                    "",
                    &format!("part {cpu}  offset {offset:#x}  size {:#x}  align 2^{align}", slice.bytes.len()),
                );
                match container::split(slice.bytes) {
                    Some(Ok(Content::Archive(members))) => archive(&members, "  ", &mut text)?,
                    _ => file(slice.bytes, "  ", &mut text)?,
                }
            }
        }
    }
    Ok(text)
}

fn line(text: &mut String, indent: &str, line: &str) {
    text.push_str(indent);
    text.push_str(line);
    text.push('\n');
}

fn archive(members: &[(&[u8], &[u8])], indent: &str, text: &mut String) -> Result<(), Malformed> {
    for (name, bytes) in members {
        line(text, indent, &format!("member {}  size {:#x}", printable(name), bytes.len()));
        file(bytes, &format!("{indent}  "), text)?;
    }
    Ok(())
}

fn file(bytes: &[u8], indent: &str, text: &mut String) -> Result<(), Malformed> {
    let file = MachO::parse(bytes)?;
    let header = file.header;
    let (cpu, kind, flags) = (names::cpu(header.cpu), names::file_type(header.file_type), names::flags(header.flags));
    let (subtype, count, size) = (header.subtype, header.commands, header.size);
    line(
        text,
        indent,
        &format!("{cpu} {kind}  subtype {subtype:#x}  {count} commands in {size:#x} bytes  flags {flags}"),
    );
    for command in &file.commands {
        line(text, indent, format!("  {}  {}", names::command(command.number), body(command)).trim_end());
        if let Body::Segment(segment) = &command.body {
            for section in &segment.sections {
                let (segment, name) = (printable(section.segment), printable(section.name));
                let (address, size, offset) = (section.address, section.size, section.offset);
                let (align, flags) = (section.align, section.flags);
                let place = format!("address {address:#x}  size {size:#x}  offset {offset:#x}  align 2^{align}");
                line(text, indent, &format!("    {segment},{name}  {place}  flags {flags:#x}"));
            }
        }
    }
    Ok(())
}

fn body(command: &Command<'_>) -> String {
    match &command.body {
        Body::Segment(segment) => self::segment(segment),
        Body::Symtab { symbols, strings } => {
            format!("{} symbols at {:#x}  names {:#x} at {:#x}", symbols.1, symbols.0, strings.1, strings.0)
        }
        Body::Dysymtab(Dysymtab { local, defined, undefined, indirect, .. }) => format!(
            "{} local  {} defined  {} undefined  {} indirect at {:#x}",
            local.1, defined.1, undefined.1, indirect.1, indirect.0
        ),
        Body::Dylib { name, current, compatibility } => {
            format!("{}  current {}  compatibility {}", printable(name), Version(*current), Version(*compatibility))
        }
        Body::Dylinker(name) | Body::Rpath(name) => printable(name),
        Body::Uuid(bytes) => bytes.iter().map(|byte| format!("{byte:02x}")).collect(),
        Body::Version { platform, minimum, sdk } => {
            format!("platform {platform}  minos {}  sdk {}", Version(*minimum), Version(*sdk))
        }
        Body::SourceVersion(version) => format!("{version:#x}"),
        Body::Main { entry, stack } => format!("entry {entry:#x}  stack {stack:#x}"),
        Body::Thread { flavor, count, registers } => {
            let at = |index| registers.get(index).copied().unwrap_or_default();
            match (*flavor, *count) == names::X86_THREAD_STATE64 {
                true => format!("x86_64  rip {:#x}  rsp {:#x}", at(names::RIP), at(names::RSP)),
                false => format!("flavour {flavor}  count {count}"),
            }
        }
        Body::Linkedit((offset, length)) => format!("{length:#x} bytes at {offset:#x}"),
        Body::DyldInfo(parts) => {
            let names = ["rebase", "bind", "weak", "lazy", "exports"];
            let parts =
                parts.iter().zip(names).map(|((offset, length), name)| format!("{name} {length:#x} at {offset:#x}"));
            parts.collect::<Vec<_>>().join("  ")
        }
        Body::Other => format!("{} bytes", command.bytes.len()),
    }
}

fn segment(segment: &Segment<'_>) -> String {
    let right = |protection: u32| {
        let letters = [(1, 'r'), (2, 'w'), (names::VM_PROT_EXECUTE, 'x')];
        letters.iter().map(|(bit, letter)| if protection & bit != 0 { *letter } else { '-' }).collect::<String>()
    };
    format!(
        "{}  address {:#x}  size {:#x}  offset {:#x}  file size {:#x}  {}/{}  flags {:#x}",
        printable(segment.name),
        segment.address,
        segment.size,
        segment.offset,
        segment.file_size,
        right(segment.protection),
        right(segment.max_protection),
        segment.flags
    )
}
