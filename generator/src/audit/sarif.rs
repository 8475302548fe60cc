//! Findings in SARIF 2.1.0, the format that code hosts show beside the lines of a change.

use serde_json::{Value, json};

use super::{Audit, RULES, Rule};
use crate::uri::encoded;

/// The address of a rule's page below an address. Without one it is a name, because SARIF asks for an absolute URI.
fn page(rule: &Rule, docs: Option<&str>) -> String {
    match docs {
        Some(docs) => format!("{}/{}.md", docs.trim_end_matches('/'), rule.id),
        None => format!("urn:crossloom:audit:{}", rule.id),
    }
}

/// The log of one run. `folder` is where the tree is below the folder that paths begin in, with `/` at its end; or empty.
pub fn sarif(audit: &Audit, docs: Option<&str>, folder: &str) -> Value {
    let rules: Vec<Value> = RULES.iter().map(|rule| descriptor(rule, docs)).collect();
    let place = |rule: &Rule| RULES.iter().position(|one| one.id == rule.id);
    let results: Vec<Value> = audit
        .findings
        .iter()
        .map(|finding| {
            let detail = finding.detail.as_ref().map_or(String::new(), |detail| format!(" ({detail})"));
            json!({
                "ruleId": finding.rule.id,
                "ruleIndex": place(finding.rule),
                "level": "warning",
                "message": { "text": format!("{}{detail}. {}", finding.rule.summary, finding.rule.fix) },
                "locations": [{
                    "physicalLocation": {
                        "artifactLocation": { "uri": encoded(&format!("{folder}{}", finding.file)), "uriBaseId": "%SRCROOT%" },
                        "region": { "startLine": finding.line, "snippet": { "text": finding.code } },
                    },
                }],
            })
        })
        .collect();
    let skipped: Vec<Value> = audit
        .skipped
        .iter()
        .map(|skipped| json!({ "level": "warning", "message": { "text": format!("{}: {}", skipped.file, skipped.why) } }))
        .collect();
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "crossloom",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": rules,
            } },
            "invocations": [{ "executionSuccessful": true, "toolExecutionNotifications": skipped }],
            "columnKind": "unicodeCodePoints",
            "results": results,
        }],
    })
}

fn descriptor(rule: &Rule, docs: Option<&str>) -> Value {
    json!({
        "id": rule.id,
        "shortDescription": { "text": rule.summary },
        "fullDescription": { "text": rule.reason },
        "help": {
            "text": format!("{}\n\n{}", rule.reason, rule.fix),
            "markdown": format!("{}\n\n**Fix:** {}", rule.reason, rule.fix),
        },
        "helpUri": page(rule, docs),
        "defaultConfiguration": { "level": "warning" },
        "properties": { "tags": ["cross-compilation", rule.system.as_str()] },
    })
}
