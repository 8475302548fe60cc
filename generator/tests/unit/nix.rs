//! The module `nix` against the real programs of Nix, in stores of their own in temporary directories.
//!
//! Without Nix every test here says `SKIP`; `CROSSLOOM_REQUIRE_NIX=1` makes a failure of that.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs;
use std::io::Write;
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::{PermissionsExt, symlink};
use std::path::Path;

use super::nar_tree::Node;
use super::temporary_store::Store;
use crate::nix::aterm;
use crate::nix::driver::{Environment, Nix, NixError};
use crate::nix::hash::{FileHash, Sha256};
use crate::nix::nar;
use crate::nix::store::{self, Method, StoreName, StorePath};
use crate::report::Report;
use nix_archive::nar::{CaseHack, encode_path, restore};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

fn name(text: &str) -> StoreName {
    StoreName::new(text).unwrap()
}

/// A tree with everything that a NAR can hold, and names whose order differs between bytes, locales and suffixes.
fn sample_tree(root: &Path) {
    fs::create_dir_all(root.join("directory/empty")).unwrap();
    for (i, name) in
        ["a", "a-b", "a.b", "aB", "A", "ab", "é", "~", " ", "directory/x\ny", "directory.x"].iter().enumerate()
    {
        fs::write(root.join(name), "0123456789abcdef".get(..i + 6).unwrap_or_default()).unwrap();
    }
    fs::write(root.join("nothing"), "").unwrap();
    fs::write(root.join("big"), "x".repeat(200_001)).unwrap();
    if cfg!(target_os = "linux") {
        // Other systems refuse such names.
        fs::write(root.join(OsStr::from_bytes(b"latin-\xe9")), "1").unwrap();
        symlink(OsStr::from_bytes(b"\xff"), root.join(OsStr::from_bytes(b"\xfe"))).unwrap();
    }
    for (name, mode) in [("run", 0o755), ("owner", 0o700), ("group", 0o654), ("read", 0o444)] {
        fs::write(root.join(name), name).unwrap();
        fs::set_permissions(root.join(name), fs::Permissions::from_mode(mode)).unwrap();
    }
    symlink("a", root.join("link")).unwrap();
    symlink("x/".repeat(300), root.join("dangling")).unwrap();
    symlink("directory", root.join("link-to-directory")).unwrap();
    let deep = root.join("d/".repeat(150));
    fs::create_dir_all(&deep).unwrap();
    fs::write(deep.join("f"), "deep").unwrap();
}

#[test]
fn archives_are_those_of_nix() {
    let Some(store) = Store::new() else { return };
    let root = store.path("tree");
    sample_tree(&root);
    for part in ["", "a", "run", "group", "nothing", "link", "dangling", "directory", "directory/empty", "d"] {
        let path = if part.is_empty() { root.clone() } else { root.join(part) };
        let mut ours = Vec::new();
        nar::write(&path, &mut ours).unwrap();
        let dump = store.nix.command("nix-store", [OsStr::new("--dump"), path.as_os_str()]).output().unwrap();
        assert!(dump.status.success());
        assert!(ours == dump.stdout, "{}: {} bytes, Nix has {}", path.display(), ours.len(), dump.stdout.len());
        // The crate has a limit of 64 directories in one another.
        if !["", "d"].contains(&part) {
            let mut theirs = Vec::new();
            encode_path(&mut theirs, &path, CaseHack::Disabled).unwrap();
            assert!(ours == theirs, "{}", path.display());
        }
        assert_eq!(nar::hash_path(&path).unwrap(), (Sha256::of(&ours), ours.len() as u64));
        let hash = store.run("nix-hash", ["--type", "sha256", "--base32", path.to_str().unwrap()]);
        assert_eq!(hash.trim().parse(), Ok(nar::hash_path(&path).unwrap().0));
    }
}

fn node() -> impl Strategy<Value = Node> {
    let bytes = || proptest::collection::vec(any::<u8>(), 0..20);
    // Only what ext4 and APFS both take as names.
    let entry = "[a-zA-Z0-9.~é-]{1,4}".prop_filter("not . or ..", |name| name != "." && name != "..");
    let leaf = prop_oneof![
        (any::<bool>(), bytes()).prop_map(|(executable, bytes)| Node::File { executable, bytes }),
        "[a-z/.]{1,20}".prop_map(|target| Node::Symlink(target.into_bytes())),
    ];
    leaf.prop_recursive(4, 30, 6, move |inner| {
        let entries = proptest::collection::btree_map(entry.clone().prop_map(String::into_bytes), inner, 0..6);
        entries.prop_map(Node::Directory)
    })
}

