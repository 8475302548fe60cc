//! What is found in files that are not as they should be, and not found in those that are.

use std::fs;
use std::path::Path;
use std::process::Command;

use crate::writer::{self, arm64, library, linked, numbers, program, segment, Image, BASE, STACK, STACK_SIZE};
use static_macho::check::{check, Report, Wanted};
use static_macho::container::split;
use static_macho::libraries::Libraries;
use static_macho::macho::names::*;
use static_macho::make::{make, Stack};
use static_macho::version::Version;

fn report(bytes: &[u8], wanted: Wanted, libraries: &mut Libraries) -> Report {
    match split(bytes).expect("a kind that is known") {
        Ok(content) => check(&content, wanted, libraries).unwrap(),
        Err(malformed) => Report { lines: vec![], findings: vec![malformed.to_string()] },
    }
}

/// The findings of a file of the test's SDK.
fn found(test: &str, bytes: &[u8]) -> Vec<String> {
    let mut libraries = Libraries::new(Some(writer::sdk(test)), &[]).unwrap();
    report(bytes, Wanted::default(), &mut libraries).findings
}

#[test]
fn sound_files() {
    let mut libraries = Libraries::new(Some(writer::sdk("sound")), &[]).unwrap();
    let wanted = Wanted { minimum: Version::parse("13.0"), fixed: false };
    for (image, line) in [
        (program(), "x86_64 EXECUTE  minos 13.0  1 symbol of 1 library  1 that may be missing"),
        (arm64(), "arm64 EXECUTE  minos 13.0  1 symbol of 1 library  1 that may be missing  signed ad hoc, 9 pages"),
        (
            Image { signed: true, ..library() },
            "x86_64 DYLIB  minos 13.0  1 symbol of 1 library  signed ad hoc, 3 pages",
        ),
    ] {
        let report = report(&image.bytes(), wanted, &mut libraries);
        assert_eq!(report.findings, [""; 0]);
        assert_eq!(report.lines, [line]);
    }
    let without = report(&program().bytes(), wanted, &mut Libraries::default());
    assert_eq!(without.lines, ["x86_64 EXECUTE  minos 13.0  symbols not looked up (no --sdk)"]);
}

