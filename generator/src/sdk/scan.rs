//! Finds the SDK in an archive: a first pass, which writes nothing.

use std::collections::{BTreeMap, BTreeSet};

use super::error::{FORMS, MemberProblem, SdkError, refused, shown};
use super::member::{Contents, Kind, Member};
use super::settings::{FILES, MAX_BYTES, Settings};
use super::tree::parent;

/// Directories with settings that are looked at; Xcode has some twenty.
const MAX_CANDIDATES: usize = 100;
/// Names at the top of an archive that a message lists.
const NAMED: usize = 5;

/// A directory that calls itself an SDK.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Candidate {
    pub(super) part: usize,
    /// Its path in the archive; empty for the archive's top.
    pub(super) path: Vec<u8>,
    pub(super) settings: Settings,
}

/// Settings as they were found.
#[derive(Debug)]
pub(super) struct Found {
    pub(super) part: usize,
    /// The directory that they are in.
    pub(super) path: Vec<u8>,
    /// Their name, one of [`FILES`].
    pub(super) file: &'static str,
    pub(super) bytes: Vec<u8>,
}

/// The findings from the members so far.
#[derive(Debug, Default)]
pub(super) struct Scan {
    /// Settings by payload and directory, then by their file's place in [`FILES`].
    found: BTreeMap<(usize, Vec<u8>), BTreeMap<usize, Vec<u8>>>,
    links: BTreeSet<(usize, Vec<u8>)>,
    /// For messages: what is at the top, and directories of names that say what they are.
    top: BTreeSet<Vec<u8>>,
    sdks: BTreeSet<Vec<u8>>,
    apps: BTreeSet<Vec<u8>>,
}

impl Scan {
    /// Looks at one member.
    pub(super) fn visit(&mut self, member: &Member, contents: &mut dyn Contents) -> Result<(), SdkError> {
        let Member { part, path, kind } = member;
        self.through_no_link(*part, path)?;
        if member.is_litter() {
            return Ok(());
        }
        let name = path.get(parent(path).len()..).unwrap_or_default();
        let name = name.strip_prefix(b"/").unwrap_or(name);
        let mut note = |set: fn(&mut Scan) -> &mut BTreeSet<Vec<u8>>, name: &[u8]| {
            let set = set(self);
            if set.len() <= NAMED && !name.is_empty() {
                set.insert(name.to_vec());
            }
        };
        note(|scan| &mut scan.top, path.split(|byte| *byte == b'/').next().unwrap_or_default());
        if *kind == Kind::Directory && name.ends_with(b".sdk") {
            note(|scan| &mut scan.sdks, path);
        }
        if *kind == Kind::Directory && name.ends_with(b".app") {
            note(|scan| &mut scan.apps, path);
        }
        match kind {
            Kind::Symlink(_) => {
                self.links.insert((*part, path.clone()));
            }
            Kind::File { .. } => {
                if let Some(file) = FILES.iter().position(|file| file.as_bytes() == name) {
                    self.add_settings(*part, parent(path), file, contents)?;
                }
            }
            _ => {}
        }
        Ok(())
    }

    /// All of an archive is held to this, so that what is an attack is not taken for an odd SDK.
    fn through_no_link(&self, part: usize, path: &[u8]) -> Result<(), SdkError> {
        let mut above = parent(path);
        while !above.is_empty() {
            if self.links.contains(&(part, above.to_vec())) {
                return Err(refused(path, MemberProblem::Through { link: shown(above) }));
            }
            above = parent(above);
        }
        Ok(())
    }

    fn add_settings(
        &mut self,
        part: usize,
        directory: &[u8],
        file: usize,
        contents: &mut dyn Contents,
    ) -> Result<(), SdkError> {
        let key = (part, directory.to_vec());
        if self.found.len() >= MAX_CANDIDATES && !self.found.contains_key(&key) {
            return Ok(());
        }
        let mut bytes = Vec::new();
        let mut buffer = [0; 16 * 1024];
        // A longer file does not parse, and the error says so.
        while (bytes.len() as u64) < MAX_BYTES {
            let count = contents.read(&mut buffer)?;
            let Some(read) = buffer.get(..count).filter(|read| !read.is_empty()) else { break };
            bytes.extend_from_slice(read);
        }
        self.found.entry(key).or_default().insert(file, bytes);
        Ok(())
    }

