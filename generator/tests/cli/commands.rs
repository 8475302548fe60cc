//! The program as users run it: what it prints and where, how it ends, and what it leaves on disk.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Output, Stdio};
use std::time::Duration;

use crate::temporary_store::Store;
use assert_cmd::Command;
use tempfile::TempDir;

/// A project of its own, which goes when this is dropped.
pub struct Project(TempDir);

/// How a run ended.
pub struct Run {
    pub code: i32,
    pub stdout: String,
    pub stderr: String,
}

/// Everything below a directory: paths with contents, where a link's is its target.
pub type Listing = BTreeMap<String, Vec<u8>>;

impl Project {
    pub fn new() -> Project {
        Project(tempfile::tempdir().unwrap())
    }

    /// With a small matrix.
    pub fn with_matrix() -> Project {
        let project = Project::new();
        project.write("matrix.toml", MATRIX);
        project
    }

    /// With a small matrix, locked and rendered.
    pub fn generated() -> Project {
        let project = Project::with_matrix();
        project.fine(&["lock"]);
        project.fine(&["generate"]);
        project
    }

    pub fn dir(&self) -> &Path {
        self.0.path()
    }

    pub fn run(&self, args: &[&str]) -> Run {
        self.run_with(args, &[])
    }

    /// With more in the environment.
    pub fn run_with(&self, args: &[&str], environment: &[(&str, &str)]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crossloom"));
        // What the machine's owner has set must not decide what is compared here.
        for name in ["CROSSLOOM_LOG", "RUST_LOG", "COLUMNS", "CLICOLOR_FORCE", "NO_COLOR"] {
            command.env_remove(name);
        }
        command.envs(environment.iter().copied());
        // Nothing takes so long unless it waits for ever.
        command.timeout(Duration::from_secs(300));
        let Output { status, stdout, stderr } = command.args(args).current_dir(self.dir()).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let run = Run { code: status.code().unwrap(), stdout: text(stdout), stderr: text(stderr) };
        assert!(!run.stderr.contains("panicked"), "{args:?}: {}", run.stderr);
        assert!(run.stdout.chars().chain(run.stderr.chars()).all(|c| c == '\n' || c == '\t' || !c.is_control()));
        run
    }

    /// What a run that succeeds prints on stdout.
    pub fn fine(&self, args: &[&str]) -> String {
        let run = self.run(args);
        assert_eq!(run.code, 0, "{args:?}: {}", run.stderr);
        run.stdout
    }

    /// What a run that fails prints on stderr. It prints nothing else, and leaves everything as it was.
    pub fn fails(&self, args: &[&str]) -> String {
        let before = self.listing();
        let run = self.run(args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}: {}", run.stderr);
        self.unchanged(&before);
        run.stderr
    }

    /// What a check that finds something prints, which changes nothing.
    pub fn finds(&self, args: &[&str]) -> Run {
        let before = self.listing();
        let run = self.run(args);
        assert_eq!(run.code, 1, "{args:?}: {}", run.stderr);
        self.unchanged(&before);
        run
    }

    pub fn path(&self, path: &str) -> std::path::PathBuf {
        self.dir().join(path)
    }

    pub fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    pub fn write(&self, path: &str, text: &str) {
        fs::create_dir_all(self.path(path).parent().unwrap()).unwrap();
        fs::write(self.path(path), text).unwrap();
    }

    pub fn replace(&self, path: &str, from: &str, to: &str) {
        let text = self.read(path);
        assert!(text.contains(from), "{path} holds no {from}");
        self.write(path, &text.replacen(from, to, 1));
    }

    pub fn listing(&self) -> Listing {
        let (mut listing, mut left) = (Listing::new(), vec![self.dir().to_owned()]);
        while let Some(directory) = left.pop() {
            for entry in fs::read_dir(&directory).unwrap() {
                let path = entry.unwrap().path();
                let name = path.strip_prefix(self.dir()).unwrap().display().to_string();
                let contents = match path.symlink_metadata().unwrap() {
                    file if file.is_symlink() => fs::read_link(&path).unwrap().display().to_string().into_bytes(),
                    file if file.is_dir() => {
                        left.push(path);
                        Vec::new()
                    }
                    _ => fs::read(&path).unwrap(),
                };
                listing.insert(name, contents);
            }
        }
        listing
    }

    pub fn unchanged(&self, before: &Listing) {
        let after = self.listing();
        let names = |listing: &Listing| listing.keys().cloned().collect::<Vec<_>>();
        assert_eq!(names(&after), names(before), "files came or went");
        for (name, contents) in before {
            assert!(after[name] == *contents, "{name} is another one");
        }
    }
}

pub const MATRIX: &str = r#"crossloom = 1

[build]
systems = ["x86_64-linux", "aarch64-darwin"]

[musl-gcc]
targets = ["x86_64-linux-musl", "i686-linux-musl"]
"#;

macro_rules! snapshot {
    ($name:expr, $text:expr) => {
        insta::with_settings!({
            snapshot_path => "../data/cli", prepend_module_to_snapshot => false, omit_expression => true,
            // Where the test ran, and what the system's own words for an error are, differ.
            filters => [(r"(/[\w.-]+)*/\.tmp\w+", "[DIR]"), (r"\(os error \d+\)", "(os error)")],
        }, {
            insta::assert_snapshot!($name, $text);
        });
    };
}

