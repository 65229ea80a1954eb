//! Putting the contents of an image back into memory, and comparing memory with them.

use super::{HotSource, Image, ZEROS};
use crate::error::Result;
use crate::page_set::{PageRun, PageSet};
use crate::region::Window;
use crate::sys;

impl Image {
    /// Copies the contents of `pages` into a window; past the end of the image, zeros.
    ///
    /// # Errors
    /// `OutOfRange` when the window is shorter than a page asks for.
    pub fn copy_back(&self, window: &mut Window<'_>, pages: &PageSet) -> Result<()> {
        let page = sys::page_size().bytes();
        let mut stored = self.stored.runs();
        let mut write = |first_page: usize, bytes: &[u8]| window.write(first_page * page, bytes);
        pages.runs().iter().try_for_each(|run| self.each_part(*run, &mut stored, &mut write))
    }

    /// As [`Image::copy_back`], for pages of which most hold the contents already: they are compared first, and written only where
    /// they do not. What `source` has of the pages is taken from there. Calls `seen` with each page, ascending, and
    /// whether it held anything else.
    ///
    /// # Errors
    /// As [`Image::copy_back`].
    pub(crate) fn mend(
        &self,
        window: &mut Window<'_>,
        pages: &PageSet,
        source: Option<&HotSource>,
        mut seen: impl FnMut(usize, bool),
    ) -> Result<()> {
        let mut stored = self.stored.runs();
        let mut mend = |first_page: usize, bytes: &[u8]| window.mend(first_page, bytes, &mut seen);
        let Some(source) = source else {
            return pages.runs().iter().try_for_each(|run| self.each_part(*run, &mut stored, &mut mend));
        };
        let page = sys::page_size().bytes();
        let mut held = source.runs().peekable();
        for run in pages.runs() {
            let mut next = run.start;
            while next < run.end {
                while held.next_if(|(known, _)| known.end <= next).is_some() {}
                let end = match held.peek() {
                    Some((known, bytes)) if known.start <= next => {
                        let end = run.end.min(known.end);
                        mend(next, &bytes[(next - known.start) * page..(end - known.start) * page])?;
                        end
                    }
                    ahead => {
                        let end = ahead.map_or(run.end, |(known, _)| run.end.min(known.start));
                        self.each_part(PageRun { start: next, end }, &mut stored, &mut mend)?;
                        end
                    }
                };
                next = end;
            }
        }
        Ok(())
    }

    /// Calls `each` with the pages of `run` in pieces that lie together, ascending: the first page, and the bytes. `stored` are
    /// the stored runs from somewhere before `run` on, and afterwards those that do not end before it.
    #[inline]
    fn each_part(
        &self,
        run: PageRun,
        stored: &mut &[PageRun],
        each: &mut impl FnMut(usize, &[u8]) -> Result<()>,
    ) -> Result<()> {
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
                        each(part.start, layer.pages(file_page, part.page_count()))?;
                    }
                    part.end
                }
                ahead => {
                    let end = ahead.map_or(run.end, |known| run.end.min(known.start));
                    let end = end.min(next + ZEROS.len() / page);
                    each(next, &ZEROS[..(end - next) * page])?;
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
