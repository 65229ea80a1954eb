//! Writes that no instruction of this process makes: the kernel copies into the memory.
#![expect(unsafe_code, reason = "read(2) into an address of the region")]

use std::collections::BTreeSet;
use std::fs::File;
use std::io::Write;
use std::os::fd::AsRawFd;

use pagefold_core::TrackerKind;

use crate::guest::{Guest, assert_same_bytes, page_bytes};

pub(super) fn read_into_the_memory_is_recorded(kind: TrackerKind) {
    recorded(kind, Guest::filled(kind, 32));
}

pub(super) fn read_into_a_hole_is_recorded(kind: TrackerKind) {
    let mut guest = Guest::new(kind, 32);
    guest.touch(0);
    guest.snapshot();
    recorded(kind, guest);
}

fn recorded(kind: TrackerKind, mut guest: Guest) {
    let baseline = guest.bytes();
    let file = file_of(&vec![0xA5; 3 * page_bytes()]);
    for round in 0..40 {
        // Begins and ends inside a page: pages 3 to 6 are touched.
        let offset = 3 * page_bytes() + 100;
        read_at(&file, &guest, offset, 3 * page_bytes());
        assert_eq!(guest.read(offset, 3 * page_bytes()), vec![0xA5; 3 * page_bytes()]);
        assert_eq!(guest.dirty(), BTreeSet::from([3, 4, 5, 6]), "{kind}, round {round}");
        guest.reset();
        assert_same_bytes(&guest.bytes(), &baseline, "after reset");
    }
}

fn file_of(bytes: &[u8]) -> File {
    let mut file = tempfile::tempfile().expect("a temporary file can be created");
    file.write_all(bytes).expect("a temporary file can be written");
    file
}

fn read_at(file: &File, guest: &Guest, offset: usize, byte_length: usize) {
    let target = std::ptr::with_exposed_provenance_mut(guest.address() + offset);
    // SAFETY: the caller stays inside the guest's region, which is mapped and writable, and no reference points there.
    let count = unsafe { libc::pread(file.as_raw_fd(), target, byte_length, 0) };
    assert_eq!(usize::try_from(count), Ok(byte_length), "{}", std::io::Error::last_os_error());
}
