//! Regions over files: what is refused, what reaches the file, and mapping their pages into guests.

use std::fs;
use std::path::{Path, PathBuf};

use pagefold_core::{ErrorKind, FileAccess, Region, TrackerKind};

use crate::guest::{Guest, assert_same_bytes, noise, page_bytes, works_here};
use crate::process_facts::is_root;

/// A folder with one file, in memory and on whatever the temporary folder is on.
fn with_files(test: impl Fn(&Path)) {
    for parent in [std::env::temp_dir(), PathBuf::from("/dev/shm")] {
        let folder = tempfile::tempdir_in(parent).expect("a temporary folder can be made");
        test(folder.path());
    }
}

fn file(folder: &Path, bytes: &[u8]) -> PathBuf {
    let path = folder.join("file");
    fs::write(&path, bytes).expect("there is room");
    path
}

fn open(path: &Path, access: FileAccess) -> Region {
    Region::open(path, access, 0, None).expect("it is a regular file")
}

fn contents(region: &Region) -> Vec<u8> {
    let mut bytes = vec![0xEE; region.byte_length()];
    region.read(0, &mut bytes).expect("in range");
    bytes
}

#[test]
fn shows_the_file_and_changes_it_or_not() {
    let page = page_bytes();
    with_files(|folder| {
        for length in [1, page - 1, page, page + 1, 5 * page + 100] {
            let bytes = noise(length, 1);
            for access in [FileAccess::CopyOnWrite, FileAccess::ReadWrite] {
                let path = file(folder, &bytes);
                let mut region = open(&path, access);
                assert_eq!((region.byte_length(), region.max_byte_length()), (length, length));
                assert!(region.is_mappable());
                assert_same_bytes(&contents(&region), &bytes, "once opened");
                region.write(length - 1, &[0]).expect("in range");
                let mut expected = bytes.clone();
                expected[length - 1] = 0;
                assert_same_bytes(&contents(&region), &expected, "once written");
                let on_disk = if access == FileAccess::ReadWrite { &expected } else { &bytes };
                assert_same_bytes(&fs::read(&path).expect("it is there"), on_disk, "the file");
                // What lies behind the end of the file, in its last page, reads as zeros and reaches nobody.
                let mut behind = vec![1; page.min(length.next_multiple_of(page) - length)];
                region.read(length, &mut behind).expect("in range of the page");
                assert!(behind.iter().all(|byte| *byte == 0));
                fs::remove_file(&path).expect("it is there");
                assert_same_bytes(&contents(&region), &expected, "once removed");
                region.retire().expect("the kernel has room");
                assert!(!path.exists());
            }
        }
    });
}

#[test]
fn parts_of_a_file() {
    let page = page_bytes();
    with_files(|folder| {
        let bytes = noise(5 * page + 100, 1);
        let path = file(folder, &bytes);
        for (offset, length) in
            [(0, page), (page, 2 * page), (page, 1), (2 * page, 3 * page + 100), (5 * page, 100), (5 * page, 7)]
        {
            let region = Region::open(&path, FileAccess::CopyOnWrite, offset, Some(length)).expect("lies inside");
            assert_same_bytes(&contents(&region), &bytes[offset..offset + length], "a part");
            let mut guest = Guest::filled(TrackerKind::Compare, 8);
            let pages = length.div_ceil(page);
            guest.map(1, pages, &region, 0).expect("there is room");
            assert_same_bytes(&guest.read(page, length), &bytes[offset..offset + length], "a part, mapped");
            let rest = pages * page - length;
            let behind = [&bytes[offset + length..], &[0; 1 << 16]].concat();
            assert_same_bytes(&guest.read(page + length, rest), &behind[..rest], "whole pages are mapped");
            assert_eq!(guest.map(0, pages + 1, &region, 0).expect_err("refused").kind(), ErrorKind::OutOfRange);
        }
        let rest = Region::open(&path, FileAccess::ReadWrite, 3 * page, None).expect("lies inside");
        assert_same_bytes(&contents(&rest), &bytes[3 * page..], "the rest");
    });
}

