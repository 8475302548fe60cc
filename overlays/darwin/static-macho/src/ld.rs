//! `static-macho ld`: LLVM's linker for Mach-O with the defaults of one target, and without its silence.
//!
//! LLVM's linker takes many of Apple's options, says that they are "not yet implemented", and links as if they had not been
//! given. Here they are errors, but for those that ask for warnings alone. Three are carried out on the linked file: `-static`
//! and `-stack_size` edit its load commands, and `-no_weak_imports` looks at its symbols.

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};

use crate::imports;
use crate::macho::names::LC_DYLD_CHAINED_FIXUPS;
use crate::macho::MachO;
use crate::make::{self, Stack};
use crate::output;
use crate::response;
use crate::stack;

/// The defaults of one target.
#[derive(Debug, Clone)]
pub struct Target {
    /// LLVM's linker.
    pub lld: PathBuf,
    pub arch: OsString,
    /// The version of macOS.
    pub minimum: OsString,
    pub sdk: OsString,
}

/// Why nothing was linked. A failure of LLVM's linker, which says why itself, is not one of them.
#[derive(Debug)]
pub enum Error {
    Missing { option: String },
    Number { option: &'static str, value: OsString },
    Relocatable,
    Fixed { what: String },
    Unimplemented { options: Vec<String> },
    Response { error: response::Error },
    Run { path: PathBuf, source: io::Error },
    Weak { path: PathBuf, symbols: Vec<String> },
    Output { path: PathBuf, message: String },
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Error::Missing { option } => write!(f, "{option} needs a value"),
            Error::Number { option, value } => {
                write!(f, "{option} takes a hexadecimal number such as 0x800000, not {}", value.to_string_lossy())
            }
            Error::Relocatable => f.write_str(
                "LLVM's linker cannot make one object file out of several (-r) for macOS\n\
                 hint: put the objects into a static library, with <target>-ar or <target>-libtool -static; or take a \
                 toolchain of the flavour osxcross, whose linker can",
            ),
            Error::Fixed { what } => {
                write!(f, "-static makes programs for x86_64 only, not {what}\nhint: leave -static out")
            }
            Error::Unimplemented { options } => write!(
                f,
                "LLVM's linker does not implement {}, and would link as if it had not been given\n\
                 hint: leave it out, or take a toolchain of the flavour osxcross, which has Apple's linker",
                options.join(" and ")
            ),
            Error::Response { error: response::Error::Read { path, source } } => {
                write!(f, "can't read the arguments in {}: {source}", path.display())
            }
            Error::Response { error: response::Error::Recursive { path } } => {
                write!(f, "the arguments in {} include themselves", path.display())
            }
            Error::Run { path, source } => write!(f, "can't run {}: {source}", path.display()),
            Error::Weak { path, symbols } => write!(
                f,
                "{}: these imports are weak, which -no_weak_imports forbids: {}\n\
                 hint: a symbol that is newer than the oldest macOS of the program is a weak import",
                path.display(),
                symbols.join(", ")
            ),
            Error::Output { path, message } => write!(f, "{}: {message}", path.display()),
        }
    }
}

/// What is to be run.
#[derive(Debug, PartialEq, Eq)]
pub struct Link {
    /// The arguments of LLVM's linker.
    arguments: Vec<OsString>,
    output: PathBuf,
    /// Whether warnings are wanted. The linker is always made to say them, since some are about what it leaves undone.
    warns: bool,
    /// A static executable, with its initial stack.
    fixed: Option<Option<Stack>>,
    /// The size of another program's main stack.
    stack: Option<u64>,
    /// Whether every import has to be there when the program starts.
    strong: bool,
}

