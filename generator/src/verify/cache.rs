//! A binary cache in a directory, as `nix copy --to file://DIR` writes it. It is read and nothing else: no signature is
//! asked for, since nothing of it is trusted, and no archive goes into the store.

use std::io::{self, ErrorKind, Read};
use std::path::{Path, PathBuf};

use liblzma::read::XzDecoder;
use liblzma::stream::{CONCATENATED, Stream};
use sha2::Digest as _;

use super::digests::Digest;
use super::narinfo::NarInfo;
use super::{Found, Ours, Verdict};
use crate::input::{Kind, open, text};
use crate::nix::archive::{Difference, Dump, Side, first_difference};
use crate::nix::hash::Sha256;
use crate::nix::store::StorePath;

/// The file that marks a directory as a cache.
const INFO: &str = "nix-cache-info";

/// No narinfo is longer, in bytes: it lists what a path refers to.
const NARINFO: Kind = Kind { what: "what a binary cache says of itself or of a path", most: 1 << 20 };

/// The memory that xz may use, in bytes: its strongest preset takes 65 MB.
const XZ_MEMORY: u64 = 128 << 20;

/// An archive that is said to be larger than ours by more than this, in bytes, is not read: it differs anyway.
const MORE: u64 = 1 << 30;

/// A directory is not a cache for this store.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum CacheError {
    /// No `nix-cache-info`.
    #[error("{} is not a binary cache: it has no {INFO}", dir.display())]
    #[diagnostic(help("`nix copy --to file://DIR PATH…` writes one"))]
    NoCache {
        /// The directory.
        dir: PathBuf,
    },
    /// It can't be read.
    #[error("cannot read {}", path.display())]
    Read {
        /// The file.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// Its paths are another store's.
    #[error("{} is a cache for the store {found:?}, and this one is {expected}", dir.display())]
    Store {
        /// The directory.
        dir: PathBuf,
        /// Its `StoreDir`.
        found: String,
        /// This store.
        expected: String,
    },
}

/// A cache for this store.
#[derive(Debug)]
pub struct Cache {
    dir: PathBuf,
    store_dir: String,
}

