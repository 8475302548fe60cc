//! Where the archive's files come from: mirrors over HTTP.

use std::io::Read;
use std::time::Duration;

use super::error::SeedError;

/// A Debian archive: something that gives files by their path below its base.
pub trait Archive {
    /// The content of the file `path` (`dists/bookworm/InRelease`), of at most `limit` bytes; a larger one is an error.
    fn get(&self, path: &str, limit: u64) -> Result<Vec<u8>, SeedError>;
}

/// An archive behind one or more HTTP mirrors.
#[derive(Debug)]
pub struct HttpArchive {
    bases: Vec<String>,
    client: reqwest::blocking::Client,
}

/// How often each mirror is asked before the next one is.
const ATTEMPTS: u32 = 3;

impl HttpArchive {
    /// Mirrors in order of preference: addresses below which `dists` and `pool` stand, as apt's sources have them.
    pub fn new(bases: &[String]) -> Result<HttpArchive, SeedError> {
        // reqwest is built without a TLS provider of its own; an error says that one is installed already.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let client = reqwest::blocking::Client::builder()
            .user_agent(concat!("crossloom/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(Duration::from_secs(20))
            // The default of 30 s is for the whole body, which a slow line does not manage.
            .timeout(None)
            .build()
            .map_err(|source| SeedError::Client { source })?;
        Ok(HttpArchive { bases: bases.iter().map(|base| base.trim_end_matches('/').to_owned()).collect(), client })
    }

    /// One request. The error says whether another attempt at the same mirror may help.
    fn attempt(&self, url: &str, limit: u64) -> Result<Vec<u8>, (bool, String)> {
        let response = self.client.get(url).send().map_err(|error| (true, chain(&error)))?;
        let status = response.status();
        if !status.is_success() {
            return Err((status.is_server_error(), format!("HTTP {status}")));
        }
        let length = response.content_length();
        let too_large = |error: &std::io::Error| error.kind() == std::io::ErrorKind::FileTooLarge;
        let body = read_bounded(response, limit).map_err(|error| (!too_large(&error), chain(&error)))?;
        match length {
            Some(length) if length != body.len() as u64 => Err((true, "the connection was cut".to_owned())),
            _ => Ok(body),
        }
    }
}

impl Archive for HttpArchive {
    fn get(&self, path: &str, limit: u64) -> Result<Vec<u8>, SeedError> {
        let mut problems = Vec::new();
        for base in &self.bases {
            let url = format!("{base}/{path}");
            for attempt in 1..=ATTEMPTS {
                tracing::debug!(url, attempt, "fetching");
                match self.attempt(&url, limit) {
                    Ok(body) => return Ok(body),
                    Err((true, _)) if attempt < ATTEMPTS => std::thread::sleep(Duration::from_secs(attempt.into())),
                    Err((_, problem)) => {
                        problems.push(format!("{base}: {problem}"));
                        break;
                    }
                }
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

/// An error and its causes in one line.
fn chain(error: &dyn std::error::Error) -> String {
    let causes = std::iter::successors(error.source(), |cause| cause.source());
    causes.fold(error.to_string(), |text, cause| format!("{text}: {cause}"))
}
