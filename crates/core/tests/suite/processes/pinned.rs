//! Memory that is pinned for good (`io_uring` fixed buffers; RDMA does the same): the kernel writes to the pages without
//! the page tables, so that nobody records it. A documented hazard of `uffd-wp`; if this test fails one day, the kernel
//! has learned it.
#![expect(unsafe_code, reason = "hands pages of the region to io_uring")]

use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;

use io_uring::{IoUring, opcode, types};
use pagefold_core::{Limits, TrackerKind, Verify};

use crate::child;
use crate::guest::{Guest, assert_same_bytes, page_bytes, works_here};

const PINNED: usize = 4;

#[test]
fn writes_through_pins_are_hidden_from_recorded_writes_only() {
    child::run(child::name!(writes_through_pins_are_hidden_from_recorded_writes_only), || {
        let mut file = tempfile::tempfile().expect("a temporary file can be created");
        file.write_all(&vec![0xA5; page_bytes()]).expect("a temporary file can be written");
        for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
            let mut ring = match IoUring::new(4) {
                Ok(ring) => ring,
                Err(error) => return eprintln!("skipped: this process may not use io_uring: {error}"),
            };
            let mut guest = Guest::filled(kind, 128);
            let baseline = guest.bytes();
            let snapshot = guest.snapshot();
            if let Err(error) = pin(&ring, &guest) {
                return eprintln!("skipped: io_uring cannot pin memory: {error}");
            }
            // Pinning counts as writing. Watched again, the pages are clean.
            let window = &mut guest.region.window().expect("alive");
            guest.view.take_dirty(window).expect("has a baseline");
            assert_eq!(guest.dirty(), [].into(), "{kind}: pinning changes nothing");

            read_into_the_pin(&mut ring, &file, &guest);
            assert_eq!(guest.read(PINNED * page_bytes(), 2), [0xA5; 2], "the contents have changed");
            if kind == TrackerKind::UffdWp {
                assert_eq!(guest.dirty(), [].into(), "not recorded: see the head of this file");
                guest.view.set_limits(Limits { verify: Verify::Always, ..Limits::default() });
                let error = guest.try_reset().expect_err("verifying notices");
                assert_eq!(error.byte_offset(), Some(PINNED * page_bytes()), "{error}");
            } else {
                assert_eq!(guest.dirty(), [PINNED].into(), "{kind} looks at what is there");
            }
            guest.reset();
            assert_same_bytes(&guest.bytes(), &baseline, &format!("{kind}: after reset"));

            // A restore maps other pages: the pin keeps the old ones, and writes to nobody.
            guest.restore(&snapshot);
            read_into_the_pin(&mut ring, &file, &guest);
            assert_same_bytes(&guest.bytes(), &baseline, "after restore, and a write through the old pin");
        }
    });
}

/// Makes the page a fixed buffer.
fn pin(ring: &IoUring, guest: &Guest) -> std::io::Result<()> {
    let address = guest.address() + PINNED * page_bytes();
    let buffer = libc::iovec { iov_base: std::ptr::with_exposed_provenance_mut(address), iov_len: page_bytes() };
    // SAFETY: the page lies in the guest's region, which is mapped until after the ring is gone.
    unsafe { ring.submitter().register_buffers(&[buffer]) }
}

fn read_into_the_pin(ring: &mut IoUring, file: &File, guest: &Guest) {
    let address = std::ptr::with_exposed_provenance_mut(guest.address() + PINNED * page_bytes());
    let length = u32::try_from(page_bytes()).expect("a page is short");
    let entry = opcode::ReadFixed::new(types::Fd(file.as_raw_fd()), address, length, 0).build();
    // SAFETY: the buffer is registered and mapped, no reference points into it, and the call below waits for the end.
    unsafe { ring.submission().push(&entry) }.expect("the queue is empty");
    ring.submit_and_wait(1).expect("it can be submitted");
    let done = ring.completion().next().expect("it was waited for");
    assert_eq!(
        usize::try_from(done.result()),
        Ok(page_bytes()),
        "{}",
        std::io::Error::from_raw_os_error(-done.result())
    );
}
