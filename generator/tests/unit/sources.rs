//! Sources of the user's: from `[source.NAME]` to the lock, nodes and files, and commits that git brings.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use std::process::Command;

use super::project::{Files, lock, matrix, planned, seeds};
use super::server::{mirrors, options};
use crate::diag;
use crate::fetch::{Failure, FetchError, Wanted, fetch_all};
use crate::lock::{Lock, LockError, LockedSource};
use crate::matrix::Matrix;
use crate::nix::hash::Sha256;
use crate::plan::{Arg, Output, Plan, SystemPlan};
use crate::platform::System;
use crate::programs;
use crate::store::needed::needed;

const PATCH: &str = "--- a/x\n+++ b/x\n@@ -1 +1 @@\n-a\n+b\n";
const HEAD: &str = "crossloom = 1\n[build]\nsystems = [\"x86_64-linux\"]\n";
const PATCHED: &str = "[source.mine]\npackage = \"musl\"\nversion = \"1.2.5-mine\"\nrelease = \"1.2.5\"\n\
                       patches = [\"one.patch\", \"sub/two.patch\"]\n\
                       [musl-gcc]\ntargets = [\"x86_64-linux-musl\"]\nmusl = [\"1.2.5\", \"1.2.5-mine\"]\n";

fn files() -> Files {
    Files(BTreeMap::new()).with("one.patch", PATCH).with("sub/two.patch", PATCH).with("a/musl.tar.gz", "an archive")
}

fn read(rest: &str, files: &Files) -> Matrix {
    let text = format!("{HEAD}{rest}");
    Matrix::parse_with(&text, files)
        .unwrap_or_else(|problems| panic!("{}", diag::render("matrix.toml", &text, &problems, false)))
}

fn of_a_file() -> String {
    let hash = Sha256::of(b"an archive");
    format!(
        "[source.mine]\npackage = \"musl\"\nversion = \"1.2.6-fork\"\nfile = \"a/musl.tar.gz\"\nhash = \"{hash}\"\n\
         [musl-gcc]\ntargets = [\"x86_64-linux-musl\"]\nmusl = [\"1.2.6-fork\"]\n"
    )
}

fn system(plan: &Plan) -> &SystemPlan {
    &plan.systems[&System::X86_64Linux]
}

#[test]
fn an_archive_holds_the_patches_of_what_it_is_made_of() {
    let plan = planned(&read(&format!("{PATCHED}archive = true\n"), &files()));
    let names: Vec<_> = system(&plan).nodes.iter().map(|node| node.name.clone()).collect();
    let of = |name: &str| {
        system(&plan).nodes.iter().find(|node| node.name == name).unwrap_or_else(|| panic!("{names:?}")).args.clone()
    };
    let [one, two] = ["one.patch", "two.patch"].map(|file| format!("musl-1.2.5-mine/{file}"));
    let args = of("archive-14_2_0-x86_64-linux-musl-musl-1_2_5-mine");
    assert_eq!(args["patchnames"], Arg::Texts(vec![one.clone(), two.clone()]));
    assert_eq!(args["patches"], Arg::Files([one, two].map(|file| format!("patches/{file}")).to_vec()));
    assert_eq!(of("archive-14_2_0-x86_64-linux-musl")["patches"], Arg::Files(Vec::new()));
}

#[test]
fn a_patched_release_is_built_from_by_everything_that_takes_it() {
    let plan = planned(&read(PATCHED, &files()));
    let places = ["patches/musl-1.2.5-mine/one.patch", "patches/musl-1.2.5-mine/two.patch"];
    assert_eq!(plan.files.keys().collect::<Vec<_>>(), places);
    let system = system(&plan);
    let at = |name: &str| system.nodes.iter().position(|node| node.name == name).unwrap_or_else(|| panic!("{name}"));
    let source = &system.nodes[at("source-musl-1_2_5-mine")];
    assert_eq!(source.recipe, "source/patched-source");
    assert_eq!(source.args["src"], Arg::Source("musl-1.2.5-mine".to_owned()));
    assert_eq!(source.args["patches"], Arg::Files(places.map(str::to_owned).to_vec()));
    // The fixes for the release are applied to it after the user's patches.
    let fixed = "musl-source-1_2_5-mine-debian-1_2_5-3_1";
    assert_eq!(system.nodes[at("musl-1_2_5-mine-x86_64-linux-musl")].args["src"], Arg::Node(fixed.to_owned()));
    for name in ["musl-headers-1_2_5-mine-x86_64", fixed] {
        assert_eq!(system.nodes[at(name)].args["src"], Arg::Node(source.name.clone()), "{name}");
        assert!(at(&source.name) < at(name));
    }
    let check = system.checks.iter().find(|check| check.name == "seed-musl-1_2_5-mine").unwrap();
    assert!(check.args.contains(&("src", Arg::Node(source.name.clone()))), "{:?}", check.args);
    // The release itself is as it was.
    assert_eq!(system.nodes[at("musl-headers-1_2_5-x86_64")].args["src"], Arg::Source("musl-1.2.5".to_owned()));
    let cells: Vec<_> = system.cells.iter().map(|cell| cell.name.as_str()).collect();
    assert_eq!(cells, ["musl-gcc-x86_64-linux-musl", "musl-gcc-x86_64-linux-musl-musl-1_2_5_mine"]);
    assert!(system.cells.iter().all(|cell| matches!(cell.output, Output::Node(_))));
}

