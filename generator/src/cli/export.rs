//! `crossloom export`: a toolchain as a folder that works without Nix.

use std::path::{Path, PathBuf};

use clap::Args;

use super::page::{Page, Use};
use super::project::EditedArgs;
use super::{MatrixArgs, Outcome, Result, project};
use crate::families::ALL;
use crate::nix::driver::Nix;
use crate::plan::SystemPlan;
use crate::platform::System;
use crate::store::choose::{choose, planned};
use crate::store::evaluate::store;
use crate::store::export::{ExportError, export};
use crate::store::machine;

/// The page of `export`.
pub const PAGE: Page = Page {
    command: "export",
    examples: &[("crossloom export {cell} ./tools", "unpacks the archive of a toolchain that was built")],
    uses: &[Use::Project, Use::Rendered, Use::Nix],
    found: "",
};

#[derive(Debug, Args)]
pub struct ExportArgs {
    #[command(flatten)]
    matrix: MatrixArgs,
    #[command(flatten)]
    edited: EditedArgs,
    /// A cell that there is an archive of, as `crossloom plan` prints it.
    #[arg(value_name = "CELL")]
    cell: String,
    /// The folder to unpack it to. It must not be there yet, or be empty.
    #[arg(value_name = "DIR")]
    folder: PathBuf,
}

/// The key with which a family makes archives only where it is asked to.
const ARCHIVE: &str = "archive";

/// Runs the command.
pub fn run(args: &ExportArgs) -> Result<Outcome> {
    let project = project::open(&args.matrix.find()?)?;
    let plan = project.plan()?;
    args.edited.current(&project, &plan)?;
    let system = machine::system()?;
    let part = planned(&plan, system)?;
    let node = archive_of(part, system, &args.cell)?;
    let stores = store(&Nix::locate()?, &project, &plan)?;
    let stored = stores.get(&system).and_then(|names| names.get(node)).filter(|stored| stored.present);
    let not_built = || {
        let package = part.cells.iter().find(|cell| cell.node() == Some(node));
        let package = package.map_or(node, |cell| cell.name.as_str()).to_owned();
        ExportError::NotBuilt { cell: args.cell.clone(), package }
    };
    export(Path::new(&stored.ok_or_else(not_built)?.path), &args.folder)?;
    super::say(&format!("{}\n", args.folder.display()))?;
    Ok(Outcome::Fine)
}

/// The node of the archive of a named cell.
fn archive_of<'a>(part: &'a SystemPlan, system: System, name: &str) -> Result<&'a str> {
    let Some(cell) = part.cells.iter().find(|cell| cell.is_called(name)) else {
        // A name that nobody knows has its own message.
        choose(part, system, &[name.to_owned()])?;
        let hint = "name a cell; `crossloom plan` lists them".to_owned();
        return Err(ExportError::NoArchive { name: name.to_owned(), hint }.into());
    };
    let hint = || {
        let family = ALL.iter().find(|family| family.about().key == cell.family);
        match family.is_some_and(|family| family.settings().iter().any(|setting| setting.key == ARCHIVE)) {
            true => format!("set `{ARCHIVE} = true` in [{}], and run `crossloom sync`", cell.family),
            false => format!("crossloom makes none of cells of [{}]", cell.family),
        }
    };
    let archive = cell.archive.as_deref();
    Ok(archive.ok_or_else(|| ExportError::NoArchive { name: name.to_owned(), hint: hint() })?)
}
