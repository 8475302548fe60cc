//! Which Debian mirrors apt's configuration names. Pure: texts in, addresses out.

use super::mirrors::is_address;

/// One source of packages as apt's files describe it: the fields that tell a Debian archive from others.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AptSource {
    /// Base addresses, as written.
    pub uris: Vec<String>,
    /// Suites: `bookworm`, `bookworm-security`, `stable`, …
    pub suites: Vec<String>,
    /// Components: `main`, `contrib`, …; none for a flat repository.
    pub components: Vec<String>,
}

/// Debian's two archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Archive {
    /// Releases and their updates.
    Debian,
    /// Security updates.
    Security,
}

/// Names of Debian's releases since 2005, and the names that move over them.
const RELEASES: &[&str] = &[
    "sarge",
    "etch",
    "lenny",
    "squeeze",
    "wheezy",
    "jessie",
    "stretch",
    "buster",
    "bullseye",
    "bookworm",
    "trixie",
    "forky",
    "duke",
    "sid",
    "oldoldstable",
    "oldstable",
    "stable",
    "testing",
    "unstable",
];
/// The endings after a release's name in the suites of the main archive.
const POCKETS: &[&str] = &["", "-updates", "-backports", "-backports-sloppy", "-proposed-updates"];

/// Reads one-line sources (`sources.list`, `*.list`): `deb [options] URI SUITE COMPONENT…`. Lines that are not of that
/// form are skipped, as they belong to apt to judge.
pub fn one_line_sources(text: &str) -> Vec<AptSource> {
    text.lines().filter_map(one_line_source).collect()
}

fn one_line_source(line: &str) -> Option<AptSource> {
    let line = line.split('#').next().unwrap_or_default().trim();
    let (kind, rest) = line.split_once(char::is_whitespace)?;
    if kind != "deb" && kind != "deb-src" {
        return None;
    }
    let rest = rest.trim_start();
    let rest = match rest.strip_prefix('[') {
        Some(options) => options.split_once(']')?.1,
        None => rest,
    };
    // `cdrom:[Debian GNU/Linux 12]/` holds spaces; its address is skipped later in any case.
    let mut words = rest.split_whitespace().map(str::to_owned);
    Some(AptSource { uris: vec![words.next()?], suites: vec![words.next()?], components: words.collect() })
}

/// Reads deb822 sources (`*.sources`): stanzas of `Types:`, `URIs:`, `Suites:`, `Components:`; `Enabled: no` drops one.
pub fn deb822_sources(text: &str) -> Vec<AptSource> {
    let mut sources = Vec::new();
    let mut stanza: Vec<(String, String)> = Vec::new();
    // The empty line after the last one ends the last stanza.
    for line in text.lines().chain([""]) {
        if line.starts_with('#') {
            // A comment inside a folded field does not end the field.
        } else if line.trim().is_empty() {
            sources.extend(deb822_source(&std::mem::take(&mut stanza)));
        } else if line.starts_with([' ', '\t']) {
            if let Some((_, value)) = stanza.last_mut() {
                value.push(' ');
                value.push_str(line.trim());
            }
        } else if let Some((name, value)) = line.split_once(':') {
            stanza.push((name.trim().to_ascii_lowercase(), value.trim().to_owned()));
        }
    }
    sources
}

fn deb822_source(fields: &[(String, String)]) -> Option<AptSource> {
    let words = |name: &str| -> Vec<String> {
        let value = fields.iter().find(|(field, _)| field == name).map(|(_, value)| value.as_str());
        value.unwrap_or_default().split_whitespace().map(str::to_owned).collect()
    };
    // apt's spellings of false (`StringToBool`).
    let off = ["no", "false", "without", "off", "disable", "0"];
    if words("enabled").iter().any(|word| off.contains(&word.to_ascii_lowercase().as_str())) || words("uris").is_empty()
    {
        return None;
    }
    Some(AptSource { uris: words("uris"), suites: words("suites"), components: words("components") })
}

