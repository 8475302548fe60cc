//! Files that people edit by hand, against advice or in a merge: a slip is reported, and never built in silence.

use std::fs;
use std::os::unix::fs::PermissionsExt;

use crate::commands::{MATRIX, Project};

/// Commands that build from the rendered folder. What they would build is not there, so that none builds when it should
/// not even try.
const BUILDING: [&[&str]; 6] = [
    &["build", "no-such-cell"],
    &["export", "no-such-cell", "folder"],
    &["plan", "--store"],
    &["verify", "no-such-cell"],
    &["digests"],
    &["nix", "build", ".#no-such-cell"],
];

/// Without a Nix none of these gets beyond the question whether there is one.
fn nix() -> bool {
    crate::temporary_store::Store::new().is_some()
}

/// The same command, with edited files allowed.
fn allowed<'a>(args: &[&'a str]) -> Vec<&'a str> {
    [&args[..1], &["--allow-edited"], &args[1..]].concat()
}

fn here(project: &Project) {
    // Whatever machine this runs on.
    project.replace("matrix.toml", "\"x86_64-linux\"", "\"x86_64-linux\", \"aarch64-linux\"");
    project.fine(&["generate"]);
}

#[test]
fn nothing_is_built_from_recipes_that_were_edited() {
    if !nix() {
        return;
    }
    let project = Project::generated();
    here(&project);
    let recipe = "crossloom/musl-gcc/gmp.nix";
    let original = project.read(recipe);
    let refused = |first: &str| {
        for args in BUILDING {
            let said = project.fails(args);
            assert!(said.contains(&format!("error: ./{first} is not the file that this crossloom renders")), "{said}");
            assert!(said.contains("\n\nhint: `crossloom generate` replaces it"), "{args:?}: {said}");
            assert!(said.contains("\n`--allow-edited` builds from the folder as it is\n"), "{args:?}: {said}");
        }
    };
    project.write(recipe, &original.replace("--enable-fat", "--disable-fat"));
    refused(recipe);
    project.write("crossloom/musl-gcc/mpc.nix", "");
    assert!(project.fails(BUILDING[0]).contains(", and 1 more file is not\n"));
    project.fine(&["generate"]);
    // A file that is missing, one too many, and a bit that tells scripts from texts.
    fs::remove_file(project.path(recipe)).unwrap();
    refused(recipe);
    project.fine(&["generate"]);
    project.write("crossloom/musl-gcc/more.nix", "");
    refused("crossloom/musl-gcc/more.nix");
    project.fine(&["generate"]);
    fs::set_permissions(project.path(recipe), fs::Permissions::from_mode(0o755)).unwrap();
    refused(recipe);
    project.fine(&["generate"]);

    // Who says so gets it, and is told.
    project.write(recipe, &format!("{original}# mine\n"));
    let run = project.run(&["plan", "--allow-edited", "--store"]);
    assert_eq!(run.code, 0, "{}", run.stderr);
    assert_eq!(run.stderr, format!(" WARN using edited files: ./{recipe}\n"));
    // What is rendered is not what the plan says even then.
    project.replace("crossloom/sources.nix", "14.2.0", "14.2.1");
    for args in BUILDING {
        let said = project.fails(&allowed(args));
        assert!(said.contains("sources.nix does not match the matrix and the lock"), "{args:?}: {said}");
    }
}

/// The digest of a source in the lock's text, by the source's name.
fn hash<'a>(lock: &'a str, name: &str) -> &'a str {
    let entry = &lock[lock.find(&format!("\"{name}\": {{")).unwrap()..];
    let start = entry.find("\"sha256\": \"").unwrap() + 11;
    &entry[start..start + entry[start..].find('"').unwrap()]
}

