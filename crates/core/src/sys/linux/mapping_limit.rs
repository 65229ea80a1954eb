//! How many mappings the process has left.
//!
//! The kernel allows 65,530 a process unless told otherwise, and refuses one more with ENOMEM. An engine that needs memory at
//! that moment ends the process. So whoever makes mappings without a bound stops before that, while there are some left
//! for others, and for giving those mappings back.

use std::fs::{File, read_to_string};
use std::io::Read;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use crate::error::{Error, ErrorKind, Result};

/// They are counted when so many more may have been made, half of those that are kept for others: 0.3 to 1 us a mapping.
const MADE_PER_COUNT: usize = 4096;
/// Before so many at once, they are counted in any case.
pub(crate) const MANY_MAPPINGS: usize = 256;

static MADE: AtomicUsize = AtomicUsize::new(0);
/// Whether the last count was too high: then they are counted every time.
static SCARCE: AtomicBool = AtomicBool::new(false);

/// To be called before so many mappings are put into the middle of others, each of which makes up to two more. Fails when
/// seven of eight mappings that the process may have are taken. Where the kernel does not tell, its own refusal has to do.
pub(crate) fn ensure_mappings_left(wanted: usize) -> Result<()> {
    let made = MADE.fetch_add(2 * wanted, Ordering::Relaxed);
    let is_time = wanted >= MANY_MAPPINGS || made / MADE_PER_COUNT != (made + 2 * wanted) / MADE_PER_COUNT;
    if !is_time && !SCARCE.load(Ordering::Relaxed) {
        return Ok(());
    }
    let (Some(taken), Some(limit)) = (taken(), limit()) else { return Ok(()) };
    let scarce = taken + 2 * wanted > limit - limit / 8;
    SCARCE.store(scarce, Ordering::Relaxed);
    if !scarce {
        return Ok(());
    }
    Err(Error::new(
        ErrorKind::OutOfMemory,
        format!(
            "the process has {taken} of the {limit} mappings that it may have, and the rest is kept for others; a reset \
             gives back what was taken by discarding and mapping"
        ),
    ))
}

/// Whether there were too few left when they were counted last.
pub(crate) fn mappings_are_scarce() -> bool {
    SCARCE.load(Ordering::Relaxed)
}

fn limit() -> Option<usize> {
    read_to_string("/proc/sys/vm/max_map_count").ok()?.trim().parse().ok()
}

/// One line a mapping.
fn taken() -> Option<usize> {
    let mut maps = File::open("/proc/self/maps").ok()?;
    let mut buffer = vec![0; 1 << 16];
    let mut lines = 0;
    loop {
        match maps.read(&mut buffer).ok()? {
            0 => return Some(lines),
            length => lines += buffer[..length].iter().filter(|byte| **byte == b'\n').count(),
        }
    }
}
