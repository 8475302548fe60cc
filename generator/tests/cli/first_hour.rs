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
