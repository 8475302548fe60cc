//! The progress of builds for people: a bar on a terminal, plain lines elsewhere. All on standard error.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::time::{Duration, Instant};

use indicatif::{ProgressBar, ProgressStyle};

use crate::fetch::Show;
use crate::store::Event;

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
    /// The node that is being built.
    node: Option<String>,
    /// Since when.
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
            Event::Words(lines) => lines.iter().for_each(|line| eprintln!("{line}")),
            Event::ToBuild(count) => self.running().total = Some(count),
            Event::Building(node) => self.running().building(node, quiet),
            Event::Waiting => self.running().waiting(quiet),
            Event::Ended => {
                if let Some(running) = self.running.take() {
                    running.finish(quiet);
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
        Running { bar, total: None, begun: 0, node: None, since: Instant::now(), said: Instant::now() }
    }

    fn building(&mut self, node: &str, quiet: bool) {
        self.finish(quiet);
        self.since = Instant::now();
        self.said = self.since;
        self.begun += 1;
        let count = self.total.map_or_else(String::new, |total| format!("[{}/{}] ", self.begun, total.max(self.begun)));
        let line = format!("{count}building {node}");
        self.bar.set_message(line.clone());
        if self.bar.is_hidden() && !quiet {
            eprintln!("{line}");
        }
        self.node = Some(node.to_owned());
    }

    fn waiting(&mut self, quiet: bool) {
        if self.bar.is_hidden() && !quiet && self.said.elapsed() >= SILENCE {
            self.said = Instant::now();
            let node = self.node.as_deref().unwrap_or("evaluation");
            eprintln!("  {node}: {} min so far", self.since.elapsed().as_secs() / 60);
        }
    }

    /// Says how long the node took that was being built.
    fn finish(&self, quiet: bool) {
        if let (Some(node), false) = (&self.node, quiet) {
            let line = format!("  {node}: {} s", self.since.elapsed().as_secs());
            if self.bar.is_hidden() { eprintln!("{line}") } else { self.bar.println(line) }
        }
    }
}
