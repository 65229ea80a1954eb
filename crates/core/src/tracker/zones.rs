//! How a window is divided for watching: where the image has contents, and where it is nothing but zeros.
//!
//! ```text
//!  window  |## dense ##|......... sparse .........|## dense ##|.... sparse (the tail) ....|
//!           image pages   a long run of zeros                    grown since the snapshot
//! ```
//!
//! Watching a dense zone means a page-table entry for each page, asked at 1 ns each. In a sparse zone only pages that are
//! there are watched, and whole missing page tables are skipped: 4 GiB of which little is used cost what is used.

use crate::image::Image;
use crate::page_set::PageRun;
use crate::sys::write_protect::Watched;

/// A run of zeros that is shorter is asked about together with its neighbours: a call of its own costs 0.7 us, which is
/// what 700 clean pages cost.
const SPARSE_PAGES_MIN: usize = 1024;

/// The zones of a window of `page_count` pages, ascending. Together they are the whole window.
pub(super) fn zones(image: &Image, page_count: usize) -> impl Iterator<Item = (PageRun, Watched)> {
    divide(image.gaps(), image.page_count(), page_count)
}

fn divide(gaps: &[PageRun], image_pages: usize, page_count: usize) -> impl Iterator<Item = (PageRun, Watched)> {
    let tail = PageRun { start: image_pages.min(page_count), end: page_count };
    let sparse = gaps.iter().copied().filter(|gap| gap.page_count() >= SPARSE_PAGES_MIN).chain([tail]);
    let mut next = 0;
    sparse
        .flat_map(move |sparse| {
            let dense = PageRun { start: next, end: sparse.start };
            next = sparse.end;
            [(dense, Watched::Armed), (sparse, Watched::PresentArmed)]
        })
        .filter(|(run, _)| run.start < run.end)
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn run(start: usize, end: usize) -> PageRun {
        PageRun { start, end }
    }

    fn divided(gaps: &[PageRun], image_pages: usize, page_count: usize) -> Vec<(PageRun, Watched)> {
        divide(gaps, image_pages, page_count).collect()
    }

    #[test]
    fn a_full_image_is_one_dense_zone() {
        assert_eq!(divided(&[], 100, 100), [(run(0, 100), Watched::Armed)]);
    }

    #[test]
    fn the_tail_is_sparse_however_short() {
        assert_eq!(divided(&[], 100, 101), [(run(0, 100), Watched::Armed), (run(100, 101), Watched::PresentArmed)]);
    }

    #[test]
    fn long_gaps_are_sparse_and_short_ones_are_not() {
        let gaps = [run(10, 1000), run(2000, 5000), run(6000, 9000)];
        let expected = [
            (run(0, 2000), Watched::Armed),
            (run(2000, 5000), Watched::PresentArmed),
            (run(5000, 6000), Watched::Armed),
            (run(6000, 9000), Watched::PresentArmed),
            (run(9000, 9500), Watched::PresentArmed),
        ];
        assert_eq!(divided(&gaps, 9000, 9500), expected);
    }

    #[test]
    fn an_image_of_zeros_has_no_dense_zone() {
        assert_eq!(divided(&[run(0, 4096)], 4096, 4096), [(run(0, 4096), Watched::PresentArmed)]);
    }
}
