//! Images, views and growth.

use pagefold_core::{ErrorKind, Image, MergeRules, Operation, Region, Snapshot};

use super::{contents, growable, kinds, pages, rules, showing};
use crate::guest::{Guest, assert_same_bytes, noise, page_bytes};

#[test]
fn img1_made_by_size_or_from_bytes() {
    let page = page_bytes();
    let mut expected = vec![3; 2 * page];
    expected[120..220].fill(4);
    for max in [2 * page, 2 * page + 123] {
        let made = [
            growable(&[], max),
            Snapshot::with_rules(Image::zeros(2 * page).expect("there is room"), rules(max)).expect("fits").into(),
            growable(&vec![3; 2 * page], max),
        ];
        for snapshot in made {
            assert_eq!(snapshot.version(), 0);
            snapshot.write(&[(0, &vec![3; 2 * page]), (120, &[4; 100])]).expect("in range");
            assert_eq!((contents(&snapshot), snapshot.version()), (expected.clone(), 1));
            assert_eq!(snapshot.max_byte_length(), max as u64);
            let mut part = [0; 100];
            snapshot.image().read(120, &mut part).expect("in range");
            assert_eq!(part, [4; 100]);
        }
    }
}

#[test]
fn img2_a_view_longer_than_the_snapshot() {
    for kind in kinds() {
        let snapshot = growable(&vec![0; pages(10)], pages(10));
        snapshot.write(&[(pages(2) as u64, &[2; 100]), (pages(5) as u64 + 2, &[4; 300])]).expect("in range");
        let mut guest = showing(kind, 20, &snapshot);
        let mut expected = contents(&snapshot);
        assert_eq!(expected[pages(5) + 2..pages(5) + 302], [4; 300]);
        expected.resize(pages(20), 0);
        assert_same_bytes(&guest.bytes(), &expected, "the view");
    }
}

#[test]
fn img3_views_do_not_see_each_other() {
    for kind in kinds() {
        let snapshot = growable(&vec![0; pages(4)], pages(4));
        snapshot.write(&[(0, &[2; 100])]).expect("in range");
        let base = contents(&snapshot);
        let (mut one, mut other) = (showing(kind, 4, &snapshot), showing(kind, 4, &snapshot));
        one.write(pages(1), &[3; 150]);
        other.write(pages(1) + 151, &[4; 200]);
        assert_same_bytes(&contents(&snapshot), &base, "the snapshot");
        assert_eq!(one.read(pages(1), 400)[150..], [0; 250]);
        assert_eq!(other.read(pages(1), 400)[..151], [0; 151]);
    }
}

#[test]
fn img4_reset_puts_everything_back() {
    for kind in kinds() {
        let snapshot = growable(&vec![3; pages(10)], pages(10));
        let mut guest = showing(kind, 10, &snapshot);
        guest.write(pages(1) + 10, &[4; 100]);
        guest.reset();
        assert!(guest.bytes().iter().all(|byte| *byte == 3));
    }
}

#[test]
fn img5_impossible_lengths_are_refused() {
    let image = || Image::from_bytes(&[1; 100]).expect("there is room");
    assert_eq!(Snapshot::with_rules(image(), rules(99)).expect_err("refused").kind(), ErrorKind::OverMax);
    assert!(MergeRules::new(0, Operation::Overwrite).is_err());
    let snapshot = growable(&[1; 100], 200);
    assert_eq!(snapshot.image().read(50, &mut [0; 51]).expect_err("refused").kind(), ErrorKind::OutOfRange);
    for (offset, kind) in [(199, ErrorKind::OverMax), (200, ErrorKind::OverMax), (u64::MAX, ErrorKind::OutOfRange)] {
        assert_eq!(snapshot.write(&[(0, &[7]), (offset, &[7, 7])]).expect_err("refused").kind(), kind);
    }
    assert_eq!(snapshot.truncate(201).expect_err("refused").kind(), ErrorKind::OverMax);
    assert_eq!((contents(&snapshot), snapshot.version()), (vec![1; 100], 0));
    for kind in kinds() {
        let long = growable(&vec![1; pages(2)], pages(2));
        let mut guest = Guest::new(kind, 1);
        assert_eq!(guest.try_restore(&long).expect_err("refused").kind(), ErrorKind::SnapshotTooLarge);
        assert!(guest.bytes().iter().all(|byte| *byte == 0));
    }
}

