//! The source of the archive's files: mirrors over HTTP.

use std::io::Read;

use super::error::SeedError;
use crate::fetch::{Attempt, Client, HttpOptions, shown};

/// A Debian archive: something that gives files by their path below its base.
pub trait Archive {
    /// The content of the file `path` (`dists/bookworm/InRelease`), of at most `limit` bytes; a larger one is an error.
    fn get(&self, path: &str, limit: u64) -> Result<Vec<u8>, SeedError>;
}

/// An archive on one or more mirrors. The limits of transfers are those of sources.
pub struct HttpArchive {
    bases: Vec<String>,
    client: Client,
}

impl HttpArchive {
    /// Mirrors in order of preference: addresses below which `dists` and `pool` stand, as apt's sources have them.
    pub fn new(bases: &[String], options: &HttpOptions) -> Result<HttpArchive, SeedError> {
        let client = Client::new(options).map_err(|source| SeedError::Client { source })?;
        Ok(HttpArchive { bases: bases.iter().map(|base| base.trim_end_matches('/').to_owned()).collect(), client })
    }
}

impl Archive for HttpArchive {
    fn get(&self, path: &str, limit: u64) -> Result<Vec<u8>, SeedError> {
        let mut problems = Vec::new();
        for base in &self.bases {
            let url = format!("{base}/{path}");
            tracing::debug!(url = shown(&url), "fetching");
            match self.client.get_bytes(&url, limit) {
                Ok(body) => return Ok(body),
                Err(failure) => problems.push(Attempt { place: shown(base), failure }.to_string()),
            }
        }
        let hint = if self.bases.is_empty() {
            problems.push("no mirror is known".to_owned());
            "name one with `--mirror URL`, or in apt's sources"
        } else {
            "check the network and apt's sources, or name another mirror with `--mirror URL`"
        };
        Err(SeedError::Fetch { path: path.to_owned(), problems, hint })
    }
}

/// Reads to the end, and fails rather than hold more than `limit` bytes.
pub(super) fn read_bounded(reader: impl Read, limit: u64) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    reader.take(limit.saturating_add(1)).read_to_end(&mut bytes)?;
    if bytes.len() as u64 > limit {
        let problem = format!("it is larger than {limit} bytes");
        return Err(std::io::Error::new(std::io::ErrorKind::FileTooLarge, problem));
    }
    Ok(bytes)
}