/// Sorts the arguments of a link, which are not in response files any more.
pub fn plan(target: &Target, arguments: Vec<OsString>) -> Result<Link, Error> {
    let mut rest = Vec::new();
    let (mut fixed, mut warns, mut strong) = (false, true, false);
    let (mut arch, mut kind, mut platform, mut sdk) = (None, None, false, false);
    let (mut output, mut entry) = (PathBuf::from("a.out"), None);
    let (mut base, mut stack, mut stack_size) = (None, None, None);
    let mut arguments = arguments.into_iter();
    while let Some(argument) = arguments.next() {
        let option = argument.to_string_lossy().into_owned();
        let mut value = || arguments.next().ok_or_else(|| Error::Missing { option: option.clone() });
        match &*option {
            "-r" => return Err(Error::Relocatable),
            "-static" => fixed = true,
            "-w" => warns = false,
            "-arch" => {
                let name = value()?;
                arch = Some(name.clone());
                rest.extend([argument, name]);
            }
            "-platform_version" => {
                platform = true;
                rest.extend([argument, value()?, value()?, value()?]);
            }
            // Old spellings, which LLVM's linker refuses.
            "-macosx_version_min" | "-macos_version_min" => {
                platform = true;
                let version = value()?;
                rest.extend(["-platform_version".into(), "macos".into(), version.clone(), version]);
            }
            "-syslibroot" => {
                sdk = true;
                rest.extend([argument, value()?]);
            }
            "-o" => {
                let path = value()?;
                output = path.clone().into();
                rest.extend([argument, path]);
            }
            "-image_base" => base = Some(value()?),
            "-stack_addr" => stack = Some(value()?),
            "-stack_size" => stack_size = Some(value()?),
            "-e" => entry = Some(value()?),
            "-no_weak_imports" => strong = true,
            "-dylib" | "-bundle" => {
                kind = Some("libraries or plug-ins".to_owned());
                rest.push(argument);
            }
            // Which of Apple's two linkers: there is one here. And what every linker does, of which LLVM's warns: GNU libtool
            // takes the warning for a refusal, and links C++ libraries another way.
            "-new_linker" | "-ld_classic" | "-ld_new" | "-ld64" | "-single_module" => {}
            _ => rest.push(argument),
        }
    }
    if arch.is_none() {
        rest.splice(..0, ["-arch".into(), target.arch.clone()]);
    }
    if !platform {
        let minimum = &target.minimum;
        rest.extend(["-platform_version".into(), "macos".into(), minimum.clone(), minimum.clone()]);
    }
    let number = |option: &'static str, value: &Option<OsString>| match value {
        None => Ok(None),
        Some(value) => hexadecimal(value).map(Some).ok_or_else(|| Error::Number { option, value: value.clone() }),
    };
    if !fixed {
        if !sdk {
            rest.extend(["-syslibroot".into(), target.sdk.clone()]);
        }
        for (option, value) in [("-e", entry), ("-image_base", base), ("-stack_addr", stack)] {
            rest.extend(value.into_iter().flat_map(|value| [option.into(), value]));
        }
        let stack = number("-stack_size", &stack_size)?;
        return Ok(Link { arguments: rest, output, warns, fixed: None, stack, strong });
    }
    let arch = arch.unwrap_or_else(|| target.arch.clone());
    if let Some(what) = kind.or_else(|| (arch != "x86_64").then(|| format!("programs for {}", arch.to_string_lossy())))
    {
        return Err(Error::Fixed { what });
    }
    // lld places an executable right behind page zero, so page zero is made large enough for the address that is wanted; the
    // editor gives it its own size back. Apple's linker adds page zero's 4 GiB to the base it is told. The padding is room
    // for the commands that are added.
    let page_zero = number("-image_base", &base)?.unwrap_or(0).saturating_add(0x1_0000_0000);
    rest.extend(["-no_pie".into(), "-e".into(), entry.unwrap_or_else(|| "start".into())]);
    rest.extend(["-headerpad", "0x400", "-no_function_starts", "-no_data_in_code_info"].map(OsString::from));
    rest.extend(["-pagezero_size".into(), format!("{page_zero:#x}").into()]);
    let stack = match (number("-stack_addr", &stack)?, number("-stack_size", &stack_size)?) {
        (Some(address), Some(size)) => Some(Stack { address, size }),
        (None, None) => None,
        (Some(_), None) => return Err(Error::Missing { option: "-stack_addr without -stack_size".to_owned() }),
        (None, Some(_)) => return Err(Error::Missing { option: "-stack_size without -stack_addr".to_owned() }),
    };
    Ok(Link { arguments: rest, output, warns, fixed: Some(stack), stack: None, strong })
}

/// A number as Apple's linker reads it: hexadecimal, whether it says so or not.
fn hexadecimal(value: &OsString) -> Option<u64> {
    let text = value.to_str()?;
    u64::from_str_radix(text.strip_prefix("0x").or_else(|| text.strip_prefix("0X")).unwrap_or(text), 16).ok()
}