#[test]
fn from_nothing_to_a_tree_that_is_kept_current() {
    let project = Project::new();
    project.fine(&["init"]);
    assert_eq!(project.listing().keys().collect::<Vec<_>>(), ["matrix.toml"]);
    let first = project.read("matrix.toml");
    assert!(project.fails(&["init"]).contains("there already"));
    assert_eq!(project.read("matrix.toml"), first);

    snapshot!("check-without-lock", project.fails(&["check"]));
    assert_eq!(project.fine(&["lock"]), "");
    project.fine(&["check"]);
    assert_eq!(project.fine(&["generate"]), "");
    let generated = project.listing();
    assert!(generated.contains_key("flake.nix") && generated.contains_key("crossloom/default.nix"));
    for args in [&["lock"][..], &["lock", "--check"], &["generate"], &["generate", "--check"]] {
        assert_eq!(project.fine(args), "", "{args:?}");
        project.unchanged(&generated);
    }

    // By hand: a line changed, a file too many, a file too few, a bit.
    project.replace("crossloom/x86_64-linux.nix", "version = \"14.2.0\"", "version = \"14.2.1\"");
    project.write("crossloom/mine.nix", "{ }\n");
    fs::remove_file(project.path("crossloom/musl-gcc/gmp.nix")).unwrap();
    fs::set_permissions(project.path("crossloom/sources.nix"), fs::Permissions::from_mode(0o755)).unwrap();
    let run = project.finds(&["generate", "--check"]);
    snapshot!("generate-check-after-edits", run.stdout);
    snapshot!("generate-check-after-edits-stderr", run.stderr);
    assert_eq!(project.fine(&["generate"]), "");
    project.unchanged(&generated);
    project.fine(&["generate", "--check"]);
}

#[test]
fn what_is_there_of_others_is_left_alone() {
    let project = Project::with_matrix();
    project.fine(&["lock"]);
    project.write("flake.nix", "{ outputs = _: { }; }\n");
    for args in [&["generate"][..], &["generate", "--check"]] {
        assert!(project.fails(args).contains("hint: move it away, or pass --no-flake"), "{args:?}");
    }
    project.fine(&["generate", "--no-flake"]);
    project.fine(&["generate", "--no-flake", "--check"]);
    assert_eq!(project.read("flake.nix"), "{ outputs = _: { }; }\n");
}

/// Sources of another kind are other sources, whichever command needs them.
#[test]
fn a_lock_with_what_is_no_longer_preferred_is_stale() {
    let project = Project::generated();
    let sources = "[sources]\nprefer = [\"debian\", \"upstream\"]\n[musl-gcc]\n";
    project.replace("matrix.toml", "[musl-gcc]\n", sources);
    for args in [&["check"][..], &["plan"], &["generate", "--check"]] {
        let said = project.fails(args);
        assert!(said.contains(" from debian, which the matrix needs"), "{args:?}: {said}");
    }
    project.fine(&["lock"]);
    project.fine(&["check"]);
}

/// A file that a command was told to write is replaced if it is of that kind.
#[test]
fn other_files_are_not_written_over() {
    let project = Project::generated();
    let matrix = project.read("matrix.toml");
    for args in [&["schema", "--write", "matrix.toml"][..], &["audit", "--write-baseline", "matrix.toml", "."]] {
        let said = project.fails(args);
        assert!(said.contains("matrix.toml is there already, and is not a"), "{said}");
        assert_eq!(project.read("matrix.toml"), matrix);
    }
    for _ in 0..2 {
        project.fine(&["schema", "--write", "schema.json"]);
        project.fine(&["audit", "--write-baseline", "baseline.json", "."]);
    }
    let said = project.fails(&["init", "--matrix", "folder"]);
    assert!(said.contains("the name of a matrix ends in .toml"), "{said}");
    let said = project.fails(&["fetch", "--to", "matrix.toml"]);
    assert_eq!(said.matches("error:").count(), 1, "{said}");
}

#[test]
fn locks_go_stale() {
    let project = Project::with_matrix();
    let run = project.finds(&["lock", "--check"]);
    assert!(
        run.stderr.contains("matrix.lock is stale") && run.stderr.contains("flake.lock is stale"),
        "{}",
        run.stderr
    );
    project.fine(&["lock"]);
    project.fine(&["lock", "--check"]);
    project.replace("matrix.toml", "[musl-gcc]\n", "[musl-gcc]\ngcc = [\"15.3.0\"]\n");
    let run = project.finds(&["lock", "--check"]);
    assert!(run.stderr.contains("matrix.lock is stale; run `crossloom lock`"), "{}", run.stderr);
    assert!(!run.stderr.contains("flake.lock"), "{}", run.stderr);
    for args in [&["check"][..], &["generate"], &["plan"], &["generate", "--check"]] {
        let said = project.fails(args);
        assert!(said.contains("gcc-15.3.0") && said.contains("hint: run `crossloom lock`"), "{args:?}: {said}");
    }
    project.fine(&["lock"]);
    project.fine(&["generate"]);

    // A user's own pin stays until the user gives it up.
    project.replace("matrix.lock", "gcc-15.3.0.tar.xz\",", "gcc-15.3.0-mine.tar.xz\",");
    project.fine(&["lock", "--check"]);
    project.finds(&["lock", "--check", "--update", "gcc"]);
    project.fine(&["lock", "--update", "gcc-15.3.0"]);
    assert!(!project.read("matrix.lock").contains("mine"));
    project.replace("flake.lock", "\"rev\": \"", "\"rev\": \"0");
    project.fine(&["lock", "--check"]);
    project.fine(&["lock", "--update", "nixpkgs"]);
    assert!(!project.read("flake.lock").contains("\"rev\": \"0"));
}

#[test]
fn what_is_missing_is_named_with_a_way_out() {
    let project = Project::new();
    for command in ["check", "lock", "generate", "plan", "fetch"] {
        let said = project.fails(&[command]);
        assert!(said.contains("there is no matrix.toml") && said.contains("hint: run `crossloom init`"), "{said}");
    }
    snapshot!("no-matrix", project.fails(&["lock", "--matrix", "some/where/matrix.toml"]));
    snapshot!("init-without-folder", project.fails(&["init", "--matrix", "some/where/matrix.toml"]));
    project.write("matrix.toml", MATRIX);
    for command in ["check", "generate", "plan", "fetch"] {
        let said = project.fails(&[command]);
        assert!(said.contains("there is no ./matrix.lock\n\nhint: run `crossloom lock`"), "{command}: {said}");
    }
    // A link is there, and its file is not.
    fs::remove_file(project.path("matrix.toml")).unwrap();
    symlink("elsewhere", project.path("matrix.toml")).unwrap();
    for command in ["check", "lock", "generate", "upgrade"] {
        let said = project.fails(&[command]);
        assert!(said.contains("matrix.toml is a link to elsewhere, and there is no such file"), "{command}: {said}");
    }
}

