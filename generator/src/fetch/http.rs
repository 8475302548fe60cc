//! HTTP: one address to a hashed file, with resume and bounded retries; and small index pages to memory.

use std::collections::BTreeSet;
use std::io::{self, Read};
use std::sync::{Mutex, Once};
use std::time::{Duration, Instant};

use reqwest::Url;
use reqwest::blocking::Response;
use reqwest::header::{ACCEPT, ACCEPT_ENCODING, CONTENT_RANGE, CONTENT_TYPE, HeaderMap, RANGE, RETRY_AFTER};

use hyper_util::client::proxy::matcher::Matcher;

use super::error::Failure;
use super::part::{Part, Storage};
use super::shown;
use crate::input;

/// How patient a [`Client`] is.
#[derive(Debug, Clone)]
pub struct HttpOptions {
    /// Tries per address in which nothing of note arrived.
    pub tries: u32,
    /// Time for a connection to come up.
    pub connect: Duration,
    /// Time in which something must arrive: the response's head, then every next piece of its body.
    pub stall: Duration,
    /// Wait before the second try; doubles with each further one.
    pub backoff: Duration,
    /// Bytes of a body that have to arrive in every `slow_time`, or the address is given up for the next one.
    pub slow_bytes: u64,
    /// See `slow_bytes`.
    pub slow_time: Duration,
    /// Bytes that a file may have whose size is not pinned.
    pub largest: u64,
}

impl Default for HttpOptions {
    fn default() -> Self {
        HttpOptions {
            tries: 4,
            connect: Duration::from_secs(15),
            stall: Duration::from_secs(30),
            backoff: Duration::from_secs(1),
            // Far below any line that somebody would wait for, and above the trickle that only prevents a stall.
            slow_bytes: 10 << 10,
            slow_time: Duration::from_secs(30),
            largest: LARGEST,
        }
    }
}

/// Ten times the largest source that the catalogue knows: without an end a body would fill the disk.
pub(crate) const LARGEST: u64 = 2 << 30;

/// A server that asks to wait longer than this is given up for now.
const LONGEST_RETRY_AFTER: u64 = 60;
/// A try that brings this much more of the file than any before it does not count against the limit.
const PROGRESS: u64 = 1 << 20;
/// A host that cannot be reached is rarely there a second later, so it has fewer tries than a broken transfer.
const CONNECT_TRIES: u32 = 2;

/// An HTTP client that remembers which hosts could not be reached.
pub struct Client {
    inner: reqwest::blocking::Client,
    /// Why https addresses are of no use here; none if they are.
    no_tls: Option<String>,
    options: HttpOptions,
    unreachable: Mutex<BTreeSet<String>>,
}

/// Called with the bytes of the file that are there, and the file's size where it is known.
pub(crate) type Watch<'a> = &'a dyn Fn(u64, Option<u64>);

/// A page that was read into memory.
#[derive(Debug)]
pub(crate) struct Page {
    /// The body.
    pub bytes: Vec<u8>,
    /// Its address after redirects: relative links are relative to it.
    pub url: Url,
    /// `Content-Type`, may be empty.
    pub content_type: String,
}

/// Why a transfer ended without the file.
#[derive(Debug)]
pub(crate) enum Stop {
    /// The address did not do; another one may.
    Address(Failure),
    /// The file cannot be written; no address helps.
    Disk(io::Error),
}

/// Why one try ended.
enum Trouble {
    /// Another try on this address may do, after `wait` if the server named a time.
    Again {
        failure: Failure,
        wait: Option<Duration>,
    },
    /// No connection, or nobody who answers on it: as `Again`, with fewer tries.
    Unconnected(Failure),
    Stop(Stop),
}

impl From<io::Error> for Trouble {
    /// Only writing to the part gives bare I/O errors; reading is classified where it happens.
    fn from(error: io::Error) -> Self {
        Trouble::Stop(Stop::Disk(error))
    }
}

