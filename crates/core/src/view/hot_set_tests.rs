use super::*;
use crate::page_set::PageRun;
use crate::view::chance::Chance;

const ALL: usize = 16_384;

fn new() -> HotSet {
    HotSet::new(TrackerKind::UffdWp, Prices::TYPICAL)
}

/// Every other page of the memory.
fn scattered(count: usize) -> PageSet {
    (0..count).map(|page| PageRun { start: page * 2, end: page * 2 + 1 }).collect()
}

/// A reset of `pages`, of which some had changed: whether everything is to be watched again.
fn reset(hot: &mut HotSet, pages: &mut PageSet, page_count: usize, differs: impl Fn(usize) -> bool) -> bool {
    let mut differing = hot.question();
    pages.pages().for_each(|page| differing.see(page, differs(page)));
    hot.restored(pages, differing, page_count)
}

/// Resets until everything is watched again, when each restores `restored` pages, of which the first `written` differ.
fn resets_until_watched(restored: usize, written: usize) -> Option<usize> {
    let mut hot = new();
    (1..=2000).find(|_| {
        let mut pages = scattered(restored);
        reset(&mut hot, &mut pages, ALL, |page| page / 2 < written)
    })
}

#[test]
fn a_stable_working_set_is_left_alone() {
    for size in [0, 1, 10, 1000, 5000] {
        assert_eq!(resets_until_watched(size, size), None, "{size} pages");
    }
}

#[test]
fn needless_copies_are_made_up_to_the_price_of_watching() {
    for (restored, written) in [(1, 0), (20, 10), (200, 100), (1000, 900), (5000, 4000), (5000, 100)] {
        let price = written * 750 + ARM_NS + ALL * CLEAN_PAGE_TENTHS_OF_NS / 10;
        let fair = price.div_ceil((restored - written) * COPY_NS);
        let resets = resets_until_watched(restored, written).expect("it is watched again at some time");
        assert!(resets <= 4 * fair + 20, "{written} of {restored} pages: after {resets} resets instead of {fair}");
        assert!(resets * 8 >= fair, "{written} of {restored} pages: after {resets} resets instead of {fair}");
    }
}

#[test]
fn what_arming_costs_is_measured() {
    let mut hot = new();
    let before = hot.arm_ns(ALL);
    hot.armed(ALL, Duration::from_micros(2));
    assert_eq!(hot.arm_ns(ALL), 2_000);
    // Once it took long, for whatever reason.
    hot.armed(ALL, Duration::from_millis(50));
    assert!((2_000..2_200).contains(&hot.arm_ns(ALL)), "{}", hot.arm_ns(ALL));
    (0..100).for_each(|_| hot.armed(ALL, Duration::from_micros(30)));
    assert_eq!(hot.arm_ns(ALL), 30_000);
    assert!(before > 2_000);
}

#[test]
fn a_burst_in_the_first_cycle_is_forgotten() {
    for pages_written_at_first in [1000, 8000] {
        let mut hot = new();
        let resets = (1..=2000).find(|turn| {
            let mut pages = scattered(pages_written_at_first);
            reset(&mut hot, &mut pages, ALL, |page| *turn == 1 || page < 20)
        });
        assert!(resets.is_some_and(|resets| resets < 20), "{resets:?}");
    }
}

/// A guest that writes to some pages in each cycle, and every so many cycles to others of all its pages by chance.
struct Restless {
    pages: usize,
    always: usize,
    by_chance: usize,
    every: usize,
    cycles: usize,
    chance: Chance,
}

impl Restless {
    fn writes(&mut self) -> Vec<bool> {
        let mut written: Vec<bool> = (0..self.pages).map(|page| page < self.always).collect();
        self.cycles += 1;
        let by_chance = if self.cycles.is_multiple_of(self.every) { self.by_chance } else { 0 };
        (0..by_chance).for_each(|_| written[self.chance.below(self.pages)] = true);
        written
    }

    /// Nanoseconds of 300 cycles when everything is watched again whenever `rule` says so.
    fn cost(&mut self, costs: Costs, mut rule: impl FnMut(&[bool], &[bool]) -> bool) -> usize {
        let Costs { copy_ns, watch_ns, arm_ns } = costs;
        let (mut hot, mut cost) = (vec![false; self.pages], 0);
        for _ in 0..300 {
            let written = self.writes();
            let faults = (0..self.pages).filter(|page| written[*page] && !hot[*page]).count();
            hot.iter_mut().zip(&written).for_each(|(hot, written)| *hot |= written);
            cost += faults * watch_ns + hot.iter().filter(|hot| **hot).count() * copy_ns;
            if rule(&hot, &written) {
                hot.fill(false);
                cost += arm_ns;
            }
        }
        cost
    }
}

