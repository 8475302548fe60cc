//! `mirror://NAME/path`: the base addresses that the name stands for, from the user's file or the machine's own configuration.
//!
//! No registry's address is written down here: Debian's, Python's, Rust's and npm's are whatever apt, pip, cargo and npm use
//! on this machine. Only upstream projects' own public addresses are constants.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::apt::{self, Archive};
use super::cargo::{self, Replacement};
use super::git::Commit;
use super::npm;
use super::pip;
use crate::diag::{clip, nearest, quote, start};
use crate::input::{self, Conflict, Kind, SETTINGS, unconflicted};

/// The file that users write: some lines.
const MIRRORS: Kind = Kind { what: "a file of mirrors", most: 1 << 20 };

/// Upstream projects' own servers, under the names that nixpkgs uses.
const UPSTREAM: &[(&str, &[&str])] = &[
    ("gnu", &["https://ftpmirror.gnu.org/gnu/", "https://ftp.gnu.org/gnu/"]),
    ("kernel", &["https://cdn.kernel.org/pub/"]),
    ("savannah", &["https://download.savannah.nongnu.org/releases/"]),
    ("sourceware", &["https://sourceware.org/pub/"]),
];
/// Names whose bases come from the machine's configuration, and whose configuration that is.
const FROM_MACHINE: &[(&str, &str)] =
    &[("crates", "cargo"), ("debian", "apt"), ("debian-security", "apt"), ("npm", "npm"), ("pypi", "pip")];

/// The archive of old states of Debian's: only the user's file says where there is one.
pub const SNAPSHOT: &str = "debian-snapshot";

/// The bases of every mirror name on one machine. A value: reading it decides nothing, asking it does no I/O.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mirrors {
    /// The addresses that a plain name's path is appended to; for `pypi` simple indices, for `crates` download templates or
    /// `sparse+` indices.
    bases: BTreeMap<String, Vec<String>>,
    /// Whether pip's own default index comes before `pypi`'s bases.
    ask_pip: bool,
    /// Whether npm is asked for `npm`'s base, since no file names one.
    ask_npm: bool,
    /// The registries of npm's scopes.
    scopes: BTreeMap<String, String>,
    /// The file in which the user can name bases.
    user_file: PathBuf,
}

/// A place where a file may be, after its mirror name was resolved as far as possible without I/O.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Candidate {
    /// An address of the file itself.
    Url(String),
    /// A commit of a git repository.
    Commit(Commit),
    /// A file of a Python project on a simple index.
    SimpleIndex {
        /// The index's address; none stands for pip's own default.
        index: Option<String>,
        /// The project's name, normalised.
        project: String,
        /// File name.
        file: String,
    },
    /// A file of npm's own default registry, by its path there.
    NpmDefault {
        /// The path: `NAME/-/FILE`.
        path: String,
    },
    /// A crate of a registry whose sparse index tells where archives are.
    SparseIndex {
        /// The index's address.
        index: String,
        /// The crate's name.
        name: String,
        /// Its version.
        version: String,
    },
}

/// A `mirror://` address or the user's mirror file is of no use.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum MirrorError {
    /// Nobody knows the name.
    #[error("no mirror is called `{}`", start(name))]
    #[diagnostic(help("{}", unknown(name, user_file)))]
    Unknown {
        /// The name in the address.
        name: String,
        /// The file in which the user can define it.
        user_file: PathBuf,
    },
    /// The machine names no base for it.
    #[error("{source_of} on this machine names no base for `mirror://{name}`")]
    #[diagnostic(help("{}", way_out(name, user_file)))]
    NoBase {
        /// The name in the address.
        name: String,
        /// `apt`, `pip`, `cargo`, `npm`, or the user's file itself where it says that there is none.
        source_of: &'static str,
        /// The file in which the user can name one.
        user_file: PathBuf,
    },
    /// The address does not have the form that its mirror asks for.
    #[error("`{}` is not an address of the form {form}", start(url))]
    Form {
        /// The address.
        url: String,
        /// The form, for a person.
        form: &'static str,
    },
    /// The user's file cannot be read.
    #[error("cannot read {}", .path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// The system's error.
        source: io::Error,
    },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Conflict(#[from] Conflict),
    /// The user's file names a mirror that nothing asks for.
    #[error("{}: there is no mirror `{name}`", .path.display())]
    #[diagnostic(help("did you mean `{near}`? Your own names must not be that similar to a known one"))]
    Misspelt { path: PathBuf, name: String, near: String },
    /// The user's file is not a mirror file.
    #[error("{}: {problem}", .path.display())]
    #[diagnostic(help("its form is\n  [mirrors]\n  debian = [\"https://mirror.example.org/debian/\"]"))]
    Syntax {
        /// The file.
        path: PathBuf,
        /// The problem, with line and column if it is one of TOML's syntax.
        problem: String,
    },
}

