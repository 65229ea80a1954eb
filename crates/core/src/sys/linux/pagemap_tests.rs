//! What the kernel promises about scans, and what the loops in this module make of it.

use super::super::test_pages::{TestPages, file_of, nowhere, run, set};
use super::super::{page_entries, residency};
use super::*;
use crate::sys::EntryBuffer;

/// One call for pages that hold something of their own: the runs it returns, and the page where it ended.
struct Call {
    regions: usize,
    max_pages: u64,
}

impl Call {
    fn over(&self, part: Pages<'_>, from: Pages<'_>) -> (Vec<(usize, usize)>, usize) {
        let mut regions = vec![FoundRegion::default(); self.regions];
        let mut arguments = arguments(&PRIVATE, part.start(), part.byte_length());
        arguments.vec = regions.as_mut_ptr().expose_provenance() as u64;
        arguments.vec_len = self.regions as u64;
        arguments.max_pages = self.max_pages;
        let count = call(&mut arguments, "testing").expect("the kernel knows scans");
        let page = |address: u64| page_size().index(usize::try_from(address).expect("an address") - from.start());
        let found = regions[..count].iter().map(|region| (page(region.start), page(region.end))).collect();
        (found, page(arguments.walk_end))
    }
}

fn knows_scans() -> bool {
    let known = private(&TestPages::anonymous(1)).is_ok();
    if !known {
        eprintln!("skipped: this kernel does not know PAGEMAP_SCAN");
    }
    known
}

fn private(pages: &TestPages) -> Result<PageSet> {
    let mut found = PageSet::new();
    private_pages(pages.pages(), &mut ScanBuffer::default(), &mut found)?;
    Ok(found)
}

/// Private pages as the entries of pagemap tell, and those that can be the zero page.
fn by_entries(pages: &TestPages) -> (PageSet, PageSet) {
    let (mut found, mut perhaps_zero) = (PageSet::new(), PageSet::new());
    page_entries::private_entries(pages.pages(), &mut EntryBuffer::default(), &mut found, &mut perhaps_zero)
        .expect("pagemap can be read");
    (found, perhaps_zero)
}

#[test]
fn untouched_pages_are_not_found() {
    if knows_scans() {
        let pages = TestPages::anonymous(10);
        assert_eq!(private(&pages).expect("scans"), PageSet::new());
        let (found, end) = Call { regions: 8, max_pages: 0 }.over(pages.pages(), pages.pages());
        assert_eq!((found, end), (Vec::new(), 10));
        let (found, end) =
            Call { regions: 8, max_pages: 0 }.over(pages.pages().part(run(3, 3)).expect("empty"), pages.pages());
        assert_eq!((found, end), (Vec::new(), 3), "an empty range");
    }
}

#[test]
fn zero_pages_are_not_found() {
    if knows_scans() {
        let mut pages = TestPages::anonymous(10);
        [0, 3, 5, 6].into_iter().for_each(|page| assert_eq!(pages.load(page), 0));
        pages.store_all([1, 2]);
        assert_eq!(private(&pages).expect("scans"), set(&[(1, 3)]));
        // An entry does not tell them apart, but says which ones they can be.
        assert_eq!(by_entries(&pages), (set(&[(0, 4), (5, 7)]), set(&[(0, 1), (3, 4), (5, 7)])));
    }
}

/// A vector too short is filled; the next call goes on where that one ended.
#[test]
fn a_full_vector_ends_a_call_at_the_next_match() {
    if knows_scans() {
        let mut pages = TestPages::anonymous(10);
        pages.store_all([1, 2, 5, 8]);
        let mut seen = Vec::new();
        let mut next = 0;
        for expected in [5, 8, 10] {
            let rest = pages.pages().part(run(next, 10)).expect("in range");
            let (found, end) = Call { regions: 1, max_pages: 0 }.over(rest, pages.pages());
            assert_eq!((found.len(), end), (1, expected));
            seen.extend(found);
            next = end;
        }
        assert_eq!(seen, [(1, 3), (5, 6), (8, 9)]);
    }
}

