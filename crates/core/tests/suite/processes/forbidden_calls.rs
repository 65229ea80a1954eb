//! System calls that a container or a hardened system forbids: `auto` takes the next best tracker and says why.
#![expect(unsafe_code, reason = "installs a seccomp filter, which takes a raw program")]

use pagefold_core::{ErrorKind, Strategy, TrackerChoice, TrackerKind, View, capabilities, diagnose};

use crate::child;
use crate::guest::{Guest, assert_same_bytes, works_here};
use crate::process_facts::is_root;

pub(crate) const PAGEMAP_SCAN: u32 = 0xC060_6610;
const USERFAULTFD_IOC_NEW: u32 = 0x0000_AA00;
const PROCMAP_QUERY: u32 = 0xC068_6611;

/// A call that a filter answers with EPERM.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Forbidden {
    Call(libc::c_long),
    Ioctl(u32),
}

/// Docker's default profile, and Podman's.
pub(crate) const USERFAULTFD: [Forbidden; 2] =
    [Forbidden::Call(libc::SYS_userfaultfd), Forbidden::Ioctl(USERFAULTFD_IOC_NEW)];

#[test]
fn without_userfaultfd_auto_takes_cow_private() {
    child::run(child::name!(without_userfaultfd_auto_takes_cow_private), || {
        forbid(&USERFAULTFD);
        expect_auto(TrackerKind::CowPrivate, &[(TrackerKind::UffdWp, "userfaultfd")]);
    });
}

#[test]
fn without_pagemap_scan_auto_takes_pagemap_read() {
    child::run(child::name!(without_pagemap_scan_auto_takes_pagemap_read), || {
        forbid(&[USERFAULTFD[0], USERFAULTFD[1], Forbidden::Ioctl(PAGEMAP_SCAN)]);
        expect_auto(
            TrackerKind::PagemapRead,
            &[(TrackerKind::UffdWp, "userfaultfd"), (TrackerKind::CowPrivate, "PAGEMAP_SCAN")],
        );
    });
}

/// Without the question for single mappings all of them are read as text, as on kernels before 6.11.
#[test]
fn without_mapping_queries_foreign_mappings_are_noticed() {
    child::run(child::name!(without_mapping_queries_foreign_mappings_are_noticed), || {
        forbid(&[Forbidden::Ioctl(PROCMAP_QUERY)]);
        for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
            let mut guest = Guest::filled(kind, 32);
            let baseline = guest.bytes();
            guest.touch_all([1, 30]);
            assert_eq!(guest.dirty(), [1, 30].into(), "{kind}");
            guest.reset();
            assert_same_bytes(&guest.bytes(), &baseline, "after reset");
            super::foreign_remap::map_file(&guest, 7, 2);
            guest.reset();
            assert_same_bytes(&guest.bytes(), &baseline, "after reset of a memory with a foreign file in it");
            guest.touch(8);
            assert_eq!(guest.dirty(), [8].into(), "{kind}: it tracks as before");
        }
    });
}

/// What a kernel before 6.7 offers.
#[test]
fn without_pagemap_scan_memory_is_counted_entry_by_entry() {
    child::run(child::name!(without_pagemap_scan_memory_is_counted_entry_by_entry), || {
        forbid(&[USERFAULTFD[0], USERFAULTFD[1], Forbidden::Ioctl(PAGEMAP_SCAN), Forbidden::Ioctl(PROCMAP_QUERY)]);
        if works_here(TrackerKind::PagemapRead) {
            let mut guest = Guest::filled(TrackerKind::PagemapRead, 32);
            let baseline = guest.bytes();
            guest.touch_all([1, 2, 30]);
            guest.reset();
            guest.touch(1);
            let window = &mut guest.region.window().expect("alive");
            let counted = guest.view.residency(window).expect("pagemap can be read");
            assert_eq!((counted.private, counted.shared, counted.swapped), (3, 29, 0));
            let trimmed = guest.view.trim(window, 0).expect("private pages can be found");
            assert_eq!((trimmed.released, trimmed.private), (2, 1), "only what differs is left");
            guest.reset();
            assert_same_bytes(&guest.bytes(), &baseline, "after reset");
        }
    });
}

