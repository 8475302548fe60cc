//! The rendered tree on disk: what is written, what is refused, and that a refusal changes nothing.

use std::collections::BTreeMap;
use std::fs::{self, File, Permissions};
use std::io::{self, ErrorKind};
use std::os::unix::fs::{PermissionsExt as _, symlink};
use std::path::Path;
use std::time::{Duration, SystemTime};

use crate::output::{Difference, MARKER, Obstacle, OutputError, Tree, TreeFile, check, write, write_file};
use crate::report::Report;
use tempfile::TempDir;

fn tree(files: &[(&str, &str)]) -> Tree {
    files
        .iter()
        .map(|(path, body)| {
            let file = TreeFile { text: format!("{MARKER}\n{body}\n"), executable: path.ends_with(".sh") };
            (path.to_string(), file)
        })
        .collect()
}

fn sample() -> Tree {
    tree(&[
        ("crossloom/default.nix", "{ }"),
        ("crossloom/recipes/gcc.nix", "{ gcc }:\ngcc"),
        ("crossloom/seed/unpack.sh", "true"),
        ("flake.nix", "{ outputs = _: { }; }"),
    ])
}

/// A fresh directory with the sample tree in it.
fn written() -> TempDir {
    let dir = TempDir::new().unwrap();
    write(dir.path(), &sample()).unwrap();
    dir
}

/// Everything below a directory: path → mode, and bytes or link target.
fn snapshot(dir: &Path) -> BTreeMap<String, (u32, Vec<u8>)> {
    let mut all = BTreeMap::new();
    let mut folders = vec![dir.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let metadata = fs::symlink_metadata(&path).unwrap();
            let bytes = if metadata.is_dir() {
                folders.push(path.clone());
                Vec::new()
            } else if metadata.is_symlink() {
                fs::read_link(&path).unwrap().into_os_string().into_encoded_bytes()
            } else {
                fs::read(&path).unwrap()
            };
            let name = path.strip_prefix(dir).unwrap().to_string_lossy().into_owned();
            all.insert(name, (metadata.permissions().mode(), bytes));
        }
    }
    all
}

/// The error of a write that must not change anything.
fn refused(dir: &Path, tree: &Tree) -> OutputError {
    let before = snapshot(dir);
    let error = write(dir, tree).unwrap_err();
    assert_eq!(snapshot(dir), before, "a refused write left traces: {error}");
    error
}