/// How fast a body arrives: a server that sends a byte now and then never stalls, and never ends.
struct Pace<'a> {
    options: &'a HttpOptions,
    since: Instant,
    bytes: u64,
}

impl Pace<'_> {
    fn new(options: &HttpOptions) -> Pace<'_> {
        Pace { options, since: Instant::now(), bytes: 0 }
    }

    /// `n` bytes more have arrived, so that `got` bytes of the file are there.
    fn arrived(&mut self, n: usize, got: u64) -> Result<(), Trouble> {
        self.bytes += n as u64;
        if self.since.elapsed() < self.options.slow_time {
            return Ok(());
        }
        if self.bytes < self.options.slow_bytes {
            let HttpOptions { slow_bytes: least, slow_time: time, .. } = *self.options;
            return Err(give_up(Failure::Slow { got, bytes: self.bytes, time, least }));
        }
        (self.since, self.bytes) = (Instant::now(), 0);
        Ok(())
    }
}

fn give_up(failure: Failure) -> Trouble {
    Trouble::Stop(Stop::Address(failure))
}

/// The proxy that requests for an address go through, by the variables that the client reads; without user and password.
fn proxy(url: &Url) -> Option<String> {
    let intercept = Matcher::from_system().intercept(&url.as_str().parse().ok()?)?;
    Some(shown(&intercept.uri().to_string()))
}

impl Client {
    /// A client. Without CA certificates on the system it refuses https addresses and serves the others.
    pub fn new(options: &HttpOptions) -> Result<Client, Failure> {
        static PROVIDER: Once = Once::new();
        PROVIDER.call_once(|| {
            // An error means that the process has a provider already, which does as well.
            let _ = rustls::crypto::ring::default_provider().install_default();
        });
        let builder = || {
            reqwest::blocking::Client::builder()
                .user_agent(concat!("crossloom/", env!("CARGO_PKG_VERSION")))
                .connect_timeout(options.connect)
                // In the blocking client this bounds each wait (the head, every read of the body), not the whole
                // transfer: exactly a stall timeout. A test holds it to that.
                .timeout(options.stall)
                // Redirects may lead from https to http: mirrors do that, and every file is checked against its pin.
                .redirect(reqwest::redirect::Policy::limited(10))
        };
        // A bare Debian has no CA certificates, and none are needed for a mirror that speaks http: only https goes.
        let (inner, no_tls) = match builder().build() {
            Ok(inner) => (inner, None),
            Err(error) => match builder().tls_certs_only([]).build() {
                Ok(inner) => (inner, Some(super::error::innermost(&error))),
                Err(_) => return Err(Failure::Client { cause: super::error::innermost(&error) }),
            },
        };
        Ok(Client { inner, no_tls, options: options.clone(), unreachable: Mutex::new(BTreeSet::new()) })
    }

    /// The body at `url`, at most `limit` bytes of it; retries as downloads do, without resume.
    ///
    /// The result is unchecked: callers check a signature or a digest.
    pub fn get_bytes(&self, url: &str, limit: u64) -> Result<Vec<u8>, Failure> {
        self.get_page(url, limit, "*/*").map(|page| page.bytes)
    }

    /// As [`Client::get_bytes`], with an `Accept` header, and with what is needed to read the page's links.
    pub(crate) fn get_page(&self, url: &str, limit: u64, accept: &str) -> Result<Page, Failure> {
        let url = parse(url)?;
        if url.scheme() == "file" {
            let mut bytes = Vec::new();
            open_file(&url)?
                .take(limit.saturating_add(1))
                .read_to_end(&mut bytes)
                .map_err(|source| Failure::Read { source })?;
            return match bytes.len() as u64 > limit {
                true => Err(Failure::TooLarge { limit }),
                false => Ok(Page { bytes, url, content_type: String::new() }),
            };
        }
        let result = self.retrying(&url, &mut (), |()| 0, |()| self.page_once(&url, limit, accept));
        result.map_err(|stop| match stop {
            Stop::Address(failure) => failure,
            // Nothing is written here.
            Stop::Disk(source) => Failure::Read { source },
        })
    }

