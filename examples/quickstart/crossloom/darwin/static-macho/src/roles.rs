//! What a file must have to be what its type says: a program that dyld starts, a static one, a library.

use crate::bytes::printable;
use crate::macho::commands::{Body, Segment};
use crate::macho::names::{self, *};
use crate::macho::{symbols, MachO};

/// Findings for a program or library that dyld loads.
pub fn dynamic(file: &MachO<'_>) -> Vec<String> {
    let mut findings = Vec::new();
    let bodies = || file.commands.iter().map(|command| (command.number, &command.body));
    let libraries =
        bodies().filter(|(number, body)| matches!(body, Body::Dylib { .. }) && *number != LC_ID_DYLIB).count();
    if libraries == 0 {
        findings.push("it names no library, without which dyld loads nothing".to_owned());
    }
    if file.header.flags & MH_DYLDLINK == 0 {
        findings.push("the header does not say that it is for dyld".to_owned());
    }
    let own_names = bodies().filter(|(number, _)| *number == LC_ID_DYLIB).count();
    match file.header.file_type {
        MH_EXECUTE => findings.extend(program(file)),
        MH_DYLIB if own_names != 1 => findings.push(format!("a library has one LC_ID_DYLIB, this one {own_names}")),
        _ => {}
    }
    findings
}

fn program(file: &MachO<'_>) -> Vec<String> {
    let mut findings = Vec::new();
    let linkers = file.commands.iter().filter_map(|command| match command.body {
        Body::Dylinker(name) => Some(printable(name)),
        _ => None,
    });
    let linkers: Vec<_> = linkers.collect();
    match linkers.as_slice() {
        [linker] if linker == "/usr/lib/dyld" => {}
        [] => findings
            .push("there is no LC_LOAD_DYLINKER: is this a static executable, to be checked with --static?".to_owned()),
        other => findings.push(format!("LC_LOAD_DYLINKER is {}, expected /usr/lib/dyld", other.join(", "))),
    }
    let entries = file.commands.iter().filter_map(|command| match command.body {
        Body::Main { entry, .. } => Some(entry),
        _ => None,
    });
    let entries: Vec<_> = entries.collect();
    match entries.as_slice() {
        [entry] => {
            let holds = |segment: &&Segment| entry.checked_sub(segment.offset).is_some_and(|at| at < segment.file_size);
            match file.segments().find(holds) {
                Some(segment) if segment.protection & VM_PROT_EXECUTE != 0 => {}
                _ => findings.push(format!("LC_MAIN's {entry:#x} lies in no executable segment")),
            }
        }
        other => findings.push(format!("a program has one LC_MAIN, this one {}", other.len())),
    }
    findings.extend(page_zero(file));
    findings
}

/// The kernel starts no program of 64 bits whose first page is not kept free.
fn page_zero(file: &MachO<'_>) -> Option<String> {
    let free = |segment: &Segment| {
        segment.name == b"__PAGEZERO" && segment.address == 0 && segment.size >= 0x1000 && segment.max_protection == 0
    };
    (!file.segments().any(free)).then(|| "there is no __PAGEZERO at 0 that nothing may touch".to_owned())
}

/// Findings for a program that the kernel starts alone.
pub fn fixed(file: &MachO<'_>) -> Vec<String> {
    let mut findings = Vec::new();
    if file.header.file_type != MH_EXECUTE {
        findings.push(format!("{} is not EXECUTE", names::file_type(file.header.file_type)));
    }
    if file.header.flags != MH_NOUNDEFS {
        findings.push(format!("the header's flags are {}, expected NOUNDEFS alone", names::flags(file.header.flags)));
    }
    for command in &file.commands {
        let name = match &command.body {
            Body::Dylib { name, .. } | Body::Dylinker(name) => printable(name),
            Body::Segment(_) | Body::Symtab { .. } | Body::Dysymtab(_) | Body::Uuid(_) | Body::Thread { .. } => {
                continue
            }
            _ => String::new(),
        };
        let name = format!("{} {name}", names::command(command.number));
        findings.push(format!("{} has no place in a static executable", name.trim_end()));
    }
    match symbols::undefined(file) {
        Ok(undefined) => {
            findings.extend(undefined.iter().map(|symbol| format!("symbol {} is undefined", printable(symbol.name))));
        }
        Err(malformed) => findings.push(malformed.to_string()),
    }
    findings.extend(page_zero(file));
    findings.extend(thread(file));
    findings
}

/// The stack segment of a static executable.
fn stack<'f, 'a>(file: &'f MachO<'a>) -> Option<&'f Segment<'a>> {
    file.segments().find(|segment| segment.name == b"__UNIXSTACK")
}

/// Where a static executable starts, and where its stack does.
pub fn start(file: &MachO<'_>) -> Option<(u64, u64)> {
    file.commands.iter().find_map(|command| match &command.body {
        Body::Thread { flavor, count, registers } if (*flavor, *count) == X86_THREAD_STATE64 => {
            registers.get(RIP).copied().zip(registers.get(RSP).copied())
        }
        _ => None,
    })
}

fn thread(file: &MachO<'_>) -> Vec<String> {
    let threads = file.commands.iter().filter(|command| command.number == LC_UNIXTHREAD).count();
    let Some((entry, top)) = start(file) else {
        return vec![format!("there is no thread state of x86_64 ({threads} LC_UNIXTHREAD)")];
    };
    let mut findings = Vec::new();
    if threads != 1 {
        findings.push(format!("there are {threads} LC_UNIXTHREAD"));
    }
    match file.segments().find(|segment| entry.checked_sub(segment.address).is_some_and(|at| at < segment.size)) {
        Some(segment) if segment.protection & VM_PROT_EXECUTE != 0 => {}
        Some(segment) => {
            let segment = printable(segment.name);
            findings.push(format!("LC_UNIXTHREAD's rip {entry:#x} lies in {segment}, which is not executable"));
        }
        None => findings.push(format!("LC_UNIXTHREAD's rip {entry:#x} lies in no segment")),
    }
    match stack(file) {
        // The kernel makes the stack of a program that asks for none.
        None if top == 0 => {}
        None => findings.push(format!("LC_UNIXTHREAD's rsp is {top:#x}, and there is no __UNIXSTACK")),
        Some(stack) => {
            if stack.address.checked_add(stack.size) != Some(top) {
                let (start, end) = (stack.address, stack.address.saturating_add(stack.size));
                findings.push(format!(
                    "LC_UNIXTHREAD's rsp {top:#x} is not the end of __UNIXSTACK ({start:#x} to {end:#x})"
                ));
            }
            if stack.protection != 3 {
                findings.push(format!("__UNIXSTACK has protection {}, expected 3", stack.protection));
            }
        }
    }
    findings
}