#[test]
fn without_memory_files_everything_is_refused() {
    child::run(child::name!(without_memory_files_everything_is_refused), || {
        forbid(&[Forbidden::Call(libc::SYS_memfd_create)]);
        let mut region = pagefold_core::Region::allocate(1, 1).expect("needs no memory file");
        let window = region.window().expect("alive");
        for choice in [TrackerChoice::Auto, TrackerChoice::Named(TrackerKind::Compare)] {
            let error = View::new(&window, 1, choice, &[]).expect_err("refused");
            assert_eq!(error.kind(), ErrorKind::Unsupported);
            assert!(error.to_string().contains("memfd_create"), "{error}");
        }
        assert_eq!(diagnose(&[]).expect("the probes can run").tracker, None);
    });
}

/// Forbidden after the first use: every later scan fails, and every page counts as changed.
#[test]
fn a_scan_that_fails_later_means_that_everything_changed() {
    child::run(child::name!(a_scan_that_fails_later_means_that_everything_changed), || {
        let mut guests: Vec<Guest> =
            TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)).map(|kind| Guest::filled(kind, 16)).collect();
        let mut auto = Guest::with_choice(TrackerChoice::Auto, 16, 16);
        auto.fill(1);
        auto.snapshot();
        guests.push(auto);
        forbid(&[Forbidden::Ioctl(PAGEMAP_SCAN)]);
        for mut guest in guests {
            let baseline = guest.view.baseline().expect("just taken").image().to_vec();
            let kind = guest.view.tracker();
            for _ in 0..3 {
                guest.touch_all([0, 7]);
                let report = guest.reset();
                if guest.view.tracker() == kind && [TrackerKind::UffdWp, TrackerKind::CowPrivate].contains(&kind) {
                    assert_eq!(report.strategy, Strategy::Remap, "{kind}");
                }
                assert_same_bytes(&guest.bytes(), &baseline, "after reset");
            }
        }
    });
}

/// Without a dumpable process, an unprivileged user cannot even open its own pagemap.
#[test]
fn a_process_that_is_not_dumpable_falls_back() {
    child::run(child::name!(a_process_that_is_not_dumpable_falls_back), || {
        if is_root() {
            nix::unistd::setgid(nix::unistd::Gid::from_raw(65_534)).expect("root may become nobody");
            nix::unistd::setuid(nix::unistd::Uid::from_raw(65_534)).expect("root may become nobody");
        }
        nix::sys::prctl::set_dumpable(false).expect("every process may do that");
        assert!(std::fs::File::open("/proc/self/pagemap").is_err(), "the scenario is set");
        let without_pagemap = [TrackerKind::UffdWp, TrackerKind::CowPrivate, TrackerKind::PagemapRead];
        expect_auto(TrackerKind::Compare, &without_pagemap.map(|kind| (kind, "pagemap")));
    });
}

#[test]
fn disabled_trackers_are_not_chosen() {
    child::run(child::name!(disabled_trackers_are_not_chosen), || {
        let mut region = pagefold_core::Region::allocate(1, 1).expect("allocates");
        let window = region.window().expect("alive");
        let disabled = [TrackerKind::UffdWp, TrackerKind::CowPrivate, TrackerKind::PagemapRead];
        let view = View::new(&window, 1, TrackerChoice::Auto, &disabled).expect("compare is left");
        assert_eq!(view.tracker(), TrackerKind::Compare);
        assert!(view.rejected().iter().all(|rejection| rejection.reason.contains("disabled")));
        drop(view);
        let named = View::new(&window, 1, TrackerChoice::Named(TrackerKind::UffdWp), &disabled);
        assert_eq!(named.expect_err("never replaced").kind(), ErrorKind::Unsupported);
        let none = View::new(&window, 1, TrackerChoice::Auto, &TrackerKind::ALL);
        assert_eq!(none.expect_err("nothing is left").kind(), ErrorKind::Unsupported);
    });
}