/// Options that LLVM's linker does not implement, and that ask only for more warnings, fewer, or figures: its own warning
/// about them is enough.
const WORDS: [&str; 8] = [
    "-no_arch_warnings",
    "-no_warn_inits",
    "-print_statistics",
    "-warn_commons",
    "-warn_compact_unwind",
    "-warn_stabs",
    "-warn_weak_exports",
    // It says of the output what holds for everything that is linked here: it is not a system library.
    "-not_for_dyld_shared_cache",
];

/// The options of which LLVM's linker says that it does nothing for them, and which change what is linked.
fn unimplemented(said: &str) -> Vec<String> {
    let mut options = Vec::new();
    for line in said.lines() {
        let undone =
            line.contains("is not yet implemented") || line.contains("is undocumented. Should lld implement it");
        let Some((_, warning)) = line.split_once("warning: ").filter(|_| undone) else { continue };
        let quoted = warning.split_once('`').and_then(|(_, rest)| rest.split_once('\''));
        let option = quoted.map_or_else(|| warning.split(' ').next().unwrap_or(warning), |(option, _)| option);
        if !WORDS.contains(&option) && !options.iter().any(|known| known == option) {
            options.push(option.to_owned());
        }
    }
    options
}

/// What to do about frameworks and libraries that were not found.
fn hints(said: &str) -> Vec<String> {
    let missing = |line: &str| {
        let framework =
            line.split_once("framework not found for -framework ").map(|(_, name)| format!("framework {name}"));
        framework.or_else(|| line.split_once("library not found for -l").map(|(_, name)| format!("library {name}")))
    };
    let mut hints = Vec::new();
    let mut missing: Vec<_> = said.lines().filter_map(missing).collect();
    if missing.iter().any(|name| name == "library crt0.o") {
        hints.push("hint: macOS has no static libSystem: leave -static out, or link without it (-nostdlib)".to_owned());
    }
    // Apple's SDK has none of these either.
    let nowhere = ["crt0.o", "clang_rt.", "c++experimental", "stdc++", "gcc", "atomic", "gomp", "omp", "rt"];
    missing.retain(|name| {
        let name = name.strip_prefix("library ").unwrap_or_default();
        !nowhere.iter().any(|other| name == *other || (other.len() > 2 && name.starts_with(other)))
    });
    if !missing.is_empty() {
        hints.push(format!(
            "hint: the SDK has no {}; without Apple's SDK a toolchain has stubs of some of macOS' libraries and frameworks \
             only; `crossloom sdk import` adds your own SDK",
            missing.join(", no ")
        ));
    }
    hints
}

/// Links. Says what LLVM's linker exited with.
pub fn run(target: &Target, arguments: Vec<OsString>) -> Result<ExitStatus, Error> {
    let arguments = response::expand(arguments).map_err(|error| Error::Response { error })?;
    let failed = |source| Error::Run { path: target.lld.clone(), source };
    // Configure scripts ask for the version alone.
    if arguments == ["-v"] {
        return Command::new(&target.lld).arg("--version").status().map_err(failed);
    }
    let link = plan(target, arguments)?;
    let (status, said) = call(&target.lld, &link.arguments).map_err(failed)?;
    let said = String::from_utf8_lossy(&said);
    // Asked for its version or its options, the linker links nothing.
    let links = !link.arguments.iter().any(|word| ["--version", "--help", "-help"].iter().any(|asked| word == asked));
    let finished = if status.success() && links { finish(&link, unimplemented(&said)) } else { Ok(()) };
    if finished.is_err() || !status.success() || link.warns {
        // Nobody may be reading there.
        let _ = io::stderr().write_all(said.as_bytes());
    }
    if !status.success() {
        for hint in hints(&said) {
            let _ = writeln!(io::stderr(), "{hint}");
        }
    }
    if finished.is_err() && fs::symlink_metadata(&link.output).is_ok_and(|found| found.is_file()) {
        let _ = fs::remove_file(&link.output);
    }
    finished.map(|()| status)
}