/// W11: with faabric an untouched page shows later writes.
#[test]
fn img6_a_view_stays_at_its_version() {
    for kind in kinds() {
        let snapshot = growable(&noise(pages(8), 1), pages(8));
        let base = contents(&snapshot);
        let mut guest = showing(kind, 8, &snapshot);
        snapshot.write(&[(pages(3) as u64, &noise(pages(2), 2))]).expect("in range");
        snapshot.truncate(pages(2) as u64).expect("nothing is queued");
        assert_same_bytes(&guest.bytes(), &base, "before the reset");
        assert!(guest.view.is_stale());
        guest.reset();
        let mut expected = contents(&snapshot);
        expected.resize(pages(8), 0);
        assert_same_bytes(&guest.bytes(), &expected, "after the reset");
        assert!(!guest.view.is_stale());
        assert_eq!(guest.view.version().expect("it has one").number(), 2);
    }
}

/// W16, W17: with faabric the tail keeps its bytes and guard pages lose their protection. Guard pages stand in
/// `conformance::guards`.
#[test]
fn img7_a_grown_view_is_zero_behind_the_base_after_a_reset() {
    for kind in kinds() {
        let snapshot = growable(&noise(pages(4), 1), pages(8));
        let mut guest = showing(kind, 4, &snapshot);
        guest.region.grow(pages(7)).expect("below the maximum");
        guest.write(pages(4), &noise(pages(3), 2));
        snapshot.write(&[(pages(5) as u64, &[9; 10])]).expect("below the maximum");
        guest.reset();
        let mut expected = contents(&snapshot);
        expected.resize(pages(7), 0);
        assert_same_bytes(&guest.bytes(), &expected, "after the reset");
        guest.touch_all(0..7);
        guest.reset();
        assert_same_bytes(&guest.bytes(), &expected, "after another");
    }
}

#[test]
fn gro1_writing_past_the_end_grows_with_zeros() {
    for kind in kinds() {
        let snapshot = growable(&vec![1; pages(10)], pages(20));
        snapshot.write(&[(pages(13) as u64, &[5; 300])]).expect("below the maximum");
        assert_eq!(snapshot.image().byte_length(), pages(13) + 300);
        snapshot.write(&[(pages(15) as u64, &[6; 200])]).expect("below the maximum");
        let mut expected = vec![1; pages(10)];
        expected.resize(pages(15) + 200, 0);
        expected[pages(13)..pages(13) + 300].fill(5);
        expected[pages(15)..].fill(6);
        assert_same_bytes(&contents(&snapshot), &expected, "the snapshot");
        expected.resize(pages(16), 0);
        assert_same_bytes(&showing(kind, 16, &snapshot).bytes(), &expected, "a view");
    }
}

#[test]
fn gro5_what_was_cut_off_reads_as_zeros() {
    for kind in kinds() {
        let snapshot = growable(&noise(pages(10), 1), pages(10));
        let mut guest = showing(kind, 10, &snapshot);
        snapshot.truncate(pages(4) as u64 - 100).expect("nothing is queued");
        guest.reset();
        snapshot.truncate(pages(6) as u64).expect("below the maximum");
        let mut expected = noise(pages(10), 1)[..pages(4) - 100].to_vec();
        expected.resize(pages(6), 0);
        assert_same_bytes(&contents(&snapshot), &expected, "the snapshot");
        guest.touch_all(0..10);
        guest.reset();
        expected.resize(pages(10), 0);
        assert_same_bytes(&guest.bytes(), &expected, "the view");
    }
}