#[test]
fn a_hash_that_is_not_the_catalogues_has_to_be_marked() {
    let project = Project::generated();
    let lock = project.read("matrix.lock");
    let (gmp, mpc) = (hash(&lock, "gmp-6.3.0"), hash(&lock, "mpc-1.3.1"));
    let changed = lock.replace(gmp, "@").replace(mpc, gmp).replace('@', mpc);
    project.write("matrix.lock", &changed);
    let said = format!("matrix.lock: gmp-6.3.0 has hash {mpc}, but the catalogue says {gmp}; mpc-1.3.1 has hash ");
    for args in [&["check"][..], &["lock"], &["generate"], &["generate", "--check"], &["plan"], &["fetch"]] {
        let text = project.fails(args);
        assert!(text.contains(&said), "{args:?}: {text}");
        assert!(text.contains("hint: `crossloom lock --update gmp-6.3.0` takes the catalogue's file"), "{text}");
    }
    let found = project.finds(&["lock", "--check"]);
    assert!(found.stderr.contains(&said), "{}", found.stderr);
    // A variant that nobody publishes does not make it right.
    project.write("matrix.lock", &lock.replace(gmp, mpc).replace("\"upstream\"", "\"debian\""));
    for args in [&["check"][..], &["generate"]] {
        let text = project.fails(args);
        assert!(text.contains("gmp-6.3.0 has hash"), "{text}");
    }

    project.write("matrix.lock", &changed);
    project.fine(&["lock", "--update", "gmp", "--update", "mpc-1.3.1"]);
    assert_eq!(project.read("matrix.lock"), lock);

    // A file of one's own, by its mark.
    let mut own: serde_json::Value = serde_json::from_str(&changed).unwrap();
    for name in ["gmp-6.3.0", "mpc-1.3.1"] {
        own["sources"][name]["own"] = true.into();
        own["sources"][name]["variant"] = "debian".into();
    }
    let own = format!("{}\n", serde_json::to_string_pretty(&own).unwrap());
    project.write("matrix.lock", &own);
    for args in [&["check"][..], &["lock"], &["lock", "--check"], &["generate"]] {
        project.fine(args);
        assert_eq!(project.read("matrix.lock"), own, "{args:?}");
    }
    assert!(project.read("crossloom/sources.nix").contains(gmp));
    project.fine(&["lock", "--update", "gmp", "--update", "mpc"]);
    assert_eq!(project.read("matrix.lock"), lock);
}

#[test]
fn two_matrices_in_one_folder_do_not_overwrite_each_other() {
    let project = Project::generated();
    let before = project.listing();
    project.write("small.toml", &MATRIX.replace(", \"i686-linux-musl\"", ""));
    project.fine(&["lock", "--matrix", "small.toml"]);
    project.fine(&["check", "--matrix", "small.toml"]);
    assert!(project.path("small.lock").exists());
    for (name, contents) in &before {
        assert!(name.is_empty() || !project.path(name).is_file() || &fs::read(project.path(name)).unwrap() == contents);
    }
    for args in [&["generate", "--matrix", "small.toml"][..], &["generate", "--check", "--matrix", "small.toml"]] {
        let said = project.fails(args);
        assert!(said.contains("./crossloom was rendered from matrix.toml, not from small.toml"), "{said}");
        assert!(said.contains("hint: a folder belongs to one matrix"), "{said}");
    }
    fs::remove_dir_all(project.path("crossloom")).unwrap();
    project.fine(&["generate", "--matrix", "small.toml"]);
    project.fine(&["generate", "--check", "--matrix", "small.toml"]);
    for file in ["flake.nix", "crossloom/default.nix", "crossloom/sources.nix"] {
        let first = "# @generated by crossloom from small.toml; do not edit. Regenerate: crossloom generate --matrix small.toml\n";
        assert!(project.read(file).starts_with(first), "{file}");
    }
    assert!(project.fails(&["generate"]).contains("./crossloom was rendered from small.toml, not from matrix.toml"));

    for (name, problem) in [
        ("matrix", "ends in .toml"),
        ("flake.toml", "another program's"),
        ("a matrix.toml", "made of letters"),
        (".toml", "ends in .toml"),
    ] {
        project.write(name, MATRIX);
        let said = project.fails(&["lock", "--matrix", name]);
        assert!(said.contains(problem) && said.contains("hint: rename it"), "{name}: {said}");
    }
}

/// A text with a merge's lines around one of its own.
fn conflicting(text: &str, line: usize) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    let own = lines[line - 1];
    lines.splice(line - 1..line, ["<<<<<<< HEAD", own, "=======", own, ">>>>>>> theirs"]);
    lines.join("\n") + "\n"
}