#[test]
fn containers() {
    let (one, two) = (program(), arm64());
    let fat = writer::universal(&[(one.cpu, one.subtype, one.bytes()), (two.cpu, two.subtype, two.bytes())]);
    let mut libraries = Libraries::new(Some(writer::sdk("containers")), &[]).unwrap();
    let whole = report(&fat, Wanted::default(), &mut libraries);
    assert_eq!((whole.lines.len(), whole.findings.len()), (2, 0), "{whole:?}");

    let object = Image { file_type: MH_OBJECT, flags: 0, linker: None, entry: None, libraries: vec![], ..linked() };
    let members = [("__.SYMDEF", vec![0; 8]), ("a name of some length.o", object.bytes()), ("b.o", object.bytes())];
    let archive = writer::archive(&members);
    let fine = report(&archive, Wanted::default(), &mut libraries);
    assert_eq!(fine.lines, ["archive of 2 members: x86_64 OBJECT  minos 13.0"]);
    assert_eq!(fine.findings, [""; 0]);
    let wanted = Wanted { minimum: Version::parse("12.0"), fixed: false };
    let other = report(&archive, wanted, &mut libraries);
    let expected = [
        "a name of some length.o: the minimum OS is 13.0, expected 12.0",
        "b.o: the minimum OS is 13.0, expected 12.0",
    ];
    assert_eq!(other.findings, expected);

    let swapped = writer::universal(&[(two.cpu, two.subtype, one.bytes())]);
    assert_eq!(found("swapped", &swapped), ["arm64: the part is x86_64 (0x80000003), the header says arm64 (0x0)"]);
    let text = writer::universal(&[(one.cpu, one.subtype, b"not Mach-O".to_vec())]);
    assert_eq!(found("text", &text), ["x86_64: the part is neither Mach-O nor an archive"]);
    let twice = writer::universal(&[(one.cpu, 3, one.bytes()), (one.cpu, 3, one.bytes())]);
    assert_eq!(found("twice", &twice), ["part 1 of the universal file: it has the architecture of another part"]);
    let nested = writer::universal(&[(one.cpu, one.subtype, fat.clone())]);
    assert_eq!(found("nested", &nested), ["x86_64: a universal file within a universal file"]);
    assert_eq!(found("none", &writer::universal(&[])), ["the universal header: there are no parts"]);
    // Offset, size and alignment of the second part.
    for (at, value, message) in [
        (36, 0x4100_u32, "part 1 of the universal file: its offset 0x4100 is not a multiple of 2^14"),
        (36, 0x4000, "the universal header: the parts at 0x4000 and 0x4000 overlap"),
        (40, 0x7fff_ffff, "part 1 of the universal file: 2147483647 bytes at 0x8000 reach past the end"),
        (44, 77, "part 1 of the universal file: its offset 0x8000 is not a multiple of 2^77"),
    ] {
        let mut wrong = fat.clone();
        wrong[at..at + 4].copy_from_slice(&value.to_be_bytes());
        let findings = found("universal", &wrong);
        assert!(findings.len() == 1 && findings[0].starts_with(message), "{message}\n{findings:?}");
    }
    for (cut, message) in
        [(30, "the archive's member at 0x8: 60 bytes at 0x8 reach"), (100, "the archive's member at 0x4c: ")]
    {
        let findings = found("archive", &archive[..cut]);
        assert!(findings.len() == 1 && findings[0].starts_with(message), "{findings:?}");
    }
    let mut wrong = archive.clone();
    wrong[8 + 48] = b'x';
    assert_eq!(found("archive", &wrong), ["the archive's member at 0x8: its header is none"]);
}

/// A program with one thing changed, and all that is found.
type Case = (fn(&mut Image), &'static [&'static str]);

