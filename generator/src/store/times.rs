//! How long derivations took to build on this machine, by their names, to say how long a build will take.
//!
//! Nix keeps the log of every build in a file that it makes when the build begins and closes when it ends, so the file's own
//! times are right also where several derivations are built at once.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::machine::cache;
use crate::input::{self, Kind};
use crate::output;

/// A file of this size has the times of a hundred thousand derivations.
const FILE: Kind = Kind { what: "a file of build times", most: 8 << 20 };
const VERSION: u32 = 1;
/// Derivations whose times are kept. Beyond them, the file begins anew.
const MOST: usize = 20_000;

/// Seconds by the name of the derivation, which has the version and the target, and no hash.
#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Times {
    version: u32,
    seconds: BTreeMap<String, u64>,
}

/// The sum of some derivations' times.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
pub struct Estimate {
    /// Of those whose time is known.
    pub known: Duration,
    /// The number of the others.
    pub unknown: usize,
}

impl Times {
    /// The times of this machine; none if it has no file of them, or one that cannot be read. Nothing depends on them.
    pub fn of_this_machine() -> Times {
        file().map(|path| Times::read(&path)).unwrap_or_default()
    }

    fn read(path: &Path) -> Times {
        let text = input::text(path, FILE).unwrap_or_default();
        serde_json::from_str(&text).ok().filter(|times: &Times| times.version == VERSION).unwrap_or_default()
    }

    /// The time of a derivation.
    pub fn of(&self, name: &str) -> Option<Duration> {
        self.seconds.get(name).copied().map(Duration::from_secs)
    }

    /// The time of several.
    pub fn sum<'a>(&self, names: impl IntoIterator<Item = &'a str>) -> Estimate {
        let mut estimate = Estimate::default();
        for name in names {
            match self.of(name) {
                Some(time) => estimate.known = estimate.known.saturating_add(time),
                None => estimate.unknown += 1,
            }
        }
        estimate
    }

    fn add(&mut self, name: &str, time: Duration) {
        if self.seconds.len() >= MOST {
            self.seconds.clear();
        }
        self.version = VERSION;
        self.seconds.insert(name.to_owned(), time.as_secs());
    }
}

fn file() -> Option<PathBuf> {
    Some(cache().ok()?.join("build-times.json"))
}

/// Where Nix keeps logs, unless its installation was told otherwise. Without a log there is no time.
const LOGS: &str = "/nix/var/log/nix/drvs";

/// Records the times of derivations that were built just now. What cannot be recorded is left out: the build is done.
pub fn record<'a>(drvs: impl IntoIterator<Item = (&'a str, &'a str)>) {
    let Some(path) = file() else { return };
    let mut times = Times::read(&path);
    let mut changed = false;
    for (drv, name) in drvs {
        if let Some(time) = took(Path::new(LOGS), drv) {
            times.add(name, time);
            changed = true;
        }
    }
    // A build that took everything from a binary cache has not made the folder.
    let _ = path.parent().map(std::fs::create_dir_all);
    if changed && let Err(error) = output::write_file(&path, &text(&times)) {
        tracing::debug!("{} is not written: {error}", path.display());
    }
}

fn text(times: &Times) -> String {
    let mut text = serde_json::to_string_pretty(times).unwrap_or_default();
    text.push('\n');
    text
}

/// The time from the first to the last byte of a derivation's log.
fn took(logs: &Path, drv: &str) -> Option<Duration> {
    let (start, rest) = drv.rsplit('/').next()?.split_at_checked(2)?;
    let folder = logs.join(start);
    let log =
        [format!("{rest}.bz2"), rest.to_owned()].into_iter().find_map(|name| folder.join(name).metadata().ok())?;
    log.modified().ok()?.duration_since(log.created().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_added_up_as_far_as_they_are_known() {
        let mut times = Times::default();
        times.add("gcc-14.2.0", Duration::from_secs(600));
        times.add("gcc-14.2.0", Duration::from_secs(500));
        times.add("musl-1.2.5", Duration::from_secs(30));
        let expected = Estimate { known: Duration::from_secs(530), unknown: 1 };
        assert_eq!(times.sum(["gcc-14.2.0", "musl-1.2.5", "mpc-1.3.1"]), expected);

        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("build-times.json");
        assert_eq!(Times::read(&path), Times::default());
        std::fs::write(&path, text(&times)).unwrap();
        assert_eq!(Times::read(&path), times);
        // Another crossloom's file is nobody's error.
        std::fs::write(&path, text(&times).replace("\"version\": 1", "\"version\": 2")).unwrap();
        assert_eq!(Times::read(&path), Times::default());
    }

    #[test]
    fn a_log_has_the_time_of_its_build() {
        let logs = tempfile::tempdir().unwrap();
        let drv = format!("/nix/store/ab{}-gcc-14.2.0.drv", "0".repeat(30));
        assert_eq!(took(logs.path(), &drv), None);
        std::fs::create_dir(logs.path().join("ab")).unwrap();
        let log = std::fs::File::create(logs.path().join(format!("ab/{}-gcc-14.2.0.drv.bz2", "0".repeat(30)))).unwrap();
        let begun = log.metadata().unwrap().created().unwrap();
        log.set_modified(begun + Duration::from_secs(90)).unwrap();
        assert_eq!(took(logs.path(), &drv), Some(Duration::from_secs(90)));
        // A clock that was set back.
        log.set_modified(begun - Duration::from_secs(90)).unwrap();
        assert_eq!(took(logs.path(), &drv), None);
        assert_eq!(took(logs.path(), "x"), None);
    }
}
