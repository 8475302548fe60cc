//! A program of the build machine: prints where a 64-bit kernel is loaded, and how large it is there.

use std::process::ExitCode;

fn main() -> ExitCode {
    let Some(path) = std::env::args().nth(1) else {
        eprintln!("usage: segments KERNEL");
        return ExitCode::from(2);
    };
    match std::fs::read(&path).map_err(|error| error.to_string()).and_then(|file| segments(&file)) {
        Ok(segments) => {
            segments.iter().for_each(|(address, size)| println!("{address:#x}: {size} bytes"));
            ExitCode::SUCCESS
        }
        Err(message) => {
            eprintln!("error: {path}: {message}");
            ExitCode::FAILURE
        }
    }
}

/// Addresses and sizes of what an ELF file loads.
fn segments(file: &[u8]) -> Result<Vec<(u64, u64)>, String> {
    const LOADED: u64 = 1;
    // Magic, 64 bits, little-endian.
    if !file.starts_with(b"\x7fELF\x02\x01") {
        return Err("not a 64-bit little-endian ELF file".to_owned());
    }
    let number = |at: u64, size: usize| -> Result<u64, String> {
        let start = usize::try_from(at).map_err(|_| "an offset is too large")?;
        let bytes = file.get(start..).and_then(|rest| rest.get(..size)).ok_or("it ends too early")?;
        Ok(bytes.iter().rev().fold(0, |sum, byte| sum << 8 | u64::from(*byte)))
    };
    let (table, entry, count) = (number(32, 8)?, number(54, 2)?, number(56, 2)?);
    let mut segments = Vec::new();
    for header in (0..count).map(|place| table.saturating_add(place * entry)) {
        if number(header, 4)? == LOADED {
            segments.push((number(header.saturating_add(24), 8)?, number(header.saturating_add(40), 8)?));
        }
    }
    Ok(segments)
}
