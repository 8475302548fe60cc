//! The places where cargo gets crates from: its source replacement, and what its registry cache tells. Pure.

use std::collections::BTreeMap;

use super::mirrors::is_address;

/// The default registry according to cargo's configuration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Replacement {
    /// Nothing: cargo's own default stands.
    None,
    /// A sparse index at this address (without `sparse+`).
    Sparse(String),
    /// Something that serves no single files over HTTP: a directory, a git index.
    Other(String),
}

/// Reads cargo's configurations, the most important first (cargo: the nearest directory's, then `$CARGO_HOME`'s).
/// Texts that are not TOML are skipped: cargo reports them.
pub fn replacement(configs: &[&str]) -> Replacement {
    let tables: Vec<toml::Table> = configs.iter().filter_map(|text| text.parse().ok()).collect();
    let field = |table: &str, name: &str, key: &str| -> Option<String> {
        let find = |config: &toml::Table| Some(config.get(table)?.get(name)?.get(key)?.as_str()?.to_owned());
        tables.iter().find_map(find)
    };
    let mut name = "crates-io".to_owned();
    // A chain of replacements ends, or cargo itself refuses it; eight steps are more than anyone has.
    for _ in 0..8 {
        match field("source", &name, "replace-with") {
            Some(next) => name = next,
            None => break,
        }
    }
    let address = field("source", &name, "registry").or_else(|| field("registries", &name, "index"));
    match address {
        Some(address) => match address.strip_prefix("sparse+") {
            Some(index) => Replacement::Sparse(index.to_owned()),
            None => Replacement::Other(address),
        },
        None if name == "crates-io" => Replacement::None,
        None => Replacement::Other(name),
    }
}

/// The `dl` field of a registry's `config.json`: an address, or a template with `{crate}` and the like.
pub fn download_template(config_json: &str) -> Option<String> {
    let value: serde_json::Value = serde_json::from_str(config_json).ok()?;
    let template = value.get("dl")?.as_str()?;
    is_address(template, &["https://", "http://"]).then(|| template.to_owned())
}

/// The address of one crate's archive, from a `dl` template as cargo's registry documentation defines it.
pub fn download_url(template: &str, name: &str, version: &str) -> String {
    let prefix = prefix(name);
    let markers = BTreeMap::from([
        ("{crate}", name.to_owned()),
        ("{version}", version.to_owned()),
        ("{lowerprefix}", prefix.to_lowercase()),
        ("{prefix}", prefix),
    ]);
    if !markers.keys().any(|marker| template.contains(marker)) {
        return format!("{}/{name}/{version}/download", template.trim_end_matches('/'));
    }
    markers.iter().fold(template.to_owned(), |url, (marker, value)| url.replace(marker, value))
}

/// A crate's directory in an index: `1`, `2`, `3/a` and `ab/cd` for names of one, two, three and more letters.
fn prefix(name: &str) -> String {
    let letters: Vec<char> = name.chars().collect();
    match letters.as_slice() {
        [] | [_] => "1".to_owned(),
        [_, _] => "2".to_owned(),
        [a, _, _] => format!("3/{a}"),
        [a, b, c, d, ..] => format!("{a}{b}/{c}{d}"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn source_replacement_is_followed() {
        let near = "[source.crates-io]\nreplace-with = 'corp'\n";
        let far =
            "[source.corp]\nreplace-with = 'mirror'\n[registries.mirror]\nindex = 'sparse+https://m.example.org/i/'";
        assert_eq!(replacement(&[near, "not toml", far]), Replacement::Sparse("https://m.example.org/i/".into()));
        assert_eq!(replacement(&[]), Replacement::None);
        assert_eq!(replacement(&[near]), Replacement::Other("corp".into()));
        let vendored = "[source.corp]\ndirectory = 'vendor'\n";
        assert_eq!(replacement(&[near, vendored]), Replacement::Other("corp".into()));
        let circle = "[source.crates-io]\nreplace-with = 'crates-io'";
        assert_eq!(replacement(&[circle]), Replacement::None);
        let git = "[source.crates-io]\nregistry = 'https://git.example.org/index.git'";
        assert_eq!(replacement(&[git]), Replacement::Other("https://git.example.org/index.git".into()));
    }

    #[test]
    fn templates_are_filled_as_cargo_fills_them() {
        assert_eq!(
            download_url("https://d.example.org/api/", "Itoa", "1.0.1"),
            "https://d.example.org/api/Itoa/1.0.1/download"
        );
        let template = "https://d.example.org/{prefix}/{lowerprefix}/{crate}-{version}.crate";
        assert_eq!(download_url(template, "Itoa", "1.0.1"), "https://d.example.org/It/oa/it/oa/Itoa-1.0.1.crate");
        assert_eq!(["a", "ab", "abc", "abcd", "é"].map(prefix), ["1", "2", "3/a", "ab/cd", "1"]);
        assert_eq!(
            download_template(r#"{"dl": "https://d.example.org/x", "api": null}"#).unwrap(),
            "https://d.example.org/x"
        );
        for broken in ["", "[]", "{}", r#"{"dl": 1}"#, r#"{"dl": "file:///x"}"#, r#"{"dl": "https://"}"#] {
            assert_eq!(download_template(broken), None, "{broken}");
        }
    }
}
