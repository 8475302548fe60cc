//! What a change rebuilds and why, by plans alone; and that Nix sees it the same way.

use std::collections::{BTreeMap, BTreeSet};

use super::project;
use super::temporary_store::Store;
use crate::diff::digest::Nodes;
use crate::diff::{CellDiff, Diff, Side, Status, What, diff};
use crate::lock::{Lock, LockedSdk};
use crate::matrix::Matrix;
use crate::nix::hash::Sha256;
use crate::output;
use crate::plan::{Arg, Plan};
use crate::platform::System;
use crate::seed::SeedLock;
use crate::tree::tree;
use crate::verbatim::Verbatim;

/// One side with all that it borrows.
struct State {
    plan: Plan,
    seeds: BTreeMap<System, SeedLock>,
    nixpkgs: Option<String>,
    files: Verbatim,
}

impl State {
    fn of(matrix: &Matrix, lock: &Lock) -> State {
        let plan = matrix.plan(lock).unwrap();
        State {
            plan,
            seeds: project::seeds(matrix),
            nixpkgs: Some("a".to_owned()),
            files: Verbatim::embedded().clone(),
        }
    }

    fn new(family: &str) -> State {
        let matrix = matrix("x86_64-linux", family);
        State::of(&matrix, &project::lock(&matrix))
    }

    fn side(&self) -> Side<'_> {
        Side { plan: &self.plan, seeds: &self.seeds, nixpkgs: self.nixpkgs.as_deref(), files: &self.files }
    }
}

fn matrix(system: &str, family: &str) -> Matrix {
    project::matrix(&format!("crossloom = 1\nbuild.systems = [{system:?}]\n{family}"))
}

fn musl(rest: &str) -> String {
    format!("[musl-gcc]\ntargets = [\"x86_64-linux-musl\"]\n{rest}")
}

fn compared(old: &State, new: &State) -> Diff {
    diff(&old.side(), &new.side()).unwrap()
}

/// The only cell of the only system.
fn only(diff: &Diff) -> &CellDiff {
    let cells: Vec<_> = diff.systems.values().flatten().collect();
    let [cell] = cells[..] else { panic!("{}", diff.to_text()) };
    cell
}

/// Roles of nodes: what stands before the version.
fn roles(nodes: &[String]) -> Vec<&str> {
    nodes
        .iter()
        .map(|name| name.find(|c: char| c.is_ascii_digit()).map_or(name.as_str(), |at| &name[..at - 1]))
        .collect()
}

/// GCC's libraries for programs that need a C library.
const LIBRARIES: [&str; 5] = ["libstdcxx", "libatomic", "libgomp", "libquadmath", "libitm"];