#[test]
fn load_commands_that_are_wrong() {
    let cases: [Case; 19] = [
        (
            |image| image.cpu = 7,
            &["cpu 0x7 EXECUTE is not an architecture that is known here", "symbol _puts is not exported"],
        ),
        (|image| image.file_type = 99, &["x86_64 file type 0x63 is not a type that is known here"]),
        (|image| image.first = 0x200, &["the load commands end at 0x368, after 0x200, where content begins"]),
        (
            |image| image.extra = vec![segment("__ODD", [BASE + 0x1000, 0x1000, 0, 0], [3, 3], &[])],
            &["__DATA and __ODD overlap in memory"],
        ),
        (
            |image| image.extra = vec![segment("__ODD", [0x1000_0000_0000, 0x9000, 0x1000, 8], [3, 3], &[])],
            &["__ODD and __DATA overlap in the file"],
        ),
        (
            |image| image.extra = vec![segment("__ODD", [0x1000_0000_0000, 0x9000, 0x3000, 8], [3, 3], &[])],
            &["__ODD: 0x8 bytes at 0x3000 reach past the end at 0x20"],
        ),
        (
            |image| image.extra = vec![segment("__ODD", [u64::MAX - 0xfff, 0x2000, 0, 0], [3, 3], &[])],
            &["__ODD reaches past the last address"],
        ),
        (
            |image| image.extra = vec![segment("__ODD", [0x1000_0000_0800, 0x1000, 0, 0], [3, 3], &[])],
            &["__ODD does not begin at a page"],
        ),
        (
            |image| image.extra = vec![segment("__ODD", [0x1000_0000_0000, 0x1000, 0, 0], [1, 3], &[])],
            &["__ODD may at first do more (3) than at most (1)"],
        ),
        (
            |image| image.extra = vec![numbers(LC_FUNCTION_STARTS, &[0x1000, 8])],
            &["LC_FUNCTION_STARTS's data (0x8 bytes at 0x1000) lie outside __LINKEDIT"],
        ),
        (
            |image| image.extra = vec![numbers(LC_FUNCTION_STARTS, &[0x2000, 8])],
            &["LC_DYLD_INFO_ONLY's exports and LC_FUNCTION_STARTS's data overlap in the file"],
        ),
        (|image| image.symbols.push(("_odd", 0x0f, 9, 0, 0)), &["_odd is in section 9 of 3"]),
        (
            |image| image.linker = None,
            &["there is no LC_LOAD_DYLINKER: is this a static executable, to be checked with --static?"],
        ),
        (|image| image.linker = Some("/lib/ld"), &["LC_LOAD_DYLINKER is /lib/ld, expected /usr/lib/dyld"]),
        (|image| image.entry = None, &["a program has one LC_MAIN, this one 0"]),
        (|image| image.entry = Some(0x1000), &["LC_MAIN's 0x1000 lies in no executable segment"]),
        (|image| image.base = 0, &["there is no __PAGEZERO at 0 that nothing may touch"]),
        (|image| image.flags = MH_TWOLEVEL, &["the header does not say that it is for dyld"]),
        (|image| image.system = None, &["there is neither LC_BUILD_VERSION nor LC_VERSION_MIN_MACOSX"]),
    ];
    for (number, (change, expected)) in cases.into_iter().enumerate() {
        let mut image = program();
        change(&mut image);
        let findings = found("commands", &image.bytes());
        for (finding, expected) in findings.iter().zip(expected) {
            assert!(finding.starts_with(expected), "case {number}: {findings:#?}");
        }
        assert_eq!(findings.len(), expected.len(), "case {number}: {findings:#?}");
    }
    let ios = Image { system: Some((2, 0x0d_0000)), ..program() };
    assert_eq!(found("ios", &ios.bytes()), ["it is for platform 2, not for macOS"]);
    let nameless = Image { install_name: None, ..library() };
    assert_eq!(found("nameless", &nameless.bytes()), ["a library has one LC_ID_DYLIB, this one 0"]);
}

/// Numbers in the file's bytes that no field of the writer reaches.
#[test]
fn bytes_that_are_wrong() {
    let good = program().bytes();
    let second = 32 + 72;
    for (at, value, message) in [
        (0, 0x1234_5678_u32, None),
        (0, 0xfeed_face, Some("the magic number: a Mach-O file of 32 bits is not supported")),
        (16, 13, Some("load command 12: 4 bytes at 0x")),
        (16, 11, Some("the load commands: they take 0x")),
        (16, u32::MAX, Some("load command 12: 4 bytes at 0x")),
        (20, u32::MAX, Some("the load commands: 4294967295 bytes at 0x20 reach past the end at 0x20")),
        (32 + 4, 0, Some("load command 0: its size of 0 is not a multiple of 8 from 8 up")),
        (32 + 4, 76, Some("load command 0: its size of 76 is not a multiple of 8 from 8 up")),
        (32 + 64, 1, Some("load command 0 (LC_SEGMENT_64): 1 sections take 152 bytes, the command has 72")),
        // The section's address, size, offset; the segment's size in memory.
        (second + 72 + 32, 0, Some("section __TEXT,__text lies outside its segment in memory")),
        (second + 72 + 40, 0x1000, Some("section __TEXT,__text lies outside its segment in memory")),
        (
            second + 72 + 48,
            0x804,
            Some("section __TEXT,__text stands 0x800 bytes into its segment in memory, 0x804 in the file"),
        ),
        (second + 72 + 60, 0x1000_0000, Some("section __TEXT,__text has its relocations outside the file")),
        (second + 32, 0x800, Some("__TEXT has 0x1000 bytes in the file, 0x800 in memory")),
    ] {
        let mut bytes = good.clone();
        bytes[at..at + 4].copy_from_slice(&value.to_le_bytes());
        let Some(message) = message else {
            assert!(split(&bytes).is_none());
            continue;
        };
        let findings = found("bytes", &bytes);
        assert!(findings.first().is_some_and(|finding| finding.starts_with(message)), "{message}\n{findings:#?}");
    }
    for length in [3, 31, 40, 0x200, 0x1fff, good.len() - 1] {
        let bytes = &good[..length];
        assert!(split(bytes).is_none() || !found("cut", bytes).is_empty(), "{length} bytes");
    }
}