#[test]
fn what_cannot_be_opened() {
    let page = page_bytes();
    with_files(|folder| {
        let path = file(folder, &noise(5 * page + 100, 1));
        let refused = |path: &Path, offset, length| {
            [FileAccess::CopyOnWrite, FileAccess::ReadWrite]
                .map(|access| Region::open(path, access, offset, length).expect_err("refused"))
        };
        for (offset, length, kind) in [
            (0, Some(0), ErrorKind::OutOfRange),
            (0, Some(5 * page + 101), ErrorKind::OutOfRange),
            (5 * page, Some(101), ErrorKind::OutOfRange),
            (6 * page, None, ErrorKind::OutOfRange),
            (6 * page, Some(1), ErrorKind::OutOfRange),
            (usize::MAX, Some(usize::MAX), ErrorKind::OutOfRange),
            (page, Some(usize::MAX), ErrorKind::OutOfRange),
            (1, None, ErrorKind::Unaligned),
            (page + 1, Some(1), ErrorKind::Unaligned),
        ] {
            for error in refused(&path, offset, length) {
                assert_eq!(error.kind(), kind, "{offset} {length:?}: {error}");
            }
        }
        let empty = folder.join("empty");
        fs::write(&empty, []).expect("there is room");
        for (path, kind, errno) in [
            (empty.as_path(), ErrorKind::OutOfRange, None),
            (folder, ErrorKind::Unsupported, None),
            (Path::new("/dev/null"), ErrorKind::Unsupported, None),
            (Path::new("/dev/zero"), ErrorKind::Unsupported, None),
            (Path::new("/proc/self/maps"), ErrorKind::OutOfRange, None),
            (&folder.join("missing"), ErrorKind::System, Some(libc::ENOENT)),
            (&path.join("below"), ErrorKind::System, Some(libc::ENOTDIR)),
            (Path::new(""), ErrorKind::System, Some(libc::ENOENT)),
        ] {
            let [read, _] = refused(path, 0, None);
            assert_eq!(read.kind(), kind, "{}: {read}", path.display());
            assert_eq!(read.os_failure().map(|failure| failure.errno), errno, "{read}");
        }
        // Opening a pipe would wait for its other end.
        let pipe = folder.join("pipe");
        nix::unistd::mkfifo(&pipe, nix::sys::stat::Mode::S_IRWXU).expect("a pipe can be made");
        assert!(refused(&pipe, 0, None).iter().all(|error| error.kind() == ErrorKind::Unsupported));
        if !is_root() {
            let mut permissions = fs::metadata(&path).expect("it is there").permissions();
            permissions.set_readonly(true);
            fs::set_permissions(&path, permissions).expect("it is ours");
            let error = Region::open(&path, FileAccess::ReadWrite, 0, None).expect_err("read-only");
            assert_eq!(error.os_failure().map(|failure| failure.errno), Some(libc::EACCES));
            open(&path, FileAccess::CopyOnWrite);
        }
    });
}

/// Files of the kernel that look regular and cannot be mapped. Nothing is lost by trying.
#[test]
fn what_looks_like_a_file_and_is_none() {
    let path = Path::new("/sys/kernel/mm/transparent_hugepage/enabled");
    if !path.exists() {
        eprintln!("skipped: there is no {}", path.display());
        return;
    }
    let error = Region::open(path, FileAccess::CopyOnWrite, 0, None).expect_err("it has no pages");
    assert_eq!(error.os_failure().map(|failure| failure.errno), Some(libc::ENODEV), "{error}");
}

#[test]
fn lengths_that_no_region_has() {
    for (byte_length, max) in [(0, 1), (2, 1), (1, usize::MAX), (1, isize::MAX.unsigned_abs() + 1)] {
        let error = Region::allocate_mappable(byte_length, max).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::OutOfRange, "{byte_length} {max}: {error}");
    }
    for max in [1 << 60, 1 << 48] {
        let error = Region::allocate_mappable(1, max).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::OutOfMemory, "{max}: {error}");
    }
}

