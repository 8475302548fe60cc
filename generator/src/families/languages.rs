//! The languages of a compiler: a setting that several families have.

use crate::family::{Defect, Kind, Reading, Setting};
use crate::word::Word;
use crate::words;

words! {
    /// A language that a compiler reads.
    pub enum Language: "language" {
        C = "c",
        Cxx = "c++",
    }
}

/// Languages of a compiler. C is always among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Languages {
    pub cxx: bool,
}

/// The key `languages`.
pub const LANGUAGES: Setting = Setting {
    key: "languages",
    kind: Kind::Words { known: Language::WORDS, required: Some(("c", "without which there is no C library")) },
    doc: "Languages of the compilers. C is always among them.",
};

impl Default for Languages {
    fn default() -> Self {
        Languages { cxx: true }
    }
}

impl Languages {
    /// Those that a cell asks for; all of them where the matrix does not say.
    ///
    /// # Errors
    /// See [`Reading::words`].
    pub fn of(cell: &Reading<'_>) -> Result<Languages, Defect> {
        let words = cell.words(LANGUAGES.key)?;
        Ok(words.map_or_else(Languages::default, |words| Languages { cxx: words.contains(&Language::Cxx) }))
    }
}
