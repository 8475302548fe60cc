//! Tables of kernels, and what is said about wrong ones.

use super::table::{HELLO_FOLDER, hello};
use super::*;
use crate::diag::Problem;
use crate::matrix::Matrix;
use crate::plan::{Arg, texts};
use crate::platform::System;
use crate::tests::project::{Files, planned};
use crate::verbatim::Verbatim;

const LOCK: &str = "version = 4\n[[package]]\nname = \"kernel\"\nversion = \"1.0.0\"\n[[package]]\nname = \"spin\"\n\
                    version = \"0.9.8\"\nsource = \"registry+https://github.com/rust-lang/crates.io-index\"\n\
                    checksum = \"baf1de4339761588bc0619e3cbc0120ee582ebb74b53b4efbf79117bd2da40fd\"\n";

/// A workspace with a kernel, as files beside a matrix.
fn workspace() -> Files {
    Files(BTreeMap::new())
        .with(
            "os/Cargo.toml",
            "[package]\nname = \"kernel\"\nversion = \"1.0.0\"\n[features]\nlogging = []\n[dependencies]\nspin = \"0.9\"\n",
        )
        .with("os/Cargo.lock", LOCK)
        .with("os/src/main.rs", "")
        .with("os/x86_64.ld", "")
}

const APART: &str = "[package]\nname = \"apart\"\nversion = \"1.0.0\"\n";
const GIT: &str = "https://git.example.org/spin";
const COMMIT: &str = "0123456789abcdef0123456789abcdef01234567";
const HASH: &str = "ungWv48Bz+pBQUDeXa4iI7ADYaOWF3qctBD/YfIAFa0=";
const TABLE: &str = "source = \"os\"\npackage = \"kernel\"\nlinker-script = \"x86_64.ld\"\nserial = [\"it works\"]\n";

fn parse(table: &str, files: &Files) -> Result<Matrix, Vec<Problem>> {
    let text = format!(
        "crossloom = 1\n[build]\nsystems = [\"x86_64-linux\"]\n[bare-metal]\ntargets = [\"x86_64-unknown-none\"]\n\
         kernel = [\"mine\"]\n[bare-metal-kernel.mine]\n{table}"
    );
    Matrix::parse_with(&text, files)
}

#[test]
fn a_kernel_is_a_cell_whose_crates_are_sources() {
    let matrix = parse(TABLE, &workspace()).unwrap();
    assert_eq!(matrix.count(), 1);
    let wanted = matrix.wanted();
    let spin = &wanted["crate-spin-0.9.8"];
    assert!(spin.hash().is_some_and(|hash| hash.to_hex().starts_with("baf1de43")));
    assert!(wanted.contains_key("crate-compiler_builtins-0.1.140") && !wanted.contains_key("crate-kernel-1.0.0"));
}

#[test]
fn packages_from_git_are_a_source_by_hash() {
    let lock = LOCK
        .replace("registry+https://github.com/rust-lang/crates.io-index", &format!("git+{GIT}?branch=main#{COMMIT}"));
    let lock = lock.lines().filter(|line| !line.starts_with("checksum")).collect::<Vec<_>>().join("\n");
    let hash = format!("hash = \"sha256-{HASH}\", archive = \"https://git.example.org/x.tar.gz\"");
    let table = format!("{TABLE}git-hashes = {{ \"{GIT}#{COMMIT}\" = {{ {hash} }} }}\n");
    let matrix = parse(&table, &workspace().with("os/Cargo.lock", &lock)).unwrap();
    let wanted = &matrix.wanted()[&format!("git-spin-{COMMIT}")];
    assert_eq!(wanted.hash().unwrap().to_sri(), format!("sha256-{HASH}"));
    assert!(matches!(wanted, crate::lock::Wanted::Given(given) if given.tree));
}

