//! What tests that bound time go by.

use std::time::Duration;

use rustix::time::{ClockId, clock_gettime};

/// What the processor spent on this thread: a busy machine, which makes a test wait, does not change it.
pub fn processor_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::try_from(time).expect("it counts from the thread's start")
}
