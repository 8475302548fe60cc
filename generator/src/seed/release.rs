//! `InRelease`: a suite's cleartext-signed table of contents.

use std::collections::BTreeMap;

use super::control::stanzas;
use super::error::SeedError;
use crate::nix::hash::Sha256;

/// Size and digest of one index file, as a `Release` file has them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct IndexFile {
    /// Bytes.
    pub size: u64,
    /// Digest of the whole file.
    pub sha256: Sha256,
}

/// The parts of a `Release` file that crossloom needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Release {
    /// `bookworm`, `trixie`: does not change over a release's life.
    pub codename: String,
    /// `stable`, `oldstable`: changes.
    pub suite: String,
    /// The point release, such as `12.15`. Debian's unstable has none, and the suite's name stands here.
    pub version: String,
    /// When the archive made the file, as written there: `Sat, 11 Jul 2026 10:16:37 UTC`.
    pub date: String,
    /// Until when the file counts, in the same form. Stable suites have none.
    pub valid_until: Option<String>,
    /// Path below `dists/<suite>/` → size and digest.
    pub files: BTreeMap<String, IndexFile>,
}

/// The text that the signature of a cleartext-signed message covers, dash-escapes removed (RFC 9580, 7). This checks no
/// signature. Anything but exactly one message that fills the file is refused, so that what is read here is what
/// `gpgv` has checked and nothing beside it.
pub fn clear_text(in_release: &str) -> Result<String, String> {
    let mut lines = in_release.lines().map(str::trim_end);
    if lines.next() != Some("-----BEGIN PGP SIGNED MESSAGE-----") {
        return Err("does not start with `-----BEGIN PGP SIGNED MESSAGE-----`".to_owned());
    }
    for header in lines.by_ref() {
        match header.split_once(": ") {
            _ if header.is_empty() => break,
            Some(("Hash", _)) => {}
            _ => return Err(format!("has the unexpected armour header {:?}", clip(header))),
        }
    }
    let mut body = String::with_capacity(in_release.len());
    let mut signed = false;
    for line in lines.by_ref() {
        match line.strip_prefix("- ") {
            Some(escaped) => body.push_str(escaped),
            None if line == "-----BEGIN PGP SIGNATURE-----" => {
                signed = true;
                break;
            }
            None if line.starts_with('-') => return Err(format!("has the unescaped line {:?}", clip(line))),
            None => body.push_str(line),
        }
        body.push('\n');
    }
    if !signed {
        return Err("has no `-----BEGIN PGP SIGNATURE-----`".to_owned());
    }
    if !lines.by_ref().any(|line| line == "-----END PGP SIGNATURE-----") {
        return Err("has no `-----END PGP SIGNATURE-----`".to_owned());
    }
    match lines.find(|line| !line.is_empty()) {
        Some(line) => Err(format!("goes on after the signature with {:?}", clip(line))),
        None => Ok(body),
    }
}

impl Release {
    /// Reads a `Release` file's text. `file` names it in errors. Whether it is too old is not looked at here.
    pub fn parse(text: &str, file: &str) -> Result<Release, SeedError> {
        let malformed = |problem: String| SeedError::Malformed { file: file.to_owned(), problem };
        let mut all = stanzas(text);
        let stanza = all.next().ok_or_else(|| malformed("is empty".to_owned()))?;
        if let Some(second) = all.next() {
            return Err(malformed(format!("line {}: a second stanza", second.line)));
        }
        let field = |name: &str| match stanza.get(name) {
            Some(value) if !value.is_empty() && value.len() <= 200 && !value.contains(char::is_control) => {
                Ok(value.to_owned())
            }
            Some(value) => Err(malformed(format!("{name}: {:?} is not one short line", clip(value)))),
            None => Err(malformed(format!("has no {name} field"))),
        };
        let table = stanza.get("SHA256").ok_or_else(|| malformed("has no SHA256 section".to_owned()))?;
        let files = table
            .lines()
            .filter(|line| !line.trim().is_empty())
            .map(|line| index_file(line).ok_or_else(|| malformed(format!("SHA256: {:?} is not an entry", clip(line)))))
            .collect::<Result<_, _>>()?;
        let suite = field("Suite")?;
        let version = if stanza.get("Version").is_some() { field("Version")? } else { suite.clone() };
        let valid_until = stanza.get("Valid-Until").map(|_| field("Valid-Until")).transpose()?;
        Ok(Release { codename: field("Codename")?, suite, version, date: field("Date")?, valid_until, files })
    }
}

fn index_file(line: &str) -> Option<(String, IndexFile)> {
    let mut words = line.split_whitespace();
    let (digest, size, path) = (words.next()?, words.next()?, words.next()?);
    let file = IndexFile { size: size.parse().ok()?, sha256: digest.parse().ok()? };
    words.next().is_none().then(|| (path.to_owned(), file))
}

/// The start of a text that is to stand in a message.
pub(super) fn clip(text: &str) -> String {
    text.chars().take(80).collect()
}
