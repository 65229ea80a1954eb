//! Snapshots that share pages with another one, because they are of guests that were started in the same way.

use std::collections::BTreeSet;
use std::sync::Arc;

use pagefold_core::{ErrorKind, MergeRules, Snapshot, TrackerKind};
use proptest::collection::{btree_map, vec};
use proptest::prelude::*;

use super::{contents, kinds, pages, rules};
use crate::guest::{Guest, assert_same_bytes, noise, page_bytes};
use crate::process_facts::file_behind;

/// What a page holds: zeros, or noise by number.
type Page = Option<u64>;

fn bytes_of(memory: &[Page]) -> Vec<u8> {
    memory
        .iter()
        .flat_map(|page| page.map_or_else(|| vec![0; page_bytes()], |seed| noise(page_bytes(), seed)))
        .collect()
}

fn holding(kind: TrackerKind, bytes: &[u8]) -> Guest {
    let mut guest = Guest::growable(kind, bytes.len() / page_bytes(), bytes.len() / page_bytes() + 8);
    guest.write(0, bytes);
    guest
}

fn snapshot_like(guest: &mut Guest, like: &Snapshot, rules: Option<MergeRules>) -> Arc<Snapshot> {
    let window = &mut guest.region.window().expect("alive");
    guest.view.snapshot_like(window, like, rules).expect("there is room")
}