#[test]
fn trees_in_memory_hash_as_on_disk() {
    let directory = tempfile::tempdir().unwrap();
    let count = std::cell::Cell::new(0);
    let mut runner = TestRunner::new(Config { cases: 64, failure_persistence: None, ..Config::default() });
    runner
        .run(&node(), |node| {
            count.set(count.get() + 1);
            let path = directory.path().join(count.get().to_string());
            restore(&node.archive(), &path, CaseHack::Disabled).unwrap();
            prop_assert_eq!(nar::hash_path(&path).unwrap(), node.hash());
            Ok(())
        })
        .unwrap();
}

#[test]
fn fixed_output_paths_are_those_of_nix() {
    let Some(store) = Store::new() else { return };
    let tree = store.path("tree");
    sample_tree(&tree);
    let file = tree.join("big");
    let recursive = nar::hash_path(&tree).unwrap().0;
    let executable = nar::hash_path(&tree.join("run")).unwrap().0;
    let flat = Sha256::of(&fs::read(&file).unwrap());
    for (path, method, hash, as_name) in [
        (&file, Method::Flat, flat, "big"),
        (&file, Method::Flat, flat, "gcc-12_12.2.0-14+deb12u1_amd64.deb"),
        (&tree, Method::Recursive, recursive, "tree"),
        (&tree, Method::Recursive, recursive, "renamed"),
        (&tree.join("run"), Method::Recursive, executable, "x?y=z"),
    ] {
        let computed = store::fixed_output_path(&name(as_name), method, hash);
        let mut args = vec!["--print-fixed-path", "sha256"];
        if method == Method::Recursive {
            args.insert(1, "--recursive");
        }
        let hex = hash.to_hex();
        args.extend([hex.as_str(), as_name]);
        assert_eq!(store.nix.run("nix-store", &args).unwrap().trim(), computed.to_string());

        assert!(!store.nix.is_valid(&computed).unwrap());
        assert_eq!(store.nix.add_fixed(path, &name(as_name), method).unwrap(), computed);
        assert!(store.nix.is_valid(&computed).unwrap());
        assert_eq!(nar::hash_path(&store.real(&computed)).unwrap(), nar::hash_path(path).unwrap());
    }
    let left: Vec<_> = fs::read_dir(store.directory.path()).unwrap().chain(fs::read_dir(&tree).unwrap()).collect();
    let stage = |entry: &fs::DirEntry| entry.file_name().to_string_lossy().contains("stage");
    assert!(!left.iter().flatten().any(stage), "staging left {left:?}");
}

#[test]
fn generated_trees_have_the_path_that_nix_gives_them() {
    let Some(store) = Store::new() else { return };
    let files = [("flake.nix", "{ }\n"), ("nix/musl.nix", "1"), ("nix/gcc/default.nix", "2")];
    for (path, text) in files {
        let path = store.path("generated").join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }
    let path = store::fixed_output_path(&name("source"), Method::Recursive, Node::of(files).hash().0);
    let expression = format!("builtins.path {{ path = {}; name = \"source\"; }}", store.path("generated").display());
    let printed = store.run("nix-instantiate", ["--eval", "--expr", &expression]);
    assert_eq!(printed.trim(), format!("\"{path}\""));
}

