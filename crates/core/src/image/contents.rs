//! Putting the contents of an image back into memory, and comparing memory with them.

use super::{HotSource, Image};
use crate::error::Result;
use crate::page_set::{PageRun, PageSet};
use crate::region::Window;
use crate::sys;

impl Image {
    /// Puts the contents of `pages` back into a window that has other contents there; past the end of the image, zeros.
    ///
    /// # Errors
    /// `OutOfRange` when the window is shorter than a page asks for.
    pub fn copy_back(&self, window: &mut Window<'_>, pages: &PageSet) -> Result<()> {
        let mut stored = self.stored.runs();
        pages.runs().iter().try_for_each(|run| self.copy_run_back(window, *run, &mut stored))
    }

    /// As [`Image::copy_back`], with what `source` has of the pages taken from there.
    pub(crate) fn copy_back_from(&self, window: &mut Window<'_>, pages: &PageSet, source: &HotSource) -> Result<()> {
        let page = sys::page_size().bytes();
        let (mut held, mut stored) = (source.runs().peekable(), self.stored.runs());
        for run in pages.runs() {
            let mut next = run.start;
            while next < run.end {
                while held.next_if(|(known, _)| known.end <= next).is_some() {}
                let end = match held.peek() {
                    Some((known, bytes)) if known.start <= next => {
                        let end = run.end.min(known.end);
                        window.write(next * page, &bytes[(next - known.start) * page..(end - known.start) * page])?;
                        end
                    }
                    ahead => {
                        let end = ahead.map_or(run.end, |(known, _)| run.end.min(known.start));
                        self.copy_run_back(window, PageRun { start: next, end }, &mut stored)?;
                        end
                    }
                };
                next = end;
            }
        }
        Ok(())
    }

    /// `stored` are the stored runs from somewhere before `run` on, and afterwards those that do not end before it.
    fn copy_run_back(&self, window: &mut Window<'_>, run: PageRun, stored: &mut &[PageRun]) -> Result<()> {
        let page = sys::page_size().bytes();
        let mut next = run.start;
        while next < run.end {
            if stored.first().is_some_and(|known| known.end <= next) {
                *stored = &stored[stored.partition_point(|known| known.end <= next)..];
            }
            let end = match stored.first() {
                Some(known) if known.start <= next => {
                    let part = PageRun { start: next, end: run.end.min(known.end) };
                    for (part, layer, file_page) in self.extents.within(part) {
                        window.write(part.start * page, layer.pages(file_page, part.page_count()))?;
                    }
                    part.end
                }
                ahead => {
                    let end = ahead.map_or(run.end, |known| run.end.min(known.start));
                    window.zero_bytes(next * page..end * page);
                    end
                }
            };
            next = end;
        }
        Ok(())
    }

    /// Whether a page of the window holds what the image has there: past its end that is zeros.
    #[must_use]
    pub fn matches(&self, window: &Window<'_>, page: usize) -> bool {
        let run = PageRun { start: page, end: page + 1 };
        self.page(page).map_or_else(|| window.is_zero(run), |bytes| window.holds(run, bytes))
    }

    /// The first byte of `run`, if any, at which a window differs from the image: past its end from zeros.
    #[must_use]
    pub(crate) fn first_difference(&self, window: &Window<'_>, run: PageRun) -> Option<usize> {
        (run.start..run.end)
            .filter(|page| !self.matches(window, *page))
            .find_map(|page| window.first_difference(PageRun { start: page, end: page + 1 }, self.page(page)))
    }
}
