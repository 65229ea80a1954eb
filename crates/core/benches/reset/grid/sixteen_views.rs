//! What many views of one image take: the memory of this process before there is any, and when each of them has
//! written its share and was reset.

use super::super::subjects::page_bytes;
use super::cell::Cell;
use super::guest::Guest;
use super::pagefold::{Pagefold, snapshot};
use super::slot::check;
use super::subject::Subject;

const VIEWS: usize = 16;
/// Until what a view keeps for itself is there.
const CYCLES: usize = 100;

/// Sixteen views of an image of so many MiB, all of it resident, each of which dirties so many pages of its own.
pub(super) fn measure(mebibytes: usize, dirty: usize) -> Result<String, String> {
    let resident = (mebibytes << 20) / page_bytes();
    let cell = Cell { slot_mebibytes: mebibytes, resident, dirty, random_percent: 0, read: resident };
    let noise = cell.noise();
    let before = resident_bytes()?;
    let snapshot = snapshot(&cell, &noise).map_err(|error| error.to_string())?;
    let mut views = Vec::new();
    for _ in 0..VIEWS {
        let mut view = Pagefold::of(&snapshot).map_err(|error| error.to_string())?;
        let mut guest = Guest::new(cell);
        guest.plan(CYCLES);
        for cycle in 0..CYCLES {
            guest.run(cycle, view.words());
            view.reset()?;
        }
        views.push(view);
    }
    let after = resident_bytes()?;
    for view in &mut views {
        check(&view.words(), &noise)?;
    }
    let (image, dirty) = (cell.image_bytes(), VIEWS * dirty * page_bytes());
    Ok(format!(r#"{{"views":{VIEWS},"image":{image},"dirty":{dirty},"resident":{}}}"#, after - before))
}

/// Proportional set size: pages that several mappings show count once.
fn resident_bytes() -> Result<usize, String> {
    let table = std::fs::read_to_string("/proc/self/smaps_rollup").map_err(|error| format!("smaps_rollup: {error}"))?;
    let row = table.lines().find_map(|line| line.strip_prefix("Pss:")).ok_or("smaps_rollup has no Pss")?;
    let kibibytes: usize = row.trim().trim_end_matches(" kB").parse().map_err(|_| format!("{row} is not a number"))?;
    Ok(kibibytes << 10)
}
