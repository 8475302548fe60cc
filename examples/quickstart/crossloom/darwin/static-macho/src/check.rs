//! Everything that is checked of a file, and the lines that say what was found.

use crate::bytes::{printable, Malformed};
use crate::container::{Content, Slice};
use crate::imports::{self, imports};
use crate::libraries::{self, Libraries};
use crate::macho::commands::Body;
use crate::macho::names::{self, *};
use crate::macho::MachO;
use crate::roles;
use crate::sign;
use crate::structure::structure;
use crate::version::Version;

/// What files are checked for beyond being sound.
#[derive(Debug, Clone, Copy, Default)]
pub struct Wanted {
    /// The OS that every file must be for at least, exactly.
    pub minimum: Option<Version>,
    /// Whether the files are static executables.
    pub fixed: bool,
}

/// What was found about a file: lines that describe it, and findings, before which stands the part that they are about.
#[derive(Debug, Default)]
pub struct Report {
    pub lines: Vec<String>,
    pub findings: Vec<String>,
}

/// Checks everything in a file.
pub fn check(content: &Content<'_>, wanted: Wanted, libraries: &mut Libraries) -> Result<Report, libraries::Error> {
    let mut report = Report::default();
    match content {
        Content::MachO(bytes) => one(bytes, "", wanted, libraries, &mut report)?,
        Content::Archive(members) => archive(members, "", wanted, libraries, &mut report)?,
        Content::Universal(slices) => {
            for slice in slices {
                self::slice(slice, wanted, libraries, &mut report)?;
            }
        }
    }
    Ok(report)
}

fn slice(
    slice: &Slice<'_>,
    wanted: Wanted,
    libraries: &mut Libraries,
    report: &mut Report,
) -> Result<(), libraries::Error> {
    let name = names::cpu(slice.cpu);
    let part = format!("{name}: ");
    match crate::container::split(slice.bytes) {
        Some(Ok(Content::MachO(bytes))) => {
            if let Ok(file) = MachO::parse(bytes) {
                if (file.header.cpu, file.header.subtype) != (slice.cpu, slice.subtype) {
                    let (cpu, subtype) = (names::cpu(file.header.cpu), file.header.subtype);
                    let finding = format!(
                        "{part}the part is {cpu} ({subtype:#x}), the header says {name} ({:#x})",
                        slice.subtype
                    );
                    report.findings.push(finding);
                }
            }
            one(bytes, &part, wanted, libraries, report)
        }
        Some(Ok(Content::Archive(members))) => archive(&members, &part, wanted, libraries, report),
        Some(Ok(Content::Universal(_))) => {
            report.findings.push(format!("{part}a universal file within a universal file"));
            Ok(())
        }
        Some(Err(malformed)) => {
            report.findings.push(format!("{part}{malformed}"));
            Ok(())
        }
        None => {
            report.findings.push(format!("{part}the part is neither Mach-O nor an archive"));
            Ok(())
        }
    }
}

fn archive(
    members: &[(&[u8], &[u8])],
    part: &str,
    wanted: Wanted,
    libraries: &mut Libraries,
    report: &mut Report,
) -> Result<(), libraries::Error> {
    let mut kinds = std::collections::BTreeSet::new();
    for (name, bytes) in members {
        let mut member = Report::default();
        one(bytes, &format!("{part}{}: ", printable(name)), wanted, libraries, &mut member)?;
        report.findings.extend(member.findings);
        kinds.extend(member.lines);
    }
    let kinds: Vec<_> = kinds.into_iter().collect();
    let count = members.len();
    report.lines.push(format!("archive of {count} member{}: {}", if count == 1 { "" } else { "s" }, kinds.join("; ")));
    Ok(())
}

