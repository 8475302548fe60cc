//! What documents say about this repository: SECURITY.md names the tests that hold its promises.

use std::fs;

use super::project::repository;

/// The cells of the rows of Markdown tables.
fn rows(text: &str) -> Vec<Vec<&str>> {
    text.lines()
        .filter_map(|line| line.strip_prefix("| ")?.strip_suffix(" |"))
        .map(|line| line.split(" | ").collect())
        .collect()
}

/// The rows that name a test: the promise, the file below `generator/`, and the test's name.
fn promises(text: &str) -> Vec<(&str, &str, &str)> {
    let mut found = Vec::new();
    for row in rows(text) {
        if let [promise, file, test] = row[..]
            && let (Some(file), Some(test)) = (code(file), code(test))
        {
            found.push((promise, file, test));
        }
    }
    found
}

/// A cell that is code alone.
fn code(cell: &str) -> Option<&str> {
    cell.strip_prefix('`')?.strip_suffix('`')
}

/// What is wrong with a promise.
fn unheld(file: &str, test: &str) -> Option<String> {
    let text = fs::read_to_string(repository().join("generator").join(file)).unwrap_or_default();
    let held = text.contains(&format!("#[test]\n    fn {test}()")) || text.contains(&format!("#[test]\nfn {test}()"));
    (!held).then(|| format!("{file} has no test {test}"))
}

#[test]
fn every_promise_is_held_by_a_test() {
    let text = fs::read_to_string(repository().join("SECURITY.md")).unwrap();
    let promises = promises(&text);
    assert!(promises.len() > 30, "{}", promises.len());
    let wrong: Vec<String> = promises.iter().filter_map(|(_, file, test)| unheld(file, test)).collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    // The comparison can fail.
    assert!(unheld("tests/unit/documents.rs", "no_such_test").is_some() && unheld("none.rs", "none").is_some());
}
