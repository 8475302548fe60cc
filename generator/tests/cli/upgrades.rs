//! Versions that the lock holds, and newer ones.

use std::ffi::OsStr;
use std::os::unix::ffi::OsStrExt;
use std::process::Command;

use crate::commands::Project;

const MATRIX: &str = r#"crossloom = 1

[build]
systems = ["x86_64-linux"]

[musl-gcc] # compilers
targets = ["x86_64-linux-musl"]
gcc = ["14", "15.1.0"] # the old and the new one
musl = [
  "1.2.5", # old
]
exclude = [{ target = "x86_64-linux-musl", gcc = "15.1.0" }]

[[musl-gcc.include]]
target = "i686-linux-musl"
gcc = "15.1.0"
"#;

fn project() -> Project {
    let project = Project::new();
    project.write("matrix.toml", MATRIX);
    project
}

/// The version that a shorthand of gcc stands for in the lock.
fn locked(project: &Project, word: &str) -> String {
    let lock: serde_json::Value = serde_json::from_str(&project.read("matrix.lock")).unwrap();
    lock["versions"]["gcc"][word].as_str().unwrap_or_default().to_owned()
}

/// A lock as an older crossloom would have made it, which knew no newer release than this.
fn hold(project: &Project, version: &str) {
    let now = locked(project, "14");
    assert_ne!(now, version);
    project.replace("matrix.lock", &format!("\"14\": \"{now}\""), &format!("\"14\": \"{version}\""));
    project.fine(&["lock"]);
}

#[test]
fn a_shorthand_stays_what_it_is_until_it_is_upgraded() {
    let project = project();
    project.fine(&["lock"]);
    let newest = locked(&project, "14");
    hold(&project, "14.2.0");
    for command in [&["lock"][..], &["lock", "--update", "gcc"], &["lock", "--check"], &["check"]] {
        project.fine(command);
        assert_eq!(locked(&project, "14"), "14.2.0", "{command:?}");
    }
    assert!(project.read("matrix.lock").contains("\"gcc-14.2.0\"") && !project.read("matrix.lock").contains(&newest));
    let row = format!("gcc\t14\t14.2.0\t{newest}\t");
    let found = project.finds(&["outdated"]).stdout;
    assert!(found.lines().any(|line| line.starts_with(&row) && line.contains("\toutdated; ")), "{found}");

    let before = project.listing();
    assert!(project.fine(&["upgrade", "--dry-run"]).contains(&format!("gcc\t14\t14.2.0\t{newest}\n")));
    project.unchanged(&before);
    project.fine(&["upgrade", "musl"]);
    assert_eq!(locked(&project, "14"), "14.2.0", "only musl was to be upgraded");
    project.fine(&["upgrade", "gcc"]);
    assert_eq!(locked(&project, "14"), newest);
    project.fine(&["lock", "--check"]);
    project.fine(&["outdated"]);
    assert_eq!(project.fine(&["upgrade"]), "");

    // A matrix without shorthands has the lock that it always had.
    let plain = Project::with_matrix();
    plain.fine(&["lock"]);
    assert!(!plain.read("matrix.lock").contains("\"versions\""));
}

#[test]
fn exact_versions_are_upgraded_in_the_matrix_wherever_they_stand() {
    let project = project();
    project.fine(&["upgrade"]);
    let newest = project.fine(&["outdated"]);
    let newest = newest.lines().find_map(|line| line.strip_prefix("gcc\t15.")?.split('\t').next()).unwrap();
    let newest = format!("15.{newest}");
    assert_ne!(newest, "15.1.0");
    let expected = MATRIX.replace("15.1.0", &newest).replace("1.2.5", "1.2.6");
    assert_eq!(project.read("matrix.toml"), expected);
    project.fine(&["lock", "--check"]);
    project.fine(&["check"]);

    // Two versions of one series that both stand there are both meant.
    project.write("matrix.toml", &MATRIX.replace("\"14\"", "\"14.2.0\", \"14.3.0\"").replace("14.3.0", "14.4.0"));
    let rows = project.fine(&["upgrade", "--dry-run", "gcc"]);
    assert!(!rows.contains("14.2.0") && rows.contains("15.1.0"), "{rows}");

    // The newer one moves, in whatever order they stand.
    for two in ["\"14.2.0\", \"14.3.0\"", "\"14.3.0\", \"14.2.0\""] {
        project.write("matrix.toml", &MATRIX.replace("\"14\"", two));
        let rows = project.fine(&["upgrade", "--dry-run", "gcc"]);
        assert!(rows.contains("gcc\t14.3.0\t") && !rows.contains("gcc\t14.2.0\t"), "{two}: {rows}");
    }
    // `--latest` moves one version to the newest of all: the newest there is.
    let rows = project.fine(&["upgrade", "--dry-run", "--latest", "gcc"]);
    assert!(rows.starts_with("gcc\t15.1.0\t") && rows.lines().count() == 1, "{rows}");
}

