//! From nothing to a project without an editor: targets on the command line, a matrix in a folder above, and git.

use std::process::Command;

use crate::commands::Project;

#[test]
fn a_target_on_the_command_line_is_enough_for_a_project() {
    let project = Project::new();
    project.fine(&["init", "--target", "aarch64-linux-musl", "--target", "x86_64-unknown-linux-musl"]);
    let text = project.read("matrix.toml");
    assert!(text.contains("\n[musl-gcc]\ntargets = [\"aarch64-linux-musl\", \"x86_64-linux-musl\"]\n"), "{text}");
    project.fine(&["sync"]);
    assert!(project.fine(&["plan"]).contains("\tmusl-gcc-x86_64-linux-musl\t"));
    project.fine(&["generate", "--check"]);
    project.fine(&["lock", "--check"]);

    let error = Project::new().fails(&["init", "--target", "aarch64-linux-muls"]);
    assert!(error.contains("no family has the target `aarch64-linux-muls`"), "{error}");
    assert!(error.contains("did you mean aarch64-linux-musl?"), "{error}");
}

#[test]
fn targets_are_added_and_removed_or_nothing_changes() {
    let project = Project::new();
    project.fine(&["init", "--target", "x86_64-linux-musl"]);
    let before = project.read("matrix.toml");
    project.fine(&["add", "aarch64-linux-musl", "arm64"]);
    let text = project.read("matrix.toml");
    assert!(text.contains("\"x86_64-linux-musl\", \"aarch64-linux-musl\"]") && text.contains("[linux]\n"), "{text}");
    project.fine(&["remove", "arm64", "aarch64-linux-musl"]);
    assert_eq!(project.read("matrix.toml"), before);

    let error = project.fails(&["add", "arm64", "x86_64-linux-musl"]);
    assert!(error.contains("x86_64-linux-musl is already a target of [musl-gcc]"), "{error}");
    let error = project.fails(&["remove", "arm64"]);
    assert!(error.contains("the matrix has no target arm64"), "{error}");
    // A matrix without any family is not one.
    let error = project.fails(&["remove", "x86_64-linux-musl"]);
    assert!(error.contains("the matrix has no table of a family"), "{error}");
}

#[test]
fn a_matrix_above_is_found_and_written_to() {
    let project = Project::with_matrix();
    std::fs::create_dir_all(project.path("src/deep")).unwrap();
    let deep = |args: &[&str]| {
        let mut command = Command::new(env!("CARGO_BIN_EXE_crossloom"));
        command.args(args).current_dir(project.path("src/deep")).output().unwrap()
    };
    assert!(deep(&["sync"]).status.success());
    assert!(project.path("matrix.lock").is_file() && project.path("crossloom/default.nix").is_file());
    assert_eq!(std::fs::read_dir(project.path("src/deep")).unwrap().count(), 0);
    assert_eq!(String::from_utf8(deep(&["plan"]).stdout).unwrap(), project.fine(&["plan"]));
    // A named matrix is looked for where it is said to be.
    let named = deep(&["plan", "--matrix", "matrix.toml"]);
    assert_eq!(named.status.code(), Some(2));
    assert!(String::from_utf8(named.stderr).unwrap().contains("there is no matrix.toml"));
    // `init` writes here, whatever is above.
    assert!(deep(&["init"]).status.success());
    assert!(project.path("src/deep/matrix.toml").is_file());
}

#[test]
fn a_command_to_copy_is_quoted_for_a_shell() {
    let project = Project::new();
    std::fs::create_dir(project.path("my tools")).unwrap();
    let run = project.run(&["init", "--matrix", "my tools/matrix.toml"]);
    assert!(run.stderr.contains("next: crossloom sync --matrix 'my tools/matrix.toml'"), "{}", run.stderr);
}

#[test]
fn files_that_git_does_not_know_are_named_or_added() {
    let project = Project::with_matrix();
    let git = |args: &[&str]| {
        let output = Command::new("git").args(args).current_dir(project.dir()).output().unwrap();
        assert!(output.status.success(), "{output:?}");
        String::from_utf8(output.stdout).unwrap()
    };
    // Without a repository there is nothing to say.
    assert!(!project.run(&["sync"]).stderr.contains("git"));
    git(&["init", "--quiet"]);
    let run = project.run(&["sync"]);
    assert!(run.stderr.contains("run: git add"), "{}", run.stderr);
    for file in ["crossloom/", "flake.lock", "flake.nix", "matrix.lock", "matrix.toml"] {
        assert!(run.stderr.contains(file), "{file}: {}", run.stderr);
    }
    project.fine(&["sync", "--git-add"]);
    let known = git(&["ls-files"]);
    assert!(known.contains("flake.nix\n") && known.contains("crossloom/default.nix\n"), "{known}");
    assert!(!project.run(&["sync"]).stderr.contains("git add"));
    // What services read is beside the folder; a file of the user's in the same place is the user's.
    let mut matrix = std::fs::read_to_string(project.path("matrix.toml")).unwrap();
    matrix.push_str("\n[ci]\nsurfaces = [\"garnix\", \"github\", \"gitlab\"]\n");
    std::fs::write(project.path("matrix.toml"), matrix).unwrap();
    std::fs::create_dir_all(project.path(".github/workflows")).unwrap();
    std::fs::write(project.path(".github/workflows/mine.yml"), "on: push\n").unwrap();
    project.fine(&["sync", "--git-add"]);
    let known = git(&["ls-files"]);
    for file in [".github/workflows/crossloom.yml", ".gitlab-ci.yml", "garnix.yaml"] {
        assert!(known.lines().any(|line| line == file), "{file}: {known}");
    }
    assert!(!known.contains("mine.yml"), "{known}");
    // A file that git ignores can't be told of.
    git(&["rm", "--cached", "--quiet", "--force", "garnix.yaml"]);
    std::fs::write(project.path(".gitignore"), "garnix.yaml\n").unwrap();
    let run = project.run(&["sync"]);
    assert!(run.stderr.contains("git ignores garnix.yaml"), "{}", run.stderr);
}

