//! Giving a memory the contents of a whole image, and having it watched.

use std::sync::Arc;

use super::View;
use super::baseline::Baseline;
use super::report::{Reason, ResetReport, Strategy};
use crate::error::{Error, Result};
use crate::image::Image;
use crate::page_set::PageRun;
use crate::region::Window;
use crate::snapshot::{Snapshot, Version};
use crate::sys::{self, Moment};
use crate::tracker::{self, Rejection, Selection, Tracker, TrackerChoice, TrackerKind};

impl View {
    #[cold]
    pub(super) fn remap(
        &mut self,
        window: &mut Window<'_>,
        snapshot: Arc<Snapshot>,
        version: Arc<Version>,
        began: Moment,
        reason: Reason,
        detail: Option<String>,
    ) -> Result<ResetReport> {
        let pages_restored = version.image().page_count();
        if let Err(error) = self.install(window, snapshot, version) {
            if let (Some(baseline), Some(detail)) = (&mut self.baseline, detail) {
                baseline.lost = Some((reason, detail));
            }
            return Err(error);
        }
        Ok(ResetReport {
            strategy: Strategy::Remap,
            reason,
            detail,
            pages_scanned: 0,
            pages_dirty: window.page_count(),
            pages_restored,
            pages_released: window.page_count().saturating_sub(pages_restored),
            duration: began.elapsed(),
        })
    }

    /// Maps the image of a version over the window, zeroes the tail, starts tracking. Fails only before anything has
    /// changed: a tracker that does not start makes every page count as changed instead.
    pub(super) fn install(
        &mut self,
        window: &mut Window<'_>,
        snapshot: Arc<Snapshot>,
        version: Arc<Version>,
    ) -> Result<()> {
        let image = version.image();
        image.map_over(window)?;
        let anonymous = match zero_tail(window, image.page_count(), self.private) {
            Ok(anonymous) => anonymous,
            Err(error) => {
                if let Some(baseline) = &mut self.baseline {
                    baseline.lose(&error);
                }
                return Err(error);
            }
        };
        self.private = true;
        let releasable = if anonymous { usize::MAX } else { image.page_count() };
        let (tracker, lost) = self.start_tracking(window, image, releasable);
        self.baseline = Some(Baseline::new(snapshot, version, self.selection.kind, tracker, lost, releasable));
        Ok(())
    }

    /// Starts the chosen tracker, or with `auto` the next one that starts.
    fn start_tracking(
        &mut self,
        window: &mut Window<'_>,
        image: &Arc<Image>,
        releasable: usize,
    ) -> (Box<dyn Tracker>, Option<(Reason, String)>) {
        loop {
            let mut tracker = self.selection.kind.tracker(image);
            let Err(error) = tracker.start(window, releasable) else { return (tracker, None) };
            match self.next_best(&error) {
                Some(selection) => self.selection = selection,
                None => return (tracker, Some((Reason::TrackingLost, error.to_string()))),
            }
        }
    }

    fn next_best(&self, refused: &Error) -> Option<Selection> {
        if self.choice != TrackerChoice::Auto {
            return None;
        }
        let failed = self.selection.kind;
        let passed_over: Vec<TrackerKind> =
            self.selection.rejected.iter().map(|rejection| rejection.kind).chain([failed]).collect();
        let disabled = [self.disabled.as_slice(), &passed_over].concat();
        let kind = tracker::select(TrackerChoice::Auto, &disabled, sys::capabilities().ok()?).ok()?.kind;
        let mut rejected = self.selection.rejected.clone();
        rejected.push(Rejection { kind: failed, reason: refused.to_string() });
        Some(Selection { kind, rejected })
    }
}

/// Makes every page from `first` on zero: an earlier, longer image may show there. `false` when the system had no mapping
/// left for that and zeros were written; dropping those pages would bring the earlier image back. They are written only
/// to a window that is `private`: never into a region that is mapped there.
fn zero_tail(window: &mut Window<'_>, first: usize, private: bool) -> Result<bool> {
    let tail = PageRun { start: first.min(window.page_count()), end: window.page_count() };
    match sys::map_zero_over(&mut window.pages_mut().part_mut(tail)?) {
        Ok(()) => Ok(true),
        Err(_) if private => {
            let page = sys::page_size().bytes();
            window.zero_bytes(tail.start * page..tail.end * page);
            Ok(false)
        }
        Err(error) => Err(error),
    }
}
