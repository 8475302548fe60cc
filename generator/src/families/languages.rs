//! The languages of a compiler: a setting that several families have.

use crate::family::{Defect, Kind, Reading, Setting};
use crate::words;

words! {
    /// A language that a compiler reads.
    pub enum Language: "language" {
        C = "c",
        Cxx = "c++",
        Fortran = "fortran",
    }
}

/// Languages of a compiler. C is always among them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Languages {
    pub cxx: bool,
    pub fortran: bool,
}

/// The key `languages` of compilers that know these.
pub const fn languages(known: &'static [&'static str]) -> Setting {
    let required = Some((Language::C.as_str(), "without which there is no C library"));
    Setting {
        key: KEY,
        kind: Kind::Words { known, required, default: C_FAMILY },
        doc: "Languages of the compilers. C is always among them.",
    }
}

const KEY: &str = "languages";

/// What every compiler knows, and what it reads where the matrix does not say.
pub const C_FAMILY: &[&str] = &[Language::C.as_str(), Language::Cxx.as_str()];

impl Default for Languages {
    fn default() -> Self {
        Languages { cxx: true, fortran: false }
    }
}

impl Languages {
    /// Those that a cell asks for; C and C++ where the matrix does not say.
    ///
    /// # Errors
    /// See [`Reading::words`].
    pub fn of(cell: &Reading<'_>) -> Result<Languages, Defect> {
        let words = cell.words(KEY)?;
        Ok(words.map_or_else(Languages::default, |words| Languages {
            cxx: words.contains(&Language::Cxx),
            fortran: words.contains(&Language::Fortran),
        }))
    }
}
