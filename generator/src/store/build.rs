//! Runs Nix's builders and reads from their words what they are at.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::mpsc;
use std::time::{Duration, Instant};

use super::ending::{self, Noted};
use super::evaluate::Built;
use super::needed::busybox_path;
use super::{Event, Tell, nodes, times};
use crate::input;
use crate::nix::aterm;
use crate::nix::driver::{Nix, NixError};
use crate::nix::store::StoreError;
use crate::platform::System;
use crate::project::{Project, ProjectError};
use crate::seed::SeedLock;

/// Nix did not build what was asked for.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum BuildError {
    #[error("{system} has no seed, and this command builds from one")]
    #[diagnostic(help("the flake builds from nixpkgs there: nix build .#NAME"))]
    NoSeed { system: System },
    #[error("the build was ended by {signal}")]
    #[diagnostic(help("run the command again: nodes that were finished are in the store"))]
    Ended { signal: &'static str },
    #[error("Nix built nothing")]
    #[diagnostic(help(
        "read Nix's messages above; `crossloom generate --check` tells whether the folder is as rendered"
    ))]
    Nothing,
    #[error("{node} could not be built")]
    #[diagnostic(help("`nix-store --read-log {drv}` shows the whole log"))]
    Failed { node: String, drv: String },
    #[error("{node} was not built in a sandbox, so its recipe stopped")]
    #[diagnostic(help(
        "the Nix daemon ignores crossloom's settings from users whom it does not trust: ask its administrator for `sandbox \
         = true` in nix.conf, or to add you to `trusted-users`"
    ))]
    NoSandbox { node: String },
    #[error("{node} was not built before, so there is nothing to compare a second build with")]
    #[diagnostic(help("build it without --rebuild first"))]
    NotBuilt { node: String },
    #[error("{cache} has {path}, but not signed by a key that is trusted")]
    #[diagnostic(help(
        "nothing of it was taken\nif the cache is yours or of people whom you trust, pass the key that it signs with: \
         --trusted-public-key NAME:KEY\na Nix daemon that does not trust you knows only the keys in its nix.conf: ask its \
         administrator to add the key to `trusted-public-keys`\nwithout the cache, crossloom builds everything here"
    ))]
    Unsigned { path: String, cache: String },
    #[error("the file of {path} in {cache} does not have the contents that were signed")]
    #[diagnostic(help(
        "it is damaged, or somebody changed it: tell whoever runs the cache\nnothing of it was taken; without the cache, crossloom \
         builds everything here"
    ))]
    Tampered { path: String, cache: String },
    #[error("the Nix daemon does not let you take from {cache}")]
    #[diagnostic(help(
        "ask its administrator to add it to `trusted-substituters` and its key to `trusted-public-keys` in nix.conf, or you to \
         `trusted-users`"
    ))]
    Untrusted { cache: String },
    #[error("a binary cache does not give what it says that it has")]
    #[diagnostic(help("read Nix's messages above; without the cache, crossloom builds everything here"))]
    NotGiven,
    #[error("cannot run {program}")]
    Run {
        program: String,
        #[source]
        source: std::io::Error,
    },
    #[error(transparent)]
    #[diagnostic(transparent)]
    Project(#[from] ProjectError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Nix(#[from] NixError),
    #[error(transparent)]
    #[diagnostic(transparent)]
    Name(#[from] StoreError),
}

/// Finds Nix, and gives it what the seed needs: a sandbox has no /bin/sh unless it is given one.
pub fn located(seeds: &BTreeMap<System, SeedLock>, system: System) -> Result<Nix, BuildError> {
    let nix = Nix::locate()?;
    let Some(seed) = seeds.get(&system) else {
        if system.is_linux() {
            // The matrix is not for this machine; what it renders can still be looked at here.
            return Ok(nix);
        }
        return Err(BuildError::NoSeed { system });
    };
    // A sandbox is given what is on this machine, whatever the path is called in the store.
    let busybox = nix.real(&busybox_path(seed.busybox.nar)?);
    Ok(nix.with_shell(&busybox.join("bin/busybox"))?)
}

/// The result of building attributes.
#[derive(Debug)]
pub enum Outcome {
    /// The results' paths, a line each.
    Built(String),
    /// Second builds of these nodes were not what the first ones were.
    Differs(Vec<String>),
}

/// How something is built.
#[derive(Debug, Default)]
pub struct How<'a> {
    /// Where a link to the result is made.
    pub link: Option<&'a Path>,
    /// Build a second time, to compare.
    pub rebuild: bool,
    /// Go on with the others when something fails.
    pub keep_going: bool,
    /// Machines that build in this one's place, as Nix's option `--builders` takes them.
    pub builders: Option<&'a str>,
    /// So many nodes are built here at a time; none with 0.
    pub jobs: Option<u32>,
}

