//! Taking busybox, the first program of every seed, out of its `.deb`.

use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use super::archive::read_bounded;
use super::error::SeedError;
use crate::input;
use crate::nix::hash::Sha256;

/// No `.deb` that busybox comes in, and no tar file in it, is larger (bytes); today's are 1 and 2 MB.
const LIMIT: u64 = 64 << 20;

/// Memory for decompression (bytes): xz -9 needs 65 MiB.
const MEMORY: u64 = 256 << 20;

/// busybox out of the bytes of a busybox-static `.deb`. The error says what is wrong with the package.
pub fn busybox_of(deb: &[u8]) -> Result<Vec<u8>, String> {
    // The one tar member that is wanted. Debian 12 and 13 pack it with xz.
    let tar = match members(deb)?.into_iter().find(|(name, _)| name.starts_with("data.tar")) {
        Some(("data.tar.xz", data)) => decompress_xz(data, LIMIT).map_err(|error| format!("data.tar.xz: {error}"))?,
        Some(("data.tar", data)) => data.to_vec(),
        Some((name, _)) => return Err(format!("its {name} is not packed with xz")),
        None => return Err("it has no data.tar".to_owned()),
    };
    let mut archive = tar::Archive::new(tar.as_slice());
    for entry in archive.entries().map_err(|error| format!("data.tar: {error}"))? {
        let entry = entry.map_err(|error| format!("data.tar: {error}"))?;
        let path = entry.path().map_err(|error| format!("data.tar: {error}"))?.into_owned();
        let path = path.strip_prefix(".").unwrap_or(&path);
        // usr/bin since trixie.
        let wanted = path == Path::new("bin/busybox") || path == Path::new("usr/bin/busybox");
        if wanted && entry.header().entry_type().is_file() {
            return read_bounded(entry, LIMIT).map_err(|error| format!("busybox: {error}"));
        }
    }
    Err("it has neither bin/busybox nor usr/bin/busybox".to_owned())
}

/// Writes busybox out of the `.deb` file `deb` to `<out_dir>/bin/busybox`, executable, with directories as needed. The
/// caller has checked the package's digest. Returns the program's path.
pub fn extract_busybox(deb: &Path, out_dir: &Path) -> Result<PathBuf, SeedError> {
    let io = |action, path: &Path| {
        let path = path.to_owned();
        move |source| SeedError::Io { action, path, source }
    };
    let bytes = input::open(deb).and_then(|file| read_bounded(file, LIMIT)).map_err(io("read", deb))?;
    let busybox =
        busybox_of(&bytes).map_err(|problem| SeedError::Malformed { file: deb.display().to_string(), problem })?;
    let bin = out_dir.join("bin");
    let program = bin.join("busybox");
    std::fs::create_dir_all(&bin).map_err(io("create", &bin))?;
    let mut file = tempfile::NamedTempFile::new_in(&bin).map_err(io("create a file in", &bin))?;
    file.write_all(&busybox).map_err(io("write", &program))?;
    make_executable(file.as_file()).map_err(io("make executable", &program))?;
    file.persist(&program).map_err(|error| io("write", &program)(error.error))?;
    Ok(program)
}

#[cfg(unix)]
fn make_executable(file: &std::fs::File) -> std::io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    file.set_permissions(std::fs::Permissions::from_mode(0o755))
}

#[cfg(not(unix))]
fn make_executable(_: &std::fs::File) -> std::io::Result<()> {
    Ok(())
}

/// The NAR SHA-256 of a directory that holds nothing but `bin/busybox`, executable, with this content: what
/// `nix hash path` says of what [`extract_busybox`] wrote.
pub fn busybox_nar(busybox: &[u8]) -> Sha256 {
    let mut nar = Vec::with_capacity(busybox.len() + 1024);
    let mut put = |text: &[u8]| {
        nar.extend_from_slice(&(text.len() as u64).to_le_bytes());
        nar.extend_from_slice(text);
        nar.resize(nar.len().next_multiple_of(8), 0);
    };
    let open_directory = |name: &'static str| ["(", "type", "directory", "entry", "(", "name", name, "node"];
    let words = ["nix-archive-1"].into_iter().chain(open_directory("bin")).chain(open_directory("busybox")).chain([
        "(",
        "type",
        "regular",
        "executable",
        "",
        "contents",
    ]);
    words.for_each(|word| put(word.as_bytes()));
    put(busybox);
    // The file's, then one for each entry and directory.
    (0..5).for_each(|_| put(b")"));
    Sha256::of(&nar)
}

/// Decompresses xz, to at most `limit` bytes.
pub(super) fn decompress_xz(bytes: &[u8], limit: u64) -> std::io::Result<Vec<u8>> {
    let stream = liblzma::stream::Stream::new_stream_decoder(MEMORY, 0)?;
    read_bounded(liblzma::read::XzDecoder::new_stream(bytes, stream), limit)
}

/// The members of an `ar` archive as Debian writes them: names of up to 16 bytes, padded with blanks, perhaps with a
/// slash at the end (`deb(5)`). An own reader, because the `ar` crate panics on an index past its name table.
fn members(mut ar: &[u8]) -> Result<Vec<(&str, &[u8])>, String> {
    let cut = || "it is cut short".to_owned();
    let mut magic = [0; 8];
    ar.read_exact(&mut magic).map_err(|_| cut())?;
    if &magic != b"!<arch>\n" {
        return Err("it is not a .deb file".to_owned());
    }
    let mut members = Vec::new();
    while !ar.is_empty() {
        let (header, rest) = ar.split_at_checked(60).ok_or_else(cut)?;
        let text = str::from_utf8(header).ok().filter(|text| text.is_ascii() && text.ends_with("`\n"));
        let field = |range| text.and_then(|text: &str| text.get(range)).map(str::trim_end);
        let (Some(name), Some(size)) = (field(0..16), field(48..58).and_then(|size| size.parse::<usize>().ok())) else {
            return Err("it has a member without a header".to_owned());
        };
        let (data, rest) = rest.split_at_checked(size).ok_or_else(cut)?;
        members.push((name.strip_suffix('/').unwrap_or(name), data));
        // Members start at even offsets.
        ar = if size % 2 == 1 { rest.get(1..).unwrap_or_default() } else { rest };
    }
    Ok(members)
}
