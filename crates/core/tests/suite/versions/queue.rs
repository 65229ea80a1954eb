//! Diffs that wait, in the order of origin and sequence, and become a version or do not.

use std::sync::{Arc, Barrier};

use pagefold_core::{
    Author, Compression, DecodeLimits, Diff, DiffOptions, ElementType, ErrorKind, MergeRegion, MergeRules, Operation,
    Queued, Snapshot, TrackerKind, decode, encode,
};

use super::{contents, growable, kinds, pages, ruled, rules, showing};
use crate::guest::{Guest, assert_same_bytes, noise};

pub(super) const EXACT: DiffOptions = DiffOptions { gap: 0, originals: false };

pub(super) fn author(origin: u64, sequence: u64) -> Author {
    Author { origin, sequence }
}

pub(super) fn diff_of(guest: &mut Guest, author: Author) -> Diff {
    guest.view.diff(&guest.region.window().expect("alive"), author, EXACT).expect("the view is not stale")
}

/// What a guest that shows the snapshot makes of it by one write.
fn diff_by_write(snapshot: &Arc<Snapshot>, who: Author, at: usize, bytes: &[u8]) -> Diff {
    let mut guest = showing(TrackerKind::Compare, snapshot.image().page_count(), snapshot);
    guest.write(at, bytes);
    diff_of(&mut guest, who)
}

#[test]
fn que1_a_diff_is_merged_once() {
    for kind in kinds() {
        let snapshot = growable(&noise(pages(4), 1), pages(4));
        let mut guest = showing(kind, 4, &snapshot);
        guest.write(100, &[0; 3]);
        assert_eq!(snapshot.queue(diff_of(&mut guest, author(1, 0))).expect("current"), Queued::Added);
        assert_eq!((snapshot.queued(), snapshot.version()), (1, 0));
        let synced = snapshot.sync().expect("nothing conflicts");
        assert_eq!((synced.version, synced.diffs, synced.ranges.len()), (1, 1, 1));
        assert_eq!(synced.ranges[0], 100..103);
        let again = snapshot.sync().expect("there is nothing to do");
        assert_eq!((again.version, again.diffs, again.ranges.len(), snapshot.queued()), (1, 0, 0, 0));
        assert_same_bytes(&contents(&snapshot), &guest.bytes(), "the snapshot");
    }
}

#[test]
fn que2_the_order_of_origins_decides_not_that_of_arrival() {
    for (gap, expected) in
        [(Operation::Overwrite, Some(2)), (Operation::FirstWriter, Some(1)), (Operation::Conflict, None)]
    {
        let rules = MergeRules::new(pages(1) as u64, gap).expect("legal");
        let snapshot = ruled(&vec![0; pages(1)], rules);
        for origin in [2, 1] {
            let byte = [u8::try_from(origin).expect("small")];
            snapshot.queue(diff_by_write(&snapshot, author(origin, 0), 9, &byte)).expect("current");
        }
        let before = contents(&snapshot);
        match (expected, snapshot.sync()) {
            (Some(byte), Ok(_)) => assert_eq!(contents(&snapshot)[9], byte),
            (None, Err(error)) => {
                assert_eq!(error.kind(), ErrorKind::MergeConflict);
                let conflict = error.conflicts()[0];
                assert_eq!((conflict.byte_offset, conflict.byte_length, conflict.authors), (9, 1, [(1, 0), (2, 0)]));
                assert_eq!((contents(&snapshot), snapshot.version(), snapshot.queued()), (before, 0, 2));
                assert!(snapshot.discard(author(2, 0)) && !snapshot.discard(author(2, 0)));
                snapshot.sync().expect("one is left");
                assert_eq!((contents(&snapshot)[9], snapshot.version()), (1, 1));
            }
            (_, outcome) => panic!("{gap}: {outcome:?}"),
        }
    }
}

#[test]
fn que3_a_diff_against_an_earlier_version_is_refused() {
    let snapshot = growable(&vec![0; pages(2)], pages(2));
    let diff = diff_by_write(&snapshot, author(1, 0), 9, &[1]);
    snapshot.queue(diff.clone()).expect("current");
    for refused in [snapshot.write(&[(0, &[1])]), snapshot.truncate(1), snapshot.set_rules(rules(pages(2)))] {
        assert_eq!(refused.expect_err("a diff is queued").kind(), ErrorKind::StaleBase);
    }
    snapshot.sync().expect("nothing conflicts");
    assert_eq!(snapshot.queue(diff.clone()).expect_err("stale").kind(), ErrorKind::StaleBase);
    let fork = snapshot.fork();
    assert_eq!(fork.queue(diff).expect_err("another snapshot").kind(), ErrorKind::StaleBase);
    let diff = diff_by_write(&snapshot, author(1, 1), 9, &[7]);
    assert_eq!(snapshot.set_rules(rules(pages(2))).expect("nothing is queued"), 1);
    assert_eq!(snapshot.queue(diff).expect_err("older rules").kind(), ErrorKind::StaleBase);
    assert_eq!((snapshot.queued(), fork.queued()), (0, 0));
}

