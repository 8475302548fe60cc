//! Closed sets of words: an enum whose variants are spelled one way in matrices, locks and messages.

use crate::diag::{Problem, start};
use crate::reader::not_among;
use std::ops::Range;

/// An enum that [`words!`](crate::words) made.
pub trait Word: Copy + Eq + 'static {
    /// The name of one of them in messages, such as `build system`.
    const WHAT: &'static str;
    /// Every word, in the order of the declaration. Where a default is wanted, it is the first.
    const ALL: &'static [Self];
    /// The same as text.
    const WORDS: &'static [&'static str];

    /// The word.
    fn as_str(self) -> &'static str;

    /// The value of a word, spelled exactly so.
    fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.as_str() == text)
    }

    /// The value of a word in a matrix.
    ///
    /// # Errors
    /// A problem at `span` that names the nearest word, or all of them.
    fn read(text: &str, span: Range<usize>) -> Result<Self, Problem> {
        Self::parse(text).ok_or_else(|| not_among(span, Self::WHAT, text, Self::WORDS.iter().copied()))
    }
}

/// A word that is not in its set.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
#[error("unknown {what} {:?}", start(text))]
#[diagnostic(help("known: {}", known.join(", ")))]
pub struct UnknownWord {
    /// The word that was read.
    pub text: String,
    /// The kind of word that was expected.
    pub what: &'static str,
    /// The set.
    pub known: Vec<&'static str>,
}

/// Declares an enum of words with `Word`, `FromStr`, `Display` and serde's traits.
#[macro_export]
macro_rules! words {
    (
        $(#[$meta:meta])*
        pub enum $name:ident: $what:literal {
            $($(#[$variant_meta:meta])* $variant:ident = $word:literal,)+
        }
    ) => {
        $(#[$meta])*
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, serde::Serialize, serde::Deserialize)]
        pub enum $name {
            $($(#[$variant_meta])* #[serde(rename = $word)] $variant,)+
        }

        impl $name {
            /// The word.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $($name::$variant => $word,)+
                }
            }
        }

        impl $crate::word::Word for $name {
            const WHAT: &'static str = $what;
            const ALL: &'static [Self] = &[$($name::$variant,)+];
            const WORDS: &'static [&'static str] = &[$($word,)+];

            fn as_str(self) -> &'static str {
                self.as_str()
            }
        }

        impl std::str::FromStr for $name {
            type Err = $crate::word::UnknownWord;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                use $crate::word::Word;
                let unknown = || $crate::word::UnknownWord {
                    text: text.to_owned(),
                    what: Self::WHAT,
                    known: Self::WORDS.to_vec(),
                };
                Self::parse(text).ok_or_else(unknown)
            }
        }

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }
    };
}
