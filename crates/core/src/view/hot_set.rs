//! The hot set: pages that were written and put back, but are not watched again yet.
//!
//! A guest writes mostly the same pages in every cycle. Watching a page again costs a system call now and a fault at
//! its next write; copying it back unseen costs 0.1 us. So pages that were just written stay unwatched and are
//! simply restored every time, and now and then everything is watched again to find out what is still in use.
//!
//! ```text
//!            first write                    reset
//!  watched ───────────────▶ written ─────────────────▶ hot (equal to the image, unwatched)
//!     ▲                                                 │  restored by every reset
//!     └──────────────── every K resets ─────────────────┘
//! ```
//!
//! K grows while the hot set stays close to what one cycle writes, and shrinks when it has outgrown it.

use crate::page_set::PageSet;

const ROUNDS_MAX: u32 = 64;
const ROUNDS_FIRST: u32 = 16;

/// The set, and when to watch its pages again.
#[derive(Debug)]
pub(super) struct HotSet {
    pages: PageSet,
    /// Resets since everything was watched.
    rounds: u32,
    /// K: after so many resets everything is watched again.
    rounds_limit: u32,
    /// How many pages the first cycle after watching everything wrote.
    learned: usize,
}

impl Default for HotSet {
    fn default() -> Self {
        Self { pages: PageSet::new(), rounds: 0, rounds_limit: ROUNDS_FIRST, learned: 0 }
    }
}

impl HotSet {
    /// Pages that equal the image though a tracker reports them.
    pub(super) const fn pages(&self) -> &PageSet {
        &self.pages
    }

    /// Takes in what a reset has just restored. `true` when all of it should be watched again now; the caller then
    /// does so and calls [`HotSet::watched`].
    pub(super) fn restored(&mut self, pages: &mut PageSet) -> bool {
        std::mem::swap(&mut self.pages, pages);
        if self.rounds == 0 {
            self.learned = self.pages.page_count();
        }
        self.rounds += 1;
        let outgrown = self.pages.page_count() > self.learned.saturating_mul(2).saturating_add(8);
        if outgrown {
            self.rounds_limit = (self.rounds_limit / 2).max(2);
        }
        (outgrown || self.rounds >= self.rounds_limit) && !self.pages.is_empty()
    }

    /// Everything is watched again.
    pub(super) fn watched(&mut self) {
        if self.rounds >= self.rounds_limit {
            self.rounds_limit = (self.rounds_limit * 2).min(ROUNDS_MAX);
        }
        self.rounds = 0;
        self.pages.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::page_set::PageRun;

    fn pages(count: usize) -> PageSet {
        PageSet::all(count)
    }

    #[test]
    fn a_stable_working_set_is_watched_ever_more_rarely() {
        let mut hot = HotSet::default();
        let gaps: Vec<u32> = (0..5)
            .map(|_| {
                let mut resets = 1;
                while !hot.restored(&mut pages(10)) {
                    resets += 1;
                }
                assert_eq!(hot.pages(), &pages(10));
                hot.watched();
                assert!(hot.pages().is_empty());
                resets
            })
            .collect();
        assert_eq!(gaps, [16, 32, 64, 64, 64]);
    }

    #[test]
    fn outgrowing_the_learned_set_watches_at_once() {
        let mut hot = HotSet::default();
        assert!(!hot.restored(&mut pages(10)));
        assert!(!hot.restored(&mut pages(28)));
        assert!(hot.restored(&mut PageSet::from_iter([PageRun { start: 0, end: 29 }])));
    }

    #[test]
    fn nothing_written_is_nothing_to_watch() {
        let mut hot = HotSet::default();
        assert!((0..100).all(|_| !hot.restored(&mut PageSet::new())));
    }
}
