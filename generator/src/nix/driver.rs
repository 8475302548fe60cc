//! Finding the `nix` programs and running them: the edge where this module does I/O.
//!
//! The user's Nix is used as it is. crossloom passes its settings in `NIX_CONFIG`, after the user's, so
//! no file is changed and a daemon serves as well as a single-user store. A daemon ignores what it lets
//! only trusted users set: `sandbox`, whose default on Linux is on, and `sandbox-paths`, so that a shell for builds has
//! to be in the daemon's own configuration there.

use std::collections::{BTreeMap, BTreeSet};
use std::ffi::{OsStr, OsString};
use std::fmt::{self, Write};
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use super::cache::{CacheError, Caches, needs_no_key};
use super::hash::Sha256;
pub use super::settings::Environment;
use super::settings::{base_config, has_members, is_local, is_root, real_dir, setting};
use super::stage::Stage;
use super::store::{Method, STORE_DIR, StoreError, StoreName, StorePath};
use crate::programs::{cleaned, is_program};

/// The oldest Nix that is tested against: Debian 12's.
const OLDEST: Version = Version { major: 2, minor: 8 };

/// Paths per command, so that no argument list comes near the system's limit.
const BATCH: usize = 500;

/// Lines of a failed command's messages that an error shows.
const LAST_LINES: usize = 20;

/// Nix can't be found or a command of it failed.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum NixError {
    /// No `nix` anywhere.
    #[error("cannot find the program `nix` in {}", list_paths(searched))]
    #[diagnostic(help(
        "install Nix (Debian and Ubuntu: `apt-get install nix-bin`; elsewhere: https://nixos.org/download) or put it \
         on PATH"
    ))]
    NotFound {
        /// The directories that were looked into.
        searched: Vec<PathBuf>,
    },
    /// Older than what is supported.
    #[error("{} is Nix {version}, but Nix {OLDEST} or later is needed", program.display())]
    #[diagnostic(help("upgrade Nix, or put a newer one first on PATH"))]
    TooOld {
        /// Which `nix`.
        program: PathBuf,
        /// Its version, as it prints it.
        version: Version,
    },
    /// `nix --version` printed something else.
    #[error("cannot tell the version of {} from {printed:?}", program.display())]
    #[diagnostic(help("is this really Nix?"))]
    Version {
        /// Which `nix`.
        program: PathBuf,
        /// Its output.
        printed: String,
    },
    /// A program of Nix did not even start.
    #[error("cannot run {}, though Nix seems to be installed there", program.display())]
    Start {
        /// Which one.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A command ended with an error.
    #[error("`{command}` failed ({status}){}", indent(stderr))]
    Failed {
        /// As one would type it.
        command: String,
        /// Exit code or signal.
        status: std::process::ExitStatus,
        /// The last lines of its messages.
        stderr: String,
        /// What to do, where that is known.
        #[help]
        hint: Option<&'static str>,
    },
    /// A command printed what it should not.
    #[error("`{command}` printed {printed:?}, where {expected} was expected")]
    Output {
        /// As one would type it.
        command: String,
        /// Its output, or the wrong line.
        printed: String,
        /// The expected output.
        expected: &'static str,
    },
    /// A command printed something that is not a store path.
    #[error("cannot understand what `{command}` printed")]
    Path {
        /// As one would type it.
        command: String,
        /// Why.
        #[diagnostic_source]
        source: StoreError,
    },
    /// A file can't be put under its store name.
    #[error("cannot stage {} for the Nix store", path.display())]
    Stage {
        /// The file, or the directory for it.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// A path that Nix's configuration has no way to write.
    #[error(
        "{} can't be the sandbox's /bin/sh: Nix's configuration has no way to write {character:?} in a path",
        path.display()
    )]
    Shell {
        /// The shell.
        path: PathBuf,
        /// The obstacle.
        character: char,
    },
}

/// Major and minor version of Nix. Of Lix and Determinate Nix it is the version of Nix that they are like.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Version {
    /// 2, so far.
    pub major: u32,
    /// 8 in 2.8.0.
    pub minor: u32,
}

impl fmt::Display for Version {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}.{}", self.major, self.minor)
    }
}

