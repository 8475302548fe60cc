//! Nix archives as streams: read piece by piece in bounded memory, and compared up to where they part.
//!
//! The archives may come from anybody. Names that no directory can have, or out of order, names and link targets longer
//! than a file system takes, and directories too deep in one another are errors.

use std::cmp::Ordering;
use std::io::{self, BufReader, ErrorKind, PipeReader, Read};
use std::path::PathBuf;
use std::thread::JoinHandle;

use super::nar::{self, NarError};

/// The longest name or link target, in bytes, and how many directories can be in one another: Linux's longest path.
const LONGEST: u64 = 4096;
const DEEPEST: usize = 4096;

/// A stream is not a Nix archive, or cannot be read.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
pub enum ArchiveError {
    /// Reading failed.
    #[error("byte {offset} of the archive cannot be read")]
    Read {
        /// Counted from 0.
        offset: u64,
        /// Why.
        source: io::Error,
    },
    /// It ends too early.
    #[error("the archive is cut short at byte {offset}")]
    CutShort {
        /// Counted from 0.
        offset: u64,
    },
    /// Something else stands where a certain text should.
    #[error("byte {offset} of the archive: expected {expected}")]
    Expected {
        /// Counted from 0, just after the problem.
        offset: u64,
        /// The expected token.
        expected: &'static str,
    },
}

/// The contents of an archive, in its order.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Event {
    /// A regular file; [`Reader::contents`] gives its bytes until the next event is asked for.
    File {
        /// Whether its owner may execute it.
        executable: bool,
        /// Bytes.
        size: u64,
    },
    /// A symbolic link and its target.
    Link(Vec<u8>),
    /// A directory; its entries follow, and [`Event::Close`] ends them.
    Directory,
    /// The name of what the next event is about.
    Entry(Vec<u8>),
    /// The end of the innermost directory.
    Close,
    /// The end of the archive.
    End,
}

enum State {
    Start,
    /// Before a file, link or directory.
    Node,
    /// In a file with this many bytes left to read, and this many of padding behind them.
    Contents(u64, u64),
    /// Behind a file, link or directory.
    Behind,
    /// In a directory, before an entry or its end.
    Inside,
    End,
}

/// Reads an archive event by event.
pub struct Reader<R> {
    from: BufReader<R>,
    offset: u64,
    state: State,
    /// The last name in each directory that is open.
    open: Vec<Vec<u8>>,
}

impl<R: Read> Reader<R> {
    /// A reader that has read nothing yet.
    pub fn new(from: R) -> Reader<R> {
        let from = BufReader::with_capacity(64 * 1024, from);
        Reader { from, offset: 0, state: State::Start, open: Vec::new() }
    }

    /// The next event; [`Event::End`] for ever once it was given.
    #[allow(clippy::should_implement_trait)]
    pub fn next(&mut self) -> Result<Event, ArchiveError> {
        let mut rest = [0; 16 * 1024];
        while self.contents(&mut rest)? > 0 {}
        match self.state {
            State::Start => {
                self.expect("nix-archive-1")?;
                self.node()
            }
            State::Node => self.node(),
            State::Contents(_, padding) => {
                self.padding(padding)?;
                self.expect(")")?;
                self.behind()
            }
            State::Behind => self.behind(),
            State::Inside => self.inside(),
            State::End => Ok(Event::End),
        }
    }

    /// Bytes of the file that the last event was; none at its end. `buffer` must not be empty.
    pub fn contents(&mut self, buffer: &mut [u8]) -> Result<usize, ArchiveError> {
        let State::Contents(left, padding) = self.state else { return Ok(0) };
        let most = buffer.len().min(usize::try_from(left).unwrap_or(usize::MAX));
        if most == 0 {
            return Ok(0);
        }
        let part = buffer.get_mut(..most).unwrap_or_default();
        self.fill(part)?;
        self.state = State::Contents(left - most as u64, padding);
        Ok(most)
    }