/// Whether something of the attributes has to be built, and is not to be had from caches.
pub fn has_to_build(nix: &Nix, index: &Path, attributes: &[String]) -> Result<bool, NixError> {
    let mut args = vec![index.display().to_string(), "--dry-run".to_owned()];
    args.extend(named(attributes));
    // `this derivation` or `these derivations`, depending on the version also with their number.
    Ok(nix.said("nix-build", &args)?.lines().any(|line| line.contains(" will be built:")))
}

fn named(attributes: &[String]) -> impl Iterator<Item = String> {
    attributes.iter().flat_map(|attribute| ["-A".to_owned(), attribute.clone()])
}

/// Builds attributes of the rendered `index`.
pub fn build(
    nix: &Nix,
    index: &Path,
    attributes: &[String],
    how: &How<'_>,
    tell: Tell<'_>,
) -> Result<Outcome, BuildError> {
    let mut args = vec![index.display().to_string(), "--no-build-output".to_owned()];
    args.extend(named(attributes));
    match how.link {
        Some(link) => args.extend(["--out-link".to_owned(), link.display().to_string()]),
        None => args.push("--no-out-link".to_owned()),
    }
    if how.rebuild {
        args.push("--check".to_owned());
    }
    // Otherwise Nix ends at the first node that differs.
    if how.keep_going || how.rebuild {
        args.push("--keep-going".to_owned());
    }
    if let Some(builders) = how.builders {
        args.extend(["--builders".to_owned(), builders.to_owned()]);
    }
    if let Some(jobs) = how.jobs {
        args.extend(["--max-jobs".to_owned(), jobs.to_string()]);
    }
    let ended = watch(nix.command("nix-build", &args), tell)?;
    if ended.ok {
        if !how.rebuild {
            times::record(ended.built.iter().filter_map(|drv| Some((drv.as_str(), name_of(drv)?))));
        }
        return Ok(Outcome::Built(ended.stdout));
    }
    if let Some(refused) = ended.refused() {
        return Err(refused);
    }
    tell(Event::Words(&ended.tail));
    if ended.differs() && !ended.stopped() { Ok(Outcome::Differs(ended.differing)) } else { Err(ended.failed()) }
}

/// Builds those of the nodes that are not there, and puts every node's derivation into the store.
pub fn build_nodes(
    nix: &Nix,
    project: &Project,
    system: System,
    nodes: &[Built],
    tell: Tell<'_>,
) -> Result<(), BuildError> {
    let mut args = vec![project.index()?.display().to_string(), "--no-build-output".to_owned()];
    args.push("--no-out-link".to_owned());
    args.extend(nodes::attributes(system, nodes));
    let ended = watch(nix.command("nix-build", &args), tell)?;
    if !ended.ok {
        tell(Event::Words(&ended.tail));
        return Err(ended.failed());
    }
    Ok(())
}

/// How one of Nix's programs that build ended.
#[derive(Debug, Default)]
pub struct Ended {
    pub ok: bool,
    /// On success the results' paths.
    pub stdout: String,
    /// The derivations that were built, in the order in which they began.
    pub built: Vec<String>,
    /// The names of those whose second build was not what the first one was.
    pub differing: Vec<String>,
    /// The last lines of what it said.
    pub tail: Vec<String>,
}