fn memory() -> impl Strategy<Value = Vec<Page>> {
    vec(prop_oneof![1 => Just(None), 3 => (0_u64..1000).prop_map(Some)], 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn contents_are_those_of_the_memory(first in memory(), length in 1_usize..90,
                                        changes in btree_map(0_usize..90, proptest::option::of(0_u64..1000), 0..30)) {
        let mut second: Vec<Page> = first.iter().copied().chain(std::iter::repeat(None)).take(length).collect();
        changes.iter().filter(|(page, _)| **page < length).for_each(|(page, contents)| second[*page] = *contents);
        let expected = bytes_of(&second);
        let differing = |page: &usize| second[*page] != first.get(*page).copied().flatten();
        let unlike: Vec<usize> = (0..length).filter(differing).collect();
        let stored = second.iter().filter(|page| page.is_some()).count();
        let union = (0..length).filter(|page| second[*page].is_some() || first.get(*page).copied().flatten().is_some());
        // What a layer has and nobody shows any more is to be no more than the image itself.
        let held = first.iter().filter(|page| page.is_some()).count() + unlike.len();
        let shares = unlike.len() * 2 <= union.count() && held <= stored * 2 + 64;
        let own = if shares { unlike.iter().filter(|page| second[**page].is_some()).count() } else { stored };
        for kind in kinds() {
            let like = holding(kind, &bytes_of(&first)).snapshot();
            let mut guest = holding(kind, &expected);
            let snapshot = snapshot_like(&mut guest, &like, None);
            prop_assert_ne!(snapshot.id(), like.id());
            prop_assert_eq!((snapshot.version(), snapshot.parent()), (0, None));
            prop_assert_eq!(snapshot.image().stored_byte_length(), pages(own));
            prop_assert_eq!(snapshot.image().stored().page_count(), stored);
            assert_same_bytes(&contents(&like), &bytes_of(&first), "the other one");
            drop(like);
            assert_same_bytes(&contents(&snapshot), &expected, "the snapshot");
            assert_same_bytes(&guest.bytes(), &expected, "the memory");
            prop_assert!(guest.dirty().is_empty());
            let touched: BTreeSet<usize> = (0..length).step_by(3).collect();
            for _ in 0..3 {
                guest.touch_all(touched.clone());
                prop_assert_eq!(&guest.dirty(), &touched);
                guest.reset();
                assert_same_bytes(&guest.bytes(), &expected, "after a reset");
            }
        }
    }
}

#[test]
fn equal_pages_are_the_same_memory() {
    for kind in kinds() {
        let mut one = Guest::filled(kind, 600);
        let like = one.snapshot();
        let mut other = holding(kind, &one.bytes());
        other.touch_all([0, 100, 101, 599]);
        let snapshot = snapshot_like(&mut other, &like, None);
        assert_eq!(snapshot.image().stored_byte_length(), pages(4));
        for page in 0..600 {
            let behind = |guest: &Guest| file_behind(guest.address() + pages(page));
            let shared = behind(&one).is_some() && behind(&one) == behind(&other);
            assert_eq!(shared, ![0, 100, 101, 599].contains(&page), "{kind}: page {page}");
        }
        let residency = other.view.residency(&other.region.window().expect("alive")).expect("pagemap can be read");
        assert_eq!((residency.private, residency.shared), (0, 600), "{kind}");
    }
}

#[test]
fn neither_sees_what_the_other_writes() {
    for kind in kinds() {
        let mut one = Guest::filled(kind, 64);
        let like = one.snapshot();
        let mut other = holding(kind, &one.bytes());
        other.touch(7);
        let snapshot = snapshot_like(&mut other, &like, None);
        let (first, second) = (one.bytes(), other.bytes());
        one.touch_all(0..32);
        other.touch_all(16..64);
        one.reset();
        other.reset();
        assert_same_bytes(&one.bytes(), &first, "one");
        assert_same_bytes(&other.bytes(), &second, "the other");
        drop((one, like));
        other.touch_all(0..64);
        other.reset();
        assert_same_bytes(&other.bytes(), &second, "the other, alone");
        assert_same_bytes(&contents(&snapshot), &second, "its snapshot");
    }
}

#[test]
fn it_goes_on_by_itself() {
    for kind in kinds() {
        let mut one = Guest::filled(kind, 64);
        let like = one.snapshot();
        let mut other = holding(kind, &one.bytes());
        other.touch(7);
        let snapshot = snapshot_like(&mut other, &like, Some(rules(pages(80))));
        assert_eq!(snapshot.max_byte_length(), pages(80) as u64);
        let mut expected = other.bytes();
        for round in 0..10 {
            let page = 3 + round * 5;
            snapshot.write(&[(pages(page) as u64, &noise(pages(2), round as u64))]).expect("in range");
            expected[pages(page)..pages(page + 2)].copy_from_slice(&noise(pages(2), round as u64));
            other.touch(1);
            other.reset();
            assert_same_bytes(&other.bytes(), &expected, "after a version");
        }
        let own = snapshot.image().stored_byte_length();
        assert!(
            (pages(20)..=pages(42)).contains(&own),
            "what was written lately, and a part of what was before: {own}"
        );
        assert_eq!(like.version(), 0);
        assert_same_bytes(&contents(&like), &one.bytes(), "the other one");
    }
}

#[test]
fn one_like_another_that_is_like_a_third() {
    let kind = TrackerKind::Compare;
    let mut guest = Guest::filled(kind, 512);
    let mut like = guest.snapshot();
    let mut copied = 0;
    for round in 0..40_usize {
        let mut next = holding(kind, &guest.bytes());
        next.touch_all([round, 100 + round * 3, 400]);
        let snapshot = snapshot_like(&mut next, &like, None);
        copied += snapshot.image().stored_byte_length() / pages(1);
        (guest, like) = (next, snapshot);
        assert_same_bytes(&contents(&like), &guest.bytes(), "the snapshot");
    }
    assert!(
        (40 * 3..40 * 9).contains(&copied),
        "three pages a time, and earlier ones so that layers are few: {copied}"
    );
}

#[test]
fn where_too_much_differs_everything_is_copied() {
    let kind = TrackerKind::Compare;
    let mut one = Guest::filled(kind, 3000);
    let like = one.snapshot();
    // In too many places.
    let mut scattered = holding(kind, &one.bytes());
    scattered.touch_all((0..3000).step_by(4));
    let snapshot = snapshot_like(&mut scattered, &like, None);
    assert_eq!(snapshot.image().stored_byte_length(), pages(3000));
    assert_same_bytes(&contents(&snapshot), &scattered.bytes(), "scattered");
    // Too many pages.
    let mut other = holding(kind, &one.bytes());
    other.touch_all(0..1501);
    assert_eq!(snapshot_like(&mut other, &like, None).image().stored_byte_length(), pages(3000));
    let mut half = holding(kind, &one.bytes());
    half.touch_all(0..1500);
    assert_eq!(snapshot_like(&mut half, &like, None).image().stored_byte_length(), pages(1500));
}

#[test]
fn a_last_page_that_is_used_in_part_is_padded_with_zeros() {
    for kind in kinds() {
        let like = Guest::filled(kind, 10).snapshot();
        let mut guest = Guest::growable(kind, 1, 10);
        guest.region.grow(pages(8) - 100).expect("below the maximum");
        guest.write(0, &contents(&like)[..pages(8) - 100]);
        let snapshot = snapshot_like(&mut guest, &like, None);
        assert_eq!(snapshot.image().stored_byte_length(), pages(1), "the last page");
        assert_same_bytes(&contents(&snapshot), &contents(&like)[..pages(8) - 100], "the snapshot");
        guest.region.grow(pages(9)).expect("below the maximum");
        guest.reset();
        assert!(guest.read(pages(8) - 100, pages(1) + 100).iter().all(|byte| *byte == 0), "{kind}");
    }
}

#[test]
fn refusals_change_nothing() {
    for kind in kinds() {
        let mut guest = Guest::filled(kind, 8);
        let (like, before) = (guest.view.baseline().map(Arc::clone).expect("it has one"), guest.bytes());
        let window = &mut guest.region.window().expect("alive");
        let error = guest.view.snapshot_like(window, &like, Some(rules(pages(7)))).expect_err("too short");
        assert_eq!(error.kind(), ErrorKind::OverMax);
        assert!(Arc::ptr_eq(guest.view.baseline().expect("as before"), &like));
        guest.touch(3);
        guest.reset();
        assert_same_bytes(&guest.bytes(), &before, "after a reset");
    }
}
