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
const SPARSE_PAGES_MIN: usize = 700;

/// Dense zones of no more pages than this together are asked about in one call with the sparse ones: 1.5 ns a page dearer,
/// and one call cheaper.
const DENSE_PAGES_MIN: usize = 256;

/// A part of a window, and how it is watched.
pub(super) type Zone = (PageRun, Watched);

/// The zones of a window of `page_count` pages, ascending. Together they are the whole window. With a longer window a
/// dense zone may become sparse, never the other way round: watching holes does no harm where nobody asks for them.
pub(super) fn zones(image: &Image, page_count: usize) -> Vec<Zone> {
    divide(image.gaps(), image.page_count(), page_count)
}

fn divide(gaps: &[PageRun], image_pages: usize, page_count: usize) -> Vec<Zone> {
    let mut zones: Vec<Zone> = Vec::new();
    let mut push = |run: PageRun, watched: Watched| match zones.last_mut() {
        _ if run.start >= run.end => {}
        Some((last, same)) if *same == watched => last.end = run.end,
        _ => zones.push((run, watched)),
    };
    let tail = PageRun { start: image_pages.min(page_count), end: page_count };
    let mut next = 0;
    for sparse in gaps.iter().copied().filter(|gap| gap.page_count() >= SPARSE_PAGES_MIN).chain([tail]) {
        push(PageRun { start: next, end: sparse.start }, Watched::Armed);
        push(sparse, Watched::PresentArmed);
        next = sparse.end;
    }
    let dense = zones.iter().filter(|(_, watched)| *watched == Watched::Armed).map(|(run, _)| run.page_count());
    if zones.len() > 1 && dense.sum::<usize>() <= DENSE_PAGES_MIN {
        return vec![(PageRun { start: 0, end: page_count }, Watched::PresentArmed)];
    }
    zones
}

#[cfg(test)]
mod tests {
    use super::*;

    const fn run(start: usize, end: usize) -> PageRun {
        PageRun { start, end }
    }

    fn divided(gaps: &[PageRun], image_pages: usize, page_count: usize) -> Vec<(PageRun, Watched)> {
        divide(gaps, image_pages, page_count)
    }

    #[test]
    fn a_full_image_is_one_dense_zone() {
        assert_eq!(divided(&[], 100, 100), [(run(0, 100), Watched::Armed)]);
    }

    #[test]
    fn the_tail_is_sparse_however_short() {
        assert_eq!(
            divided(&[], 1000, 1001),
            [(run(0, 1000), Watched::Armed), (run(1000, 1001), Watched::PresentArmed)]
        );
    }

    #[test]
    fn long_gaps_are_sparse_and_short_ones_are_not() {
        let gaps = [run(10, 600), run(2000, 5000), run(6000, 9000)];
        let expected = [
            (run(0, 2000), Watched::Armed),
            (run(2000, 5000), Watched::PresentArmed),
            (run(5000, 6000), Watched::Armed),
            (run(6000, 9500), Watched::PresentArmed),
        ];
        assert_eq!(divided(&gaps, 9000, 9500), expected);
    }

    #[test]
    fn little_that_is_dense_is_asked_about_with_the_rest() {
        assert_eq!(divided(&[], 200, 300), [(run(0, 300), Watched::PresentArmed)]);
        assert_eq!(divided(&[run(100, 5000)], 5100, 5100), [(run(0, 5100), Watched::PresentArmed)]);
        assert_eq!(divided(&[], 200, 200), [(run(0, 200), Watched::Armed)]);
    }

    #[test]
    fn an_image_of_zeros_has_no_dense_zone() {
        assert_eq!(divided(&[run(0, 4096)], 4096, 4096), [(run(0, 4096), Watched::PresentArmed)]);
    }
}
