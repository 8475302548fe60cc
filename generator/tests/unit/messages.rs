//! Messages about texts that others wrote stay short, whatever a library's parser repeats of the text.

use std::error::Error;

use crate::audit::Baseline;
use crate::fetch::mirrors::user_mirrors;
use crate::flake_lock::with_nixpkgs;
use crate::lock::Lock;
use crate::seed::SeedLock;
use crate::verify::digests::Digests;

fn whole(error: &dyn Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(error) = next {
        text.push_str(&format!(": {error}"));
        next = error.source();
    }
    text
}

#[test]
fn a_long_word_of_a_file_is_not_repeated_in_full() {
    let long = "w".repeat(50_000);
    let field = format!("{{\"version\": 1, \"{long}\": 1}}");
    let value = format!("{{\"version\": \"{long}\"}}");
    let table = format!("[mirrors]\n{long} = 1\n{long} = 1\n");
    let mut messages = vec![
        ("mirrors.toml, a key twice", user_mirrors(&table).unwrap_err()),
        ("mirrors.toml, a bad key", user_mirrors(&format!("[mirrors]\n{long}\n")).unwrap_err()),
        ("mirrors.toml, another key", user_mirrors(&format!("{long} = 1\n")).unwrap_err()),
        ("mirrors.toml, another type", user_mirrors(&format!("[mirrors]\n{long} = 1\n")).unwrap_err()),
    ];
    for text in [&field, &value] {
        messages.push(("matrix.lock", whole(&Lock::parse(text).unwrap_err())));
        messages.push(("a seed's lock", whole(&SeedLock::parse(text, "x").unwrap_err())));
        messages.push(("digests", whole(&Digests::parse(text).unwrap_err())));
        messages.push(("flake.lock", whole(&with_nixpkgs(Some(text), false).unwrap_err())));
        messages.push(("a baseline", whole(&Baseline::parse(text, "x").unwrap_err())));
    }
    for (of, message) in messages {
        assert!(message.len() < 1000, "{of}: {} bytes: {:.200}", message.len(), message);
    }
    // The place stands at the end of such a message, and is kept.
    assert!(whole(&Digests::parse(&field).unwrap_err()).contains("at line 1 column"));
}

/// A text of a lock that is much too long stands in a message by its start.
#[test]
fn long_texts_of_a_lock_are_not_repeated_whole() {
    let long = "mirror:/musl".repeat(4000);
    let hash = crate::nix::hash::Sha256::of(b"");
    let lock = |name: &str, file: &str, more: &str| {
        format!(
            r#"{{"version": 1, "sources": {{"{name}": {{"variant": "upstream", "file": "{file}", "sha256": "{hash}"{more}}}}}}}"#
        )
    };
    let url = r#", "urls": ["https://example.org/a"]"#;
    let sdk = |name: &str, file: &str, version: &str, origin: &str| {
        let fields = format!(r#""file": "{file}", "sha256": "{hash}", "version": "{version}", "origin": "{origin}""#);
        format!(r#"{{"version": 1, "sources": {{}}, "sdks": {{"{name}": {{{fields}}}}}}}"#)
    };
    let texts = [
        lock(&long, "a", url),
        lock("a", &long, url),
        lock("a", "a", &format!(r#", "urls": ["{long}"]"#)),
        lock("a", "a", &format!(r#", "path": "../{long}""#)),
        lock("a", "a", &format!(r#"{url}, "source": "{long}""#)),
        format!(r#"{{"version": 1, "sources": {{}}, "versions": {{"{long}": {{"15": "15.1"}}}}}}"#),
        format!(r#"{{"version": 1, "sources": {{}}, "versions": {{"gcc": {{"15": "{long}"}}}}}}"#),
        sdk(&long, "a", "1", "a"),
        sdk("a", &long, "1", "a"),
        sdk("a", "a", &long, "a"),
        sdk("a", "a", "1", &long),
    ];
    for text in texts {
        let message = whole(&Lock::parse(&text).unwrap_err());
        assert!(message.contains('…') && message.len() < 1500, "{} bytes: {message:.300}", message.len());
    }
}
