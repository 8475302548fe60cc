//! Whether a file's parts lie where its load commands say, apart from each other.

use crate::bytes::{self, printable};
use crate::macho::commands::{Body, Segment};
use crate::macho::names::*;
use crate::macho::{symbols, MachO, HEADER};

/// A stretch of the file or of memory with the name of what lies there.
type Place = (u64, u64, String);

/// Everything that does not hold, as one line each.
pub fn structure(file: &MachO<'_>) -> Vec<String> {
    let mut findings = Vec::new();
    if ![MH_OBJECT, MH_EXECUTE, MH_DYLIB, MH_BUNDLE, MH_DSYM, MH_DYLINKER].contains(&file.header.file_type) {
        findings.push(format!("{} is not a type that is known here", names(file)));
    }
    if ![CPU_X86_64, CPU_ARM64].contains(&file.header.cpu) {
        findings.push(format!("{} is not an architecture that is known here", names(file)));
    }
    let end = HEADER + u64::from(file.header.size);
    if end > file.first_content() {
        findings.push(format!(
            "the load commands end at {end:#x}, after {:#x}, where content begins",
            file.first_content()
        ));
    }
    for segment in file.segments() {
        findings.extend(self::segment(file, segment));
    }
    findings
        .extend(apart("in memory", file.segments().map(|segment| (segment.address, segment.size, quoted(segment)))));
    findings.extend(apart(
        "in the file",
        file.segments().map(|segment| (segment.offset, segment.file_size, quoted(segment))),
    ));
    findings.extend(linkedit(file));
    findings.extend(symbol_table(file));
    findings
}

fn names(file: &MachO<'_>) -> String {
    format!("{} {}", crate::macho::names::cpu(file.header.cpu), file_type(file.header.file_type))
}

fn quoted(segment: &Segment<'_>) -> String {
    if segment.name.is_empty() {
        "the segment without a name".to_owned()
    } else {
        printable(segment.name)
    }
}

/// Findings for places that overlap. Each is compared with the one before it, which is enough for there to be one.
fn apart(whereabouts: &str, places: impl Iterator<Item = Place>) -> Vec<String> {
    let mut places: Vec<_> = places.filter(|place| place.1 > 0).collect();
    places.sort();
    let neighbours = places.iter().zip(places.iter().skip(1));
    let overlapping = neighbours.filter(|(first, second)| first.0.saturating_add(first.1) > second.0);
    overlapping.map(|(first, second)| format!("{} and {} overlap {whereabouts}", first.2, second.2)).collect()
}

/// Whether a stretch lies within another. Both are given as start and length.
fn within(inner: (u64, u64), outer: (u64, u64)) -> bool {
    let end = |place: (u64, u64)| place.0.checked_add(place.1);
    inner.0 >= outer.0 && end(inner).zip(end(outer)).is_some_and(|(inner, outer)| inner <= outer)
}

fn segment(file: &MachO<'_>, segment: &Segment<'_>) -> Vec<String> {
    let mut findings = Vec::new();
    let name = quoted(segment);
    let (memory, content) = ((segment.address, segment.size), (segment.offset, segment.file_size));
    let linked = ![MH_OBJECT, MH_DSYM].contains(&file.header.file_type);
    if !within(memory, (0, u64::MAX)) {
        findings.push(format!("{name} reaches past the last address"));
    }
    if !within(content, (0, file.bytes.len() as u64)) {
        let (offset, length) = content;
        findings
            .push(format!("{name}: {length:#x} bytes at {offset:#x} reach past the end at {:#x}", file.bytes.len()));
    }
    if segment.file_size > segment.size {
        findings.push(format!("{name} has {:#x} bytes in the file, {:#x} in memory", segment.file_size, segment.size));
    }
    if segment.protection & !segment.max_protection != 0 {
        findings.push(format!(
            "{name} may at first do more ({}) than at most ({})",
            segment.protection, segment.max_protection
        ));
    }
    let page = if file.header.cpu == CPU_ARM64 { 0x4000 } else { 0x1000 };
    if linked && (segment.address % page != 0 || segment.offset % page != 0) {
        findings.push(format!(
            "{name} does not begin at a page ({:#x}, {:#x} in the file)",
            segment.address, segment.offset
        ));
    }
    for section in &segment.sections {
        let name = format!("section {},{}", printable(section.segment), printable(section.name));
        if !within((section.address, section.size), memory) {
            findings.push(format!("{name} lies outside its segment in memory"));
        }
        // Files of debugging data keep the sections of what they tell about, without content.
        let stored =
            !section.is_zero() && section.size > 0 && !(file.header.file_type == MH_DSYM && segment.file_size == 0);
        if stored && !within((section.offset.into(), section.size), content) {
            findings.push(format!("{name} lies outside its segment in the file"));
        } else if stored && linked {
            let shift = (section.address.wrapping_sub(segment.address), u64::from(section.offset) - segment.offset);
            if shift.0 != shift.1 {
                findings.push(format!(
                    "{name} stands {:#x} bytes into its segment in memory, {:#x} in the file",
                    shift.0, shift.1
                ));
            }
        }
        let (offset, count) = section.relocations;
        if !within((offset.into(), u64::from(count) * 8), (0, file.bytes.len() as u64)) {
            findings.push(format!("{name} has its relocations outside the file"));
        }
    }
    findings
}