/// Does what LLVM's linker left undone, or says that nobody does it.
fn finish(link: &Link, mut undone: Vec<String>) -> Result<(), Error> {
    let path = &link.output;
    let failed = |message: String| Error::Output { path: path.clone(), message };
    let read = || fs::read(path).map_err(|error| failed(error.to_string()));
    let write = |bytes: &[u8]| output::write(path, bytes, path).map_err(|error| failed(error.to_string()));
    if undone == ["-bind_at_load"] && chained(&read()?) {
        // So dyld binds chained fixups in any case.
        undone.clear();
    }
    if !undone.is_empty() {
        return Err(Error::Unimplemented { options: undone });
    }
    if link.strong {
        let linked = read()?;
        let symbols = MachO::parse(&linked).and_then(|file| imports::weak(&file));
        let symbols = symbols.map_err(|malformed| failed(malformed.to_string()))?;
        if !symbols.is_empty() {
            return Err(Error::Weak { path: path.clone(), symbols });
        }
    }
    if let Some(size) = link.stack {
        write(&stack::set(&read()?, size).map_err(|refusal| failed(refusal.to_string()))?)?;
    }
    if let Some(stack) = link.fixed {
        write(&make::make(&read()?, stack).map_err(|refusal| failed(refusal.to_string()))?)?;
    }
    Ok(())
}

/// Whether dyld fills the file's pointers in along chains, page by page as it maps them.
fn chained(bytes: &[u8]) -> bool {
    MachO::parse(bytes).is_ok_and(|file| file.commands.iter().any(|command| command.number == LC_DYLD_CHAINED_FIXUPS))
}

/// From so many bytes of arguments on they go into a file: systems take at least twice as many.
const LONG: usize = 64 * 1024;

/// Runs a program and returns what it said on stderr.
fn call(program: &Path, arguments: &[OsString]) -> io::Result<(ExitStatus, Vec<u8>)> {
    let mut command = Command::new(program);
    let length: usize = arguments.iter().map(|argument| argument.len() + 1).sum();
    let mut file = None;
    if length > LONG && arguments.iter().all(|argument| !argument.is_empty()) {
        let path = write_new(&std::env::temp_dir(), &response::join(arguments))?;
        let mut argument = OsString::from("@");
        argument.push(&path);
        command.arg(argument);
        file = Some(path);
    } else {
        // A name that begins like a response file's and is none is passed on as it is, which says the same.
        command.args(arguments);
    }
    let done = command.stdin(Stdio::null()).stdout(Stdio::inherit()).stderr(Stdio::piped()).output();
    if let Some(path) = file {
        let _ = fs::remove_file(path);
    }
    done.map(|done| (done.status, done.stderr))
}

