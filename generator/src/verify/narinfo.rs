//! `<digest>.narinfo`: what a binary cache says of a store path.

use crate::diag::start;
use crate::nix::hash::Sha256;
use crate::nix::store::StorePath;

/// One path of a cache. Fields that nothing is compared by are not kept: references, deriver, signatures.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NarInfo {
    /// The path that it is about.
    pub path: StorePath,
    /// The archive's file, relative to the cache.
    pub url: String,
    /// How that file is compressed: `none`, `xz`, …
    pub compression: String,
    /// SHA-256 of the archive, uncompressed.
    pub nar: Sha256,
    /// Its size in bytes, uncompressed.
    pub size: u64,
}

/// A text is not a narinfo.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error, miette::Diagnostic)]
pub enum NarInfoError {
    /// A line is not what it should be.
    #[error("line {line}: {problem}")]
    Line {
        /// Counted from 1.
        line: usize,
        /// The problem.
        problem: String,
    },
    /// A field that every narinfo has is not there.
    #[error("it has no {field}")]
    Lacks {
        /// Its name.
        field: &'static str,
    },
}

impl NarInfo {
    /// Reads a narinfo of a store in `dir`. Unknown fields are passed over, as Nix does.
    ///
    /// # Errors
    /// The first line that is wrong, or the first field that is missing. An address that leaves the cache is wrong.
    pub fn parse(text: &str, dir: &str) -> Result<NarInfo, NarInfoError> {
        let (mut path, mut url, mut compression, mut nar, mut size) = (None, None, None, None, None);
        for (i, line) in text.lines().enumerate() {
            let wrong = |problem: String| NarInfoError::Line { line: i + 1, problem };
            let Some((field, value)) = line.split_once(": ").or_else(|| Some((line.strip_suffix(':')?, ""))) else {
                return Err(wrong(format!("{:?} is no `Field: value`", start(line))));
            };
            let twice = match field {
                "StorePath" => {
                    let read = StorePath::parse_in(dir, value).map_err(|error| wrong(error.to_string()))?;
                    path.replace(read).is_some()
                }
                "URL" => {
                    if !stays(value) {
                        return Err(wrong(format!("the address {:?} is no file below the cache", start(value))));
                    }
                    url.replace(value.to_owned()).is_some()
                }
                "Compression" => compression.replace(value.to_owned()).is_some(),
                "NarHash" => {
                    let read = value.parse().map_err(|error| wrong(format!("{error}")))?;
                    nar.replace(read).is_some()
                }
                "NarSize" => {
                    let read = value.parse().map_err(|_| wrong(format!("{:?} is no number of bytes", start(value))))?;
                    size.replace(read).is_some()
                }
                _ => false,
            };
            if twice {
                return Err(wrong(format!("{field} stands there twice")));
            }
        }
        let lacks = |field| NarInfoError::Lacks { field };
        Ok(NarInfo {
            path: path.ok_or_else(|| lacks("StorePath"))?,
            url: url.ok_or_else(|| lacks("URL"))?,
            // Nix's own default, from before there was the field.
            compression: compression.filter(|name| !name.is_empty()).unwrap_or_else(|| "bzip2".to_owned()),
            nar: nar.ok_or_else(|| lacks("NarHash"))?,
            size: size.ok_or_else(|| lacks("NarSize"))?,
        })
    }
}

/// Whether an address is a path that stays below the cache.
fn stays(url: &str) -> bool {
    let plain = |part: &str| !matches!(part, "" | "." | "..");
    !url.contains(char::is_control) && !url.contains(':') && url.split('/').all(plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    const TEXT: &str = "StorePath: /nix/store/0123456789abcdfghijklmnpqrsvwxyz-gmp-6.3.0\n\
                        URL: nar/1x.nar.xz\nCompression: xz\nFileHash: sha256:1x\nFileSize: 12\n\
                        NarHash: sha256:0mdqa9w1p6cmli6976v4wi0sw9r4p5prkj7lzfd1877wk11c9c73\nNarSize: 120\nReferences: \n\
                        Deriver: x.drv\nSig: a:b\nSig: c:d\n";

    #[test]
    fn a_narinfo_is_read() {
        let info = NarInfo::parse(TEXT, "/nix/store").unwrap();
        assert_eq!(
            (info.path.name(), info.url.as_str(), info.compression.as_str()),
            ("gmp-6.3.0", "nar/1x.nar.xz", "xz")
        );
        assert_eq!((info.nar, info.size), (Sha256::of(b""), 120));
        let older = TEXT.replace("Compression: xz\n", "").replace("References: ", "References:");
        assert_eq!(NarInfo::parse(&older, "/nix/store").unwrap().compression, "bzip2");
    }

    #[test]
    fn what_is_wrong_is_named_with_its_line() {
        for (from, to, said) in [
            ("URL: nar/1x.nar.xz", "URL: ../x", "line 2: the address \"../x\" is no file below the cache"),
            ("URL: nar/1x.nar.xz", "URL: /etc/passwd", "line 2: the address"),
            ("URL: nar/1x.nar.xz", "URL: https://x/y", "line 2: the address"),
            ("URL: nar/1x.nar.xz\n", "", "it has no URL"),
            ("NarHash: sha256:", "NarHash: sha512:", "line 6: \"sha512:"),
            ("NarSize: 120", "NarSize: -1", "line 7: \"-1\" is no number of bytes"),
            ("NarSize: 120", "NarSize: 120\nNarSize: 121", "line 8: NarSize stands there twice"),
            ("/nix/store/", "/gnu/store/", "line 1: \"/gnu/store/"),
            ("Compression: xz", "x", "line 3: \"x\" is no `Field: value`"),
        ] {
            let error = NarInfo::parse(&TEXT.replacen(from, to, 1), "/nix/store").unwrap_err().to_string();
            assert!(error.starts_with(said), "{error}");
        }
        assert_eq!(NarInfo::parse("", "/nix/store"), Err(NarInfoError::Lacks { field: "StorePath" }));
    }

    proptest::proptest! {
        #[test]
        fn reading_never_panics(at in 0..TEXT.len(), text in ".{0,9}") {
            let mut all = TEXT.to_owned();
            all.insert_str(at, &text);
            let _ = NarInfo::parse(&all, "/nix/store");
        }
    }
}