fn mode(path: &Path) -> u32 {
    fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn fresh_write_then_check_is_empty() {
    let parent = TempDir::new().unwrap();
    let dir = parent.path().join("out");
    let all: Vec<String> = sample().into_keys().collect();

    let missing = check(&dir, &sample()).unwrap();
    assert_eq!(missing, all.iter().map(|path| Difference::Missing { path: path.clone() }).collect::<Vec<_>>());
    assert!(!dir.exists(), "a check creates nothing");

    let report = write(&dir, &sample()).unwrap();
    assert_eq!(report.written, all);
    assert_eq!((report.unchanged.len(), report.removed.len()), (0, 0));
    assert_eq!(check(&dir, &sample()).unwrap(), []);
    // Files and folders of the tree, and no temporaries.
    assert_eq!(snapshot(&dir).len(), all.len() + 3);
}

#[test]
fn only_one_level_is_created() {
    let parent = TempDir::new().unwrap();
    let error = write(&parent.path().join("a/b"), &sample()).unwrap_err().to_string();
    assert!(error.contains("a/b: its folder does not exist"), "{error}");
    assert_eq!(snapshot(parent.path()).len(), 0);
}

#[test]
fn hand_edit_is_seen_and_undone() {
    let dir = written();
    let path = dir.path().join("crossloom/recipes/gcc.nix");
    fs::write(&path, format!("{MARKER}\n{{ gcc }}:\nmine\x1b[2J\n")).unwrap();
    let found = check(dir.path(), &sample()).unwrap();
    let [difference] = found.as_slice() else { panic!("{found:?}") };
    assert_eq!(difference.path(), "crossloom/recipes/gcc.nix");
    assert_eq!(
        difference.to_string(),
        format!(
            "crossloom/recipes/gcc.nix: differs from what crossloom generates\n\
             --- crossloom/recipes/gcc.nix (on disk)\n\
             +++ crossloom/recipes/gcc.nix (generated)\n\
             @@ -1,3 +1,3 @@\n {MARKER}\n {{ gcc }}:\n-mine\\u{{1b}}[2J\n+gcc"
        )
    );
    assert!(difference.render(true).contains("\u{1b}[32m+gcc\u{1b}[0m"));

    let report = write(dir.path(), &sample()).unwrap();
    assert_eq!(report.written, ["crossloom/recipes/gcc.nix"]);
    assert_eq!(check(dir.path(), &sample()).unwrap(), []);
}

#[test]
fn long_diffs_are_cut() {
    let dir = written();
    let path = dir.path().join("crossloom/recipes/gcc.nix");
    let lines: String = (0..1000).map(|n| format!("{n}\n")).collect();
    fs::write(&path, lines).unwrap();
    let text = check(dir.path(), &sample()).unwrap()[0].to_string();
    // The headline, the lines of the diff, and the one that says how many there are besides.
    assert_eq!(text.lines().count(), 1 + 200 + 1);
    // Two headers, a hunk's header, 1000 lines away and three to come.
    assert!(text.ends_with("\n… and 806 more lines"), "{text}");

    fs::write(&path, "x".repeat(100_000)).unwrap();
    assert!(check(dir.path(), &sample()).unwrap()[0].to_string().len() < 2000);
    fs::write(&path, "\n".repeat(900_000)).unwrap();
    assert!(check(dir.path(), &sample()).unwrap()[0].to_string().contains("too large for a diff"));
}

#[test]
fn unmarked_flake_is_refused() {
    let dir = written();
    let flake = dir.path().join("flake.nix");
    for text in ["", "{ }\n", &MARKER[1..]] {
        fs::write(&flake, text).unwrap();
        let error = refused(dir.path(), &sample());
        assert!(matches!(error, OutputError::ForeignFile { .. }));
        let text = Report::of(&error).to_string();
        assert!(text.contains(flake.to_str().unwrap()) && text.contains("\n\nhint: move it away, or pass --no-flake"));
        assert!(matches!(check(dir.path(), &sample()), Err(OutputError::ForeignFile { .. })));
    }
}

#[test]
fn unmarked_folder_is_refused() {
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("crossloom");
    fs::create_dir(&folder).unwrap();
    fs::write(folder.join("notes"), "mine").unwrap();
    assert!(matches!(refused(dir.path(), &sample()), OutputError::ForeignFolder { .. }));

    fs::write(folder.join("default.nix"), "{ }\n").unwrap();
    let error = refused(dir.path(), &sample());
    assert!(error.to_string().contains(folder.to_str().unwrap()), "{error}");
    assert!(matches!(check(dir.path(), &sample()), Err(OutputError::ForeignFolder { .. })));

    // A marked file elsewhere vouches for nothing when it is reached by a link.
    fs::write(dir.path().join("marked"), format!("{MARKER}\n")).unwrap();
    fs::remove_file(folder.join("default.nix")).unwrap();
    symlink("../marked", folder.join("default.nix")).unwrap();
    assert!(matches!(refused(dir.path(), &sample()), OutputError::ForeignFolder { .. }));
}

#[test]
fn empty_folder_and_leftover_temporaries_are_taken_over() {
    let dir = TempDir::new().unwrap();
    let folder = dir.path().join("crossloom");
    fs::create_dir(&folder).unwrap();
    assert_eq!(check(dir.path(), &sample()).unwrap().len(), 4);
    fs::write(folder.join(".crossloom-tmp-abcdef"), "half").unwrap();
    let report = write(dir.path(), &sample()).unwrap();
    assert_eq!(report.removed, ["crossloom/.crossloom-tmp-abcdef"]);
    assert_eq!(check(dir.path(), &sample()).unwrap(), []);
}

#[test]
fn stale_files_go_inside_the_folder_only() {
    let dir = written();
    for folder in ["crossloom/old/deep", "recipes", "crossloom-mine"] {
        fs::create_dir_all(dir.path().join(folder)).unwrap();
    }
    let user = ["mine.nix", "recipes/mine.nix", "crossloom-mine/x", "matrix.toml"];
    for path in user {
        fs::write(dir.path().join(path), "mine").unwrap();
    }
    fs::write(dir.path().join("crossloom/old/deep/a.nix"), "").unwrap();
    fs::write(dir.path().join("crossloom/recipes/b.nix"), "").unwrap();
    symlink("../mine.nix", dir.path().join("crossloom/link")).unwrap();
    symlink("../recipes", dir.path().join("crossloom/linked-folder")).unwrap();

    let stale = ["crossloom/link", "crossloom/linked-folder", "crossloom/old/deep/a.nix", "crossloom/recipes/b.nix"];
    let found = check(dir.path(), &sample()).unwrap();
    assert_eq!(found, stale.map(|path| Difference::Stale { path: path.to_string() }));

    // A tree without the flake leaves the flake alone, marked or not.
    let mut rest = sample();
    rest.remove("flake.nix");
    let report = write(dir.path(), &rest).unwrap();
    assert_eq!(report.removed, stale);
    assert!(!dir.path().join("crossloom/old").exists());
    assert!(dir.path().join("crossloom/recipes/gcc.nix").exists());
    assert_eq!(check(dir.path(), &sample()).unwrap(), []);
    for path in user {
        assert_eq!(fs::read(dir.path().join(path)).unwrap(), b"mine", "{path}");
    }
}

#[test]
fn tree_without_the_folder_leaves_it_alone() {
    let dir = written();
    let before = snapshot(dir.path());
    let report = write(dir.path(), &Tree::new()).unwrap();
    assert_eq!(report, Default::default());
    assert_eq!(snapshot(dir.path()), before);
}

#[test]
fn links_are_not_written_through() {
    let elsewhere = TempDir::new().unwrap();
    let marked = format!("{MARKER}\n");
    for name in ["file", "gcc.nix", "default.nix"] {
        fs::write(elsewhere.path().join(name), &marked).unwrap();
    }
    let target = |name: &str| elsewhere.path().join(name);
    let before = snapshot(elsewhere.path());
    let traps = [
        ("flake.nix", target("file")),
        ("flake.nix", target("nowhere")),
        ("crossloom/recipes/gcc.nix", target("file")),
        ("crossloom/recipes", elsewhere.path().to_path_buf()),
        ("crossloom", elsewhere.path().to_path_buf()),
    ];
    for (path, to) in traps {
        let dir = written();
        let at = dir.path().join(path);
        if at.is_dir() {
            fs::remove_dir_all(&at).unwrap()
        } else {
            fs::remove_file(&at).unwrap()
        }
        symlink(to, &at).unwrap();
        match refused(dir.path(), &sample()) {
            OutputError::InTheWay { path, obstacle: Obstacle::Symlink } => assert_eq!(path, at),
            error => panic!("{error}"),
        }
        if path == "crossloom" {
            assert!(matches!(check(dir.path(), &sample()), Err(OutputError::InTheWay { .. })));
        } else {
            let found = check(dir.path(), &sample()).unwrap();
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].path().starts_with(path), "{found:?}");
            assert!(found[0].to_string().contains(&format!("\n{path} is a symbolic link")), "{found:?}");
        }
        assert_eq!(snapshot(elsewhere.path()), before);
    }
}