#[test]
fn symbols_that_are_nowhere() {
    let with = |symbol| {
        let mut image = program();
        image.symbols.push(symbol);
        image
    };
    let nowhere = "; what it passes on is not in the SDK: /usr/lib/system/libnowhere.dylib";
    for (image, expected) in [
        (
            with(("_missing", 1, 0, 0x100, 0)),
            format!("symbol _missing is not exported by /usr/lib/libSystem.B.dylib{nowhere}"),
        ),
        (with(("_exit", 1, 0, 0x200, 0)), "symbol _exit is in library 2, there are 1".to_owned()),
        (with(("_exit", 1, 0, 0, 0)), "symbol _exit is said to be the file's own, and is undefined".to_owned()),
        (with(("_exit", 1, 0, 0xff00, 0)), "symbol _exit is said to be the program's that loads this".to_owned()),
        (
            Image { libraries: vec!["/usr/lib/libother.dylib"], ..program() },
            "library /usr/lib/libother.dylib is not in the SDK".to_owned(),
        ),
        (Image { libraries: vec![], ..linked() }, "it names no library, without which dyld loads nothing".to_owned()),
    ] {
        assert_eq!(found("symbols", &image.bytes()), [expected]);
    }
    // What x86_64 has need not be there on arm64.
    assert_eq!(found("symbols", &with(("_only_x86_64", 1, 0, 0x100, 0)).bytes()), [""; 0]);
    let mut other = arm64();
    other.symbols.push(("_only_x86_64", 1, 0, 0x100, 0));
    assert_eq!(found("symbols", &other.bytes()).len(), 1);
    // The SDK hides a symbol from programs for an old OS.
    let old = Image { system: Some((PLATFORM_MACOS, 0xa_0800)), ..program() };
    assert_eq!(
        found("old", &old.bytes()),
        [format!("symbol _puts is not exported by /usr/lib/libSystem.B.dylib{nowhere}")]
    );

    let mut libraries = Libraries::new(Some(writer::sdk("lookups")), &[]).unwrap();
    let lookup = with(("_anywhere", 1, 0, 0xfe00, 0));
    let lookup = report(&lookup.bytes(), Wanted::default(), &mut libraries);
    assert_eq!(lookup.findings, [""; 0]);
    assert!(
        lookup.lines[0].ends_with("1 symbol of 1 library  1 that may be missing  1 looked up anywhere"),
        "{lookup:?}"
    );
}

#[test]
fn libraries_that_are_given() {
    let directory = writer::directory("given");
    let path = directory.join("libshown.dylib");
    fs::write(&path, library().bytes()).unwrap();
    let mut image = program();
    image.libraries.push("/opt/lib/libshown.dylib");
    image.symbols.push(("_shown", 1, 0, 0x200, 0));
    let mut libraries = Libraries::new(Some(writer::sdk("given")), std::slice::from_ref(&path)).unwrap();
    let mut check = |image: &Image| report(&image.bytes(), Wanted::default(), &mut libraries).findings;
    assert_eq!(check(&image), [""; 0]);
    // It is a library of x86_64, whose private symbols are its own.
    image.symbols.push(("___hidden", 1, 0, 0x200, 0));
    assert_eq!(check(&image), ["symbol ___hidden is not exported by /opt/lib/libshown.dylib"]);
    image.symbols.pop();
    let other = Image { cpu: CPU_ARM64, subtype: 0, base: 0x1_0000_0000, signed: true, ..image };
    assert_eq!(check(&other), ["library /opt/lib/libshown.dylib is not in the SDK"]);

    fs::write(&path, program().bytes()).unwrap();
    let error = Libraries::new(None, &[path]).unwrap_err().to_string();
    assert!(error.contains("is not a dynamic library\nhint: "), "{error}");
    assert!(Libraries::new(Some(directory), &[]).unwrap_err().to_string().starts_with("can't read "));
}