/// These roles, with those of all libraries in between.
fn around_libraries(before: &[&'static str]) -> Vec<&'static str> {
    before.iter().copied().chain(LIBRARIES).chain(["toolchain"]).collect()
}

/// The full name of a cell with catalogue defaults, but for its compiler.
fn full(target: &str, gcc: &str) -> String {
    let state = State::new(&format!("[musl-gcc]\ntargets = [\"{target}\"]\ngcc = [\"{gcc}\"]\n"));
    let name =
        state.plan.systems.values().flat_map(|system| &system.cells).map(|cell| cell.full_name.clone()).next().unwrap();
    assert!(name.starts_with(&format!("musl-gcc-{target}-gcc-{}-", gcc.replace('.', "_"))), "{name}");
    name
}

fn statuses(diff: &Diff) -> Vec<(Status, Option<&str>, Option<&str>)> {
    let cells = diff.systems.values().flatten();
    cells.map(|cell| (cell.status, cell.old.as_deref(), cell.new.as_deref())).collect()
}

#[test]
fn the_same_rebuilds_nothing() {
    let family =
        "[darwin]\ntargets = [\"x86_64-apple-darwin22\"]\n[valgrind-darwin]\ntargets = [\"x86_64-apple-darwin22\"]\n";
    let family = format!("{}{family}", musl(""));
    let (old, new) = (State::new(&family), State::new(&family));
    let diff = compared(&old, &new);
    assert_eq!(diff.count(Status::Unchanged), 5);
    for cell in diff.systems.values().flatten() {
        assert_eq!((cell.status, cell.build.len(), cell.causes.len()), (Status::Unchanged, 0, 0), "{cell:?}");
        assert!(cell.kept > 2, "{cell:?}");
    }
}

#[test]
fn a_change_of_musl_rebuilds_no_compiler() {
    let diff = compared(&State::new(&musl("")), &State::new(&musl("musl = [\"1.2.6\"]\n")));
    let cell = only(&diff);
    assert_eq!((cell.status, cell.kept), (Status::Rebuilt, 6), "{cell:?}");
    assert_eq!(roles(&cell.build), around_libraries(&["musl-headers", "libgcc", "musl-source", "musl"]));
    assert_eq!(roles(&cell.following), around_libraries(&["libgcc", "musl"]));
    // The source itself, and two causes for its patches.
    let [cause, _, _] = &cell.causes[..] else { panic!("{}", diff.to_text()) };
    assert_eq!(roles(&cause.nodes), ["musl-headers", "musl-source"]);
    let What::Source { package, old, new } = &cause.what else { panic!("{cause:?}") };
    assert_eq!((package.as_str(), old.version.as_str(), new.version.as_str()), ("musl", "1.2.5", "1.2.6"));
    assert_ne!(old.hash, new.hash);
    insta::with_settings!({
        snapshot_path => "../data/diff", prepend_module_to_snapshot => false, omit_expression => true,
    }, {
        insta::assert_snapshot!("musl", diff.to_text());
        insta::assert_snapshot!("musl-json", serde_json::to_string_pretty(&diff).unwrap());
    });
}

#[test]
fn flags_rebuild_what_they_are_for_and_what_stands_on_it() {
    let flags =
        |key: &str| musl(&format!("[[musl-gcc.override]]\nmatch = {{ }}\n{key} = [\"--with-a\", \"--with-b=c\"]\n"));
    for (key, nodes, following) in [
        ("musl-flags", &["musl"][..], around_libraries(&[])),
        ("libstdcxx-flags", &["libstdcxx"], vec!["libitm", "toolchain"]),
        ("gcc-flags", &["gcc", "libgcc"], around_libraries(&["musl"])),
    ] {
        let diff = compared(&State::new(&musl("")), &State::new(&flags(key)));
        let cell = only(&diff);
        assert_eq!(roles(&cell.following), following, "{key}: {}", diff.to_text());
        let [cause] = &cell.causes[..] else { panic!("{}", diff.to_text()) };
        assert_eq!(roles(&cause.nodes), nodes, "{key}");
        let texts = |words: &[&str]| Some(Arg::Texts(words.iter().map(|word| (*word).to_owned()).collect()));
        let (old, new) = (texts(&[]), texts(&["--with-a", "--with-b=c"]));
        assert_eq!(cause.what, What::Argument { name: "flags".to_owned(), old, new }, "{key}");
    }
}

#[test]
fn languages_add_and_take_away_libraries() {
    let diff = compared(&State::new(&musl("languages = [\"c\"]\n")), &State::new(&musl("")));
    let text = diff.to_text();
    assert!(
        text.contains("argument languages: \"c\" → \"c,c++\"\n        in gcc-14_2_0-x86_64-linux-musl\n"),
        "{text}"
    );
    assert!(text.contains(" → [libstdcxx-14_2_0-x86_64-linux-musl, libatomic-14_2_0-x86_64-linux-musl, "), "{text}");
    assert!(only(&diff).following.iter().any(|node| node.starts_with("libstdcxx")), "{text}");
}

#[test]
fn cells_come_and_go() {
    let old = State::new(&musl(""));
    let new = State::new("[musl-gcc]\ntargets = [\"i686-linux-musl\", \"x86_64-linux-musl\"]\n");
    let diff = compared(&old, &new);
    let [first, second] = ["i686-linux-musl", "x86_64-linux-musl"].map(|target| full(target, "14.2.0"));
    let [first, second] = [&first, &second].map(|name| Some(name.as_str()));
    assert_eq!(statuses(&diff), [(Status::Added, None, first), (Status::Unchanged, second, second)]);
    // What both targets are built with is there already: libraries of GCC's, and the kernel's headers.
    let added = &diff.systems[&System::X86_64Linux][0];
    assert_eq!((added.kept, added.build.len()), (5, 11), "{added:?}");
    let diff = compared(&new, &old);
    assert_eq!(statuses(&diff), [(Status::Unchanged, second, second), (Status::Removed, first, None)]);

    let other = matrix("aarch64-linux", &musl(""));
    let diff = compared(&old, &State::of(&other, &project::lock(&other)));
    assert_eq!(statuses(&diff), [(Status::Added, None, second), (Status::Removed, second, None)]);
}

/// The short name of a cell is its place on an axis: what was called by the target alone has the version in its name now.
#[test]
fn a_name_that_goes_to_another_cell_is_told() {
    let old = State::new(&musl(""));
    let new = State::new(&musl("gcc = [\"15.3.0\", \"14.2.0\"]\n"));
    let [older, newer] = ["14.2.0", "15.3.0"].map(|gcc| full("x86_64-linux-musl", gcc));
    let (older, newer) = (Some(older.as_str()), Some(newer.as_str()));
    let diff = compared(&old, &new);
    assert_eq!(statuses(&diff), [(Status::Added, None, newer), (Status::Unchanged, older, older)]);
    let reused =
        |diff: &Diff| diff.systems[&System::X86_64Linux].iter().map(|cell| cell.reused.clone()).collect::<Vec<_>>();
    let short = Some("musl-gcc-x86_64-linux-musl".to_owned());
    assert_eq!(reused(&diff), [short.clone(), None]);
    let text = diff.to_text();
    assert!(text.contains(", now also musl-gcc-x86_64-linux-musl, which stood for another cell before, "), "{text}");
    assert!(diff.rebuilds() && diff.reuses());
    // The other way the short name is the other compiler's again, which is there already.
    let diff = compared(&new, &old);
    assert_eq!(statuses(&diff), [(Status::Unchanged, older, older), (Status::Removed, newer, None)]);
    assert_eq!(reused(&diff), [short, None]);
    assert!(!diff.rebuilds() && diff.reuses());
}

#[test]
fn another_order_of_an_axis_rebuilds_nothing() {
    let [old, new] = ["\"14.2.0\", \"15.3.0\"", "\"15.3.0\", \"14.2.0\""]
        .map(|versions| State::new(&musl(&format!("gcc = [{versions}]\n"))));
    let [older, newer] = ["14.2.0", "15.3.0"].map(|gcc| full("x86_64-linux-musl", gcc));
    let diff = compared(&old, &new);
    let (older, newer) = (Some(older.as_str()), Some(newer.as_str()));
    assert_eq!(statuses(&diff), [(Status::Unchanged, newer, newer), (Status::Unchanged, older, older)]);
    assert!(!diff.rebuilds() && diff.reuses(), "{}", diff.to_text());

    // In another order and rebuilt: each is compared with what it was, and not with what had its short name.
    let mut new = new;
    new.files = new.files.with("musl-gcc/musl.nix", "{ }: { }\n");
    let diff = compared(&old, &new);
    assert_eq!(statuses(&diff), [(Status::Rebuilt, newer, newer), (Status::Rebuilt, older, older)]);
    for cell in diff.systems.values().flatten() {
        assert!(cell.causes.iter().all(|cause| matches!(cause.what, What::File { .. })), "{}", diff.to_text());
    }
}

#[test]
fn recipes_and_what_they_refer_to_count() {
    let old = State::new(&musl(""));
    for (path, nodes) in [
        ("musl-gcc/musl.nix", &["musl"][..]),
        // gcc.nix, libgcc.nix, libstdcxx.nix and gcc-library.nix import it.
        ("musl-gcc/gcc-archive.nix", &["gcc", "libgcc", "libstdcxx", "libatomic", "libgomp", "libquadmath", "libitm"]),
    ] {
        let mut new = State::new(&musl(""));
        new.files = new.files.with(path, "{ postUnpack = \"\"; }\n");
        let diff = compared(&old, &new);
        let [cause] = &only(&diff).causes[..] else { panic!("{}", diff.to_text()) };
        assert_eq!(roles(&cause.nodes), nodes, "{path}");
        assert!(matches!(&cause.what, What::File { path: of, .. } if of == path), "{cause:?}");
        assert!(diff.to_text().contains(&format!("    recipe {path} differs\n")), "{}", diff.to_text());
    }
    for (path, rebuilt) in [("seed/stdenv/setup", true), ("seed/shell/setup", false), ("darwin/xar.nix", false)] {
        let mut new = State::new(&musl(""));
        new.files = new.files.with(path, "# other\n");
        let cell = only(&compared(&old, &new)).clone();
        assert_eq!(cell.build.len(), if rebuilt { 16 } else { 0 }, "{path}");
    }
    // A file that is nowhere is an error, and no difference.
    let mut new = State::new(&musl(""));
    new.files = new.files.with("musl-gcc/gcc.nix", "import ./nowhere.nix\n");
    let error = diff(&old.side(), &new.side()).unwrap_err().to_string();
    assert!(error.contains("musl-gcc/nowhere.nix"), "{error}");
}

#[test]
fn another_seed_rebuilds_everything() {
    let old = State::new(&musl(""));
    let trixie = project::matrix(&format!(
        "crossloom = 1\nbuild = {{ systems = [\"x86_64-linux\"], seed = \"trixie\" }}\n{}",
        musl("")
    ));
    let diff = compared(&old, &State::of(&trixie, &project::lock(&trixie)));
    let cell = only(&diff);
    assert_eq!((cell.build.len(), cell.kept, cell.following.len()), (16, 0, 0));
    let [cause] = &cell.causes[..] else { panic!("{}", diff.to_text()) };
    let What::Seed { old: before, new: after, packages } = &cause.what else { panic!("{cause:?}") };
    assert_eq!((before.suite.as_str(), after.suite.as_str()), ("bookworm", "trixie"));
    assert!(packages.contains_key("libc6") && cause.nodes.len() == 16);
    let text = diff.to_text();
    assert!(text.contains(&format!("    seed: bookworm {} → trixie {}\n", before.release, after.release)), "{text}");
}

#[test]
fn of_a_seed_only_what_a_node_takes_counts() {
    let family = format!("{}[darwin]\ntargets = [\"x86_64-apple-darwin22\"]\n", musl(""));
    let old = State::new(&family);
    let seed = &old.seeds[&System::X86_64Linux];
    let index = seed.packages.iter().position(|package| package.name == "clang-19").unwrap();
    let mut new = State::new(&family);
    let lock = new.seeds.get_mut(&System::X86_64Linux).unwrap();
    lock.packages[index].sha256 = Sha256::of(b"other");
    // Where a package comes from, and what the archive is called, is nothing that is built with.
    lock.packages[0].path = "pool/main/x/x.deb".to_owned();
    lock.release = "12.99".to_owned();
    let diff = compared(&old, &new);
    let cells = &diff.systems[&System::X86_64Linux];
    assert_eq!(cells.iter().map(|cell| cell.status).collect::<Vec<_>>(), [Status::Unchanged, Status::Rebuilt]);
    let text = diff.to_text();
    assert!(text.contains(&format!("clang-19 {} (other bits)", seed.packages[index].version)), "{text}");
    assert!(!text.contains("libc6"), "{text}");
}

#[test]
fn a_lock_with_other_bits_rebuilds() {
    let matrix = matrix("x86_64-linux", &musl(""));
    let lock = project::lock(&matrix);
    let old = State::of(&matrix, &lock);
    let mut other = lock.clone();
    // An address decides nothing.
    other.sources.get_mut("gmp-6.3.0").unwrap().urls = vec!["https://example.org/gmp.tar.xz".to_owned()];
    assert_eq!(only(&compared(&old, &State::of(&matrix, &other))).status, Status::Unchanged);
    let source = other.sources.get_mut("linux-6.1.176").unwrap();
    (source.hash, source.own) = (Sha256::of(b"other").into(), true);
    let diff = compared(&old, &State::of(&matrix, &other));
    let cell = only(&diff);
    assert_eq!((roles(&cell.build), roles(&cell.following)), (vec!["linux-headers", "toolchain"], vec!["toolchain"]));
    let text = diff.to_text();
    assert!(text.contains("    source linux: 6.1.176, another file\n"), "{text}");
    assert!(text.contains(&Sha256::of(b"other").to_string()), "{text}");
}

#[test]
fn an_imported_sdk_is_a_cause() {
    let family = "sdk.mine.kind = \"file\"\ndarwin = { targets = [\"x86_64-apple-darwin22\"], sdk = [\"mine\"] }\n";
    let matrix = matrix("x86_64-linux", family);
    let lock = project::lock(&matrix);
    let sdk = |bits: &[u8]| LockedSdk {
        file: "MacOSX15.5.sdk".to_owned(),
        sha256: Sha256::of(bits),
        version: "15.5".to_owned(),
        origin: "x.tar".to_owned(),
    };
    let without = State::of(&matrix, &lock);
    let [one, two] = [b"1", b"2"].map(|bits| State::of(&matrix, &lock.clone().with_sdk("mine", sdk(bits))));
    assert_eq!(only(&compared(&without, &without)).status, Status::Unchanged);
    let sdk = |old, new| What::Sdk { name: "mine".to_owned(), old, new };
    let imported = compared(&without, &one);
    assert_eq!(only(&imported).causes[0].what, sdk(false, true));
    assert!(!only(&imported).build.is_empty() && only(&imported).kept == 0);
    let lost = compared(&one, &without);
    assert_eq!((only(&lost).status, &only(&lost).causes[0].what), (Status::Rebuilt, &sdk(true, false)));
    let other = compared(&one, &two).to_text();
    assert!(other.contains("    source sdk-mine: 15.5, another file\n"), "{other}");
}

#[test]
fn without_a_seed_nixpkgs_counts() {
    let matrix = matrix("aarch64-darwin", &musl(""));
    let lock = project::lock(&matrix);
    let (old, mut new) = (State::of(&matrix, &lock), State::of(&matrix, &lock));
    new.files = new.files.with("seed/unpack.sh", "# other\n");
    assert_eq!(only(&compared(&old, &new)).status, Status::Unchanged);
    new.nixpkgs = Some("b".to_owned());
    let diff = compared(&old, &new);
    assert_eq!(only(&diff).build.len(), 16);
    assert!(diff.to_text().contains("    nixpkgs: a → b\n"), "{}", diff.to_text());
}

/// Nix's own word: two nodes are one derivation where their digests are the same, and two where they are not.
#[test]
fn digests_are_the_same_where_derivations_are() {
    let Some(store) = Store::new() else { return };
    let darwin = "[darwin]\ntargets = [\"x86_64-apple-darwin22\", \"arm64-apple-darwin22\"]\n";
    let families = [
        musl(darwin),
        musl(&format!("gcc = [\"15.3.0\", \"14.2.0\"]\nmusl = [\"1.2.6\"]\n{darwin}languages = [\"c\"]\n")),
        musl(
            "linux-headers = [\"6.12.107\"]\n[[musl-gcc.override]]\nmatch = { }\nmusl-flags = [\"--a\"]\n\
             [sources]\nprefer = [\"debian\"]\n",
        ),
    ];
    let mut by_digest: BTreeMap<Sha256, String> = BTreeMap::new();
    let mut by_path: BTreeMap<String, Sha256> = BTreeMap::new();
    let mut all = 0;
    for (place, family) in families.iter().enumerate() {
        let state = State::new(family);
        let dir = store.path(&place.to_string());
        output::write(&dir, &tree(&state.plan, &state.seeds, true).unwrap()).unwrap();
        let paths = store.evaluate(&format!(
            "builtins.mapAttrs (_: node: node.outPath) (import {}/crossloom {{ }}).legacyPackages.x86_64-linux",
            dir.display()
        ));
        let side = state.side();
        let nodes = Nodes::of(&side, System::X86_64Linux).unwrap();
        let paths = paths.as_object().unwrap();
        let names: BTreeSet<_> = paths.keys().map(String::as_str).collect();
        let planned = &state.plan.systems[&System::X86_64Linux].nodes;
        assert_eq!(planned.iter().map(|node| node.name.as_str()).collect::<BTreeSet<_>>(), names);
        all += names.len();
        for name in names {
            let digest = nodes.digest(name).unwrap();
            let path = paths[name].as_str().unwrap().to_owned();
            assert_eq!(*by_digest.entry(digest).or_insert_with(|| path.clone()), path, "{name}: too few differ");
            assert_eq!(*by_path.entry(path).or_insert(digest), digest, "{name}: too many differ");
        }
    }
    assert!(by_digest.len() > 40 && by_digest.len() < all, "{} of {all}", by_digest.len());
}
