//! A secret of one lease is never readable by the next one: each way of using a slot, each way of cleaning it, each tracker.

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use pagefold_core::{
    Discarded, ErrorKind, Image, Lease, MergeRules, Operation, PageRun, Pool, Region, Snapshot, Strategy,
    TrackerChoice, TrackerKind, Verify, View,
};

use super::slots::{acquire, assert_clean, filled, kind_of, options, trackers, write, write_through_the_buffer};
use crate::guest::{noise, page_bytes};

const PAGES: usize = 40;
const SECRET: &[u8] = b"the secret of whoever had this slot before";

/// What a holder does with a slot.
type Use = fn(&Pool, Lease);

const USES: [(&str, Use); 14] = [
    ("a few pages", |pool, lease| write_at(pool, lease, [1, 7, 39])),
    ("all pages", |pool, lease| write_at(pool, lease, 0..PAGES)),
    ("through the buffer", |pool, lease| {
        let range = pool.mark_used(lease).expect("the lease is good");
        [0, 9, 31]
            .iter()
            .for_each(|page| write_through_the_buffer(pool, range.start + page * page_bytes() + 50, SECRET));
    }),
    ("with a baseline of its own", |pool, lease| {
        write_at(pool, lease, [0, 2, 20]);
        pool.with(lease, |view, window| view.snapshot(window)).expect("there is room");
        write_at(pool, lease, [3, 20]);
    }),
    ("with the baseline of somebody else", |pool, lease| {
        write_at(pool, lease, [5]);
        let other = filled(11, 99);
        pool.with(lease, |view, window| view.restore(window, &other)).expect("it fits");
        write_at(pool, lease, [6, 30]);
    }),
    ("with a region in it", |pool, lease| {
        let mut region = Region::allocate_mappable(4 * page_bytes(), 4 * page_bytes()).expect("there is room");
        region.write(0, &SECRET.repeat(300)).expect("in range");
        let run = PageRun { start: 8, end: 12 };
        pool.with(lease, |view, window| view.map(window, run, &region, 0)).expect("there is room");
        write_at(pool, lease, [9, 12]);
    }),
    ("discarded and written", |pool, lease| {
        pool.with(lease, |view, window| {
            view.discard(window, PageRun { start: 10, end: 14 }, Discarded::Zero)?;
            view.discard(window, PageRun { start: 20, end: 24 }, Discarded::Baseline)
        })
        .expect("there is room");
        write_at(pool, lease, [11, 21, 30]);
    }),
    ("reported and written again", |pool, lease| {
        write_at(pool, lease, [4, 5]);
        pool.with(lease, |view, window| view.take_dirty(window).map(drop)).expect("it has a baseline");
        write_at(pool, lease, [5, 6]);
    }),
    ("reset, trimmed and written", |pool, lease| {
        write_at(pool, lease, [4, 5, 33]);
        let _ = pool.with(lease, |view, window| view.reset(window).and_then(|_| view.trim(window, 0)));
        write_at(pool, lease, [5]);
    }),
    ("watched by another view", |pool, lease| {
        write_at(pool, lease, [2, 17]);
        let choice = TrackerChoice::Auto;
        let other = pool.with(lease, |_, window| {
            let mut other = View::new(window, 0, choice, &[])?;
            other.snapshot(window)?;
            Ok(other)
        });
        write_at(pool, lease, [18]);
        drop(other);
    }),
    ("with another view in its place", |pool, lease| {
        write_at(pool, lease, [2, 17]);
        let replaced = pool.with(lease, |view, window| {
            *view = View::new(window, 0, TrackerChoice::Auto, &[])?;
            Ok(())
        });
        replaced.expect("there is a tracker");
        write_at(pool, lease, [2, 18]);
    }),
    ("with the view of another memory", |pool, lease| {
        write_at(pool, lease, [2, 17]);
        let mut region = Region::allocate(PAGES * page_bytes(), PAGES * page_bytes()).expect("there is room");
        let replaced = pool.with(lease, |view, _| {
            *view = View::new(&region.window()?, 0, TrackerChoice::Auto, &[])?;
            view.restore(&mut region.window()?, pool.snapshot()).map(drop)
        });
        replaced.expect("there is a tracker");
        write_at(pool, lease, [2, 18]);
    }),
    ("with a panic", |pool, lease| {
        let outcome = catch_unwind(AssertUnwindSafe(|| {
            pool.with(lease, |_, window| -> pagefold_core::Result<()> {
                window.write(3, SECRET)?;
                panic!("as asked")
            })
        }));
        assert!(outcome.is_err());
    }),
    ("while the snapshot goes on", |pool, lease| {
        write_at(pool, lease, [1, 8, 15]);
        pool.snapshot().write(&[(8 * page_bytes() as u64, &[0x55; 9000])]).expect("there is room");
        write_at(pool, lease, [8]);
    }),
];