#[test]
fn a_broken_matrix_is_told_all_of_its_problems() {
    let project = Project::generated();
    project.replace("matrix.toml", "aarch64-darwin", "aarch64-darwim");
    project.replace("matrix.toml", "i686-linux-musl", "i686-linux-mus");
    project.replace("matrix.toml", "targets = ", "gc = [\"14.2.0\"]\nmusl = [\"1.2.9\"]\ntargets = ");
    let said = project.fails(&["check"]);
    snapshot!("broken-matrix", said);
    for args in [&["lock"][..], &["lock", "--check"], &["generate"], &["generate", "--check"], &["plan"], &["fetch"]] {
        assert_eq!(project.fails(args), said, "{args:?}");
    }
}

#[test]
fn what_is_no_lock_is_refused() {
    let project = Project::generated();
    let lock = project.read("matrix.lock");
    for (name, text) in [
        ("empty", String::new()),
        ("future", lock.replace("\"version\": 1", "\"version\": 2")),
        ("escapes", lock.replace("\"variant\"", "\"\u{9b}31mvariant\u{7f}\"")),
        ("path", lock.replace("\"file\": \"", "\"file\": \"../")),
        ("digest", lock.replace("sha256-", "sha512-")),
    ] {
        project.write("matrix.lock", &text);
        let said = project.fails(&["generate"]);
        assert!(said.contains("matrix.lock: "), "{said}");
        snapshot!(format!("lock-{name}"), said);
        project.fails(&["lock"]);
    }
    fs::write(project.path("matrix.lock"), b"\xff\xfe").unwrap();
    assert!(project.fails(&["generate"]).contains("matrix.lock is not UTF-8 text"));
    project.write("matrix.lock", &lock);
    project.write("flake.lock", "{}");
    assert!(project.fails(&["lock"]).contains("not a flake.lock"));
    project.write("seeds/bookworm-x86_64-linux.json", "{}");
    assert!(project.fails(&["generate"]).contains("bookworm-x86_64-linux.json"));
}

/// A clone may hold anything under the names that are read: none of it is waited for or read without end.
#[test]
fn files_that_are_not_what_their_names_say_are_refused() {
    let project = Project::generated();
    let before = project.listing();
    let cases = [
        ("matrix.toml", "a matrix", &["check"][..]),
        ("matrix.lock", "a lock file", &["generate"]),
        ("flake.lock", "a lock file", &["lock"]),
        ("seeds/bookworm-x86_64-linux.json", "a lock file of a seed", &["generate"]),
        ("crossloom/sources.nix", "a file that crossloom rendered", &["generate", "--check"]),
        ("flake.nix", "a Nix file", &["format", "flake.nix"]),
    ];
    for (name, what, args) in cases {
        let path = project.path(name);
        let old = fs::read(&path).ok();
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        let replace = |make: &dyn Fn()| {
            let _ = fs::remove_file(&path);
            make();
            // Nothing is listed: the file would be read for that.
            let run = project.run(args);
            assert!((1..=2).contains(&run.code), "{name}: {}", run.stderr);
            format!("{}{}", run.stdout, run.stderr)
        };
        let said = replace(&|| fs::File::create(&path).unwrap().set_len(65 << 20).unwrap());
        assert!(said.contains("it is larger than ") && said.contains(&format!(" bytes; is it {what}?")), "{said}");
        let rendered = name.starts_with("crossloom/");
        let said = replace(&|| symlink("/dev/zero", &path).unwrap());
        assert!(said.contains(if rendered { "symbolic link" } else { "it is not a regular file" }), "{name}: {said}");
        let said = replace(&|| rustix::fs::mkfifoat(rustix::fs::CWD, &path, rustix::fs::Mode::RUSR).unwrap());
        let expected = if rendered { "neither a file nor a folder" } else { "it is not a regular file" };
        assert!(said.contains(expected), "{name}: {said}");
        fs::remove_file(&path).unwrap();
        if let Some(old) = old {
            fs::write(&path, old).unwrap();
        }
    }
    let after = project.listing();
    assert_eq!(before.keys().collect::<Vec<_>>(), after.keys().filter(|path| **path != "seeds").collect::<Vec<_>>());
}

#[test]
fn a_seed_lock_beside_the_matrix_is_taken() {
    let project = Project::generated();
    let seed = project.read("crossloom/seed/bookworm-x86_64-linux.json");
    project.write("seeds/bookworm-x86_64-linux.json", &seed.replace("\"release\": \"", "\"release\": \"0."));
    let run = project.finds(&["generate", "--check"]);
    assert!(run.stdout.contains("+  \"release\": \"0."), "{}", run.stdout);
    // Another machine's lock would be built from without a word.
    let other = Path::new(env!("CARGO_MANIFEST_DIR")).join("data/seeds/bookworm-aarch64-linux.json");
    fs::copy(other, project.path("seeds/bookworm-x86_64-linux.json")).unwrap();
    snapshot!("seed-of-another-machine", project.fails(&["generate"]));
}

#[test]
fn an_unknown_cell_is_answered_with_the_nearest() {
    let project = Project::generated();
    let fetch = |name| project.fails(&["fetch", "--system", "x86_64-linux", "--to", "files", name]);
    snapshot!("unknown-cell", fetch("musl-gcc-x86_64-linux-mus"));
    assert!(
        fetch("programs-musl-gcc-i686-linux-musl-").contains("did you mean \"programs-musl-gcc-i686-linux-musl\"?")
    );
    assert!(fetch("quite-different").contains("hint: `crossloom plan` lists them"));
    let said = project.fails(&["fetch", "--system", "x86_64-darwin", "--to", "files"]);
    assert!(said.contains("x86_64-darwin"), "{said}");
}

