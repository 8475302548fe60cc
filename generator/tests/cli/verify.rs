//! `crossloom verify` and `crossloom digests` between two parties: two stores that know nothing of each other.
//!
//! What is built is tiny: a rendered folder's recipes and seed are files that are taken over as they are, and stand-ins
//! take their place here. Without Nix every test here says `SKIP`; `CROSSLOOM_REQUIRE_NIX=1` makes a failure of that.

use std::fs;
use std::io::{BufRead, BufReader, Read, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use crate::temporary_store::{self, Store};
use crossloom::testing::nix::hash::Sha256;
use crossloom::testing::nix::nar;
use crossloom::testing::nix::store::{Method, StoreName, StorePath};
use serde_json::{Value, json};

/// What a build may see of this machine. Not `/bin`: the sandbox's shell is put there.
const MACHINE: [&str; 3] = ["/usr", "/lib", "/lib64"];
const BASH: &str = "/usr/bin/bash";
const NODES: [&str; 3] = ["gmp", "mpfr", "mpc"];

fn system() -> String {
    format!("{}-linux", std::env::consts::ARCH)
}

/// Whether such builds can be made here.
fn possible() -> bool {
    let possible = cfg!(target_os = "linux") && Path::new(BASH).exists();
    if !possible {
        assert!(!temporary_store::required() || cfg!(not(target_os = "linux")), "tiny builds need {BASH}");
        let _ = writeln!(std::io::stderr(), "SKIP: tiny builds (no Linux with {BASH})");
    }
    possible
}

fn file_name(path: &Path) -> StoreName {
    StoreName::new(path.file_name().unwrap().to_str().unwrap()).unwrap()
}

/// A project whose nodes `gmp`, `mpfr` and `mpc` are built by one shell command each.
struct Project {
    dir: tempfile::TempDir,
    /// What stands in for sources and the seed: (file, how its hash is taken).
    files: Vec<(PathBuf, Method)>,
}

impl Project {
    fn new() -> Project {
        let mut project = Project { dir: tempfile::tempdir().unwrap(), files: Vec::new() };
        let system = system();
        project.write("busybox-static/bin/busybox", "a shell");
        let busybox = project.path("busybox-static");
        let program = busybox.join("bin/busybox");
        fs::set_permissions(program, fs::Permissions::from_mode(0o755)).unwrap();
        let (nar, _) = nar::hash_path(&busybox).unwrap();
        project.files.push((busybox, Method::Recursive));
        let mut package = |name: &str, tiers: Option<&str>| {
            let sha256 = project.stand_in(&format!("{name}_1.deb"));
            let path = format!("pool/main/{name}.deb");
            let mut package = json!({ "name": name, "version": "1", "path": path, "size": 1, "sha256": sha256 });
            if let Some(tier) = tiers {
                package["tiers"] = json!([tier]);
            }
            package
        };
        let lock = json!({
            "version": 1, "suite": "bookworm", "release": "12", "date": "today", "system": system,
            "architecture": if system.starts_with("x86_64") { "amd64" } else { "arm64" },
            "packages": [package("make", Some("base"))], "bootstrap": [package("busybox-static", None)],
            "busybox": { "package": "busybox-static", "nar": nar },
        });
        project.write(&format!("seeds/bookworm-{system}.json"), &lock.to_string());
        let matrix =
            format!("crossloom = 1\nbuild.systems = [{system:?}]\n[musl-gcc]\ntargets = [\"x86_64-linux-musl\"]\n");
        project.write("matrix.toml", &matrix);
        project.fine(None, &["lock"]);
        let mut lock: Value = serde_json::from_str(&project.read("matrix.lock")).unwrap();
        for (name, source) in lock["sources"].as_object_mut().unwrap() {
            if NODES.iter().any(|node| name.starts_with(&format!("{node}-"))) {
                source["sha256"] = json!(project.stand_in(source["file"].as_str().unwrap()));
                source["own"] = json!(true);
            }
        }
        project.write("matrix.lock", &lock.to_string());
        project.fine(None, &["generate"]);
        // What makes variations of nodes wants an environment, of which nothing is built here.
        let scope = "{ lock }:\n{\n  fetchurl = import ./fetchurl.nix;\n  callPackage = path: args:\n    let recipe = import path; in\n    \
                     recipe (builtins.intersectAttrs (builtins.functionArgs recipe) { stdenv.buildPlatform.isLinux = true; } // args);\n}\n";
        project.write("crossloom/seed/default.nix", scope);
        // Of the other nodes Nix is asked where they would be.
        for entry in fs::read_dir(project.path("crossloom/musl-gcc")).unwrap() {
            let path = entry.unwrap().path();
            if path.extension().is_none_or(|extension| extension != "nix") {
                continue;
            }
            let text = format!("_: derivation {{ name = \"x\"; builder = \"x\"; system = {system:?}; }}\n");
            fs::write(path, text).unwrap();
        }
        project.recipe("gmp", "src, version", "[ \"out\" ]", "mkdir -p $out/include && echo gmp > $out/include/gmp.h");
        let library = "mkdir -p $out/lib $out/bin && echo a library of mpfr > $out/lib/libmpfr.a && \
                       echo '#!' > $out/bin/tool && chmod 755 $out/bin/tool && ln -s libmpfr.a $out/lib/link.a";
        project.recipe("mpfr", "src, version, gmp", "[ \"out\" ]", library);
        project.recipe("mpc", "src, version, gmp, mpfr", "[ \"out\" \"dev\" ]", "echo $mpfr > $out; echo dev > $dev");
        project
    }

    fn path(&self, path: &str) -> PathBuf {
        self.dir.path().join(path)
    }

    fn read(&self, path: &str) -> String {
        fs::read_to_string(self.path(path)).unwrap()
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.path(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, text).unwrap();
    }

    /// A file in the place of one that would be downloaded.
    fn stand_in(&mut self, name: &str) -> Sha256 {
        self.write(&format!("files/{name}"), name);
        self.files.push((self.path("files").join(name), Method::Flat));
        Sha256::of(name.as_bytes())
    }

    /// The script may not end in a program that bash would become: one that closes its output before it exits is killed
    /// by Nix, which takes that for the end.
    fn recipe(&self, node: &str, arguments: &str, outputs: &str, script: &str) {
        let script = format!("{script} || exit; exit 0");
        let inputs = arguments.replace(", ", " ");
        let text = format!(
            "{{ {arguments} }}:\nderivation {{\n  name = \"{node}-${{version}}\";\n  system = \"{}\";\n  \
             builder = \"{BASH}\";\n  PATH = \"/usr/bin\";\n  outputs = {outputs};\n  inherit {inputs};\n  \
             args = [\n    \"-c\"\n    \"{}\"\n  ];\n}}\n",
            system(),
            script.replace('$', "\\$")
        );
        self.write(&format!("crossloom/musl-gcc/{node}.nix"), &text);
    }

    /// A store of somebody's with what the project builds from.
    fn party(&self) -> Option<Store> {
        let store = Store::new()?;
        for method in [Method::Flat, Method::Recursive] {
            let files = self.files.iter().filter(|(_, it)| *it == method);
            let files: Vec<_> = files.map(|(path, _)| (path.clone(), file_name(path))).collect();
            store.nix.add_fixed_all(&files, method, "sha256").unwrap();
        }
        Some(store)
    }

    fn command(&self, store: Option<&Store>, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crossloom"));
        for name in ["CROSSLOOM_LOG", "RUST_LOG", "COLUMNS", "CLICOLOR_FORCE", "NO_COLOR", "NIX_CONFIG"] {
            command.env_remove(name);
        }
        if let Some(store) = store {
            let machine = MACHINE.iter().filter_map(|path| Some((path, fs::canonicalize(path).ok()?)));
            let paths: Vec<_> = machine.map(|(path, real)| format!("{path}={}", real.display())).collect();
            command.env("NIX_CONFIG", format!("sandbox-paths = {}", paths.join(" ")));
            command.env("NIX_REMOTE", format!("local?root={}", store.root.display()));
        }
        let tools = std::env::join_paths(
            std::iter::once(self.path("tools")).chain(std::env::split_paths(&std::env::var_os("PATH").unwrap())),
        );
        // Every recipe is a stand-in here.
        if ["build", "verify", "digests"].iter().any(|command| args.first() == Some(command)) {
            command.args(&args[..1]).arg("--allow-edited").args(&args[1..]);
        } else {
            command.args(args);
        }
        command.env("PATH", tools.unwrap()).current_dir(self.dir.path());
        command
    }

    /// Exit code, stdout and stderr.
    fn run(&self, store: Option<&Store>, args: &[&str]) -> (i32, String, String) {
        let output = self.command(store, args).output().unwrap();
        let text = |bytes| String::from_utf8(bytes).unwrap();
        (output.status.code().unwrap(), text(output.stdout), text(output.stderr))
    }

    fn fine(&self, store: Option<&Store>, args: &[&str]) -> String {
        let (code, stdout, stderr) = self.run(store, args);
        assert_eq!(code, 0, "{args:?}: {stdout}{stderr}");
        stdout
    }

    /// Those rows of an answer that are not `identical`, after its exit code was compared with what it says.
    fn verified(&self, store: &Store, args: &[&str]) -> Vec<[String; 5]> {
        let (code, stdout, stderr) = self.run(Some(store), &[&["verify", "mpc"], args].concat());
        let rows: Vec<[String; 5]> = stdout
            .lines()
            .map(|line| line.split('\t').map(str::to_owned).collect::<Vec<_>>().try_into().unwrap())
            .collect();
        let places: Vec<_> = rows.iter().map(|row| format!("{} {}", row[0], row[1])).collect();
        assert_eq!(places, ["gmp out", "mpfr out", "mpc dev", "mpc out"], "{stderr}");
        let other: Vec<_> = rows.into_iter().filter(|row| row[2] != "identical").collect();
        assert_eq!(code, i32::from(!other.is_empty()), "{stdout}{stderr}");
        other
    }

    /// Copies every output to a cache in this folder.
    fn publish(&self, store: &Store, folder: &str, compression: &str) {
        let digests: Value = serde_json::from_str(&self.read("digests.json")).unwrap();
        let nodes = digests["systems"][system()].as_object().unwrap().values();
        let paths = nodes.flat_map(|outputs| outputs.as_object().unwrap().values());
        let paths: Vec<_> = paths.map(|output| output["path"].as_str().unwrap().to_owned()).collect();
        let to = format!("file://{}?compression={compression}", self.path(folder).display());
        let args = ["copy".to_owned(), "--to".to_owned(), to].into_iter().chain(paths);
        store.nix.run("nix", args).unwrap_or_else(|error| panic!("{error}"));
    }

    /// Path and digest of `mpfr`, as published.
    fn mpfr(&self) -> StorePath {
        let digests: Value = serde_json::from_str(&self.read("digests.json")).unwrap();
        digests["systems"][system()]["mpfr"]["out"]["path"].as_str().unwrap().parse().unwrap()
    }

    /// Changes a byte in the library that `mpfr` holds in a cache, and the narinfo with it if `consistently`.
    fn tamper(&self, folder: &str, consistently: bool) {
        self.tamper_with(folder, &self.mpfr(), "a library", consistently);
    }

    /// The same of a text in another path.
    fn tamper_with(&self, folder: &str, path: &StorePath, text: &str, consistently: bool) {
        let name = format!("{folder}/{}.narinfo", path.digest());
        let narinfo = self.read(&name);
        let field = |name: &str| {
            let value = |line: &str| Some(line.strip_prefix(name)?.strip_prefix(": ")?.to_owned());
            narinfo.lines().find_map(value).unwrap()
        };
        let file = self.path(folder).join(field("URL"));
        let packed = fs::read(&file).unwrap();
        let xz = field("Compression") == "xz";
        let mut archive = Vec::new();
        match xz {
            true => drop(liblzma::read::XzDecoder::new(packed.as_slice()).read_to_end(&mut archive).unwrap()),
            false => archive = packed,
        }
        let at = archive.windows(text.len()).position(|window| window == text.as_bytes()).unwrap();
        archive[at] = b'A';
        let packed = match xz {
            true => {
                let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 6);
                encoder.write_all(&archive).unwrap();
                encoder.finish().unwrap()
            }
            false => archive.clone(),
        };
        fs::write(&file, &packed).unwrap();
        if consistently {
            let hash = |bytes: &[u8]| format!("sha256:{}", Sha256::of(bytes).to_hex());
            let size = |size: &str| format!("FileSize: {size}");
            let narinfo =
                narinfo.replace(&field("FileHash"), &hash(&packed)).replace(&field("NarHash"), &hash(&archive));
            self.write(&name, &narinfo.replace(&size(&field("FileSize")), &size(&packed.len().to_string())));
        }
    }
}