#[test]
fn merge_conflicts_are_called_so() {
    let project = Project::generated();
    project.write("seeds/bookworm-x86_64-linux.json", &project.read("crossloom/seed/bookworm-x86_64-linux.json"));
    for (file, commands) in [
        ("matrix.toml", &["check", "lock", "generate", "plan"][..]),
        ("matrix.lock", &["check", "lock", "generate", "plan"]),
        ("flake.lock", &["check", "lock"]),
        ("seeds/bookworm-x86_64-linux.json", &["check", "generate"]),
    ] {
        let text = project.read(file);
        project.write(file, &conflicting(&text, 4));
        for command in commands {
            let said = project.fails(&[command]);
            assert!(said.contains(&format!("{file} has an unresolved merge conflict, line 4: <<<<<<<")), "{said}");
            assert_eq!(said.matches("hint: ").count(), 1, "{said}");
        }
        // Half of it is left often enough.
        project.write(file, &text.replacen('\n', "\n=======\n", 1));
        assert!(project.fails(&[commands[0]]).contains("merge conflict, line 2: ======="), "{file}");
        project.write(file, &text);
    }

    for file in ["flake.nix", "crossloom/default.nix", "crossloom/sources.nix", "crossloom/musl-gcc/gmp.nix"] {
        for line in [1, 3] {
            let text = project.read(file);
            project.write(file, &conflicting(&text, line));
            let said = project.fails(&["generate", "--check"]);
            assert!(said.contains(&format!("{file} has an unresolved merge conflict, line {line}: ")), "{said}");
            assert!(said.contains("then run `crossloom generate`"), "{said}");
            project.write(file, &text);
        }
    }

    project.write("mirrors.toml", "[mirrors]\n<<<<<<< HEAD\n");
    let mirrors = project.path("mirrors.toml");
    let fetch = ["fetch", "--system", "x86_64-linux", "--to", "files", "--from", "."];
    let run = project.run_with(&fetch, &[("CROSSLOOM_MIRRORS", mirrors.to_str().unwrap())]);
    assert!(
        run.code == 2 && run.stderr.contains("mirrors.toml has an unresolved merge conflict, line 2"),
        "{}",
        run.stderr
    );
    if nix() {
        here(&project);
        project.write("digests.json", "{\n<<<<<<< HEAD\n");
        let said = project.fails(&["digests", "--write", "digests.json"]);
        assert!(said.contains("digests.json has an unresolved merge conflict, line 2"), "{said}");
    }
}

#[test]
fn a_check_reads_every_file_that_a_build_does() {
    let project = Project::generated();
    let flake = project.read("flake.lock");
    fs::remove_file(project.path("flake.lock")).unwrap();
    assert!(project.fails(&["check"]).contains("there is no ./flake.lock\n\nhint: run `crossloom lock`"));
    project.write("flake.lock", "{");
    assert!(project.fails(&["check"]).contains("./flake.lock: not a flake.lock"));
    project.write("flake.lock", &flake.replace("\"nixpkgs\"", "\"other\""));
    assert!(project.fails(&["check"]).contains("./flake.lock does not pin nixpkgs\n\nhint: run `crossloom lock`"));
    project.write("flake.lock", &flake);
    project.fine(&["check"]);
    project.write("seeds/bookworm-x86_64-linux.json", "{}");
    assert!(project.fails(&["check"]).contains("bookworm-x86_64-linux.json"));
}

#[test]
fn flags_cannot_override_what_crossloom_sets() {
    let project = Project::new();
    for (key, flag, hint) in [
        ("gcc-flags", "--target=x86_64-linux-gnu", "`targets` says for which machines"),
        ("gcc-flags", "--enable-languages=c,ada", "`languages` chooses them"),
        ("gcc-flags", "--without-gmp", "crossloom builds"),
        ("binutils-flags", "-prefix=/usr", "remove it: toolchains are laid out alike"),
        ("binutils-flags", "--program-prefix=x-", "by the target's triple"),
        ("musl-flags", "--syslibdir=/lib64", "remove it: toolchains are laid out alike"),
        ("libstdcxx-flags", "--with-gxx-include-dir=/x", "remove it: toolchains are laid out alike"),
    ] {
        let more = format!("[[musl-gcc.override]]\nmatch = {{}}\n{key} = [{flag:?}]\n");
        project.write("matrix.toml", &format!("{MATRIX}{more}"));
        let said = project.fails(&["lock"]);
        assert!(said.contains(&format!("`{flag}` in {key} would override what crossloom sets")), "{said}");
        assert!(said.contains(hint), "{said}");
    }
}

/// Versions of Nix disagree on how such a path is quoted.
#[test]
fn a_cache_may_have_any_name() {
    let Some(store) = crate::temporary_store::Store::new() else { return };
    let project = Project::generated();
    here(&project);
    let cache = project.path("a b#c?d%20e");
    let remote = format!("local?root={}", store.root.display());
    let environment = [("NIX_REMOTE", remote.as_str()), ("XDG_CACHE_HOME", cache.to_str().unwrap())];
    let run = project.run_with(&["nix", "develop", ".#no-such-cell"], &environment);
    assert!(run.stderr.contains("does not provide attribute"), "{}", run.stderr);
    assert!(
        run.code == 1 && run.stderr.contains("-flake-of-a-shell") && !run.stderr.contains("warning"),
        "{}",
        run.stderr
    );
}

