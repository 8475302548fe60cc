//! `crossloom audit`: source trees that break when they are cross-compiled. Nothing is run, and nothing is printed here.
//!
//! `tree` walks, the scanner of each build system reads text with a tokenizer of its own, and `rule` says what each
//! finding means.

mod autoconf;
mod baseline;
mod branch;
mod cargo;
mod cmake;
mod listfile;
mod m4;
mod make;
mod makefile;
mod meson;
mod rule;
mod sarif;
mod suppress;
mod text;
mod tree;

use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

pub use baseline::{Baseline, Entry};
pub use rule::{RULES, Rule, find};
pub use sarif::sarif;
pub use suppress::FILE as SUPPRESSIONS;
pub use tree::Skipped;

use suppress::{Comments, Patterns};
use text::Source;
use tree::{Budget, Tree};

use crate::diag::Reason;

/// One place that breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub rule: &'static Rule,
    /// Relative to the folder that was looked at, with `/`.
    pub file: String,
    /// From 1.
    pub line: usize,
    /// The line's text, without outer blanks, without control characters, and cut.
    pub code: String,
    /// What the rule says of this place only.
    pub detail: Option<String>,
}

/// The result.
#[derive(Debug, Default)]
pub struct Audit {
    /// By file, line and rule.
    pub findings: Vec<Finding>,
    /// Findings that comments and the file of suppressions hide.
    pub suppressed: usize,
    /// Files that a rule looked at.
    pub files: usize,
    /// Their bytes.
    pub bytes: u64,
    /// Files that a rule would have looked at and could not.
    pub skipped: Vec<Skipped>,
}

/// What a run may take: trees come from anywhere.
#[derive(Debug, Clone, Copy)]
pub struct Limits {
    /// Files and folders.
    pub entries: usize,
    /// Bytes of one file.
    pub file: usize,
    /// Bytes of all files that are read.
    pub bytes: u64,
    pub findings: usize,
    pub time: Duration,
}

/// The largest trees that are in use (kernels, browsers, compilers) stay well below.
pub const LIMITS: Limits =
    Limits { entries: 2_000_000, file: 4 << 20, bytes: 4 << 30, findings: 50_000, time: Duration::from_secs(900) };

#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum AuditError {
    #[error("cannot read {path}")]
    #[diagnostic(help("name a folder with a source tree"))]
    Read {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error("cannot read {SUPPRESSIONS}")]
    #[diagnostic(help(
        "it has to be a file that you may read, and no link: otherwise it would hide nothing, and nobody would know"
    ))]
    Suppressions {
        #[source]
        source: io::Error,
    },
    #[error("cannot read {path}")]
    #[diagnostic(help("name a file that `crossloom audit --write-baseline FILE` wrote"))]
    ReadBaseline {
        path: String,
        #[source]
        source: io::Error,
    },
    #[error("the tree has more than {most} {what}")]
    #[diagnostic(help("name a folder in it; a part of the findings would look like all of them"))]
    TooLarge { what: &'static str, most: u64 },
    #[error("the tree was not read in {seconds} seconds")]
    #[diagnostic(help("name a folder in it; a part of the findings would look like all of them"))]
    TooSlow { seconds: u64 },
    #[error("{place}: there is no rule {name:?}")]
    #[diagnostic(help("`crossloom audit --list-rules` prints the rules"))]
    UnknownRule { place: String, name: String },
    #[error("{SUPPRESSIONS}, line {line}: expected a rule and a pattern of paths")]
    #[diagnostic(help("write one `RULE PATTERN` in a line, such as `make-uname tests/**`; 10000 lines at most"))]
    Pattern { line: usize },
    #[error("{name} is not a baseline")]
    #[diagnostic(help("`crossloom audit --write-baseline FILE` writes one"))]
    Baseline {
        name: String,
        #[source]
        source: Reason,
    },
    #[error("{name} is a baseline of version {version}, and this crossloom reads version 1")]
    #[diagnostic(help("write it again with `crossloom audit --write-baseline FILE`"))]
    BaselineVersion { name: String, version: u32 },
}

/// Collects the findings of one file.
struct Findings<'a> {
    /// The rules that were asked for.
    rules: &'a [&'static Rule],
    comments: Comments,
    patterns: &'a Patterns,
    audit: &'a mut Audit,
    most: usize,
    full: bool,
    /// When to stop, and whether that was reached.
    end: Instant,
    slow: bool,
}

