//! Stopwatches: for the parts of a cycle, and for all cycles together.

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use nix::time::ClockId;
use wasmtime::Result;

/// The time of each part, summed up over the cycles: wall-clock time.
#[derive(Debug)]
pub struct Laps {
    names: &'static [&'static str],
    sums: Vec<Duration>,
    began: Instant,
}

impl Laps {
    pub fn new(names: &'static [&'static str]) -> Self {
        Self { names, sums: vec![Duration::ZERO; names.len()], began: Instant::now() }
    }

    pub fn start(&mut self) {
        self.began = Instant::now();
    }

    /// Ends the part with this index; the next one begins with the same reading of the clock.
    pub fn end(&mut self, part: usize) {
        let now = Instant::now();
        self.sums[part] += now - self.began;
        self.began = now;
    }

    /// Microseconds of each part in a cycle.
    pub fn mean(&self, cycles: u32) -> BTreeMap<&'static str, f64> {
        self.names.iter().zip(&self.sums).map(|(name, sum)| (*name, microseconds(*sum, cycles))).collect()
    }
}

/// Microseconds of one cycle out of so many.
pub fn microseconds(sum: Duration, cycles: u32) -> f64 {
    sum.as_secs_f64() * 1e6 / f64::from(cycles)
}

/// CPU time of this thread: waiting for a processor that others use does not count. Asking takes a system call, so it is
/// for whole bursts.
pub fn cpu_time() -> Result<Duration> {
    Ok(ClockId::CLOCK_THREAD_CPUTIME_ID.now()?.into())
}
