//! pbzx: how Apple packs the payload of a package. `pbzx` and a block size, then blocks, each with its size unpacked
//! and packed (all of them 64 bits, big-endian). A block whose two sizes are the same is stored, any other is a whole
//! xz file.

use std::io::{self, Cursor, Read};

use liblzma::read::XzDecoder;
use liblzma::stream::Stream;

use super::gauge::XZ_MEMORY;

pub(super) const MAGIC: &[u8] = b"pbzx";

/// Bytes of a packed block that are held in memory. Apple's blocks have 16 MiB unpacked.
const MAX_BLOCK: u64 = 64 << 20;

enum Block {
    Stored(Cursor<Vec<u8>>),
    Xz(Box<XzDecoder<Cursor<Vec<u8>>>>),
}

/// Unpacks what `reader` gives.
pub(super) struct Pbzx<R> {
    reader: R,
    block: Block,
    started: bool,
}

impl<R: Read> Pbzx<R> {
    pub(super) fn new(reader: R) -> Pbzx<R> {
        Pbzx { reader, block: Block::Stored(Cursor::default()), started: false }
    }

    /// Reads the next block. False at the end.
    fn next(&mut self) -> io::Result<bool> {
        if !self.started {
            let mut header = [0; 12];
            self.reader.read_exact(&mut header)?;
            self.started = true;
        }
        let mut sizes = [0; 16];
        let mut first = self.reader.by_ref().take(1);
        if io::copy(&mut first, &mut sizes.as_mut_slice())? == 0 {
            return Ok(false);
        }
        let (_, rest) = sizes.split_at_mut(1);
        self.reader.read_exact(rest)?;
        let sizes = u128::from_be_bytes(sizes);
        let (unpacked, packed) = ((sizes >> 64) as u64, sizes as u64);
        if packed > MAX_BLOCK {
            return Err(io::Error::new(io::ErrorKind::InvalidData, format!("a pbzx block has {packed} bytes")));
        }
        let mut bytes = Vec::new();
        self.reader.by_ref().take(packed).read_to_end(&mut bytes)?;
        if bytes.len() as u64 != packed {
            return Err(io::ErrorKind::UnexpectedEof.into());
        }
        let bytes = Cursor::new(bytes);
        self.block = if packed == unpacked {
            Block::Stored(bytes)
        } else {
            Block::Xz(Box::new(XzDecoder::new_stream(bytes, Stream::new_stream_decoder(XZ_MEMORY, 0)?)))
        };
        Ok(true)
    }
}

impl<R: Read> Read for Pbzx<R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if buffer.is_empty() {
            return Ok(0);
        }
        loop {
            let count = match &mut self.block {
                Block::Stored(bytes) => bytes.read(buffer)?,
                // The file must not end with a block: a file that is cut short is damaged.
                Block::Xz(bytes) => bytes.read(buffer).map_err(|error| match error.kind() {
                    io::ErrorKind::UnexpectedEof => {
                        io::Error::new(io::ErrorKind::InvalidData, "a pbzx block ends early")
                    }
                    _ => error,
                })?,
            };
            if count > 0 || !self.next()? {
                return Ok(count);
            }
        }
    }
}