impl Version {
    /// Reads what `nix --version` prints: `nix (Nix) 2.8.0`, `nix (Determinate Nix 3.1.0) 2.26.3`.
    pub fn parse(printed: &str) -> Option<Version> {
        let mut parts = printed.lines().next()?.split_whitespace().next_back()?.split('.');
        let mut number = || -> Option<u32> {
            let part = parts.next()?;
            part.get(..part.find(|c: char| !c.is_ascii_digit()).unwrap_or(part.len()))?.parse().ok()
        };
        Some(Version { major: number()?, minor: number()? })
    }
}

/// The data that Nix has registered of a path in the store.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PathInfo {
    /// The hash of its archive; none where Nix spells it in a way that is not known here.
    pub nar: Option<Sha256>,
    /// Whether this store built it by itself, and did not copy it from another.
    pub built: bool,
    /// Whether its name stands for its content, so that it is the same wherever it came from.
    pub by_content: bool,
}

/// A Nix that was found, with the settings that crossloom gives it.
#[derive(Debug, Clone)]
pub struct Nix {
    /// Of its programs.
    directory: PathBuf,
    store_dir: String,
    real_dir: PathBuf,
    remote: Option<String>,
    /// `PATH` for its programs: Nix runs git, tar and others by name.
    path: Option<OsString>,
    /// The whole of `NIX_CONFIG`.
    config: String,
}

impl Nix {
    /// Finds Nix by the environment of this process.
    pub fn locate() -> Result<Nix, NixError> {
        Nix::locate_in(&Environment::current())
    }

    /// Finds Nix by another environment. Asks it for its version and settings (two short commands).
    pub fn locate_in(environment: &Environment) -> Result<Nix, NixError> {
        let searched = environment.directories();
        let Some(directory) = searched.iter().find(|directory| is_program(&directory.join("nix"))).cloned() else {
            return Err(NixError::NotFound { searched });
        };
        let mut nix = Nix {
            directory,
            store_dir: environment.store_dir.clone().unwrap_or_else(|| STORE_DIR.to_owned()),
            real_dir: PathBuf::new(),
            remote: environment.nix_remote.clone(),
            path: environment.path.as_deref().map(cleaned),
            config: base_config(environment.nix_config.as_deref()),
        };
        let program = nix.program("nix");
        let printed = nix.run("nix", ["--version"])?;
        match Version::parse(&printed) {
            None => return Err(NixError::Version { program, printed }),
            Some(version) if version < OLDEST => return Err(NixError::TooOld { program, version }),
            Some(_) => {}
        }
        let settings = nix.settings()?;
        nix.real_dir = real_dir(setting(&settings, "store"), &nix.store_dir);
        if is_root() && is_local(setting(&settings, "store")) {
            let group = setting(&settings, "build-users-group");
            if !group.is_empty() && !has_members(group) {
                // Debian's nix-bin makes no build users, and root's builds then fail. Without a group they run as root
                // in the sandbox.
                nix.config.push_str("build-users-group =\n");
            }
        }
        Ok(nix)
    }

    /// Gives every sandbox a `/bin/sh`: a statically linked shell, or one whose libraries are mounted too. Needed
    /// for builds by build users, which can't make the file themselves, on a Nix that brings none.
    pub fn with_shell(mut self, shell: &Path) -> Result<Nix, NixError> {
        let text = shell.to_string_lossy();
        let unwritable = |c: &char| c.is_whitespace() || "#=?\u{fffd}".contains(*c);
        if let Some(character) = text.chars().find(unwritable) {
            return Err(NixError::Shell { path: shell.to_owned(), character });
        }
        // All of the list is written again: with two sources for /bin/sh the one that sorts last would win.
        let settings = self.settings()?;
        let others = setting(&settings, "sandbox-paths").split_whitespace();
        let others = others.filter(|entry| entry.split(['=', '?']).next() != Some("/bin/sh"));
        let paths = others.chain([format!("/bin/sh={text}").as_str()]).collect::<Vec<_>>().join(" ");
        self.config.push_str(&format!("sandbox-paths = {paths}\n"));
        Ok(self)
    }

