//! Pages that the kernel has swapped out hold data all the same: a written one is put back, and read back first where that
//! is needed.
#![expect(unsafe_code, reason = "madvise on pages of the region, as its owner may do")]

use pagefold_core::TrackerKind;

use crate::child;
use crate::guest::{Guest, assert_same_bytes, page_bytes, works_here};

const PAGES: usize = 256;

#[test]
fn written_pages_that_are_swapped_out_are_put_back() {
    child::run(child::name!(written_pages_that_are_swapped_out_are_put_back), || {
        for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
            let mut guest = Guest::filled(kind, PAGES);
            let baseline = guest.bytes();
            let written = (0..PAGES).step_by(3);
            for round in 0..3 {
                guest.touch_all(written.clone());
                swap_out(&guest);
                let window = guest.region.window().expect("alive");
                let swapped = guest.view.residency(&window).expect("pagemap can be read").swapped;
                if swapped == 0 {
                    return eprintln!("skipped: this machine swaps nothing out: it has no swap, or no need to");
                }
                assert_eq!(guest.dirty(), written.clone().collect(), "{kind}, round {round}");
                swap_out(&guest);
                guest.reset();
                swap_out(&guest);
                assert_same_bytes(&guest.bytes(), &baseline, "after reset");
            }
        }
    });
}

/// Asks for it; the kernel does it where it has swap.
fn swap_out(guest: &Guest) {
    let address = std::ptr::with_exposed_provenance_mut(guest.address());
    // SAFETY: the whole of the guest's region; the advice changes where its contents are kept, not the contents.
    let advised = unsafe { libc::madvise(address, PAGES * page_bytes(), libc::MADV_PAGEOUT) };
    assert_eq!(advised, 0, "{}", std::io::Error::last_os_error());
}