#[test]
fn the_order_and_the_text_of_patches_count() {
    let tree = |text: &str, files: &Files| {
        let matrix = read(text, files);
        crate::tree::tree(&planned(&matrix), &seeds(&matrix), false).unwrap()
    };
    let tree_of = tree(PATCHED, &files());
    assert_eq!(tree_of["crossloom/patches/musl-1.2.5-mine/one.patch"].text, PATCH);
    let text = &tree_of["crossloom/x86_64-linux.nix"].text;
    let (one, two) = (text.find("mine/one.patch").unwrap(), text.find("mine/two.patch").unwrap());
    assert!(one < two, "{text}");
    let swapped = PATCHED.replace("[\"one.patch\", \"sub/two.patch\"]", "[\"sub/two.patch\", \"one.patch\"]");
    let text = &tree(&swapped, &files())["crossloom/x86_64-linux.nix"].text;
    assert!(text.find("mine/one.patch") > text.find("mine/two.patch"), "{text}");
    let other = files().with("one.patch", &PATCH.replace('b', "c"));
    assert_ne!(read(PATCHED, &files()), read(PATCHED, &other), "matrices with other patches are not the same");
    assert_eq!(read(PATCHED, &files()), read(PATCHED, &files()));
}

#[test]
fn the_version_that_gcc_knows_is_in_the_names_of_its_folders() {
    let text = "[source.mine]\npackage = \"gcc\"\nversion = \"14.2.0-mine\"\nrelease = \"14.2.0\"\npatches = \
                [\"one.patch\"]\n[musl-gcc]\ntargets = [\"x86_64-linux-musl\"]\ngcc = [\"14.2.0-mine\"]\n";
    let plan = planned(&read(text, &files()));
    let gcc: Vec<_> = system(&plan).nodes.iter().filter(|node| node.name.contains("14_2_0-mine")).collect();
    assert!(gcc.len() > 3, "{gcc:?}");
    for node in gcc.iter().filter(|node| !node.name.starts_with("source-")) {
        let version = node.args.get("version");
        assert!(matches!(version, Some(Arg::Text(version)) if version != "14.2.0-mine"), "{node:?}");
    }
}

/// A lock as crossloom wrote it before matrices had sources of their own.
const BEFORE: &str = r#"{
  "version": 1,
  "sources": {
    "musl-1.2.5": {
      "variant": "upstream",
      "file": "musl-1.2.5.tar.gz",
      "sha256": "sha256-qaEYu+hNh2TaDqDSizqz+uhHf8fkCF2QECuFlvx8deQ=",
      "size": 1080786,
      "urls": [
        "mirror://debian/pool/main/m/musl/musl_1.2.5.orig.tar.gz",
        "https://musl.libc.org/releases/musl-1.2.5.tar.gz"
      ]
    }
  }
}
"#;

#[test]
fn a_lock_from_before_reads_and_keeps_its_entries() {
    let before = Lock::parse(BEFORE).unwrap();
    let musl = &before.sources["musl-1.2.5"];
    assert_eq!((musl.own, &musl.source, &musl.path, musl.tree), (false, &None, &None, false));
    let patched = read(PATCHED, &files());
    let now = Lock::resolve(&patched.wanted(), &patched.prefer, Some(&before), &BTreeSet::new()).unwrap();
    // The order of addresses is the preference's.
    let urls = |source: &LockedSource| source.urls.iter().cloned().collect::<BTreeSet<_>>();
    let kept = &now.sources["musl-1.2.5"];
    assert_eq!((kept.hash, kept.variant, urls(kept)), (musl.hash, musl.variant, urls(musl)));
    assert_eq!(now.sources["musl-1.2.5-mine"].source.as_deref(), Some("mine"));
    assert!(patched.plan(&before).is_err() && patched.plan(&now).is_ok());
}

#[test]
fn a_lock_follows_the_table() {
    let (patched, own) = (read(PATCHED, &files()), read(&of_a_file(), &files()));
    let locked = lock(&patched).sources["musl-1.2.5-mine"].clone();
    assert_eq!((locked.own, locked.source.as_deref()), (false, Some("mine")));
    let file = lock(&own).sources["musl-1.2.6-fork"].clone();
    assert_eq!((file.own, file.path.as_deref(), file.urls.len()), (true, Some("a/musl.tar.gz"), 0));
    assert_eq!(Lock::parse(&lock(&own).to_text()).unwrap(), lock(&own));

    // An entry that is not as the table says.
    let mut stale = lock(&own);
    stale.sources.get_mut("musl-1.2.6-fork").unwrap().path = Some("a/other.tar.gz".to_owned());
    let error = own.plan(&stale).unwrap_err();
    assert_eq!(error.to_string(), "its entry musl-1.2.6-fork is not what [source.mine] says");
    let again = Lock::resolve(&own.wanted(), &own.prefer, Some(&stale), &BTreeSet::new()).unwrap();
    assert_eq!(again, lock(&own));

    // A table that is gone, of a version that the catalogue has by now.
    let mut left = lock(&patched);
    left.sources.get_mut("musl-1.2.5").unwrap().source = Some("old".to_owned());
    left.sources.get_mut("musl-1.2.5").unwrap().own = true;
    let error = patched.plan(&left).unwrap_err();
    assert!(matches!(error, LockError::NoSource { .. }), "{error}");
    let again = Lock::resolve(&patched.wanted(), &patched.prefer, Some(&left), &BTreeSet::new()).unwrap();
    assert_eq!(again, lock(&patched));
}

