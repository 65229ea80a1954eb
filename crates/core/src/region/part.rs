//! Parts of one region, each with an owner of its own.
//!
//! ```text
//!  Region      |== 0 ==|.|== 1 ==|.|== 2 ==|.|     one mapping, one buffer for JavaScript
//!  RegionPart  |== 0 ==| |== 1 ==| |== 2 ==|       no two share a page, so threads can use them side by side
//! ```

use std::sync::Arc;
use std::sync::atomic::Ordering;

use super::{Region, RegionMemory, Window, backing, retired};
use crate::error::{Error, ErrorKind, Result};
use crate::page_set::PageRun;
use crate::sys;

/// Some pages of a region that was divided, owned by nobody else: [`Region::into_parts`].
#[derive(Debug)]
pub struct RegionPart {
    memory: Arc<RegionMemory>,
    run: PageRun,
}

impl Region {
    /// Divides the region. Nobody owns the pages that no run names. The runs ascend, and none begins before the end of the
    /// one before it.
    ///
    /// # Errors
    /// `OutOfRange` when runs overlap, are empty, or the region lacks a page; `Unsupported` when its pages belong to a file;
    /// `OutOfMemory` when there is no room for the list.
    pub fn into_parts(self, runs: impl ExactSizeIterator<Item = PageRun>) -> Result<Vec<RegionPart>> {
        if self.backing.is_some() {
            return Err(backing::untracked());
        }
        let page_count = sys::page_size().count(self.byte_length);
        let mut parts = Vec::new();
        parts.try_reserve_exact(runs.len()).map_err(|_| {
            Error::new(ErrorKind::OutOfMemory, format!("there is no memory for a list of {} parts", runs.len()))
        })?;
        let mut next = 0;
        for run in runs {
            if run.start < next || run.end <= run.start || run.end > page_count {
                let message = format!("pages {}..{} are no part of what is left of {page_count}", run.start, run.end);
                return Err(Error::new(ErrorKind::OutOfRange, message));
            }
            next = run.end;
            parts.push(RegionPart { memory: Arc::clone(&self.memory), run });
        }
        Ok(parts)
    }
}

impl RegionPart {
    /// All pages of the part, for one operation at a time.
    ///
    /// # Errors
    /// `System` when the region was retired.
    pub fn window(&mut self) -> Result<Window<'_>> {
        if self.memory.is_retired() {
            return Err(retired());
        }
        Window::over_part(self)
    }

    /// Its pages, counted from the beginning of the region.
    #[must_use]
    pub const fn run(&self) -> PageRun {
        self.run
    }

    pub(super) fn memory(&self) -> &RegionMemory {
        &self.memory
    }

    /// Puts untouched zeros in place of everything that is mapped or was written here.
    ///
    /// # Errors
    /// `OutOfMemory` when there are no mappings left; the part is as it was then.
    pub fn clear(&mut self) -> Result<()> {
        sys::map_zero_over(self.window()?.pages_mut())
    }

    /// As [`Region::retire`], for a region of which `parts` are all that there is: together they have every page of it.
    ///
    /// # Errors
    /// `OutOfRange` when a page is missing, or the parts are of more regions than one; `System` when the kernel refuses. The
    /// memory is then still there.
    pub fn retire(mut parts: Vec<Self>) -> Result<()> {
        parts.sort_unstable_by_key(|part| part.run.start);
        let Some(memory) = parts.first().map(|part| Arc::clone(&part.memory)) else { return Ok(()) };
        let whole = sys::page_size().count(memory.byte_length());
        let end = parts.iter().try_fold(0, |next, part| {
            (part.run.start == next && Arc::ptr_eq(&part.memory, &memory)).then_some(part.run.end)
        });
        if end != Some(whole) {
            return Err(Error::new(ErrorKind::OutOfRange, "these parts are not the whole of one region"));
        }
        let byte_length = memory.byte_length();
        sys::revoke(Window::over(&memory, byte_length)?.pages_mut())?;
        memory.retired.store(true, Ordering::Release);
        Ok(())
    }
}

#[cfg(all(test, not(pagefold_unsupported)))]
mod tests {
    use super::*;

    const fn run(start: usize, end: usize) -> PageRun {
        PageRun { start, end }
    }

    fn region(pages: usize) -> Region {
        let byte_length = pages * sys::page_size().bytes();
        Region::allocate(byte_length, byte_length).expect("allocates")
    }

    #[test]
    fn each_part_has_its_own_pages() {
        let page = sys::page_size().bytes();
        let mut parts = region(6).into_parts([run(0, 2), run(2, 3), run(4, 6)].into_iter()).expect("they are disjoint");
        for (number, part) in (1_u8..).zip(&mut parts) {
            let mut window = part.window().expect("alive");
            let byte_length = window.byte_length();
            window.write(0, &vec![number; byte_length]).expect("in range");
            assert!(window.write(byte_length, &[9]).is_err());
        }
        for (number, part) in (1_u8..).zip(&mut parts) {
            let window = part.window().expect("alive");
            let mut seen = vec![0; window.byte_length()];
            window.read(0, &mut seen).expect("in range");
            assert!(seen.iter().all(|byte| *byte == number), "part {number}");
        }
        parts[1].clear().expect("there is a mapping left");
        assert!(parts[1].window().expect("alive").is_zero(run(0, 1)));
        assert!(!parts[2].window().expect("alive").is_zero(run(0, 1)));
        assert_eq!(parts[2].window().expect("alive").byte_length(), 2 * page);
    }

    #[test]
    fn what_overlaps_or_is_not_there_is_refused() {
        for runs in [[run(0, 2), run(1, 3)], [run(2, 3), run(0, 1)], [run(0, 1), run(1, 1)], [run(0, 1), run(3, 5)]] {
            assert_eq!(region(4).into_parts(runs.into_iter()).expect_err("refused").kind(), ErrorKind::OutOfRange);
        }
    }

    #[test]
    fn only_all_parts_together_are_retired() {
        let all = || region(3).into_parts([run(0, 1), run(1, 3)].into_iter()).expect("they are disjoint");
        let mut some = all();
        drop(some.pop());
        assert_eq!(RegionPart::retire(some).expect_err("a part is missing").kind(), ErrorKind::OutOfRange);
        let mixed = vec![all().remove(0), all().remove(1)];
        assert_eq!(RegionPart::retire(mixed).expect_err("two regions").kind(), ErrorKind::OutOfRange);
        RegionPart::retire(all()).expect("the kernel has room");
    }
}
