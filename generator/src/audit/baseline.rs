//! Findings that were known on some day: a file of them, which hides them and nothing newer.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::rule::find;
use super::{AuditError, Finding};

const VERSION: u32 = 1;

/// The file.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    version: u32,
    findings: Vec<Entry>,
}

/// Findings of one rule in one file with the same code. Lines are not among it, because they move.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Entry {
    pub rule: String,
    pub file: String,
    pub code: String,
    /// How many there are.
    pub count: u64,
}

type Key = (String, String, String);

/// Known findings, and how many there are of each.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Baseline(BTreeMap<Key, u64>);

impl Baseline {
    /// # Errors
    /// Text that is not a baseline; one of another version, or with unknown rules.
    pub fn parse(text: &str, name: &str) -> Result<Baseline, AuditError> {
        let file: File = serde_json::from_str(text)
            .map_err(|error| AuditError::Baseline { name: name.to_owned(), source: error.into() })?;
        if file.version != VERSION {
            return Err(AuditError::BaselineVersion { name: name.to_owned(), version: file.version });
        }
        let mut known = BTreeMap::new();
        for entry in file.findings {
            if find(&entry.rule).is_none() {
                return Err(AuditError::UnknownRule {
                    place: name.to_owned(),
                    name: entry.rule.chars().take(64).collect(),
                });
            }
            let count: &mut u64 = known.entry((entry.rule, entry.file, entry.code)).or_default();
            *count = count.saturating_add(entry.count);
        }
        Ok(Baseline(known))
    }

    /// A baseline of findings.
    pub fn of(findings: &[Finding]) -> Baseline {
        let mut known = BTreeMap::new();
        for finding in findings {
            *known.entry(key(finding)).or_default() += 1;
        }
        Baseline(known)
    }

    /// Its text.
    pub fn to_json(&self) -> String {
        let file = File { version: VERSION, findings: self.entries() };
        let text = serde_json::to_string_pretty(&file).unwrap_or_default();
        format!("{text}\n")
    }

    fn entries(&self) -> Vec<Entry> {
        let entry = |((rule, file, code), count): (&Key, &u64)| Entry {
            rule: rule.clone(),
            file: file.clone(),
            code: code.clone(),
            count: *count,
        };
        self.0.iter().filter(|(_, count)| **count > 0).map(entry).collect()
    }

    /// Removes the known findings. What comes back are the entries that no finding matched: they were mended.
    pub fn hide(mut self, findings: &mut Vec<Finding>) -> Vec<Entry> {
        findings.retain(|finding| match self.0.get_mut(&key(finding)) {
            Some(left) if *left > 0 => {
                *left -= 1;
                false
            }
            _ => true,
        });
        self.entries()
    }
}

fn key(finding: &Finding) -> Key {
    (finding.rule.id.to_owned(), finding.file.clone(), finding.code.clone())
}