impl Ended {
    /// Whether a second build was not what the first one was.
    pub fn differs(&self) -> bool {
        !self.ok && !self.differing.is_empty()
    }

    /// Whether the build of a node failed.
    fn stopped(&self) -> bool {
        self.tail.iter().any(|line| line.starts_with("error: builder for '"))
    }

    /// The error that this is, if a cache is its reason.
    fn refused(&self) -> Option<BuildError> {
        let lines = || self.tail.iter().rev();
        if let Some(refused) = lines().find_map(|line| refusal(line)) {
            return Some(refused);
        }
        let mismatch = |line: &String| quoted(line, "hash mismatch importing path ").map(str::to_owned);
        if let Some(path) = lines().find_map(mismatch) {
            let from = |line: &String| {
                let (copied, cache) = line.strip_prefix("copying path '")?.split_once("' from '")?;
                (copied == path).then(|| cache.trim_end_matches(['.', '\'']).to_owned())
            };
            return Some(BuildError::Tampered { cache: lines().find_map(from).unwrap_or("a cache".to_owned()), path });
        }
        let failed = |line: &String| line.contains("some substitutes for the outputs of derivation");
        lines().any(failed).then_some(BuildError::NotGiven)
    }

    /// The error that this is.
    fn failed(&self) -> BuildError {
        // With several jobs the one that began last need not be the one that failed.
        let failed = self.tail.iter().rev().find_map(|line| {
            let starts = ["error: builder for '", "error: Cannot build '", "error: some outputs of '"];
            let path = starts.iter().find_map(|start| line.strip_prefix(start))?;
            path.split('\'').next()
        });
        let said = |words: &str| self.tail.iter().any(|line| line.contains(words));
        let drv = failed.map(str::to_owned).or_else(|| self.built.last().cloned());
        match drv.as_deref().and_then(|drv| Some((name_of(drv)?.to_owned(), drv.to_owned()))) {
            // The seed's own words, from where a build begins.
            Some((node, _)) if said("> error: this build is not in a sandbox") => BuildError::NoSandbox { node },
            Some((node, _)) if said("are not valid, so checking is not possible") => BuildError::NotBuilt { node },
            Some((node, drv)) => BuildError::Failed { node, drv },
            None => BuildError::Nothing,
        }
    }
}

/// Lines of Nix's words that are kept.
const TAIL: usize = 40;

/// Runs one of Nix's programs to its end and tells which node is being built.
pub fn watch(mut command: Command, tell: Tell<'_>) -> Result<Ended, BuildError> {
    let program = command.get_program().display().to_string();
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let run = |source| BuildError::Run { program: program.clone(), source };
    let mut child = command.spawn().map_err(run)?;
    let noted = Noted::from_now();
    let (sender, lines) = mpsc::channel();
    let stderr = child.stderr.take();
    let reader = std::thread::spawn(move || {
        // A log may hold any bytes.
        for line in stderr.into_iter().flat_map(|pipe| BufReader::new(pipe).split(b'\n').map_while(|line| line.ok())) {
            if sender.send(String::from_utf8_lossy(&line).into_owned()).is_err() {
                break;
            }
        }
    });
    let stdout = child.stdout.take();
    let output = std::thread::spawn(move || {
        let mut text = String::new();
        if let Some(mut pipe) = stdout {
            let _ = std::io::Read::read_to_string(&mut pipe, &mut text);
        }
        text
    });
    let said = follow(&lines, &|| noted.signal().is_some(), tell);
    let refused = said.tail.last().is_some_and(|line| refusal(line).is_some());
    // Nix would go on and build.
    let end = refused || noted.signal().is_some();
    let status = if end { ending::end(&mut child) } else { child.wait() }.map_err(run)?;
    if let Some(signal) = noted.signal() {
        return Err(BuildError::Ended { signal });
    }
    let _ = reader.join();
    let stdout = output.join().unwrap_or_default();
    Ok(Ended { ok: status.success(), stdout, ..said })
}