/// The way out where a mirror has no known name.
fn unknown(name: &str, user_file: &Path) -> String {
    let known = std::iter::once(SNAPSHOT)
        .chain(UPSTREAM.iter().map(|(known, _)| *known))
        .chain(FROM_MACHINE.iter().map(|(known, _)| *known));
    match nearest(name, known) {
        Some(near) => format!("did you mean `mirror://{near}`? Otherwise {}", way_out(name, user_file)),
        None => way_out(name, user_file),
    }
}

/// How to name a base for a mirror, with an address of the form that it takes.
fn way_out(name: &str, user_file: &Path) -> String {
    let example = match name {
        "pypi" => "https://index.example.org/simple/",
        "crates" => "sparse+https://index.example.org/",
        "npm" => "https://registry.example.org/",
        "debian" => "https://mirror.example.org/debian/",
        SNAPSHOT => "https://snapshot.example.org/archive/debian/",
        "debian-security" => "https://mirror.example.org/debian-security/",
        _ => "https://mirror.example.org/pub/",
    };
    format!("name one in {}:\n  [mirrors]\n  {} = [\"{example}\"]", user_file.display(), start(name))
}

/// The parts of a machine that its mirrors follow from: a root directory, an environment and a working directory.
#[derive(Debug, Clone)]
pub struct Machine {
    /// `/`, but for tests.
    pub root: PathBuf,
    /// The environment's variables.
    pub env: BTreeMap<String, OsString>,
    /// The working directory, where cargo begins to look for its configuration.
    pub directory: PathBuf,
}

impl Machine {
    /// This one.
    pub fn this() -> Machine {
        let env = std::env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value))).collect();
        Machine { root: "/".into(), env, directory: std::env::current_dir().unwrap_or_else(|_| "/".into()) }
    }

    /// A variable as a path; an empty one counts as unset.
    fn path(&self, name: &str) -> Option<PathBuf> {
        self.env.get(name).filter(|value| !value.is_empty()).map(PathBuf::from)
    }

    fn home(&self) -> PathBuf {
        self.path("HOME").unwrap_or_else(|| self.root.join("nonexistent"))
    }

    /// `$XDG_CONFIG_HOME` or `~/.config`; the standard tells to ignore a relative one.
    fn config(&self) -> PathBuf {
        self.path("XDG_CONFIG_HOME").filter(|path| path.is_absolute()).unwrap_or_else(|| self.home().join(".config"))
    }
}

impl Mirrors {
    /// The mirrors of this machine. Fails only for the user's own file: what other tools' files hold is theirs to
    /// judge, and what cannot be read there names no base.
    pub fn from_machine() -> Result<Mirrors, MirrorError> {
        Mirrors::of(&Machine::this())
    }