/// Each with the word that its only message or hint holds, and before anything is built.
#[test]
fn what_is_wrong_with_a_kernel_is_said() {
    let git = LOCK
        .replace("registry+https://github.com/rust-lang/crates.io-index", &format!("git+{GIT}?branch=main#{COMMIT}"));
    let hashed = |git: &str| format!("{TABLE}git-hashes = {{ {git} }}\n");
    let table = |from: &str, to: &str| {
        assert!(TABLE.contains(from), "{from}");
        TABLE.replace(from, to)
    };
    let same = TABLE.to_owned();
    let toolchain = "[toolchain]\nchannel = \"nightly-2025-06-24\"\n";
    let cases = [
        (same.clone(), workspace().without("os/Cargo.lock"), "there is no `os/Cargo.lock`"),
        (
            same.clone(),
            workspace().with("os/Cargo.lock", &git),
            "takes `spin 0.9.8` from git, and the matrix has no hash",
        ),
        (
            same.clone(),
            workspace().with("os/Cargo.lock", &git.replace(COMMIT, "1234")),
            "and `https://git.example.org/spin?branch=main#1234` is not a commit there",
        ),
        (
            hashed(&format!("\"{GIT}#{COMMIT}\" = \"sha256-{HASH}\"")),
            workspace().with("os/Cargo.lock", &git),
            "does not know the address of an archive of https://git.example.org/spin",
        ),
        (
            hashed(&format!("\"{GIT}#{COMMIT}\" = \"sha256-{HASH}\"")),
            workspace(),
            "`os/Cargo.lock` takes nothing from https://git.example.org/spin#0123",
        ),
        (
            hashed(&format!("\"{GIT}#{COMMIT}\" = \"1234\"")),
            workspace().with("os/Cargo.lock", &git),
            "`1234` is not a SHA-256",
        ),
        (
            hashed(&format!("\"{GIT}#{COMMIT}\" = {{ archive = \"https://git.example.org/x.tar.gz\" }}")),
            workspace().with("os/Cargo.lock", &git),
            "`hash` is missing",
        ),
        (
            hashed(&format!("\"{GIT}#{COMMIT}\" = {{ hash = \"sha256-{HASH}\", archive = \"x.tar.gz\" }}")),
            workspace().with("os/Cargo.lock", &git),
            "`x.tar.gz` is not the address of an archive",
        ),
        (hashed("\"spin\" = \"1234\""), workspace(), "`spin` is not a repository at a commit"),
        (same.clone(), workspace().with("os/rust-toolchain.toml", toolchain), "asks for the compiler `nightly-2025"),
        (same.clone(), workspace().without("os/src/main.rs"), "has no program"),
        (same.clone(), workspace().with("os/src/bin/other.rs", ""), "has 2 programs"),
        (same.clone(), workspace().without("os/Cargo.toml"), "holds no Cargo.toml"),
        (same.clone(), workspace().with("os/a b", ""), "a name that not every machine takes"),
        (table("x86_64.ld", "kernel.ld"), workspace(), "there is no linker script `kernel.ld` in `os`"),
        (table("\"kernel\"", "\"kernal\""), workspace(), "there is no package below `os` called `kernal`"),
        (table("\"os\"", "\"../os\""), workspace(), "is not the folder of a workspace"),
        (table("\"it works\"", "\"  \""), workspace(), "an empty line"),
        (table("serial = [\"it works\"]\n", ""), workspace(), "`serial` is missing"),
        (format!("{TABLE}features = [\"loging\"]\n"), workspace(), "there is no feature `loging`"),
        (format!("{TABLE}features = [\"spinn/lock\"]\n"), workspace(), "there is no dependency `spinn`"),
        (format!("{TABLE}features = [\"a/b/c\"]\n"), workspace(), "`a/b/c` cannot be a name in `features`"),
        (format!("{TABLE}default-features = true\n"), workspace(), "`default-features` can only be false"),
        (format!("{TABLE}rustflags = [\"-C x\"]\n"), workspace(), "`-C x` cannot be a flag in `rustflags`"),
        (format!("{TABLE}env = {{ \"A B\" = \"1\" }}\n"), workspace(), "`A B` cannot be the name of a variable"),
        (format!("{TABLE}env = {{ CARGO_HOME = \"/\" }}\n"), workspace(), "`CARGO_HOME` in `env` is for crossloom"),
        (format!("{TABLE}env = {{ A = 1 }}\n"), workspace(), "`A` in `env` must be a string"),
        (
            same.clone(),
            workspace().with("os/.cargo/config.toml", "[build]\nrustflags = [\"-C\", \"link-arg=-n\"]\n"),
            "`os/.cargo/config.toml` sets `build.rustflags`",
        ),
        (same.clone(), workspace().with(".cargo/config", "[env]\nA = \"1\"\n"), "`.cargo/config` sets `env`"),
        (
            table("\"kernel\"", "\"apart\""),
            workspace().with("os/apart/Cargo.toml", APART).with("os/apart/src/main.rs", ""),
            "`apart` is not locked by `os/Cargo.lock`",
        ),
        (
            format!("{TABLE}host-tools = [\"apart\"]\n"),
            workspace().with("os/apart/Cargo.toml", APART).with("os/apart/src/main.rs", ""),
            "`apart` is not locked by `os/Cargo.lock`",
        ),
        (
            format!("{TABLE}target-file = {{ x86_64-unknown-none = \"my.json\" }}\n"),
            workspace(),
            "there is no target file `my.json` in `os`",
        ),
        (format!("{TABLE}target-file = \"my.json\"\n"), workspace(), "takes the place of one target"),
        (format!("{TABLE}profile = \"fast\"\n"), workspace(), "there is no profile `fast`"),
        (format!("{TABLE}program = \"kernal\"\n"), workspace(), "there is no program `kernal`"),
        (format!("{TABLE}exit-status = 256\n"), workspace(), "256 is not an exit status"),
        (format!("{TABLE}host-tools = [\"writer\"]\n"), workspace(), "there is no package below `os` called `writer`"),
        (format!("{TABLE}c-compiler = \"gcc\"\n"), workspace(), "unknown compiler of C `gcc`"),
        (format!("{TABLE}tests = false\n"), workspace(), "`tests` can only be true"),
        (
            table("serial = [\"it works\"]\n", "boot = [\"none\"]\ntests = true\n"),
            workspace(),
            "has tests, and does not boot directly",
        ),
        (format!("{TABLE}boot = [\"none\"]\n"), workspace(), "`serial` means nothing"),
        (format!("{TABLE}boot = [\"uefi\", \"direct\"]\n"), workspace(), "boots both directly and by a loader"),
        (format!("{TABLE}boot = [\"uefi\"]\n"), workspace(), "has no bootloader_api"),
        (
            format!("{TABLE}boot = [\"uefi\"]\n"),
            workspace().with("os/Cargo.lock", &LOCK.replace("\"spin\"", "\"bootloader_api\"")),
            "has bootloader_api 0.9.8, and the boot loader is 0.11.10",
        ),
        (
            format!("{TABLE}exit-status = {{ x86_64-unknown-nine = 1 }}\n"),
            workspace(),
            "unknown target `x86_64-unknown-nine`",
        ),
        (
            format!("{TABLE}exit-status = {{ aarch64-unknown-none = 1 }}\n"),
            workspace(),
            "has no number for x86_64-unknown-none",
        ),
    ];
    for (table, files, expected) in cases {
        let problems = parse(&table, &files).unwrap_err();
        let messages: Vec<_> = problems.iter().map(|problem| problem.message.as_str()).collect();
        assert!(messages.len() == 1 && messages[0].contains(expected), "{expected}: {messages:?}");
        assert!(problems[0].hint.is_some(), "{messages:?}");
    }
    // Only a loader for PCs needs a crate, and each target can boot in its own way.
    let arm = |boot: &str| {
        let text = format!(
            "crossloom = 1\n[build]\nsystems = [\"x86_64-linux\"]\n[bare-metal]\ntargets = [\"aarch64-unknown-none\", \
             \"x86_64-unknown-none\"]\nkernel = [\"mine\"]\n[bare-metal-kernel.mine]\n{TABLE}boot = {boot}\n"
        );
        Matrix::parse_with(&text, &workspace()).map(|matrix| matrix.wanted().into_keys().collect::<Vec<_>>())
    };
    let wanted = arm("{ aarch64-unknown-none = [\"direct\", \"uefi\"] }").unwrap();
    assert!(wanted.iter().any(|name| name.starts_with("qemu-efi-aarch64")), "{wanted:?}");
    assert!(!wanted.iter().any(|name| name.starts_with("ovmf")), "{wanted:?}");
    let bios = arm("{ aarch64-unknown-none = [\"bios\"] }").unwrap_err();
    assert!(bios[0].message.contains("boots by bios, for which there is no loader"), "{}", bios[0].message);
    // And with a second compiler.
    let both = |table: &str, files: &Files| {
        let text = format!(
            "crossloom = 1\n[build]\nsystems = [\"x86_64-linux\"]\n[bare-metal]\ntargets = [\"x86_64-unknown-none\"]\n\
             kernel = [\"mine\"]\nrust = [\"1.85.0\", \"1.97.1\"]\n[bare-metal-kernel.mine]\n{table}"
        );
        let found = Matrix::parse_with(&text, files).err().unwrap_or_default();
        found.into_iter().map(|problem| problem.message).collect::<Vec<_>>()
    };
    assert_eq!(both(TABLE, &workspace()), [""; 0]);
    let old = workspace().with("os/rust-toolchain.toml", "[toolchain]\nchannel = \"1.85\"\n");
    assert_eq!(
        both(TABLE, &old),
        ["the rust-toolchain.toml of [bare-metal-kernel.mine] asks for Rust 1.85.0, and not 1.97.1"]
    );
    let loaded = workspace()
        .with("os/Cargo.lock", &LOCK.replace("\"spin\"", "\"bootloader_api\"").replace("0.9.8", loader::VERSION));
    assert_eq!(
        both(&format!("{TABLE}boot = [\"uefi\"]\n"), &loaded),
        ["[bare-metal-kernel.mine] boots on x86_64-unknown-none by a loader that only Rust 1.85.0 compiles"]
    );
    // All that is wrong with a target file is said, too.
    let custom = format!("{TABLE}target-file = {{ x86_64-unknown-none = \"my.json\" }}\n");
    let problems = parse(&custom, &workspace().with("os/my.json", "{\n\"archh\": \"x86_64\"\n}")).unwrap_err();
    assert!(problems.len() > 4, "{problems:?}");
    assert_eq!(problems[0].message, "`my.json`, line 2: Rust 1.85.0 knows no field `archh`");
    // A workspace in the workspace, and cargo's configuration in the folder of the package.
    let own = workspace()
        .with("os/apart/Cargo.toml", APART)
        .with("os/apart/Cargo.lock", "")
        .with("os/apart/.cargo/config.toml", "[profile.release]\nlto = true\n")
        .with("os/apart/src/main.rs", "");
    let apart = table("\"kernel\"", "\"apart\"");
    let said = |table: &str| {
        let problems = parse(table, &own).unwrap_err();
        problems.into_iter().map(|problem| problem.hint.unwrap_or_default()).collect::<Vec<_>>()
    };
    let elsewhere = "`os/apart` is a workspace of its own: source = \"os/apart\"";
    assert_eq!(said(&format!("{apart}ignore-cargo-config = true\n")), [elsewhere]);
    let both = said(&apart);
    assert!(both.len() == 2 && both[0].starts_with("move the profile to"), "{both:?}");
    let ignored = format!("{TABLE}ignore-toolchain-file = true\n");
    assert!(parse(&ignored, &workspace().with("os/rust-toolchain.toml", toolchain)).is_ok());
}