    fn node(&mut self) -> Result<Event, ArchiveError> {
        self.expect("(")?;
        self.expect("type")?;
        match self.text()?.as_slice() {
            b"regular" => {
                let executable = match self.text()?.as_slice() {
                    b"executable" => {
                        self.expect("")?;
                        self.expect("contents")?;
                        true
                    }
                    b"contents" => false,
                    _ => return Err(self.expected("executable, or contents")),
                };
                let size = self.number()?;
                self.state = State::Contents(size, size.wrapping_neg() % 8);
                Ok(Event::File { executable, size })
            }
            b"symlink" => {
                self.expect("target")?;
                let target = self.text()?;
                self.expect(")")?;
                self.state = State::Behind;
                Ok(Event::Link(target))
            }
            b"directory" => {
                if self.open.len() == DEEPEST {
                    return Err(self.expected("at most 4096 directories in one another"));
                }
                self.open.push(Vec::new());
                self.state = State::Inside;
                Ok(Event::Directory)
            }
            _ => Err(self.expected("regular, symlink or directory")),
        }
    }

    fn behind(&mut self) -> Result<Event, ArchiveError> {
        if !self.open.is_empty() {
            self.expect(")")?;
            return self.inside();
        }
        let mut byte = [0];
        match self.from.read(&mut byte) {
            Ok(0) => {
                self.state = State::End;
                Ok(Event::End)
            }
            Ok(_) => Err(self.expected("the end")),
            Err(source) => Err(ArchiveError::Read { offset: self.offset, source }),
        }
    }

    fn inside(&mut self) -> Result<Event, ArchiveError> {
        match self.text()?.as_slice() {
            b"entry" => {}
            b")" => {
                self.open.pop();
                self.state = State::Behind;
                return Ok(Event::Close);
            }
            _ => return Err(self.expected("entry, or )")),
        }
        self.expect("(")?;
        self.expect("name")?;
        let name = self.text()?;
        if matches!(name.as_slice(), b"" | b"." | b"..") || name.contains(&b'/') || name.contains(&0) {
            return Err(self.expected("a name that a directory can hold"));
        }
        if self.open.last().is_some_and(|last| *last >= name) {
            return Err(self.expected("a name that sorts behind the one before"));
        }
        if let Some(last) = self.open.last_mut() {
            last.clone_from(&name);
        }
        self.expect("node")?;
        self.state = State::Node;
        Ok(Event::Entry(name))
    }

    fn expected(&self, expected: &'static str) -> ArchiveError {
        ArchiveError::Expected { offset: self.offset, expected }
    }

    fn expect(&mut self, expected: &'static str) -> Result<(), ArchiveError> {
        if self.text()? == expected.as_bytes() { Ok(()) } else { Err(self.expected(expected)) }
    }

    fn text(&mut self) -> Result<Vec<u8>, ArchiveError> {
        let length = self.number()?;
        if length > LONGEST {
            return Err(self.expected("a text of at most 4096 bytes"));
        }
        let mut text = vec![0; length as usize];
        self.fill(&mut text)?;
        self.padding(length.wrapping_neg() % 8)?;
        Ok(text)
    }

    fn number(&mut self) -> Result<u64, ArchiveError> {
        let mut bytes = [0; 8];
        self.fill(&mut bytes)?;
        Ok(u64::from_le_bytes(bytes))
    }

    fn padding(&mut self, length: u64) -> Result<(), ArchiveError> {
        let mut bytes = [0; 8];
        let bytes = bytes.get_mut(..length as usize).unwrap_or_default();
        self.fill(bytes)?;
        if bytes.iter().any(|byte| *byte != 0) { Err(self.expected("zeros up to a multiple of 8")) } else { Ok(()) }
    }

    fn fill(&mut self, buffer: &mut [u8]) -> Result<(), ArchiveError> {
        match self.from.read_exact(buffer) {
            Ok(()) => {
                self.offset += buffer.len() as u64;
                Ok(())
            }
            Err(source) if source.kind() == ErrorKind::UnexpectedEof => {
                Err(ArchiveError::CutShort { offset: self.offset })
            }
            Err(source) => Err(ArchiveError::Read { offset: self.offset, source }),
        }
    }
}

