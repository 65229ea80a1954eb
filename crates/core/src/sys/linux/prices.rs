//! What the kernel takes for what decisions weigh against each other: measured here, because processors, kernels and their
//! guards against speculation make it differ by three times and more.

use std::sync::OnceLock;
use std::time::{Duration, Instant};

use super::trial::Trial;
use super::write_protect::{self, Watched};
use super::{ScanBuffer, discard};
use crate::error::Result;
use crate::page_set::PageRun;
use crate::sys::Prices;

/// Enough pages that reading the clock does not count, and few enough that nobody waits: a tenth of a millisecond in all.
const PAGES: usize = 16;
/// Disturbances only ever add, so the least of some trials counts.
const TRIALS: usize = 4;

/// What is measured once per process. Where that fails, what it was elsewhere.
pub(crate) fn prices() -> Prices {
    static MEASURED: OnceLock<Prices> = OnceLock::new();
    *MEASURED.get_or_init(|| Prices {
        watched_write: least(watched_write).unwrap_or(Prices::TYPICAL.watched_write),
        dropped_write: least(dropped_write).unwrap_or(Prices::TYPICAL.dropped_write),
    })
}

/// Nanoseconds a page.
fn least(mut trial: impl FnMut(&mut Trial) -> Result<Duration>) -> Result<usize> {
    let mut pages = Trial::new(PAGES)?;
    (0..PAGES).for_each(|page| pages.store(page));
    let times: Result<Vec<Duration>> = (0..TRIALS).map(|_| trial(&mut pages)).collect();
    let least = times?.into_iter().min().unwrap_or_default();
    Ok(usize::try_from(least.as_nanos()).unwrap_or(usize::MAX) / PAGES)
}

/// The first write to each page after all were armed.
fn watched_write(pages: &mut Trial) -> Result<Duration> {
    let whole = PageRun { start: 0, end: PAGES };
    write_protect::register(pages.pages())?;
    write_protect::arm(Watched::Armed, pages.pages(), whole, &mut ScanBuffer::default())?;
    Ok(time_of_stores(pages))
}

/// Dropping private pages, and the next write to each.
fn dropped_write(pages: &mut Trial) -> Result<Duration> {
    let began = Instant::now();
    discard(&mut pages.pages_mut())?;
    let dropped = began.elapsed();
    Ok(dropped + time_of_stores(pages))
}

fn time_of_stores(pages: &mut Trial) -> Duration {
    let began = Instant::now();
    (0..PAGES).for_each(|page| pages.store(page));
    began.elapsed()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fault_costs_what_faults_cost() {
        let Prices { watched_write, dropped_write } = prices();
        assert!((100..100_000).contains(&watched_write), "{watched_write} ns");
        assert!((100..100_000).contains(&dropped_write), "{dropped_write} ns");
    }
}