#[test]
fn signatures_that_do_not_hold() {
    let good = arm64().bytes();
    assert_eq!(found("signed", &good), [""; 0]);
    let unsigned = Image { signed: false, ..arm64() };
    let message = "the code signature: there is none, and arm64 runs nothing without";
    assert_eq!(found("unsigned", &unsigned.bytes()), [message]);
    let at = (0..good.len()).rev().find(|at| good[*at..].starts_with(&0xfade_0cc0_u32.to_be_bytes())).unwrap();
    let directory = at + 20;
    for (at, value, message) in [
        (0x2345, 0, "the code directory: page 2 is not what was signed"),
        (good.len() - 1, good[good.len() - 1] ^ 1, "the code directory: page 8 is not what was signed"),
        (at, 0, "the code signature: 0xde0cc0 is not its magic number"),
        (at + 15, 9, "the code signature: it has no code directory"),
        (at + 7, 0, "the code directory: "),
        (directory, 0, "the code directory: 0xde0c02 is not its magic number"),
        (directory + 15, 0, "the code directory: the signature is not ad hoc"),
        (directory + 22, 0xff, "the identifier in the code directory: "),
        (directory + 31, 1, "the code directory: it has 1 hashes, there are 9 pages"),
        (directory + 35, 1, "the code directory: it covers 0x8001 bytes, the signature begins at 0x8"),
        (directory + 37, 1, "the code directory: its hashes are not SHA-256 (kind 1, 32 bytes)"),
        (directory + 39, 40, "the code directory: its pages are of 2^40 bytes"),
        (directory + 17, 0xff, "the hashes in the code directory: "),
    ] {
        let mut bytes = good.clone();
        bytes[at] = value;
        let findings = found("signatures", &bytes);
        assert!(findings.len() == 1 && findings[0].starts_with(message), "{message}\n{findings:?}");
    }
}

#[test]
fn static_executables() {
    let good = make(&linked().bytes(), Some(Stack { address: STACK, size: STACK_SIZE })).unwrap();
    let wanted = Wanted { fixed: true, ..Wanted::default() };
    let check = |bytes: &[u8]| report(bytes, wanted, &mut Libraries::default()).findings;
    assert_eq!(check(&good), [""; 0]);
    let thread = 32 + 0x390 - 168;
    let stack = good.windows(11).position(|name| name == b"__UNIXSTACK").unwrap();
    let zero = good.windows(10).position(|name| name == b"__PAGEZERO").unwrap();
    for (at, value, messages) in [
        (thread + 16 * 8 + 1, 0x10, &["LC_UNIXTHREAD's rip 0x258001004 lies in __DATA, which is not executable"][..]),
        (thread + 16 * 8 + 4, 9, &["LC_UNIXTHREAD's rip 0x958000804 lies in no segment"]),
        (
            thread + 7 * 8,
            8,
            &["LC_UNIXTHREAD's rsp 0x154000008 is not the end of __UNIXSTACK (0x153800000 to 0x154000000)"],
        ),
        (thread - 8, 5, &["there is no thread state of x86_64 (1 LC_UNIXTHREAD)"]),
        (stack, b'X', &["LC_UNIXTHREAD's rsp is 0x154000000, and there is no __UNIXSTACK"]),
        (stack + 16 + 36, 1, &["__UNIXSTACK has protection 1, expected 3"]),
        (zero, b'X', &["there is no __PAGEZERO at 0 that nothing may touch"]),
        (24, 5, &["the header's flags are NOUNDEFS DYLDLINK, expected NOUNDEFS alone"]),
    ] {
        let mut bytes = good.clone();
        bytes[at] = value;
        assert_eq!(check(&bytes), messages);
    }
    let dynamic = check(&program().bytes());
    for expected in
        ["LC_LOAD_DYLIB /usr/lib/libSystem.B.dylib has no place in a static executable", "symbol _puts is undefined"]
    {
        assert!(dynamic.iter().any(|finding| finding == expected), "{dynamic:#?}");
    }
}