/// One of two archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Side {
    /// The first.
    Left,
    /// The second.
    Right,
}

/// One of two archives that are compared is none.
#[derive(Debug, thiserror::Error, miette::Diagnostic)]
#[error("the {} archive", if *side == Side::Left { "first" } else { "second" })]
pub struct CompareError {
    /// Which.
    pub side: Side,
    /// Why.
    #[diagnostic_source]
    pub source: ArchiveError,
}

/// The first difference of two archives.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Difference {
    /// Relative to the archives' root; empty where it is the root itself.
    pub file: Vec<u8>,
    /// How they differ there.
    pub kind: Kind,
}

/// How two archives differ in one place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Kind {
    /// Two files, from this byte on; their sizes.
    Content {
        /// Counted from 0.
        from: u64,
        /// Bytes.
        left: u64,
        /// Bytes.
        right: u64,
    },
    /// Only one of two files of the same content is executable.
    Permissions {
        /// Which.
        executable: Side,
    },
    /// Two symbolic links.
    Link {
        /// Its target.
        left: Vec<u8>,
        /// Its target.
        right: Vec<u8>,
    },
    /// Only one of them has it.
    Missing {
        /// Which has not.
        from: Side,
    },
    /// A file, directory or link here, and another of these there.
    Type {
        /// With its article.
        left: &'static str,
        /// With its article.
        right: &'static str,
    },
}

impl Kind {
    /// One word for it.
    pub fn word(&self) -> &'static str {
        match self {
            Kind::Content { .. } => "content",
            Kind::Permissions { .. } => "permissions",
            Kind::Link { .. } => "link",
            Kind::Missing { .. } => "missing",
            Kind::Type { .. } => "type",
        }
    }
}

/// Compares two archives up to the first place where they differ, in their order. Neither is read further than that.
///
/// # Errors
/// [`CompareError`] when one of them is not an archive up to there.
pub fn first_difference(left: impl Read, right: impl Read) -> Result<Option<Difference>, CompareError> {
    let (mut left, mut right) = (Reader::new(left), Reader::new(right));
    let mut path: Vec<Vec<u8>> = Vec::new();
    let at = |path: &[Vec<u8>], kind| Ok(Some(Difference { file: path.join(&b'/'), kind }));
    loop {
        match (left.next().map_err(of(Side::Left))?, right.next().map_err(of(Side::Right))?) {
            (Event::End, _) | (_, Event::End) => return Ok(None),
            (Event::Directory, Event::Directory) => {}
            (Event::Close, Event::Close) => drop(path.pop()),
            (Event::Entry(here), Event::Entry(there)) => {
                let order = here.cmp(&there);
                path.push(here.clone().min(there));
                match order {
                    Ordering::Equal => {}
                    Ordering::Less => return at(&path, Kind::Missing { from: Side::Right }),
                    Ordering::Greater => return at(&path, Kind::Missing { from: Side::Left }),
                }
            }
            (Event::Entry(name), Event::Close) => {
                path.push(name);
                return at(&path, Kind::Missing { from: Side::Right });
            }
            (Event::Close, Event::Entry(name)) => {
                path.push(name);
                return at(&path, Kind::Missing { from: Side::Left });
            }
            (Event::Link(here), Event::Link(there)) if here == there => drop(path.pop()),
            (Event::Link(left), Event::Link(right)) => return at(&path, Kind::Link { left, right }),
            (Event::File { executable: x, size: here }, Event::File { executable: y, size: there }) => {
                if let Some(from) = parting(&mut left, &mut right)? {
                    return at(&path, Kind::Content { from, left: here, right: there });
                }
                if x != y {
                    return at(&path, Kind::Permissions { executable: if x { Side::Left } else { Side::Right } });
                }
                path.pop();
            }
            (here, there) => return at(&path, Kind::Type { left: what(&here), right: what(&there) }),
        }
    }
}