/// `auto` chooses `kind` after rejecting exactly `rejected`, each with a reason that holds the word; what is rejected
/// is refused by name too; and the chosen tracker does its work.
fn expect_auto(kind: TrackerKind, rejected: &[(TrackerKind, &str)]) {
    let mut guest = Guest::with_choice(TrackerChoice::Auto, 32, 32);
    assert_eq!(guest.view.tracker(), kind, "{:?}", capabilities());
    let seen = guest.view.rejected().to_vec();
    assert_eq!(seen.len(), rejected.len(), "{seen:?}");
    let mut other = pagefold_core::Region::allocate(1, 1).expect("allocates");
    let window = other.window().expect("alive");
    for (rejection, (expected, word)) in seen.iter().zip(rejected) {
        assert_eq!(rejection.kind, *expected);
        assert!(rejection.reason.contains(word), "{rejection:?}");
        let named = View::new(&window, 1, TrackerChoice::Named(*expected), &[]).expect_err("refused");
        assert_eq!(named.kind(), ErrorKind::Unsupported);
        assert!(named.to_string().contains(word), "{named}");
    }
    let diagnosis = diagnose(&[]).expect("the probes can run");
    assert_eq!(diagnosis.tracker, Some(kind));
    assert!(
        diagnosis
            .trackers
            .iter()
            .all(|(each, reason)| { reason.is_some() == rejected.iter().any(|(refused, _)| refused == each) })
    );
    guest.fill(1);
    guest.snapshot();
    let baseline = guest.bytes();
    for round in 0..40 {
        guest.touch_all([0, 13, round % 32]);
        assert_eq!(guest.dirty(), [0, 13, round % 32].into());
        guest.reset();
        assert_same_bytes(&guest.bytes(), &baseline, "after reset");
    }
}

/// From now on the kernel answers EPERM to these calls of this thread.
pub(crate) fn forbid(calls: &[Forbidden]) {
    const LOAD: u16 = 0x20; // BPF_LD | BPF_W | BPF_ABS
    const EQUAL: u16 = 0x15; // BPF_JMP | BPF_JEQ | BPF_K
    const RETURN: u16 = 0x06; // BPF_RET | BPF_K
    const NUMBER_OFFSET: u32 = 0; // seccomp_data.nr
    const SECOND_ARGUMENT_OFFSET: u32 = 24; // the low half of seccomp_data.args[1], on little-endian machines
    const ALLOW: u32 = 0x7FFF_0000;
    const ERROR: u32 = 0x0005_0000;
    let instruction = |code, k, jt, jf| libc::sock_filter { code, jt, jf, k };
    let number = |call: libc::c_long| u32::try_from(call).expect("system call numbers are small");
    let refuse = ERROR | u32::try_from(libc::EPERM).expect("error numbers are small");
    let mut program = Vec::new();
    for call in calls {
        program.push(instruction(LOAD, NUMBER_OFFSET, 0, 0));
        match *call {
            Forbidden::Call(call) => program.push(instruction(EQUAL, number(call), 0, 1)),
            Forbidden::Ioctl(command) => {
                program.push(instruction(EQUAL, number(libc::SYS_ioctl), 0, 3));
                program.push(instruction(LOAD, SECOND_ARGUMENT_OFFSET, 0, 0));
                program.push(instruction(EQUAL, command, 0, 1));
            }
        }
        program.push(instruction(RETURN, refuse, 0, 0));
    }
    program.push(instruction(RETURN, ALLOW, 0, 0));
    let filter = libc::sock_fprog {
        len: u16::try_from(program.len()).expect("the program is short"),
        filter: program.as_mut_ptr(),
    };
    nix::sys::prctl::set_no_new_privs().expect("every process may do that");
    let mode = libc::c_ulong::from(libc::SECCOMP_MODE_FILTER);
    // SAFETY: `filter` points to `len` instructions and outlives the call, which copies them.
    let installed = unsafe { libc::prctl(libc::PR_SET_SECCOMP, mode, &raw const filter) };
    assert_eq!(installed, 0, "{}", std::io::Error::last_os_error());
}