    fn page_once(&self, url: &Url, limit: u64, accept: &str) -> Result<Page, Trouble> {
        let mut response = self.send(url, 0, accept)?;
        if !response.status().is_success() {
            return Err(status_trouble(&response));
        }
        let expected = response.content_length();
        if expected.is_some_and(|length| length > limit) {
            return Err(give_up(Failure::TooLarge { limit }));
        }
        let (url, content_type) = (response.url().clone(), header(response.headers(), &CONTENT_TYPE).to_owned());
        let mut bytes = Vec::new();
        let mut buffer = vec![0; 1 << 16];
        let mut pace = Pace::new(&self.options);
        loop {
            let n =
                read(&mut response, &mut buffer).map_err(|error| self.broken(error, bytes.len() as u64, expected))?;
            if n == 0 {
                return Ok(Page { bytes, url, content_type });
            }
            bytes.extend_from_slice(buffer.get(..n).unwrap_or_default());
            if bytes.len() as u64 > limit {
                return Err(give_up(Failure::TooLarge { limit }));
            }
            pace.arrived(n, bytes.len() as u64)?;
        }
    }

    /// Completes `part` from `url` (http, https or file) until `verify` takes it, which is asked of whole bodies only.
    ///
    /// On a failure the part holds what a later try, here or elsewhere, can go on from; nothing if its bytes are wrong.
    pub(crate) fn download<S: Storage>(
        &self,
        url: &str,
        part: &mut Part<S>,
        size: Option<u64>,
        watch: Watch,
        mut verify: impl FnMut(&Part<S>) -> Result<(), Stop>,
    ) -> Result<(), Stop> {
        let url = parse(url).map_err(Stop::Address)?;
        let mut again = true;
        loop {
            let stitched = if url.scheme() == "file" {
                copy(open_file(&url).map_err(Stop::Address)?, part, (size, self.options.largest), watch)?;
                false
            } else {
                self.transfer(&url, part, size, watch)?
            };
            let failure = match verify(part) {
                Ok(()) => return Ok(()),
                Err(Stop::Disk(error)) => return Err(Stop::Disk(error)),
                Err(Stop::Address(failure)) => failure,
            };
            part.restart().map_err(Stop::Disk)?;
            // The bytes came from several answers, and any of them can be the wrong one: only a whole answer tells. It
            // gets one chance, or a server that cuts every answer short would be asked forever.
            if !(stitched && std::mem::take(&mut again)) {
                return Err(Stop::Address(failure));
            }
        }
    }

    /// Fills the part with the whole body, and tells whether more than one response contributed to it.
    fn transfer<S: Storage>(
        &self,
        url: &Url,
        part: &mut Part<S>,
        size: Option<u64>,
        watch: Watch,
    ) -> Result<bool, Stop> {
        self.retrying(url, part, Part::length, |part| self.try_once(url, part, size, watch))
    }