/// Offline, one line per file says so, and what can be done is said once.
#[test]
fn a_proxy_is_named_and_hints_are_not_repeated() {
    let project = Project::generated();
    project.write("mirrors.toml", "[mirrors]\ndebian = \"http://debian.example.org/debian/\"\ngnu = []\n");
    let environment = [
        ("CROSSLOOM_MIRRORS", project.path("mirrors.toml")),
        ("XDG_CACHE_HOME", project.path("cache")),
        ("http_proxy", "http://me:secret@127.0.0.1:1".into()),
        ("no_proxy", "".into()),
    ];
    let environment: Vec<_> = environment.iter().map(|(name, value)| (*name, value.to_str().unwrap())).collect();
    let run = project.run_with(&["fetch", "--to", "files", "gmp"], &environment);
    let said = run.stderr;
    assert_eq!(run.code, 2, "{said}");
    assert!(said.contains("cannot connect through the proxy http://127.0.0.1:1"), "{said}");
    assert!(!said.contains("secret"), "{said}");
    assert!(said.matches("cannot fetch").count() > 3, "{said}");
    assert_eq!(said.matches("hint: put the file into a directory DIR").count(), 1, "{said}");
}

#[test]
fn a_relative_folder_for_caches_is_ignored() {
    let project = Project::generated();
    let home = project.path("home");
    // Nothing is downloaded: a cache's file in a folder's place stops that.
    project.write("home/.cache", "");
    let environment = [("XDG_CACHE_HOME", "relative"), ("HOME", home.to_str().unwrap())];
    let run = project.run_with(&["fetch", "--system", "x86_64-linux"], &environment);
    assert!(run.code == 2 && run.stderr.contains("home/.cache/crossloom"), "{}", run.stderr);
    assert!(!project.path("relative").exists());
}

#[test]
fn a_name_that_changes_its_meaning_is_a_finding() {
    let project = Project::new();
    for (folder, versions) in [("old", "\"1.2.5\", \"1.2.6\""), ("new", "\"1.2.6\", \"1.2.5\"")] {
        let matrix = MATRIX.replace("[musl-gcc]\n", &format!("[musl-gcc]\nmusl = [{versions}]\n"));
        project.write(&format!("{folder}/matrix.toml"), &matrix);
        project.fine(&["lock", "--matrix", folder]);
    }
    let run = project.finds(&["diff", "old", "new"]);
    assert!(run.stderr.contains(" WARN some names now stand for other cells"), "{}", run.stderr);
    assert!(!run.stdout.contains("rebuilt"), "{}", run.stdout);
    assert!(
        run.stdout.contains(", now also musl-gcc-x86_64-linux-musl, which stood for another cell before\n"),
        "{}",
        run.stdout
    );
    assert_eq!(project.run(&["diff", "old", "old"]).code, 0);
}

#[test]
fn slips_on_the_command_line_and_in_the_environment_are_answered() {
    let project = Project::generated();
    let said = project.fails(&["fetch", "--system", "aarch64-linux"]);
    assert!(said.contains("error: the matrix has no cell for aarch64-linux\n"), "{said}");
    assert!(
        said.contains("hint: add aarch64-linux to `systems` in [build], which has aarch64-darwin, x86_64-linux"),
        "{said}"
    );
    for (word, meant) in
        [("amd64-linux", "x86_64-linux"), ("arm64-linux", "aarch64-linux"), ("arm64-macos", "aarch64-darwin")]
    {
        let said = project.fails(&["fetch", "--system", word]);
        assert!(said.contains(&format!("did you mean {meant}?")), "{said}");
    }
    for args in [
        &["fetch", "--from", "nowhere", "--system", "x86_64-linux"][..],
        &["seed", "fetch", "s.json", "--from", "nowhere"],
    ] {
        project.write("s.json", &project.read("crossloom/seed/bookworm-x86_64-linux.json"));
        assert!(project.fails(args).contains("there is no folder nowhere\n\nhint: --from needs a folder"), "{args:?}");
    }
    project.write("mirrors.toml", "[mirrors]\ndebain = [\"https://mirror.example.org/debian/\"]\n");
    let mirrors = project.path("mirrors.toml");
    let run = project.run_with(
        &["fetch", "--system", "x86_64-linux", "--to", "files"],
        &[("CROSSLOOM_MIRRORS", mirrors.to_str().unwrap())],
    );
    assert!(
        run.code == 2 && run.stderr.contains("there is no mirror `debain`\n\nhint: did you mean `debian`?"),
        "{}",
        run.stderr
    );

    for (value, fine) in
        [("debg", false), ("crossloom=debg", false), ("debug", true), ("warn,crossloom=info", true), ("", true)]
    {
        let run = project.run_with(&["check"], &[("CROSSLOOM_LOG", value)]);
        assert_eq!(run.code, if fine { 0 } else { 2 }, "{value}: {}", run.stderr);
        let said = format!("CROSSLOOM_LOG is {value:?}, which is not a level\n\nhint: set it to one of error, warn");
        assert_eq!(run.stderr.contains(&said), !fine, "{}", run.stderr);
    }
}

