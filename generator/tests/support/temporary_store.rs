//! The real programs of Nix with an empty store of their own, in a temporary directory.

use std::fs;
use std::io::Write;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use crate::nix::driver::{Environment, Nix, NixError};
use crate::nix::store::StorePath;
use tempfile::TempDir;

/// Whether what needs Nix has to run, and must not be skipped.
pub fn required() -> bool {
    std::env::var_os("CROSSLOOM_REQUIRE_NIX").is_some_and(|value| value == "1")
}

/// Nix with an empty store of its own, which goes when this is dropped.
pub struct Store {
    pub nix: Nix,
    /// The parent of `nix/store`.
    pub root: PathBuf,
    pub directory: TempDir,
}

impl Store {
    /// `None`, and a word about it, where there is no Nix; `CROSSLOOM_REQUIRE_NIX=1` makes a failure of that.
    pub fn new() -> Option<Store> {
        Store::with(|_| {})
    }

    /// As [`Store::new`], in a changed environment.
    pub fn with(change: impl FnOnce(&mut Environment)) -> Option<Store> {
        let directory = tempfile::tempdir().unwrap();
        let root = directory.path().join("root");
        let mut environment = Environment::current();
        environment.nix_remote = Some(format!("local?root={}", root.display()));
        environment.store_dir = None;
        change(&mut environment);
        match Nix::locate_in(&environment) {
            Ok(nix) => Some(Store { nix, root, directory }),
            Err(error @ NixError::NotFound { .. }) => {
                assert!(!required(), "{error}");
                let _ = writeln!(std::io::stderr(), "SKIP: a comparison with the real Nix (no nix)");
                None
            }
            Err(error) => panic!("{error}"),
        }
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.directory.path().join(name)
    }

    /// Where a path of this store really is: Nix uses `nix/store` under a root, whatever the paths say.
    pub fn real(&self, path: &StorePath) -> PathBuf {
        self.root.join("nix/store").join(path.base_name())
    }

    pub fn run<const N: usize>(&self, program: &str, args: [&str; N]) -> String {
        self.nix.run(program, args).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The value of an expression, in which nothing may be left that fails when it is looked at.
    pub fn evaluate(&self, expression: &str) -> serde_json::Value {
        self.try_evaluate(expression).unwrap_or_else(|error| panic!("{error}"))
    }

    /// The same, or why there is none. Nothing is built on the way.
    pub fn try_evaluate(&self, expression: &str) -> Result<serde_json::Value, NixError> {
        let nothing_built = ["--option", "allow-import-from-derivation", "false"];
        let args = nothing_built.into_iter().chain(["--eval", "--strict", "--json", "--expr", expression]);
        Ok(serde_json::from_str(&self.nix.run("nix-instantiate", args)?).unwrap())
    }
}

impl Drop for Store {
    /// What is in a store can't be removed before it is writable again.
    fn drop(&mut self) {
        let mut left = vec![self.root.clone()];
        while let Some(directory) = left.pop() {
            let _ = fs::set_permissions(&directory, fs::Permissions::from_mode(0o755));
            for entry in fs::read_dir(&directory).into_iter().flatten().flatten() {
                if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
                    left.push(entry.path());
                }
            }
        }
    }
}
