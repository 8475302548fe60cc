//! Static executables out of what the linker makes.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Command, Output};

use crate::writer::{self, linked, numbers, segment, Image, BASE, STACK, STACK_SIZE};
use static_macho::check::{check, Wanted};
use static_macho::container::Content;
use static_macho::libraries::Libraries;
use static_macho::macho::names::*;
use static_macho::macho::MachO;
use static_macho::make::{make, Stack};
use static_macho::show::show;

const AT: Option<Stack> = Some(Stack { address: STACK, size: STACK_SIZE });

#[test]
fn a_static_executable() {
    let before = linked().bytes();
    let after = make(&before, AT).unwrap();
    let expected = "\
x86_64 EXECUTE  subtype 0x3  9 commands in 0x390 bytes  flags NOUNDEFS
  LC_SEGMENT_64  __PAGEZERO  address 0x0  size 0x100000000  offset 0x0  file size 0x0  ---/---  flags 0x0
  LC_SEGMENT_64  __TEXT  address 0x258000000  size 0x1000  offset 0x0  file size 0x1000  r-x/r-x  flags 0x0
    __TEXT,__text  address 0x258000800  size 0x10  offset 0x800  align 2^3  flags 0x80000400
  LC_SEGMENT_64  __DATA  address 0x258001000  size 0x1000  offset 0x1000  file size 0x1000  rw-/rw-  flags 0x0
    __DATA,__data  address 0x258001000  size 0x8  offset 0x1000  align 2^3  flags 0x0
    __DATA,__bss  address 0x258001008  size 0x100  offset 0x0  align 2^3  flags 0x1
  LC_SEGMENT_64  __UNIXSTACK  address 0x153800000  size 0x800000  offset 0x0  file size 0x0  rw-/rw-  flags 0x0
  LC_SEGMENT_64  __LINKEDIT  address 0x258002000  size 0x48  offset 0x2000  file size 0x48  r--/r--  flags 0x0
  LC_SYMTAB  2 symbols at 0x2008  names 0x11 at 0x2030
  LC_DYSYMTAB  0 local  2 defined  0 undefined  1 indirect at 0x2028
  LC_UUID  01000000020000000300000004000000
  LC_UNIXTHREAD  x86_64  rip 0x258000804  rsp 0x154000000
";
    assert_eq!(show(&Content::MachO(&after)).unwrap(), expected);

    // Nothing but the header and the commands changed, and what is left of the old ones is gone.
    assert_eq!(before[0x800..], after[0x800..]);
    let end = 32 + 0x390;
    let old = 32 + MachO::parse(&before).unwrap().header.size as usize;
    assert!(after[end..old.max(end)].iter().all(|byte| *byte == 0));
    assert_eq!(before[old.max(end)..], after[old.max(end)..]);

    // The registers that are not said are 0: 21 of them, rsp the eighth and rip the seventeenth.
    let state = &after[end - 168..end];
    let set: Vec<_> = (0..168).step_by(8).filter(|at| state[*at..at + 8] != [0; 8]).collect();
    assert_eq!(set, [7 * 8, 16 * 8]);

    let wanted = Wanted { fixed: true, ..Wanted::default() };
    let report = check(&Content::MachO(&after), wanted, &mut Libraries::default()).unwrap();
    assert_eq!(report.findings, [""; 0]);
    assert_eq!(report.lines, ["x86_64 EXECUTE  static  entry 0x258000804  stack 0x154000000"]);
}

#[test]
fn a_static_executable_on_the_kernels_stack() {
    let after = make(&linked().bytes(), None).unwrap();
    let wanted = Wanted { fixed: true, ..Wanted::default() };
    let report = check(&Content::MachO(&after), wanted, &mut Libraries::default()).unwrap();
    assert_eq!(report.findings, [""; 0]);
    assert_eq!(report.lines, ["x86_64 EXECUTE  static  entry 0x258000804  stack of the kernel's"]);
    assert!(MachO::parse(&after).unwrap().segments().all(|segment| segment.name != b"__UNIXSTACK"));
}

/// Chained fixups without any, as a linker for a new macOS writes them for a program that needs none.
fn no_fixups() -> Vec<u8> {
    let header: [u32; 8] = [0, 28, 0, 0, 0, 1, 0, 3];
    header.iter().chain(&[0, 0, 0]).flat_map(|value| value.to_le_bytes()).collect()
}