#[test]
fn an_upgrade_keeps_line_ends_and_the_mark_at_the_beginning() {
    let project = project();
    let text = format!("\u{feff}{}", MATRIX.replace('\n', "\r\n"));
    project.write("matrix.toml", &text);
    project.fine(&["upgrade", "musl"]);
    assert_eq!(project.read("matrix.toml"), text.replace("1.2.5", "1.2.6"));
    // Without anything to change, even a mixture stays.
    let text = text.replacen("\r\n", "\n", 1);
    project.write("matrix.toml", &text.replace("1.2.5", "1.2.6"));
    project.fine(&["upgrade", "musl"]);
    assert_eq!(project.read("matrix.toml"), text.replace("1.2.5", "1.2.6"));
}

#[test]
fn a_lock_of_a_newer_crossloom_is_not_taken_back_in_silence() {
    let project = project();
    // The exact version must not take the release that the shorthand gets.
    project.write("matrix.toml", &MATRIX.replace("\"14\"", "\"14\", \"14.3.0\""));
    project.fine(&["lock"]);
    let now = locked(&project, "14");
    project.replace("matrix.lock", &format!("\"14\": \"{now}\""), "\"14\": \"14.99.0\"");
    assert!(project.fails(&["outdated"]).contains("which this crossloom has no release for"));
    let rows = project.fine(&["upgrade", "gcc"]);
    assert!(rows.contains(&format!("gcc\t14\t14.99.0\t{now}\n")) && !rows.contains("14.3.0"), "{rows}");
    assert_eq!(locked(&project, "14"), now);
}

#[test]
fn problems_of_a_matrix_are_shown_in_its_own_text() {
    let project = project();
    project.write("matrix.toml", &MATRIX.replace("i686-linux-musl", "i686-linux-mus1"));
    let error = project.fails(&["upgrade"]);
    assert!(error.contains("i686-linux-mus1") && error.contains("matrix.toml has 1 problem"), "{error}");
    project.write("matrix.toml", &MATRIX.replace("gcc = \"15.1.0\" }", "gcc = \"15.1.0\", nothing = \"x\" }"));
    let error = project.fails(&["upgrade"]);
    assert!(error.contains("gcc = \"15.1.0\", nothing"), "{error}");
}

#[test]
fn an_upgrade_that_gives_no_matrix_changes_nothing() {
    let project = project();
    project.fine(&["lock"]);
    // Then both words would mean one release.
    let text = project.read("matrix.toml").replace("\"14\", \"15.1.0\"", "\"14\", \"15.1.0\", \"15\"");
    project.write("matrix.toml", &text);
    project.fine(&["lock"]);
    let rows = project.fine(&["upgrade", "--dry-run", "gcc"]);
    assert!(!rows.contains("15.1.0"), "it stays beside the newest: {rows}");
    let error = project.fails(&["upgrade", "binutils"]);
    assert!(error.contains("the matrix names no version of \"binutils\""), "{error}");
    assert!(error.contains("it names versions of gcc, musl"), "{error}");
    project.replace("matrix.lock", "\"14\": \"14", "\"14\": \"13");
    let error = project.fails(&["plan"]);
    assert!(error.contains("the lock holds gcc `14` to `13."), "{error}");
    assert!(error.contains("`crossloom upgrade gcc` takes 14."), "{error}");
    project.fine(&["upgrade", "gcc"]);
    project.fine(&["plan"]);
}

#[test]
fn outdated_is_data() {
    let project = project();
    project.fine(&["lock"]);
    let found: serde_json::Value = serde_json::from_str(&project.finds(&["outdated", "--json"]).stdout).unwrap();
    assert_eq!(found["version"], 1);
    let rows = found["packages"].as_array().unwrap();
    let of = |written: &str| rows.iter().find(|row| row["written"] == written).unwrap_or_else(|| panic!("{written}"));
    assert_eq!((of("14")["state"].as_str(), of("14")["upgrade"].as_str()), (Some("current"), None));
    assert_eq!(of("15.1.0")["state"], "outdated");
    assert_eq!(of("1.2.5")["upgrade"], "1.2.6");
    assert_eq!(of("1.2.5")["families"][0], "musl-gcc");
    let binutils = rows.iter().find(|row| row["package"] == "binutils").unwrap();
    assert_eq!((binutils["state"].as_str(), binutils["written"].is_null()), (Some("default"), true));
}