impl Findings<'_> {
    /// Whether the time is over. Scanners ask in their loops, and then stop.
    fn late(&mut self) -> bool {
        self.slow |= Instant::now() > self.end;
        self.slow
    }

    /// Notes a finding, once for each line and rule.
    fn add(&mut self, rule: &'static Rule, source: &Source<'_>, line: usize) {
        self.note(rule, source, (line, line), None);
    }

    /// Notes a finding in a statement that begins on an earlier line, where a comment may hide it, too.
    fn add_in(&mut self, rule: &'static Rule, source: &Source<'_>, line: usize, begin: usize) {
        self.note(rule, source, (line, begin), None);
    }

    /// Notes a finding, and what its line does not show.
    fn add_with(&mut self, rule: &'static Rule, source: &Source<'_>, line: usize, detail: String) {
        self.note(rule, source, (line, line), Some(detail));
    }

    fn note(&mut self, rule: &'static Rule, source: &Source<'_>, lines: (usize, usize), detail: Option<String>) {
        if !self.rules.contains(&rule) {
            return;
        }
        let (line, begin) = lines;
        let last = self.audit.findings.iter().rev().take_while(|one| one.file == source.path).take(64);
        if last.into_iter().any(|one| one.rule == rule && one.line == line) {
            return;
        }
        if self.comments.hide(rule, line, begin) || self.patterns.hide(rule, source.path) {
            self.audit.suppressed += 1;
            return;
        }
        if self.audit.findings.len() == self.most {
            self.full = true;
            return;
        }
        let code = shown(source.line(line));
        self.audit.findings.push(Finding { rule, file: source.path.to_owned(), line, code, detail });
    }
}

/// Characters of a line that a finding has.
const MAX_CODE: usize = 200;

/// A path for people: a terminal must not obey it, and it stays on its line.
pub fn plain(path: &str) -> String {
    path.chars().map(clean).collect()
}

fn clean(c: char) -> char {
    if c.is_control() { ' ' } else { c }
}

/// A line for people.
pub fn shown(line: &str) -> String {
    let mut text: String = line.trim().chars().take(MAX_CODE).map(clean).collect();
    if line.trim().chars().nth(MAX_CODE).is_some() {
        text.push('…');
    }
    text
}

/// Looks at a tree. All rules if none is named.
///
/// # Errors
/// A folder that cannot be read, a tree that is larger than the limits, and suppressions that name no rule.
pub fn audit(folder: &Path, rules: &[&'static Rule], limits: Limits) -> Result<Audit, AuditError> {
    let rules = if rules.is_empty() { RULES } else { rules };
    let mut budget = Budget::new(limits);
    let end = Instant::now() + limits.time;
    let mut audit = Audit::default();
    let mut tree = Tree::walk(folder, &mut budget, &mut audit.skipped)?;
    let patterns = match tree.read(SUPPRESSIONS, &mut budget, &mut audit.skipped)? {
        Some(text) => Patterns::parse(&text)?,
        None => Patterns::default(),
    };
    tree.learn(&mut budget)?;
    for (path, kind) in tree.wanted() {
        let Some(text) = tree.read(&path, &mut budget, &mut audit.skipped)? else { continue };
        audit.files += 1;
        audit.bytes += text.len() as u64;
        scan(&path, kind, &text, &tree, (rules, &patterns, limits, end), &mut audit)?;
    }
    audit.findings.sort_by(|a, b| (&a.file, a.line, a.rule.id).cmp(&(&b.file, b.line, b.rule.id)));
    Ok(audit)
}

/// The part of a scan that is the same for every file: the rules, the suppressions, the limits, and when to stop.
type Wanted<'a> = (&'a [&'static Rule], &'a Patterns, Limits, Instant);

fn scan(
    path: &str,
    kind: tree::Kind,
    text: &str,
    tree: &Tree,
    wanted: Wanted<'_>,
    audit: &mut Audit,
) -> Result<(), AuditError> {
    let source = Source::new(path, text);
    let (rules, patterns, limits, end) = wanted;
    let most = limits.findings;
    let comments = Comments::of(&source)?;
    let mut found = Findings { rules, comments, patterns, audit, most, full: false, end, slow: false };
    match kind {
        tree::Kind::Macros => autoconf::macros(&source, tree, &mut found),
        tree::Kind::Configure => autoconf::configure(&source, &mut found),
        tree::Kind::ConfigSub => autoconf::config_sub(&source, &mut found),
        tree::Kind::CMake => cmake::look(&source, tree, &mut found),
        tree::Kind::Meson => meson::look(&source, tree, &mut found),
        tree::Kind::Make => make::look(&source, tree, &mut found),
        tree::Kind::CargoManifest => cargo::manifest(&source, tree, &mut found),
        tree::Kind::CargoConfig => cargo::config(&source, &mut found),
        tree::Kind::BuildScript => cargo::build_script(&source, &mut found),
    }
    if found.full {
        return Err(AuditError::TooLarge { what: "findings", most: most as u64 });
    }
    if found.slow {
        return Err(AuditError::TooSlow { seconds: limits.time.as_secs() });
    }
    Ok(())
}

/// Looks at one file of a tree that has only this file, and a manifest beside it.
///
/// # Errors
/// As those of [`audit`].
#[cfg(test)]
pub fn audit_text(path: &str, text: &str) -> Result<Audit, AuditError> {
    let tree = Tree::of(&[path, "Cargo.toml"]);
    let mut audit = Audit::default();
    if let Some(kind) = tree.wanted().into_iter().find_map(|(found, kind)| (found == path).then_some(kind)) {
        let end = Instant::now() + LIMITS.time;
        scan(path, kind, text, &tree, (RULES, &Patterns::default(), LIMITS, end), &mut audit)?;
    }
    Ok(audit)
}
