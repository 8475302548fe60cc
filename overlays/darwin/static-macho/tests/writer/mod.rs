//! Writes small Mach-O files as `ld64.lld` lays them out, and wrong ones on demand.

use std::fs;
use std::path::PathBuf;

use static_macho::macho::names::*;
use static_macho::sha256::sha256;

/// A symbol: name, kind, section, description, value.
pub type Symbol = (&'static str, u8, u8, u16, u64);

/// What is written. Each field is as in a sound file unless a test changes it.
#[derive(Clone)]
pub struct Image {
    pub cpu: u32,
    pub subtype: u32,
    pub file_type: u32,
    pub flags: u32,
    /// Where `__TEXT` lies, which is `__PAGEZERO`'s size in a program.
    pub base: u64,
    /// Where the first section begins in the file.
    pub first: u32,
    pub symbols: Vec<Symbol>,
    pub libraries: Vec<&'static str>,
    pub install_name: Option<&'static str>,
    pub linker: Option<&'static str>,
    /// Offset of the entry point.
    pub entry: Option<u64>,
    /// Platform and version.
    pub system: Option<(u32, u32)>,
    /// dyld's tables: rebase, bind, weak, lazy, exports.
    pub info: [Vec<u8>; 5],
    /// Chained fixups in place of those tables.
    pub chained: Option<Vec<u8>>,
    /// Type of the section of data.
    pub data_type: u32,
    pub text_protection: u32,
    pub signed: bool,
    /// Commands after the others.
    pub extra: Vec<Vec<u8>>,
}

pub const BASE: u64 = 0x2_5800_0000;
pub const STACK: u64 = 0x1_5400_0000;
pub const STACK_SIZE: u64 = 0x80_0000;
pub const ENTRY: &[Symbol] = &[("__start", 0x0f, 1, 0, BASE + 0x800), ("_state", 0x0e, 2, 0, BASE + 0x1000)];

/// What `ld64.lld -no_pie -e __start` links of a file that needs nothing.
pub fn linked() -> Image {
    Image {
        cpu: CPU_X86_64,
        subtype: 0x8000_0003,
        file_type: MH_EXECUTE,
        flags: MH_NOUNDEFS | MH_DYLDLINK | MH_TWOLEVEL,
        base: BASE,
        first: 0x800,
        symbols: ENTRY.to_vec(),
        libraries: vec![],
        install_name: None,
        linker: Some("/usr/lib/dyld"),
        entry: Some(0x804),
        system: Some((PLATFORM_MACOS, 0x0d_0000)),
        info: [vec![], vec![], vec![], vec![], vec![0; 8]],
        chained: None,
        data_type: 0,
        text_protection: 5,
        signed: false,
        extra: vec![],
    }
}

/// A program that calls `puts` of libSystem, and may call `_maybe`.
pub fn program() -> Image {
    let mut symbols = ENTRY.to_vec();
    symbols.push(("_puts", 0x01, 0, 0x0100, 0));
    symbols.push(("_maybe", 0x01, 0, 0x0140, 0));
    Image { symbols, libraries: vec!["/usr/lib/libSystem.B.dylib"], flags: linked().flags | MH_PIE, ..linked() }
}

/// The same for arm64, which must be signed.
pub fn arm64() -> Image {
    Image { cpu: CPU_ARM64, subtype: 0, base: 0x1_0000_0000, signed: true, ..program() }
}

/// A library that defines `_state` for others to see, and `___hidden` not.
pub fn library() -> Image {
    Image {
        file_type: MH_DYLIB,
        base: 0,
        symbols: vec![("_shown", 0x0f, 1, 0, 0x800), ("___hidden", 0x1f, 1, 0, 0x804), ("_puts", 0x01, 0, 0x0100, 0)],
        libraries: vec!["/usr/lib/libSystem.B.dylib"],
        install_name: Some("/opt/lib/libshown.dylib"),
        linker: None,
        entry: None,
        ..linked()
    }
}

impl Image {
    fn page(&self) -> u64 {
        if self.cpu == CPU_ARM64 {
            0x4000
        } else {
            0x1000
        }
    }

    /// The file's bytes.
    pub fn bytes(&self) -> Vec<u8> {
        let page = self.page();
        // __LINKEDIT first: the commands say where its parts are.
        let (mut linkedit, start) = (Vec::new(), 2 * page as u32);
        let mut put = |part: &[u8]| {
            let at = start + linkedit.len() as u32;
            linkedit.extend_from_slice(part);
            linkedit.resize(linkedit.len().next_multiple_of(8), 0);
            if part.is_empty() {
                (0, 0)
            } else {
                (at, part.len() as u32)
            }
        };
        let mut commands = Vec::new();
        let tables = match &self.chained {
            Some(fixups) => {
                let (offset, length) = put(fixups);
                vec![numbers(LC_DYLD_CHAINED_FIXUPS, &[offset, length])]
            }
            None => {
                let parts = self.info.iter().flat_map(|part| <[u32; 2]>::from(put(part))).collect::<Vec<_>>();
                vec![numbers(LC_DYLD_INFO_ONLY, &parts)]
            }
        };
        let (mut entries, mut strings) = (Vec::new(), vec![b' ', 0]);
        for (name, kind, section, description, value) in &self.symbols {
            entries.extend((strings.len() as u32).to_le_bytes());
            entries.extend([*kind, *section]);
            entries.extend(description.to_le_bytes());
            entries.extend(value.to_le_bytes());
            strings.extend(name.bytes());
            strings.push(0);
        }
        let (count, entries) = (self.symbols.len() as u32, put(&entries));
        let indirect = put(&0_u32.to_le_bytes());
        let strings = put(&strings);
        let signature = self.signed.then(|| {
            linkedit.resize(linkedit.len().next_multiple_of(16), 0);
            start + linkedit.len() as u32
        });
        let content = linkedit.len() as u64;
        let trailer = signature.map_or(0, |at| u64::from(signature_size(at)));

        if self.file_type == MH_EXECUTE {
            commands.push(segment("__PAGEZERO", [0, self.base, 0, 0], [0, 0], &[]));
        }
        let text = section("__text", "__TEXT", self.base + u64::from(self.first), 0x10, self.first, 0x8000_0400);
        commands.push(segment(
            "__TEXT",
            [self.base, page, 0, page],
            [self.text_protection, self.text_protection],
            &[text],
        ));
        let data_at = self.base + page;
        let data = section("__data", "__DATA", data_at, 8, page as u32, self.data_type);
        let zeros = section("__bss", "__DATA", data_at + 8, 0x100, 0, 1);
        commands.push(segment("__DATA", [data_at, page, page, page], [3, 3], &[data, zeros]));
        let linkedit_size = content + trailer;
        commands.push(segment("__LINKEDIT", [data_at + page, linkedit_size, 2 * page, linkedit_size], [1, 1], &[]));
        commands.extend(tables);
        commands.push(numbers(LC_SYMTAB, &[entries.0, count, strings.0, strings.1]));
        let mut dysymtab = [0; 18];
        let undefined = self.symbols.iter().filter(|symbol| symbol.1 & 0x0e == 0).count() as u32;
        (dysymtab[3], dysymtab[4], dysymtab[5]) = (count - undefined, count - undefined, undefined);
        (dysymtab[12], dysymtab[13]) = (indirect.0, 1);
        commands.push(numbers(LC_DYSYMTAB, &dysymtab));
        commands.extend(self.linker.map(|name| text_command(LC_LOAD_DYLINKER, &[], name)));
        commands.push(numbers(LC_UUID, &[1, 2, 3, 4]));
        if let Some((platform, version)) = self.system {
            commands.push(numbers(LC_BUILD_VERSION, &[platform, version, version, 0]));
        }
        commands.extend(self.entry.map(|entry| numbers(LC_MAIN, &[entry as u32, 0, 0, 0])));
        commands.extend(self.install_name.map(|name| text_command(LC_ID_DYLIB, &[2, 0x1_0000, 0x1_0000], name)));
        for name in &self.libraries {
            commands.push(text_command(LC_LOAD_DYLIB, &[2, 0x547_0000, 0x1_0000], name));
        }
        commands.extend(signature.map(|at| numbers(LC_CODE_SIGNATURE, &[at, signature_size(at)])));
        commands.extend(self.extra.iter().cloned());

        let area = commands.concat();
        let header = [
            MH_MAGIC_64,
            self.cpu,
            self.subtype,
            self.file_type,
            commands.len() as u32,
            area.len() as u32,
            self.flags,
            0,
        ];
        let mut bytes: Vec<u8> = header.iter().flat_map(|value| value.to_le_bytes()).collect();
        bytes.extend(area);
        bytes.resize(page as usize * 2, 0xcc);
        bytes.extend(linkedit);
        if signature.is_some() {
            let signature = sign(&bytes);
            bytes.extend(signature);
        }
        bytes
    }
}

/// A command of numbers.
pub fn numbers(number: u32, values: &[u32]) -> Vec<u8> {
    let size = (8 + values.len() * 4).next_multiple_of(8);
    let mut bytes: Vec<u8> = [number, size as u32].iter().chain(values).flat_map(|value| value.to_le_bytes()).collect();
    bytes.resize(size, 0);
    bytes
}

/// A command of numbers and a text, whose offset is the first number.
fn text_command(number: u32, values: &[u32], text: &str) -> Vec<u8> {
    let mut values = values.to_vec();
    values.insert(0, 12 + values.len() as u32 * 4);
    let mut bytes: Vec<u8> = [number, 0].iter().chain(&values).flat_map(|value| value.to_le_bytes()).collect();
    bytes.extend(text.bytes());
    bytes.resize((bytes.len() + 1).next_multiple_of(8), 0);
    let size = bytes.len() as u32;
    bytes[4..8].copy_from_slice(&size.to_le_bytes());
    bytes
}

fn name(name: &str) -> Vec<u8> {
    let mut bytes = name.as_bytes().to_vec();
    bytes.resize(16, 0);
    bytes
}

/// A segment: address, size, offset, size in the file; what it may do at most and at first.
pub fn segment(segment: &str, place: [u64; 4], protection: [u32; 2], sections: &[Vec<u8>]) -> Vec<u8> {
    let mut bytes = numbers(LC_SEGMENT_64, &[]);
    bytes[4..8].copy_from_slice(&(72 + 80 * sections.len() as u32).to_le_bytes());
    bytes.extend(name(segment));
    bytes.extend(place.iter().flat_map(|value| value.to_le_bytes()));
    let rest = [protection[0], protection[1], sections.len() as u32, 0];
    bytes.extend(rest.iter().flat_map(|value| value.to_le_bytes()));
    bytes.extend(sections.concat());
    bytes
}

fn section(section: &str, segment: &str, address: u64, size: u64, offset: u32, flags: u32) -> Vec<u8> {
    let mut bytes = name(section);
    bytes.extend(name(segment));
    bytes.extend([address, size].iter().flat_map(|value| value.to_le_bytes()));
    bytes.extend([offset, 3, 0, 0, flags, 0, 0, 0].iter().flat_map(|value: &u32| value.to_le_bytes()));
    bytes
}

const DIRECTORY: u32 = 20;
const HASHES: u32 = 88 + 8;

fn signature_size(limit: u32) -> u32 {
    DIRECTORY + HASHES + 32 * limit.div_ceil(0x1000)
}

/// An ad-hoc signature over everything.
fn sign(bytes: &[u8]) -> Vec<u8> {
    let limit = bytes.len() as u32;
    let (size, pages) = (signature_size(limit), limit.div_ceil(0x1000));
    let mut signature = Vec::new();
    for value in [0xfade_0cc0, size, 1, 0, DIRECTORY, 0xfade_0c02, size - DIRECTORY, 0x2_0400, 0x2_0002, HASHES, 88] {
        signature.extend(u32::to_be_bytes(value));
    }
    for value in [0, pages, limit] {
        signature.extend(u32::to_be_bytes(value));
    }
    signature.extend([32, 2, 0, 12]);
    signature.resize(DIRECTORY as usize + 88, 0);
    signature.extend(b"program\0");
    for page in bytes.chunks(0x1000) {
        signature.extend(sha256(page));
    }
    signature
}

/// An archive of these members, the first name too long for its field.
pub fn archive(members: &[(&str, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = b"!<arch>\n".to_vec();
    for (name, content) in members {
        let long = name.len() > 15;
        let (field, stored) =
            if long { (format!("#1/{}", name.len()), name.as_bytes()) } else { ((*name).to_owned(), &[][..]) };
        let size = stored.len() + content.len();
        bytes.extend(format!("{field:<16}{:<12}{:<6}{:<6}{:<8}{size:<10}`\n", 0, 0, 0, 644).bytes());
        bytes.extend(stored);
        bytes.extend(content);
        bytes.resize(bytes.len().next_multiple_of(2), b'\n');
    }
    bytes
}

/// A universal file of these parts: CPU, subtype, bytes.
pub fn universal(parts: &[(u32, u32, Vec<u8>)]) -> Vec<u8> {
    let mut bytes: Vec<u8> =
        [0xcafe_babe, parts.len() as u32].iter().flat_map(|value: &u32| value.to_be_bytes()).collect();
    let mut at = 0x4000;
    for (cpu, subtype, part) in parts {
        let size = part.len() as u32;
        bytes.extend([*cpu, *subtype, at, size, 14].iter().flat_map(|value| value.to_be_bytes()));
        at = (at + size).next_multiple_of(0x4000);
    }
    for (_, _, part) in parts {
        bytes.resize(bytes.len().next_multiple_of(0x4000), 0);
        bytes.extend(part);
    }
    bytes
}

/// A new empty directory for a test.
pub fn directory(test: &str) -> PathBuf {
    let path = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(test);
    let _ = fs::remove_dir_all(&path);
    fs::create_dir_all(&path).unwrap();
    path
}

/// An SDK whose libSystem passes `puts` on from a library beside it, and something from one that is nowhere.
pub fn sdk(test: &str) -> PathBuf {
    let sdk = directory(&format!("{test}.sdk"));
    fs::create_dir_all(sdk.join("usr/lib")).unwrap();
    fs::write(sdk.join("usr/lib/libSystem.tbd"), TBD).unwrap();
    sdk
}

pub const TBD: &str = "\
--- !tapi-tbd
tbd-version:     4
targets:         [ x86_64-macos, arm64-macos, x86_64-maccatalyst ]
install-name:    '/usr/lib/libSystem.B.dylib'
current-version: 1351
reexported-libraries:
  - targets:         [ x86_64-macos, arm64-macos ]
    libraries:       [ '/usr/lib/system/libsystem_c.dylib',
                       '/usr/lib/system/libnowhere.dylib' ]
exports:
  - targets:         [ x86_64-macos ]
    symbols:         [ _only_x86_64, '$ld$hide$os10.8$_puts' ]
--- !tapi-tbd
tbd-version:     4
targets:         [ x86_64-macos, arm64-macos ]
install-name:    '/usr/lib/system/libsystem_c.dylib'
parent-umbrella:
  - targets:         [ x86_64-macos, arm64-macos ]
    umbrella:        System
exports:
  - targets:         [ x86_64-macos, arm64-macos ]
    symbols:         [ _puts, _exit ]
    weak-symbols:    [ __Znwm ]
...
";