#[test]
fn what_only_dyld_reads_is_left_out() {
    let extra = vec![
        numbers(LC_FUNCTION_STARTS, &[0, 0]),
        numbers(LC_DATA_IN_CODE, &[0, 0]),
        numbers(LC_SOURCE_VERSION, &[0, 0]),
        numbers(LC_VERSION_MIN_MACOSX, &[0xa_0800, 0xa_0800]),
    ];
    let image = Image { extra, chained: Some(no_fixups()), libraries: vec!["/usr/lib/libSystem.B.dylib"], ..linked() };
    let after = make(&image.bytes(), AT).unwrap();
    let plain = make(&linked().bytes(), AT).unwrap();
    let commands =
        |bytes| MachO::parse(bytes).unwrap().commands.iter().map(|command| command.number).collect::<Vec<_>>();
    assert_eq!(commands(&after), commands(&plain));
}

/// A file that can't be made static, and what is said about it.
fn refused(image: Image, message: &str) {
    let error = make(&image.bytes(), AT).unwrap_err().to_string();
    assert!(error.starts_with(message), "expected: {message}\nfound:    {error}");
}

#[test]
fn refusals() {
    let with = |change: fn(&mut Image)| {
        let mut image = linked();
        change(&mut image);
        image
    };
    refused(with(|image| image.cpu = CPU_ARM64), "this is arm64 EXECUTE, not an executable of x86_64\nhint: ");
    refused(with(|image| image.file_type = MH_DYLIB), "this is x86_64 DYLIB, not an executable of x86_64\nhint: ");
    refused(
        with(|image| image.symbols.extend([("_puts", 1, 0, 0x100, 0), ("_exit", 1, 0, 0x100, 0)])),
        "2 symbols are undefined: _puts, _exit\nhint: ",
    );
    refused(with(|image| image.symbols.push(("_puts", 1, 0, 0x100, 0))), "1 symbol is undefined: _puts\nhint: ");
    for (part, kind) in ["rebases", "binds", "weak binds", "lazy binds"].into_iter().enumerate() {
        let mut image = linked();
        // Zeros are the table's end and mean nothing.
        image.info[part] = vec![0, 0];
        make(&image.bytes(), AT).unwrap();
        image.info[part] = vec![0x11, 0];
        refused(image, &format!("dyld would have to apply {kind}\nhint: "));
    }
    refused(
        with(|image| image.flags |= MH_PIE),
        "dyld would have to apply relocations of a program without a fixed place\nhint: link with -no_pie",
    );
    for (field, kind) in [(16, "binds"), (36, "chained fixups")] {
        let mut fixups = no_fixups();
        fixups[field] = 1;
        refused(Image { chained: Some(fixups), ..linked() }, &format!("dyld would have to apply {kind}\nhint: "));
    }
    refused(
        Image { chained: Some(no_fixups()[..30].to_vec()), ..linked() },
        "the chained fixups: 4 bytes at 0x1c reach past the end at 0x1e",
    );
    refused(with(|image| image.data_type = 0x11), "section __DATA,__data has thread-local variables");
    refused(with(|image| image.entry = None), "there is no LC_MAIN\nhint: ");
    refused(with(|image| image.entry = Some(0x100_0000)), "the entry point 0x1000000 lies in no executable segment");
    refused(with(|image| image.text_protection = 1), "the entry point 0x258000804 lies in no executable segment");
    refused(
        with(|image| image.base = 0x8000_0000),
        "__PAGEZERO is 0x80000000 bytes at 0x0, expected 0x100000000 or more",
    );
    refused(
        with(|image| image.first = 0x340),
        "the load commands need 0x3b0 bytes, 0x340 are free before the first section\nhint: ",
    );
    refused(
        with(|image| image.signed = true),
        "LC_CODE_SIGNATURE has no place in what a static executable is made of\nhint: ",
    );
    refused(with(|image| image.extra = vec![numbers(0x7777, &[1, 2])]), "load command 0x7777 has no place");
    let stack = segment("__UNIXSTACK", [0x3_0000_0000, 0x1000, 0, 0], [3, 3], &[]);
    refused(Image { extra: vec![stack], ..linked() }, "__UNIXSTACK has no place in what");
    let odd = segment("__ODD", [BASE + 0x1000, 0x1000, 0, 0], [3, 3], &[]);
    refused(Image { extra: vec![odd], ..linked() }, "__DATA and __ODD overlap in memory\nhint: ");
    let made = make(&linked().bytes(), AT).unwrap();
    assert!(make(&made, AT).unwrap_err().to_string().starts_with("there is no LC_MAIN\nhint: "));
    for bytes in [&b""[..], b"\xcf\xfa\xed\xfe", b"#!/bin/sh\necho hello; exit 0\n"] {
        make(bytes, AT).unwrap_err();
    }
}