#[test]
fn output_directory_itself_may_be_a_link() {
    let real = written();
    let parent = TempDir::new().unwrap();
    let link = parent.path().join("out");
    symlink(real.path(), &link).unwrap();
    assert_eq!(check(&link, &sample()).unwrap(), []);
    assert_eq!(write(&link, &sample()).unwrap().unchanged.len(), 4);
}

#[test]
fn paths_that_reach_out_are_refused() {
    let parent = TempDir::new().unwrap();
    let dir = parent.path().join("out");
    fs::create_dir(&dir).unwrap();
    let absolute = parent.path().join("absolute").to_str().unwrap().to_string();
    let bad = [
        "",
        "/",
        &absolute,
        "..",
        ".",
        "../x",
        "crossloom/../../x",
        "crossloom/./x",
        "crossloom//x",
        "crossloom/",
        "a\0b",
        "crossloom",
        "crossloom/.crossloom-tmp-x",
        "flake.nix/x",
        "crossloom/default.nix/x/y",
    ];
    for path in bad {
        let mut tree = sample();
        tree.extend(self::tree(&[(path, "")]));
        assert!(matches!(write(&dir, &tree), Err(OutputError::BadPath { .. })), "{path:?}");
        assert!(matches!(check(&dir, &tree), Err(OutputError::BadPath { .. })), "{path:?}");
    }
    assert_eq!(snapshot(parent.path()).len(), 1);
}

