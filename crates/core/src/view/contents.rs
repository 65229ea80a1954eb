//! Giving pages back to the system, putting other memory in their place, making them ready ahead of time.

use super::baseline::{Baseline, only};
use super::limits::Limits;
use super::report::Trimmed;
use crate::error::Result;
use crate::page_set::{PageRun, PageSet};
use crate::region::Window;
use crate::sys;

impl Baseline {
    /// Gives `run` the contents of the baseline, and its private pages back to the system.
    pub(super) fn discard(&mut self, window: &mut Window<'_>, run: PageRun) -> Result<()> {
        let pages = PageSet::from_iter([run]);
        if self.lost.is_some() || self.apart.within(run).next().is_some() {
            // Other memory is mapped there, or may be, which must not be written to. All at once: a failure halfway would
            // be a change.
            sys::ensure_mappings_left(1)?;
            self.version.image().map_part(window, run)?;
            self.untold = self.untold.union(&self.apart.union(&self.pending).intersection(&pages));
            self.apart = self.apart.difference(&pages);
            self.stray = self.stray.difference(&pages);
            self.pending = self.pending.difference(&pages);
            if self.lost.is_none()
                && let Err(error) = self.watch_mapped(window, run)
            {
                self.lose(error);
            }
            return Ok(());
        }
        let released = self.droppable(&pages);
        window.release(&released)?;
        self.version.image().copy_back(window, &pages.difference(&released))?;
        self.untold = self.untold.union(&self.pending.intersection(&released));
        self.pending = self.pending.difference(&released);
        if let Err(error) = self.tracker.forget(window, &released) {
            self.lose(error);
        }
        Ok(())
    }

    /// Whether dropping the private pages of `run` leaves zeros.
    pub(super) fn is_zero_behind(&self, run: PageRun) -> bool {
        run.end <= self.releasable
            && self.lost.is_none()
            && self.apart.within(run).next().is_none()
            && self.stray.within(run).next().is_none()
            && self.version.image().stored().within(run).next().is_none()
    }

    /// Takes in that other memory was mapped at `run`: it lies apart until the next reset.
    pub(super) fn set_apart(&mut self, window: &mut Window<'_>, run: PageRun) {
        self.apart.insert(run);
        self.stray = self.stray.difference(&PageSet::from_iter([run]));
        if !self.pending.is_empty() {
            self.pending = self.pending.difference(&PageSet::from_iter([run]));
        }
        if let Err(error) = self.tracker.remapped(window, run) {
            self.lose(error);
        }
    }

    /// Gives private pages that hold the baseline back to the system until at most `keep` private pages are left: those
    /// that were not written lately first. Contents stay as they are.
    pub(super) fn trim(&mut self, window: &mut Window<'_>, keep: usize) -> Result<Trimmed> {
        let private = window.resident_private_pages()?.difference(&self.apart);
        if private.page_count() <= keep || !self.collect(window) {
            return Ok(Trimmed { released: 0, private: private.page_count() });
        }
        let image = self.version.image();
        let differing = only(&self.changed, |page| !image.matches(window, page));
        self.map_strays(window, &differing)?;
        let idle = self.droppable(&private.difference(&differing));
        let excess = private.page_count() - keep;
        let cold = idle.difference(&self.changed).first(excess);
        let hot = idle.intersection(&self.changed).first(excess - cold.page_count());
        let dropped = cold.union(&hot);
        window.release(&dropped)?;
        self.private = self.private.difference(&dropped);
        // A page that was dropped can look written. All of them are watched again, and what differs is kept in mind.
        self.changed.clear();
        match self.tracker.take(window, &mut self.changed) {
            Ok(true) => {
                // What was told before may have gone back to the baseline since.
                self.untold = self.untold.union(&self.pending).union(&differing);
                self.pending = differing;
                self.hot.watched();
            }
            Ok(false) => {}
            Err(error) => self.lose(error),
        }
        Ok(Trimmed { released: dropped.page_count(), private: private.page_count() - dropped.page_count() })
    }

    /// Makes private copies of the pages that memories with this image are known to write to, as far as the budget goes; how
    /// many pages.
    pub(super) fn prefault(&mut self, window: &mut Window<'_>, limits: &Limits) -> Result<usize> {
        let learned = self.version.image().learned().below(window.page_count()).difference(&self.apart);
        let learned = learned.first(limits.resident_pages);
        self.private = self.private.union(&learned);
        for run in learned.runs() {
            sys::populate_write(&mut window.pages_mut().part_mut(*run)?)?;
        }
        Ok(learned.page_count())
    }
}
