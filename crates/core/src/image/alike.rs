//! Capturing a memory that is for the most part like an image that is there already: the same guest, started once more.
//!
//! ```text
//!  like      |=============== base ===============|
//!  image     |===== base =====|own|== base ==|own=|      of 7,680 pages of two CPythons 13 differ
//! ```

use super::Image;
use super::successor::EXTENTS_MAX;
use crate::error::{Error, ErrorKind, Result};
use crate::page_set::{PageRun, PageSet};
use crate::region::Window;
use crate::sys;

/// Where more than one page of so many differs there is little to share, and everything is copied into one layer.
const PAGES_PER_UNLIKE: usize = 2;

impl Image {
    /// As [`Image::capture`], but shares the pages that hold what `like` has there, whatever becomes of that. Pages are compared
    /// byte by byte, about 0.2 us each. Copies everything where too much differs, or in too many places.
    ///
    /// # Errors
    /// As [`Image::capture`].
    pub fn capture_like(window: &Window<'_>, maybe_used: Option<&PageSet>, like: &Self) -> Result<Self> {
        let unlike = like.unlike(window, maybe_used);
        let all = like.stored.below(window.page_count()).union(&unlike);
        // A run in the middle of an extent makes two of it, and is one itself.
        if unlike.page_count() * PAGES_PER_UNLIKE > all.page_count() || unlike.runs().len() * 2 > EXTENTS_MAX {
            return Self::capture(window, maybe_used);
        }
        let bytes = read(window, &unlike)?;
        let mut rest = bytes.as_slice();
        let pieces = unlike.runs().iter().map(|run| {
            let (start, byte_length) = span(window, *run);
            let (piece, behind) = rest.split_at(byte_length);
            rest = behind;
            (start, piece)
        });
        let image = like.sibling(window.byte_length(), &pieces.collect::<Vec<_>>())?;
        Ok(image.borrowing(&like.layers))
    }

    /// The pages of the window that hold anything else than the image. Those outside `maybe_used` are zeros.
    fn unlike(&self, window: &Window<'_>, maybe_used: Option<&PageSet>) -> PageSet {
        let everything = PageSet::all(window.page_count());
        let seen = maybe_used.unwrap_or(&everything);
        let unseen = self.stored.below(window.page_count()).difference(seen);
        let differing = seen.pages().filter(|page| !self.matches(window, *page));
        differing.map(|page| PageRun { start: page, end: page + 1 }).collect::<PageSet>().union(&unseen)
    }
}

/// Where a run of pages begins in a window, and how many of its bytes belong to it.
fn span(window: &Window<'_>, run: PageRun) -> (usize, usize) {
    let page = sys::page_size().bytes();
    let start = run.start * page;
    (start, (run.end * page).min(window.byte_length()) - start)
}

/// The bytes of these pages, one run behind the other.
fn read(window: &Window<'_>, pages: &PageSet) -> Result<Vec<u8>> {
    let byte_length = pages.runs().iter().map(|run| span(window, *run).1).sum();
    let mut bytes = Vec::new();
    bytes.try_reserve_exact(byte_length).map_err(|_| {
        Error::new(ErrorKind::OutOfMemory, format!("no memory to hold {byte_length} bytes that differ"))
    })?;
    bytes.resize(byte_length, 0);
    let mut rest = bytes.as_mut_slice();
    for run in pages.runs() {
        let (start, byte_length) = span(window, *run);
        let (part, behind) = rest.split_at_mut(byte_length);
        window.read(start, part)?;
        rest = behind;
    }
    Ok(bytes)
}

#[cfg(all(test, not(pagefold_unsupported)))]
mod tests {
    use super::*;
    use crate::region::Region;

    #[test]
    fn what_one_has_learned_the_other_knows_and_only_one_copies_it() {
        let (page, count) = (sys::page_size().bytes(), 4200);
        let mut region = Region::allocate(count * page, count * page).expect("there is room");
        let mut window = region.window().expect("alive");
        window.write(0, &vec![7; count * page]).expect("in range");
        let like = Image::capture(&window, None).expect("there is room");
        let hot = PageSet::all(100);
        like.learn(&hot, 1000);
        assert!(like.hot_source().is_some(), "it is worth a second copy");
        window.write(9 * page, &[8]).expect("in range");
        let image = Image::capture_like(&window, None, &like).expect("there is room");
        assert_eq!((image.stored_byte_length(), image.learned()), (page, hot.clone()));
        image.learn(&hot, 1000);
        assert!(image.hot_source().is_none());
        let written = image.successor(count * page, &[(0, &[1])]).expect("there is room");
        assert_eq!(written.stored_byte_length(), 2 * page, "what was borrowed still is");
    }
}
