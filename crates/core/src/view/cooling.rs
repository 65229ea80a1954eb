//! Cold pages: private copies that nobody has written to for long, though they hold what the image holds.
//!
//! A page becomes private with its first write and stays so, because copying back is cheaper than a new private copy in the
//! next cycle. When it turns out not to be written any more, it is memory spent on nothing: dropped, it is shared with
//! all other memories of that image again.

use crate::page_set::PageSet;

/// Resets without a write after which a page is cold. A page that is written in one of a hundred cycles is worth keeping:
/// a new private copy costs 2 us, and watching it in vain nothing.
const RESETS_UNTIL_COLD: usize = 256;
/// Fewer cold pages are not worth a system call.
const PAGES_MIN: usize = 64;

/// Pages that were private and watched again, on their way to being cold.
#[derive(Debug, Default)]
pub(super) struct Cooling {
    pages: PageSet,
    resets: usize,
}

impl Cooling {
    /// Everything was just watched again; `hot` is what was written since the last time.
    pub(super) fn watched(&mut self, hot: &PageSet) {
        if self.pages.is_empty() {
            self.pages = hot.clone();
            self.resets = 0;
        } else {
            self.pages = self.pages.difference(hot);
        }
    }

    /// After each reset, with what was written since everything was watched: the pages that are cold now, if there are
    /// enough.
    pub(super) fn cold(&mut self, hot: &PageSet) -> Option<PageSet> {
        if self.pages.is_empty() {
            return None;
        }
        self.resets += 1;
        if self.resets < RESETS_UNTIL_COLD {
            return None;
        }
        let cold = std::mem::take(&mut self.pages).difference(hot);
        (cold.page_count() >= PAGES_MIN).then_some(cold)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page_set::PageRun;

    fn pages(start: usize, end: usize) -> PageSet {
        PageSet::from_iter([PageRun { start, end }])
    }

    #[test]
    fn pages_that_stay_unwritten_become_cold_once() {
        let mut cooling = Cooling::default();
        assert_eq!(cooling.cold(&pages(0, 500)), None, "nothing was watched again yet");
        cooling.watched(&pages(0, 500));
        let cold: Vec<PageSet> = (0..2000).filter_map(|_| cooling.cold(&pages(0, 100))).collect();
        assert_eq!(cold, [pages(100, 500)]);
    }

    #[test]
    fn what_is_written_in_any_epoch_stays_warm() {
        let mut cooling = Cooling::default();
        cooling.watched(&pages(0, 500));
        assert_eq!((0..100).find_map(|_| cooling.cold(&pages(0, 100))), None);
        cooling.watched(&pages(0, 100));
        assert_eq!((0..100).find_map(|_| cooling.cold(&pages(100, 200))), None);
        cooling.watched(&pages(100, 200));
        assert_eq!((0..100).find_map(|_| cooling.cold(&pages(450, 500))), Some(pages(200, 450)));
    }

    #[test]
    fn a_few_pages_are_left_alone() {
        let mut cooling = Cooling::default();
        cooling.watched(&pages(0, 500));
        assert_eq!((0..2000).find_map(|_| cooling.cold(&pages(0, 480))), None);
    }
}