/// How a slot is given back.
type Return = fn(&Pool, Lease);

const RETURNS: [(&str, Return); 3] = [
    ("cleaned by its holder", |pool, lease| drop(pool.release_clean(lease).expect("nothing fails"))),
    ("cleaned by somebody else", |pool, lease| {
        pool.release(lease).expect("the lease is good");
        while pool.clean_next().expect("nothing fails").is_some() {}
    }),
    ("cleaned by who needs it", |pool, lease| {
        pool.release(lease).expect("the lease is good");
    }),
];

/// At several places of each of these pages.
fn write_at(pool: &Pool, lease: Lease, pages: impl IntoIterator<Item = usize>) {
    for page in pages {
        [0, 1000, page_bytes() - SECRET.len()]
            .iter()
            .for_each(|at| write(pool, lease, page * page_bytes() + at, SECRET));
    }
}

fn snapshots() -> [(&'static str, Option<Arc<Snapshot>>); 3] {
    let growable = |image: Image| {
        let rules = MergeRules::new((PAGES * page_bytes()) as u64, Operation::Overwrite).expect("legal");
        Some(Arc::new(Snapshot::with_rules(image, rules).expect("it is no longer")))
    };
    [
        ("a full image", growable(Image::from_bytes(&noise(PAGES * page_bytes(), 5)).expect("there is room"))),
        ("a short image", growable(Image::from_bytes(&noise(17 * page_bytes() + 9, 6)).expect("there is room"))),
        ("zeros", growable(Image::zeros(PAGES * page_bytes()).expect("there is room"))),
    ]
}

fn all_uses(kind: TrackerKind, change: impl Fn(&mut pagefold_core::PoolOptions)) {
    for (what, snapshot) in snapshots() {
        let mut options = options(kind, PAGES, 1);
        change(&mut options);
        let pool = Pool::new(options, snapshot).expect("there is room");
        for (how, give_back) in RETURNS {
            for (used, use_it) in USES {
                for round in 0..3 {
                    let lease = acquire(&pool, round);
                    assert_clean(&pool, lease, &format!("{kind}, {what}, {used}, {how}, {round}: before"));
                    use_it(&pool, lease);
                    give_back(&pool, lease);
                    let next = acquire(&pool, round);
                    assert_eq!(next.slot(), lease.slot(), "there is only one");
                    assert_clean(&pool, next, &format!("{kind}, {what}, {used}, {how}, {round}"));
                    give_back(&pool, next);
                }
            }
        }
    }
}

#[test]
fn with_every_tracker() {
    trackers().for_each(|kind| all_uses(kind, |_| {}));
}

#[test]
fn with_a_budget_for_each_slot() {
    trackers().for_each(|kind| all_uses(kind, |options| options.limits.resident_pages = 3));
}

#[test]
fn with_a_budget_for_idle_slots() {
    for idle_pages in [0, 5] {
        trackers().for_each(|kind| all_uses(kind, |options| options.idle_pages = idle_pages));
    }
}

#[test]
fn with_proof() {
    trackers().for_each(|kind| all_uses(kind, |options| options.limits.verify = Verify::Always));
}

#[test]
fn with_guards() {
    trackers().for_each(|kind| all_uses(kind, |options| options.guard_byte_length = 2 * page_bytes()));
}

/// Two holders exchange their views.
#[test]
fn exchanged_views() {
    for kind in trackers() {
        let mut options = options(kind, PAGES, 2);
        options.guard_byte_length = page_bytes();
        let pool = Pool::new(options, Some(filled(PAGES, 1))).expect("there is room");
        for _ in 0..4 {
            let (one, two) = (acquire(&pool, 1), acquire(&pool, 2));
            write_at(&pool, one, [1, 2]);
            write_at(&pool, two, [3, 4]);
            pool.with(one, |first, _| {
                pool.with(two, |second, _| {
                    std::mem::swap(first, second);
                    Ok(())
                })
            })
            .expect("both are good");
            write_at(&pool, one, [5]);
            write_at(&pool, two, [6]);
            pool.release(one).expect("the lease is good");
            pool.release_clean(two).expect("the lease is good");
            for affinity in [1, 2] {
                let lease = acquire(&pool, affinity);
                assert_clean(&pool, lease, "after the exchange");
                write_at(&pool, lease, [7]);
                pool.release_clean(lease).expect("the lease is good");
            }
        }
    }
}

/// The uses above bring about every way that a reset can go.
#[test]
fn every_strategy_is_seen() {
    for kind in trackers().filter(|kind| *kind == TrackerKind::UffdWp) {
        let mut seen = BTreeSet::new();
        for resident_pages in [3, usize::MAX] {
            for (_, snapshot) in snapshots() {
                let mut options = options(kind, PAGES, 1);
                options.limits.resident_pages = resident_pages;
                let pool = Pool::new(options, snapshot).expect("there is room");
                for (_, use_it) in USES.into_iter().chain(USES) {
                    for _ in 0..2 {
                        let lease = acquire(&pool, 0);
                        use_it(&pool, lease);
                        let report = pool.release_clean(lease).expect("nothing fails").expect("it was used");
                        seen.insert(format!("{:?}", report.strategy));
                    }
                }
            }
        }
        let all = ["CopyAll", "CopyBack", "Forward", "Release", "Remap"];
        assert_eq!(seen, all.iter().map(|name| (*name).to_owned()).collect());
    }
}

/// A snapshot that has outgrown its slots: nothing is handed out, nothing is shown, and all is well when it fits again.
#[test]
fn a_snapshot_that_does_not_fit_any_more() {
    for kind in trackers() {
        let rules = MergeRules::new((2 * PAGES * page_bytes()) as u64, Operation::Overwrite).expect("legal");
        let image = Image::from_bytes(&noise(PAGES * page_bytes(), 5)).expect("there is room");
        let snapshot = Arc::new(Snapshot::with_rules(image, rules).expect("it is no longer"));
        let pool = Pool::new(options(kind, PAGES, 3), Some(Arc::clone(&snapshot))).expect("there is room");
        let (one, two) = (acquire(&pool, 1), acquire(&pool, 2));
        write_at(&pool, one, [1, 2]);
        write_at(&pool, two, [3, 4]);
        pool.release_clean(two).expect("nothing fails");
        snapshot.write(&[((PAGES * page_bytes()) as u64, &[1; 10])]).expect("it can grow");
        assert_eq!(kind_of(pool.try_acquire(2)), Some(ErrorKind::SnapshotTooLarge));
        assert_eq!(kind_of(pool.release_clean(one)), Some(ErrorKind::SnapshotTooLarge));
        assert_eq!(kind_of(pool.release_clean(one)), Some(ErrorKind::LeaseLost), "the lease has ended all the same");
        assert_eq!(kind_of(pool.clean_next()), Some(ErrorKind::SnapshotTooLarge));
        assert_eq!(kind_of(pool.prepare()), Some(ErrorKind::SnapshotTooLarge));
        snapshot.truncate((PAGES * page_bytes()) as u64).expect("it can shrink");
        // Where cleaning has failed nothing is relied on.
        let cleaned = pool.clean_next().expect("it fits").expect("one waits");
        assert_eq!(cleaned.report.strategy, Strategy::Remap, "{kind}");
        for affinity in 0..3 {
            assert_clean(&pool, acquire(&pool, affinity), "now that it fits");
        }
        super::slots::assert_adds_up(&pool.stats(), "at the end");
    }
}