    /// Lets it take finished builds from caches. Nix itself sees to signatures; that a cache has a key at all is seen to here, since
    /// Nix would pass over each of its paths and build everything.
    pub fn with_caches(mut self, caches: &Caches) -> Result<Nix, CacheError> {
        let keyless = caches.substituters.iter().find(|substituter| !needs_no_key(substituter));
        if let Some(substituter) = keyless.filter(|_| caches.keys.is_empty() && !self.trusts_others()) {
            return Err(CacheError::NoKey { substituter: substituter.clone() });
        }
        for substituter in &caches.substituters {
            let folder = substituter.strip_prefix("file://").map(|path| path.split('?').next().unwrap_or(path));
            // Nix takes a folder that is not there for a cache without anything in it.
            if let Some(folder) = folder.filter(|folder| !Path::new(folder).join("nix-cache-info").is_file()) {
                return Err(CacheError::NoFolder { folder: folder.to_owned() });
            }
        }
        self.config.push_str(&format!("substitute = true\nsubstituters = {}\n", caches.substituters.join(" ")));
        self.config.push_str(&format!("extra-trusted-public-keys = {}\n", caches.keys.join(" ")));
        Ok(self)
    }

    /// Whether the user's own settings trust keys beside the one that Nix comes with, or need no signatures.
    fn trusts_others(&self) -> bool {
        // Without settings nobody is trusted.
        let settings = self.settings().unwrap_or_default();
        let mut keys = setting(&settings, "trusted-public-keys").split_whitespace();
        setting(&settings, "require-sigs") == "false" || keys.any(|key| !key.starts_with("cache.nixos.org-1:"))
    }

    /// The folder of its store in written paths: nearly always `/nix/store`.
    pub fn store_dir(&self) -> &str {
        &self.store_dir
    }

    /// The place of a store path on this machine, which differs from the written path if the store has its own root.
    pub fn real(&self, path: &StorePath) -> PathBuf {
        self.real_dir.join(path.base_name())
    }

    /// A command that runs one of Nix's programs (`nix`, `nix-store`, `nix-build`…) with the settings.
    pub fn command<S: AsRef<OsStr>>(&self, program: &str, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(self.program(program));
        command.args(args);
        tracing::debug!("running {command:?}");
        command.env("NIX_CONFIG", &self.config);
        match &self.path {
            Some(path) => command.env("PATH", path),
            None => command.env_remove("PATH"),
        };
        // The environment that this value was located with counts, not that of the process.
        match &self.remote {
            Some(remote) => command.env("NIX_REMOTE", remote),
            None => command.env_remove("NIX_REMOTE"),
        };
        match self.store_dir.as_str() {
            STORE_DIR => command.env_remove("NIX_STORE_DIR").env_remove("NIX_STORE"),
            dir => command.env("NIX_STORE_DIR", dir),
        };
        command
    }

    /// Runs a command to its end and returns what it printed on stdout. What it says on stderr is kept for the error.
    pub fn run<S: AsRef<OsStr>>(&self, program: &str, args: impl IntoIterator<Item = S>) -> Result<String, NixError> {
        let mut command = self.command(program, args);
        let stdout = self.output(program, &mut command)?.stdout;
        String::from_utf8(stdout).map_err(|error| NixError::Output {
            command: typed(&command),
            printed: String::from_utf8_lossy(error.as_bytes()).into_owned(),
            expected: "UTF-8",
        })
    }

    /// Runs a command to its end and returns what it said on stderr.
    pub fn said<S: AsRef<OsStr>>(&self, program: &str, args: impl IntoIterator<Item = S>) -> Result<String, NixError> {
        let stderr = self.output(program, &mut self.command(program, args))?.stderr;
        Ok(String::from_utf8_lossy(&stderr).into_owned())
    }

    fn output(&self, program: &str, command: &mut Command) -> Result<Output, NixError> {
        let output = command.stdin(Stdio::null()).output();
        let output = output.map_err(|source| NixError::Start { program: self.program(program), source })?;
        if !output.status.success() {
            let stderr = last_lines(&output.stderr);
            let hint = way_out(&stderr);
            return Err(NixError::Failed { command: typed(command), status: output.status, stderr, hint });
        }
        Ok(output)
    }

    /// Adds what `path` names (not following a symbolic link) to the store as a fixed output of that name.
    pub fn add_fixed(&self, path: &Path, name: &StoreName, method: Method) -> Result<StorePath, NixError> {
        let mut added = self.add_fixed_all(&[(path.to_owned(), name.clone())], method, "sha256")?;
        // One path was added and their number checked.
        added.pop().ok_or_else(|| NixError::Output {
            command: "nix-store --add-fixed".into(),
            printed: String::new(),
            expected: "a store path",
        })
    }