#[test]
fn que4_a_later_sequence_replaces_and_redelivery_does_nothing() {
    let snapshot = growable(&vec![0; pages(1)], pages(1));
    let first = diff_by_write(&snapshot, author(1, 1), 9, &[1]);
    let second = diff_by_write(&snapshot, author(1, 2), 9, &[2]);
    assert_eq!(snapshot.queue(first.clone()).expect("current"), Queued::Added);
    assert_eq!(snapshot.queue(second.clone()).expect("current"), Queued::Replaced);
    assert_eq!(snapshot.queue(second).expect("the same"), Queued::Repeated);
    assert_eq!(snapshot.queue(first).expect_err("an earlier one").kind(), ErrorKind::DuplicateDiff);
    let other = diff_by_write(&snapshot, author(1, 2), 9, &[3]);
    assert_eq!(snapshot.queue(other).expect_err("another one").kind(), ErrorKind::DuplicateDiff);
    assert_eq!(snapshot.queued(), 1);
    snapshot.sync().expect("nothing conflicts");
    assert_eq!(contents(&snapshot)[9], 2);
}

fn sums(max: usize) -> MergeRules {
    let region =
        MergeRegion { byte_offset: 0, byte_length: None, element: ElementType::I32, operation: Operation::Sum };
    rules(max).with([region]).expect("legal")
}

#[test]
fn que5_a_diff_made_twice_counts_once() {
    for kind in kinds() {
        let snapshot = ruled(&100_i32.to_le_bytes().repeat(pages(1) / 4), sums(pages(1)));
        let mut guest = showing(kind, 1, &snapshot);
        guest.write(8, &150_i32.to_le_bytes());
        let (first, second) = (diff_of(&mut guest, author(1, 1)), diff_of(&mut guest, author(1, 2)));
        assert_eq!(first.clone().by(author(1, 2)), second);
        snapshot.queue(first).expect("current");
        snapshot.queue(second).expect("current");
        snapshot.queue(diff_by_write(&snapshot, author(2, 0), 8, &90_i32.to_le_bytes())).expect("current");
        snapshot.sync().expect("nothing conflicts");
        assert_eq!(contents(&snapshot)[8..12], 140_i32.to_le_bytes());
    }
}

#[test]
fn que6_what_is_no_diff_is_never_queued() {
    let snapshot = growable(&vec![0; pages(1)], pages(1));
    let diff = diff_by_write(&snapshot, author(1, 0), 9, &[1, 2, 3]);
    let bytes = encode(&diff, Compression::None);
    for length in 0..bytes.len() {
        assert!(decode(&bytes[..length], DecodeLimits::for_memory(1 << 32)).is_err());
    }
    snapshot.queue(decode(&bytes, DecodeLimits::for_memory(1 << 32)).expect("whole")).expect("current");
    assert_eq!(snapshot.queue(diff).expect("the same"), Queued::Repeated);
}

/// W13: with faabric a failure halfway leaves the first diffs applied, and a retry applies them twice.
#[test]
fn w13_a_merge_that_fails_changes_nothing() {
    for kind in kinds() {
        let region = |at| MergeRegion {
            byte_offset: at,
            byte_length: Some(4),
            element: ElementType::I32,
            operation: Operation::Sum,
        };
        let product = MergeRegion { operation: Operation::Product, ..region(pages(1) as u64) };
        let snapshot = ruled(&vec![0; pages(2)], rules(pages(2)).with([region(0), product]).expect("legal"));
        let mut guests: Vec<Guest> = (0..2).map(|_| showing(kind, 2, &snapshot)).collect();
        for (guest, origin) in guests.iter_mut().zip(1..) {
            guest.write(0, &[5]);
            guest.write(pages(1), &[7]);
            snapshot.queue(diff_of(guest, author(origin, 0))).expect("current");
        }
        for _ in 0..3 {
            let error = snapshot.sync().expect_err("the base of the product is zero");
            assert_eq!(error.kind(), ErrorKind::ProductUndefined);
            assert_eq!((snapshot.version(), snapshot.queued()), (0, 2));
            assert!(contents(&snapshot).iter().all(|byte| *byte == 0));
        }
        snapshot.discard(author(2, 0));
        snapshot.sync().expect("one is left");
        assert_eq!((contents(&snapshot)[0], contents(&snapshot)[pages(1)]), (5, 7));
    }
}

