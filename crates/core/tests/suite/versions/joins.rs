//! Fork and join: several memories begin with one version, and what each of them changed becomes the next one.

use std::sync::Arc;

use pagefold_core::{Compression, DecodeLimits, Diff, Snapshot, TrackerKind, decode, encode};

use super::queue::{author, diff_of};
use super::{contents, growable, kinds, pages, showing};
use crate::guest::{Guest, assert_same_bytes};

fn sent(diff: &Diff) -> Diff {
    decode(&encode(diff, Compression::Lz4), DecodeLimits::for_memory(1 << 32)).expect("what was encoded can be decoded")
}

fn entries(diff: &Diff) -> Vec<(usize, usize)> {
    let place = |offset| usize::try_from(offset).expect("small");
    diff.entries().map(|entry| (place(entry.byte_offset), entry.bytes.len())).collect()
}

#[test]
fn join1_threads_of_one_memory_make_one_diff() {
    for kind in kinds() {
        let snapshot = growable(&vec![0; pages(4)], pages(4));
        let mut guest = showing(kind, 4, &snapshot);
        for thread in 0..4_u8 {
            guest.write(pages(thread.into()), &[thread + 1, thread + 2, thread + 3]);
        }
        let diff = diff_of(&mut guest, author(1, 0));
        assert_eq!(entries(&diff), [(0, 3), (pages(1), 3), (pages(2), 3), (pages(3), 3)]);
    }
}

#[test]
fn join2_a_restored_memory_shows_the_snapshot() {
    for kind in kinds() {
        let snapshot = growable(&vec![0; pages(10)], pages(10));
        snapshot.write(&[(pages(1) as u64, &[0, 1, 2, 3]), (pages(3) as u64, &[4, 5, 6])]).expect("in range");
        let mut guest = showing(kind, 10, &snapshot);
        assert_eq!((guest.read(pages(1), 4), guest.read(pages(3), 3)), (vec![0, 1, 2, 3], vec![4, 5, 6]));
        assert_eq!(snapshot.image().byte_length(), pages(10));
    }
}

#[test]
fn join3_the_maximum_is_the_length_or_what_was_said() {
    assert_eq!(growable(&[1; 100], 100).max_byte_length(), 100);
    assert_eq!(growable(&[1; 100], 200).max_byte_length(), 200);
    let plain = Snapshot::new(pagefold_core::Image::from_bytes(&[1; 100]).expect("there is room"));
    assert_eq!(plain.max_byte_length(), 100);
}

#[test]
fn join4_a_remote_diff_of_two_writes() {
    for kind in kinds() {
        let snapshot = growable(&vec![0; pages(3)], pages(3));
        let mut remote = showing(kind, 3, &snapshot);
        remote.write(10, &[1, 2, 3, 4]);
        remote.write(pages(1) + 10, &[0, 1, 2, 3, 4, 5, 6]);
        let diff = sent(&diff_of(&mut remote, author(1, 0)));
        assert_eq!(entries(&diff), [(10, 4), (pages(1) + 11, 6)]);
        snapshot.queue(diff).expect("current");
        assert_eq!(snapshot.queued(), 1);
        snapshot.sync().expect("nothing conflicts");
        assert_same_bytes(&contents(&snapshot), &remote.bytes(), "after the merge");
    }
}

#[test]
fn join5_two_writers_of_one_page() {
    for kind in kinds() {
        let snapshot = growable(&vec![0; pages(6)], pages(6));
        let mut main = showing(kind, 6, &snapshot);
        let mut remotes: Vec<Guest> = (0..3).map(|_| showing(kind, 6, &snapshot)).collect();
        let mut expected = vec![0; pages(6)];
        for (index, remote) in remotes.iter_mut().enumerate() {
            let (byte, name) = (u8::try_from(index).expect("small") + 1, format!("thread_{index}"));
            main.write(pages(2 * index), &[byte; 3]);
            remote.write(pages(2 * index) + 10, name.as_bytes());
            expected[pages(2 * index)..pages(2 * index) + 3].fill(byte);
            expected[pages(2 * index) + 10..pages(2 * index) + 18].copy_from_slice(name.as_bytes());
            snapshot.queue(sent(&diff_of(remote, author(10 + index as u64, 0)))).expect("current");
        }
        snapshot.queue(diff_of(&mut main, author(0, 0))).expect("current");
        snapshot.sync().expect("nothing conflicts");
        assert_same_bytes(&contents(&snapshot), &expected, "the snapshot");
        main.reset();
        assert_same_bytes(&main.bytes(), &expected, "the main memory");
    }
}

/// W1: with faabric what the main memory writes meanwhile is dropped.
#[test]
fn join6_the_main_memory_writes_while_a_diff_waits() {
    for kind in kinds() {
        let snapshot = growable(&vec![0; pages(2)], pages(2));
        let (mut main, mut remote) = (showing(kind, 2, &snapshot), showing(kind, 2, &snapshot));
        remote.write(100, &[1; 10]);
        snapshot.queue(sent(&diff_of(&mut remote, author(2, 0)))).expect("current");
        main.write(200, &[2; 10]);
        snapshot.queue(diff_of(&mut main, author(1, 0))).expect("current");
        assert_eq!(snapshot.sync().expect("nothing conflicts").diffs, 2);
        main.reset();
        assert_eq!((main.read(100, 10), main.read(200, 10)), (vec![1; 10], vec![2; 10]));
    }
}

/// W18: with faabric results and snapshots stay for ever.
#[test]
fn join7_a_thousand_joins_hold_no_more_memory_than_one() {
    let snapshot = growable(&vec![1; pages(300)], pages(300));
    let mut guests: Vec<Guest> = (0..2).map(|_| showing(TrackerKind::Compare, 300, &snapshot)).collect();
    let mut late: Option<Diff> = None;
    for round in 0..1000_u64 {
        for (guest, origin) in guests.iter_mut().zip(0..) {
            let at = usize::try_from((round * 13 + origin * 7) % 290).expect("small");
            guest.write(pages(at), &round.to_le_bytes());
            let diff = sent(&diff_of(guest, author(origin, round)));
            snapshot.queue(diff.clone()).expect("current");
            snapshot.queue(diff.clone()).expect("the same");
            if let Some(late) = late.replace(diff).filter(|late| late.base().version < round) {
                assert!(snapshot.queue(late).is_err(), "it was merged long ago");
            }
        }
        snapshot.sync().expect("nothing conflicts");
        guests.iter_mut().for_each(|guest| drop(guest.reset()));
        assert_eq!((Arc::strong_count(&snapshot.current()), snapshot.queued()), (4, 0), "two views, and two of ours");
    }
    for guest in &mut guests {
        assert_same_bytes(&guest.bytes(), &contents(&snapshot), "a view");
    }
}
