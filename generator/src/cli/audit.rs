//! `crossloom audit`: the parts of a source tree that break when it is cross-compiled.

use std::collections::BTreeMap;
use std::path::{Component, Path, PathBuf};

use clap::{Args, ValueEnum};
use serde_json::{Value, json};

use super::page::Page;
use super::{Outcome, Result};
use crate::audit::{self, Audit, AuditError, Baseline, Entry, LIMITS, RULES, Rule};
use crate::input::{self, Kind};

/// The page of `audit`.
pub const PAGE: Page = Page {
    command: "audit",
    examples: &[
        ("crossloom audit", "looks at this folder, and prints each finding with its reason and fix"),
        ("crossloom audit --list-rules", "prints the rules"),
        ("crossloom audit --rule make-uname src", "looks at the folder src for one rule"),
        ("crossloom audit --write-baseline audit.json", "writes the findings of today"),
        ("crossloom audit --baseline audit.json", "prints findings that are newer"),
        ("crossloom audit --format sarif", "prints a log for code hosts"),
    ],
    uses: &[],
    found: "there are findings",
};

#[derive(Debug, Args)]
pub struct AuditArgs {
    /// The source tree. Links are not followed.
    #[arg(value_name = "DIR", default_value = ".")]
    folder: PathBuf,
    /// How findings are printed.
    #[arg(long, value_enum, default_value_t = Format::Text)]
    format: Format,
    /// Look for this rule only. Can be given more than once.
    #[arg(long, value_name = "RULE", value_parser = rules())]
    rule: Vec<String>,
    /// Print the rules and look at nothing.
    #[arg(long, exclusive = true)]
    list_rules: bool,
    /// Hide the findings that this file lists, and say which of them are gone.
    #[arg(long, value_name = "FILE")]
    baseline: Option<PathBuf>,
    /// Write all findings into this file, and print none.
    #[arg(long, value_name = "FILE", conflicts_with = "baseline")]
    write_baseline: Option<PathBuf>,
    /// The address below which the pages of the rules are published, for SARIF.
    #[arg(long, value_name = "URL")]
    docs: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Format {
    Text,
    Json,
    Sarif,
}

/// Names of rules, as the command line and the shells complete them.
fn rules() -> clap::builder::PossibleValuesParser {
    let of = |rule: &&'static Rule| clap::builder::PossibleValue::new(rule.id).help(rule.summary);
    RULES.iter().map(of).collect::<Vec<_>>().into()
}

/// A large project has thousands of findings, each with some hundred bytes.
const BASELINE: Kind = Kind { what: "a baseline", most: 64 << 20 };

/// Runs the command.
pub fn run(args: &AuditArgs) -> Result<Outcome> {
    if args.list_rules {
        let line = |rule: &&Rule| format!("{}\t{}\t{}\n", rule.id, rule.system.as_str(), rule.summary);
        super::say(&RULES.iter().map(line).collect::<String>())?;
        return Ok(Outcome::Fine);
    }
    let baseline = args.baseline.as_deref().map(read).transpose()?;
    let wanted: Vec<_> = args.rule.iter().filter_map(|id| audit::find(id)).collect();
    let mut audit = audit::audit(&args.folder, &wanted, LIMITS)?;
    for skipped in &audit.skipped {
        tracing::warn!("{} was not looked at: {}", skipped.file, skipped.why);
    }
    if let Some(path) = &args.write_baseline {
        // Also one of another version, or with rules that are gone: both are what it is written again for.
        let is_baseline = |json: &Value| json["version"].is_number() && json["findings"].is_array();
        super::replace(path, "a baseline", is_baseline, &Baseline::of(&audit.findings).to_json())?;
        tracing::info!("{} written: {} findings", path.display(), audit.findings.len());
        return Ok(Outcome::Fine);
    }
    let before = audit.findings.len();
    let mut gone = baseline.map(|baseline| baseline.hide(&mut audit.findings)).unwrap_or_default();
    // Of rules that were not looked for nothing is known.
    gone.retain(|entry| args.rule.is_empty() || args.rule.contains(&entry.rule));
    let hidden = before - audit.findings.len();
    for entry in &gone {
        let (rule, file, code, count) =
            (&entry.rule, audit::plain(&entry.file), audit::shown(&entry.code), entry.count);
        tracing::warn!("the baseline has {count} of {rule} in {file} that are gone: {code}");
    }
    match args.format {
        Format::Text => super::say(&text(&audit))?,
        Format::Json => super::say_json(&value(&audit, hidden, &gone))?,
        Format::Sarif => super::say_json(&audit::sarif(&audit, args.docs.as_deref(), &below(&args.folder)))?,
    }
    let (findings, files, suppressed) = (audit.findings.len(), audit.files, audit.suppressed);
    tracing::info!("{findings} findings in {files} build files; {suppressed} suppressed, {hidden} in the baseline");
    Ok(if audit.findings.is_empty() { Outcome::Fine } else { Outcome::Found })
}

fn read(path: &Path) -> std::result::Result<Baseline, AuditError> {
    let name = path.display().to_string();
    let text = input::text(path, BASELINE).map_err(|source| AuditError::ReadBaseline { path: name.clone(), source })?;
    Baseline::parse(&text, &name)
}

/// Where a folder is below the working directory, with `/` at its end. Empty if it is that directory or not below it.
fn below(folder: &Path) -> String {
    let here = std::env::current_dir().unwrap_or_default();
    let relative = folder.strip_prefix(&here).unwrap_or(folder);
    let names = relative.components().filter(|part| *part != Component::CurDir);
    let names: Option<Vec<&str>> = names
        .map(|part| match part {
            Component::Normal(name) => name.to_str(),
            _ => None,
        })
        .collect();
    names.unwrap_or_default().iter().map(|name| format!("{name}/")).collect()
}

/// Each finding with its place and code, in the order of the files; then each rule that was found, with reason and fix.
fn text(audit: &Audit) -> String {
    let mut text = String::new();
    let mut met: BTreeMap<&str, (&Rule, usize)> = BTreeMap::new();
    for finding in &audit.findings {
        let (file, rule) = (audit::plain(&finding.file), finding.rule.id);
        text.push_str(&format!("{file}:{}: {rule}: {}", finding.line, finding.code));
        text.push_str(&finding.detail.as_ref().map_or("\n".to_owned(), |detail| format!(" ({detail})\n")));
        met.entry(finding.rule.id).or_insert((finding.rule, 0)).1 += 1;
    }
    for (rule, count) in met.values() {
        let (id, summary, reason, fix) = (rule.id, rule.summary, rule.reason, rule.fix);
        text.push_str(&format!("\n{id} ({count}): {summary}\n  reason: {reason}\n  fix: {fix}\n"));
    }
    text
}

fn value(audit: &Audit, hidden: usize, gone: &[Entry]) -> Value {
    let findings: Vec<Value> = audit
        .findings
        .iter()
        .map(|finding| {
            json!({
                "rule": finding.rule.id,
                "file": finding.file,
                "line": finding.line,
                "code": finding.code,
                "detail": finding.detail,
                "reason": finding.rule.reason,
                "fix": finding.rule.fix,
            })
        })
        .collect();
    let skipped: Vec<Value> =
        audit.skipped.iter().map(|skipped| json!({ "file": skipped.file, "why": skipped.why })).collect();
    json!({
        "version": 1,
        "findings": findings,
        "files": audit.files,
        "bytes": audit.bytes,
        "suppressed": audit.suppressed,
        "baseline": { "hidden": hidden, "gone": gone },
        "skipped": skipped,
    })
}