#[test]
fn an_sdk_that_is_not_there_stops_what_names_it_and_nothing_else() {
    let project = Project::new();
    let matrix = "crossloom = 1\nbuild.systems = [\"x86_64-linux\"]\nsdk.mine.kind = \"file\"\n\
                  darwin = { targets = [\"x86_64-apple-darwin22\"], sdk = [\"zig\", \"mine\"] }\n";
    project.write("matrix.toml", matrix);
    for command in ["lock", "check", "generate"] {
        project.fine(&[command]);
    }
    snapshot!("plan-without-sdk", project.fine(&["plan"]));
    let cell = "darwin-x86_64-apple-darwin22-sdk-mine";
    snapshot!("missing-sdk", project.fails(&["fetch", "--system", "x86_64-linux", "--to", "files", cell]));
    let missing = format!("{cell} = callPackage ./missing-sdk.nix {{");
    assert!(project.read("crossloom/x86_64-linux.nix").contains(&missing));
    assert!(project.read("crossloom/missing-sdk.nix").contains("exit 1"));
    let json: serde_json::Value = serde_json::from_str(&project.fine(&["plan", "--json"])).unwrap();
    let plan = &json["systems"]["x86_64-linux"];
    let shown = ["cells", "checks", "missing_checks"].map(|key| format!("{key}: {:#}", plan[key]));
    snapshot!("plan-json-without-sdk", shown.join("\n"));

    // Known to the lock it has nodes, as every other SDK.
    let sdk = "{ \"file\": \"MacOSX15.5.sdk\", \"sha256\": \"sha256-xBoCckJPQbsBv4KOf/7xstWdF4gGT9a18dlxcX6TILg=\", \
               \"version\": \"15.5\", \"origin\": \"x.tar\" }";
    project.replace("matrix.lock", "\"version\": 1,", &format!("\"version\": 1, \"sdks\": {{ \"mine\": {sdk} }},"));
    project.fine(&["lock"]);
    project.fine(&["generate"]);
    assert!(project.fine(&["plan"]).contains(&format!("{cell}\tnot tested")));
    assert!(!project.read("crossloom/x86_64-linux.nix").contains("missing-sdk"));
    assert!(!project.path("crossloom/missing-sdk.nix").exists());
}

/// Questions are answered from the plan; nothing is rendered here, so that places alone are an error.
#[test]
fn build_scripts_get_answers() {
    let project = Project::new();
    project.write(
        "matrix.toml",
        "crossloom = 1\n[build]\nsystems = [\"x86_64-linux\", \"aarch64-linux\"]\n[musl-gcc]\n\
         targets = [\"x86_64-linux-musl\", \"armv7-linux-musleabihf\"]\nlanguages = [\"c\"]\nprefix = true\n\
         [[musl-gcc.override]]\nmatch = { target = \"armv7-linux-musleabihf\" }\n\
         tool-prefix = \"armv7-arm-linux-musleabihf\"\n",
    );
    project.fine(&["lock"]);
    let query = |args: &[&str]| project.fine(&[&["query", "--system", "x86_64-linux"], args].concat());
    let arm = ["--target", "armv7-linux-musleabihf"];
    assert_eq!(
        query(&[&arm[..], &["build", "target", "tool-prefix", "cc", "pkg-config"]].concat()),
        "x86_64-pc-linux-gnu\narmv7-linux-musleabihf\narmv7-arm-linux-musleabihf\narmv7-arm-linux-musleabihf-gcc\n\
         armv7-arm-linux-musleabihf-pkg-config\n"
    );
    let shell = query(&["--cell", "musl-gcc-prefix", "--target", "armv7-linux-musleabihf", "--shell"]);
    assert!(shell.contains("tool_prefix='armv7-arm-linux-musleabihf'\n") && !shell.contains("cxx"), "{shell}");
    let json = query(&["--cell", "musl-gcc-x86_64-linux-musl", "--json", "ar"]);
    assert_eq!(json, "{\n  \"version\": 1,\n  \"ar\": \"x86_64-linux-musl-ar\"\n}\n");
    let other = project.fine(&["query", "--system", "aarch64-linux", "--target", "x86_64-linux-musl", "build"]);
    assert_eq!(other, "aarch64-unknown-linux-gnu\n");

    for (args, said) in [
        (&["cc"][..], "error: nothing says which target is meant"),
        (&["--target", "x86_64-linux-gnu"], "hint: did you mean x86_64-linux-musl?"),
        (&["--cell", "musl-gcc-prefiks", "cc"], "hint: did you mean musl-gcc-prefix?"),
        (&["--target", "x86_64-linux-musl", "cxx"], "error: musl-gcc-x86_64-linux-musl has no answer to \"cxx\""),
        (&["--target", "x86_64-linux-musl", "libdir"], "hint: run `crossloom generate`"),
    ] {
        let run = project.run(&[&["query", "--system", "x86_64-linux"], args].concat());
        assert_eq!(run.code, 2, "{}", run.stderr);
        assert!(run.stderr.contains(said) && run.stdout.is_empty(), "{}", run.stderr);
    }
}

#[test]
fn plans_are_data_on_stdout() {
    let project = Project::generated();
    snapshot!("plan", project.fine(&["plan"]));
    let json: serde_json::Value = serde_json::from_str(&project.fine(&["plan", "--json"])).unwrap();
    assert_eq!(json["systems"]["x86_64-linux"]["cells"][1]["name"], "musl-gcc-i686-linux-musl");
    assert!(json["systems"]["aarch64-darwin"]["checks"].as_array().unwrap().is_empty());
    for args in [&["--quiet", "lock"][..], &["-q", "generate"], &["check", "-q"]] {
        let run = project.run(args);
        assert_eq!((run.code, run.stdout.as_str(), run.stderr.as_str()), (0, "", ""), "{args:?}");
    }
}

