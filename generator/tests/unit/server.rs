//! A server on 127.0.0.1 that answers as a test says, and the options with which tests fetch from it.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

use crate::fetch::{HttpOptions, Mirrors, Options, Show};

/// One request as the server saw it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Seen {
    pub path: String,
    pub range: Option<String>,
    pub agent: String,
}

/// What the server does with one connection after it has read a request.
pub enum Answer {
    /// Status line's rest, headers, body: sent as they are, then the connection is closed.
    Full(&'static str, Vec<String>, Vec<u8>),
    /// As `Full` with status 200, but then nothing more comes until the client hangs up.
    Stall(Vec<String>, Vec<u8>),
    /// Headers, then the body's pieces with a pause before each.
    Trickle(Vec<String>, Vec<Vec<u8>>, Duration),
}

pub struct Server {
    pub base: String,
    pub seen: Arc<Mutex<Vec<Seen>>>,
}

impl Server {
    /// Answers every request with `answer(request, number of requests before it)`.
    pub fn new(answer: impl Fn(&Seen, usize) -> Answer + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base = format!("http://{}", listener.local_addr().unwrap());
        let seen = Arc::new(Mutex::new(Vec::new()));
        let (log, answer) = (seen.clone(), Arc::new(answer));
        thread::spawn(move || {
            for stream in listener.incoming() {
                let (log, answer) = (log.clone(), answer.clone());
                thread::spawn(move || serve(stream.unwrap(), &log, &*answer));
            }
        });
        Server { base, seen }
    }

    /// Serves `body` under every path, with ranges.
    pub fn of(body: &[u8]) -> Server {
        let body = body.to_vec();
        Server::new(move |seen, _| ranged(seen, &body))
    }

    pub fn url(&self, path: &str) -> String {
        format!("{}/{path}", self.base)
    }

    pub fn ranges(&self) -> Vec<Option<String>> {
        self.seen.lock().unwrap().iter().map(|seen| seen.range.clone()).collect()
    }

    pub fn requests(&self) -> usize {
        self.seen.lock().unwrap().len()
    }
}

fn serve(mut stream: TcpStream, log: &Mutex<Vec<Seen>>, answer: &dyn Fn(&Seen, usize) -> Answer) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut lines = Vec::new();
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).unwrap_or(0) == 0 {
            return;
        }
        if line.trim().is_empty() {
            break;
        }
        lines.push(line.trim().to_owned());
    }
    let header = |name: &str| {
        lines.iter().find_map(|line| {
            let (key, value) = line.split_once(':')?;
            key.eq_ignore_ascii_case(name).then(|| value.trim().to_owned())
        })
    };
    let path = lines[0].split(' ').nth(1).unwrap().trim_start_matches('/').to_owned();
    let seen = Seen { path, range: header("range"), agent: header("user-agent").unwrap_or_default() };
    let number = {
        let mut log = log.lock().unwrap();
        log.push(seen.clone());
        log.len() - 1
    };
    let mut send = |status: &str, headers: &[String], body: &[u8]| {
        let headers: String = headers.iter().map(|header| format!("{header}\r\n")).collect();
        let head = format!("HTTP/1.1 {status}\r\n{headers}Connection: close\r\n\r\n");
        // The client may hang up at any time: that is its right, and no failure of the server.
        let _ = stream.write_all(head.as_bytes()).and_then(|()| stream.write_all(body));
    };
    match answer(&seen, number) {
        Answer::Full(status, headers, body) => send(status, &headers, &body),
        Answer::Stall(headers, body) => {
            send("200 OK", &headers, &body);
            let _ = reader.read(&mut [0]);
        }
        Answer::Trickle(headers, pieces, pause) => {
            send("200 OK", &headers, &[]);
            for piece in pieces {
                thread::sleep(pause);
                let _ = stream.write_all(&piece);
            }
        }
    }
}

pub fn length(bytes: usize) -> String {
    format!("Content-Length: {bytes}")
}

/// The whole file, or the part of it that the request asks for.
pub fn ranged(seen: &Seen, body: &[u8]) -> Answer {
    match seen.range.as_deref().and_then(|range| range.strip_prefix("bytes=")?.strip_suffix('-')?.parse().ok()) {
        Some(start) if start < body.len() => {
            let range = format!("Content-Range: bytes {start}-{}/{}", body.len() - 1, body.len());
            Answer::Full("206 Partial Content", vec![length(body.len() - start), range], body[start..].to_vec())
        }
        Some(_) => empty("416 Range Not Satisfiable"),
        None => whole(body),
    }
}

pub fn whole(body: &[u8]) -> Answer {
    cut(body, body.len())
}

/// The head promises the whole file, the body is its first `bytes`.
pub fn cut(body: &[u8], bytes: usize) -> Answer {
    Answer::Full("200 OK", vec![length(body.len())], body[..bytes].to_vec())
}

pub fn empty(status: &'static str) -> Answer {
    Answer::Full(status, vec![length(0)], vec![])
}

pub fn options() -> Options {
    let http = HttpOptions {
        tries: 3,
        connect: Duration::from_secs(5),
        stall: Duration::from_secs(20),
        backoff: Duration::from_millis(1),
        ..HttpOptions::default()
    };
    Options { http, show: Show::Quiet, ..Options::default() }
}

pub fn mirrors() -> Mirrors {
    Mirrors::upstream(PathBuf::from("/etc/mirrors-of-the-test.toml"))
}