    /// The one SDK of macOS, or the one that has the name `wanted`.
    pub(super) fn choose(self, wanted: Option<&str>) -> Result<Candidate, SdkError> {
        // Everything within an SDK belongs to it.
        let within = |(part, path): &(usize, Vec<u8>)| {
            let mut above = path.as_slice();
            while !above.is_empty() {
                above = parent(above);
                if self.found.contains_key(&(*part, above.to_vec())) {
                    return true;
                }
            }
            false
        };
        let mut candidates = Vec::new();
        for (key, files) in self.found.iter().filter(|(key, _)| !within(key)) {
            let Some((file, bytes)) = files.first_key_value() else { continue };
            let file = FILES.get(*file).copied().unwrap_or_default();
            candidates.push(Found { part: key.0, path: key.1.clone(), file, bytes: bytes.clone() });
        }
        if candidates.is_empty() {
            return Err(self.nothing());
        }
        choose(candidates, wanted)
    }

    fn nothing(&self) -> SdkError {
        let list = |set: &BTreeSet<Vec<u8>>| {
            let mut names: Vec<_> = set.iter().take(NAMED).map(|name| shown(name)).collect();
            if set.len() > NAMED {
                names.push("…".to_owned());
            }
            names.join(", ")
        };
        let (found, hint) = if !self.sdks.is_empty() {
            let hint = format!("pack all of the directory *.sdk; {FORMS}");
            (format!("{} has neither {} nor {}", list(&self.sdks), FILES[0], FILES[1]), hint)
        } else if !self.apps.is_empty() {
            (format!("it is an app ({})", list(&self.apps)), FORMS.to_owned())
        } else if self.top.is_empty() {
            ("it is empty".to_owned(), FORMS.to_owned())
        } else {
            (format!("it has no {}, but {}", FILES[0], list(&self.top)), FORMS.to_owned())
        };
        SdkError::NoSdk { found, hint }
    }
}

/// Of directories with settings, the one SDK of macOS, or the one that has the name `wanted`.
pub(super) fn choose(candidates: Vec<Found>, wanted: Option<&str>) -> Result<Candidate, SdkError> {
    let mut good = Vec::new();
    let mut others = Vec::new();
    let mut problem = None;
    for Found { part, path, file, bytes } in candidates {
        let place = if path.is_empty() { file.to_owned() } else { format!("{}/{file}", shown(&path)) };
        match Settings::read(&place, &bytes) {
            Ok(settings) if settings.is_macos() => good.push(Candidate { part, path, settings }),
            Ok(settings) => others.push(format!("{} is {}", name_of(&path, &settings), settings.what())),
            Err(error) => problem = problem.or(Some(error)),
        }
    }
    let all: Vec<_> = good.iter().map(|candidate| name_of(&candidate.path, &candidate.settings)).collect();
    if let Some(wanted) = wanted {
        let bare = |name: &str| name.strip_suffix(".sdk").unwrap_or(name).to_owned();
        let is_wanted = |candidate: &Candidate| {
            let own = name_of(&candidate.path, &candidate.settings);
            [own, store_name(&candidate.settings)].iter().any(|name| bare(name) == bare(wanted))
        };
        good.retain(is_wanted);
    }
    match (good.pop(), problem) {
        (Some(one), _) if good.is_empty() => Ok(one),
        (None, Some(problem)) if all.is_empty() => Err(problem),
        (None, None) if all.is_empty() => Err(SdkError::NoSdk { found: others.join(", "), hint: FORMS.to_owned() }),
        _ => Err(SdkError::Choose { names: all, wanted: wanted.map(str::to_owned) }),
    }
}

/// The name of an SDK in the archive.
fn name_of(path: &[u8], settings: &Settings) -> String {
    let name = path.get(parent(path).len()..).unwrap_or_default();
    match name.strip_prefix(b"/").unwrap_or(name) {
        b"" => settings.canonical.clone(),
        name => shown(name),
    }
}

/// The name of an SDK in the store.
pub(super) fn store_name(settings: &Settings) -> String {
    format!("MacOSX{}.sdk", settings.version)
}