#[test]
fn another_store_directory_gives_other_paths() {
    let Some(store) = Store::with(|environment| environment.store_dir = Some("/opt/store".into())) else { return };
    let dir = store.nix.store_dir();
    assert_eq!(dir, "/opt/store");
    let hash = Sha256::of(b"x");
    for (method, flag) in [(Method::Flat, None), (Method::Recursive, Some("--recursive"))] {
        let computed = store::fixed_output_path_in(dir, &name("x"), method, hash.into()).path_in(dir);
        let hex = hash.to_hex();
        let args = ["--print-fixed-path"].into_iter().chain(flag).chain(["sha256", &hex, "x"]);
        assert_eq!(store.nix.run("nix-store", args).unwrap().trim(), computed);
    }
    let digits = "z4PhNX7vuL3xVChQ1m2AB9Yg5AULVxXcg/SpIdNs6c5H0NE8XYXysP+DGNKHfuwvY7kxvUdBeoGlODJ6+SfaPg==";
    let hash = FileHash::Sha512(format!("sha512-{digits}").parse().unwrap());
    for (method, flag) in [(Method::Flat, None), (Method::Recursive, Some("--recursive"))] {
        let computed = store::fixed_output_path_in(dir, &name("x"), method, hash).path_in(dir);
        let hex = hash.to_hex();
        let args = ["--print-fixed-path"].into_iter().chain(flag).chain(["sha512", &hex, "x"]);
        assert_eq!(store.nix.run("nix-store", args).unwrap().trim(), computed);
    }
    let expression = r#"derivation { name = "x"; system = "s"; builder = "b"; outputs = [ "out" "dev" ]; }"#;
    let printed = store.run("nix-instantiate", ["-E", expression]);
    let path = StorePath::parse_in(dir, printed.trim()).unwrap();
    let bytes = fs::read(store.real(&path)).unwrap();
    let outputs = aterm::outputs(&bytes, dir).unwrap();
    assert_eq!(outputs.keys().collect::<Vec<_>>(), ["dev", "out"]);
    let listed: BTreeSet<_> = outputs.into_values().flatten().map(|output| output.path_in(dir)).collect();
    let query = store.run("nix-store", ["--query", "--outputs", printed.trim()]);
    assert_eq!(listed, query.lines().map(str::to_owned).collect());
}