#[test]
fn what_another_party_tampered_with_is_found_and_named() {
    if !possible() {
        return;
    }
    let project = Project::new();
    let (Some(theirs), Some(ours)) = (project.party(), project.party()) else { return };
    project.fine(Some(&theirs), &["build", "mpc"]);
    let printed = project.fine(Some(&theirs), &["digests", "mpc"]);
    project.fine(Some(&theirs), &["digests", "gmp", "--write", "digests.json"]);
    project.fine(Some(&theirs), &["digests", "mpc", "--write", "digests.json"]);
    assert_eq!(project.read("digests.json"), printed);

    // This party has built nothing yet.
    assert_eq!(project.verified(&ours, &["--against", "digests.json"]), [[""; 5]; 0]);
    assert_eq!(project.fine(Some(&ours), &["digests"]), printed);
    let one = |args: &[&str]| {
        let rows = project.verified(&ours, args);
        let [row] = rows.as_slice() else { panic!("{rows:?}") };
        (row[..4].join(" "), row[4].clone())
    };

    let path = project.mpfr().to_string();
    let mut other: Value = serde_json::from_str(&printed).unwrap();
    let entry = &mut other["systems"][system()]["mpfr"]["out"];
    entry["nar"] = json!(Sha256::of(b"tampered"));
    project.write("other.json", &other.to_string());
    let (row, detail) = one(&["--against", "other.json"]);
    assert_eq!(row, "mpfr out differs -");
    assert!(detail.starts_with(&format!("NAR hash {} there, sha256-", Sha256::of(b"tampered"))), "{detail}");
    let moved = format!("/nix/store/{}-{}", "0".repeat(32), project.mpfr().name());
    project.write("other.json", &printed.replace(&path, &moved));
    assert_eq!(one(&["--against", "other.json"]), ("mpfr out other derivation -".to_owned(), format!("{moved} there")));
    other["systems"][system()].as_object_mut().unwrap().remove("mpfr");
    project.write("other.json", &other.to_string());
    assert_eq!(one(&["--against", "other.json"]).0, "mpfr out not there -");

    for (compression, consistently) in [("none", true), ("none", false), ("xz", true), ("xz", false)] {
        let cache = format!("cache-{compression}-{consistently}");
        project.publish(&theirs, &cache, compression);
        assert_eq!(project.verified(&ours, &["--against", &cache]), [[""; 5]; 0], "{cache}");
        project.tamper(&cache, consistently);
        let (row, detail) = one(&["--against", &cache]);
        let content = "content, from byte 0 of 18";
        if consistently {
            assert_eq!((row.as_str(), detail.as_str()), ("mpfr out differs lib/libmpfr.a", content));
        } else {
            assert_eq!(row, "mpfr out damaged lib/libmpfr.a");
            assert!(detail.contains("is not what its narinfo says (NAR hash sha256-"), "{detail}");
            assert!(detail.ends_with(content), "{detail}");
        }
    }
    let (_, stdout, _) = project.run(Some(&ours), &["verify", "mpfr", "--json", "--against", "cache-xz-true"]);
    let json: Value = serde_json::from_str(&stdout).unwrap();
    assert_eq!((&json["system"], &json["against"]), (&json!(system()), &json!("cache-xz-true")));
    let row = &json["outputs"][1];
    let shown = ["node", "output", "path", "state", "file", "kind"].map(|key| row[key].as_str().unwrap());
    assert_eq!(shown, ["mpfr", "out", &path, "differs", "lib/libmpfr.a", "content"]);
    assert!(row["nar"] != row["theirs"]["nar"] && row["theirs"]["path"] == json!(path));
    // Nothing of a cache went into the store.
    assert_eq!(fs::read_to_string(ours.real(&project.mpfr()).join("lib/libmpfr.a")).unwrap(), "a library of mpfr\n");

    // One that built a part of what it is asked for says so, and by its exit code, too.
    let partial = project.party().unwrap();
    project.fine(Some(&partial), &["build", "gmp"]);
    let (code, stdout, stderr) = project.run(Some(&partial), &["digests", "mpc"]);
    assert!(code == 1 && stdout.contains("\"gmp\"") && !stdout.contains("\"mpc\""), "{code} {stdout}");
    assert!(stderr.contains("left out, because not in this machine's store: mpfr, mpc"), "{stderr}");
    assert_eq!(project.run(Some(&partial), &["digests"]).0, 0);

    // A third party that copied what was tampered with: a copy is no build, and a tampered one is not its own.
    let copier = project.party().unwrap();
    let from = format!("file://{}", project.path("cache-xz-true").display());
    copier.run("nix", ["copy", "--no-check-sigs", "--from", &from, &path]);
    let (code, _, stderr) = project.run(Some(&copier), &["digests"]);
    assert!(code == 2 && stderr.contains("were copied into the store: mpfr"), "{stderr}");
    let rows = project.verified(&copier, &["--against", "cache-xz-true"]);
    assert_eq!(rows.len(), 1, "{rows:?}");
    assert_eq!(rows[0][..4].join(" "), "mpfr out differs lib/libmpfr.a");
    assert_eq!(project.verified(&copier, &["--against", "digests.json"]), [[""; 5]; 0]);
}