#[test]
fn mappable_regions_grow_with_zeros_and_files_do_not() {
    let page = page_bytes();
    let mut region = Region::allocate_mappable(page + 100, 8 * page).expect("there is room");
    // JavaScript can write behind the end.
    region.write(0, &vec![7; 2 * page]).expect("in range of the page");
    region.grow(5 * page + 1).expect("below the maximum");
    let seen = contents(&region);
    assert!(seen[..page + 100].iter().all(|byte| *byte == 7) && seen[page + 100..].iter().all(|byte| *byte == 0));
    assert_eq!(region.grow(8 * page + 1).expect_err("above the maximum").kind(), ErrorKind::OutOfRange);
    assert_eq!(region.grow(5 * page).expect_err("shorter").kind(), ErrorKind::OutOfRange);
    with_files(|folder| {
        let path = file(folder, &noise(2 * page, 1));
        for access in [FileAccess::CopyOnWrite, FileAccess::ReadWrite] {
            let mut region = open(&path, access);
            region.grow(2 * page).expect("it is that long");
            assert_eq!(region.grow(2 * page + 1).expect_err("a file").kind(), ErrorKind::OutOfRange);
            assert_same_bytes(&contents(&region), &noise(2 * page, 1), "after the refusal");
        }
    });
}

#[test]
fn growing_a_mapped_region_keeps_what_is_mapped() {
    let page = page_bytes();
    let mut guest = Guest::filled(TrackerKind::Compare, 16);
    let mut region = Region::allocate_mappable(page + 100, 8 * page).expect("there is room");
    guest.map(3, 2, &region, 0).expect("whole pages are mapped");
    guest.write(3 * page, &noise(2 * page, 4));
    region.grow(4 * page).expect("below the maximum");
    let expected = noise(2 * page, 4);
    assert_same_bytes(&contents(&region)[..page + 100], &expected[..page + 100], "what was in use");
    assert!(contents(&region)[page + 100..].iter().all(|byte| *byte == 0), "what was not");
    assert_same_bytes(&guest.read(3 * page, 2 * page), &contents(&region)[..2 * page], "the guest sees the same");
    guest.map(6, 4, &region, 0).expect("there is room");
}

#[test]
fn regions_over_files_are_not_tracked() {
    let mut region = Region::allocate_mappable(page_bytes(), page_bytes()).expect("there is room");
    let error = region.window().expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
}

/// Every tracker, every way of opening, on every file system at hand: the baseline comes back, and the file is what it was
/// or what it was made.
#[test]
fn files_mapped_into_guests() {
    let page = page_bytes();
    for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
        with_files(|folder| {
            for access in [FileAccess::CopyOnWrite, FileAccess::ReadWrite] {
                let bytes = noise(10 * page + 100, 1);
                let path = file(folder, &bytes);
                let mut region = open(&path, access);
                let mut guest = Guest::filled(kind, 64);
                let baseline = guest.bytes();
                region.write(0, b"the region's own").expect("in range");
                for round in 0..5 {
                    guest.touch(60);
                    guest.map(20, 11, &region, 0).expect("there is room");
                    guest.map(40, 2, &region, 9).expect("there is room");
                    let seen = guest.read(20 * page, 11 * page);
                    assert_same_bytes(&seen[16..10 * page], &bytes[16..10 * page], "the file shows");
                    let own = seen.starts_with(b"the region's own");
                    assert_eq!(own, access == FileAccess::ReadWrite, "what was written to the region");
                    guest.write(30 * page, b"from the guest");
                    let both = guest.read(41 * page, 14) == b"from the guest";
                    assert_eq!(both, access == FileAccess::ReadWrite, "at the other place");
                    let dirty = (20..31).chain([40, 41, 60]).collect();
                    assert_eq!(guest.dirty(), dirty, "{kind}, {access:?}, round {round}");
                    let mut taken = guest.view.take_dirty(&mut guest.region.window().expect("alive"));
                    assert!(taken.as_mut().expect("has a baseline").pages.contains(25));
                    guest.write(25 * page, b"from the guest");
                    guest.reset();
                    assert_same_bytes(&guest.bytes(), &baseline, "after reset");
                    guest.touch_all([20, 25, 41]);
                    assert_eq!(guest.dirty(), [20, 25, 41].into(), "and everything is watched as before");
                    guest.reset();
                    region.write(10 * page, &bytes[10 * page..]).expect("in range");
                    region.write(5 * page, &bytes[5 * page..6 * page]).expect("in range");
                }
                drop(region);
                let mut expected = bytes;
                if access == FileAccess::ReadWrite {
                    expected[..16].copy_from_slice(b"the region's own");
                }
                assert_same_bytes(&fs::read(&path).expect("it is there"), &expected, "the file at the end");
                guest.touch_all(0..64);
                guest.reset();
                assert_same_bytes(&guest.bytes(), &baseline, "without the region");
            }
        });
    }
}