/// Runs git in a folder of a project.
fn git(project: &Project, args: &[&str]) {
    let mut git = Command::new("git");
    for name in ["GIT_CONFIG_GLOBAL", "GIT_CONFIG_SYSTEM"] {
        git.env(name, "/dev/null");
    }
    for name in ["GIT_AUTHOR", "GIT_COMMITTER"] {
        git.env(format!("{name}_NAME"), "me").env(format!("{name}_EMAIL"), "me@example.org");
    }
    let output = git.args(args).current_dir(project.dir()).output().unwrap();
    assert!(output.status.success(), "{args:?}: {output:?}");
}

#[test]
fn a_revision_of_git_is_compared_with() {
    let project = Project::new();
    for folder in ["", "tools/cross/"] {
        project.write(&format!("{folder}matrix.toml"), &MATRIX.replace("1.2.5", "1.2"));
        project.fine(&["sync", "--matrix", &format!("./{folder}matrix.toml")]);
    }
    // A line end of another system, a link and a filter must not change what is read.
    project.write(".gitattributes", "* text eol=crlf export-ignore filter=run\n");
    std::os::unix::fs::symlink("/nowhere", project.path("tools/link")).unwrap();
    // Names that are not UTF-8 stay two names, where the file system takes them.
    for name in [&b"tools/\xfe"[..], b"tools/\xff"] {
        let _ = std::fs::write(project.dir().join(OsStr::from_bytes(name)), "");
    }
    git(&project, &["init", "--quiet", "--initial-branch", "main"]);
    git(&project, &["add", "."]);
    git(&project, &["commit", "--quiet", "--message", "one"]);
    git(&project, &["config", "filter.run.smudge", "false"]);
    git(&project, &["config", "filter.run.required", "true"]);
    let unchanged = project.fine(&["diff", "HEAD"]);
    assert!(unchanged.starts_with("unchanged  x86_64-linux  ") && !unchanged.contains("rebuilt"), "{unchanged}");

    project.replace("tools/cross/matrix.toml", "\"15.1.0\"] # the", "\"15.3.0\"] # the");
    project.replace("tools/cross/matrix.toml", "gcc = \"15.1.0\" }", "gcc = \"15.3.0\" }");
    project.replace("tools/cross/matrix.toml", "musl = [\n  \"1.2\"", "musl = [\n  \"1.2.5\"");
    project.fine(&["sync", "--matrix", "tools/cross"]);
    let before = project.listing();
    for args in [&["diff", "main", "tools/cross"][..], &["diff", "HEAD~0", "tools/cross/matrix.toml"]] {
        let run = project.finds(args);
        assert!(run.stdout.contains("source musl: 1.2.6 → 1.2.5"), "{}", run.stdout);
        assert!(!run.stderr.contains("recipes are not compared"), "{}", run.stderr);
    }
    let run = project.finds(&["diff", "--markdown", "HEAD", "tools/cross"]);
    assert!(run.stdout.starts_with("### crossloom: cells: "), "{}", run.stdout);
    assert!(
        run.stdout.contains(
            "\n| change | built on | cell | nodes to build |\n|---|---|---|---|\n| rebuilt | x86_64-linux | `"
        )
    );
    assert!(
        run.stdout.ends_with("```\n\n</details>\n") && run.stdout.contains("\n```text\nrebuilt  "),
        "{}",
        run.stdout
    );
    project.unchanged(&before);
    // From a folder inside of the project, the nearest matrix is the new one.
    let mut command = Command::new(env!("CARGO_BIN_EXE_crossloom"));
    std::fs::create_dir(project.path("tools/cross/deep")).unwrap();
    let output = command.args(["diff", "main"]).current_dir(project.path("tools/cross/deep")).output().unwrap();
    assert_eq!(output.status.code(), Some(1), "{output:?}");

    // Nothing changed: there is no table.
    assert_eq!(project.fine(&["diff", "--markdown", "main"]), "### crossloom: cells: 2 unchanged\n");
    for (args, words) in [
        (&["diff", "mian"][..], "there is no mian, and git has no revision of that name"),
        (&["diff", "--", "-x"], "there is no -x, and a revision does not begin with -"),
    ] {
        let error = project.fails(args);
        assert!(error.contains(words), "{error}");
    }
    project.write("other/matrix.toml", MATRIX);
    let error = project.fails(&["diff", "main", "other"]);
    assert!(error.contains("main has no other/matrix.toml"), "{error}");
}