#[test]
fn a_limit_of_pages_ends_a_call_at_the_next_match() {
    if knows_scans() {
        let two = Call { regions: 8, max_pages: 2 };
        let mut pages = TestPages::anonymous(4);
        pages.store_all(0..4);
        assert_eq!(two.over(pages.pages(), pages.pages()), (vec![(0, 2)], 2));
        let mut pages = TestPages::anonymous(4);
        pages.store_all([0, 2, 3]);
        assert_eq!(two.over(pages.pages(), pages.pages()), (vec![(0, 1), (2, 3)], 3));
    }
}

/// Where a call ends, for everything that can end it.
#[test]
fn a_call_ends_where_it_says() {
    if knows_scans() {
        let mut dense = TestPages::anonymous(1000);
        dense.store_all(0..1000);
        for (regions, max_pages, end) in [(1, 0, 1000), (512, 0, 1000), (512, 500, 500), (512, 1, 1)] {
            let (found, seen) = Call { regions, max_pages }.over(dense.pages(), dense.pages());
            assert_eq!((found.len(), seen), (1, end), "{regions} regions, {max_pages} pages");
        }
        let (_, seen) = Call { regions: 512, max_pages: 1000 }.over(dense.pages(), dense.pages());
        assert_eq!(seen, 1000);
        let mut sparse = TestPages::anonymous(1000);
        sparse.store_all((0..1000).step_by(2));
        assert_eq!(Call { regions: 1, max_pages: 0 }.over(sparse.pages(), sparse.pages()), (vec![(0, 1)], 2));
        let (found, _) = Call { regions: 2, max_pages: 0 }.over(sparse.pages(), sparse.pages());
        assert_eq!(found, [(0, 1), (2, 3)]);
        let mut all = Call { regions: 512, max_pages: 498 }.over(sparse.pages(), sparse.pages()).0;
        assert_eq!(all.len(), 498);
        let rest = sparse.pages().part(run(996, 1000)).expect("in range");
        all.extend(Call { regions: 512, max_pages: 0 }.over(rest, sparse.pages()).0);
        assert!(all.into_iter().eq((0..1000).step_by(2).map(|page| (page, page + 1))));
    }
}

/// More runs than one call returns, and more than the kernel collects at a time: each is found once.
#[test]
fn many_runs_are_each_found_once() {
    if knows_scans() {
        for count in [511, 512, 513, 520, 1024, 1025, 3000] {
            let mut pages = TestPages::anonymous(2 * count);
            let expected: PageSet = (0..count).map(|index| run(2 * index, 2 * index + 1)).collect();
            pages.store_all(expected.pages());
            let mut seen = Vec::new();
            scan(&PRIVATE, pages.pages(), pages.all(), &mut ScanBuffer::default(), |run| seen.push(run))
                .expect("scans");
            assert_eq!(seen, expected.runs(), "{count}");
            assert_eq!(by_entries(&pages).0, expected, "{count}");
        }
    }
}

/// Bits that the kernel does not know are refused, so that each can be probed.
#[test]
fn unknown_bits_are_refused() {
    if knows_scans() {
        let pages = TestPages::anonymous(4);
        let good = || arguments(&PRIVATE, pages.pages().start(), pages.pages().byte_length());
        let mut room = [FoundRegion::default(); 4];
        let vec = room.as_mut_ptr().expose_provenance() as u64;
        let refused = |arguments: ScanArguments| {
            let mut arguments = arguments;
            let error = call(&mut arguments, "testing").expect_err("refused");
            error.os_failure().map(|failure| failure.errno)
        };
        let invalid = Some(libc::EINVAL);
        assert_eq!(refused(ScanArguments { flags: u64::MAX, ..good() }), invalid);
        assert_eq!(refused(ScanArguments { flags: WP_MATCHING | 0xFF, ..good() }), invalid);
        assert_eq!(refused(ScanArguments { return_mask: 0x1000, ..good() }), invalid);
        assert_eq!(refused(ScanArguments { category_mask: 0x1FFF, ..good() }), invalid);
        assert_eq!(refused(ScanArguments { size: 95, ..good() }), invalid);
        assert_eq!(refused(ScanArguments { start: good().start + 1, ..good() }), invalid);
        assert!(refused(ScanArguments { vec_len: 4, ..good() }).is_some(), "a length without a vector");
        for (vec, vec_len) in [(vec, 0), (0, 0)] {
            call(&mut ScanArguments { vec, vec_len, ..good() }, "testing").expect("there is nothing to return");
        }
    }
}