#[test]
fn plans_say_what_a_store_holds() {
    let Some(store) = Store::new() else { return };
    let remote = format!("local?root={}", store.root.display());
    let project = Project::generated();
    let plan = |args: &[&str]| {
        let run = project.run_with(args, &[("NIX_REMOTE", &remote)]);
        assert_eq!((run.code, run.stderr.as_str()), (0, ""), "{args:?}");
        run.stdout
    };
    let all = plan(&["plan", "--store", "--nodes"]);
    let rows: Vec<Vec<&str>> = all.lines().map(|line| line.split('\t').collect()).collect();
    assert!(rows.iter().all(|row| row.len() == 6), "{all}");
    let find = |system: &str, name: &str| rows.iter().find(|row| (row[0], row[2]) == (system, name)).unwrap().to_vec();
    let cell = "musl-gcc-x86_64-linux-musl";
    let node = "toolchain-14_2_0-x86_64-linux-musl";
    let path = find("x86_64-linux", cell)[5];
    assert!(path.starts_with("/nix/store/") && path.ends_with("-musl-gcc-x86_64-linux-musl-14.2.0"), "{path}");
    assert_eq!(find("x86_64-linux", cell)[1..], ["cell", cell, "not tested", "to build", path]);
    assert_eq!(find("x86_64-linux", node)[1..], ["node", node, "-", "to build", path]);
    assert!(find("x86_64-linux", "seed-musl-1_2_5")[5].starts_with("/nix/store/"));
    // There nixpkgs would decide.
    assert_eq!(find("aarch64-darwin", cell)[3..], ["not tested", "-", "-"]);
    let without_store: String =
        rows.iter().filter(|row| row[1] != "node").map(|row| row[..4].join("\t") + "\n").collect();
    assert_eq!(without_store.replace("\t-\n", "\n"), project.fine(&["plan"]));

    // GCC's host programs are there once both of their outputs are.
    let gcc = find("x86_64-linux", "gcc-14_2_0-x86_64-linux-musl")[5];
    let dev = store.evaluate(&format!(
        "(import {}/crossloom {{ }}).legacyPackages.x86_64-linux.gcc-14_2_0-x86_64-linux-musl.dev.outPath",
        project.dir().display()
    ));
    let register = |path: &str| {
        let mut command = store.nix.command("nix-store", ["--load-db"]);
        let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
        let record = format!("{path}\n{}\n120\n\n0\n", "0".repeat(64));
        child.stdin.take().unwrap().write_all(record.as_bytes()).unwrap();
        assert!(child.wait().unwrap().success());
    };
    let states = || {
        let json: serde_json::Value = serde_json::from_str(&plan(&["plan", "--store", "--json"])).unwrap();
        let planned = &json["systems"]["x86_64-linux"];
        let nodes = planned["nodes"].as_array().unwrap();
        let gcc = nodes.iter().find(|node| node["path"] == gcc).unwrap();
        assert!(json["systems"]["aarch64-darwin"]["cells"][0]["path"].is_null());
        assert!(planned["checks"][0]["store"] == "to build");
        [gcc["store"].clone(), planned["cells"][0]["store"].clone()]
    };
    assert_eq!(states(), ["to build", "to build"]);
    register(gcc);
    register(path);
    assert_eq!(states(), ["to build", "present"]);
    register(dev.as_str().unwrap());
    assert_eq!(states(), ["present", "present"]);
    assert!(plan(&["plan", "--store"]).contains(&format!("{cell}\tnot tested\tpresent\t{path}\n")));

    // Paths of another matrix than the one that is there would be none of its.
    project.replace("matrix.toml", "[musl-gcc]\n", "[musl-gcc]\nlanguages = [\"c\"]\n");
    assert!(project.fails(&["plan", "--store"]).contains(".nix does not match the matrix and the lock"));
    fs::remove_dir_all(project.path("crossloom")).unwrap();
    snapshot!("plan-store-not-generated", project.fails(&["plan", "--store"]));
    project.fine(&["plan", "--nodes"]);
}