    fn try_once<S: Storage>(
        &self,
        url: &Url,
        part: &mut Part<S>,
        size: Option<u64>,
        watch: Watch,
    ) -> Result<bool, Trouble> {
        // As large as the pin says or larger, but not the file: nothing to go on from.
        if size.is_some_and(|size| part.length() >= size) || part.length() > self.options.largest {
            part.restart()?;
        }
        let mut response = self.send(url, part.length(), "*/*")?;
        if response.status().as_u16() == 416 && part.length() > 0 {
            part.restart()?;
            response = self.send(url, 0, "*/*")?;
        }
        if response.status().as_u16() == 206 && !continues(response.headers(), part.length()) {
            // The server sent another range than the one that was asked for.
            part.restart()?;
            response = self.send(url, 0, "*/*")?;
        }
        match response.status().as_u16() {
            206 if part.length() > 0 => {}
            // The server ignores ranges: this is the file from its start.
            200 => {
                if part.length() > 0 {
                    part.restart()?;
                }
            }
            _ => return Err(status_trouble(&response)),
        }
        let stitched = part.length() > 0;
        let total = response.content_length().and_then(|length| length.checked_add(part.length()));
        if let (Some(expected), Some(got)) = (size, total)
            && expected != got
        {
            return Err(give_up(Failure::Size { expected, got }));
        }
        let total = size.or(total);
        if size.is_none() && total.is_some_and(|total| total > self.options.largest) {
            return Err(give_up(Failure::TooLarge { limit: self.options.largest }));
        }
        part.has_room_for(total)?;
        let mut buffer = vec![0; 1 << 16];
        let mut pace = Pace::new(&self.options);
        loop {
            watch(part.length(), total);
            let n = read(&mut response, &mut buffer).map_err(|error| self.broken(error, part.length(), total))?;
            if n == 0 {
                break;
            }
            let after = part.length().saturating_add(n as u64);
            if let Err(failure) = within(after, size, self.options.largest) {
                part.restart()?;
                return Err(give_up(failure));
            }
            part.append(buffer.get(..n).unwrap_or_default())?;
            // A server that sent the whole file may have been slow.
            if total != Some(after) {
                pace.arrived(n, after)?;
            }
        }
        match total.filter(|total| part.length() < *total) {
            Some(expected) => {
                Err(Trouble::Again { failure: Failure::Truncated { got: part.length(), expected }, wait: None })
            }
            None => Ok(stitched),
        }
    }

    /// Runs `once` until it succeeds, gives up, or has used up its tries. `length` tells how much is there.
    fn retrying<S, T>(
        &self,
        url: &Url,
        state: &mut S,
        length: impl Fn(&S) -> u64,
        mut once: impl FnMut(&mut S) -> Result<T, Trouble>,
    ) -> Result<T, Stop> {
        let host =
            format!("{}:{}", url.host_str().unwrap_or_default(), url.port_or_known_default().unwrap_or_default());
        if self.unreachable.lock().is_ok_and(|hosts| hosts.contains(&host)) {
            return Err(Stop::Address(Failure::Unreachable { host }));
        }
        let (mut tries, mut best) = (0, length(state));
        loop {
            let (failure, wait, connected) = match once(state) {
                Ok(value) => return Ok(value),
                Err(Trouble::Stop(stop)) => return Err(stop),
                Err(Trouble::Again { failure, wait }) => (failure, wait, true),
                Err(Trouble::Unconnected(failure)) => (failure, None, false),
            };
            let limit = if connected { self.options.tries } else { self.options.tries.min(CONNECT_TRIES) };
            // Progress is counted against the most there ever was, so a server that starts over each time brings none.
            if length(state) >= best.saturating_add(PROGRESS) {
                (tries, best) = (0, length(state));
            } else {
                tries += 1;
            }
            if tries >= limit {
                if !connected && let Ok(mut hosts) = self.unreachable.lock() {
                    hosts.insert(host);
                }
                return Err(Stop::Address(failure));
            }
            let backoff = self.options.backoff.saturating_mul(1 << tries.saturating_sub(1).min(10));
            std::thread::sleep(wait.unwrap_or(backoff).min(Duration::from_secs(LONGEST_RETRY_AFTER)));
        }
    }

    /// Asks for a file from its byte number `offset` on.
    fn send(&self, url: &Url, offset: u64, accept: &str) -> Result<Response, Trouble> {
        if let Some(cause) = self.no_tls.as_ref().filter(|_| url.scheme() == "https") {
            return Err(give_up(Failure::Client { cause: cause.clone() }));
        }
        // The pin is of the file as stored: no compression in between.
        let request = self.inner.get(url.clone()).header(ACCEPT, accept).header(ACCEPT_ENCODING, "identity");
        let request = if offset > 0 { request.header(RANGE, format!("bytes={offset}-")) } else { request };
        request.send().map_err(|error| {
            // The address is in the list of attempts already, and may hold credentials.
            let source = error.without_url();
            if source.is_builder() || source.is_redirect() {
                give_up(Failure::Broken { got: offset, source: source.into() })
            } else if source.is_dns() {
                Trouble::Unconnected(Failure::Dns { proxy: proxy(url), source })
            } else if source.is_connect() {
                Trouble::Unconnected(Failure::Connect { proxy: proxy(url), source })
            } else if source.is_timeout() {
                // Not even a head came: more like a dead host than like a broken transfer.
                Trouble::Unconnected(Failure::Stalled { got: offset, limit: self.options.stall })
            } else {
                Trouble::Again { failure: Failure::Broken { got: offset, source: source.into() }, wait: None }
            }
        })
    }