#[test]
fn stacks_that_do_not_fit() {
    let bytes = linked().bytes();
    let size = STACK_SIZE;
    for (address, size, message) in [
        (0x1000, 0x2000, "a stack of 0x2000 bytes below 0x1000 begins below 0"),
        (STACK, 0, "a stack of 0x0 bytes below 0x154000000 is not made of pages of 0x1000 bytes"),
        (STACK + 8, size, "a stack of 0x800000 bytes below 0x154000008 is not made of pages of 0x1000 bytes"),
        (0x1_0000_0000, size, "a stack of 0x800000 bytes below 0x100000000 overlaps __PAGEZERO"),
        (BASE + 0x1000, size, "a stack of 0x800000 bytes below 0x258001000 overlaps __TEXT"),
    ] {
        assert_eq!(make(&bytes, Some(Stack { address, size })).unwrap_err().to_string(), message);
    }
    // Right above the free addresses, and right below the program.
    for address in [0x1_0000_0000 + size, BASE] {
        make(&bytes, Some(Stack { address, size })).unwrap();
    }
}

fn run(arguments: &[&str], directory: &Path) -> Output {
    Command::new(env!("CARGO_BIN_EXE_static-macho")).args(arguments).current_dir(directory).output().unwrap()
}

#[test]
fn the_command() {
    let directory = writer::directory("make");
    fs::write(directory.join("linked"), linked().bytes()).unwrap();
    fs::write(directory.join("other"), linked().bytes()).unwrap();
    fs::write(directory.join("undefined"), writer::program().bytes()).unwrap();
    fs::set_permissions(directory.join("linked"), fs::Permissions::from_mode(0o751)).unwrap();
    let stack = ["make", "--stack-addr", "0x154000000", "--stack-size", "8388608"];
    let with = |rest: &[&str]| run(&[&stack, rest].concat(), &directory);

    let output = with(&["linked", "-o", "static"]);
    assert!(output.status.success(), "{output:?}");
    assert!(output.stdout.is_empty() && output.stderr.is_empty());
    assert_eq!(fs::read(directory.join("static")).unwrap(), make(&linked().bytes(), AT).unwrap());
    assert_eq!(fs::metadata(directory.join("static")).unwrap().permissions().mode() & 0o777, 0o751);

    // In place, and over what is there.
    assert!(with(&["linked", "-o", "linked"]).status.success());
    assert_eq!(fs::read(directory.join("linked")).unwrap(), fs::read(directory.join("static")).unwrap());

    for (rest, message) in [
        (&["undefined", "-o", "out"][..], "error: undefined: dyld would have to apply relocations"),
        (&["nowhere", "-o", "out"], "error: can't read nowhere: "),
        (&["other", "-o", "no/where"], "error: can't write no/where: "),
        (&["static", "linked", "-o", "out"], "error: make takes one file, 2 are given\nhint: "),
        (&["--stack-size", "1", "linked", "-o", "out"], "error: --stack-size is given twice\nhint: "),
        (&["linked"], "error: -o is missing\nhint: "),
        (&["linked", "-o"], "error: -o needs a value\nhint: "),
        (&["linked", "-o", "out", "-o", "other"], "error: -o is given twice\nhint: "),
        (&["linked", "-o", "out", "--odd"], "error: --odd is not an option\nhint: "),
    ] {
        let output = with(rest);
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{stderr}");
        assert!(stderr.starts_with(message), "{stderr}");
    }
    let output = run(&["make", "--stack-addr", "x", "--stack-size", "1", "linked", "-o", "out"], &directory);
    assert!(String::from_utf8(output.stderr)
        .unwrap()
        .starts_with("error: --stack-addr takes a number such as 0x800000, not x"));
    let output = run(&["make", "--stack-size", "4096", "linked", "-o", "out"], &directory);
    assert!(String::from_utf8(output.stderr)
        .unwrap()
        .starts_with("error: --stack-addr and --stack-size are given together"));
    let mut left: Vec<_> = fs::read_dir(&directory).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    left.sort();
    assert_eq!(left, ["linked", "other", "static", "undefined"]);
}
