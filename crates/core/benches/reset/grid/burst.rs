//! Many cycles of one subject, timed and counted.

use std::rc::Rc;
use std::time::{Duration, Instant};

use super::busy_thread::BusyThread;
use super::cell::Cell;
use super::counters::Counters;
use super::guest::Guest;
use super::slot::{SlotImage, check};
use super::subject::{Subject, subject};

/// How often a burst is done at most, if it is not longer than a process is left alone for on a busy machine.
const TRIES: usize = 5;
const WORTH_TRYING: Duration = Duration::from_millis(8);

/// A subject with a guest of its own, kept between bursts.
#[derive(Debug)]
pub(super) struct Runner {
    subject: Box<dyn Subject>,
    guest: Guest,
    image: Rc<SlotImage>,
}

/// Sums over all cycles of a burst.
#[derive(Debug)]
pub(super) struct Burst {
    pub(super) cycles: usize,
    pub(super) guest: Duration,
    pub(super) reset: Duration,
    pub(super) counted: Counters,
}

impl Runner {
    pub(super) fn new(name: &str, cell: &Cell, image: &Rc<SlotImage>) -> Result<Self, String> {
        Ok(Self { subject: subject(name, cell, image)?, guest: Guest::new(*cell), image: Rc::clone(image) })
    }

    /// Does `cycles` cycles, and does them again when another process got in between, but not for ever.
    pub(super) fn burst(&mut self, cycles: usize, beside: Option<&BusyThread>) -> Result<Burst, String> {
        let mut burst = self.one_burst(cycles, beside)?;
        for _ in 1..TRIES {
            if burst.counted.preemptions == 0 || burst.guest + burst.reset > WORTH_TRYING {
                break;
            }
            burst = self.one_burst(cycles, beside)?;
        }
        Ok(burst)
    }

    fn one_burst(&mut self, cycles: usize, beside: Option<&BusyThread>) -> Result<Burst, String> {
        self.guest.plan(cycles);
        match beside {
            Some(busy) => busy.beside(|| self.counted_cycles(cycles)),
            None => self.counted_cycles(cycles),
        }
    }

    fn counted_cycles(&mut self, cycles: usize) -> Result<Burst, String> {
        let before = Counters::begin()?;
        let timed = self.cycles(cycles);
        let counted = before.until_now()?;
        let (guest, reset) = timed?;
        Ok(Burst { cycles, guest, reset, counted })
    }

    fn cycles(&mut self, cycles: usize) -> Result<(Duration, Duration), String> {
        let (mut guest, mut reset) = (Duration::ZERO, Duration::ZERO);
        for cycle in 0..cycles {
            let began = Instant::now();
            self.guest.run(cycle, self.subject.words());
            let written = Instant::now();
            self.subject.reset()?;
            reset += written.elapsed();
            guest += written - began;
        }
        Ok((guest, reset))
    }

    /// One cycle, whose effect and whose end are compared byte by byte.
    pub(super) fn check(&mut self) -> Result<(), String> {
        self.guest.plan(1);
        self.guest.run(0, self.subject.words());
        if !self.guest.has_written(&self.subject.words()) {
            return Err("what the guest wrote does not show".to_owned());
        }
        self.subject.reset()?;
        check(&self.subject.words(), self.image.bytes())
    }
}

impl Burst {
    /// Microseconds a cycle.
    pub(super) fn per_cycle(&self, sum: Duration) -> f64 {
        sum.as_secs_f64() * 1e6 / self.count()
    }

    pub(super) fn counted_per_cycle(&self, count: u64) -> f64 {
        f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / self.count()
    }

    fn count(&self) -> f64 {
        f64::from(u32::try_from(self.cycles).unwrap_or(u32::MAX))
    }
}
