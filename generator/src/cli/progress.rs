//! The progress of builds for people: a bar on a terminal, plain lines elsewhere. All on standard error.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use super::tell;
use crate::fetch::Show;
use crate::store::Event;
use crate::store::times::{Estimate, Times};

/// How long the terminal stays silent where no bar can be drawn.
const SILENCE: Duration = Duration::from_secs(60);

/// How much is shown of downloads.
pub fn show(quiet: bool) -> Show {
    if quiet { Show::Quiet } else { Show::Auto }
}

/// Shows what happens, one program of Nix's after the other.
pub struct Progress {
    quiet: bool,
    /// Hints that were printed: many files may fail for one reason.
    hints: BTreeSet<String>,
    running: Option<Running>,
}

/// One program of Nix's.
struct Running {
    bar: ProgressBar,
    /// The derivations that are built in all, as far as Nix has told.
    total: Option<usize>,
    /// How many of them have begun.
    begun: usize,
    /// Those that have not, with the time that each took here before.
    times: Times,
    left: Vec<String>,
    /// The nodes that are being built, and since when.
    nodes: Vec<(String, Instant)>,
    since: Instant,
    /// When there was a line last.
    said: Instant,
}

impl Progress {
    /// Nothing is shown yet.
    pub fn new(quiet: bool) -> Progress {
        Progress { quiet, hints: BTreeSet::new(), running: None }
    }

    /// Shows an event.
    pub fn tell(&mut self, event: Event<'_>) {
        let quiet = self.quiet;
        match event {
            Event::NotFetched(error) => super::report_once(error, &mut self.hints),
            Event::Words(lines) => lines.iter().for_each(|line| tell(line)),
            Event::ToBuild(names) => self.running().begin_build(names, quiet),
            Event::Building(node) => self.running().building(node, quiet),
            Event::Built { node, time } => self.running().built(node, time, quiet),
            Event::Waiting => self.running().waiting(quiet),
            Event::Ended => {
                if let Some(running) = self.running.take() {
                    running.bar.finish_and_clear();
                }
            }
        }
    }

    fn running(&mut self) -> &mut Running {
        let quiet = self.quiet;
        self.running.get_or_insert_with(|| Running::new(quiet))
    }
}

impl Running {
    fn new(quiet: bool) -> Running {
        let bar = if quiet || !std::io::stderr().is_terminal() {
            ProgressBar::hidden()
        } else {
            let style = ProgressStyle::with_template("{spinner} {elapsed_precise} {wide_msg}");
            ProgressBar::new_spinner().with_style(style.unwrap_or_else(|_| ProgressStyle::default_spinner()))
        };
        bar.enable_steady_tick(Duration::from_millis(200));
        let times = Times::default();
        Running {
            bar,
            total: None,
            begun: 0,
            times,
            left: Vec::new(),
            nodes: Vec::new(),
            since: Instant::now(),
            said: Instant::now(),
        }
    }

    fn begin_build(&mut self, names: &[String], quiet: bool) {
        self.total = Some(names.len());
        self.times = Times::of_this_machine();
        self.left = names.to_vec();
        if let (Some(left), false) = (self.time_left(), quiet) {
            let line = format!("{} to build{left}", names.len());
            if self.bar.is_hidden() { tell(&line) } else { self.bar.println(line) }
        }
    }

    fn time_left(&self) -> Option<String> {
        estimated(self.times.sum(self.left.iter().map(String::as_str)))
    }

    fn building(&mut self, node: &str, quiet: bool) {
        self.said = Instant::now();
        self.begun += 1;
        let count = self.total.map_or_else(String::new, |total| format!("[{}/{}] ", self.begun, total.max(self.begun)));
        // The node itself is not built yet.
        let left = self.time_left().unwrap_or_default();
        self.left.retain(|name| name != node);
        let line = format!("{count}building {node}{left}");
        self.bar.set_message(line.clone());
        if self.bar.is_hidden() && !quiet {
            tell(&line);
        }
        self.nodes.push((node.to_owned(), self.said));
    }

    fn waiting(&mut self, quiet: bool) {
        if self.bar.is_hidden() && !quiet && self.said.elapsed() >= SILENCE {
            self.said = Instant::now();
            let minutes = |since: &Instant| since.elapsed().as_secs() / 60;
            let line = match self.nodes.as_slice() {
                [] => format!("Nix evaluates, or waits for a build of another process: {} min", minutes(&self.since)),
                nodes => {
                    let each = nodes.iter().map(|(node, since)| format!("{node}: {} min", minutes(since)));
                    each.collect::<Vec<_>>().join(", ")
                }
            };
            tell(&format!("  {line} so far"));
        }
    }

    /// Says how long a node took.
    fn built(&mut self, node: &str, time: Option<Duration>, quiet: bool) {
        // Two nodes may have one name, such as the initramfs of two targets.
        if let Some(at) = self.nodes.iter().position(|(name, _)| name == node) {
            self.nodes.remove(at);
        }
        if let (Some(time), false) = (time, quiet) {
            let line = format!("  {node}: {} s", time.as_secs());
            if self.bar.is_hidden() { tell(&line) } else { self.bar.println(line) }
        }
    }
}

/// An estimate as the end of a line; none where nothing is known.
pub fn estimated(estimate: Estimate) -> Option<String> {
    let Estimate { known, unknown } = estimate;
    if known.is_zero() {
        return None;
    }
    let minutes = known.as_secs().div_ceil(60);
    let time = match (minutes / 60, minutes % 60) {
        (0, 1) => "about a minute".to_owned(),
        (0, minutes) => format!("about {minutes} min"),
        (hours, minutes) => format!("about {hours} h {minutes} min"),
    };
    let rest = match unknown {
        0 => String::new(),
        1 => ", and one that was not built here before".to_owned(),
        more => format!(", and {more} that were not built here before"),
    };
    Some(format!("; {time} left, as this machine took before{rest}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn estimates_are_said_where_something_is_known() {
        let said = |seconds, unknown| estimated(Estimate { known: Duration::from_secs(seconds), unknown });
        assert_eq!(said(0, 3), None);
        for (seconds, unknown, expected) in [
            (40, 0, "; about a minute left, as this machine took before"),
            (700, 1, "; about 12 min left, as this machine took before, and one that was not built here before"),
            (3700, 2, "; about 1 h 2 min left, as this machine took before, and 2 that were not built here before"),
        ] {
            assert_eq!(said(seconds, unknown).as_deref(), Some(expected));
        }
    }
}