fn run(arguments: &[&str], directory: &Path) -> (Option<i32>, String, String) {
    let output =
        Command::new(env!("CARGO_BIN_EXE_static-macho")).args(arguments).current_dir(directory).output().unwrap();
    (output.status.code(), String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap())
}

#[test]
fn the_command() {
    let directory = writer::directory("check");
    let sdk = writer::sdk("command");
    let sdk = sdk.to_str().unwrap();
    fs::write(directory.join("good"), program().bytes()).unwrap();
    fs::write(directory.join("bad"), Image { entry: None, ..program() }.bytes()).unwrap();
    fs::write(directory.join("cut"), &program().bytes()[..100]).unwrap();
    fs::write(directory.join("text"), "hello").unwrap();

    let (code, stdout, stderr) = run(&["check", "--sdk", sdk, "--minimum", "13", "good"], &directory);
    let line = "ok   good  x86_64 EXECUTE  minos 13.0  1 symbol of 1 library  1 that may be missing\n";
    assert_eq!((code, stdout.as_str(), stderr.as_str()), (Some(0), line, ""));
    let (code, stdout, stderr) = run(&["check", "--sdk", sdk, "bad", "good", "cut"], &directory);
    let bad = "bad  bad: a program has one LC_MAIN, this one 0\n";
    let cut = "bad  cut: the load commands: 840 bytes at 0x20 reach past the end at 0x64\n";
    assert_eq!((code, stdout, stderr.as_str()), (Some(1), format!("{bad}{line}{cut}"), ""));
    // What can't be read does not hide what comes after.
    let (code, stdout, stderr) = run(&["check", "--sdk", sdk, "text", "nowhere", "bad"], &directory);
    assert_eq!((code, stdout.as_str()), (Some(2), bad));
    assert!(stderr
        .starts_with("error: text: this is neither Mach-O nor universal nor an archive\nerror: can't read nowhere: "));

    for (arguments, message) in [
        (&["check"][..], "error: no file is given\nhint: "),
        (&[], "error: no command is given\nhint: "),
        (&["chek"], "error: chek is not a command\nhint: "),
        (&["check", "--sdk", "no", "good"], "error: can't read no/usr/lib: "),
        (&["check", "--minimum", "x", "good"], "error: --minimum takes a version such as 13.0, not x\nhint: "),
        (&["check", "--minimum", "13", "--static", "good"], "error: --minimum and --static: "),
        (&["show", "text"], "error: text: this is neither Mach-O nor universal nor an archive"),
        (&["show", "cut"], "error: cut: the load commands: 840 bytes at 0x20 reach past the end at 0x64"),
    ] {
        let (code, stdout, stderr) = run(arguments, &directory);
        assert_eq!((code, stdout.as_str()), (Some(2), ""));
        assert!(stderr.starts_with(message), "{stderr}");
    }
    let broken = Path::new(sdk).join("usr/lib/libSystem.tbd");
    fs::write(broken, "--- !tapi-tbd\ntbd-version: 4\ninstall-name: [\n").unwrap();
    let (code, _, stderr) = run(&["check", "--sdk", sdk, "good"], &directory);
    assert_eq!(code, Some(2));
    assert!(stderr.ends_with("libSystem.tbd: line 3: a list has no end\n"), "{stderr}");
    let (code, stdout, _) = run(&["--help"], &directory);
    assert!(code == Some(0) && stdout.contains("static-macho check"));
}