    /// A failed read of a body.
    fn broken(&self, error: io::Error, got: u64, expected: Option<u64>) -> Trouble {
        let reset = causes(&error).any(|cause| {
            let kind = cause.downcast_ref::<io::Error>().map(io::Error::kind);
            matches!(kind, Some(io::ErrorKind::ConnectionReset | io::ErrorKind::ConnectionAborted))
        });
        let stalled = error.kind() == io::ErrorKind::TimedOut
            || causes(&error)
                .any(|cause| cause.downcast_ref::<reqwest::Error>().is_some_and(reqwest::Error::is_timeout));
        let failure = match expected {
            _ if stalled => Failure::Stalled { got, limit: self.options.stall },
            Some(expected) if !reset => Failure::Truncated { got, expected },
            _ => Failure::Broken { got, source: error.into() },
        };
        Trouble::Again { failure, wait: None }
    }
}

fn causes<'a>(error: &'a io::Error) -> impl Iterator<Item = &'a (dyn std::error::Error + 'static)> {
    let first: Option<&'a (dyn std::error::Error + 'static)> = error.get_ref().map(|inner| inner as _);
    std::iter::successors(first, |error| error.source())
}

fn read(reader: &mut impl Read, buffer: &mut [u8]) -> io::Result<usize> {
    loop {
        match reader.read(buffer) {
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            result => return result,
        }
    }
}

fn parse(url: &str) -> Result<Url, Failure> {
    let url = Url::parse(url).map_err(|_| Failure::Address)?;
    if matches!(url.scheme(), "http" | "https" | "file") { Ok(url) } else { Err(Failure::Address) }
}

fn open_file(url: &Url) -> Result<std::fs::File, Failure> {
    let path = url.to_file_path().map_err(|()| Failure::Address)?;
    input::open(&path).map_err(|source| Failure::Read { source })
}

/// Whether a file with so many bytes can still be the one with the pinned size, or is not too large for one without.
fn within(bytes: u64, size: Option<u64>, largest: u64) -> Result<(), Failure> {
    match size {
        Some(expected) if bytes > expected => Err(Failure::Size { expected, got: bytes }),
        None if bytes > largest => Err(Failure::TooLarge { limit: largest }),
        _ => Ok(()),
    }
}

/// Copies a local file into the part, from its start: reading it again costs little. Of its size is told what is pinned,
/// and what it may be where nothing is.
pub(crate) fn copy<S: Storage>(
    mut file: std::fs::File,
    part: &mut Part<S>,
    (size, largest): (Option<u64>, u64),
    watch: Watch,
) -> Result<(), Stop> {
    let unread = |source| Stop::Address(Failure::Read { source });
    part.restart().map_err(Stop::Disk)?;
    let length = file.metadata().map_err(unread)?.len();
    within(length, size, largest).map_err(Stop::Address)?;
    part.has_room_for(Some(length)).map_err(Stop::Disk)?;
    let mut buffer = vec![0; 1 << 16];
    loop {
        watch(part.length(), size);
        let n = read(&mut file, &mut buffer).map_err(unread)?;
        if n == 0 {
            return Ok(());
        }
        // It may grow meanwhile.
        within(part.length().saturating_add(n as u64), size, largest).map_err(Stop::Address)?;
        part.append(buffer.get(..n).unwrap_or_default()).map_err(Stop::Disk)?;
    }
}