/// Of a page, and of having everything watched.
#[derive(Clone, Copy)]
struct Costs {
    copy_ns: usize,
    watch_ns: usize,
    arm_ns: usize,
}

/// Against watching after every reset, after every second one, and so on, and never; with pages that are neighbours,
/// and with pages that are not.
#[test]
fn about_as_cheap_as_the_best_fixed_number_of_resets() {
    let guests = [
        (16, 2, 1, 2),
        (64, 12, 4, 2),
        (1024, 1, 1, 2),
        (8192, 12, 4, 2),
        (1000, 0, 250, 1),
        (1000, 100, 10, 1),
        (1000, 400, 0, 1),
        (1000, 200, 200, 1),
        (64, 12, 4, 1),
        (64, 8, 8, 1),
        (1024, 1, 1, 1),
        (1024, 8, 8, 1),
        (1024, 128, 128, 1),
        (2000, 250, 10, 1),
        (2000, 0, 20, 1),
        (2048, 512, 512, 1),
        (2048, 192, 64, 1),
        (8192, 12, 4, 1),
    ];
    let layouts = guests.into_iter().flat_map(|guest| [(guest, 1), (guest, 2)]);
    let prices = [(80, 750), (300, 750), (150, 1500), (700, 1100)];
    let cases = layouts.flat_map(|layout| prices.map(|prices| (layout, prices)));
    for (((pages, always, by_chance, every), apart), (copy_ns, watch_ns)) in cases {
        let guest = || Restless { pages, always, by_chance, every, cycles: 0, chance: Chance::default() };
        let page_count = pages * apart;
        let prices = Prices { watched_write: watch_ns, ..Prices::TYPICAL };
        let mut set = HotSet::new(TrackerKind::UffdWp, prices);
        let arm_ns = set.arm_ns(page_count);
        let costs = Costs { copy_ns, watch_ns, arm_ns };
        let fixed = (0..12).map(|power| {
            let mut resets = 0;
            guest().cost(costs, |_, _| {
                resets += 1;
                power < 11 && resets % (1_usize << power) == 0
            })
        });
        let best = fixed.min().expect("twelve ways");
        let ours = guest().cost(costs, |hot, written| {
            let run = |page: usize| PageRun { start: page * apart, end: page * apart + 1 };
            let mut changed: PageSet = (0..pages).filter(|page| hot[*page]).map(run).collect();
            set.copied(1, Duration::from_nanos(copy_ns as u64));
            let watch = reset(&mut set, &mut changed, page_count, |page| written[page / apart]);
            let hot_pages = hot.iter().filter(|hot| **hot).count();
            if watch {
                set.armed(page_count, Duration::from_nanos(arm_ns as u64));
                set.watched();
            }
            let took = hot_pages * copy_ns + if watch { arm_ns } else { 0 };
            set.took(Duration::from_nanos(took as u64));
            watch
        });
        assert!(
            ours * 100 <= best * 110,
            "{pages} pages, {always} written always and {by_chance} by chance in every {every}, {copy_ns} ns a page and \
             {watch_ns} ns a fault: {ours} ns instead of {best}"
        );
    }
}

#[test]
fn asking_is_left_out_where_copying_everything_is_cheaper() {
    let covers = |hot_pages: usize, page_count: usize| {
        let mut hot = new();
        reset(&mut hot, &mut scattered(hot_pages), page_count, |_| true);
        hot.covers(page_count)
    };
    assert!(covers(5, 8) && covers(1000, 1000) && covers(980, 1000) && covers(16_000, 16_384));
    assert!(!covers(2, 64) && !covers(800, 1000) && !covers(100, 16_384) && !covers(12_000, 16_384));
    assert!(!new().covers(1), "nothing is known yet");
}

#[test]
fn watching_begins_anew() {
    let mut hot = new();
    let watch = (0..100).any(|_| reset(&mut hot, &mut scattered(1000), ALL, |_| false));
    assert!(watch);
    hot.watched();
    assert!(hot.pages().is_empty());
    assert!(!reset(&mut hot, &mut scattered(1000), ALL, |_| false), "what was needless before is forgotten");
}
