//! The progress of downloads for people: bars on a terminal, plain lines elsewhere. All on standard error.

use std::io::{IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use indicatif::{HumanBytes, MultiProgress, ProgressBar, ProgressStyle};

/// How long there is nothing to read where no bar can be drawn.
const SILENCE: Duration = Duration::from_secs(60);

/// How much is shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Show {
    /// Bars if standard error is a terminal, else a line for each file, and one a minute for a file that takes longer.
    #[default]
    Auto,
    /// Nothing but warnings.
    Quiet,
}

/// The display of one run.
pub(super) struct Progress {
    bars: Option<MultiProgress>,
    /// Below the bars of files: all of them.
    all: Option<ProgressBar>,
    quiet: bool,
    total: Total,
    done: Mutex<Total>,
}

/// Files, and their bytes as far as these are known.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Total {
    pub files: usize,
    pub bytes: u64,
}

/// The display of one file's download.
pub(super) struct Line<'a> {
    progress: &'a Progress,
    name: &'a str,
    /// Its size, where it is known beforehand.
    size: Option<u64>,
    bar: Option<ProgressBar>,
    start: Instant,
    /// When there was a line last.
    said: Mutex<Instant>,
}

impl Progress {
    pub fn new(show: Show, total: Total) -> Progress {
        let bars = show == Show::Auto && std::io::stderr().is_terminal();
        let bars = bars.then(MultiProgress::new);
        let all = bars.as_ref().filter(|_| total.files > 1).map(|bars| {
            let bar = bars.add(ProgressBar::new(total.bytes));
            let template = "{msg:30!} {bar:24} {bytes:>10}/{total_bytes:<10}";
            bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
        });
        Progress { bars, all, quiet: show == Show::Quiet, total, done: Mutex::default() }
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

    /// A file is there, wherever it came from. Gives what is there now.
    pub fn there(&self, size: Option<u64>) -> Total {
        let mut done = self.done.lock().unwrap_or_else(PoisonError::into_inner);
        done.files += 1;
        done.bytes += size.unwrap_or_default();
        if let Some(bar) = &self.all {
            bar.set_position(done.bytes);
            bar.set_message(format!("{} of {} files", done.files, self.total.files));
            if done.files == self.total.files {
                bar.finish_and_clear();
            }
        }
        *done
    }

    /// A file's download starts. `size` in bytes, where it is known.
    pub fn start<'a>(&'a self, name: &'a str, size: Option<u64>) -> Line<'a> {
        let bar = self.bars.as_ref().map(|bars| {
            let bar = bars.insert(
                0,
                match size {
                    Some(size) => ProgressBar::new(size),
                    None => ProgressBar::no_length(),
                },
            );
            let template = "{msg:30!} {bar:24} {bytes:>10}/{total_bytes:<10} {bytes_per_sec:>12} {eta:>4}";
            // The template is a constant; with indicatif's own style as the fallback there is nothing to fail.
            bar.with_style(ProgressStyle::with_template(template).unwrap_or_else(|_| ProgressStyle::default_bar()))
                .with_message(name.to_owned())
        });
        let start = Instant::now();
        Line { progress: self, name, size, bar, start, said: Mutex::new(start) }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        // Where a file could not be had, the bar of all of them never comes to its end.
        if let Some(bar) = &self.all {
            bar.finish_and_clear();
        }
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
            return;
        }
        let mut said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        if said.elapsed() >= SILENCE {
            *said = Instant::now();
            let of = total.map_or_else(String::new, |total| format!(" of {}", HumanBytes(total)));
            self.progress.say(&format!("  {}: {}{of} so far", self.name, HumanBytes(there)));
        }
    }

    /// The file is there; `bytes` is its size.
    pub fn done(self, bytes: u64, place: &str) {
        self.clear();
        let Total { files, bytes: there } = self.progress.there(self.size);
        let all = self.progress.total;
        let count = match (all.files, all.bytes) {
            (0 | 1, _) => String::new(),
            (_, 0) => format!("[{files}/{}] ", all.files),
            _ => format!("[{files}/{}, {} of {}] ", all.files, HumanBytes(there), HumanBytes(all.bytes)),
        };
        let (name, size, time) = (self.name, HumanBytes(bytes), tenths(self.start.elapsed()));
        self.progress.say(&format!("{count}fetched {name}: {size} in {time} from {place}"));
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