/// Nix would go on and build.
#[test]
fn a_build_that_is_told_to_end_ends_nix_too() {
    if !possible() {
        return;
    }
    let project = Project::new();
    let Some(store) = project.party() else { return };
    project.recipe("gmp", "src, version", "[ \"out\" ]", "sleep 600");
    let mut command = project.command(Some(&store), &["build", "gmp", "--no-out-link"]);
    let mut build = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(build.stderr.take().unwrap()).lines().map(Result::unwrap);
    let said: Vec<String> = lines.by_ref().take_while(|line| !line.contains("building gmp")).collect();
    let parent = format!("PPid:\t{}\n", build.id());
    let processes = fs::read_dir("/proc").unwrap().map(|entry| entry.unwrap().path());
    let status = |process: &Path| fs::read_to_string(process.join("status")).unwrap_or_default();
    let nix: Vec<PathBuf> = processes.filter(|process| status(process).contains(&parent)).collect();
    rustix::process::kill_process(rustix::process::Pid::from_child(&build), rustix::process::Signal::TERM).unwrap();
    let rest: Vec<String> = lines.collect();
    assert_eq!(build.wait().unwrap().code(), Some(2), "{said:?} {rest:?}");
    assert!(rest.iter().any(|line| line.ends_with("error: the build was ended by SIGTERM")), "{rest:?}");
    assert!(!nix.is_empty() && nix.iter().all(|process| !process.exists()), "{nix:?} {rest:?}");
}