fn of(side: Side) -> impl Fn(ArchiveError) -> CompareError {
    move |source| CompareError { side, source }
}

fn what(event: &Event) -> &'static str {
    match event {
        Event::File { .. } => "a file",
        Event::Link(_) => "a link",
        _ => "a directory",
    }
}

/// The first byte in which the two files differ that the readers stand in.
fn parting<L: Read, R: Read>(left: &mut Reader<L>, right: &mut Reader<R>) -> Result<Option<u64>, CompareError> {
    let (mut here, mut there) = ([0; 16 * 1024], [0; 16 * 1024]);
    let mut from = 0;
    loop {
        // Both fill the buffer unless the file ends.
        let (m, n) =
            (left.contents(&mut here).map_err(of(Side::Left))?, right.contents(&mut there).map_err(of(Side::Right))?);
        let (here, there) = (here.get(..m).unwrap_or_default(), there.get(..n).unwrap_or_default());
        if here != there {
            let same = here.iter().zip(there).take_while(|(a, b)| a == b).count();
            return Ok(Some(from + same as u64));
        }
        if m == 0 {
            return Ok(None);
        }
        from += m as u64;
    }
}

/// The archive of what a path names, to read from: another thread writes it.
pub struct Dump {
    pipe: PipeReader,
    writer: Option<JoinHandle<Result<(), NarError>>>,
}

impl Dump {
    /// Begins to write. What is wrong with the tree is an error of [`Read::read`].
    pub fn new(path: PathBuf) -> io::Result<Dump> {
        let (pipe, mut into) = io::pipe()?;
        Ok(Dump { pipe, writer: Some(std::thread::spawn(move || nar::write(&path, &mut into))) })
    }
}

impl Read for Dump {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.pipe.read(buffer)?;
        if count == 0
            && !buffer.is_empty()
            && let Some(writer) = self.writer.take()
        {
            match writer.join() {
                Ok(written) => written.map_err(io::Error::other)?,
                Err(_) => return Err(io::Error::other("its writer panicked")),
            }
        }
        Ok(count)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::nar_tree::Node;

    fn file(executable: bool, bytes: &[u8]) -> Node {
        Node::File { executable, bytes: bytes.to_vec() }
    }

    fn directory<const N: usize>(entries: [(&str, Node); N]) -> Node {
        Node::Directory(entries.into_iter().map(|(name, node)| (name.as_bytes().to_vec(), node)).collect())
    }

    fn sample() -> Node {
        let inner = directory([("empty", directory([])), ("x", file(true, b"0123456789"))]);
        directory([("bin", inner), ("file", file(false, b"")), ("link", Node::Symlink(b"file".to_vec()))])
    }

    fn events(bytes: &[u8]) -> Result<Vec<Event>, ArchiveError> {
        let mut reader = Reader::new(bytes);
        let mut events = Vec::new();
        while events.last() != Some(&Event::End) {
            events.push(reader.next()?);
        }
        Ok(events)
    }

    #[test]
    fn archives_are_read_as_written_and_nothing_else_is() {
        let bytes = sample().archive();
        assert_eq!(events(&bytes).unwrap().len(), 15);
        assert_eq!(first_difference(bytes.as_slice(), bytes.as_slice()).unwrap(), None);
        for end in 0..bytes.len() {
            assert!(matches!(events(&bytes[..end]), Err(ArchiveError::CutShort { .. })), "{end}");
        }
        let longer = [bytes.as_slice(), b"x"].concat();
        assert!(matches!(events(&longer), Err(ArchiveError::Expected { expected: "the end", .. })));
        for at in 0..bytes.len() {
            let mut other = bytes.clone();
            other[at] ^= 0x80;
            // A byte of a name, target or content may be any; a byte of the form may not.
            let _ = events(&other);
        }
        let mut large = bytes.clone();
        large[..8].copy_from_slice(&u64::MAX.to_le_bytes());
        assert!(matches!(events(&large), Err(ArchiveError::Expected { .. })));
    }

