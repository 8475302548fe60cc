//! Embeds the files that rendered trees hold verbatim: whole folders, so that none is forgotten.

use std::error::Error;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs};

/// Folders of the repository, and where they go in a rendered tree.
const FOLDERS: [(&str, &str); 2] = [("overlays", ""), ("checks/variations", "checks/variations/")];

fn main() -> Result<(), Box<dyn Error>> {
    let root = Path::new(&env::var("CARGO_MANIFEST_DIR")?).join("..");
    let mut files = Vec::new();
    for (folder, place) in FOLDERS {
        collect(&root.join(folder), place, &mut files)?;
    }
    // The overlay for nixpkgs: a rendered tree has a file of its own in this place.
    files.retain(|(place, _)| place != "default.nix");
    files.sort();
    let mut text = String::from("&[\n");
    for (place, path) in files {
        writeln!(text, "    ({place:?}, include_str!({:?})),", path.display().to_string())?;
    }
    text.push_str("]\n");
    fs::write(Path::new(&env::var("OUT_DIR")?).join("verbatim.rs"), text)?;
    Ok(())
}

/// Every file below `dir`, as `place` followed by its path there.
fn collect(dir: &Path, place: &str, files: &mut Vec<(String, PathBuf)>) -> Result<(), Box<dyn Error>> {
    // A folder is changed by what comes and goes in it; its files are known to rustc.
    println!("cargo::rerun-if-changed={}", dir.display());
    for entry in fs::read_dir(dir)? {
        let entry = entry?;
        let name = entry.file_name().into_string().map_err(|name| format!("{}: no UTF-8", name.display()))?;
        // What cargo, Python and editors leave behind is nobody's source.
        if name.starts_with('.') || name == "target" || name == "__pycache__" {
            continue;
        }
        let kind = entry.file_type()?;
        if kind.is_dir() {
            collect(&entry.path(), &format!("{place}{name}/"), files)?;
        } else if kind.is_file() {
            files.push((format!("{place}{name}"), entry.path()));
        }
    }
    Ok(())
}
