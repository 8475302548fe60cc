//! Nix's settings: those of the user's environment, those that crossloom adds, and the result that Nix reports.

use std::collections::BTreeSet;
use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Stdio;

use crate::input;
use crate::programs;

/// The parts of the process's environment that the driver uses.
#[derive(Debug, Clone, Default)]
pub struct Environment {
    /// `PATH`.
    pub path: Option<OsString>,
    /// `HOME`.
    pub home: Option<PathBuf>,
    /// `NIX_CONFIG`: the user's own settings.
    pub nix_config: Option<String>,
    /// `NIX_REMOTE`: the store to use, such as `daemon` or `local?root=/tmp/root`.
    pub nix_remote: Option<String>,
    /// `NIX_STORE_DIR`: where the store is, if not in `/nix/store`.
    pub store_dir: Option<String>,
}

impl Environment {
    /// The environment of this process.
    pub fn current() -> Environment {
        let text = |name| env::var(name).ok();
        Environment {
            path: env::var_os("PATH"),
            home: env::var_os("HOME").map(PathBuf::from),
            nix_config: text("NIX_CONFIG"),
            nix_remote: text("NIX_REMOTE"),
            store_dir: text("NIX_STORE_DIR").or_else(|| text("NIX_STORE")).filter(|dir| !dir.is_empty()),
        }
    }

    /// The folders to look for `nix` in: first those on PATH, then those that installers use without changing PATH.
    pub(super) fn directories(&self) -> Vec<PathBuf> {
        let path = self.path.iter().flat_map(|path| programs::absolute(path));
        let home = self.home.iter().flat_map(|home| {
            [".nix-profile/bin", ".local/state/nix/profile/bin"].map(|directory| home.join(directory))
        });
        let fixed = ["/nix/var/nix/profiles/default/bin", "/run/current-system/sw/bin", "/usr/local/bin", "/usr/bin"];
        let all = path.chain(home).chain(fixed.map(PathBuf::from));
        let mut seen = BTreeSet::new();
        all.filter(|directory| directory.is_absolute() && seen.insert(directory.clone())).collect()
    }
}

/// `NIX_CONFIG`: the user's settings, and after them crossloom's, so that these win.
pub(super) fn base_config(user: Option<&str>) -> String {
    let mut config = String::new();
    if let Some(user) = user.filter(|user| !user.is_empty()) {
        config.push_str(user.trim_end_matches('\n'));
        config.push('\n');
    }
    config.push_str("extra-experimental-features = nix-command flakes\n");
    // Builds get all of their inputs beforehand, and asking a cache that can't be reached costs five seconds a command.
    config.push_str("substitute = false\n");
    // For the same reason no global registry. A file that is not there is an empty registry to every version, while
    // an empty value is one to newer versions alone; 2.8 tries to download it.
    config.push_str("flake-registry = /nonexistent/flake-registry.json\n");
    if cfg!(target_os = "linux") {
        // Debian's package turns the sandbox off. On macOS, where it breaks some builds, the user's setting stands.
        config.push_str("sandbox = true\nsandbox-fallback = false\n");
    }
    config
}

/// The value of a setting among lines `name = value`; empty if it is not there.
pub(super) fn setting<'a>(settings: &'a str, name: &str) -> &'a str {
    let value = |line: &'a str| line.strip_prefix(name)?.trim_start().strip_prefix('=');
    settings.lines().find_map(value).unwrap_or_default().trim()
}

/// Whether root uses the store with no daemon between: `auto` means that for whoever can write to Nix's state.
pub(super) fn is_local(store: &str) -> bool {
    matches!(store, "" | "auto" | "local") || store.starts_with("local?") || store.starts_with('/')
}

/// The place of the files of a store: below its root if it has one, or the place that it names.
pub(super) fn real_dir(store: &str, store_dir: &str) -> PathBuf {
    let (uri, parameters) = store.split_once('?').unwrap_or((store, ""));
    let parameter = |name: &str| {
        let value = |it: &str| Some(it.strip_prefix(name)?.strip_prefix('=')?.to_owned());
        parameters.split('&').find_map(value).filter(|value| !value.is_empty())
    };
    let path = uri.strip_prefix("local://").unwrap_or(uri);
    let root = parameter("root").or_else(|| path.starts_with('/').then(|| path.to_owned()));
    match (parameter("real"), root) {
        (Some(real), _) => PathBuf::from(real),
        (None, Some(root)) => PathBuf::from(root).join("nix/store"),
        (None, None) => PathBuf::from(store_dir),
    }
}

pub(super) fn is_root() -> bool {
    rustix::process::geteuid().is_root()
}

/// Whether a group exists with members, as Nix demands of its build users.
pub(super) fn has_members(group: &str) -> bool {
    let listed = |line: &str| line.split(':').nth(3).is_some_and(|members| !members.trim().is_empty());
    let getent = programs::command("getent");
    match getent.and_then(|mut getent| getent.args(["group", group]).stderr(Stdio::null()).output().ok()) {
        Some(output) => listed(&String::from_utf8_lossy(&output.stdout)),
        // macOS, for example, has no getent.
        None => input::text(Path::new("/etc/group"), input::SETTINGS).is_ok_and(|text| {
            let prefix = format!("{group}:");
            text.lines().any(|line| line.starts_with(&prefix) && listed(line))
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn settings_are_read_by_their_whole_name() {
        let text = "extra-store = no\nstore-x = no\nstore = local?root=/x\nsandbox-paths = /a /b=/c\nempty = \n";
        assert_eq!(setting(text, "store"), "local?root=/x");
        assert_eq!(setting(text, "sandbox-paths"), "/a /b=/c");
        assert_eq!((setting(text, "empty"), setting(text, "absent")), ("", ""));
    }

    #[test]
    fn a_store_with_a_root_is_below_it() {
        let real = |store| real_dir(store, "/nix/store").display().to_string();
        for store in ["", "auto", "daemon", "local", "local?state=/x", "unix:///run/socket"] {
            assert_eq!(real(store), "/nix/store", "{store}");
        }
        for store in ["local?root=/x", "local?a=b&root=/x", "/x", "local:///x"] {
            assert_eq!(real(store), "/x/nix/store", "{store}");
        }
        assert_eq!(real("local?root=/x&real=/y/store"), "/y/store");
    }

    #[test]
    fn the_users_settings_come_first_and_stay_whole() {
        assert!(base_config(None).starts_with("extra-experimental-features"));
        assert!(base_config(Some("cores = 1")).starts_with("cores = 1\nextra-experimental-features"));
        assert!(base_config(Some("cores = 1\n")).starts_with("cores = 1\nextra-experimental-features"));
    }
}
