//! How long something took, when asking the clock must not be felt.
//!
//! Asking the system's clock twice takes 0.06 us of a reset that takes 3. Where the system itself takes its time from the
//! processor's counter, so does this, at hardly any cost.

use std::sync::OnceLock;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

use super::os::trusts_counter;
use super::processor::cycles;

/// A moment, to be compared with another one of the same process.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Moment {
    /// Cycles of the counter, or nanoseconds where it is not trusted.
    ticks: u64,
}

impl Moment {
    /// This moment.
    #[inline]
    pub(crate) fn now() -> Self {
        let clock = clock();
        let cycles = if clock.counts_cycles { cycles() } else { None };
        Self { ticks: cycles.unwrap_or_else(|| nanoseconds(clock.began.time.elapsed())) }
    }

    /// The time since then, to 0.1 us at first, and soon to a twenty-thousandth. `None` if this moment was before: a counter
    /// can begin anew while a machine sleeps.
    #[inline]
    pub(crate) fn since(self, earlier: Self) -> Option<Duration> {
        let ticks = self.ticks.checked_sub(earlier.ticks)?;
        let clock = clock();
        Some(Duration::from_nanos(if clock.counts_cycles { scaled(ticks, clock.pace()) } else { ticks }))
    }

    /// The time since then; none if the counter has begun anew.
    #[inline]
    pub(crate) fn elapsed(self) -> Duration {
        Self::now().since(self).unwrap_or_default()
    }
}

#[derive(Debug)]
struct Clock {
    counts_cycles: bool,
    began: Reading,
    /// Nanoseconds a cycle, as a fraction of `1 << PACE_BITS`. 0 as long as that is not known well.
    pace: AtomicU64,
}

const PACE_BITS: u32 = 32;
/// The pace is known when it can be wrong by so small a part: with readings of 0.1 us after 4 ms.
const PACE_PARTS: u32 = 20_000;
/// Readings of which the best counts: the thread can lose its processor in the middle of one.
const READINGS: usize = 8;

fn clock() -> &'static Clock {
    static CLOCK: OnceLock<Clock> = OnceLock::new();
    CLOCK.get_or_init(|| Clock {
        counts_cycles: trusts_counter() && cycles().is_some(),
        began: Reading::take(),
        pace: AtomicU64::new(0),
    })
}

/// Both clocks at one moment.
#[derive(Debug, Clone, Copy)]
struct Reading {
    time: Instant,
    cycle: u64,
    /// How far the two can lie apart.
    apart: Duration,
}

impl Reading {
    fn take() -> Self {
        let once = || {
            let time = Instant::now();
            let cycle = cycles().unwrap_or(0);
            Self { time, cycle, apart: time.elapsed() }
        };
        (1..READINGS).map(|_| once()).fold(once(), |best, next| if next.apart < best.apart { next } else { best })
    }
}

impl Clock {
    #[inline]
    fn pace(&self) -> u64 {
        match self.pace.load(Ordering::Relaxed) {
            0 => self.measured_pace(),
            pace => pace,
        }
    }

    #[cold]
    fn measured_pace(&self) -> u64 {
        let now = Reading::take();
        let passed = now.time.duration_since(self.began.time);
        let cycles = now.cycle.saturating_sub(self.began.cycle).max(1);
        let pace = (u128::from(nanoseconds(passed)) << PACE_BITS) / u128::from(cycles);
        let pace = u64::try_from(pace).unwrap_or(u64::MAX);
        if passed >= (self.began.apart + now.apart) * PACE_PARTS {
            self.pace.store(pace, Ordering::Relaxed);
        }
        pace
    }
}

fn nanoseconds(duration: Duration) -> u64 {
    u64::try_from(duration.as_nanos()).unwrap_or(u64::MAX)
}

#[inline]
fn scaled(cycles: u64, pace: u64) -> u64 {
    u64::try_from((u128::from(cycles) * u128::from(pace)) >> PACE_BITS).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use std::thread;

    use super::*;

    #[test]
    fn tells_the_same_time_as_the_clock_of_the_system() {
        for _ in 0..3 {
            let (outer, began) = (Instant::now(), Moment::now());
            let inner = Instant::now();
            thread::sleep(Duration::from_millis(20));
            let least = inner.elapsed();
            let told = began.elapsed();
            let most = outer.elapsed();
            let error = least / 1000;
            assert!(least.saturating_sub(error) <= told && told <= most + error, "{least:?} <= {told:?} <= {most:?}");
        }
    }

    #[test]
    fn moments_follow_one_another() {
        let mut last = Moment::now();
        for _ in 0..10_000 {
            let now = Moment::now();
            assert!(now.ticks >= last.ticks);
            assert_eq!(now.since(now), Some(Duration::ZERO));
            assert!(now.ticks == last.ticks || last.since(now).is_none(), "it was not yet");
            last = now;
        }
    }

    #[test]
    fn long_times_do_not_overflow() {
        let second = scaled(3_000_000_000, (1 << PACE_BITS) / 3);
        assert!((999_999_990..=1_000_000_000).contains(&second), "{second}");
        assert!(scaled(u64::MAX, 1 << (PACE_BITS - 2)) == u64::MAX / 4);
        assert_eq!(scaled(u64::MAX, u64::MAX), u64::MAX);
    }
}