/// The arguments of the kernel's node.
fn node(table: &str, files: &Files) -> (String, BTreeMap<&'static str, Arg>) {
    let mut plan = planned(&parse(table, files).unwrap());
    let nodes = plan.systems.remove(&System::X86_64Linux).unwrap().nodes;
    let node = nodes.into_iter().find(|node| node.recipe == "bare-metal/kernel").unwrap();
    (node.name, node.args)
}

#[test]
fn flags_and_variables_reach_the_kernel() {
    let (plain, args) = node(TABLE, &workspace());
    assert!(!args.contains_key("settings") && !args.contains_key("defaultFeatures"));
    let model = ["-C", "relocation-model=static", "-C", "code-model=small"];
    assert_eq!(args["rustflags"], texts(&model));
    let mut names = vec![plain];
    for (key, arg, value) in [
        ("rustflags = [\"--cfg\", \"a=\\\"b\\\"\"]", "rustflags", texts(&[&model[..], &["--cfg", "a=\"b\""]].concat())),
        (
            "env = { B = 'say \"x\"', A = \"1\" }",
            "settings",
            texts(&["[env]", "A = { value = \"1\", force = true }", "B = { value = \"say \\\"x\\\"\", force = true }"]),
        ),
        ("default-features = false", "defaultFeatures", Arg::Flag(false)),
        ("features = [\"spin/lock\"]", "features", texts(&["spin/lock"])),
    ] {
        let (name, args) = node(&format!("{TABLE}{key}\n"), &workspace());
        assert_eq!(args[arg], value, "{key}");
        names.push(name);
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), 5, "{names:?}");
}

