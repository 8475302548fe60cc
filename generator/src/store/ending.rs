//! What becomes of Nix when this program is told to end: alone, it would go on and build.

use std::io;
use std::process::{Child, ExitStatus};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, LazyLock};
use std::time::Duration;

use rustix::process::{Pid, Signal, kill_process};
use signal_hook::consts::{SIGHUP, SIGTERM};
use signal_hook::flag;

/// Signals that are sent to one program, with their names. What a terminal sends for Ctrl-C goes to Nix, too.
const SIGNALS: [(i32, &str); 2] = [(SIGTERM, "SIGTERM"), (SIGHUP, "SIGHUP")];

/// What signals do, in all of the program.
struct Signals {
    /// Whether they do what they do by default: end this program.
    by_default: Arc<AtomicBool>,
    /// Which of them came last: its place in the list, from one.
    came: Arc<AtomicUsize>,
}

static CAUGHT: LazyLock<Signals> = LazyLock::new(|| {
    let caught = Signals { by_default: Arc::new(AtomicBool::new(true)), came: Arc::default() };
    for (place, (signal, _)) in SIGNALS.into_iter().enumerate() {
        // Where these fail, the signal ends this program alone.
        if flag::register_conditional_default(signal, Arc::clone(&caught.by_default)).is_ok() {
            let _ = flag::register_usize(signal, Arc::clone(&caught.came), place + 1);
        }
    }
    caught
});

/// While it lives, signals that would end this program are noted.
pub struct Noted(());

impl Noted {
    /// Notes signals from now on.
    pub fn from_now() -> Noted {
        CAUGHT.came.store(0, Ordering::SeqCst);
        CAUGHT.by_default.store(false, Ordering::SeqCst);
        Noted(())
    }

    /// The name of the signal that came, if one did.
    pub fn signal(&self) -> Option<&'static str> {
        let place = CAUGHT.came.load(Ordering::SeqCst).checked_sub(1)?;
        SIGNALS.get(place).map(|(_, name)| *name)
    }
}

impl Drop for Noted {
    fn drop(&mut self) {
        CAUGHT.by_default.store(true, Ordering::SeqCst);
    }
}

/// Ends a program of Nix', which ends its builders first. Told while it starts one, Nix can miss it, so it is told again.
pub fn end(child: &mut Child) -> io::Result<ExitStatus> {
    loop {
        if let Some(child) = Pid::from_raw(child.id().cast_signed()) {
            let _ = kill_process(child, Signal::TERM);
        }
        for _ in 0..20 {
            if let Some(status) = child.try_wait()? {
                return Ok(status);
            }
            std::thread::sleep(Duration::from_millis(50));
        }
    }
}
