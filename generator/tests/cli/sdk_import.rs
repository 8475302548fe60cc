//! `crossloom sdk import` as users run it, with a Nix store of its own: what is right ends up in store and lock, and
//! what is wrong in neither, nor anywhere else on disk.

use std::collections::BTreeMap;
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Output;
use std::time::Duration;

use crate::archives::{self, Cpio, Item, Items, below, cpio, file, gz, items, link, package, pbzx, sdk, tar, xz};
use crate::temporary_store::Store;
use assert_cmd::Command;
use crossloom::testing::nix::store::StorePath;
use serde_json::{Value, json};

const MATRIX: &str = r#"crossloom = 1

[build]
systems = ["x86_64-linux"]

[darwin]
targets = ["x86_64-apple-darwin22"]
sdk = ["zig", "mine", "other", "open"]

[sdk.mine]
kind = "file"

[sdk.other]
kind = "file"

[sdk.open]
kind = "xnu"
version = "11417.101.15"
hash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="
"#;

struct Project {
    store: Store,
    dir: PathBuf,
}

struct Run {
    code: i32,
    stdout: String,
    stderr: String,
}

/// Everything that must not change: paths with contents.
type State = BTreeMap<PathBuf, Vec<u8>>;

impl Project {
    /// A locked matrix and an empty store; nothing where there is no Nix.
    fn new() -> Option<Project> {
        let store = Store::new()?;
        let dir = store.path("project");
        fs::create_dir(&dir).unwrap();
        fs::write(dir.join("matrix.toml"), MATRIX).unwrap();
        // Makes the store, so that what a refused import adds to it can be seen.
        store.run("nix-store", ["--init"]);
        let project = Project { store, dir };
        let run = project.run(&["lock"]);
        assert_eq!(run.code, 0, "{}", run.stderr);
        Some(project)
    }

    fn run(&self, args: &[&str]) -> Run {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crossloom"));
        for name in ["CROSSLOOM_LOG", "RUST_LOG", "COLUMNS", "CLICOLOR_FORCE", "NO_COLOR", "NIX_STORE_DIR"] {
            command.env_remove(name);
        }
        command.env("NIX_REMOTE", format!("local?root={}", self.store.root.display()));
        // Nothing takes so long unless it waits for ever.
        command.timeout(Duration::from_secs(300));
        let Output { status, stdout, stderr } = command.args(args).current_dir(&self.dir).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        let run = Run { code: status.code().unwrap(), stdout: text(stdout), stderr: text(stderr) };
        assert!(!run.stderr.contains("panicked"), "{args:?}: {}", run.stderr);
        run
    }

    /// What is printed and said by a run that succeeds.
    fn fine(&self, args: &[&str]) -> (String, String) {
        let run = self.run(args);
        assert_eq!(run.code, 0, "{args:?}: {}", run.stderr);
        (run.stdout, run.stderr)
    }

    /// Nothing that was unpacked is left.
    fn is_clear(&self) {
        let names = |dir: &Path| -> Vec<_> {
            fs::read_dir(dir).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
        };
        let names = [names(&self.dir), names(&self.dir.join(".crossloom"))].concat();
        assert!(names.iter().all(|name| !name.starts_with(".crossloom-sdk-")), "{names:?}");
    }

    fn import(&self, name: &str, from: &str) -> Run {
        self.run(&["sdk", "import", "--name", name, from])
    }

    /// Imports what is right: the store path, and what was said.
    fn good(&self, name: &str, from: &str) -> (StorePath, String) {
        let run = self.import(name, from);
        assert_eq!(run.code, 0, "{from}: {}", run.stderr);
        (run.stdout.trim_end().parse().unwrap(), run.stderr)
    }

    /// What is said of what is wrong, which changes nothing.
    fn bad(&self, args: &[&str]) -> String {
        let before = self.state();
        let run = self.run(args);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{args:?}: {}", run.stderr);
        let after = self.state();
        assert_eq!(after.keys().collect::<Vec<_>>(), before.keys().collect::<Vec<_>>(), "{args:?}");
        assert!(after == before, "{args:?} changed a file");
        assert_eq!(run.stderr.matches("error: ").count(), 1, "{}", run.stderr);
        run.stderr
    }

    fn bad_import(&self, name: &str, from: &str) -> String {
        self.bad(&["sdk", "import", "--name", name, from])
    }

