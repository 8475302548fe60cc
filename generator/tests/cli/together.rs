//! Several runs of the program in one project, runs that were killed, and projects that set traps.

use std::collections::BTreeSet;
use std::fs;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

use tempfile::TempDir;

const MATRIX: &str = r#"crossloom = 1

[build]
systems = ["x86_64-linux"]

[musl-gcc]
targets = ["x86_64-linux-musl"]
"#;

fn project() -> TempDir {
    let project = tempfile::tempdir().unwrap();
    fs::write(project.path().join("matrix.toml"), MATRIX).unwrap();
    project
}

fn command(dir: &Path, args: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossloom"));
    for name in ["CROSSLOOM_LOG", "RUST_LOG"] {
        command.env_remove(name);
    }
    command.args(args).current_dir(dir).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    command
}

fn start(dir: &Path, args: &[&str]) -> Child {
    command(dir, args).spawn().unwrap()
}

/// Exit code and what was said.
fn end(child: Child) -> (i32, String) {
    let Output { status, stderr, .. } = child.wait_with_output().unwrap();
    (status.code().unwrap(), String::from_utf8(stderr).unwrap())
}

fn fine(dir: &Path, args: &[&str]) {
    let (code, said) = end(start(dir, args));
    assert_eq!(code, 0, "{args:?}: {said}");
}

/// Names of everything below a folder.
fn names(dir: &Path) -> BTreeSet<String> {
    let (mut names, mut left) = (BTreeSet::new(), vec![dir.to_owned()]);
    while let Some(folder) = left.pop() {
        for entry in fs::read_dir(&folder).unwrap().flatten() {
            names.insert(entry.path().strip_prefix(dir).unwrap().display().to_string());
            if entry.file_type().unwrap().is_dir() {
                left.push(entry.path());
            }
        }
    }
    names
}

#[test]
fn commands_that_write_wait_for_whoever_is_at_work() {
    let project = project();
    fine(project.path(), &["lock"]);
    let held = fs::File::open(project.path()).unwrap();
    rustix::fs::flock(&held, rustix::fs::FlockOperation::LockExclusive).unwrap();
    let before = names(project.path());
    let commands: [&[&str]; 3] = [&["lock"], &["generate"], &["init", "--matrix", "other.toml"]];
    let children = commands.map(|args| start(project.path(), args));
    // What only reads does not wait.
    fine(project.path(), &["check"]);
    fine(project.path(), &["lock", "--check"]);
    for (args, child) in commands.into_iter().zip(children) {
        let (code, said) = end(child);
        assert_eq!(code, 2, "{args:?}: {said}");
        let busy =
            "error: another crossloom is working in .\n\nhint: wait until it is done, and run the command again\n";
        assert!(said.ends_with(busy), "{args:?}: {said}");
    }
    assert_eq!(names(project.path()), before);
    drop(held);
    fine(project.path(), &["generate"]);
}

#[test]
fn several_that_write_the_same_do_not_meet() {
    let project = project();
    fine(project.path(), &["lock"]);
    for round in 0..3 {
        let _ = fs::remove_dir_all(project.path().join("crossloom"));
        let _ = fs::remove_file(project.path().join("flake.nix"));
        let children: Vec<_> = (0..4).map(|_| start(project.path(), &["generate"])).collect();
        for child in children {
            let (code, said) = end(child);
            assert_eq!(code, 0, "round {round}: {said}");
        }
        fine(project.path(), &["generate", "--check"]);
        let left: Vec<_> = names(project.path()).into_iter().filter(|name| name.contains("crossloom-tmp")).collect();
        assert_eq!(left, Vec::<String>::new());
    }
}

