//! Writes disk images that boot. The same files give the same bytes on every machine: identifiers are fixed, dates are
//! those with which FAT begins, and files are written in the order of their names.

mod disk;

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::ExitCode;

const USAGE: &str =
    "usage: disk-image uefi IMAGE PATH=FILE…\n       disk-image bios IMAGE BOOT-SECTOR STAGE-2 PATH=FILE…";

fn main() -> ExitCode {
    match run(std::env::args().skip(1).collect()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(message) => {
            eprintln!("error: {message}");
            ExitCode::from(2)
        }
    }
}

fn run(arguments: Vec<String>) -> Result<(), String> {
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let (image, bytes) = match words.as_slice() {
        ["uefi", image, files @ ..] => (image, disk::uefi(&read_all(files)?)),
        ["bios", image, boot_sector, stage_2, files @ ..] => {
            (image, disk::bios(&read(boot_sector)?, &read(stage_2)?, &read_all(files)?))
        }
        _ => return Err(USAGE.to_owned()),
    };
    let bytes = bytes.map_err(|error| format!("{image}: {error}"))?;
    std::fs::write(image, bytes).map_err(|error| format!("{image}: {error}"))
}

fn read(path: &str) -> Result<Vec<u8>, String> {
    std::fs::read(PathBuf::from(path)).map_err(|error| format!("{path}: {error}"))
}

/// Files by their places in the image.
fn read_all(words: &[&str]) -> Result<BTreeMap<String, Vec<u8>>, String> {
    let mut files = BTreeMap::new();
    for word in words {
        let (place, path) = word.split_once('=').ok_or_else(|| format!("{word} is not PATH=FILE\n{USAGE}"))?;
        if files.insert(place.to_owned(), read(path)?).is_some() {
            return Err(format!("{place} is given twice"));
        }
    }
    Ok(files)
}