    /// Adds many by hashes of one algorithm, with few commands; the store paths are in the order of `files`.
    pub fn add_fixed_all(
        &self,
        files: &[(PathBuf, StoreName)],
        method: Method,
        algorithm: &str,
    ) -> Result<Vec<StorePath>, NixError> {
        let mut added = Vec::with_capacity(files.len());
        let mut args: Vec<OsString> = vec!["--add-fixed".into()];
        if method == Method::Recursive {
            args.push("--recursive".into());
        }
        args.push(algorithm.into());
        for batch in files.chunks(BATCH) {
            // The stage lasts until the command is done.
            let mut stage = Stage::default();
            let mut args = args.clone();
            for (path, name) in batch {
                let staged = stage.named(path, name.as_str());
                args.push(staged.map_err(|source| NixError::Stage { path: path.clone(), source })?.into());
            }
            added.extend(self.store_paths(&args, batch.len())?);
        }
        Ok(added)
    }

    /// Whether the path is in the store, registered and complete.
    pub fn is_valid(&self, path: &StorePath) -> Result<bool, NixError> {
        Ok(self.valid_paths([path])?.contains(path))
    }

    /// Those of `paths` that are in the store.
    pub fn valid_paths<'a>(
        &self,
        paths: impl IntoIterator<Item = &'a StorePath>,
    ) -> Result<BTreeSet<StorePath>, NixError> {
        let mut valid: BTreeSet<StorePath> = paths.into_iter().cloned().collect();
        let all: Vec<String> = valid.iter().map(|path| path.path_in(&self.store_dir)).collect();
        for batch in all.chunks(BATCH) {
            let args = ["--check-validity", "--print-invalid"].into_iter().chain(batch.iter().map(String::as_str));
            let args: Vec<&str> = args.collect();
            for line in self.run("nix-store", &args)?.lines() {
                valid.remove(&self.parse_path("nix-store", &args, line)?);
            }
        }
        Ok(valid)
    }

    /// The registered data of `paths`, all of which must be valid.
    pub fn path_infos<'a>(
        &self,
        paths: impl IntoIterator<Item = &'a StorePath>,
    ) -> Result<BTreeMap<StorePath, PathInfo>, NixError> {
        let all: Vec<String> = paths.into_iter().map(|path| path.path_in(&self.store_dir)).collect();
        let mut infos = BTreeMap::new();
        for batch in all.chunks(BATCH) {
            let args = ["path-info", "--json"].into_iter().chain(batch.iter().map(String::as_str));
            let args: Vec<&str> = args.collect();
            let printed = self.run("nix", &args)?;
            let Some(values) = registered(&printed) else {
                let expected = "what is known of each path as JSON";
                return Err(NixError::Output { command: typed(&self.command("nix", &args)), printed, expected });
            };
            for (path, info) in values {
                // The newest leave the store's directory away.
                let base = path.rsplit('/').next().unwrap_or_default();
                infos.insert(self.parse_path("nix", &args, &format!("{}/{base}", self.store_dir))?, info);
            }
        }
        Ok(infos)
    }

    /// Everything that `derivations`, which must be in the store, are built with: derivations, sources, and those of their
    /// outputs, their own and of what they are built with, that are in the store.
    pub fn requisites(&self, derivations: &[String]) -> Result<BTreeSet<StorePath>, NixError> {
        let mut all = BTreeSet::new();
        for batch in derivations.chunks(BATCH) {
            let options = ["--query", "--requisites", "--include-outputs"];
            let args: Vec<&str> = options.into_iter().chain(batch.iter().map(String::as_str)).collect();
            for line in self.run("nix-store", &args)?.lines() {
                all.insert(self.parse_path("nix-store", &args, line)?);
            }
        }
        Ok(all)
    }

    /// Keeps `path`, which must be valid, from the garbage collector for as long as the symbolic link exists that this
    /// makes at `link` (a previous link is replaced).
    pub fn add_root(&self, path: &StorePath, link: &Path) -> Result<(), NixError> {
        let path = path.path_in(&self.store_dir);
        // Newer versions make every such root indirect; 2.8 needs to be told for links outside of its own directory.
        let args: [&OsStr; 5] =
            ["--realise".as_ref(), path.as_ref(), "--add-root".as_ref(), link.as_ref(), "--indirect".as_ref()];
        self.run("nix-store", args).map(drop)
    }

    fn program(&self, program: &str) -> PathBuf {
        self.directory.join(program)
    }

    /// Runs `nix-store`, which should print that many store paths.
    fn store_paths(&self, args: &[OsString], count: usize) -> Result<Vec<StorePath>, NixError> {
        let printed = self.run("nix-store", args)?;
        if printed.lines().count() != count {
            let command = typed(&self.command("nix-store", args));
            return Err(NixError::Output { command, printed, expected: "one store path for each file" });
        }
        printed.lines().map(|line| self.parse_path("nix-store", args, line)).collect()
    }

    /// A path in a line that a program printed for these arguments.
    fn parse_path<S: AsRef<OsStr>>(&self, program: &str, args: &[S], line: &str) -> Result<StorePath, NixError> {
        StorePath::parse_in(&self.store_dir, line)
            .map_err(|source| NixError::Path { command: typed(&self.command(program, args)), source })
    }

    /// The settings in force, as lines `name = value`.
    fn settings(&self) -> Result<String, NixError> {
        // Renamed in 2.19 or 2.20, and in Lix; the text form has stayed, the JSON form has not.
        self.run("nix", ["config", "show"]).or_else(|_| self.run("nix", ["show-config"]))
    }
}

