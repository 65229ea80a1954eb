//! A forked child inherits memory, descriptors and views: its resets must be its own.
#![expect(unsafe_code, reason = "fork(2) and waitpid(2)")]

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::os::fd::AsRawFd;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::path::PathBuf;

use pagefold_core::TrackerKind;

use crate::child;
use crate::guest::{Guest, assert_same_bytes, works_here};

/// The child resets what it inherited; the parent's record of its own writes is not disturbed.
#[test]
fn an_inherited_view_resets_the_childs_memory_only() {
    child::run(child::name!(an_inherited_view_resets_the_childs_memory_only), || {
        for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
            let mut guest = Guest::filled(kind, 64);
            let baseline = guest.bytes();
            guest.touch_all([1, 2, 40]);
            guest.reset();
            guest.touch_all([2, 41]);
            let parents = guest.bytes();
            in_fork(|| {
                assert_same_bytes(&guest.bytes(), &parents, "inherited");
                for round in 0..40 {
                    guest.touch_all([3, 41, 63, round]);
                    guest.reset();
                    assert_same_bytes(&guest.bytes(), &baseline, "after reset in the child");
                }
                guest.touch(9);
                assert_eq!(guest.dirty(), BTreeSet::from([9]), "the child tracks by itself");
            });
            assert_same_bytes(&guest.bytes(), &parents, "in the parent, after the child");
            assert_eq!(guest.dirty(), BTreeSet::from([2, 41]), "{kind}: the parent's record");
            guest.touch(50);
            assert_eq!(guest.dirty(), BTreeSet::from([2, 41, 50]), "{kind}: the parent's tracking");
            guest.reset();
            assert_same_bytes(&guest.bytes(), &baseline, "after reset in the parent");
        }
    });
}

/// Written in the child before its first reset: the parent's page tables know nothing of it.
#[test]
fn a_write_in_the_child_is_not_missed() {
    child::run(child::name!(a_write_in_the_child_is_not_missed), || {
        for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
            let mut guest = Guest::filled(kind, 64);
            let baseline = guest.bytes();
            in_fork(|| {
                guest.touch_all([0, 5, 63]);
                let window = &mut guest.region.window().expect("alive");
                let dirty = guest.view.dirty(window).expect("has a baseline");
                assert!([0, 5, 63].iter().all(|page| dirty.pages.contains(*page)), "{kind}: {dirty:?}");
                guest.reset();
                assert_same_bytes(&guest.bytes(), &baseline, "after reset in the child");
            });
            assert_eq!(guest.dirty(), BTreeSet::new(), "the parent has written nothing");
        }
    });
}

/// Guests made, used and dropped in the child, three times over, beside one that is inherited.
#[test]
fn a_child_makes_guests_of_its_own() {
    child::run(child::name!(a_child_makes_guests_of_its_own), || {
        for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
            let mut inherited = Guest::filled(kind, 16);
            let baseline = inherited.bytes();
            let snapshot = inherited.snapshot();
            in_fork(|| {
                for _ in 0..3 {
                    let mut own = Guest::new(kind, 16);
                    assert_same_bytes(&own.bytes(), &vec![0; baseline.len()], "a fresh memory");
                    own.restore(&snapshot);
                    own.touch_all(0..16);
                    own.reset();
                    assert_same_bytes(&own.bytes(), &baseline, "an own guest after reset");
                }
            });
            inherited.touch(3);
            assert_eq!(inherited.dirty(), BTreeSet::from([3]));
            inherited.reset();
            assert_same_bytes(&inherited.bytes(), &baseline, "in the parent");
        }
    });
}

#[test]
fn grandchildren_track_too() {
    child::run(child::name!(grandchildren_track_too), || {
        for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
            let mut guest = Guest::filled(kind, 32);
            let baseline = guest.bytes();
            in_fork(|| {
                guest.touch(1);
                in_fork(|| {
                    guest.touch(2);
                    guest.reset();
                    assert_same_bytes(&guest.bytes(), &baseline, "in the grandchild");
                });
                guest.touch(3);
                guest.reset();
                assert_same_bytes(&guest.bytes(), &baseline, "in the child");
            });
            guest.touch(4);
            assert_eq!(guest.dirty(), BTreeSet::from([4]));
        }
    });
}

/// A number of an inherited descriptor may belong to another file by the time the child resets.
#[test]
fn files_that_a_child_opens_in_place_of_inherited_ones_stay_open() {
    child::run(child::name!(files_that_a_child_opens_in_place_of_inherited_ones_stay_open), || {
        for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
            let mut guest = Guest::filled(kind, 32);
            let baseline = guest.bytes();
            guest.touch(1);
            guest.reset();
            in_fork(|| {
                let closed = close_tracking_descriptors();
                assert!(closed > 0, "the first reset has opened some");
                let own: Vec<File> = (0..64).map(|_| File::open("/dev/null").expect("it can be opened")).collect();
                for round in 0..3 {
                    guest.touch_all([2, round]);
                    guest.reset();
                    assert_same_bytes(&guest.bytes(), &baseline, "after reset in the child");
                }
                for file in &own {
                    let target = fs::read_link(format!("/proc/self/fd/{}", file.as_raw_fd()));
                    assert_eq!(target.ok(), Some("/dev/null".into()), "{kind}: a file of the child was closed");
                }
            });
        }
    });
}

