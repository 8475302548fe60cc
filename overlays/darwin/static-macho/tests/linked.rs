//! The same with a real linker's files, where clang and lld are at hand.

use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::writer::{self, STACK, STACK_SIZE};
use static_macho::check::{check, Report, Wanted};
use static_macho::container::split;
use static_macho::libraries::Libraries;
use static_macho::make::{make, Stack};
use static_macho::version::Version;

/// The first of these programs that there is.
fn program(names: &[&'static str]) -> Option<&'static str> {
    let there =
        |name: &&&str| Command::new(name).arg("--version").stdout(Stdio::null()).stderr(Stdio::null()).status().is_ok();
    let found = names.iter().find(there).copied();
    if found.is_none() {
        // Of a test that passes, what eprintln! says is kept back.
        let _ = writeln!(std::io::stderr(), "SKIP: none of {} is installed", names.join(", "));
    }
    found
}

fn tools() -> Option<(&'static str, &'static str)> {
    program(&["clang-19", "clang"]).zip(program(&["ld64.lld-19", "ld64.lld"]))
}

fn run(directory: &Path, program: &str, arguments: &str) {
    let output = Command::new(program).args(arguments.split_whitespace()).current_dir(directory).output().unwrap();
    assert!(output.status.success(), "{program} {arguments}\n{}", String::from_utf8_lossy(&output.stderr));
}

fn report(bytes: &[u8], wanted: Wanted, libraries: &mut Libraries) -> Report {
    let report = check(&split(bytes).unwrap().unwrap(), wanted, libraries).unwrap();
    assert_eq!(report.findings, [""; 0]);
    report
}

/// As Valgrind's tools are linked: at a high address, without anything from elsewhere, pointers in their data.
#[test]
fn a_static_program() {
    let Some((clang, lld)) = tools() else { return };
    let directory = writer::directory("static");
    let source = "static int f(void) { return 42; }\nint (*pointer)(void) = f;\nint zeros[5000];\n\
                  extern int common;\nint common;\nvoid _start(void) { zeros[0] = pointer() + common; for (;;) {} }\n";
    fs::write(directory.join("a.c"), source).unwrap();
    run(&directory, clang, "--target=x86_64-apple-darwin22 -O1 -ffreestanding -fno-stack-protector -c a.c -o a.o");
    let flags = "-arch x86_64 -platform_version macos 10.8 10.8 -no_pie -u __start -e __start -headerpad 0x400 \
                 -pagezero_size 0x258000000 -no_function_starts -no_data_in_code_info a.o -o";
    run(&directory, lld, &format!("{flags} linked"));
    let linked = fs::read(directory.join("linked")).unwrap();
    let made = make(&linked, Some(Stack { address: STACK, size: STACK_SIZE })).unwrap();
    let report = report(&made, Wanted { fixed: true, ..Wanted::default() }, &mut Libraries::default());
    assert!(report.lines[0].starts_with("x86_64 EXECUTE  static  entry 0x2580"), "{report:?}");
    assert!(report.lines[0].ends_with("stack 0x154000000"), "{report:?}");

    // Where it could lie anywhere, the pointer would have to be adjusted.
    run(
        &directory,
        lld,
        &flags.replace("-no_pie", "-pie").replace("10.8", "13.0").replace("a.o -o", "a.o -o anywhere"),
    );
    assert!(make(&fs::read(directory.join("anywhere")).unwrap(), None).is_err());
}

#[test]
fn programs_and_libraries() {
    let Some((clang, lld)) = tools() else { return };
    let directory = writer::directory("dynamic");
    let sdk = writer::sdk("dynamic");
    let stub = sdk.join("usr/lib/libSystem.tbd");
    // What the linker itself asks for, and no library that is nowhere.
    let text = fs::read_to_string(&stub).unwrap();
    let text = text.replace("'/usr/lib/system/libsystem_c.dylib',\n", "'/usr/lib/system/libsystem_c.dylib'\n");
    let text = text.replace("'/usr/lib/system/libnowhere.dylib' ", "").replace("_exit ]", "_exit, dyld_stub_binder ]");
    fs::write(&stub, text).unwrap();
    fs::write(
        directory.join("a.c"),
        "int puts(const char *);\nint shown(void);\nint main(void) { return puts(\"a\") + shown(); }\n",
    )
    .unwrap();
    fs::write(directory.join("b.c"), "int puts(const char *);\nint shown(void) { return puts(\"b\"); }\n").unwrap();
    for (arch, system) in [("x86_64", "10.13"), ("x86_64", "13.0"), ("arm64", "11.0"), ("arm64", "13.0")] {
        for file in ["a", "b"] {
            run(
                &directory,
                clang,
                &format!("--target={arch}-apple-macos{system} -ffreestanding -c {file}.c -o {file}.o"),
            );
        }
        let flags =
            format!("-arch {arch} -platform_version macos {system} {system} -syslibroot {} -lSystem", sdk.display());
        run(&directory, lld, &format!("{flags} -dylib -install_name /opt/lib/libb.dylib b.o -o libb.dylib"));
        run(&directory, lld, &format!("{flags} a.o libb.dylib -o a"));
        let wanted = Wanted { minimum: Version::parse(system), fixed: false };
        let mut libraries = Libraries::new(Some(sdk.clone()), &[directory.join("libb.dylib")]).unwrap();
        for (file, kind) in [("a", "EXECUTE"), ("libb.dylib", "DYLIB"), ("a.o", "OBJECT")] {
            let bytes = fs::read(directory.join(file)).unwrap();
            let report = report(&bytes, wanted, &mut libraries);
            assert!(report.lines[0].starts_with(&format!("{arch} {kind}  minos {system}")), "{report:?}");
            assert_eq!(report.lines[0].contains("signed ad hoc"), arch == "arm64" && kind != "OBJECT", "{report:?}");
        }
    }
}