#[test]
fn lists_are_data() {
    let project = Project::with_matrix();
    let json = |args: &[&str]| serde_json::from_str::<serde_json::Value>(&project.fine(args)).unwrap();
    let targets = json(&["list", "targets", "--family", "musl-gcc", "--json"]);
    assert_eq!(targets["version"], 1);
    let names: Vec<&str> =
        targets["targets"].as_array().unwrap().iter().map(|row| row["target"].as_str().unwrap()).collect();
    assert!(names.contains(&"x86_64-linux-musl") && !names.contains(&"arm64"), "{names:?}");
    assert!(project.fine(&["list", "versions"]).contains("gcc\t14.2.0\t"));
    assert_eq!(json(&["list", "--json"])["families"][0]["family"], "musl-gcc");
    assert_eq!(json(&["list", "musl-gcc", "--json"])["family"]["packages"]["gcc"][0], "14.2.0");
    project.fine(&["lock"]);
    assert!(project.fine(&["list", "shells"]).contains("x86_64-linux\t"));
}

#[test]
fn patterns_that_match_nothing_are_errors() {
    let project = Project::generated();
    let error = project.fails(&["build", "--dry-run", "vax-*"]);
    assert!(error.contains("vax-* matches no cell, check or node for "), "{error}");
    let error = project.fails(&["build", "--dry-run", "a[*"]);
    assert!(error.contains("\"a[*\" is not a pattern"), "{error}");
}

#[test]
fn old_files_of_the_cache_go_unless_the_matrix_needs_them() {
    let project = Project::generated();
    let cache = project.path("cache/crossloom");
    std::fs::create_dir_all(cache.join("targets/old")).unwrap();
    std::fs::create_dir_all(cache.join("other")).unwrap();
    let old = std::time::SystemTime::now() - std::time::Duration::from_secs(40 * 86_400);
    let make = |name: &str, is_old: bool| {
        let file = std::fs::File::create(cache.join(name)).unwrap();
        file.set_len(1000).unwrap();
        if is_old {
            file.set_modified(old).unwrap();
        }
    };
    let lock: serde_json::Value = serde_json::from_str(&project.read("matrix.lock")).unwrap();
    let needed = lock["sources"]["gmp-6.3.0"]["file"].as_str().unwrap();
    make(needed, true);
    make("unneeded.tar", true);
    make("young.tar", false);
    // Written while the clock was ahead.
    let ahead = std::time::SystemTime::now() + std::time::Duration::from_secs(40 * 86_400);
    std::fs::File::create(cache.join("ahead.tar")).unwrap().set_modified(ahead).unwrap();
    // Another process downloads the first.
    let downloaded = std::fs::File::create(cache.join("downloaded.tar.part")).unwrap();
    downloaded.set_modified(old).unwrap();
    downloaded.lock().unwrap();
    std::fs::File::create(cache.join("left.tar.part")).unwrap().set_modified(old).unwrap();
    make("targets/old/matrix.toml", true);
    make("other/file", true);
    std::os::unix::fs::symlink(cache.join("young.tar"), cache.join("link")).unwrap();
    let environment = [("XDG_CACHE_HOME", cache.parent().unwrap().to_str().unwrap())];
    let run = |words: &[&str]| {
        let run = project.run_with(words, &environment);
        assert_eq!(run.code, 0, "{}", run.stderr);
        run.stdout
    };
    let said = run(&["gc", "--dry-run"]);
    assert_eq!(said.lines().count(), 3, "{said}");
    let value: serde_json::Value = serde_json::from_str(&run(&["gc", "--json"])).unwrap();
    assert_eq!((&value["version"], &value["bytes"]), (&1.into(), &4000.into()), "{value}");
    let there = |name: &str| cache.join(name).symlink_metadata().is_ok();
    for (name, stays) in [
        (needed, true),
        ("young.tar", true),
        ("ahead.tar", true),
        ("link", true),
        ("other/file", true),
        ("unneeded.tar", false),
        ("downloaded.tar.part", true),
        ("left.tar.part", false),
        ("targets/old", false),
    ] {
        assert_eq!(there(name), stays, "{name}");
    }
    assert_eq!(run(&["gc", "--older-than", "0"]).lines().count(), 2);
    assert!(there(needed) && !there("young.tar") && !there("ahead.tar"));
}