/// The output of `nix path-info --json`: a list until 2.18, then an object by path, of late within another one.
pub fn registered(printed: &str) -> Option<Vec<(String, PathInfo)>> {
    let value: serde_json::Value = serde_json::from_str(printed).ok()?;
    let entries: Vec<(String, &serde_json::Value)> = match (value.as_array(), value.get("info").unwrap_or(&value)) {
        (Some(list), _) => {
            let path = |entry: &serde_json::Value| Some(entry.get("path")?.as_str()?.to_owned());
            list.iter().map(|entry| Some((path(entry)?, entry))).collect::<Option<_>>()?
        }
        (None, map) => map.as_object()?.iter().map(|(path, entry)| (path.clone(), entry)).collect(),
    };
    let info = |entry: &serde_json::Value| PathInfo {
        nar: entry.get("narHash").and_then(|hash| hash.as_str()?.parse().ok()),
        built: entry.get("ultimate").and_then(serde_json::Value::as_bool) == Some(true),
        by_content: entry.get("ca").is_some_and(|ca| !ca.is_null() && ca.as_str() != Some("")),
    };
    Some(entries.into_iter().map(|(path, entry)| (path, info(entry))).collect())
}

fn list_paths(paths: &[PathBuf]) -> String {
    paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>().join(", ")
}

fn indent(stderr: &str) -> String {
    let lines = stderr.lines().map(|line| format!("\n  {line}"));
    if stderr.is_empty() { String::new() } else { std::iter::once(":".to_owned()).chain(lines).collect() }
}

/// What to do about Nix's own words for a daemon that does not answer.
fn way_out(stderr: &str) -> Option<&'static str> {
    if stderr.contains("/nix/var/nix") && ["Permission denied", "set permissions"].iter().any(|it| stderr.contains(it))
    {
        return Some(
            "/nix belongs to another user, and no Nix daemon runs: its owner or root can build; see \"Root and ordinary users\" in docs/machines.md",
        );
    }
    let unreachable =
        ["cannot open connection to remote store", "cannot connect to socket", "cannot connect to daemon"];
    if !unreachable.iter().any(|words| stderr.contains(words)) {
        return None;
    }
    Some(if stderr.contains("Permission denied") {
        "only some users may talk to the Nix daemon: ask its administrator; on Debian they are in the group nix-users"
    } else {
        "the Nix daemon is not running, or its `allowed-users` in nix.conf leave you out: ask its administrator"
    })
}

/// A command as one would type it, without its directory and with a long argument list cut short.
fn typed(command: &Command) -> String {
    const SHOWN: usize = 8;
    let plain = |c: char| c.is_ascii_alphanumeric() || "+-._?=/:#,@%".contains(c);
    let mut text = Path::new(command.get_program()).file_name().unwrap_or_default().to_string_lossy().into_owned();
    for arg in command.get_args().take(SHOWN) {
        let arg = arg.to_string_lossy();
        text.push(' ');
        if !arg.is_empty() && arg.chars().all(plain) {
            text.push_str(&arg);
        } else {
            text.push_str(&format!("'{}'", arg.replace('\'', r"'\''")));
        }
    }
    let left = command.get_args().len().saturating_sub(SHOWN);
    if left > 0 {
        let _ = write!(text, " … ({left} more)");
    }
    text
}