/// Nothing is built here, so that every archive is missing.
#[test]
fn an_archive_is_exported_only_where_there_is_one() {
    let Some(store) = Store::new() else { return };
    let remote = format!("local?root={}", store.root.display());
    let project = Project::new();
    project.write(
        "matrix.toml",
        "crossloom = 1\n[build]\nsystems = [\"x86_64-linux\", \"aarch64-linux\"]\n[musl-gcc]\n\
         targets = [\"x86_64-linux-musl\", \"armv7-linux-musleabihf\"]\n[[musl-gcc.override]]\n\
         match = { target = \"x86_64-linux-musl\" }\narchive = true\n\
         [linux]\ntargets = [\"arm64\"]\ncompiler = [\"llvm\"]\n",
    );
    for command in ["lock", "generate"] {
        project.fine(&[command]);
    }
    let cell = "musl-gcc-x86_64-linux-musl";
    let not_built = format!("the archive of {cell} is not in this machine's store");
    let package = format!("{cell}-tarball");
    for (name, error, hint) in [
        (cell, not_built.as_str(), "run `crossloom build musl-gcc-x86_64-linux-musl-tarball` first"),
        (&package, "the archive of musl-gcc-x86_64-linux-musl-tarball is not in", "run `crossloom build"),
        (
            "musl-gcc-armv7-linux-musleabihf",
            "musl-gcc-armv7-linux-musleabihf has no archive",
            "set `archive = true` in [musl-gcc]",
        ),
        ("linux-arm64", "linux-arm64 has no archive", "crossloom makes none of cells of [linux]"),
        ("gmp", "gmp has no archive", "name a cell"),
        (
            "musl-gcc-x86_64-linux-mus",
            "there is no cell, check or node",
            "did you mean \"musl-gcc-x86_64-linux-musl\"?",
        ),
    ] {
        let run = project.run_with(&["export", name, "tools"], &[("NIX_REMOTE", &remote)]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{name}: {}", run.stderr);
        assert!(run.stderr.contains(&format!("error: {error}")), "{name}: {}", run.stderr);
        assert!(run.stderr.contains(&format!("\nhint: {hint}")), "{name}: {}", run.stderr);
    }
    assert!(!project.path("tools").exists());
}

/// A generated project in one folder, and a copy of it in another to be changed.
fn two() -> Project {
    let project = Project::new();
    for folder in ["old", "new"] {
        project.write(&format!("{folder}/matrix.toml"), MATRIX);
        let matrix = format!("{folder}/matrix.toml");
        project.fine(&["lock", "--matrix", &matrix]);
        project.fine(&["generate", "--matrix", &matrix]);
    }
    project
}

/// The full name of musl-gcc-x86_64-linux-musl.
const FULL_NAME: &str = "musl-gcc-x86_64-linux-musl-gcc-14_2_0-musl-1_2_5-binutils-2_44-linux-6_1_176-malloc-musl";

#[test]
fn what_a_change_rebuilds_is_told() {
    let project = two();
    let args = ["diff", "old/matrix.toml", "new/matrix.toml"];
    let before = project.listing();
    let run = project.run(&args);
    assert_eq!((run.code, run.stderr.as_str()), (0, " INFO cells: 4 unchanged\n"));
    assert_eq!(project.fine(&["diff", "old", "new"]), run.stdout);
    assert_eq!(project.fine(&["plan", "--matrix", "new"]), project.fine(&["plan", "--matrix", "new/matrix.toml"]));
    project.unchanged(&before);
    snapshot!("diff-unchanged", run.stdout);

    project.replace("new/matrix.toml", "\"i686-linux-musl\"", "\"armv7-linux-musleabihf\"");
    project.replace("new/matrix.toml", "[musl-gcc]\n", "[musl-gcc]\nmusl = [\"1.2.6\"]\n");
    let said = project.fails(&args);
    assert!(said.contains("new/matrix.lock is stale") && said.contains("hint: run `crossloom lock`"), "{said}");
    project.fine(&["lock", "--matrix", "new/matrix.toml"]);
    let run = project.finds(&args);
    snapshot!("diff-musl", run.stdout);
    assert_eq!(run.stderr, " INFO cells: 2 rebuilt, 2 added, 2 removed\n");
    assert_eq!(project.finds(&["diff", "-q", "old", "new"]).stderr, "");
    let json: serde_json::Value =
        serde_json::from_str(&project.finds(&["diff", "--json", "old", "new"]).stdout).unwrap();
    let cell = &json["systems"]["x86_64-linux"][0];
    assert_eq!((&cell["status"], &cell["old"]), (&"rebuilt".into(), &FULL_NAME.into()));
    assert_eq!(cell["causes"][0]["kind"], "source");
    assert_eq!(cell["causes"][0]["old"]["version"], "1.2.5");

    // Only what is added: nothing is rebuilt.
    project.write("new/matrix.toml", MATRIX);
    project.replace("old/matrix.toml", ", \"i686-linux-musl\"", "");
    assert_eq!(project.run(&args).code, 2);
    project.fine(&["lock", "--matrix", "new/matrix.toml"]);
    assert!(project.fine(&args).starts_with(&format!("unchanged  aarch64-darwin  {FULL_NAME}\nadded  ")));
    // In the folder itself the new one need not be named.
    project.write("matrix.toml", MATRIX);
    project.fine(&["lock"]);
    assert_eq!(project.fine(&["diff", "old"]), project.fine(&args));
}

#[test]
fn recipes_are_compared_where_they_were_rendered() {
    let project = two();
    let args = ["diff", "old", "new"];
    // As an older crossloom had them.
    let older = "# Older.\n";
    let recipe = project.read("old/crossloom/musl-gcc/libgcc.nix");
    project.write("old/crossloom/musl-gcc/libgcc.nix", &format!("{older}{recipe}"));
    let seed = project.read("old/crossloom/seed/bookworm-x86_64-linux.json");
    let package = seed.find("\"name\": \"libc6\"").unwrap();
    let version = package + seed[package..].find("\"version\": \"").unwrap() + 12;
    project
        .write("old/crossloom/seed/bookworm-x86_64-linux.json", &format!("{}9{}", &seed[..version], &seed[version..]));
    snapshot!("diff-recipes", project.finds(&args).stdout);
    // What is there of the new one counts, too; else it is this program's.
    fs::remove_dir_all(project.path("new/crossloom")).unwrap();
    assert!(project.finds(&args).stdout.contains("    recipe musl-gcc/libgcc.nix differs\n"));
    fs::remove_dir_all(project.path("old/crossloom")).unwrap();
    let run = project.run(&args);
    assert_eq!(run.code, 0);
    assert!(run.stderr.contains("no folder crossloom beside old: recipes are not compared"), "{}", run.stderr);
    // A folder of somebody else's is none of these.
    project.write("old/crossloom/default.nix", "{ }\n");
    assert_eq!(project.run(&args).code, 0);

    let project = two();
    let pins = project.read("new/flake.lock");
    project.write("new/flake.lock", "{");
    assert!(project.fails(&args).contains("new/flake.lock: not a flake.lock"));
    project.write("new/flake.lock", &pins.replace("\"rev\": \"", "\"rev\": \"0"));
    let said = project.finds(&args).stdout;
    assert!(said.contains("unchanged  x86_64-linux") && said.contains("    nixpkgs: "), "{said}");
    project.write("new/flake.lock", &pins);
    project.write("old/crossloom/musl-gcc/libgcc.nix", "import ./mine.nix\n");
    snapshot!("diff-missing-recipe", project.fails(&args));
    fs::write(project.path("old/crossloom/musl-gcc/libgcc.nix"), b"\xff").unwrap();
    assert!(project.fails(&args).contains("old/crossloom/musl-gcc/libgcc.nix is not UTF-8 text"));
    fs::remove_file(project.path("old/crossloom/musl-gcc/libgcc.nix")).unwrap();
    symlink("/nowhere", project.path("old/crossloom/musl-gcc/libgcc.nix")).unwrap();
    assert!(project.fails(&args).contains("libgcc.nix is neither a file nor a folder"));
    fs::remove_file(project.path("old/crossloom/musl-gcc/libgcc.nix")).unwrap();
    project.write("old/crossloom/seed/bookworm-x86_64-linux.json", "{}");
    assert!(project.fails(&args).contains("old/crossloom/seed/bookworm-x86_64-linux.json"));
    for (args, missing) in [
        (&["diff", "none", "new"][..], "none, and git says: not a git repository"),
        (&["diff", "old", "none"], "none"),
        (&["diff", "old"], "matrix.toml"),
    ] {
        let said = project.fails(args);
        assert!(said.contains(&format!("there is no {missing}")), "{said}");
        assert!(said.contains("\n\nhint: name a matrix, or a folder") || said.contains(", a folder"), "{said}");
    }
}

#[test]
fn completions_and_manual_pages_hold_every_command() {
    let project = Project::new();
    for shell in ["bash", "zsh", "fish", "elvish", "powershell"] {
        let script = project.fine(&["completions", shell]);
        assert!(script.contains("CROSSLOOM_COMPLETE"), "{shell}: {script}");
        // What the script asks for, after the words that stand there already.
        for (words, expected) in [
            (&[""][..], "seed"),
            (&["comp"], "completions"),
            (&["seed", ""], "fetch"),
            (&["sdk", ""], "import"),
            (&["build", "--re"], "--rebuild"),
        ] {
            let index = words.len().to_string();
            let asked = [("CROSSLOOM_COMPLETE", shell), ("_CLAP_COMPLETE_INDEX", &index), ("_CLAP_IFS", "\n")];
            let run = project.run_with(&[&["--", "crossloom"], words].concat(), &asked);
            assert!(run.stdout.lines().any(|line| line.starts_with(expected)), "{shell} {words:?}: {}", run.stdout);
        }
    }
    let said = project.fails(&["completions", "tcsh"]);
    assert!(said.contains("bash") && said.contains("zsh"), "{said}");

    let page = project.fine(&["man"]);
    assert!(page.contains(".TH crossloom 1 ") && page.contains("crossloom\\-build(1)"), "{page}");
    assert_eq!(project.fine(&["man", "--output", "share/man1"]), "");
    assert_eq!(project.read("share/man1/crossloom.1"), page);
    let written = project.listing();
    for name in
        ["build", "completions", "diff", "digests", "format", "plan", "sdk", "sdk-import", "seed-lock", "verify"]
    {
        assert!(written.contains_key(&format!("share/man1/crossloom-{name}.1")), "{name}: {:?}", written.keys());
    }
    let names: Vec<_> = written.keys().filter(|name| name.starts_with("share/man1/")).collect();
    assert_eq!(names.len(), 33, "{names:?}");
    let page = project.read("share/man1/crossloom-diff.1");
    snapshot!("man-diff", page.replace(env!("CARGO_PKG_VERSION"), "[VERSION]"));
    // The same again, also over what is there.
    project.fine(&["man", "--output", "share/man1"]);
    project.unchanged(&written);
    project.write("taken", "");
    snapshot!("man-taken", project.fails(&["man", "--output", "taken"]));
    project.write("full/crossloom-diff.1/mine", "");
    assert!(project.fails(&["man", "--output", "full"]).contains("crossloom-diff.1"));
}

#[test]
fn nix_files_are_formatted_all_or_none() {
    let project = Project::new();
    let loose = "{a=1;  b = [ 1 2 ];}";
    for path in ["flake.nix", "deep/er/a.nix", "deep/notes.txt", "deep/.git/b.nix", "result/c.nix"] {
        project.write(path, loose);
    }
    project.write("result/CACHEDIR.TAG", "");
    symlink("er/a.nix", project.path("deep/link.nix")).unwrap();
    symlink("..", project.path("deep/up")).unwrap();
    assert_eq!(project.finds(&["format", "--check"]).stdout, "deep/er/a.nix\nflake.nix\n");

    project.write("deep/bad.nix", "{ a =\n");
    project.write("deep/worse.nix", "{ a = 1; }\n}");
    project.write("deep/better.nix", "or./x");
    snapshot!("format-bad", project.fails(&["format"]));
    snapshot!("format-none", project.fails(&["format", "flake.nix", "none"]));
    for bad in ["deep/bad.nix", "deep/worse.nix", "deep/better.nix"] {
        fs::remove_file(project.path(bad)).unwrap();
    }

    fs::set_permissions(project.path("flake.nix"), fs::Permissions::from_mode(0o755)).unwrap();
    let before = project.listing();
    assert_eq!(project.fine(&["format", "deep", "deep/er/a.nix", "flake.nix"]), "");
    let formatted = "{\n  a = 1;\n  b = [\n    1\n    2\n  ];\n}\n";
    let after = project.listing();
    for (path, text) in &before {
        let expected = if ["flake.nix", "deep/er/a.nix"].contains(&&path[..]) { formatted.as_bytes() } else { text };
        assert_eq!(after[path], expected, "{path}");
    }
    assert_eq!(fs::metadata(project.path("flake.nix")).unwrap().permissions().mode() & 0o777, 0o755);
    assert_eq!(project.fine(&["format", "--check"]), "");
    // What is named is meant, also where a folder would not lead there, and where it is a link; each once.
    symlink("result/c.nix", project.path("c.nix")).unwrap();
    let said = project.finds(&["format", "--check", "c.nix", "./result/c.nix", "result/c.nix"]).stdout;
    assert!(said.ends_with("/result/c.nix\n") && said.lines().count() == 1, "{said}");
    assert_eq!(project.fine(&["format", "c.nix"]), "");
    assert_eq!(project.read("result/c.nix"), formatted);
    assert!(project.path("c.nix").is_symlink());
}

#[test]
fn the_projects_own_nix_files_are_formatted() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossloom"));
    let output = command.args(["--quiet", "format", "--check"]).current_dir(root).output().unwrap();
    assert_eq!((output.status.code(), String::from_utf8_lossy(&output.stdout).as_ref()), (Some(0), ""));
}

