//! The matrix: which toolchains a project needs, for which machines.
//!
//! Text → `MatrixFile` (what was written) → [`Matrix`] (what is meant). Every problem of a text is reported at once. No
//! module here knows a family by name: they read what families say about themselves.

mod cache;
pub mod ci;
pub mod edit;
mod expand;
mod file;
mod plan;
mod reference;
mod schema;
mod source;
mod table;
pub mod upgrade;
mod versions;

use std::collections::BTreeMap;
use std::sync::Arc;

pub use file::{MAX_FILE, first_matrix};
pub use reference::reference;
pub use schema::{SCHEMA_TITLE, schema};

use crate::catalogue::Variant;
use crate::diag::Problem;
use crate::family::{Cells, Import, Registered};
use crate::lock::Versions;
use crate::nix::cache::Caches;
use crate::platform::{Seed, System};
use crate::reader::UserFiles;
use crate::service::Ci;

/// Cells of one family at most.
pub const MAX_CELLS: usize = 10_000;

/// The meaning of a matrix file.
#[derive(Debug, Clone)]
pub struct Matrix {
    /// The machines that build, in the file's order; at least one.
    pub systems: Vec<System>,
    /// The seed of builds on Linux.
    pub seed: Seed,
    /// Source variants in order of preference; at least one.
    pub prefer: Vec<Variant>,
    /// The settings for files of CI services.
    pub ci: Ci,
    /// The binary caches that the project offers.
    pub caches: Caches,
    /// How the SDKs that cells can be made with come to a machine, by their names.
    pub imports: BTreeMap<String, Import>,
    /// The releases that its shorthands of versions stand for.
    pub versions: Versions,
    /// The cells of each family that the file has a table of, in the order of the families.
    pub cells: Vec<Arc<dyn Cells>>,
}

impl Matrix {
    /// Reads a matrix file (format version 1) of these families, with the files that it may name, and expands it. Shorthands
    /// of versions mean what is `locked`, or the newest that there is.
    ///
    /// # Errors
    /// Every problem of the text, and of what it says of those files, in the order of its places, at least one.
    pub fn parse_in(
        families: &[&'static dyn Registered],
        text: &str,
        files: &dyn UserFiles,
        locked: &Versions,
    ) -> Result<Matrix, Vec<Problem>> {
        let (file, mut problems) = file::read(families, text, files, locked);
        let matrix = file.map(|file| {
            let mut cells = Vec::new();
            for family in &file.families {
                let drafts = expand::drafts(&file.systems, family, &mut problems);
                match family.family.cells(drafts) {
                    Ok(meant) => {
                        let refused = meant.refuse_all();
                        problems.extend(refused.map(|wrong| wrong.at(family.span.clone())));
                        cells.push(meant);
                    }
                    Err(defect) => {
                        problems.push(Problem::whole(defect.to_string()).hint("it is not the matrix's fault"))
                    }
                }
            }
            Matrix {
                systems: file.systems.iter().map(|system| system.value).collect(),
                seed: file.seed,
                prefer: file.prefer,
                ci: file.ci,
                caches: file.caches,
                imports: file.imports,
                versions: file.versions,
                cells,
            }
        });
        problems.sort_by_key(|problem| problem.span.as_ref().map(|span| span.start));
        match matrix {
            Some(matrix) if problems.is_empty() && matrix.count() > 0 => Ok(matrix),
            _ if problems.is_empty() => Err(vec![Problem::whole("the matrix has no cells").hint("name a target")]),
            _ => Err(problems),
        }
    }

    /// How many cells there are, of every family.
    pub fn count(&self) -> usize {
        self.cells.iter().map(|cells| cells.names().len()).sum()
    }
}

impl PartialEq for Matrix {
    fn eq(&self, other: &Matrix) -> bool {
        let of = |matrix: &Matrix| {
            let (prefer, ci) = (matrix.prefer.clone(), matrix.ci.clone());
            (matrix.systems.clone(), matrix.seed, prefer, ci, matrix.imports.clone(), matrix.versions.clone())
        };
        of(self) == of(other)
            && self.caches == other.caches
            && self.cells.len() == other.cells.len()
            && self.cells.iter().zip(&other.cells).all(|(one, other)| one.same(other.as_ref()))
    }
}