#[test]
fn json_has_a_version_and_completion_knows_cells() {
    let project = Project::generated();
    for words in [
        &["plan", "--json"][..],
        &["list", "--json"],
        &["query", "--json", "--target", "x86_64-linux-musl", "build"],
        &["diff", "--json", "."],
    ] {
        let value: serde_json::Value = serde_json::from_str(&project.fine(words)).unwrap();
        assert_eq!(value["version"], 1, "{words:?}");
    }
    let cell = project.fine(&["plan"]).lines().next().unwrap().split('\t').nth(2).unwrap().to_owned();
    let asked = [("CROSSLOOM_COMPLETE", "bash"), ("_CLAP_COMPLETE_INDEX", "2"), ("_CLAP_IFS", "\n")];
    let run = project.run_with(&["--", "crossloom", "build", &cell[..cell.len() - 1]], &asked);
    assert!(run.stdout.lines().any(|line| line == cell), "{} {}", run.stdout, run.stderr);
    assert!(project.fine(&["completions", "fish"]).contains("CROSSLOOM_COMPLETE"));
}

#[test]
fn questions_are_answered_in_json_too() {
    let project = Project::generated();
    let value = |text: &str| -> serde_json::Value {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        assert_eq!(value["version"], 1, "{text}");
        value
    };
    let fine = |words: &[&str]| value(&project.fine(words));
    let checked = fine(&["check", "--json"]);
    assert_eq!((&checked["cells"], checked["problems"].as_array().unwrap().len()), (&2.into(), 0), "{checked}");
    let sizes = fine(&["seed", "show", "--json"]);
    assert_eq!((&sizes["suite"], &sizes["system"]), (&"bookworm".into(), &"x86_64-linux".into()));
    let base = &sizes["tiers"][0];
    assert_eq!(base["name"], "base");
    let megabytes = base["bytes"].as_f64().unwrap() / 1e6;
    let row = format!("base\t{} packages\t{megabytes:.1} MB\n", base["packages"]);
    assert!(project.fine(&["seed", "show"]).starts_with(&row), "{row}");
    assert_eq!(fine(&["lock", "--check", "--json"])["stale"].as_array().unwrap().len(), 0);
    assert_eq!(fine(&["generate", "--check", "--json"])["files"].as_array().unwrap().len(), 0);
    assert_eq!(fine(&["format", "--check", "--json", "flake.nix"])["files"].as_array().unwrap().len(), 0);
    let rows = fine(&["upgrade", "--dry-run", "--latest", "--json"]);
    assert!(rows["packages"].as_array().unwrap().iter().all(|row| row["upgrade"].is_string()), "{rows}");

    // What is wrong is in it as well, and the exit code stays.
    project.write("flake.nix", &format!("{}\n\n", project.read("flake.nix")));
    project.write("crossloom/more.nix", "{ }\n");
    let found = value(&project.finds(&["generate", "--check", "--json"]).stdout);
    let files = [("flake.nix", "differs"), ("crossloom/more.nix", "stale")];
    let expected = files.map(|(path, state)| serde_json::json!({ "path": path, "state": state }));
    assert_eq!(found["files"], serde_json::json!(expected));
    let found = value(&project.finds(&["format", "--check", "--json", "flake.nix"]).stdout);
    assert_eq!(found["files"], serde_json::json!(["flake.nix"]));
    project.replace("matrix.toml", "[musl-gcc]", "[musl-gc]");
    let run = project.run(&["check", "--json"]);
    assert_eq!(run.code, 2);
    assert!(run.stderr.contains("musl-gc"), "{}", run.stderr);
    let problems = value(&run.stdout)["problems"].clone();
    let named = |problem: &&serde_json::Value| problem["message"].as_str().unwrap().contains("musl-gc`");
    let problem = problems.as_array().unwrap().iter().find(named).unwrap();
    let text = project.read("matrix.toml");
    let line = text.lines().position(|line| line.starts_with("[musl-gc]")).unwrap() + 1;
    assert_eq!((&problem["file"], &problem["line"]), (&"matrix.toml".into(), &line.into()), "{problem}");
    assert_eq!(problem["column"], 2);
    // An error that is not one of the matrix has no place.
    project.replace("matrix.toml", "[musl-gc]", "[musl-gcc]");
    std::fs::remove_file(project.path("matrix.lock")).unwrap();
    let run = project.run(&["check", "--json"]);
    let problem = &value(&run.stdout)["problems"][0];
    assert!(problem["message"].as_str().unwrap().contains("matrix.lock") && problem["line"].is_null(), "{problem}");
    assert_eq!(
        value(&project.finds(&["lock", "--check", "--json"]).stdout)["stale"],
        serde_json::json!(["./matrix.lock"])
    );
}