/// A node that is being built. Nix says when it begins one, and nothing when that ends: several may be built at once, and the
/// one that began first need not be the first to end.
struct Open {
    name: String,
    since: Instant,
    /// What is in the store when it is built; none in a second build, where it is there from the beginning.
    output: Option<PathBuf>,
}

impl Open {
    fn new(drv: &str, name: &str) -> Open {
        let output = output_of(drv).filter(|output| !output.exists());
        Open { name: name.to_owned(), since: Instant::now(), output }
    }
}

/// An output that a derivation's file names.
fn output_of(drv: &str) -> Option<PathBuf> {
    let (dir, _) = drv.rsplit_once('/')?;
    let text = input::bytes(Path::new(drv), nodes::A_DERIVATION).ok()?;
    let output = aterm::outputs(&text, dir).ok()?.into_values().flatten().next()?;
    Some(PathBuf::from(output.path_in(dir)))
}

/// Tells of those that were built, and forgets them.
fn tell_of_built(open: &mut Vec<Open>, tell: Tell<'_>) {
    open.retain(|node| {
        let built = node.output.as_ref().is_some_and(|output| output.exists());
        if built {
            tell(Event::Built { node: &node.name, time: Some(node.since.elapsed()) });
        }
        !built
    });
}

/// Tells of progress until the build ends or is `told` to; returns what it said, without how it ended.
fn follow(lines: &mpsc::Receiver<String>, told: &dyn Fn() -> bool, tell: Tell<'_>) -> Ended {
    let Ended { mut built, mut differing, mut tail, .. } = Ended::default();
    // The names that Nix lists, and how many more it will.
    let (mut listed, mut more) = (Vec::new(), 0_usize);
    let mut open: Vec<Open> = Vec::new();
    while !told() {
        match lines.recv_timeout(Duration::from_secs(1)) {
            Ok(line) => match building(&line) {
                Some((path, name)) => {
                    tell_of_built(&mut open, tell);
                    // Nobody knows how long second builds took, and at most one of them is shown.
                    for node in open.extract_if(.., |node| node.output.is_none()) {
                        tell(Event::Built { node: &node.name, time: None });
                    }
                    open.push(Open::new(path, name));
                    tell(Event::Building(name));
                    built.push(path.to_owned());
                }
                None => {
                    if let Some(count) = to_build(&line) {
                        more = count;
                    } else if more > 0
                        && let Some(name) = line.strip_prefix("  ").and_then(name_of)
                    {
                        listed.push(name.to_owned());
                        more -= 1;
                        if more == 0 {
                            tell(Event::ToBuild(&listed));
                        }
                    }
                    differing.extend(differing_node(&line).filter(|name| !differing.contains(name)));
                    let refused = refusal(&line).is_some();
                    tail.push(line);
                    if refused {
                        break;
                    }
                    if tail.len() > TAIL {
                        tail.remove(0);
                    }
                }
            },
            Err(mpsc::RecvTimeoutError::Timeout) => {
                tell_of_built(&mut open, tell);
                tell(Event::Waiting);
            }
            Err(mpsc::RecvTimeoutError::Disconnected) => break,
        }
    }
    tell_of_built(&mut open, tell);
    tell(Event::Ended);
    Ended { built, differing, tail, ..Ended::default() }
}

/// The name of the node whose second build was not what the first one was, if a line says so: Nix's words since 2.0.
fn differing_node(line: &str) -> Option<String> {
    let (before, _) = line.split_once("may not be deterministic")?;
    quoted(before, "derivation ").and_then(name_of).map(str::to_owned)
}