    /// The mirrors of `machine`; see [`Mirrors::from_machine`].
    pub fn of(machine: &Machine) -> Result<Mirrors, MirrorError> {
        let mut mirrors = Mirrors::upstream(machine.config().join("crossloom/mirrors.toml"));
        let apt = apt_sources(machine);
        mirrors.set("debian", apt::bases(&apt, Archive::Debian));
        mirrors.set("debian-security", apt::bases(&apt, Archive::Security));
        let (index, extra) = pip::indices(&pip_configs(machine));
        mirrors.ask_pip = index.is_none();
        mirrors.set("pypi", index.into_iter().chain(extra).collect());
        mirrors.set("crates", crate_bases(machine));
        let npm = npm_config(machine);
        mirrors.ask_npm = npm.registry.is_none();
        mirrors.scopes = npm.scopes;
        mirrors.set("npm", npm.registry.into_iter().collect());

        let chosen = machine.path("CROSSLOOM_MIRRORS");
        let user_file = chosen.clone().unwrap_or_else(|| mirrors.user_file.clone());
        match input::text(&user_file, MIRRORS) {
            Ok(text) => {
                unconflicted(&user_file, &text)?;
                // A name in the user's file has the bases that stand there and no others: whoever writes it may well
                // sit on a network where every other address only costs a timeout.
                for (name, bases) in
                    user_mirrors(&text).map_err(|problem| MirrorError::Syntax { path: user_file.clone(), problem })?
                {
                    // Users may define names, but one that is nearly a known one is a typing error and would have no effect.
                    if !mirrors.bases.contains_key(&name)
                        && let Some(near) = nearest(&name, mirrors.bases.keys().map(String::as_str))
                    {
                        return Err(MirrorError::Misspelt { path: user_file, near: near.to_owned(), name });
                    }
                    if name == "pypi" {
                        mirrors.ask_pip = false;
                    }
                    if name == "npm" {
                        mirrors.ask_npm = false;
                        mirrors.scopes.clear();
                    }
                    mirrors.set(&name, bases);
                }
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound && chosen.is_none() => {}
            Err(source) => return Err(MirrorError::Read { path: user_file, source }),
        }
        mirrors.user_file = user_file;
        Ok(mirrors)
    }

    /// Upstream projects' own servers alone; `user_file` is named in messages.
    pub fn upstream(user_file: PathBuf) -> Mirrors {
        let own = std::iter::once((SNAPSHOT.to_owned(), Vec::new()));
        let bases =
            UPSTREAM.iter().map(|(name, bases)| (name.to_string(), bases.iter().map(|b| b.to_string()).collect()));
        Mirrors {
            bases: bases.chain(own).collect(),
            ask_pip: false,
            ask_npm: false,
            scopes: BTreeMap::new(),
            user_file,
        }
    }

    /// Gives `name` these bases and no others.
    pub fn set(&mut self, name: &str, bases: Vec<String>) {
        self.bases.insert(name.to_owned(), bases);
    }

    /// The base addresses of `name`, in the order to be tried.
    ///
    /// # Errors
    /// [`MirrorError`] when there is none on this machine.
    pub fn bases(&self, name: &str) -> Result<Vec<String>, MirrorError> {
        self.bases.get(name).filter(|bases| !bases.is_empty()).cloned().ok_or_else(|| self.no_base(name))
    }

    /// The places where the file at `url` may be, in the order to be tried: `url` itself unless it is a `mirror://` address.
    /// Never empty.
    pub fn candidates(&self, url: &str) -> Result<Vec<Candidate>, MirrorError> {
        if let Some(commit) = Commit::parse(url) {
            return Ok(vec![Candidate::Commit(commit)]);
        }
        let Some(rest) = url.strip_prefix("mirror://") else {
            return Ok(vec![Candidate::Url(url.to_owned())]);
        };
        let form = |form| MirrorError::Form { url: url.to_owned(), form };
        let (name, path) = rest.split_once('/').ok_or_else(|| form("mirror://NAME/PATH"))?;
        // A pin must not climb out of a base, least of all one on the disk.
        if !stays_below(path) {
            return Err(form("mirror://NAME/PATH, without empty or dotted segments in any spelling"));
        }
        let machine_source = FROM_MACHINE.iter().find(|(known, _)| *known == name).map(|(_, tool)| *tool);
        let bases = match (self.bases.get(name), machine_source) {
            (Some(bases), _) => bases.as_slice(),
            (None, Some(_)) => &[],
            (None, None) => {
                return Err(MirrorError::Unknown { name: name.to_owned(), user_file: self.user_file.clone() });
            }
        };
        let candidates: Vec<Candidate> = match name {
            "pypi" => {
                let (project, file) = path
                    .split_once('/')
                    .filter(|(_, file)| !file.contains('/'))
                    .ok_or_else(|| form("mirror://pypi/PROJECT/FILE"))?;
                let candidate =
                    |index| Candidate::SimpleIndex { index, project: pip::normalised(project), file: file.to_owned() };
                let default = self.ask_pip.then_some(None);
                default.into_iter().chain(bases.iter().cloned().map(Some)).map(candidate).collect()
            }
            "npm" => {
                let scope = path.split_once('/').and_then(|(scope, _)| self.scopes.get(scope));
                let at = |base: &String| Candidate::Url(format!("{}/{path}", base.trim_end_matches('/')));
                let default = || self.ask_npm.then(|| Candidate::NpmDefault { path: path.to_owned() });
                match scope {
                    Some(registry) => vec![at(registry)],
                    None => bases.iter().map(at).chain(default()).collect(),
                }
            }
            "crates" => {
                let (crate_name, version) = path
                    .split_once('/')
                    .filter(|(_, version)| !version.contains('/'))
                    .ok_or_else(|| form("mirror://crates/NAME/VERSION"))?;
                let candidate = |base: &String| match base.strip_prefix("sparse+") {
                    Some(index) => Candidate::SparseIndex {
                        index: index.to_owned(),
                        name: crate_name.to_owned(),
                        version: version.to_owned(),
                    },
                    None => Candidate::Url(cargo::download_url(base, crate_name, version)),
                };
                bases.iter().map(candidate).collect()
            }
            _ => bases.iter().map(|base| Candidate::Url(format!("{}/{path}", base.trim_end_matches('/')))).collect(),
        };
        if candidates.is_empty() { Err(self.no_base(name)) } else { Ok(candidates) }
    }

    /// The error that says where to name a base for `name`.
    pub(super) fn no_base(&self, name: &str) -> MirrorError {
        let tool = FROM_MACHINE.iter().find(|(known, _)| *known == name).map_or("the mirror file", |(_, tool)| tool);
        MirrorError::NoBase { name: name.to_owned(), source_of: tool, user_file: self.user_file.clone() }
    }
}

/// Whether an address begins in one of these ways, and names a server if it needs one: `http://` with a path behind it would
/// be the address of a server that is called like the first folder of the path.
pub(super) fn is_address(text: &str, schemes: &[&str]) -> bool {
    let names = |scheme: &&str, rest: &str| !scheme.ends_with("//") || (!rest.is_empty() && !rest.starts_with('/'));
    schemes.iter().any(|scheme| text.strip_prefix(scheme).is_some_and(|rest| names(scheme, rest)))
}

/// Whether a path that is appended to a base stays below it, whoever reads it: an address, a server, or a file system. They
/// decode `%2e` and `%2f`, some more than once, and take `\\` for `/`; control characters they drop.
pub fn stays_below(path: &str) -> bool {
    let plain = |segment: &[u8]| !matches!(segment, b"" | b"." | b"..");
    // A segment or a character that is refused stays there however often the rest is decoded: a look at the end is enough.
    let path = decoded(path.as_bytes());
    path.split(|byte| matches!(byte, b'/' | b'\\')).all(plain) && !path.iter().any(u8::is_ascii_control)
}

/// Text in which each `%` with two hexadecimal digits is the byte that they stand for, again and again until there is none
/// left. It takes one pass, whatever the number of layers: a byte that was decoded is looked at with those before it.
fn decoded(text: &[u8]) -> Vec<u8> {
    let digit = |byte: &u8| (*byte as char).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    let mut decoded = Vec::with_capacity(text.len());
    for byte in text {
        decoded.push(*byte);
        while let [before @ .., b'%', high, low] = decoded.as_slice()
            && let (Some(high), Some(low)) = (digit(high), digit(low))
        {
            let left = before.len();
            decoded.truncate(left);
            decoded.push(high << 4 | low);
        }
    }
    decoded
}

/// Reads the user's file: `[mirrors]`, with an address or a list of addresses per name. The error is for a person.
pub fn user_mirrors(text: &str) -> Result<BTreeMap<String, Vec<String>>, String> {
    let file: toml::Table = text.parse().map_err(|error: toml::de::Error| clip(&error.to_string().trim_end()))?;
    if let Some(key) = file.keys().find(|key| *key != "mirrors") {
        return Err(format!("unknown key {}", quote(key)));
    }
    let table = match file.get("mirrors") {
        Some(toml::Value::Table(table)) => table,
        Some(_) => return Err("`mirrors` is not a table".to_owned()),
        None => return Ok(BTreeMap::new()),
    };
    let mut mirrors = BTreeMap::new();
    for (name, value) in table {
        let values = match value {
            toml::Value::Array(values) => values.as_slice(),
            value => std::slice::from_ref(value),
        };
        let mut bases = Vec::new();
        for value in values {
            let schemes: &[&str] = match name.as_str() {
                "crates" => &["http://", "https://", "sparse+http://", "sparse+https://"],
                _ => &["http://", "https://", "file:/"],
            };
            match value.as_str() {
                Some(base) if is_address(base, schemes) => bases.push(base.to_owned()),
                _ => {
                    return Err(format!(
                        "mirror {}: {} is not an address that begins with {}",
                        quote(name),
                        clip(value),
                        schemes.join(", ")
                    ));
                }
            }
        }
        mirrors.insert(name.clone(), bases);
    }
    Ok(mirrors)
}

fn apt_sources(machine: &Machine) -> Vec<apt::AptSource> {
    let directory = machine.root.join("etc/apt");
    let mut files = vec![directory.join("sources.list")];
    let parts = fs::read_dir(directory.join("sources.list.d")).into_iter().flatten().flatten();
    let mut parts: Vec<PathBuf> = parts.map(|entry| entry.path()).collect();
    parts.sort();
    files.extend(parts);
    let mut sources = Vec::new();
    for file in files {
        // apt ignores every other extension, `.disabled` among them.
        let read: fn(&str) -> Vec<apt::AptSource> = match file.extension().and_then(|extension| extension.to_str()) {
            Some("list") => apt::one_line_sources,
            Some("sources") => apt::deb822_sources,
            _ => continue,
        };
        sources.extend(input::text(&file, SETTINGS).map(|text| read(&text)).unwrap_or_default());
    }
    sources
}

/// pip's configurations, the least important first (pip: global, user, site, then the environment).
fn pip_configs(machine: &Machine) -> Vec<pip::PipConfig> {
    let mut files = vec![
        machine.root.join("etc/xdg/pip/pip.conf"),
        machine.root.join("etc/pip.conf"),
        machine.home().join(".pip/pip.conf"),
        // macOS; pip prefers it where it is there.
        machine.home().join("Library/Application Support/pip/pip.conf"),
        machine.config().join("pip/pip.conf"),
    ];
    files.extend(machine.path("VIRTUAL_ENV").map(|directory| directory.join("pip.conf")));
    match machine.path("PIP_CONFIG_FILE") {
        // pip's way to say "no files at all".
        Some(path) if path == Path::new("/dev/null") => files.clear(),
        chosen => files.extend(chosen),
    }
    let read = |path: &PathBuf| input::text(path, SETTINGS).map(|text| pip::config(&text)).unwrap_or_default();
    let text = |name: &str| machine.env.get(name).and_then(|value| value.to_str()).unwrap_or_default().trim();
    let index = Some(text("PIP_INDEX_URL").to_owned()).filter(|index| !index.is_empty());
    let extra = text("PIP_EXTRA_INDEX_URL").split_whitespace().map(str::to_owned).collect();
    files.iter().map(read).chain([pip::PipConfig { index, extra }]).collect()
}

/// npm's configurations: global, user, project, then the environment.
fn npm_config(machine: &Machine) -> npm::NpmConfig {
    // npm takes its variables in upper and in lower case.
    let variable = |name: &str| {
        let found = machine.env.iter().find(|(key, value)| key.eq_ignore_ascii_case(name) && !value.is_empty());
        found.and_then(|(_, value)| value.to_str())
    };
    let user = variable("npm_config_userconfig").map_or_else(|| machine.home().join(".npmrc"), PathBuf::from);
    let global = variable("npm_config_globalconfig").map(PathBuf::from);
    let files = global.into_iter().chain([user, machine.directory.join(".npmrc")]);
    let read = |path: PathBuf| input::text(&path, SETTINGS).map(|text| npm::config(&text)).unwrap_or_default();
    let given = variable("npm_config_registry").map(|url| npm::config(&format!("registry={url}"))).unwrap_or_default();
    files.map(read).chain([given]).fold(npm::NpmConfig::default(), npm::NpmConfig::and)
}

/// cargo's sparse index if it is replaced, else what the registries in cargo's cache say about downloads: cargo keeps
/// each sparse index's `config.json` there. Before its first use there is none: cargo tells its default nowhere.
fn crate_bases(machine: &Machine) -> Vec<String> {
    let home = machine.path("CARGO_HOME").unwrap_or_else(|| machine.home().join(".cargo"));
    let mut texts = Vec::new();
    let directories = machine.directory.ancestors().map(|directory| directory.join(".cargo")).chain([home.clone()]);
    for directory in directories {
        let text = input::text(&directory.join("config"), SETTINGS)
            .or_else(|_| input::text(&directory.join("config.toml"), SETTINGS));
        texts.extend(text);
    }
    match cargo::replacement(&texts.iter().map(String::as_str).collect::<Vec<_>>()) {
        Replacement::Sparse(index) => return vec![format!("sparse+{index}")],
        Replacement::Other(_) => return Vec::new(),
        Replacement::None => {}
    }
    let registries = fs::read_dir(home.join("registry/index")).into_iter().flatten().flatten();
    let mut configs: Vec<PathBuf> = registries.map(|entry| entry.path().join("config.json")).collect();
    configs.sort();
    // Of several registries any may hold the crate: the pin tells.
    configs.iter().filter_map(|path| cargo::download_template(&input::text(path, SETTINGS).ok()?)).collect()
}