impl Cache {
    /// The cache in `dir`, for a store in `store_dir`.
    ///
    /// # Errors
    /// See [`CacheError`].
    pub fn open(dir: &Path, store_dir: &str) -> Result<Cache, CacheError> {
        let path = dir.join(INFO);
        let text = match text(&path, NARINFO) {
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Err(CacheError::NoCache { dir: dir.to_owned() });
            }
            read => read.map_err(|source| CacheError::Read { path, source })?,
        };
        // Nix takes a cache without the line for one of its own store.
        if let Some(found) = text.lines().find_map(|line| line.strip_prefix("StoreDir: "))
            && found != store_dir
        {
            let (found, expected) = (found.to_owned(), store_dir.to_owned());
            return Err(CacheError::Store { dir: dir.to_owned(), found, expected });
        }
        Ok(Cache { dir: dir.to_owned(), store_dir: store_dir.to_owned() })
    }

    /// Compares an output with what the cache holds under its store path: both what the narinfo says, and the archive.
    pub fn compare(&self, path: &StorePath, ours: &Ours) -> Found {
        let name = format!("{}.narinfo", path.digest());
        let text = match text(&self.dir.join(&name), NARINFO) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => {
                return Found::saying(Verdict::NotThere, format!("no {name}"));
            }
            Err(error) => return Found::saying(Verdict::Damaged, format!("{name}: {error}")),
        };
        let info = match NarInfo::parse(&text, &self.store_dir) {
            Ok(info) if info.path == *path => info,
            Ok(info) => {
                let detail = format!("{name} is about {}", info.path.path_in(&self.store_dir));
                return Found::saying(Verdict::Damaged, detail);
            }
            Err(error) => return Found::saying(Verdict::Damaged, format!("{name}: {error}")),
        };
        let theirs = Digest { path: ours.path.clone(), nar: info.nar };
        Found { theirs: Some(theirs), ..self.archive(&info, ours) }
    }

    fn archive(&self, info: &NarInfo, ours: &Ours) -> Found {
        let NarInfo { url, compression, .. } = info;
        if !matches!(compression.as_str(), "none" | "xz") {
            let same = if info.nar == ours.nar { Verdict::NotCompared } else { Verdict::Differs };
            let detail = format!("compression {compression} is not read here: copy with ?compression=xz");
            return Found::saying(same, detail);
        }
        if info.size > ours.size.saturating_add(MORE) {
            let verdict = if info.nar == ours.nar { Verdict::Damaged } else { Verdict::Differs };
            let detail = format!("{url}: {} bytes by its narinfo, where ours has {}: not read", info.size, ours.size);
            return Found::saying(verdict, detail);
        }
        let measured = self.unpacked(info).and_then(|archive| measure(archive, info.size));
        let damaged = |detail: String| Found::saying(Verdict::Damaged, detail);
        let (nar, size) = match measured {
            Ok(measured) => measured,
            Err(error) => {
                return damaged(match error.kind() {
                    ErrorKind::NotFound => format!("{url} is not there"),
                    ErrorKind::UnexpectedEof => format!("{url} is cut short"),
                    ErrorKind::FileTooLarge => {
                        format!("{url} unpacks to more than the {} bytes that its narinfo gives", info.size)
                    }
                    _ => format!("{url} cannot be unpacked: {error}"),
                });
            }
        };
        if size < info.size {
            return damaged(format!("{url} is cut short: {size} bytes, where its narinfo gives {}", info.size));
        }
        if nar == info.nar && nar == ours.nar {
            return Found::new(Verdict::Identical);
        }
        // The difference from our build is reported even if the archive does not match its narinfo.
        let difference = self.difference(info, ours);
        let detail = difference.as_ref().err().cloned();
        let found = Found::differs(difference.ok().flatten(), ["ours", "theirs"]);
        let damaged = detail.is_some();
        let found = Found { detail: found.detail.or(detail), ..found };
        if nar == info.nar {
            return if damaged { Found { verdict: Verdict::Damaged, ..found } } else { found };
        }
        let says = match nar == ours.nar {
            true => "it is identical to ours",
            false => found.detail.as_deref().unwrap_or("it differs from ours"),
        };
        let detail = format!("{url} is not what its narinfo says (NAR hash {nar}, not {}); {says}", info.nar);
        Found { verdict: Verdict::Damaged, detail: Some(detail), ..found }
    }

    /// The first file in which the archive differs from ours, or why that can't be told.
    fn difference(&self, info: &NarInfo, ours: &Ours) -> Result<Option<Difference>, String> {
        let here = Dump::new(ours.real.clone()).map_err(|error| error.to_string())?;
        let there = self.unpacked(info).map_err(|error| format!("{}: {error}", info.url))?;
        first_difference(here, there).map_err(|error| match error.side {
            Side::Left => format!("{}: {}", ours.path, error.source),
            Side::Right => format!("{}: {}", info.url, error.source),
        })
    }

    fn unpacked(&self, info: &NarInfo) -> io::Result<Box<dyn Read>> {
        let file = open(&self.dir.join(&info.url))?;
        Ok(match info.compression.as_str() {
            "xz" => Box::new(XzDecoder::new_stream(file, Stream::new_stream_decoder(XZ_MEMORY, CONCATENATED)?)),
            _ => Box::new(file),
        })
    }
}