    /// What is in the project, in the store, and known to the store.
    fn state(&self) -> State {
        let mut state = State::new();
        let mut left = vec![self.dir.clone(), self.store.root.join("nix/store")];
        while let Some(directory) = left.pop() {
            for entry in fs::read_dir(&directory).unwrap() {
                let path = entry.unwrap().path();
                let kind = fs::symlink_metadata(&path).unwrap().file_type();
                let contents = if kind.is_symlink() {
                    fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
                } else if kind.is_dir() {
                    left.push(path.clone());
                    Vec::new()
                } else {
                    fs::read(&path).unwrap()
                };
                state.insert(path, contents);
            }
        }
        let known = self.store.run("nix", ["path-info", "--all"]);
        state.insert("known to the store".into(), known.into_bytes());
        state
    }

    fn write(&self, name: &str, bytes: impl AsRef<[u8]>) {
        fs::write(self.dir.join(name), bytes).unwrap();
    }

    fn lock(&self) -> Value {
        serde_json::from_slice(&fs::read(self.dir.join("matrix.lock")).unwrap()).unwrap()
    }
}

/// An SDK of another version.
fn other() -> Items {
    let mut other = sdk();
    other[0].1 = file(r#"{"CanonicalName": "macosx14.5", "Version": "14.5"}"#);
    other
}

/// Writes an SDK's files and links to disk.
fn lay_out(items: &Items, top: &Path) {
    for (path, item) in items {
        let path = top.join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        match item {
            Item::Directory => fs::create_dir_all(&path).unwrap(),
            Item::Symlink(target) => symlink(target, &path).unwrap(),
            Item::File(bytes) => fs::write(&path, bytes).unwrap(),
            Item::Program(bytes) => {
                fs::write(&path, bytes).unwrap();
                fs::set_permissions(&path, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
            }
            other => panic!("{other:?}"),
        }
    }
}

#[test]
fn an_sdk_gets_into_store_and_lock_whatever_it_comes_in() {
    let Some(project) = Project::new() else { return };
    let sources = project.lock()["sources"].take();
    let plain = below("MacOSX15.5.sdk/", &sdk());
    project.write("sdk.tar.xz", xz(&tar(&plain)));
    // The name says nothing.
    project.write("gzip.tar.xz", gz(&tar(&plain)));
    project.write("tools.pkg", package(pbzx(&cpio(&below("./Library/SDKs/MacOSX.sdk/", &sdk()), Cpio::Odc), 1 << 20)));
    lay_out(&sdk(), &project.dir.join("sdks/MacOSX.sdk"));

    let (path, said) = project.good("mine", "sdk.tar.xz");
    assert_eq!(path.name(), "MacOSX15.5.sdk");
    assert!(said.contains("mine is MacOSX15.5.sdk; next: crossloom generate"), "{said}");
    let written = fs::read(project.dir.join("matrix.lock")).unwrap();
    assert!(project.store.nix.is_valid(&path).unwrap());
    let real = project.store.real(&path);
    assert_eq!(fs::read(real.join("usr/lib/libSystem.tbd")).unwrap(), b"--- !tapi-tbd\n");
    assert_eq!(fs::read_link(real.join("usr/include/machine")).unwrap(), Path::new("sys"));
    // It stays, since it is a root.
    let root = project.dir.join(".crossloom").join(path.base_name());
    assert_eq!(fs::read_link(root).unwrap(), Path::new(&path.to_string()));
    project.store.run("nix-store", ["--gc"]);
    assert!(project.store.nix.is_valid(&path).unwrap());

    let lock = project.lock();
    assert_eq!(lock["sources"], sources);
    let hash = project.store.run("nix", ["hash", "path", &real.display().to_string()]);
    let hash = hash.trim_end();
    let sdk = json!({ "file": "MacOSX15.5.sdk", "version": "15.5", "origin": "sdk.tar.xz", "sha256": hash });
    assert_eq!(lock["sdks"]["mine"], sdk);
    // The same derivation's output: what the rendered tree names.
    let expression = format!(
        "(derivation {{ name = \"MacOSX15.5.sdk\"; system = \"x\"; builder = \"x\"; outputHash = \"{hash}\"; \
         outputHashMode = \"recursive\"; outputHashAlgo = \"sha256\"; }}).outPath"
    );
    assert_eq!(project.store.evaluate(&expression), path.to_string());

    // In every form it is the SDK that is locked, and the lock stays to the byte.
    for from in ["gzip.tar.xz", "tools.pkg", "sdks/MacOSX.sdk", "sdks", "sdks/MacOSX.sdk/."] {
        let (again, said) = project.good("mine", from);
        assert_eq!(again, path, "{from}");
        assert!(said.contains("mine was this SDK already"), "{said}");
        assert_eq!(fs::read(project.dir.join("matrix.lock")).unwrap(), written, "{from}");
    }
    // With `--replace`, too.
    project.fine(&["sdk", "import", "--replace", "--name", "mine", "tools.pkg"]);
    assert_eq!(fs::read(project.dir.join("matrix.lock")).unwrap(), written);

    // Another one of the same name takes its place when that is asked for, and is said to; one of another name does
    // not.
    project.write("other.tar.gz", gz(&tar(&below("MacOSX14.sdk/", &other()))));
    let said = project.bad_import("mine", "other.tar.gz");
    let (head, found) = said.split_once(", this MacOSX14.5.sdk is ").unwrap();
    let expected = format!("other.tar.gz is not the SDK that matrix.lock holds as mine: MacOSX15.5.sdk is {hash}");
    assert!(head.ends_with(&expected), "{said}");
    assert!(found.starts_with("sha256-") && found.contains("hint: ") && found.contains("--replace"), "{said}");
    let (printed, said) = project.fine(&["sdk", "import", "--replace", "--name", "mine", "other.tar.gz"]);
    assert!(printed.trim_end().ends_with("-MacOSX14.5.sdk"), "{printed}");
    let replaced = format!("mine is now MacOSX14.5.sdk, in place of MacOSX15.5.sdk ({hash}); next: ");
    assert!(said.contains(&replaced), "{said}");
    project.good("other", "sdk.tar.xz");
    let lock = project.lock();
    assert_eq!(lock["sdks"]["mine"]["origin"], "other.tar.gz");
    assert_eq!(lock["sdks"]["mine"]["file"], "MacOSX14.5.sdk");
    assert_eq!(lock["sdks"]["other"], sdk);
    // `crossloom lock` keeps them.
    assert_eq!(project.run(&["lock"]).code, 0);
    assert_eq!(project.lock(), lock);
    project.is_clear();
    // A name of the user's own that is no source's.
    let said = project.bad(&["lock", "--update", "mine"]);
    assert!(said.contains("hint: it is your own SDK: `crossloom sdk import --replace "), "{said}");
    // What the matrix no longer names stays in the lock, and is said to.
    project.write("matrix.toml", MATRIX.replace(", \"other\"", "").replace("[sdk.other]\nkind = \"file\"\n", ""));
    let (_, said) = project.fine(&["lock"]);
    assert!(said.contains("sdk other stays in ./matrix.lock") && !said.contains("sdk mine"), "{said}");
    assert_eq!(project.lock()["sdks"], lock["sdks"]);
}

/// What a killed import left goes with the next one; one that is at work is left alone.
#[test]
fn imports_clear_up_and_do_not_meet() {
    let Some(project) = Project::new() else { return };
    project.write("sdk.tar", tar(&below("MacOSX15.5.sdk/", &sdk())));
    let room = project.dir.join(".crossloom");
    let left = room.join(".crossloom-sdk-left/MacOSX15.5.sdk/usr");
    fs::create_dir_all(&left).unwrap();
    fs::write(left.join("file"), "").unwrap();
    fs::create_dir_all(room.join("mine")).unwrap();
    let lock = fs::File::open(&room).unwrap();
    rustix::fs::flock(&lock, rustix::fs::FlockOperation::LockExclusive).unwrap();
    let run = project.import("mine", "sdk.tar");
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("another crossloom is working in ") && run.stderr.contains("hint: "), "{}", run.stderr);
    assert!(left.join("file").exists());
    drop(lock);
    project.good("mine", "sdk.tar");
    project.is_clear();
    assert!(room.join("mine").exists() && room.join(".gitignore").exists());
}

/// The rendered folder has to be that of the lock: what was rendered before an import would be built from the old SDK.
#[test]
fn nothing_is_built_from_a_folder_that_the_lock_does_not_give() {
    let Some(project) = Project::new() else { return };
    project.write("sdk.tar", tar(&below("MacOSX15.5.sdk/", &sdk())));
    project.write("other.tar", tar(&below("MacOSX14.5.sdk/", &other())));
    let cell = "darwin-x86_64-apple-darwin22-sdk-mine";
    let check = format!("programs-{cell}");
    let build = |name: &str| {
        let run = project.run(&["build", name]);
        assert_eq!((run.code, run.stdout.as_str()), (2, ""), "{name}: {}", run.stderr);
        run.stderr
    };
    // Whatever machine this runs on.
    let systems = "[\"x86_64-linux\", \"aarch64-linux\"]\n[ci]\nsurfaces = [\"hydra\", \"github\"]";
    project.write("matrix.toml", MATRIX.replace("[\"x86_64-linux\"]", systems));
    let cells = format!("2 cells ({cell}, darwin-x86_64-apple-darwin22-sdk-other)");
    let (_, said) = project.fine(&["generate"]);
    assert!(said.contains(&format!("github builds nothing that needs an SDK of your own: {cells}; ")), "{said}");
    assert!(said.contains(&format!("hydra has no job for what needs an SDK that is not imported: {cells}")), "{said}");
    // A check of a cell that is not there yet is as much there as the cell.
    for name in [cell, &check] {
        let said = build(name);
        assert!(said.contains(&format!("{name} needs sdk mine, which is not in matrix.lock")), "{said}");
        assert!(said.contains("hint: run `crossloom sdk import --name mine FILE`"), "{said}");
    }
    for from in ["sdk.tar", "other.tar"] {
        project.fine(&["sdk", "import", "--replace", "--name", "mine", from]);
        let said = build(cell);
        assert!(said.contains(".nix does not match the matrix and the lock"), "{said}");
        assert!(said.contains("hint: run `crossloom generate`"), "{said}");
        project.fine(&["generate"]);
    }
}

/// Files for a machine without a network are collected; an SDK cannot be, and that is said.
#[test]
fn what_is_left_out_of_a_fetch_is_said() {
    let Some(project) = Project::new() else { return };
    let matrix = MATRIX.replace("\"zig\", ", "").replace(", \"open\"", "");
    project.write("matrix.toml", matrix.split("[sdk.open]").next().unwrap());
    project.fine(&["lock"]);
    project.write("sdk.tar", tar(&below("MacOSX15.5.sdk/", &sdk())));
    project.good("mine", "sdk.tar");
    // Below a file there is no folder, so that nothing is asked for.
    let run = project.run(&["fetch", "--system", "x86_64-linux", "--to", "sdk.tar/medium"]);
    assert_eq!(run.code, 2, "{}", run.stderr);
    let expected = "sdk mine has no address, so it is not in sdk.tar/medium: carry over the file that it was \
                    imported from, and run `crossloom sdk import --name mine FILE` there";
    assert!(run.stderr.contains(expected), "{}", run.stderr);
    let expected = "sdk other is not in matrix.lock, so nothing is fetched for darwin-x86_64-apple-darwin22-sdk-other";
    assert!(run.stderr.contains(expected), "{}", run.stderr);
}

#[test]
fn what_is_no_sdk_leaves_nothing() {
    let Some(project) = Project::new() else { return };
    project.write("good.tar.xz", xz(&tar(&below("MacOSX14.5.sdk/", &other()))));
    project.good("mine", "good.tar.xz");
    let with = |more: Items| tar(&[below("X.sdk/", &sdk()), more].concat());
    let whole = xz(&tar(&below("X.sdk/", &sdk())));
    let mut bomb = with(items([]));
    bomb.truncate(bomb.len() - 1024);
    archives::tar_header(&mut bomb, "X.sdk/zeros", b'0', 0o644, "", 70 << 20);
    let bomb = [xz(&bomb), xz(&[0; 1 << 20]).repeat(70), xz(&[0; 1024])].concat();
    for (bytes, expected) in [
        (whole[..whole.len() / 2].to_vec(), "it is cut short"),
        (b"hello".to_vec(), "it is not an archive of a known form"),
        (tar(&items([("readme", file(""))])), "it has no macOS SDK"),
        (bomb, "more than 200 times its size"),
        (with(items([("../x", file(""))])), "\"../x\" is refused: its path holds `..`"),
        (with(items([("/tmp/x", file(""))])), "\"/tmp/x\" is refused: its path is absolute"),
        (with(items([("X.sdk/x", link("/etc"))])), "\"X.sdk/x\" is refused: it is a symbolic link to the absolute"),
        (with(items([("X.sdk/x", link("../y"))])), "\"X.sdk/x\" is refused: it is a symbolic link out of the SDK"),
        (with(items([("X.sdk/x", link("usr")), ("X.sdk/x/y", file(""))])), "written through the symbolic link"),
        (with(items([("X.sdk/x", Item::HardLink("../y".to_owned()))])), "\"X.sdk/x\" is refused: it is a hard link to"),
    ] {
        project.write("bad.tar.xz", bytes);
        // One that has been imported stays, and a first one does not begin.
        for name in ["mine", "other"] {
            let said = project.bad_import(name, "bad.tar.xz");
            assert!(said.contains("error: cannot import bad.tar.xz: ") && said.contains(expected), "{said}");
            assert_eq!(said.matches("hint: ").count(), 1, "{said}");
        }
    }
    let said = project.bad_import("mine", "nowhere.tar.xz");
    assert!(said.contains("cannot import nowhere.tar.xz: cannot read nowhere.tar.xz"), "{said}");
    let said = project.bad(&["sdk", "import", "--name", "mine", "--sdk", "MacOSX13.sdk", "good.tar.xz"]);
    assert!(said.contains("it holds MacOSX14.5.sdk, not MacOSX13.sdk"), "{said}");
}

/// A clone may bring the folder that an import works in, as a link to anywhere.
#[test]
fn an_import_stays_in_its_own_folder() {
    let Some(project) = Project::new() else { return };
    project.write("good.tar", tar(&below("X.sdk/", &sdk())));
    let target = project.dir.join("target");
    fs::create_dir_all(target.join(".crossloom-sdk-mine")).unwrap();
    fs::write(target.join(".gitignore"), "mine").unwrap();
    let own = project.dir.join(".crossloom");
    symlink("target", &own).unwrap();
    let said = project.bad_import("mine", "good.tar");
    assert!(said.contains(".crossloom is a symbolic link; crossloom keeps links"), "{said}");
    fs::remove_file(&own).unwrap();

    // What was in the folder that the link led to is there, as it was.
    assert!(target.join(".crossloom-sdk-mine").is_dir());
    assert_eq!(fs::read(target.join(".gitignore")).unwrap(), b"mine");
    project.good("mine", "good.tar");
}

#[test]
fn the_matrix_and_its_lock_come_first() {
    let Some(project) = Project::new() else { return };
    project.write("good.tar", tar(&below("X.sdk/", &sdk())));
    let said = project.bad_import("unknown", "good.tar");
    assert!(said.contains("error: matrix.toml has no table [sdk.unknown]\n\nhint: "), "{said}");
    assert!(said.contains("\n\n[sdk.unknown]\nkind = \"file\"\n"), "{said}");
    assert!(project.bad_import("mime", "good.tar").contains("hint: did you mean \"mine\"?"));
    let said = project.bad_import("open", "good.tar");
    assert!(said.contains("[sdk.open] of matrix.toml is of kind \"xnu\", which needs no import"), "{said}");
    assert!(project.bad_import("zig", "good.tar").contains("\"zig\""));
    let said = project.bad(&["sdk", "import", "--name", "mine", "--matrix", "none.toml", "good.tar"]);
    assert!(said.contains("there is no none.toml"), "{said}");
    let lock = fs::read(project.dir.join("matrix.lock")).unwrap();
    project.write("matrix.lock", "{}");
    assert!(project.bad_import("mine", "good.tar").contains("matrix.lock: "));
    fs::remove_file(project.dir.join("matrix.lock")).unwrap();
    assert!(project.bad_import("mine", "good.tar").contains("hint: run `crossloom lock`"));
    project.write("matrix.lock", lock);
    project.good("mine", "good.tar");
}

#[test]
fn without_the_store_the_lock_stays_and_without_the_lock_the_store_is_said_to_have_it() {
    let Some(project) = Project::new() else { return };
    project.write("good.tar", tar(&below("X.sdk/", &sdk())));
    let lock = fs::read(project.dir.join("matrix.lock")).unwrap();
    // A file in the place of the store stops also root.
    let nix = project.store.root.join("nix");
    fs::rename(&nix, project.store.root.join("away")).unwrap();
    fs::write(&nix, "").unwrap();
    let run = project.import("mine", "good.tar");
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("nix-store"), "{}", run.stderr);
    assert_eq!(fs::read(project.dir.join("matrix.lock")).unwrap(), lock);
    let names: Vec<_> = fs::read_dir(&project.dir).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    // The matrix, both locks, what was imported from, and an empty folder to unpack in.
    assert_eq!(names.len(), 5, "{names:?}");
    project.is_clear();
    fs::remove_file(&nix).unwrap();
    fs::rename(project.store.root.join("away"), &nix).unwrap();

    // A link that can be read through and is not written through.
    fs::rename(project.dir.join("matrix.lock"), project.dir.join("elsewhere")).unwrap();
    symlink("elsewhere", project.dir.join("matrix.lock")).unwrap();
    let run = project.import("mine", "good.tar");
    assert_eq!((run.code, run.stdout.as_str()), (2, ""));
    assert!(run.stderr.contains("the SDK is in the Nix store as /nix/store/"), "{}", run.stderr);
    assert!(run.stderr.contains("but not in the lock: ") && run.stderr.contains("symbolic link"), "{}", run.stderr);
    assert_eq!(fs::read(project.dir.join("elsewhere")).unwrap(), lock);
    fs::rename(project.dir.join("elsewhere"), project.dir.join("matrix.lock")).unwrap();
    project.good("mine", "good.tar");
}
