//! An error in words: what happened and why, and what can be done about it.
//!
//! Every error type says the way out, where it knows one, as [`Diagnostic::help`]; no message holds a hint. The causes
//! that are errors of this program are reachable through [`Diagnostic::diagnostic_source`], all others through
//! [`Error::source`], so that the hint of the innermost cause is found, too.

use std::error::Error;
use std::fmt;

use miette::Diagnostic;

/// The text that is printed of an error.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// The error and its causes, each once.
    pub message: String,
    /// The hints, from the error itself to its innermost cause, each once. One may have several lines.
    pub hints: Vec<String>,
}

impl Report {
    /// Reads an error, its causes, and the errors that it stands for together.
    pub fn of(error: &dyn Diagnostic) -> Report {
        let (mut lines, mut hints) = (Vec::new(), Vec::new());
        let mut next = Some(Cause::Ours(error));
        while let Some(cause) = next {
            let text = match &cause {
                Cause::Ours(error) => error.to_string(),
                Cause::Foreign(error) => error.to_string(),
            };
            lines.push(harmless(&text));
            if let Cause::Ours(error) = &cause {
                hints.extend(error.related().into_iter().flatten().flat_map(|one| Report::of(one).hints));
                hints.extend(help(*error));
            }
            next = cause.next();
        }
        let mut seen = std::collections::BTreeSet::new();
        hints.retain(|hint| seen.insert(hint.clone()));
        Report { message: lines.join(": "), hints }
    }
}

/// The message, then a blank line and the hints, each with the word before it.
impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)?;
        for (i, hint) in self.hints.iter().enumerate() {
            write!(f, "{}hint: {hint}", if i == 0 { "\n\n" } else { "\n" })?;
        }
        Ok(())
    }
}

/// An error on the way down to the innermost cause.
enum Cause<'a> {
    /// One that may have a hint.
    Ours(&'a dyn Diagnostic),
    /// One of the system or of a library.
    Foreign(&'a (dyn Error + 'static)),
}

impl<'a> Cause<'a> {
    fn next(self) -> Option<Cause<'a>> {
        match self {
            Cause::Ours(error) => match error.diagnostic_source() {
                Some(source) => Some(Cause::Ours(source)),
                None => error.source().map(Cause::Foreign),
            },
            Cause::Foreign(error) => error.source().map(Cause::Foreign),
        }
    }
}

fn help(error: &dyn Diagnostic) -> Option<String> {
    error.help().map(|help| harmless(&help.to_string()))
}

/// A file's contents may be part of a message, and must not do anything to the terminal.
fn harmless(text: &str) -> String {
    text.chars().map(|c| if c.is_control() && c != '\n' && c != '\t' { '\u{fffd}' } else { c }).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug, thiserror::Error, Diagnostic)]
    enum Outer {
        #[error("outer")]
        #[diagnostic(help("turn it"))]
        Hinted(
            #[diagnostic_source]
            #[source]
            Inner,
        ),
        #[error("outer")]
        Several {
            #[related]
            all: Vec<Inner>,
            source: std::io::Error,
        },
    }

    #[derive(Debug, thiserror::Error, Diagnostic)]
    #[error("inner\u{1b}")]
    #[diagnostic(help("{0}"))]
    struct Inner(&'static str);

    #[test]
    fn hints_follow_the_message_from_the_outside_in() {
        let text = Report::of(&Outer::Hinted(Inner("push it"))).to_string();
        assert_eq!(text, "outer: inner\u{fffd}\n\nhint: turn it\nhint: push it");
        assert_eq!(Report::of(&Outer::Hinted(Inner("turn it"))).hints, ["turn it"]);
    }

    #[test]
    fn of_several_errors_the_hints_are_given_and_each_once() {
        let all = vec![Inner("a\n  b"), Inner("a\n  b"), Inner("c")];
        let report = Report::of(&Outer::Several { all, source: std::io::Error::other("disk") });
        assert_eq!(report.to_string(), "outer: disk\n\nhint: a\n  b\nhint: c");
    }
}