const DERIVATIONS: &str = r#"
let
  d = name: attributes: derivation ({ inherit name; system = "x86_64-linux"; builder = "/bin/sh"; } // attributes);
  zeros = "0000000000000000000000000000000000000000000000000000000000000000";
  # The same fixed output from two places: two derivations, one output path, one hash modulo.
  fixed = url: d "fixed" { inherit url; outputHashMode = "flat"; outputHashAlgo = "sha256"; outputHash = zeros; };
  tree = d "tree" { outputHashMode = "recursive"; outputHashAlgo = "sha256"; outputHash = zeros; };
  sri = d "sri" { outputHash = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="; };
  old = d "old" {
    outputHashMode = "recursive"; outputHashAlgo = "sha1";
    outputHash = "da39a3ee5e6b4b0d3255bfef95601890afd80709";
  };
  long = d "long" { outputHashAlgo = "sha512"; outputHash = builtins.hashString "sha512" ""; };
  outputs = [ "out" "dev" "man" ];
  # These differ in where their input comes from, so they share a hash modulo and their outputs' paths.
  left = d "twin" { src = fixed "left"; inherit outputs; };
  right = d "twin" { src = fixed "right"; inherit outputs; };
  special = d "special" {
    quotes = "\" \\ ' \${x} $"; lines = "a\nb\r\nc\td\n"; unicode = "é\u0001"; empty = "";
    list = [ 1 true null "x y" ];
    args = [ "-c" "echo \"$1\"\n" "" "é" ]; "odd name=" = 1;
  };
  source = builtins.toFile "source" "text";
  bottom = d "bottom" { inherit source; inherit special; };
  diamond = d "diamond" { a = d "a" { inherit bottom; }; b = d "b" { inherit bottom tree sri old long; }; };
in [
  special diamond left right
  (d "merged" { a = left.out; b = right.dev; })
  (d "merged-order" { a = right.man; b = left.out; c = left.dev; d = right.out; })
  (d "both-fixed" { a = fixed "left"; b = fixed "right"; })
  (d "only-dev" { outputs = [ "dev" ]; x = left.man; })
  (d "structured" {
    __structuredAttrs = true; outputs = [ "out" "lib" ]; nested = { a = [ 1 "é\n" ]; }; inherit diamond;
  })
  (d "of-derivation" { drv = diamond.drvPath; })
  (d "q?=+-._Z" { })
]
"#;

#[test]
fn outputs_of_derivations_are_those_of_nix() {
    let Some(store) = Store::new() else { return };
    let expression = store.path("derivations.nix");
    fs::write(&expression, DERIVATIONS).unwrap();
    let roots = store.run("nix-instantiate", [expression.to_str().unwrap()]);
    let mut args = vec!["--query", "--requisites"];
    // An output other than `out` is named after the path.
    args.extend(roots.lines().filter_map(|line| line.split('!').next()));
    let closure = store.nix.run("nix-store", &args).unwrap();
    let mut checked = BTreeSet::new();
    for line in closure.lines().filter(|line| line.ends_with(".drv")) {
        let path: StorePath = line.parse().unwrap();
        let outputs = aterm::outputs(&fs::read(store.real(&path)).unwrap(), store.nix.store_dir()).unwrap();
        for (name, output) in outputs {
            let listed = store.run("nix-store", ["--query", "--binding", &name, line]);
            assert_eq!(output.unwrap().to_string(), listed.trim_end(), "{line}: {name}");
            checked.insert(format!("{} {name}", path.name()));
        }
    }
    assert_eq!(checked.len(), 21, "{checked:?}");
}

#[test]
fn many_files_are_added_at_once_and_links_are_not_followed() {
    let Some(store) = Store::new() else { return };
    // More than a batch, with two of the same name among them.
    let files: Vec<_> = (0..520)
        .map(|n| {
            let path = store.path(&format!("file {n}"));
            fs::write(&path, n.to_string()).unwrap();
            (path, name(&format!("x{}", n / 2)))
        })
        .collect();
    let added = store.nix.add_fixed_all(&files, Method::Flat, "sha256").unwrap();
    for (n, path) in added.iter().enumerate() {
        let hash = Sha256::of(n.to_string().as_bytes());
        assert_eq!(*path, store::fixed_output_path(&name(&format!("x{}", n / 2)), Method::Flat, hash));
    }
    let absent = store::fixed_output_path(&name("absent"), Method::Flat, Sha256::of(b""));
    let valid = store.nix.valid_paths(added.iter().chain([&absent])).unwrap();
    assert_eq!(valid, added.iter().cloned().collect());
    assert_eq!(store.nix.add_fixed_all(&[], Method::Flat, "sha256").unwrap(), []);

    let link = store.path("link");
    symlink("file 1", &link).unwrap();
    for as_name in ["link", "renamed"] {
        let path = store.nix.add_fixed(&link, &name(as_name), Method::Recursive).unwrap();
        assert_eq!(fs::read_link(store.real(&path)).unwrap(), Path::new("file 1"));
    }
    let missing = store.path("missing");
    for as_name in ["missing", "renamed"] {
        let error = store.nix.add_fixed(&missing, &name(as_name), Method::Flat).unwrap_err();
        assert!(matches!(&error, NixError::Stage { path, .. } if *path == missing), "{error}");
    }
}

#[test]
fn roots_keep_paths() {
    let Some(store) = Store::new() else { return };
    let file = store.path("kept");
    fs::write(&file, "kept").unwrap();
    let kept = store.nix.add_fixed(&file, &name("kept"), Method::Flat).unwrap();
    let link = store.path("root-link");
    // Twice: the second replaces the first.
    for _ in 0..2 {
        store.nix.add_root(&kept, &link).unwrap();
    }
    assert_eq!(fs::read_link(&link).unwrap(), Path::new(&kept.to_string()));
    let roots = store.run("nix-store", ["--gc", "--print-roots"]);
    assert!(roots.contains(&format!("{} -> {kept}", link.display())), "{roots}");
    let absent = store::fixed_output_path(&name("absent"), Method::Flat, Sha256::of(b""));
    assert!(store.nix.add_root(&absent, &store.path("no-link")).is_err());
    assert!(!store.path("no-link").exists());
}

#[test]
fn settings_reach_nix_behind_the_users_own() {
    let user = "cores = 3\nsandbox = false\nsandbox-paths = /dev/null /bin/sh=/nowhere";
    let Some(store) = Store::with(|environment| environment.nix_config = Some(user.into())) else { return };
    let shell = Path::new("/nix/some/busybox");
    let nix = store.nix.clone().with_shell(shell).unwrap();
    let settings = nix.run("nix", ["config", "show"]).or_else(|_| nix.run("nix", ["show-config"])).unwrap();
    let settings: BTreeMap<_, _> = settings.lines().filter_map(|line| line.split_once(" = ")).collect();
    assert_eq!(settings["cores"], "3");
    assert_eq!(settings["substitute"], "false");
    assert_eq!(settings["sandbox"], if cfg!(target_os = "linux") { "true" } else { "false" });
    let paths: BTreeSet<_> = settings["sandbox-paths"].split(' ').collect();
    assert_eq!(paths, ["/dev/null", "/bin/sh=/nix/some/busybox"].into());
    // With no network this would fail if the global registry were asked for.
    assert!(!nix.run("nix", ["registry", "list"]).unwrap().lines().any(|line| line.starts_with("global")));
    for shell in ["/a b", "/a#b", "/a=b", "/a\nb"] {
        assert!(matches!(store.nix.clone().with_shell(Path::new(shell)), Err(NixError::Shell { .. })), "{shell}");
    }
}

#[test]
fn a_sandboxed_build_has_the_shell_it_was_given() {
    let Some(store) = Store::new() else { return };
    let shell = Path::new("/bin/busybox");
    if !cfg!(target_os = "linux") || !shell.exists() {
        let _ = writeln!(std::io::stderr(), "SKIP: a sandboxed build (no static busybox)");
        return;
    }
    let nix = store.nix.clone().with_shell(shell).unwrap();
    let system = store.run("nix-instantiate", ["--eval", "--expr", "builtins.currentSystem"]);
    let script = "[ ! -e /etc/nix ] && echo $0 > $out";
    let expression = format!(
        "derivation {{ name = \"x\"; system = {system}; builder = \"/bin/sh\"; args = [ \"-c\" \"{script}\" ]; }}"
    );
    let printed = nix.run("nix-build", ["--no-out-link", "-E", &expression]).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(fs::read_to_string(store.real(&printed.trim().parse().unwrap())).unwrap(), "sh\n");
}

#[test]
fn failures_show_the_command_and_its_last_words() {
    let Some(store) = Store::new() else { return };
    let error = store.nix.run("nix-instantiate", ["-E", "throw \"a reason\""]).unwrap_err().to_string();
    assert!(error.starts_with("`nix-instantiate -E 'throw \"a reason\"'` failed (exit status: 1):\n  "), "{error}");
    assert!(error.contains("a reason"), "{error}");
    let error = store.nix.run("nix-nonesuch", ["x"]).unwrap_err();
    assert!(matches!(&error, NixError::Start { program, .. } if program.ends_with("nix-nonesuch")), "{error}");
    // After a failure the store can still be used.
    let derivation = r#"derivation { name = "x"; system = "s"; builder = "b"; }"#;
    assert!(store.run("nix-instantiate", ["-E", derivation]).trim_end().ends_with("-x.drv"));
}

/// No real Nix is needed for these: programs of that name stand in for it.
#[test]
fn missing_old_and_odd_nixes_are_told_apart() {
    let directory = tempfile::tempdir().unwrap();
    let program = directory.path().join("nix");
    let environment = Environment { path: Some(directory.path().into()), ..Environment::default() };
    let locate = |script: &str| {
        fs::write(&program, format!("#!/bin/sh\n{script}\n")).unwrap();
        fs::set_permissions(&program, fs::Permissions::from_mode(0o755)).unwrap();
        Nix::locate_in(&environment)
    };
    let error = locate("echo 'nix (Nix) 2.3.16'").unwrap_err();
    assert!(matches!(error, NixError::TooOld { .. }), "{error}");
    let text = Report::of(&error).to_string();
    assert!(text.contains("2.3") && text.contains("hint: upgrade Nix"), "{text}");
    assert!(matches!(locate("echo nix"), Err(NixError::Version { .. })));
    let error = locate("echo 'error: bad NIX_CONFIG' >&2; exit 1").unwrap_err();
    assert!(
        error.to_string().ends_with("`nix --version` failed (exit status: 1):\n  error: bad NIX_CONFIG"),
        "{error}"
    );

    // A file that is no program is passed over for the next directory.
    fs::set_permissions(&program, fs::Permissions::from_mode(0o644)).unwrap();
    match Nix::locate_in(&environment) {
        Ok(nix) => assert!(!Path::new(nix.command("nix", [""; 0]).get_program()).starts_with(directory.path())),
        Err(NixError::NotFound { searched }) => assert_eq!(searched[0], directory.path()),
        Err(error) => panic!("{error}"),
    }
}