#[test]
fn what_a_range_is_registered_for_is_checked() {
    if knows_scans() {
        let pages = TestPages::anonymous(4);
        let error = written_pages(Watched::Armed, pages.pages(), pages.all(), &mut ScanBuffer::default(), &mut {
            PageSet::new()
        });
        assert!(error.is_err_and(|error| error.os_failure().is_some_and(|failure| failure.errno == libc::EPERM)));
    }
}

/// Not a promise but a record: kernels differ, so no selection here asks for `WRITTEN` without a check for registration.
#[test]
fn written_means_nothing_without_registration() {
    if knows_scans() {
        let mut pages = TestPages::anonymous(8);
        pages.store_all(0..4);
        let asked = Selection { flags: 0, inverted: 0, mask: WRITTEN, any_of: 0, returned: 0 };
        let mut found = PageSet::new();
        scan(&asked, pages.pages(), pages.all(), &mut ScanBuffer::default(), |run| found.push(run)).expect("scans");
        eprintln!("written pages of a range that is not registered: {:?}", found.runs());
        for selection in [WRITTEN_FAST, WRITTEN_PRESENT, PRIVATE, HELD] {
            assert!(selection.mask & WRITTEN == 0 || selection.flags & CHECK_WPASYNC != 0, "{selection:?}");
        }
    }
}

#[test]
fn memory_is_counted_without_touching_it() {
    let file = file_of(8);
    let mut pages = TestPages::private(&file, 8);
    let count = |resident, private, shared| Residency { resident, private, shared, swapped: 0 };
    assert_eq!(page_entries::residency(pages.pages()).expect("pagemap can be read"), count(0, 0, 0));
    assert_eq!(residency::residency(pages.pages()).expect("pagemap can be read"), count(0, 0, 0));
    crate::sys::populate_read(pages.pages());
    pages.store_all([1, 2, 6]);
    assert_eq!(page_entries::residency(pages.pages()).expect("pagemap can be read"), count(8, 3, 5));
    assert_eq!(residency::residency(pages.pages()).expect("pagemap can be read"), count(8, 3, 5));
}

/// Reading untouched anonymous memory brings the zero page, which takes no memory. An entry does not tell it apart.
#[test]
fn zero_pages_take_no_memory() {
    let mut pages = TestPages::anonymous(8);
    assert!((0..6).all(|page| pages.load(page) == 0));
    pages.store_all([0, 1]);
    if knows_scans() {
        let counted = residency::residency(pages.pages()).expect("pagemap can be read");
        assert_eq!(counted, Residency { resident: 2, private: 2, shared: 0, swapped: 0 });
    }
    let counted = page_entries::residency(pages.pages()).expect("pagemap can be read");
    assert_eq!(counted, Residency { resident: 6, private: 6, shared: 0, swapped: 0 });
}

/// More entries than one read returns, and a range that begins in the middle of memory.
#[test]
fn entries_are_read_in_pieces() {
    let count = 3 * 4096 + 17;
    let mut pages = TestPages::anonymous(count);
    let written = [0, 1, 4095, 4096, 8191, 8192, 3 * 4096, count - 1];
    pages.store_all(written);
    assert!(by_entries(&pages).0.pages().eq(written));
}

/// Above the addresses that a process can have, pagemap ends: nothing is known then.
#[test]
fn entries_that_are_missing_are_an_error() {
    let (mut buffer, mut found, mut zero) = (EntryBuffer::default(), PageSet::new(), PageSet::new());
    let outcome = page_entries::private_entries(nowhere(), &mut buffer, &mut found, &mut zero);
    assert!(outcome.is_err(), "{outcome:?}");
}
