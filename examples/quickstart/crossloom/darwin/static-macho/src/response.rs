//! Response files: `@FILE` in the place of arguments, as LLVM's programs read them.
//!
//! clang hands the linker all arguments in such a file when there are too many for a command line, so whoever looks at the
//! arguments on their way has to look into the files.

use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::os::unix::ffi::{OsStrExt, OsStringExt};
use std::path::{Path, PathBuf};

/// Why arguments could not be read out of files.
#[derive(Debug)]
pub enum Error {
    Read { path: PathBuf, source: io::Error },
    Recursive { path: PathBuf },
}

/// The arguments with those of response files in their places. A name of no file stands for itself, as with LLVM.
pub fn expand(arguments: impl IntoIterator<Item = OsString>) -> Result<Vec<OsString>, Error> {
    let mut expanded = Vec::new();
    into(arguments, &mut Vec::new(), &mut expanded)?;
    Ok(expanded)
}

fn into(
    arguments: impl IntoIterator<Item = OsString>,
    open: &mut Vec<PathBuf>,
    expanded: &mut Vec<OsString>,
) -> Result<(), Error> {
    for argument in arguments {
        let named = argument.as_bytes().strip_prefix(b"@").map(|name| Path::new(OsStr::from_bytes(name)));
        let Some(path) = named.filter(|path| path.exists()) else {
            expanded.push(argument);
            continue;
        };
        let failed = |source| Error::Read { path: path.to_owned(), source };
        let same = path.canonicalize().map_err(failed)?;
        if open.contains(&same) {
            return Err(Error::Recursive { path: path.to_owned() });
        }
        let bytes = fs::read(path).map_err(failed)?;
        open.push(same);
        into(split(&bytes), open, expanded)?;
        open.pop();
    }
    Ok(())
}

fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\r' | b'\n')
}

/// The arguments in a file's text: LLVM's `TokenizeGNUCommandLine`. An empty pair of quotes is no argument there either.
fn split(bytes: &[u8]) -> Vec<OsString> {
    let bytes = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let mut arguments = Vec::new();
    let mut token = Vec::new();
    let mut quote = None;
    let mut rest = bytes.iter().copied().peekable();
    while let Some(byte) = rest.next() {
        match (byte, quote) {
            (b'\\', _) if rest.peek().is_some() => token.extend(rest.next()),
            (_, Some(open)) if byte == open => quote = None,
            (_, Some(_)) => token.push(byte),
            (b'"' | b'\'', None) => quote = Some(byte),
            (_, None) if is_space(byte) => {
                if !token.is_empty() {
                    arguments.push(OsString::from_vec(std::mem::take(&mut token)));
                }
            }
            _ => token.push(byte),
        }
    }
    if !token.is_empty() {
        arguments.push(OsString::from_vec(token));
    }
    arguments
}

/// The text of a response file that stands for the arguments, none of which is empty.
pub fn join(arguments: &[OsString]) -> Vec<u8> {
    let mut text = Vec::new();
    for argument in arguments {
        for &byte in argument.as_bytes() {
            if is_space(byte) || matches!(byte, b'\\' | b'"' | b'\'') {
                text.push(b'\\');
            }
            text.push(byte);
        }
        text.push(b'\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn words(text: &str) -> Vec<String> {
        split(text.as_bytes()).into_iter().map(|word| word.into_string().unwrap()).collect()
    }

    #[test]
    fn quotes_and_escapes() {
        assert_eq!(words("a  b\n\tc\r\n"), ["a", "b", "c"]);
        assert_eq!(words(r#"-o "a b" 'c "d' e\ f "g\"h" i"j k"l"#), ["-o", "a b", "c \"d", "e f", "g\"h", "ij kl"]);
        assert_eq!(words("\u{feff}\"\" a\\"), ["a\\"]);
        assert_eq!(words("'open"), ["open"]);
    }

    #[test]
    fn what_is_joined_is_read_again() {
        let arguments = ["a b", "\"q\"", "it's", "back\\slash", "@file", "line\nbreak", "ü"].map(OsString::from);
        assert_eq!(split(&join(&arguments)), arguments);
    }
}