/// Writes a file of arguments under a name that is not taken: another container may use the same directory and process
/// number, and a link that was killed leaves its file behind.
fn write_new(directory: &Path, bytes: &[u8]) -> io::Result<PathBuf> {
    let mut tries = 0;
    loop {
        let path = directory.join(format!("ld-{}-{tries}.arguments", std::process::id()));
        match fs::File::create_new(&path) {
            Ok(mut file) => return file.write_all(bytes).map(|()| path),
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists && tries < 1000 => tries += 1,
            Err(error) => return Err(error),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn planned(arguments: &str) -> Result<Link, String> {
        let target = Target { lld: "lld".into(), arch: "x86_64".into(), minimum: "13.0".into(), sdk: "/sdk".into() };
        plan(&target, arguments.split(' ').map(OsString::from).collect()).map_err(|error| error.to_string())
    }

    fn line(link: &Link) -> String {
        link.arguments.iter().map(|argument| argument.to_string_lossy()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn defaults_stand_in_for_what_is_not_given() {
        let link = planned("a.o").unwrap();
        assert_eq!(line(&link), "-arch x86_64 a.o -platform_version macos 13.0 13.0 -syslibroot /sdk");
        assert_eq!((link.output.to_str(), link.warns, &link.fixed), (Some("a.out"), true, &None));
        let link = planned("-arch arm64 -w -macos_version_min 11.0 -syslibroot /mine -e _go -ld_classic -o b").unwrap();
        assert_eq!(line(&link), "-arch arm64 -platform_version macos 11.0 11.0 -syslibroot /mine -o b -e _go");
        assert_eq!((link.output.to_str(), link.warns), (Some("b"), false));
        // LLVM's linker is to see what it does not implement, and to say so.
        assert!(line(&planned("-image_base 10000 -stack_addr 8000").unwrap())
            .ends_with("-image_base 10000 -stack_addr 8000"));
    }

    #[test]
    fn what_is_carried_out_here_does_not_reach_the_linker() {
        let link = planned("-stack_size 1000000 -no_weak_imports -single_module -ld64 -ld_new a.o").unwrap();
        assert_eq!(line(&link), "-arch x86_64 a.o -platform_version macos 13.0 13.0 -syslibroot /sdk");
        assert_eq!((link.stack, link.strong), (Some(0x100_0000), true));
        let message = "-stack_size takes a hexadecimal number such as 0x800000, not 8M";
        assert_eq!(planned("-stack_size 8M").unwrap_err(), message);
    }

    #[test]
    fn static_executables() {
        let link = planned("-static -image_base 0x38000000 -stack_addr 134000000 -stack_size 0x800000 -o t").unwrap();
        assert_eq!(link.fixed, Some(Some(Stack { address: 0x1_3400_0000, size: 0x80_0000 })));
        assert!(line(&link).contains("-e start") && line(&link).ends_with("-pagezero_size 0x138000000"));
        assert_eq!(planned("-static x.o").unwrap().fixed, Some(None));
        assert_eq!(planned("-static -stack_addr 1").unwrap_err(), "-stack_addr without -stack_size needs a value");
        let message = "-image_base takes a hexadecimal number such as 0x800000, not zero";
        assert_eq!(planned("-static -image_base zero").unwrap_err(), message);
    }

    #[test]
    fn what_cannot_be_done_is_an_error() {
        assert!(planned("-r a.o b.o").unwrap_err().starts_with("LLVM's linker cannot make one object file"));
        assert!(planned("-static -dylib a.o").unwrap_err().contains("not libraries or plug-ins\n"));
        assert!(planned("-arch arm64 -static a.o").unwrap_err().contains("not programs for arm64\n"));
        assert_eq!(planned("a.o -o").unwrap_err(), "-o needs a value");
        assert_eq!(planned("-platform_version macos 13.0").unwrap_err(), "-platform_version needs a value");
    }

    #[test]
    fn what_is_missing() {
        let said =
            "ld64.lld: error: framework not found for -framework Ink\nld64.lld: error: library not found for -link\n";
        assert!(hints(said).iter().any(|hint| hint.contains("has no framework Ink, no library ink;")));
        assert_eq!(hints("ld64.lld: error: undefined symbol: _ink\n"), [""; 0]);
        for name in ["rt", "stdc++", "omp", "gcc_s", "clang_rt.asan_osx_dynamic"] {
            assert_eq!(hints(&format!("ld64.lld: error: library not found for -l{name}\n")), [""; 0]);
        }
        assert_eq!(hints("ld64.lld: error: library not found for -lrtmp\n").len(), 1);
        let said = hints("ld64.lld: error: library not found for -lcrt0.o\n");
        assert!(said.len() == 1 && said[0].contains("no static libSystem"), "{said:?}");
    }

    #[test]
    fn options_that_are_not_carried_out() {
        let said = "ld64.lld: warning: Option `-segaddr' is not yet implemented. Stay tuned...\n\
                    ld64.lld: warning: Option `-segaddr' is not yet implemented. Stay tuned...\n\
                    ld64.lld: warning: Option `-kext' is undocumented. Should lld implement it?\n\
                    ld64.lld: warning: -objc_stubs_small is not yet implemented, defaulting to -objc_stubs_fast\n\
                    ld64.lld: warning: Option `-warn_commons' is not yet implemented. Stay tuned...\n\
                    ld64.lld: warning: Option `-s' is obsolete. Please modernize your usage.\n";
        assert_eq!(unimplemented(said), ["-segaddr", "-kext", "-objc_stubs_small"]);
        assert_eq!(unimplemented("ld64.lld: warning: directory not found for option -L/x\n"), [""; 0]);
    }

    #[test]
    fn a_file_of_arguments_takes_a_free_name() {
        let directory = std::env::temp_dir().join(format!("static-macho-{}", std::process::id()));
        fs::create_dir_all(&directory).unwrap();
        let names = [(); 2].map(|()| write_new(&directory, b"-v").unwrap());
        assert!(names[0] != names[1] && names.iter().all(|path| fs::read(path).unwrap() == b"-v"));
        fs::remove_dir_all(&directory).unwrap();
    }
}