/// SHA-256 and size of a stream of at most `limit` bytes.
fn measure(mut from: impl Read, limit: u64) -> io::Result<(Sha256, u64)> {
    let (mut sha256, mut size) = (sha2::Sha256::new(), 0u64);
    let mut buffer = [0; 64 * 1024];
    loop {
        let count = match from.read(&mut buffer) {
            Err(error) if error.kind() == ErrorKind::Interrupted => continue,
            read => read?,
        };
        if count == 0 {
            return Ok((Sha256(sha256.finalize().into()), size));
        }
        size += count as u64;
        if size > limit {
            return Err(ErrorKind::FileTooLarge.into());
        }
        sha256.update(buffer.get(..count).unwrap_or_default());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::nix::hash::to_nix32;
    use crate::nix::nar::hash_path;
    use crate::report::Report;
    use crate::tests::nar_tree::Node;
    use std::fs;
    use std::io::Write;

    const PATH: &str = "/nix/store/0123456789abcdfghijklmnpqrsvwxyz-gmp";

    fn tree(text: &str) -> Node {
        Node::of([("bin/x", "x"), ("lib/a", text)])
    }

    fn xz(bytes: &[u8]) -> Vec<u8> {
        let mut encoder = liblzma::write::XzEncoder::new(Vec::new(), 6);
        encoder.write_all(bytes).unwrap();
        encoder.finish().unwrap()
    }

    /// A cache with one path, and ours beside it.
    struct Sample {
        dir: tempfile::TempDir,
        ours: Ours,
    }

    impl Sample {
        fn new() -> Sample {
            let dir = tempfile::tempdir().unwrap();
            let real = dir.path().join("ours");
            for (file, text) in [("bin/x", "x"), ("lib/a", "same")] {
                fs::create_dir_all(real.join(file).parent().unwrap()).unwrap();
                fs::write(real.join(file), text).unwrap();
            }
            fs::create_dir(dir.path().join("nar")).unwrap();
            fs::write(dir.path().join(INFO), "StoreDir: /nix/store\nPriority: 40\n").unwrap();
            let (nar, size) = hash_path(&real).unwrap();
            Sample { ours: Ours { path: PATH.to_owned(), real, nar, size }, dir }
        }

        /// The result for a file with these bytes and for the data of its narinfo.
        fn found(&self, compression: &str, bytes: &[u8], (nar, size): (Sha256, u64)) -> Found {
            fs::write(self.dir.path().join("nar/1"), bytes).unwrap();
            let text = format!(
                "StorePath: {PATH}\nURL: nar/1\nCompression: {compression}\nNarHash: sha256:{}\nNarSize: {size}\n",
                to_nix32(&nar.0)
            );
            self.narinfo(&text)
        }

        fn narinfo(&self, text: &str) -> Found {
            let path = StorePath::parse(PATH).unwrap();
            fs::write(self.dir.path().join(format!("{}.narinfo", path.digest())), text).unwrap();
            Cache::open(self.dir.path(), "/nix/store").unwrap().compare(&path, &self.ours)
        }
    }

    fn said(found: &Found) -> (Verdict, &str, &str) {
        let file = found.difference.as_ref().map_or("", |it| std::str::from_utf8(&it.file).unwrap());
        (found.verdict, file, found.detail.as_deref().unwrap_or_default())
    }

    #[test]
    fn the_same_in_either_compression_is_identical() {
        let (sample, same) = (Sample::new(), tree("same"));
        for (compression, bytes) in [("none", same.archive()), ("xz", xz(&same.archive()))] {
            let found = sample.found(compression, &bytes, same.hash());
            assert_eq!(said(&found), (Verdict::Identical, "", ""), "{compression}");
        }
    }

    #[test]
    fn an_archive_that_belies_its_narinfo_is_told_from_one_that_differs() {
        let (sample, same, other) = (Sample::new(), tree("same"), tree("sane"));
        let (honest, tampered) = (same.hash(), other.hash());
        let bytes = xz(&other.archive());
        let found = sample.found("xz", &bytes, tampered);
        assert_eq!(said(&found), (Verdict::Differs, "lib/a", "content, from byte 2 of 4"));
        let found = sample.found("xz", &bytes, honest);
        let (verdict, file, detail) = said(&found);
        assert_eq!((verdict, file), (Verdict::Damaged, "lib/a"));
        assert!(detail.starts_with("nar/1 is not what its narinfo says (NAR hash sha256-"), "{detail}");
        assert!(detail.ends_with("; content, from byte 2 of 4"), "{detail}");
        let found = sample.found("xz", &xz(&same.archive()), (tampered.0, honest.1));
        assert!(found.verdict == Verdict::Damaged && found.detail.unwrap().ends_with("; it is identical to ours"));
        let found = sample.found("none", b"no archive", (Sha256::of(b"no archive"), 10));
        assert_eq!(
            said(&found),
            (Verdict::Damaged, "", "nar/1: byte 8 of the archive: expected a text of at most 4096 bytes")
        );
    }

    #[test]
    fn what_is_cut_short_or_far_too_large_is_one_clear_word() {
        let (sample, same) = (Sample::new(), tree("same"));
        let (bytes, (nar, size)) = (same.archive(), same.hash());
        let packed = xz(&bytes);
        let damaged = |found: Found, text: &str| assert_eq!(said(&found), (Verdict::Damaged, "", text));
        damaged(sample.found("xz", &packed[..packed.len() / 2], (nar, size)), "nar/1 is cut short");
        let cut = format!("nar/1 is cut short: 96 bytes, where its narinfo gives {size}");
        damaged(sample.found("none", &bytes[..96], (nar, size)), &cut);
        let bomb = xz(&vec![0; 8 << 20]);
        assert!(bomb.len() < 8192);
        let text = format!("nar/1 unpacks to more than the {size} bytes that its narinfo gives");
        damaged(sample.found("xz", &bomb, (nar, size)), &text);
        let mut broken = packed.clone();
        broken[20] ^= 0xff;
        let found = sample.found("xz", &broken, (nar, size));
        assert!(found.verdict == Verdict::Damaged && found.detail.unwrap().starts_with("nar/1 cannot be unpacked: "));
        // Said to be larger than can be: not even opened.
        let found = sample.found("none", b"", (Sha256::of(b"x"), u64::MAX));
        assert!(found.verdict == Verdict::Differs && found.detail.unwrap().ends_with(": not read"));
    }

    #[test]
    fn what_cannot_be_read_is_not_called_identical() {
        let (sample, same) = (Sample::new(), tree("same"));
        let (nar, size) = same.hash();
        let zstd = "compression zstd is not read here: copy with ?compression=xz";
        assert_eq!(said(&sample.found("zstd", b"", (nar, size))), (Verdict::NotCompared, "", zstd));
        assert_eq!(said(&sample.found("zstd", b"", (Sha256::of(b"x"), size))), (Verdict::Differs, "", zstd));
        let found = sample.narinfo("");
        let name = "0123456789abcdfghijklmnpqrsvwxyz.narinfo";
        assert_eq!(said(&found), (Verdict::Damaged, "", format!("{name}: it has no StorePath").as_str()));
        let other = PATH.replace("gmp", "mpc");
        let found = sample.narinfo(&format!("StorePath: {other}\nURL: x\nNarHash: {nar}\nNarSize: 1\n"));
        assert_eq!(said(&found), (Verdict::Damaged, "", format!("{name} is about {other}").as_str()));
        fs::remove_file(sample.dir.path().join(name)).unwrap();
        let found = Cache::open(sample.dir.path(), "/nix/store").unwrap().compare(&PATH.parse().unwrap(), &sample.ours);
        assert_eq!(said(&found), (Verdict::NotThere, "", format!("no {name}").as_str()));
        let error = Cache::open(sample.dir.path(), "/gnu/store").unwrap_err().to_string();
        assert!(error.contains("is a cache for the store \"/nix/store\", and this one is /gnu/store"), "{error}");
        let error = Report::of(&Cache::open(&sample.ours.real, "/nix/store").unwrap_err()).to_string();
        assert!(error.contains("is not a binary cache") && error.contains("hint: `nix copy"), "{error}");
    }
}