#[test]
fn a_target_file_chooses_its_models() {
    let target = BareTarget::parse("x86_64-unknown-none").unwrap();
    let file = format!(
        "{{\"arch\": \"x86_64\", \"data-layout\": \"{}\", \"llvm-target\": \"x86_64-unknown-none\",\n\
         \"target-pointer-width\": \"64\", \"panic-strategy\": \"abort\", \"linker-flavor\": \"ld.lld\",\n\
         \"code-model\": \"kernel\"}}",
        target.data_layout()
    );
    let table = format!("{TABLE}target-file = {{ x86_64-unknown-none = \"my.json\" }}\nrustflags = [\"-Cx=y\"]\n");
    let (_, args) = node(&table, &workspace().with("os/my.json", &file));
    assert_eq!(args["rustflags"], texts(&["-C", "relocation-model=static", "-Cx=y"]));
}

/// The matrix of the page about Breenix, with manifests and a lock as that project has them.
#[test]
fn the_matrix_for_breenix_is_read() {
    let page = std::fs::read_to_string(crate::tests::project::repository().join("docs/breenix.md")).unwrap();
    let text = page.split("```toml\n").nth(1).and_then(|rest| rest.split("```").next()).unwrap();
    let rev = "707db11201b19541b7cfef84037866ee03aa0927";
    let git = format!("git+https://github.com/rust-osdev/bootloader.git?rev={rev}#{rev}");
    let locked = |name: &str| format!("[[package]]\nname = \"{name}\"\nversion = \"0.11.10\"\nsource = \"{git}\"\n");
    let lock = format!(
        "version = 4\n[[package]]\nname = \"kernel\"\nversion = \"0.1.0\"\n{}{}",
        locked("bootloader_api"),
        locked("bootloader-x86_64-common")
    );
    let manifest = "[package]\nname = \"kernel\"\nversion = \"0.1.0\"\n\
                    [[bin]]\nname = \"kernel\"\npath = \"src/main.rs\"\n\
                    [[bin]]\nname = \"kernel-aarch64\"\npath = \"src/main_aarch64.rs\"\n";
    let files = Files(BTreeMap::new())
        .with("breenix/Cargo.toml", "[workspace]\nmembers = [\"kernel\"]\nresolver = \"2\"\n")
        .with("breenix/Cargo.lock", &lock)
        .with("breenix/rust-toolchain.toml", "[toolchain]\nchannel = \"nightly-2025-06-24\"\n")
        .with("breenix/kernel/Cargo.toml", manifest)
        .with("breenix/kernel/src/main.rs", "")
        .with("breenix/kernel/src/main_aarch64.rs", "");
    let matrix = Matrix::parse_with(text, &files).unwrap();
    assert!(matrix.wanted().contains_key(&format!("git-bootloader-{rev}")));
    let booted = text.replace("boot = [\"none\"]", "boot = [\"uefi\"]\nserial = [\"it works\"]");
    assert!(Matrix::parse_with(&booted, &files).is_ok());
    assert!(Matrix::parse_with(&text.replace(rev, &"0".repeat(40)), &files).is_err());
}

#[test]
fn the_kernel_that_needs_no_table_has_all_of_its_files() {
    let hello = hello();
    assert!(hello.files.values().all(|text| !text.is_empty()));
    let below = format!("{HELLO_FOLDER}/");
    let embedded = Verbatim::embedded().paths().filter(|path| path.starts_with(&below)).count();
    assert_eq!(embedded, hello.files.len());
    for target in BareTarget::all() {
        let script = hello.linker_script.of(target).unwrap();
        assert!(hello.files.contains_key(script), "{target}");
    }
}