#[test]
fn the_schema_is_the_committed_one() {
    let project = Project::new();
    let committed = include_str!("../../data/matrix.schema.json");
    assert_eq!(project.fine(&["schema"]), committed);
    assert_eq!(project.fine(&["schema", "--write", "schema.json"]), "");
    assert_eq!(project.read("schema.json"), committed);
    assert!(project.fails(&["schema", "--write", "no/folder/schema.json"]).contains("hint: create no/folder"));
}

#[test]
fn seeds_are_shown() {
    let project = Project::new();
    snapshot!("seed-show", project.fine(&["seed", "show"]));
    assert!(project.fails(&["seed", "show", "--suite", "sid"]).contains("hint: known: bookworm, trixie"));
    assert!(project.fails(&["seed", "show", "--system", "x86_64-darwin"]).contains("x86_64-darwin"));
    // What is built from comes from a seed's suite; other packages go where one says, not where seeds are looked for.
    assert!(project.fails(&["seed", "lock", "--suite", "sid"]).contains("hint: known: bookworm, trixie"));
    assert!(project.fails(&["seed", "lock", "--root", "nix-bin"]).contains("--output"));
    let other = ["seed", "lock", "--root", "nix-bin", "--output", "lock.json", "--suite"];
    assert!(project.fails(&[&other[..], &["woody"]].concat()).contains("hint: known: bookworm, trixie, sid"));
    assert!(project.fails(&["seed", "fetch", "none.json"]).contains("hint: `crossloom seed lock --output none.json`"));
}