#[test]
fn tree_that_no_later_run_could_replace_is_refused() {
    let dir = TempDir::new().unwrap();
    for path in ["crossloom/default.nix", "flake.nix", ".github/workflows/build.yml"] {
        let mut tree = sample();
        tree.insert(path.to_string(), TreeFile { text: "{ }\n".to_string(), executable: false });
        assert!(matches!(refused(dir.path(), &tree), OutputError::Unmarked { .. }));
    }
    assert!(matches!(refused(dir.path(), &tree(&[("crossloom/a", "")])), OutputError::BadPath { .. }));
}

#[test]
fn what_is_in_the_way_leaves_everything_as_it_was() {
    // The last file fails; those before it are new and would have been written.
    let mut tree = sample();
    tree.extend(self::tree(&[("crossloom/a/b/new.nix", ""), ("crossloom/z/last.nix", "")]));

    let dir = written();
    fs::create_dir_all(dir.path().join("crossloom/z/last.nix")).unwrap();
    let error = refused(dir.path(), &tree);
    assert!(matches!(error, OutputError::InTheWay { obstacle: Obstacle::Folder, .. }));
    let text = Report::of(&error).to_string();
    assert!(text.contains("crossloom/z/last.nix is a folder, and a file belongs there\n\nhint: "), "{text}");
    assert!(check(dir.path(), &tree).unwrap().iter().any(|found| found.to_string().contains("is a folder")));

    let dir = written();
    fs::write(dir.path().join("crossloom/z"), "a file").unwrap();
    let error = refused(dir.path(), &tree);
    assert!(matches!(error, OutputError::InTheWay { obstacle: Obstacle::NotFolder, .. }));
    assert!(error.to_string().contains("crossloom/z is not a folder"));

    let dir = TempDir::new().unwrap();
    fs::write(dir.path().join("crossloom"), "a file").unwrap();
    assert!(matches!(refused(dir.path(), &tree), OutputError::InTheWay { obstacle: Obstacle::NotFolder, .. }));
    let file = dir.path().join("crossloom");
    assert!(matches!(write(&file, &tree), Err(OutputError::InTheWay { obstacle: Obstacle::NotFolder, .. })));
}

/// The target's path is just short enough for the system and its temporary's is not: staging fails after others were
/// staged and folders were made, also for root.
#[cfg(target_os = "linux")]
#[test]
fn failed_staging_leaves_no_trace() {
    const LONGEST: usize = 4095;
    for existing in [true, false] {
        let parent = TempDir::new().unwrap();
        let dir = parent.path().join("out");
        if existing {
            write(&dir, &sample()).unwrap();
        }
        let mut path = "crossloom/z".to_string();
        let used = dir.to_str().unwrap().len() + 1;
        while used + path.len() < LONGEST - 220 {
            path.push('/');
            path.push_str(&"z".repeat(200));
        }
        path.push('/');
        path.push_str(&"z".repeat(LONGEST - 3 - used - path.len()));
        path.push_str("/a");
        let mut tree = tree(&[("crossloom/default.nix", "changed"), ("crossloom/b/new.nix", ""), (&path, "")]);
        let before = snapshot(parent.path());
        let error = write(&dir, &tree).unwrap_err();
        assert!(error.to_string().starts_with("cannot write "), "{error}");
        assert_eq!(snapshot(parent.path()), before);

        tree.remove(&path);
        assert_eq!(write(&dir, &tree).unwrap().written, ["crossloom/b/new.nix", "crossloom/default.nix"]);
    }
}

#[test]
fn unchanged_files_keep_their_time() {
    let dir = written();
    let long_ago = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000_000_000);
    for path in sample().keys() {
        File::options().write(true).open(dir.path().join(path)).unwrap().set_modified(long_ago).unwrap();
    }
    let mut tree = sample();
    tree.get_mut("flake.nix").unwrap().text.push_str("# more\n");
    let report = write(dir.path(), &tree).unwrap();
    assert_eq!((report.written.as_slice(), report.unchanged.len()), (["flake.nix".to_string()].as_slice(), 3));
    for path in tree.keys() {
        let time = fs::metadata(dir.path().join(path)).unwrap().modified().unwrap();
        assert_eq!(time == long_ago, path != "flake.nix", "{path}");
    }
}