fn header<'a>(headers: &'a HeaderMap, name: &reqwest::header::HeaderName) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// Whether a 206's `Content-Range: bytes 100-199/200` begins at `offset`.
pub(crate) fn continues(headers: &HeaderMap, offset: u64) -> bool {
    let start = header(headers, &CONTENT_RANGE).trim().strip_prefix("bytes").and_then(|range| range.split_once('-'));
    start.and_then(|(start, _)| start.trim().parse().ok()) == Some(offset)
}

/// After how many seconds a server wants to be asked again. Only that form is read: the one with a date needs the server's
/// clock and this machine's to agree.
pub(crate) fn retry_after(headers: &HeaderMap) -> Option<u64> {
    header(headers, &RETRY_AFTER).trim().parse().ok()
}

fn status_trouble(response: &Response) -> Trouble {
    let status = response.status();
    let retry_after = retry_after(response.headers());
    let reason = status.canonical_reason().unwrap_or_default().to_owned();
    let failure = Failure::Status { code: status.as_u16(), reason, retry_after };
    match status.as_u16() {
        408 | 425 | 429 | 500..=599 if retry_after.is_none_or(|wait| wait <= LONGEST_RETRY_AFTER) => {
            Trouble::Again { failure, wait: retry_after.map(Duration::from_secs) }
        }
        _ => give_up(failure),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A disk with room for `room` bytes.
    struct SmallDisk {
        room: usize,
        held: Vec<u8>,
        tells: bool,
    }

    impl Storage for SmallDisk {
        fn append(&mut self, bytes: &[u8]) -> io::Result<()> {
            if self.held.len() + bytes.len() > self.room {
                return Err(io::ErrorKind::StorageFull.into());
            }
            self.held.extend_from_slice(bytes);
            Ok(())
        }

        fn clear(&mut self) -> io::Result<()> {
            self.held.clear();
            Ok(())
        }

        fn room(&self) -> Option<u64> {
            self.tells.then_some((self.room - self.held.len()) as u64)
        }
    }

    #[test]
    fn a_full_disk_is_told_from_a_bad_address_and_not_tried_again() {
        let directory = tempfile::tempdir().unwrap();
        let source = directory.path().join("source");
        std::fs::write(&source, vec![7; 1 << 18]).unwrap();
        let url = Url::from_file_path(&source).unwrap();
        let client = Client::new(&HttpOptions::default()).unwrap();
        for (tells, written) in [(false, 1 << 17), (true, 0)] {
            let mut full = Part::new(SmallDisk { room: 1 << 17, held: Vec::new(), tells });
            match client.download(url.as_str(), &mut full, None, &|_, _| {}, |_| Ok(())) {
                Err(Stop::Disk(error)) => assert_eq!(error.kind(), io::ErrorKind::StorageFull),
                other => panic!("{other:?}"),
            }
            // If the free room of the disk is known, a download that does not fit is not begun.
            assert_eq!(full.received(), written);
        }
        let mut roomy = Part::new(SmallDisk { room: 1 << 18, held: Vec::new(), tells: true });
        client.download(url.as_str(), &mut roomy, None, &|_, _| {}, |_| Ok(())).unwrap();
        assert_eq!(roomy.received(), 1 << 18);
    }

    #[test]
    fn only_the_range_that_was_asked_for_is_appended() {
        let headers = |text: &str| HeaderMap::from_iter([(CONTENT_RANGE, text.parse().unwrap())]);
        assert!(continues(&headers("bytes 100-199/200"), 100));
        for text in ["bytes 0-199/200", "bytes */200", "items 100-199/200", "", "bytes 100"] {
            assert!(!continues(&headers(text), 100), "{text}");
        }
    }

    #[test]
    fn other_schemes_are_refused() {
        for url in ["ftp://example.org/x", "x", "data:,x", ""] {
            assert!(matches!(parse(url), Err(Failure::Address)), "{url}");
        }
    }
}
