//! Several runs of one subject in a row.

use std::time::{Duration, Instant};

use nix::sys::resource::{UsageWho, getrusage};

use super::caches::Caches;
use super::case::{Case, Subject};

/// How often a burst is done at most, if it is not longer than a process is left alone for on a busy machine.
const TRIES: usize = 5;
const WORTH_TRYING: Duration = Duration::from_millis(40);

/// Microseconds of a run: the median of the runs, or the mean where each must pay for what happens now and then. Done
/// again when another process got in between, but not for ever.
pub(crate) fn burst(case: &mut Case, index: usize, runs: usize) -> Result<f64, String> {
    let subject = case.subjects.get_mut(index).ok_or("there is no such subject")?.as_mut();
    let mut least = f64::INFINITY;
    for _ in 0..TRIES {
        let before = preemptions();
        let times = one_burst(subject, case.caches.as_mut(), runs)?;
        least = least.min(if subject.counts_rarities() { mean(&times) } else { median(times.clone()) });
        if preemptions() == before || times.iter().sum::<Duration>() > WORTH_TRYING {
            break;
        }
    }
    Ok(least)
}

fn one_burst(subject: &mut dyn Subject, mut caches: Option<&mut Caches>, runs: usize) -> Result<Vec<Duration>, String> {
    (0..runs)
        .map(|_| {
            subject.prepare()?;
            if let Some(caches) = &mut caches {
                caches.empty();
            }
            let began = Instant::now();
            subject.run()?;
            Ok(began.elapsed())
        })
        .collect()
}

/// Does the work once and looks at all of its result.
pub(crate) fn check(case: &mut Case, index: usize) -> Result<(), String> {
    let subject = case.subjects.get_mut(index).ok_or("there is no such subject")?;
    let checked = subject.prepare().and_then(|()| subject.run()).and_then(|()| subject.check());
    checked.map_err(|problem| format!("{}: {problem}", subject.name()))
}

/// How often this thread had to give way to another.
fn preemptions() -> i64 {
    getrusage(UsageWho::RUSAGE_THREAD).map_or(0, |usage| usage.involuntary_context_switches())
}

fn mean(times: &[Duration]) -> f64 {
    let count = f64::from(u32::try_from(times.len()).unwrap_or(u32::MAX));
    microseconds(times.iter().sum()) / count
}

fn median(mut times: Vec<Duration>) -> f64 {
    times.sort_unstable();
    times.get(times.len() / 2).copied().map_or(f64::NAN, microseconds)
}

fn microseconds(time: Duration) -> f64 {
    time.as_secs_f64() * 1e6
}
