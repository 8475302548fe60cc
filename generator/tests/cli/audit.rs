//! `crossloom audit` as users run it: outputs, exit codes, suppressions and baselines.

use serde_json::Value;

use crate::commands::Project;

fn json(text: &str) -> Value {
    serde_json::from_str(text).unwrap()
}

#[test]
fn findings_are_printed_and_counted_by_the_exit_code() {
    let project = Project::new();
    project.write("ok/Makefile", "all:\n\t$(STRIP) a\n");
    let clean = project.run(&["audit", "ok"]);
    assert_eq!((clean.code, clean.stdout.as_str()), (0, ""));

    project.write("bad/Makefile", "all:\n\tstrip a\n");
    let found = project.run(&["audit", "bad"]);
    assert_eq!(found.code, 1);
    assert!(
        found.stdout.starts_with("Makefile:2: make-bare-tool: strip a\n\nmake-bare-tool (1): "),
        "{}",
        found.stdout
    );
    assert!(found.stdout.contains("\n  reason: ") && found.stdout.contains("\n  fix: "), "{}", found.stdout);
    assert!(found.stderr.contains("1 findings in 1 build files"), "{}", found.stderr);
    // Another rule finds nothing.
    assert_eq!(project.run(&["audit", "--rule", "make-uname", "bad"]).code, 0);

    let value = json(&project.run(&["audit", "bad", "--format", "json"]).stdout);
    assert_eq!((&value["version"], &value["findings"][0]["line"]), (&1.into(), &2.into()));
    for field in ["rule", "file", "code", "reason", "fix"] {
        assert!(value["findings"][0][field].is_string(), "{field}");
    }
    let log = json(&project.run(&["audit", "bad", "--format", "sarif", "--docs", "https://example.org/a"]).stdout);
    assert_eq!(log["runs"][0]["results"][0]["ruleId"], "make-bare-tool");
    // Code hosts know the whole tree, from the folder in which the command ran.
    let here = project.path("bad").display().to_string();
    for (folder, expected) in
        [("bad", "bad/Makefile"), ("./bad/", "bad/Makefile"), (&here, "bad/Makefile"), ("bad/../bad", "Makefile")]
    {
        let log = json(&project.run(&["audit", folder, "--format", "sarif"]).stdout);
        let place = &log["runs"][0]["results"][0]["locations"][0]["physicalLocation"];
        assert_eq!(place["artifactLocation"]["uri"], expected, "{folder}");
    }
    // A terminal obeys no name of a folder.
    project.write("odd/x\u{1b}[31m\n::error::/Makefile", "all:\n\tstrip a\n");
    let odd = project.run(&["audit", "odd"]);
    assert!(odd.stdout.starts_with("x [31m ::error::/Makefile:2: make-bare-tool: strip a\n"), "{}", odd.stdout);

    for (args, expected) in [
        (&["audit", "nothing"][..], "cannot read nothing"),
        (&["audit", "bad", "--baseline", "none.json"], "cannot read none.json"),
        (&["audit", "--rule", "make-bear-tool"], "invalid value 'make-bear-tool'"),
    ] {
        let run = project.run(args);
        assert!(run.code == 2 && run.stderr.contains(expected), "{}", run.stderr);
    }
    project.write("bad/.crossloom-audit", "make-bear-tool *\n");
    assert_eq!(project.run(&["audit", "bad"]).code, 2);
    project.write("bad/.crossloom-audit", "make-bare-tool *\n");
    assert_eq!(project.run(&["audit", "bad"]).code, 0);
}

#[test]
fn a_baseline_is_written_and_hides_what_was_there() {
    let project = Project::new();
    project.write("Makefile", "all:\n\tstrip a\n");
    assert_eq!(project.run(&["audit", "--write-baseline", "known.json"]).code, 0);
    assert_eq!(project.run(&["audit", "--baseline", "known.json"]).code, 0);
    project.write("Makefile", "all:\n\tar b\n");
    let run = project.run(&["audit", "--baseline", "known.json", "--format", "json"]);
    let value = json(&run.stdout);
    assert_eq!(
        (run.code, &value["findings"][0]["code"], &value["baseline"]["gone"][0]["code"]),
        (1, &"ar b".into(), &"strip a".into())
    );
    assert!(
        run.stderr.contains("the baseline has 1 of make-bare-tool in Makefile that are gone: strip a"),
        "{}",
        run.stderr
    );
}

#[test]
fn the_rules_are_listed() {
    let project = Project::new();
    let list = project.run(&["audit", "--list-rules"]);
    assert_eq!(list.code, 0);
    assert!(list.stdout.lines().count() > 40 && list.stdout.lines().all(|line| line.split('\t').count() == 3));
}