/// Checks one Mach-O file. `part` stands before every finding.
fn one(
    bytes: &[u8],
    part: &str,
    wanted: Wanted,
    libraries: &mut Libraries,
    report: &mut Report,
) -> Result<(), libraries::Error> {
    let file = match MachO::parse(bytes) {
        Ok(file) => file,
        Err(malformed) => {
            report.findings.push(format!("{part}{malformed}"));
            return Ok(());
        }
    };
    let mut findings = structure(&file);
    let mut line = vec![format!("{} {}", names::cpu(file.header.cpu), names::file_type(file.header.file_type))];
    let minimum = minimum(&file);
    if wanted.fixed {
        findings.extend(roles::fixed(&file));
        line.push("static".to_owned());
        if let Some((entry, stack)) = roles::start(&file) {
            let stack = if stack == 0 { "of the kernel's".to_owned() } else { format!("{stack:#x}") };
            line.push(format!("entry {entry:#x}  stack {stack}"));
        }
    } else {
        findings.extend(systems(&file, wanted.minimum));
        if let Some(minimum) = minimum {
            line.push(format!("minos {minimum}"));
        }
    }
    if !wanted.fixed && LOADED.contains(&file.header.file_type) {
        findings.extend(roles::dynamic(&file));
        line.push(if libraries.any() {
            let imports = imports(&file, libraries, minimum.unwrap_or(Version(0)))?;
            let line = imported(&imports);
            findings.extend(imports.findings);
            line
        } else {
            "symbols not looked up (no --sdk)".to_owned()
        });
    }
    if !wanted.fixed {
        match signature(&file) {
            Ok(signed) => line.extend(signed),
            Err(malformed) => findings.push(malformed.to_string()),
        }
    }
    report.lines.push(line.join("  "));
    report.findings.extend(findings.into_iter().map(|finding| format!("{part}{finding}")));
    Ok(())
}

/// Types that dyld loads.
const LOADED: [u32; 3] = [MH_EXECUTE, MH_DYLIB, MH_BUNDLE];

fn imported(imports: &imports::Imports) -> String {
    let plural = |count: usize, one: &str, more: &str| format!("{count} {}", if count == 1 { one } else { more });
    let symbols = plural(imports.found, "symbol", "symbols");
    let mut line = format!("{symbols} of {}", plural(imports.libraries, "library", "libraries"));
    if imports.weak > 0 {
        line += &format!("  {} that may be missing", imports.weak);
    }
    if imports.lookups > 0 {
        line += &format!("  {} looked up anywhere", imports.lookups);
    }
    line
}

/// The minimum OS of the commands for macOS.
fn minimum(file: &MachO<'_>) -> Option<Version> {
    file.commands.iter().find_map(|command| match command.body {
        Body::Version { platform: PLATFORM_MACOS, minimum, .. } => Some(Version(minimum)),
        _ => None,
    })
}

/// Findings about the OS that a file is for. An object may leave it open, which assemblers do.
fn systems(file: &MachO<'_>, wanted: Option<Version>) -> Vec<String> {
    let versions = file.commands.iter().filter_map(|command| match command.body {
        Body::Version { platform, minimum, .. } => Some((platform, Version(minimum))),
        _ => None,
    });
    let versions: Vec<_> = versions.collect();
    let mut findings = Vec::new();
    if versions.is_empty() && file.header.file_type != MH_OBJECT {
        findings.push("there is neither LC_BUILD_VERSION nor LC_VERSION_MIN_MACOSX".to_owned());
    }
    for (platform, minimum) in versions {
        if platform != PLATFORM_MACOS {
            findings.push(format!("it is for platform {platform}, not for macOS"));
        } else if let Some(wanted) = wanted.filter(|wanted| *wanted != minimum) {
            findings.push(format!("the minimum OS is {minimum}, expected {wanted}"));
        }
    }
    findings
}

/// What the line says of the signature, which everything that runs on arm64 needs.
fn signature(file: &MachO<'_>) -> Result<Option<String>, Malformed> {
    match sign::verify(file)? {
        Some(pages) => Ok(Some(format!("signed ad hoc, {pages} page{}", if pages == 1 { "" } else { "s" }))),
        None if file.header.cpu == CPU_ARM64 && LOADED.contains(&file.header.file_type) => {
            Err(crate::bytes::invalid("the code signature", "there is none, and arm64 runs nothing without"))
        }
        None => Ok(None),
    }
}
