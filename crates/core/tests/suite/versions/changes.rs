//! What a peer with an earlier version lacks.

use std::sync::atomic::{AtomicBool, Ordering};

use pagefold_core::{Changes, ErrorKind};

use super::{contents, growable, pages};
use crate::guest::{assert_same_bytes, noise};

/// Brings a copy of an earlier version up to date.
fn follow(peer: &mut Vec<u8>, changes: &Changes) {
    let byte_length = usize::try_from(changes.byte_length()).expect("it is in memory");
    if changes.is_full() {
        peer.clear();
    }
    peer.resize(byte_length, 0);
    for (byte_offset, bytes) in changes.parts() {
        let start = usize::try_from(byte_offset).expect("it is in memory");
        peer[start..start + bytes.len()].copy_from_slice(bytes);
    }
}

#[test]
fn chg1_ranges_with_their_bytes() {
    let snapshot = growable(&vec![0; pages(4)], pages(4));
    snapshot.write(&[(0, &[0, 1, 2, 3]), (pages(2) as u64 + 1, &[3, 4, 5])]).expect("in range");
    let changes = snapshot.changes(0).expect("there was a version 0");
    assert_eq!((changes.from(), changes.to(), changes.is_full()), (0, 1, false));
    let parts: Vec<(u64, &[u8])> = changes.parts().collect();
    assert_eq!(parts, [(0, &[0, 1, 2, 3][..]), (pages(2) as u64 + 1, &[3, 4, 5][..])]);
    assert!(snapshot.changes(1).expect("the current one").ranges().is_empty());
    assert_eq!(snapshot.changes(2).expect_err("there is none yet").kind(), ErrorKind::OutOfRange);
}

#[test]
fn touching_ranges_are_united_and_the_bytes_are_of_one_version() {
    let snapshot = growable(&vec![0; pages(4)], pages(4));
    snapshot.write(&[(10, &[1; 10])]).expect("in range");
    snapshot.write(&[(20, &[2; 10]), (15, &[3; 2])]).expect("in range");
    let changes = snapshot.changes(0).expect("known");
    snapshot.write(&[(10, &[9; 20])]).expect("in range");
    assert_eq!((changes.ranges().len(), changes.ranges()[0].clone()), (1, 10..30));
    let bytes: Vec<u8> = changes.parts().flat_map(|(_, bytes)| bytes.to_vec()).collect();
    assert_eq!(bytes, [[1; 5].as_slice(), &[3; 2], &[1; 3], &[2; 10]].concat());
}

/// W19: with faabric a write between reading and clearing is lost.
#[test]
fn chg2_a_peer_misses_no_write() {
    let snapshot = growable(&vec![0; pages(16)], pages(16));
    let done = AtomicBool::new(false);
    let mut peer = contents(&snapshot);
    std::thread::scope(|scope| {
        scope.spawn(|| {
            for round in 0..2000_u64 {
                let at = round * 37 % (pages(16) as u64 - 8);
                snapshot.write(&[(at, &round.to_le_bytes())]).expect("in range");
            }
            done.store(true, Ordering::Release);
        });
        let mut version = 0;
        loop {
            let last = done.load(Ordering::Acquire);
            let changes = snapshot.changes(version).expect("it was there");
            follow(&mut peer, &changes);
            version = changes.to();
            if last {
                break;
            }
        }
        assert_eq!(version, 2000);
    });
    assert_same_bytes(&peer, &contents(&snapshot), "the peer");
}

#[test]
fn chg3_a_peer_without_anything_gets_everything() {
    for bytes in [vec![1; 1024], vec![2; 500]] {
        let snapshot = growable(&bytes, 2048);
        for round in 0..1100 {
            snapshot.write(&[(round % 500, &[7])]).expect("in range");
        }
        let changes = snapshot.changes(0).expect("there was a version 0");
        assert!(changes.is_full(), "1,100 versions are too many");
        let mut peer = Vec::new();
        follow(&mut peer, &changes);
        assert_same_bytes(&peer, &contents(&snapshot), "the peer");
    }
}

#[test]
fn what_was_cut_off_and_grew_again_is_zero_at_the_peer() {
    let snapshot = growable(&noise(pages(3), 1), pages(4));
    let mut peer = contents(&snapshot);
    snapshot.truncate(100).expect("nothing is queued");
    snapshot.write(&[(pages(2) as u64, &[5])]).expect("below the maximum");
    follow(&mut peer, &snapshot.changes(0).expect("known"));
    assert_same_bytes(&peer, &contents(&snapshot), "the peer");
}