/// The stretches that load commands name lie in `__LINKEDIT`, or in an object anywhere in the file.
fn linkedit(file: &MachO<'_>) -> Vec<String> {
    let mut findings = Vec::new();
    let segment = file.segments().find(|segment| segment.name == b"__LINKEDIT");
    let bounds = match segment {
        Some(segment) => (segment.offset, segment.file_size),
        None => (0, file.bytes.len() as u64),
    };
    let mut places = Vec::new();
    for command in &file.commands {
        let name = crate::macho::names::command(command.number);
        let mut add = |(offset, count): (u32, u32), width: u64, what: &str| {
            if count > 0 {
                places.push((u64::from(offset), u64::from(count) * width, format!("{name}'s {what}")));
            }
        };
        match &command.body {
            Body::Symtab { symbols, strings } => {
                add(*symbols, symbols::ENTRY, "symbols");
                add(*strings, 1, "names");
            }
            Body::Dysymtab(table) => {
                add(table.indirect, 4, "indirect symbols");
                add(table.external, 8, "external relocations");
                add(table.local_relocations, 8, "local relocations");
            }
            Body::DyldInfo(parts) => {
                for (part, what) in parts.iter().zip(["rebases", "binds", "weak binds", "lazy binds", "exports"]) {
                    add(*part, 1, what);
                }
            }
            Body::Linkedit(part) => add(*part, 1, "data"),
            _ => {}
        }
    }
    if segment.is_none() && !places.is_empty() && file.header.file_type != MH_OBJECT {
        findings.push("there is no __LINKEDIT".to_owned());
    }
    for (offset, length, name) in &places {
        if !within((*offset, *length), bounds) {
            findings.push(format!("{name} ({length:#x} bytes at {offset:#x}) lie outside __LINKEDIT"));
        }
    }
    findings.extend(apart("in the file", places.into_iter()));
    findings
}

fn symbol_table(file: &MachO<'_>) -> Vec<String> {
    let mut findings = Vec::new();
    let symbols = match symbols::symbols(file) {
        Ok(symbols) => symbols,
        Err(malformed) => return vec![malformed.to_string()],
    };
    let sections = file.segments().map(|segment| segment.sections.len()).sum::<usize>();
    for symbol in &symbols {
        if !symbol.is_debugging() && symbol.kind & 0x0e == 0x0e && !(1..=sections).contains(&symbol.section.into()) {
            findings.push(format!("{} is in section {} of {sections}", printable(symbol.name), symbol.section));
        }
    }
    for command in &file.commands {
        let Body::Dysymtab(table) = command.body else { continue };
        for (part, what) in [(table.local, "local"), (table.defined, "defined"), (table.undefined, "undefined")] {
            if !within((part.0.into(), part.1.into()), (0, symbols.len() as u64)) {
                findings.push(format!(
                    "LC_DYSYMTAB's {what} symbols {} to {} are not all there",
                    part.0,
                    u64::from(part.0) + u64::from(part.1)
                ));
            }
        }
        for index in 0..u64::from(table.indirect.1) {
            match bytes::u32(file.bytes, u64::from(table.indirect.0) + index * 4, "the indirect symbols") {
                // The upper bits say "local" and "absolute", without a symbol.
                Ok(symbol) if symbol & 0xc000_0000 != 0 || (symbol as usize) < symbols.len() => {}
                Ok(symbol) => findings.push(format!("indirect symbol {index} is symbol {symbol} of {}", symbols.len())),
                Err(malformed) => {
                    findings.push(malformed.to_string());
                    break;
                }
            }
        }
    }
    findings
}