/// The bases of `archive` that `sources` name, in their order, those whose path is the archive's usual one first.
///
/// An entry counts if it has the component `main` and either the usual path or a suite of Debian's. That can let in a
/// third party's repository; it answers 404, or bits that their pin refuses, and the next base is tried.
pub fn bases(sources: &[AptSource], archive: Archive) -> Vec<String> {
    let mut found: Vec<(bool, String)> = Vec::new();
    for source in sources.iter().filter(|source| source.components.iter().any(|component| component == "main")) {
        let by_suite = source.suites.iter().any(|suite| suite_archive(suite) == Some(archive));
        let other_suite = source.suites.iter().any(|suite| suite_archive(suite).is_some_and(|other| other != archive));
        for uri in source.uris.iter().filter(|uri| is_fetchable(uri)) {
            let uri = uri.trim_end_matches('/');
            let last = uri.rsplit('/').next().unwrap_or_default();
            let by_path = match archive {
                // Some mirrors serve both archives under `/debian`: then the suite decides.
                Archive::Debian => last == "debian" && (by_suite || !other_suite),
                Archive::Security => last == "debian-security",
            };
            // Derivatives that keep Debian's suite names but rebuild its packages.
            let derivative = ["raspbian", "ubuntu"].contains(&last);
            if (by_path || by_suite) && !derivative && !found.iter().any(|(_, known)| known == uri) {
                found.push((!by_path, uri.to_owned()));
            }
        }
    }
    found.sort_by_key(|(unusual, _)| *unusual);
    found.into_iter().map(|(_, uri)| uri).collect()
}

fn suite_archive(suite: &str) -> Option<Archive> {
    let release = |name: &str| RELEASES.contains(&name);
    if let Some(name) = suite.strip_suffix("-security").or(suite.strip_suffix("/updates")) {
        return release(name).then_some(Archive::Security);
    }
    POCKETS.iter().any(|pocket| suite.strip_suffix(pocket).is_some_and(release)).then_some(Archive::Debian)
}

/// `cdrom:`, `tor+https:`, `mirror+file:` and the like need apt itself.
fn is_fetchable(uri: &str) -> bool {
    is_address(uri, &["http://", "https://", "file:/"])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_stock_deb822_file_gives_both_archives() {
        let sources = deb822_sources(
            "Types: deb\n# http://snapshot.example.org/archive\nURIs: http://deb.example.org/debian\n\
             Suites: bookworm bookworm-updates\nComponents: main\nSigned-By: /usr/share/keyrings/k.gpg\n\n\
             Types: deb\nURIs: http://deb.example.org/debian-security/\nSuites: bookworm-security\nComponents: main\n",
        );
        assert_eq!(bases(&sources, Archive::Debian), ["http://deb.example.org/debian"]);
        assert_eq!(bases(&sources, Archive::Security), ["http://deb.example.org/debian-security"]);
    }

    #[test]
    fn deb822_folds_comments_and_switches_are_understood() {
        let sources = deb822_sources(
            "Types: deb deb-src\nuris:\n https://a.example.org/x/mirror\n# between\n\thttps://b.example.org/debian\n\
             Suites: trixie\nComponents: main contrib\nSigned-By:\n -----BEGIN PGP\n .\n ab:cd\n\n\n\
             Enabled: no\nURIs: https://off.example.org/debian\nSuites: sid\nComponents: main\n",
        );
        // The usual path first.
        assert_eq!(
            bases(&sources, Archive::Debian),
            ["https://b.example.org/debian", "https://a.example.org/x/mirror"]
        );
        assert_eq!(bases(&sources, Archive::Security), [""; 0]);
    }

    #[test]
    fn one_line_files_are_understood() {
        let sources = one_line_sources(
            "# deb http://old.example.org/debian bookworm main\n\
             deb [arch=amd64 signed-by=/k.gpg] https://m.example.org/debian/ bookworm main contrib # comment\n\
             deb-src https://m.example.org/debian bookworm main\n\
             deb file:/srv/mirror/debian sid main\n\
             deb https://m.example.org/debian bookworm-security main\n\
             deb http://s.example.org/ bullseye/updates main\n\
             deb\tcdrom:[Debian 12]/ bookworm main\n\
             deb tor+https://t.example.org/debian bookworm main\n\
             deb http://// bullseye/updates main\n\
             deb [broken https://x.example.org/debian\n deb\ndeb x",
        );
        assert_eq!(bases(&sources, Archive::Debian), ["https://m.example.org/debian", "file:/srv/mirror/debian"]);
        assert_eq!(
            bases(&sources, Archive::Security),
            ["https://m.example.org/debian", "http://s.example.org"],
            "a mirror that serves both archives under one path counts for both"
        );
    }

    #[test]
    fn repositories_of_others_are_left_out() {
        let sources = one_line_sources(
            "deb https://docker.example.com/linux/debian bookworm stable\n\
             deb https://node.example.com/node_20.x nodistro main\n\
             deb https://cloud.example.com/apt cloud-sdk-bookworm main\n\
             deb https://ubuntu.example.com/ubuntu noble main\n\
             deb http://pi.example.com/raspbian bookworm main\n\
             deb https://flat.example.com/debian ./\n",
        );
        assert_eq!(bases(&sources, Archive::Debian), [""; 0]);
    }
}