#[test]
fn help_says_what_there_is() {
    let project = Project::new();
    let mut all = project.fine(&["--help"]);
    for command in [
        "init",
        "check",
        "lock",
        "generate",
        "fetch",
        "plan",
        "diff",
        "build",
        "verify",
        "digests",
        "nix",
        "format",
        "sdk",
        "sdk import",
        "seed",
        "seed lock",
        "seed fetch",
        "schema",
        "completions",
        "man",
    ] {
        let args: Vec<_> = command.split(' ').chain(["--help"]).collect();
        let text = project.fine(&args);
        assert!(text.lines().all(|line| line.chars().count() <= 100), "{command}");
        all.push_str(&format!("\n== {command}\n\n{text}"));
    }
    snapshot!("help", all);
    assert_eq!(project.fine(&["--version"]), format!("crossloom {}\n", env!("CARGO_PKG_VERSION")));
    for args in [&[][..], &["no-such-command"], &["lock", "--no-such-flag"], &["build"], &["verify"]] {
        assert_eq!(project.run(args).code, 2, "{args:?}");
    }
}

/// Ends of runs that can't write where they should. A file in a folder's place stops even root.
#[test]
fn nothing_is_left_where_nothing_can_be_written() {
    let project = Project::with_matrix();
    project.fine(&["lock"]);

    // The folder's place is taken; so are places within it.
    project.write("crossloom", "mine");
    assert!(project.fails(&["generate"]).contains("crossloom"));
    fs::remove_file(project.path("crossloom")).unwrap();
    symlink("/nowhere", project.path("crossloom")).unwrap();
    assert!(project.fails(&["generate"]).contains("symbolic link"));
    fs::remove_file(project.path("crossloom")).unwrap();
    project.write("crossloom/notes.txt", "mine");
    assert!(project.fails(&["generate"]).contains("crossloom is not a folder that crossloom generated"));
    fs::remove_dir_all(project.path("crossloom")).unwrap();

    project.fine(&["generate"]);
    fs::remove_file(project.path("crossloom/sources.nix")).unwrap();
    project.write("crossloom/sources.nix/mine", "mine");
    project.replace("crossloom/x86_64-linux.nix", "14.2.0", "14.2.1");
    assert!(project.fails(&["generate"]).contains("sources.nix is a folder"));

    // The lock's place is taken.
    let project = Project::with_matrix();
    project.write("matrix.lock/mine", "mine");
    assert!(project.fails(&["lock"]).contains("matrix.lock"));
    let project = Project::with_matrix();
    project.write("flake.lock/mine", "mine");
    assert!(project.fails(&["lock"]).contains("flake.lock"));
    let project = Project::with_matrix();
    symlink("/nowhere/flake.lock", project.path("flake.lock")).unwrap();
    assert!(project.fails(&["lock"]).contains("flake.lock is a symbolic link"));
    let project = Project::new();
    symlink("/nowhere/matrix.toml", project.path("matrix.toml")).unwrap();
    assert!(project.fails(&["init"]).contains("there already"));
}

#[test]
fn a_folder_without_permission_stays_as_it_is() {
    let project = Project::with_matrix();
    project.fine(&["lock"]);
    let allow = |mode| fs::set_permissions(project.dir(), fs::Permissions::from_mode(mode)).unwrap();
    allow(0o555);
    let root = fs::write(project.path("probe"), "").is_ok();
    if root {
        fs::remove_file(project.path("probe")).unwrap();
        let _ = writeln!(std::io::stderr(), "SKIP: permissions do not bind root");
    } else {
        let said = project.fails(&["generate"]);
        assert!(said.contains("permission denied") && said.contains("hint: check who owns it"), "{said}");
    }
    allow(0o755);
}