#[test]
fn bytes_that_are_not_text() {
    let dir = written();
    fs::write(dir.path().join("crossloom/recipes/gcc.nix"), b"\xff\xfe\0").unwrap();
    let found = check(dir.path(), &sample()).unwrap();
    assert_eq!(found.len(), 1);
    assert!(found[0].to_string().ends_with("not UTF-8 text"), "{}", found[0]);
    assert_eq!(write(dir.path(), &sample()).unwrap().written.len(), 1);
    assert_eq!(check(dir.path(), &sample()).unwrap(), []);
}

#[cfg(target_os = "linux")]
#[test]
fn names_that_are_not_text() {
    use std::os::unix::ffi::OsStrExt as _;
    let dir = written();
    let name = std::ffi::OsStr::from_bytes(b"crossloom/\xff\n");
    fs::write(dir.path().join(name), "").unwrap();
    let found = check(dir.path(), &sample()).unwrap();
    assert_eq!(found, [Difference::Stale { path: "crossloom/\u{fffd}\\n".to_string() }]);
    assert_eq!(write(dir.path(), &sample()).unwrap().removed.len(), 1);
    assert!(!dir.path().join(name).exists());
}

#[test]
fn executable_bit() {
    let dir = written();
    let (script, recipe) = ("crossloom/seed/unpack.sh", "crossloom/recipes/gcc.nix");
    assert_eq!(mode(&dir.path().join(script)) & 0o100, 0o100);
    assert_eq!(mode(&dir.path().join(recipe)) & 0o111, 0);
    // As readable as any file that is simply created, which a temporary is not.
    fs::write(dir.path().join("plain"), "").unwrap();
    assert_eq!(mode(&dir.path().join(recipe)), mode(&dir.path().join("plain")));

    fs::set_permissions(dir.path().join(script), Permissions::from_mode(0o644)).unwrap();
    fs::set_permissions(dir.path().join(recipe), Permissions::from_mode(0o755)).unwrap();
    let found = check(dir.path(), &sample()).unwrap();
    assert_eq!(
        found,
        [
            Difference::ModeDiffers { path: recipe.to_string(), executable: false },
            Difference::ModeDiffers { path: script.to_string(), executable: true },
        ]
    );
    assert_eq!(found[1].to_string(), "crossloom/seed/unpack.sh: should be executable");
    assert_eq!(write(dir.path(), &sample()).unwrap().written, [recipe, script]);
    assert_eq!(check(dir.path(), &sample()).unwrap(), []);
}

#[test]
fn single_file() {
    let dir = TempDir::new().unwrap();
    let path = dir.path().join("matrix.lock");
    write_file(&path, "one\n").unwrap();
    assert_eq!(fs::read(&path).unwrap(), b"one\n");
    fs::set_permissions(&path, Permissions::from_mode(0o640)).unwrap();
    write_file(&path, "two\n").unwrap();
    assert_eq!((fs::read(&path).unwrap().as_slice(), mode(&path)), (b"two\n".as_slice(), 0o640));

    let link = dir.path().join("link");
    symlink("matrix.lock", &link).unwrap();
    let folder = dir.path().join("folder");
    fs::create_dir(&folder).unwrap();
    let before = snapshot(dir.path());
    assert!(matches!(write_file(&link, "x"), Err(OutputError::InTheWay { obstacle: Obstacle::Symlink, .. })));
    assert!(matches!(write_file(&folder, "x"), Err(OutputError::InTheWay { obstacle: Obstacle::Folder, .. })));
    let error = Report::of(&write_file(&dir.path().join("no/such"), "x").unwrap_err()).to_string();
    assert!(error.contains("no/such: its folder does not exist\n\nhint: create "), "{error}");
    assert_eq!(snapshot(dir.path()), before);
}

#[test]
fn what_the_system_says_is_named_with_its_path() {
    let said = |kind: ErrorKind| {
        Report::of(&OutputError::from_io("write", Path::new("/out/a"), io::Error::from(kind))).to_string()
    };
    assert!(said(ErrorKind::StorageFull).starts_with("cannot write /out/a: no space left\n\nhint: "));
    assert!(said(ErrorKind::PermissionDenied).starts_with("cannot write /out/a: permission denied\n\nhint: "));
    assert!(said(ErrorKind::IsADirectory).starts_with("/out/a is a folder"));
    assert_eq!(said(ErrorKind::ReadOnlyFilesystem), "cannot write /out/a: read-only filesystem or storage medium");
}