/// The error that a line of Nix's means, after which Nix would build what was to come from a cache.
fn refusal(line: &str) -> Option<BuildError> {
    if line.contains("not signed by any of the keys") {
        let path = quoted(line, "substitute for ")?.to_owned();
        let cache = quoted(line, "from ")?.to_owned();
        return Some(BuildError::Unsigned { path, cache });
    }
    let cache = quoted(line, "ignoring untrusted substituter ")?;
    Some(BuildError::Untrusted { cache: cache.to_owned() })
}

/// The word in quotes after some others.
fn quoted<'a>(line: &'a str, after: &str) -> Option<&'a str> {
    line.split_once(after)?.1.strip_prefix('\'')?.split('\'').next()
}

/// The derivation that a line of nix-build's says is being built, and its name.
fn building(line: &str) -> Option<(&str, &str)> {
    let rest = line.strip_prefix("building '").or_else(|| line.strip_prefix("checking outputs of '"))?;
    let path = rest.split('\'').next()?;
    Some((path, name_of(path)?))
}

/// The number of derivations that Nix says it will build: "these 3 derivations will be built:", and "this derivation …".
fn to_build(line: &str) -> Option<usize> {
    let rest = line.strip_suffix(" will be built:")?;
    match rest.strip_prefix("these ") {
        Some(rest) => rest.strip_suffix(" derivations")?.parse().ok(),
        None => (rest == "this derivation").then_some(1),
    }
}