#[test]
fn a_lock_cannot_lead_out_of_the_project() {
    let text = lock(&read(&of_a_file(), &files())).to_text();
    for (path, said) in
        [("../../etc/passwd", "is not one below"), ("/etc/passwd", "is not one below"), (".git/x", "is not")]
    {
        let error = Lock::parse(&text.replace("a/musl.tar.gz", path)).unwrap_err().to_string();
        assert!(error.contains(said), "{path}: {error}");
    }
    let error = Lock::parse(&text.replace("\"source\": \"mine\"", "\"source\": \"No Name\"")).unwrap_err().to_string();
    assert!(error.contains("is not a table"), "{error}");
}

#[test]
fn an_archive_beside_the_matrix_has_an_address_on_this_machine() {
    let plan = planned(&read(&of_a_file(), &files()));
    let names = ["musl-headers-1_2_6-fork-x86_64".to_owned()];
    let seeds = BTreeMap::new();
    let needed = needed(Path::new("/some where"), &plan, &seeds, System::X86_64Linux, &names).unwrap();
    let urls: Vec<_> = needed.files.iter().flat_map(|file| &file.wanted.urls).collect();
    assert_eq!(urls, ["file:///some%20where/a/musl.tar.gz"]);
}

/// git makes the archive, and its contents alone are compared.
#[test]
fn a_commit_is_fetched() {
    let folder = tempfile::tempdir().unwrap();
    let repository = folder.path().join("repository");
    fs::create_dir(&repository).unwrap();
    fs::write(repository.join("file"), "text\n").unwrap();
    let git = |args: &[&str]| -> String {
        let mut git: Command = programs::command("git").expect("this test needs git");
        let who = ["-c", "user.name=x", "-c", "user.email=x@example.org", "-c", "init.defaultBranch=main"];
        let done = git.current_dir(&repository).args(who).args(args).output().unwrap();
        assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
        String::from_utf8(done.stdout).unwrap().trim().to_owned()
    };
    git(&["init", "--quiet"]);
    git(&["add", "file"]);
    git(&["commit", "--quiet", "--message=one"]);
    let first = git(&["rev-parse", "HEAD"]);
    fs::write(repository.join("file"), "later\n").unwrap();
    git(&["commit", "--quiet", "--all", "--message=two"]);

    let fetch = |rev: &str, sha256: Sha256| {
        let url = format!("git+file://{}?rev={rev}", repository.display());
        let file = "tree.tar.gz".to_owned();
        let wanted =
            Wanted { name: "tree".to_owned(), file, hash: sha256.into(), tree: true, size: None, urls: vec![url] };
        let cache = folder.path().join("cache");
        fetch_all(&[wanted], &cache, &[], &mirrors(), &options()).remove(0)
    };
    let failure = |result| match result {
        Err(FetchError::Unavailable { mut attempts, .. }) => attempts.pop().unwrap().failure,
        other => panic!("{other:?}"),
    };
    let Failure::Tree { got, .. } = failure(fetch(&first, Sha256::of(b""))) else { panic!() };
    let fetched = fetch(&first, got).unwrap();
    let tree = fetched.tree.unwrap();
    assert_eq!(fs::read_to_string(tree.path().join("file")).unwrap(), "text\n");
    let none = failure(fetch(&"0".repeat(40), Sha256::of(b"")));
    assert!(matches!(none, Failure::Git { .. } | Failure::Archive { .. }), "{none}");
}

/// Going back to the first preference gives the first lock again, whatever lay between.
#[test]
fn the_order_of_addresses_follows_from_the_preference_alone() {
    let of = |prefer: &str| {
        matrix(&format!(
            "crossloom = 1\n[build]\nsystems = [\"x86_64-linux\"]\n[sources]\nprefer = [{prefer}]\n\
             [musl-gcc]\ntargets = [\"x86_64-linux-musl\"]\n"
        ))
    };
    let preferences = ["\"upstream\"", "\"debian\", \"upstream\"", "\"upstream\", \"debian\""];
    let resolve = |matrix: &Matrix, old: Option<&Lock>| {
        Lock::resolve(&matrix.wanted(), &matrix.prefer, old, &BTreeSet::new()).unwrap()
    };
    for first in preferences.map(of) {
        let fresh = resolve(&first, None);
        for between in preferences.map(of) {
            assert_eq!(resolve(&first, Some(&resolve(&between, Some(&fresh)))).to_text(), fresh.to_text());
        }
    }
}