    #[test]
    fn names_that_leave_a_directory_or_its_order_are_refused() {
        let bytes = directory([("aaa", file(false, b"")), ("bbb", file(false, b""))]).archive();
        let replaced = |from: &[u8], to: &[u8]| {
            let at = bytes.windows(from.len()).position(|window| window == from).unwrap();
            [&bytes[..at], to, &bytes[at + from.len()..]].concat()
        };
        for name in [b"a/a", b"a\0a", b"bbb", b"ccc"] {
            assert!(matches!(events(&replaced(b"aaa", name)), Err(ArchiveError::Expected { .. })), "{name:?}");
        }
        assert!(events(&replaced(b"aaa", b"..a")).is_ok());
    }

    #[test]
    fn the_first_difference_is_named() {
        let found = |other: Node| {
            let difference = first_difference(sample().archive().as_slice(), other.archive().as_slice()).unwrap();
            let Difference { file, kind } = difference.unwrap();
            (String::from_utf8(file).unwrap(), kind)
        };
        let with = |inner: Node| {
            directory([("bin", inner), ("file", file(false, b"")), ("link", Node::Symlink(b"file".to_vec()))])
        };
        let bin = |x: Node| with(directory([("empty", directory([])), ("x", x)]));
        let at = |file: &str, kind| (file.to_owned(), kind);
        let content = |from, right| Kind::Content { from, left: 10, right };
        assert_eq!(found(bin(file(true, b"0123x56789"))), at("bin/x", content(4, 10)));
        assert_eq!(found(bin(file(false, b"01234567890"))), at("bin/x", content(10, 11)));
        assert_eq!(found(bin(file(false, b"0123456789"))), at("bin/x", Kind::Permissions { executable: Side::Left }));
        let kind = Kind::Type { left: "a file", right: "a link" };
        assert_eq!(found(bin(Node::Symlink(b"x".to_vec()))), at("bin/x", kind));
        let without = with(directory([("x", file(true, b"0123456789"))]));
        assert_eq!(found(without), at("bin/empty", Kind::Missing { from: Side::Right }));
        assert_eq!(found(directory([])), at("bin", Kind::Missing { from: Side::Right }));
        let more = directory([("a", file(false, b""))]);
        assert_eq!(found(more), at("a", Kind::Missing { from: Side::Left }));
        let kind = Kind::Type { left: "a directory", right: "a file" };
        assert_eq!(found(file(false, b"")), at("", kind));
        let Node::Directory(mut entries) = sample() else { unreachable!() };
        entries.insert(b"link".to_vec(), Node::Symlink(b"bin".to_vec()));
        let kind = Kind::Link { left: b"file".to_vec(), right: b"bin".to_vec() };
        assert_eq!(found(Node::Directory(entries.clone())), at("link", kind));
        entries.insert(b"link".to_vec(), Node::Symlink(b"file".to_vec()));
        entries.insert(b"more".to_vec(), Node::Symlink(b"x".to_vec()));
        assert_eq!(found(Node::Directory(entries)), at("more", Kind::Missing { from: Side::Left }));

        let cut = sample().archive();
        let error = first_difference(cut.as_slice(), &cut[..cut.len() - 9]).unwrap_err();
        assert_eq!(error.side, Side::Right);
    }

    #[test]
    fn what_is_on_disk_is_read_like_any_other() {
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("a"), vec![7; 300_000]).unwrap();
        let read = |path: PathBuf| {
            let mut bytes = Vec::new();
            Dump::new(path).unwrap().read_to_end(&mut bytes).map(|_| bytes)
        };
        let expected = directory([("a", file(false, &[7; 300_000]))]).archive();
        assert!(read(folder.path().to_owned()).unwrap() == expected);
        assert!(read(folder.path().join("b")).unwrap_err().to_string().contains("cannot read"));
        // One that is not read to its end leaves nothing behind that waits.
        drop(Dump::new(folder.path().to_owned()).unwrap());
    }
}