#[test]
fn a_window_that_is_too_short_for_the_new_version_keeps_the_old_one() {
    for kind in kinds() {
        let snapshot = growable(&noise(pages(4), 1), pages(8));
        let mut guest = showing(kind, 4, &snapshot);
        let base = guest.bytes();
        guest.touch(1);
        let changed = guest.bytes();
        snapshot.write(&[(pages(6) as u64, &[1])]).expect("below the maximum");
        assert_eq!(guest.try_reset().expect_err("refused").kind(), ErrorKind::SnapshotTooLarge);
        assert_same_bytes(&guest.bytes(), &changed, "nothing has changed");
        assert_eq!(guest.dirty().into_iter().collect::<Vec<_>>(), [1]);
        guest.region.grow(pages(7)).expect("below the maximum");
        guest.reset();
        let mut expected = base;
        expected.resize(pages(7), 0);
        expected[pages(6)] = 1;
        assert_same_bytes(&guest.bytes(), &expected, "after growing");
    }
}

/// Every page is its own extent, again and again: the image is made into one layer, and views follow.
#[test]
fn scattered_changes_over_and_over() {
    for kind in kinds() {
        let count = 3000;
        let snapshot = growable(&noise(pages(count), 1), pages(count));
        let mut expected = contents(&snapshot);
        let mut guest = showing(kind, count, &snapshot);
        for round in 0..12_usize {
            let at: Vec<usize> = (0..120).map(|index| pages((index * 25 + round * 7) % count) + round).collect();
            let byte = [u8::try_from(round).expect("small") | 0x80];
            let batch: Vec<(u64, &[u8])> = at.iter().map(|at| (*at as u64, &byte[..])).collect();
            snapshot.write(&batch).expect("in range");
            at.iter().for_each(|at| expected[*at] = byte[0]);
            guest.touch_all([1, 999, 2998]);
            guest.reset();
            assert_same_bytes(&guest.bytes(), &expected, &format!("{kind}, round {round}"));
            assert_eq!(guest.dirty().len(), 0);
        }
        assert_same_bytes(&contents(&snapshot), &expected, "the snapshot");
    }
}

#[test]
fn foreign_memory_in_a_stale_view_goes_with_the_reset() {
    for kind in kinds() {
        let snapshot = growable(&noise(pages(10), 1), pages(10));
        let mut guest = showing(kind, 10, &snapshot);
        let region = Region::allocate_mappable(pages(2), pages(2)).expect("there is room");
        guest.map(4, 2, &region, 0).expect("there is room");
        guest.discard(8, 1).expect("there is room");
        snapshot.write(&[(pages(5) as u64, &[7; 10])]).expect("in range");
        guest.reset();
        assert_same_bytes(&guest.bytes(), &contents(&snapshot), "after the reset");
        assert!(guest.dirty().is_empty());
        guest.touch_all([4, 8]);
        assert_eq!(guest.dirty().into_iter().collect::<Vec<_>>(), [4, 8]);
    }
}

/// What is copied back most lies in memory a second time; that copy is of one version as well.
#[test]
fn a_new_version_of_pages_that_are_written_in_every_cycle() {
    for kind in kinds() {
        let count = 4200;
        let snapshot = growable(&noise(pages(count), 1), pages(count));
        let mut expected = contents(&snapshot);
        let mut guest = showing(kind, count, &snapshot);
        for round in 0..200_usize {
            guest.touch_all((0..100).map(|index| index * 40));
            if round % 90 == 89 {
                let byte = u8::try_from(round).expect("small");
                snapshot.write(&[(pages(400) as u64, &vec![byte; pages(1)])]).expect("in range");
                expected[pages(400)..pages(401)].fill(byte);
            }
            guest.reset();
            assert_same_bytes(&guest.read(pages(390), pages(20)), &expected[pages(390)..pages(410)], "the hot pages");
        }
        assert_same_bytes(&guest.bytes(), &expected, "everything");
    }
}