#[test]
fn a_stale_view_makes_no_diff() {
    for kind in kinds() {
        let snapshot = growable(&noise(pages(4), 1), pages(4));
        let (mut one, mut other) = (showing(kind, 4, &snapshot), showing(kind, 4, &snapshot));
        one.write(5, &[0]);
        snapshot.queue(diff_of(&mut one, author(1, 0))).expect("current");
        snapshot.sync().expect("nothing conflicts");
        for guest in [&mut one, &mut other] {
            let error = guest.view.diff(&guest.region.window().expect("alive"), author(1, 1), EXACT);
            assert_eq!(error.expect_err("stale").kind(), ErrorKind::StaleView);
            guest.reset();
            assert_eq!(diff_of(guest, author(1, 1)).entry_count(), 0);
            assert_same_bytes(&guest.bytes(), &contents(&snapshot), "after the reset");
        }
    }
}

#[test]
fn ignored_bytes_stay_when_that_is_asked_for() {
    for kind in kinds() {
        let mask = MergeRegion {
            byte_offset: pages(1) as u64 - 4,
            byte_length: Some(8),
            element: ElementType::Raw,
            operation: Operation::Ignore,
        };
        let snapshot = ruled(&noise(pages(4), 1), rules(pages(4)).with([mask]).expect("legal"));
        let mut guest = showing(kind, 4, &snapshot);
        guest.write(pages(1) - 6, &[0; 12]);
        snapshot.write(&[(pages(1) as u64, &[9; 10])]).expect("nothing is queued");
        let window = &mut guest.region.window().expect("alive");
        guest.view.reset_with(window, pagefold_core::ResetOptions { keep_ignored: true }).expect("has a baseline");
        let mut expected = contents(&snapshot);
        expected[pages(1) - 4..pages(1) + 4].fill(0);
        assert_same_bytes(&guest.bytes(), &expected, "after the reset");
        guest.reset();
        assert_same_bytes(&guest.bytes(), &contents(&snapshot), "after one that keeps nothing");
    }
}

#[test]
fn applying_a_diff_to_a_memory() {
    for kind in kinds() {
        let snapshot = ruled(&100_i32.to_le_bytes().repeat(pages(3) / 4), sums(pages(4)));
        let mut guests: Vec<Guest> = (0..2).map(|_| showing(kind, 4, &snapshot)).collect();
        guests[0].write(8, &150_i32.to_le_bytes());
        guests[0].write(pages(3) - 4, &[1; 8]);
        guests[1].write(8, &90_i32.to_le_bytes());
        guests[1].write(4, &107_i32.to_le_bytes());
        let diff = diff_of(&mut guests[0], author(1, 0));
        let guest = &mut guests[1];
        let apply = |guest: &mut Guest| guest.view.apply(&mut guest.region.window().expect("alive"), &diff);
        apply(guest).expect("the same base");
        assert_eq!(guest.read(8, 4), 140_i32.to_le_bytes());
        assert_eq!(guest.read(4, 4), 107_i32.to_le_bytes());
        assert_eq!(guest.read(pages(3) - 4, 8), [1; 8]);
        let other = growable(&noise(pages(3), 1), pages(4));
        guest.restore(&other);
        assert_eq!(apply(guest).expect_err("another base").kind(), ErrorKind::StaleBase);
    }
}

const THREADS: u64 = 8;
const ROUNDS: u64 = 1000;

/// Every thread queues in its own time; the outcome is one.
#[test]
fn eight_threads_queue_a_thousand_rounds() {
    let snapshot = ruled(&vec![0; pages(8)], sums(pages(8)));
    let barrier = Barrier::new(usize::try_from(THREADS).expect("small"));
    std::thread::scope(|scope| {
        for origin in 0..THREADS {
            let (snapshot, barrier) = (&snapshot, &barrier);
            scope.spawn(move || {
                let mut guest = showing(TrackerKind::Compare, 8, snapshot);
                for round in 0..ROUNDS {
                    let mut value = [0; 4];
                    guest.window().read(0, &mut value).expect("in range");
                    guest.write(0, &(i32::from_le_bytes(value) + 1).to_le_bytes());
                    let own = pages(usize::try_from(origin).expect("small")) + 64;
                    guest.write(own, &round.to_le_bytes());
                    let diff = diff_of(&mut guest, author(origin, round));
                    snapshot.queue(diff.clone()).expect("current");
                    snapshot.queue(diff).expect("the same");
                    if barrier.wait().is_leader() {
                        assert_eq!(snapshot.sync().expect("sums never conflict").diffs, 8);
                    }
                    barrier.wait();
                    guest.reset();
                }
            });
        }
    });
    let expected = i32::try_from(THREADS * ROUNDS).expect("small");
    assert_eq!((contents(&snapshot)[..4].to_vec(), snapshot.version()), (expected.to_le_bytes().to_vec(), ROUNDS));
}
