//! The registries that npm takes packages from: its configuration files, its environment, and what npm itself says. Pure,
//! except for [`default_registry`].

use std::collections::BTreeMap;
use std::process::Stdio;
use std::sync::OnceLock;

use super::mirrors::is_address;
use crate::programs;

/// Registries of one or more of npm's configurations.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct NpmConfig {
    /// `registry`.
    pub registry: Option<String>,
    /// `@scope:registry`, by scopes.
    pub scopes: BTreeMap<String, String>,
}

impl NpmConfig {
    /// Both, where `other` is more important.
    pub fn and(mut self, other: NpmConfig) -> NpmConfig {
        self.registry = other.registry.or(self.registry);
        self.scopes.extend(other.scopes);
        self
    }
}

/// Reads an `.npmrc`. Lines that are not understood are skipped, as they belong to npm to judge.
pub fn config(text: &str) -> NpmConfig {
    let mut config = NpmConfig::default();
    for line in text.lines().map(str::trim).filter(|line| !line.starts_with(['#', ';'])) {
        let Some((key, value)) = line.split_once('=') else { continue };
        let value = value.trim().trim_matches(['"', '\'']);
        // A variable of npm's own, `${NAME}`, is npm's to fill in.
        if value.contains("${") || !is_address(value, &["http://", "https://"]) {
            continue;
        }
        match key.trim() {
            "registry" => config.registry = Some(value.to_owned()),
            key => {
                let scope = key.strip_suffix(":registry").filter(|scope| scope.starts_with('@'));
                config.scopes.extend(scope.map(|scope| (scope.to_owned(), value.to_owned())));
            }
        }
    }
    config
}

/// The registry that npm uses where no file and no variable names one; none where npm is not installed. npm is asked once.
pub fn default_registry() -> Option<String> {
    static REGISTRY: OnceLock<Option<String>> = OnceLock::new();
    let ask = || {
        let mut npm = programs::command("npm")?;
        let output =
            npm.args(["config", "get", "registry"]).stdin(Stdio::null()).stderr(Stdio::null()).output().ok()?;
        let text = String::from_utf8(output.stdout).ok()?;
        let url = text.trim();
        (output.status.success() && is_address(url, &["http://", "https://"])).then(|| url.to_owned())
    };
    REGISTRY.get_or_init(ask).clone()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn registries_of_a_configuration() {
        let text = "# registry=https://no.example.org/\nregistry = \"https://npm.example.org/\"\n\
                    @mine:registry=https://mine.example.org/npm\n//npm.example.org/:_authToken=secret\nregistry=${URL}\nfund=false\n";
        let read = config(text);
        assert_eq!(read.registry.as_deref(), Some("https://npm.example.org/"));
        assert_eq!(read.scopes.get("@mine").map(String::as_str), Some("https://mine.example.org/npm"));
        assert_eq!(read.scopes.len(), 1);
        let over = read.and(config("registry=http://other.example.org"));
        assert_eq!(over.registry.as_deref(), Some("http://other.example.org"));
        assert_eq!(config("registry=nothing"), NpmConfig::default());
    }
}