/// Closes what this fork has inherited of userfaultfd and pagemap; how many there were.
fn close_tracking_descriptors() -> usize {
    let entries = fs::read_dir("/proc/self/fd").expect("procfs is mounted");
    let paths: Vec<PathBuf> = entries.map(|entry| entry.expect("procfs can be read").path()).collect();
    let is_tracking = |path: &PathBuf| {
        fs::read_link(path).is_ok_and(|target| {
            target.ends_with("pagemap") || target.as_os_str().to_string_lossy().contains("[userfaultfd]")
        })
    };
    let numbers = paths.iter().filter(|path| is_tracking(path)).map(|path| {
        let name = path.file_name().expect("it was listed").to_string_lossy();
        name.parse::<i32>().expect("procfs names descriptors by their numbers")
    });
    // SAFETY: this fork never uses the inherited descriptors again; that pagefold does not either is what is tested.
    numbers.map(|number| unsafe { libc::close(number) }).inspect(|closed| assert_eq!(*closed, 0)).count()
}

/// A process id says who a process is only inside its namespace: here parent and child are both number 1.
#[test]
fn a_child_with_the_parents_process_id_is_another_process() {
    child::run(child::name!(a_child_with_the_parents_process_id_is_another_process), || {
        let kinds: Vec<TrackerKind> = TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)).collect();
        for kind in kinds {
            // A process can change the namespace of its children once: hence one fork more.
            in_fork(|| in_namespace(|| resets_as_number_one(kind)));
        }
    });
}

/// In a user namespace of its own a process has no power outside it: recording the writes of user mode needs none, while
/// recording those of the kernel would (`userfaultfd` without `UFFD_USER_MODE_ONLY`).
#[test]
fn a_user_namespace_is_enough() {
    child::run(child::name!(a_user_namespace_is_enough), || {
        let kinds: Vec<TrackerKind> = TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)).collect();
        let allowed = fs::read_to_string("/proc/sys/vm/unprivileged_userfaultfd").is_ok_and(|text| text.trim() != "0");
        in_fork(|| {
            // SAFETY: unshare(2) takes flags and touches no memory.
            if unsafe { libc::unshare(libc::CLONE_NEWUSER) } != 0 {
                let error = std::io::Error::last_os_error();
                return eprintln!("skipped: this process may not create user namespaces: {error}");
            }
            // SAFETY: userfaultfd(2) takes flags and returns a descriptor or -1.
            let descriptor = unsafe { libc::syscall(libc::SYS_userfaultfd, libc::O_CLOEXEC) };
            let errno = std::io::Error::last_os_error().raw_os_error();
            assert!(allowed || descriptor == -1 && errno == Some(libc::EPERM), "{descriptor}, {errno:?}");
            for kind in kinds {
                let mut guest = Guest::filled(kind, 32);
                let baseline = guest.bytes();
                guest.touch_all([3, 9]);
                assert_eq!(guest.dirty(), BTreeSet::from([3, 9]), "{kind}");
                guest.reset();
                assert_same_bytes(&guest.bytes(), &baseline, "after reset");
            }
        });
    });
}

fn resets_as_number_one(kind: TrackerKind) {
    assert_eq!(std::process::id(), 1);
    let mut guest = Guest::filled(kind, 32);
    let baseline = guest.bytes();
    guest.touch(4);
    guest.reset();
    guest.touch(5);
    in_namespace(|| {
        assert_eq!(std::process::id(), 1);
        guest.touch_all([6, 7]);
        guest.reset();
        assert_same_bytes(&guest.bytes(), &baseline, "after reset in the child");
    });
    assert_eq!(guest.dirty(), BTreeSet::from([5]), "{kind}: the parent's record");
    guest.reset();
    assert_same_bytes(&guest.bytes(), &baseline, "after reset in the parent");
}

/// Runs `scenario` in a fork that is process 1 of a new namespace, if this process may make one.
fn in_namespace(scenario: impl FnOnce()) {
    if new_process_namespace() {
        in_fork(scenario);
    }
}

/// Processes forked from now on get a namespace of their own, if this process may do that; says why not, if not.
fn new_process_namespace() -> bool {
    // SAFETY: unshare(2) takes flags and touches no memory.
    if unsafe { libc::unshare(libc::CLONE_NEWPID) } == 0 {
        return true;
    }
    let error = std::io::Error::last_os_error();
    assert!(!crate::process_facts::is_root() || error.raw_os_error() == Some(libc::EPERM), "unshare: {error}");
    eprintln!("skipped: this process may not create process namespaces: {error}");
    false
}

/// Runs `scenario` in a fork of this process, which does nothing else, and fails when it panics or crashes.
pub(crate) fn in_fork(scenario: impl FnOnce()) {
    // SAFETY: this process is a child of the test harness with two threads, of which the other one only waits for
    // this one; glibc makes malloc usable in the fork.
    let child = unsafe { libc::fork() };
    assert_ne!(child, -1, "{}", std::io::Error::last_os_error());
    if child == 0 {
        let outcome = catch_unwind(AssertUnwindSafe(scenario));
        // SAFETY: ends the fork at once, without running what the harness registered for its own end.
        unsafe { libc::_exit(i32::from(outcome.is_err())) };
    }
    let mut status = 0;
    // SAFETY: `status` outlives the call.
    let ended = unsafe { libc::waitpid(child, &raw mut status, 0) };
    assert_eq!(ended, child, "{}", std::io::Error::last_os_error());
    assert!(libc::WIFEXITED(status) && libc::WEXITSTATUS(status) == 0, "the fork ended with status {status:#x}");
}