#[test]
fn what_killed_runs_left_goes_with_the_next_one() {
    let project = project();
    fine(project.path(), &["lock"]);
    let before = names(project.path());
    let left = |name: &str| {
        let path = project.path().join(name);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, "half").unwrap();
    };
    left(".crossloom-tmp-a");
    fine(project.path(), &["lock"]);
    assert_eq!(names(project.path()), before);

    left(".github/workflows/.crossloom-tmp-a");
    left("crossloom/recipes/.crossloom-tmp-a");
    fine(project.path(), &["generate"]);
    assert!(names(project.path()).iter().all(|name| !name.contains("crossloom-tmp")), "{:?}", names(project.path()));
}

/// As a file on a full disk: the exit code still tells how it went.
#[test]
fn a_standard_error_that_takes_nothing_changes_nothing() {
    let project = project();
    let run = |args: &[&str]| {
        let full = fs::File::options().write(true).open("/dev/full").unwrap();
        command(project.path(), args).stderr(full).status().unwrap().code()
    };
    assert_eq!(run(&["lock", "--matrix", "absent.toml"]), Some(2));
    assert_eq!(run(&["lock"]), Some(0));
    assert!(project.path().join("matrix.lock").is_file());
    // So do problems of a matrix, which are shown with their places.
    fs::write(project.path().join("wrong.toml"), "crossloom = 2\n").unwrap();
    assert_eq!(run(&["check", "--matrix", "wrong.toml"]), Some(2));
    // Every file that cannot be had is told of.
    assert_eq!(run(&["fetch", "--quiet", "--to", "matrix.toml/to"]), Some(2));
}

/// The folder for this machine's links is nothing that a project can lead elsewhere.
#[test]
fn a_project_does_not_say_where_links_are_kept() {
    let Some(_store) = crate::temporary_store::Store::new() else { return };
    let (project, elsewhere) = (project(), tempfile::tempdir().unwrap());
    let matrix = MATRIX.replace("musl-gcc", "darwin").replace("x86_64-linux-musl", "x86_64-apple-darwin22");
    let matrix = format!("{matrix}sdk = [\"mine\"]\n\n[sdk.mine]\nkind = \"file\"\n");
    fs::write(project.path().join("matrix.toml"), matrix).unwrap();
    fine(project.path(), &["lock"]);
    symlink(elsewhere.path(), project.path().join(".crossloom")).unwrap();
    let (code, said) = end(start(project.path(), &["sdk", "import", "--name", "mine", "."]));
    assert!(code == 2 && said.contains(".crossloom is a symbolic link"), "{said}");
    assert_eq!(names(elsewhere.path()), BTreeSet::new());
}

/// With an empty or relative entry in PATH, what lies in a project would run: as root, if root runs crossloom.
#[test]
fn programs_that_lie_in_a_project_do_not_run() {
    let project = project();
    fine(project.path(), &["lock"]);
    fs::create_dir(project.path().join("bin")).unwrap();
    for name in ["getent", "gpgv", "diffoscope", "git", "nix", "nix-store", "python3", "python"] {
        for folder in ["", "bin/"] {
            let path = project.path().join(format!("{folder}{name}"));
            fs::write(&path, "#!/bin/sh\necho >>ran \"$0\"\n").unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    let release = project.path().join("debian/dists/bookworm");
    fs::create_dir_all(&release).unwrap();
    fs::write(release.join("InRelease"), "not signed").unwrap();
    let mirror = format!("file://{}", project.path().join("debian").display());
    let keys = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/data/seed/archive-key.gpg");
    let store = format!("local?root={}", project.path().join("root").display());
    let path = format!(":.:bin:{}", std::env::var("PATH").unwrap());
    let commands: [&[&str]; 2] =
        [&["seed", "lock", "--mirror", &mirror, "--keyring", keys], &["nix", "eval", "--expr", "1"]];
    for args in commands {
        let (_, said) =
            end(command(project.path(), args).envs([("PATH", &path), ("NIX_REMOTE", &store)]).spawn().unwrap());
        let ran = fs::read_to_string(project.path().join("ran")).unwrap_or_default();
        assert_eq!(ran, "", "{args:?}: {said}");
    }
}
