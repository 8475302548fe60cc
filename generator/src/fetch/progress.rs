//! The progress of downloads for people: bars on a terminal, plain lines elsewhere. All on standard error.

use std::io::{IsTerminal, Write};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressStyle};

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Show {
    /// Bars if standard error is a terminal, else a line when a file starts and when it is done.
    #[default]
    Auto,
    /// Nothing but warnings.
    Quiet,
}

/// The display of one run.
pub(super) struct Progress {
    bars: Option<MultiProgress>,
    quiet: bool,
}

/// The display of one file's download.
pub(super) struct Line<'a> {
    progress: &'a Progress,
    name: &'a str,
    bar: Option<ProgressBar>,
    start: Instant,
}

impl Progress {
    pub fn new(show: Show) -> Progress {
        let bars = show == Show::Auto && std::io::stderr().is_terminal();
        Progress { bars: bars.then(MultiProgress::new), quiet: show == Show::Quiet }
    }

    /// A line above the bars, shown even if quiet.
    pub fn warn(&self, text: &str) {
        // Standard error may be a file on a full disk. That must not end the program: the exit code still tells the result.
        let print = || drop(writeln!(std::io::stderr(), "{text}"));
        match &self.bars {
            Some(bars) => bars.suspend(print),
            None => print(),
        }
    }

    fn say(&self, text: &str) {
        if !self.quiet {
            self.warn(text);
        }
    }

    /// A file's download starts. `size` in bytes, where it is known.
    pub fn start<'a>(&'a self, name: &'a str, size: Option<u64>) -> Line<'a> {
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.add(match size {
                Some(size) => ProgressBar::new(size),
                None => ProgressBar::no_length(),
            });
            let template = "{msg:30!} {bar:24} {bytes:>10}/{total_bytes:<10} {bytes_per_sec:>12} {eta:>4}";
            // The template is a constant; with indicatif's own style as the fallback there is nothing to fail.
            bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
                .with_message(name.to_owned())
        });
        if bar.is_none() {
            let size = size.map_or_else(String::new, |size| format!(" ({})", HumanBytes(size)));
            self.say(&format!("fetching {name}{size}"));
        }
        Line { progress: self, name, bar, start: Instant::now() }
    }
}

impl Line<'_> {
    /// `there` bytes of the file are there, out of `total` where that is known.
    pub fn at(&self, there: u64, total: Option<u64>) {
        if let Some(bar) = &self.bar {
            if let Some(total) = total {
                bar.set_length(total);
            }
            bar.set_position(there);
        }
    }

    /// The file is there; `bytes` is its size.
    pub fn done(self, bytes: u64, place: &str) {
        self.clear();
        let time = self.start.elapsed();
        let text = format!("fetched {}: {} in {} from {place}", self.name, HumanBytes(bytes), tenths(time));
        self.progress.say(&text);
    }

    /// The file could not be had; the error is the caller's to print.
    pub fn failed(self) {
        self.clear();
    }

    fn clear(&self) {
        if let (Some(bar), Some(bars)) = (&self.bar, &self.progress.bars) {
            bar.finish_and_clear();
            bars.remove(bar);
        }
    }
}

fn tenths(time: Duration) -> String {
    format!("{:.1} s", time.as_secs_f64())
}