/// A derivation's name without its hash.
fn name_of(drv: &str) -> Option<&str> {
    drv.rsplit('/').next()?.strip_suffix(".drv")?.get(33..)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::Report;

    #[test]
    fn nix_says_how_much_it_builds() {
        for (line, count) in [
            ("these 12 derivations will be built:", Some(12)),
            ("this derivation will be built:", Some(1)),
            ("these 3 paths will be fetched (1.20 MiB download, 5.00 MiB unpacked):", None),
            ("these many derivations will be built:", None),
        ] {
            assert_eq!(to_build(line), count, "{line}");
        }
    }

    #[test]
    fn names_of_what_is_built_are_told_when_nix_has_listed_them() {
        let (sender, lines) = mpsc::channel();
        let drv = |name: &str| format!("/nix/store/{}-{name}.drv", "0".repeat(32));
        let said = [
            "these 2 derivations will be built:".to_owned(),
            format!("  {}", drv("a-1")),
            format!("  {}", drv("b-2")),
            "these 1 paths will be fetched:".to_owned(),
            format!("  {}", drv("c-3")),
            format!("building '{}'...", drv("a-1")),
        ];
        said.into_iter().for_each(|line| sender.send(line).unwrap());
        drop(sender);
        let mut told = Vec::new();
        let Ended { built, .. } = follow(&lines, &|| false, &mut |event| {
            if let Event::ToBuild(names) = event {
                told.push(names.to_vec());
            }
        });
        assert_eq!(told, [["a-1", "b-2"]]);
        assert_eq!(built, [drv("a-1")]);
    }

    #[test]
    fn nodes_are_told_as_built_when_they_are_and_not_when_the_next_begins() {
        let folder = tempfile::tempdir().unwrap();
        let output = |name: &str| folder.path().join(format!("{}-{name}", "0".repeat(32)));
        let drv = |name: &str| {
            let path = folder.path().join(format!("{}-{name}.drv", "0".repeat(32)));
            let text = format!("Derive([(\"out\",\"{}\",\"\",\"\")],[],[])", output(name).display());
            std::fs::write(&path, text).unwrap();
            format!("building '{}'...", path.display())
        };
        let (sender, lines) = mpsc::channel();
        ["a-1", "b-2", "c-3"].iter().for_each(|name| sender.send(drv(name)).unwrap());
        drop(sender);
        let mut told = Vec::new();
        follow(&lines, &|| false, &mut |event| match event {
            Event::Building(name) => {
                told.push(format!("building {name}"));
                // The second one ends before the first, and the third one fails.
                if name == "b-2" {
                    std::fs::write(output("b-2"), "").unwrap();
                } else if name == "c-3" {
                    std::fs::write(output("a-1"), "").unwrap();
                }
            }
            Event::Built { node, time } => told.push(format!("built {node} {}", time.is_some())),
            _ => {}
        });
        assert_eq!(told, ["building a-1", "building b-2", "built b-2 true", "building c-3", "built a-1 true"]);
    }

    #[test]
    fn every_node_that_differs_is_told_and_not_the_one_that_began_last() {
        let (sender, lines) = mpsc::channel();
        let drv = |name: &str| format!("/nix/store/{}-{name}.drv", "0".repeat(32));
        let differs = |name: &str| {
            let drv = drv(name);
            format!(
                "error: derivation '{drv}' may not be deterministic: output '/nix/store/x' differs from '/nix/store/x.check'"
            )
        };
        let began = ["a-1", "b-2", "c-3"].map(|name| format!("checking outputs of '{}'...", drv(name)));
        let more = (0..2 * TAIL).map(|number| format!("line {number}"));
        let said = began.into_iter().chain([differs("a-1")]).chain(more).chain([differs("b-2")]);
        said.for_each(|line| sender.send(line).unwrap());
        drop(sender);
        assert_eq!(follow(&lines, &|| false, &mut |_| {}).differing, ["a-1", "b-2"]);
    }

    #[test]
    fn refusals_of_caches_are_told_in_the_words_of_every_nix() {
        let path = format!("/nix/store/{}-x", "0".repeat(32));
        let ended = |lines: &[String]| {
            Ended { tail: lines.to_vec(), ..Ended::default() }.refused().map(|error| error.to_string())
        };
        for line in [
            format!(
                "warning: the substitute for '{path}' from 'file:///c' is not signed by any of the keys in 'trusted-public-keys'"
            ),
            format!(
                "warning: ignoring substitute for '{path}' from 'file:///c', as it's not signed by any of the keys in 'trusted-public-keys'"
            ),
        ] {
            let expected = format!("file:///c has {path}, but not signed by a key that is trusted");
            assert_eq!(ended(&[line]), Some(expected));
        }
        let untrusted = "warning: ignoring untrusted substituter 'https://c', you are not a trusted user.".to_owned();
        assert_eq!(ended(&[untrusted]).as_deref(), Some("the Nix daemon does not let you take from https://c"));
        let copying = format!("copying path '{path}' from 'https://c'...");
        let mismatch = format!("error: hash mismatch importing path '{path}';");
        let expected = format!("the file of {path} in https://c does not have the contents that were signed");
        assert_eq!(ended(&[copying, mismatch]), Some(expected));
        let other = "error: some substitutes for the outputs of derivation '/nix/store/x.drv' failed".to_owned();
        assert!(ended(&[other]).is_some());
        assert_eq!(ended(&["warning: not signed by any of the keys".to_owned(), String::new()]), None);
    }

    #[test]
    fn a_failure_names_the_command_that_shows_its_log() {
        let drv = |name: &str| format!("/nix/store/{}-{name}.drv", "0".repeat(32));
        let ended =
            |tail: &[String]| Ended { built: vec![drv("last-1")], tail: tail.to_vec(), ..Ended::default() }.failed();
        let first = format!("error: builder for '{}' failed with exit code 1", drv("first-2"));
        for (line, message, hint) in [
            ("       > error: this build is not in a sandbox", "not built in a sandbox", "ask its administrator"),
            ("error: they are not valid, so checking is not possible", "not built before", "--rebuild"),
        ] {
            let report = Report::of(&ended(&[first.clone(), line.to_owned()]));
            assert!(report.message.starts_with("first-2 was ") && report.message.contains(message), "{report}");
            assert!(report.hints[0].contains(hint), "{report}");
        }
        for (tail, name) in [(&[first][..], "first-2"), (&[], "last-1")] {
            let report = Report::of(&ended(tail));
            assert_eq!(report.message, format!("{name} could not be built"));
            assert_eq!(report.hints, [format!("`nix-store --read-log {}` shows the whole log", drv(name))]);
        }
    }
}