/// Compilers are no nodes: what another party's copy of one builds is that party's.
#[test]
fn what_builds_nodes_is_not_taken_from_another_party() {
    if !possible() {
        return;
    }
    let project = Project::new();
    let (Some(theirs), Some(copier)) = (project.party(), project.party()) else { return };
    let derivation = |name: &str, more: &str| {
        format!("derivation {{ name = \"{name}\"; system = \"{}\"; builder = \"{BASH}\"; {more} }}", system())
    };
    let tools = derivation("tools", r#"args = [ "-c" "echo a compiler > $out || exit; exit 0" ];"#);
    let gmp = r#"inherit src tools; args = [ "-c" "echo made by $(<$tools) > $out || exit; exit 0" ];"#;
    let gmp = derivation("gmp", gmp);
    project.write("crossloom/musl-gcc/gmp.nix", &format!("{{ src, version }}:\nlet tools = {tools}; in {gmp}\n"));
    project.fine(Some(&theirs), &["build", "gmp"]);
    project.fine(Some(&theirs), &["digests", "gmp", "--write", "digests.json"]);
    let index = project.path("crossloom/default.nix");
    let tools = format!("(import {} {{ }}).legacyPackages.{}.gmp.tools.outPath", index.display(), system());
    let tools: StorePath = theirs.evaluate(&tools).as_str().unwrap().parse().unwrap();
    let cache = format!("file://{}?compression=none", project.path("cache").display());
    theirs.run("nix", ["copy", "--to", &cache, &tools.to_string()]);
    let copy = |store: &Store| store.run("nix", ["copy", "--no-check-sigs", "--from", &cache, &tools.to_string()]);
    let verify = |store: &Store| project.run(Some(store), &["verify", "gmp", "--against", "digests.json"]);
    let nothing_to_say = |store: &Store| {
        let (code, _, stderr) = project.run(Some(store), &["digests", "gmp"]);
        assert!(
            code == 2 && stderr.contains("they or nodes that they need were copied into the store: gmp"),
            "{stderr}"
        );
    };

    copy(&copier);
    project.fine(Some(&copier), &["build", "gmp"]);
    nothing_to_say(&copier);
    let (code, stdout, stderr) = verify(&copier);
    assert_eq!((code, stdout.as_str()), (0, "tools\tout\tidentical\t-\t-\ngmp\tout\tidentical\t-\t-\n"), "{stderr}");
    // From now on it has built them itself.
    assert_eq!(project.fine(Some(&copier), &["digests", "gmp"]), project.read("digests.json"));

    project.tamper_with("cache", &tools, "a compiler", true);
    let deceived = project.party().unwrap();
    copy(&deceived);
    let (code, stdout, stderr) = verify(&deceived);
    let why = "tools was copied into the store and is not what this machine builds";
    let expected = format!("tools\tout\tdiffers\t.\tcontent, from byte 0 of 11\ngmp\tout\tnot compared\t-\t{why}\n");
    assert_eq!((code, stdout), (1, expected), "{stderr}");
    nothing_to_say(&deceived);
}

#[test]
fn a_second_build_that_differs_is_shown_file_by_file() {
    if !possible() {
        return;
    }
    let project = Project::new();
    let Some(store) = project.party() else { return };
    assert_eq!(project.verified(&store, &[]), [[""; 5]; 0]);

    let random = "cat /proc/sys/kernel/random/uuid";
    project.recipe(
        "gmp",
        "src, version",
        "[ \"out\" ]",
        &format!("mkdir $out && echo x > $out/a && {random} > $out/b"),
    );
    let link = format!("echo {} > $out; ln -s $({random}) $dev", "same");
    project.recipe("mpc", "src, version, gmp, mpfr", "[ \"out\" \"dev\" ]", &link);
    let rows = project.verified(&store, &[]);
    // Nix ends at the first output that differs: of the other it may not have come to say a word.
    let rows: Vec<_> = rows.iter().filter(|row| row[2] != "not compared").collect();
    let shown: Vec<_> = rows.iter().map(|row| row[..4].join(" ")).collect();
    assert_eq!(shown, ["gmp out differs b", "mpc dev differs ."]);
    // By chance both may begin alike.
    assert!(rows[0][4].starts_with("content, from byte ") && rows[0][4].ends_with(" of 37"), "{:?}", rows[0]);
    assert!(rows[1][4].starts_with("link to ") && rows[1][4].contains(" in the first build, to "), "{:?}", rows[1]);

    // What diffoscope would say of them.
    project.write("tools/diffoscope", "#!/bin/sh\nshift $(($# - 2))\necho \"account of $1 $2\"\nexit 1\n");
    fs::set_permissions(project.path("tools/diffoscope"), fs::Permissions::from_mode(0o755)).unwrap();
    let (code, _, stderr) = project.run(Some(&store), &["verify", "gmp"]);
    let account = stderr.lines().find_map(|line| line.strip_prefix("account of ")).unwrap();
    let (first, second) = account.split_once(' ').unwrap();
    assert_eq!((code, second.to_owned()), (1, format!("{first}.check")));
    assert!(first.starts_with(store.root.to_str().unwrap()), "{first}");

    // A store that was changed by hand would agree with itself.
    let gmp = Path::new(first);
    fs::set_permissions(gmp.join("a"), fs::Permissions::from_mode(0o644)).unwrap();
    fs::write(gmp.join("a"), "y\n").unwrap();
    let (code, stdout, _) = project.run(Some(&store), &["verify", "gmp"]);
    assert!(code == 1 && stdout.starts_with("gmp\tout\tdamaged\t-\t/nix/store/"), "{stdout}");
    assert!(
        stdout.contains("differs from the build that Nix registered: `nix-store --repair-path /nix/store/"),
        "{stdout}"
    );
    let (code, _, stderr) = project.run(Some(&store), &["digests", "gmp"]);
    assert!(code == 2 && stderr.contains("differs from the build that Nix registered"), "{stderr}");

    // What is not there at all is one row of the answer, and not the end of it. Nix compares with what it registered.
    project.recipe("gmp", "src, version", "[ \"out\" ]", "echo gmp > $out");
    project.recipe("mpc", "src, version, gmp, mpfr", "[ \"out\" \"dev\" ]", "echo mpc > $out; echo dev > $dev");
    project.fine(Some(&store), &["build", "mpc"]);
    let printed: Value = serde_json::from_str(&project.fine(Some(&store), &["digests", "gmp"])).unwrap();
    let path: StorePath = printed["systems"][system()]["gmp"]["out"]["path"].as_str().unwrap().parse().unwrap();
    let real = store.real(&path);
    fs::set_permissions(real.parent().unwrap(), fs::Permissions::from_mode(0o755)).unwrap();
    fs::remove_file(&real).unwrap();
    let rows = project.verified(&store, &[]);
    assert_eq!(rows[0][..3].join(" "), "gmp out damaged", "{rows:?}");
}

#[test]
fn what_cannot_be_compared_with_is_an_error() {
    if !possible() {
        return;
    }
    let project = Project::new();
    let Some(store) = project.party() else { return };
    project.write("digests.json", "{ \"version\": 7 }");
    project.write("folder/file", "");
    for (args, said) in [
        (&["verify"][..], "required arguments were not provided"),
        (&["verify", "mpcc"], "did you mean \"mpc\"?"),
        (&["verify", "mpc", "--against", "nowhere"], "there is no nowhere\n\nhint: name a digests.json or the folder"),
        (&["verify", "mpc", "--against", "folder"], "folder is not a binary cache: it has no nix-cache-info"),
        (&["verify", "mpc", "--against", "digests.json"], "digests.json: format version 7 is not 1"),
        (&["verify", "seed-musl-1_2_5"], "seed-musl-1_2_5 is a check"),
        (&["digests", "mpc"], "none of it was built on this machine"),
        (
            &["digests", "--write", "digests.json"],
            "or move it away, and `crossloom digests --write FILE` writes it anew",
        ),
    ] {
        let (code, stdout, stderr) = project.run(Some(&store), args);
        assert!((code, stdout.as_str()) == (2, "") && stderr.contains(said), "{args:?}: {stdout}{stderr}");
    }
}