fn last_lines(stderr: &[u8]) -> String {
    let text = String::from_utf8_lossy(stderr);
    let lines: Vec<&str> = text.trim_end().lines().collect();
    lines.get(lines.len().saturating_sub(LAST_LINES)..).unwrap_or_default().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_daemon_that_does_not_answer_has_a_way_out() {
        let hint = |stderr| way_out(stderr).unwrap_or_default();
        assert!(hint("error: cannot connect to socket at '/nix/x': Permission denied").contains("nix-users"));
        assert!(hint("error: cannot connect to socket at '/nix/x': Connection refused").contains("not running"));
        assert!(hint("error: cannot open connection to remote store 'daemon'").contains("allowed-users"));
        assert_eq!(way_out("error: opening file 'x': Permission denied"), None);
    }

    #[test]
    fn versions_of_every_nix_are_read() {
        for (printed, version) in [
            ("nix (Nix) 2.8.0\n", Some((2, 8))),
            ("nix (Nix) 2.3\n", Some((2, 3))),
            ("nix (Nix) 2.35.0pre20250101_abcdef0\n", Some((2, 35))),
            ("nix (Nix) 3.0pre1\n", Some((3, 0))),
            ("nix (Lix, like Nix) 2.91.1\nSystem type: x86_64-linux\n", Some((2, 91))),
            ("nix (Determinate Nix 3.1.0) 2.26.3\n", Some((2, 26))),
            ("", None),
            ("nix\n", None),
            ("nix (Nix) 2\n", None),
            ("nix (Nix) 99999999999.1\n", None),
        ] {
            let version = version.map(|(major, minor)| Version { major, minor });
            assert_eq!(Version::parse(printed), version, "{printed:?}");
        }
        assert!(Version { major: 2, minor: 26 } > OLDEST && Version { major: 2, minor: 3 } < OLDEST);
    }

    #[test]
    fn what_every_nix_says_of_a_path_is_read() {
        let sri = "sha256-47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=";
        let entry = format!(r#"{{"path": "/nix/store/x", "narHash": "{sri}", "ultimate": true}}"#);
        let known = PathInfo { nar: Some(Sha256::of(b"")), built: true, by_content: false };
        for printed in [
            format!("[{entry}]"),
            format!(r#"{{"/nix/store/x": {entry}}}"#),
            format!(r#"{{"info": {{"x": {entry}}}, "version": 2}}"#),
        ] {
            let read = registered(&printed).unwrap();
            assert_eq!(read.iter().map(|(_, info)| info).collect::<Vec<_>>(), [&known], "{printed}");
        }
        let read = registered(r#"{"x": {"narHash": {"algorithm": "sha256"}}}"#).unwrap();
        assert_eq!(read, [("x".to_owned(), PathInfo { nar: None, built: false, by_content: false })]);
        // Text until 2.3x, then an object; null or nothing where the name stands for something else.
        for (ca, by_content) in
            [("null", false), (r#""""#, false), (r#""fixed:sha256:x""#, true), (r#"{"method": "flat"}"#, true)]
        {
            let read = registered(&format!(r#"[{{"path": "x", "ca": {ca}}}]"#)).unwrap();
            assert_eq!(read[0].1.by_content, by_content, "{ca}");
        }
        assert_eq!((registered("x"), registered("[{}]"), registered("1")), (None, None, None));
    }

    #[test]
    fn commands_are_shown_as_one_would_type_them() {
        let mut command = Command::new("/usr/bin/nix-store");
        command.args(["--add", "a b", "it's", "", "5", "6", "7", "8", "9", "10"]);
        assert_eq!(typed(&command), r"nix-store --add 'a b' 'it'\''s' '' 5 6 7 8 … (2 more)");
    }

    #[test]
    fn long_messages_are_cut_at_the_front() {
        let text: String = (0..100).map(|n| format!("line {n}\n")).collect();
        let last = last_lines(text.as_bytes());
        assert!(last.starts_with("line 80\n") && last.ends_with("line 99"), "{last}");
        assert_eq!(indent("a\nb"), ":\n  a\n  b");
        assert_eq!(indent(&last_lines(b"\n")), "");
    }
}