#[test]
fn words_are_taken_for_what_they_resemble() {
    let project = Project::new();
    for (from, to, hint) in [
        ("x86_64-linux\"", "amd64-linux\"", "did you mean `x86_64-linux`?"),
        ("x86_64-linux\"", "arm64-linux\"", "did you mean `aarch64-linux`?"),
        ("x86_64-linux\"", "x86_64-unknown-linux-gnu\"", "did you mean `x86_64-linux`?"),
        ("x86_64-linux\"", "riscv64-linux\"", "known: aarch64-darwin, aarch64-linux"),
        ("x86_64-linux-musl", "amd64-linux-musl", "did you mean `x86_64-linux-musl`"),
        ("x86_64-linux-musl", "arm64-linux-musl", "did you mean `aarch64-linux-musl`"),
        ("[musl-gcc]\n", "[musl-gcc]\npatches = []\n", "known here: "),
    ] {
        project.write("matrix.toml", &MATRIX.replacen(from, to, 1));
        let said = project.fails(&["lock"]);
        assert!(said.contains(&format!("= hint: {hint}")), "{to}: {said}");
    }
    let more = "[[musl-gcc.override]]\nmatch = {}\npatches = [\"a.patch\"]\n";
    project.write("matrix.toml", &format!("{MATRIX}{more}"));
    let said = project.fails(&["lock"]);
    assert!(said.contains("= hint: known here: "), "{said}");
}

/// Some of these look like what tests forbid in rendered files: a date, a path of one machine.
#[test]
fn what_a_check_takes_is_rendered() {
    let project = Project::new();
    let ci = "[ci]\nsurfaces = [\"hydra\"]\nflake = \"github:me/2024-01-31?dir=home/me/tmp\"\n";
    let sdk = "sdk.mine-2024-01-31.kind = \"file\"\n[darwin]\ntargets = [\"x86_64-apple-darwin22\"]\n\
               sdk = [\"mine-2024-01-31\"]\n";
    let flags = ["-DX=/tmp/x", "--with-arch=/home/me/x", "-I/nix/store/x", "--with-pkgversion=2024-01-31"];
    let flags = format!("[[musl-gcc.override]]\nmatch = {{}}\ngcc-flags = {flags:?}\n");
    let (head, rest) = MATRIX.split_once("\n").unwrap();
    project.write(
        "matrix.toml",
        &format!(
            "{head}\n{}{rest}{flags}{}{ci}",
            sdk.lines().next().unwrap().to_owned() + "\n",
            sdk.split_once('\n').unwrap().1
        ),
    );
    project.fine(&["lock"]);
    let mut lock: serde_json::Value = serde_json::from_str(&project.read("matrix.lock")).unwrap();
    let gmp = &mut lock["sources"]["gmp-6.3.0"];
    gmp["urls"] = serde_json::json!(["file:///tmp/gmp.tar.xz", "file:///home/me/2024-01-31/gmp.tar.xz"]);
    gmp["file"] = "gmp-2024-01-31.tar.xz".into();
    let hash = gmp["sha256"].clone();
    lock["sdks"] = serde_json::json!({ "mine-2024-01-31": {
        "file": "MacOSX-2024-01-31.sdk", "sha256": hash, "version": "2024-01-31", "origin": "/home/me/2024-01-31.tar",
    } });
    project.write("matrix.lock", &serde_json::to_string(&lock).unwrap());
    project.fine(&["check"]);
    project.fine(&["generate"]);
    project.fine(&["generate", "--check"]);
    let sources = project.read("crossloom/sources.nix");
    assert!(sources.contains("file:///tmp/gmp.tar.xz") && sources.contains("MacOSX-2024-01-31.sdk"), "{sources}");
    assert!(project.read("crossloom/x86_64-linux.nix").contains("-DX=/tmp/x"));
}
