use proptest::prelude::*;

use super::{ElementType, MergeRegion, MergeRules, Operation};
use crate::error::ErrorKind;

const PAGE: u64 = 4096;

fn region(byte_offset: u64, byte_length: u64, element: ElementType, operation: Operation) -> MergeRegion {
    MergeRegion { byte_offset, byte_length: Some(byte_length), element, operation }
}

fn to_end(byte_offset: u64, element: ElementType, operation: Operation) -> MergeRegion {
    MergeRegion { byte_offset, byte_length: None, element, operation }
}

fn rules(max_byte_length: u64) -> MergeRules {
    MergeRules::new(max_byte_length, Operation::Overwrite).expect("a legal table")
}

/// Offset, length, type and operation of everything up to the maximum.
fn coverage(rules: &MergeRules) -> Vec<(u64, u64, ElementType, Operation)> {
    let all = rules.coverage(0..u64::MAX);
    all.map(|stretch| (stretch.byte_offset, stretch.byte_length, stretch.element, stretch.operation)).collect()
}

fn refusal(rules: &MergeRules, region: MergeRegion) -> ErrorKind {
    let mut changed = rules.clone();
    let error = changed.declare(region).expect_err("refused");
    assert_eq!(changed, *rules, "a refused region changes nothing");
    error.kind()
}

const RAW: ElementType = ElementType::Raw;
const I32: ElementType = ElementType::I32;
const OVERWRITE: Operation = Operation::Overwrite;
const SUM: Operation = Operation::Sum;
const IGNORE: Operation = Operation::Ignore;
const F64: ElementType = ElementType::F64;

// GAP1
#[test]
fn gaps_are_listed_beside_a_region() {
    let end = 3 * PAGE;
    assert_eq!(coverage(&rules(end)), [(0, end, RAW, OVERWRITE)]);
    let first = rules(end).with([region(0, 100, RAW, Operation::Xor)]).expect("legal");
    assert_eq!(coverage(&first), [(0, 100, RAW, Operation::Xor), (100, end - 100, RAW, OVERWRITE)]);
    let last = rules(end).with([region(end - 100, 100, RAW, Operation::Xor)]).expect("legal");
    assert_eq!(coverage(&last), [(0, end - 100, RAW, OVERWRITE), (end - 100, 100, RAW, Operation::Xor)]);
}

// GAP2
#[test]
fn nothing_lies_between_adjacent_regions() {
    let table = rules(3 * PAGE).with([region(PAGE, 4, I32, SUM), region(PAGE + 4, 4, I32, SUM)]).expect("legal");
    let expected = [
        (0, PAGE, RAW, OVERWRITE),
        (PAGE, 4, I32, SUM),
        (PAGE + 4, 4, I32, SUM),
        (PAGE + 8, 2 * PAGE - 8, RAW, OVERWRITE),
    ];
    assert_eq!(coverage(&table), expected);
    assert_eq!(coverage(&table), expected, "asking changes nothing");
}

// GAP3
#[test]
fn a_default_operation_that_opaque_bytes_lack_is_refused() {
    assert_eq!(Operation::from_name("bytewise"), None);
    for operation in Operation::ALL {
        let made = MergeRules::new(PAGE, operation);
        match operation.is_legal_for(RAW) {
            true => assert_eq!(made.expect("legal").gap(), operation),
            false => assert_eq!(made.expect_err("refused").kind(), ErrorKind::IllegalRegion, "{operation}"),
        }
    }
}

// GAP4
#[test]
fn regions_are_listed_ascending() {
    let declared = [10, 50, 5, 30].map(|at| region(at, 4, RAW, OVERWRITE));
    let table = rules(PAGE).with(declared).expect("legal");
    let offsets: Vec<u64> = table.regions().iter().map(|region| region.byte_offset).collect();
    assert_eq!(offsets, [5, 10, 30, 50]);
}

// GAP5
#[test]
fn regions_stay_until_cleared_and_equal_in_all_four_fields() {
    let mut table = rules(20 * PAGE).with((0..10).map(|page| region(page * PAGE, 4, I32, SUM))).expect("legal");
    assert_eq!((table.regions().len(), table.max_byte_length()), (10, 20 * PAGE));
    table.clear();
    assert_eq!((table.regions().len(), &table), (0, &rules(20 * PAGE)));

    let one = region(8, 8, I32, SUM);
    for other in [
        region(16, 8, I32, SUM),
        region(8, 16, I32, SUM),
        region(8, 8, ElementType::U32, SUM),
        region(8, 8, I32, Operation::Max),
        to_end(8, I32, SUM),
    ] {
        assert_ne!(one, other);
        let alone = |region| rules(16 + 8).with([region]).expect("legal");
        assert_ne!(alone(one), alone(other));
    }
}

// GAP6, W3: what a mask covers is listed as ignored, and nothing is added behind it.
#[test]
fn a_mask_to_the_end_wins_and_listing_twice_changes_nothing() {
    let table = rules(PAGE).with([to_end(100, RAW, IGNORE)]).expect("legal");
    let expected = [(0, 100, RAW, OVERWRITE), (100, PAGE - 100, RAW, IGNORE)];
    assert_eq!(coverage(&table), expected);
    assert_eq!(coverage(&table), expected);
    assert_eq!(table.regions().len(), 1, "no filler is stored (W5)");
}

// GAP7, W8: nothing that reaches past the maximum can be declared.
#[test]
fn regions_of_a_wrong_length_or_past_the_maximum_are_refused() {
    let table = rules(1024);
    for wrong in [
        region(123, 1234, I32, SUM),
        region(345, 3456, RAW, OVERWRITE),
        region(1024, 4, I32, SUM),
        region(1022, 4, I32, SUM),
        region(2048, 4, I32, SUM),
        region(0, 0, RAW, OVERWRITE),
        region(0, 6, I32, SUM),
        to_end(1022, I32, SUM),
        to_end(1024, RAW, OVERWRITE),
        to_end(u64::MAX, RAW, OVERWRITE),
    ] {
        assert_eq!(refusal(&table, wrong), ErrorKind::IllegalRegion, "{wrong}");
    }
    assert_eq!(refusal(&table, region(u64::MAX - 3, 8, I32, SUM)), ErrorKind::OutOfRange);
    assert_eq!(refusal(&rules(u64::MAX), region(u64::MAX - 3, 4, I32, SUM)), ErrorKind::OutOfRange);
}

// GAP8 and W4: a repeat, and a region inside another, are refused where they are declared.
#[test]
fn overlaps_are_refused() {
    let table = rules(PAGE).with([region(100, 40, I32, SUM)]).expect("legal");
    for other in [
        region(100, 40, I32, SUM),
        region(104, 4, I32, SUM),
        region(96, 8, I32, SUM),
        region(139, 1, RAW, OVERWRITE),
        region(0, PAGE, RAW, OVERWRITE),
        to_end(50, RAW, OVERWRITE),
    ] {
        assert_eq!(refusal(&table, other), ErrorKind::RegionOverlap, "{other}");
    }
    table.with([region(96, 4, I32, SUM), region(140, 1, RAW, OVERWRITE)]).expect("these only touch");
}

// TYP12, and all other pairs of reference 4.3.
#[test]
fn illegal_pairs_are_refused_where_they_are_declared() {
    assert_eq!(
        refusal(&rules(3 * PAGE), region(PAGE + 8, 1, ElementType::Bool, Operation::Product)),
        ErrorKind::IllegalRegion
    );
    let mut legal_count = 0;
    for element in ElementType::ALL {
        for operation in Operation::ALL {
            let new = region(PAGE, element.byte_width(), element, operation);
            match operation.is_legal_for(element) {
                true => legal_count += usize::from(rules(3 * PAGE).declare(new).is_ok()),
                false => assert_eq!(refusal(&rules(3 * PAGE), new), ErrorKind::IllegalRegion, "{new}"),
            }
        }
    }
    assert_eq!(legal_count, 8 * 12 + 2 * 9 + 2 * 7);
}

// W10: the maximum is checked by whoever knows the size; none at all is refused here.
#[test]
fn a_maximum_of_zero_is_refused() {
    assert_eq!(MergeRules::new(0, OVERWRITE).expect_err("refused").kind(), ErrorKind::OutOfRange);
}

#[test]
fn masks_may_overlap_anything_and_cut_no_element() {
    let table = rules(PAGE).with([region(100, 40, I32, SUM), region(200, 16, F64, SUM)]).expect("legal");
    for mask in [region(0, 102, RAW, IGNORE), region(104, 7, RAW, IGNORE), region(208, 100, RAW, OVERWRITE)] {
        assert!(table.clone().declare(mask).is_err(), "{mask}");
    }
    assert_eq!(refusal(&table, region(104, 7, RAW, IGNORE)), ErrorKind::IllegalRegion);
    let masked = table
        .with([
            region(96, 12, RAW, IGNORE),
            region(104, 8, F64, IGNORE),
            region(96, 12, RAW, IGNORE),
            to_end(208, RAW, IGNORE),
        ])
        .expect("masks may overlap each other, repeats included");
    assert_eq!(masked.regions().len(), 6);
    let expected = [
        (0, 96, RAW, OVERWRITE),
        (96, 16, RAW, IGNORE),
        (112, 28, I32, SUM),
        (140, 60, RAW, OVERWRITE),
        (200, 8, F64, SUM),
        (208, PAGE - 208, RAW, IGNORE),
    ];
    assert_eq!(coverage(&masked), expected);
}

#[test]
fn an_element_that_two_touching_masks_cover_is_cut_in_either_order() {
    let masks = [region(0, 6, RAW, IGNORE), region(6, 6, RAW, IGNORE)];
    let typed = region(4, 8, I32, SUM);
    assert_eq!(refusal(&rules(PAGE).with(masks).expect("legal"), typed), ErrorKind::IllegalRegion);
    let table = rules(PAGE).with([typed]).expect("legal");
    assert!(masks.iter().all(|mask| refusal(&table, *mask) == ErrorKind::IllegalRegion));
}

#[test]
fn offsets_go_to_the_end_of_the_numbers() {
    let table = rules(u64::MAX).with([to_end(u64::MAX - 8, F64, SUM), region(1 << 32, 8, F64, SUM)]).expect("legal");
    let found: Vec<_> =
        table.coverage((1 << 32) + 4..u64::MAX).map(|found| (found.byte_offset, found.byte_length)).collect();
    let behind = (1 << 32) + 8;
    assert_eq!(found, [((1 << 32) + 4, 4), (behind, u64::MAX - 8 - behind), (u64::MAX - 8, 8)]);
}

fn any_region() -> impl Strategy<Value = MergeRegion> {
    let length = proptest::option::weighted(0.9, 0_u64..24);
    (0_u64..100, length, 0..ElementType::ALL.len(), 0..Operation::ALL.len(), any::<bool>()).prop_map(
        |(byte_offset, byte_length, element, operation, is_mask)| MergeRegion {
            byte_offset,
            byte_length,
            element: ElementType::ALL[element],
            operation: if is_mask { IGNORE } else { Operation::ALL[operation] },
        },
    )
}

const MAX: u64 = 120;

proptest! {
    /// Against a table with one line for each byte, in which every rule is checked by looking at every byte.
    #[test]
    fn a_table_is_what_each_byte_says(declared in proptest::collection::vec(any_region(), 0..20), from in 0..MAX + 9, to in 0..MAX + 9) {
        let mut table = rules(MAX);
        let mut accepted: Vec<MergeRegion> = Vec::new();
        for new in declared {
            let outcome = table.declare(new).map_err(|error| error.kind());
            prop_assert_eq!(outcome.is_ok(), may_join(&accepted, &new), "{} into {:?}: {:?}", new, accepted, outcome);
            if outcome.is_ok() {
                accepted.push(new);
            }
        }
        let reversed = rules(MAX).with(accepted.iter().rev().copied());
        prop_assert_eq!(&reversed.expect("the order does not matter"), &table);
        prop_assert!(table.regions().is_sorted_by_key(|region| region.byte_offset));

        let expected: Vec<_> = (from.min(MAX)..to.min(MAX)).map(|at| (at, line(&accepted, at))).collect();
        let mut found = Vec::new();
        for stretch in table.coverage(from..to) {
            prop_assert!(stretch.byte_length > 0);
            found.extend((0..stretch.byte_length).map(|at| (stretch.byte_offset + at, (stretch.element, stretch.operation))));
        }
        prop_assert_eq!(found, expected);
        for stretch in table.coverage(0..MAX).filter(|stretch| stretch.operation != IGNORE) {
            let inside = stretch.byte_offset + 1..stretch.byte_offset + stretch.byte_length;
            for region in &accepted {
                prop_assert!(!inside.contains(&region.byte_offset) && !inside.contains(&end(region)), "a border is crossed");
            }
        }
    }
}

fn end(region: &MergeRegion) -> u64 {
    region.byte_length.map_or(MAX, |length| region.byte_offset + length)
}

fn covers(region: &MergeRegion, at: u64) -> bool {
    (region.byte_offset..end(region)).contains(&at)
}

fn may_join(accepted: &[MergeRegion], new: &MergeRegion) -> bool {
    let width = new.element.byte_width();
    let sound = new.operation.is_legal_for(new.element)
        && end(new) <= MAX
        && new.byte_offset < end(new)
        && (end(new) - new.byte_offset).is_multiple_of(width);
    let border_inside_element = |region: &MergeRegion, border: u64| {
        covers(region, border) && !(border - region.byte_offset).is_multiple_of(region.element.byte_width())
    };
    sound
        && accepted.iter().all(|known| match (known.operation == IGNORE, new.operation == IGNORE) {
            (true, true) => true,
            (false, false) => (0..MAX).all(|at| !(covers(known, at) && covers(new, at))),
            (true, false) => [known.byte_offset, end(known)].iter().all(|at| !border_inside_element(new, *at)),
            (false, true) => [new.byte_offset, end(new)].iter().all(|at| !border_inside_element(known, *at)),
        })
}

fn line(accepted: &[MergeRegion], at: u64) -> (ElementType, Operation) {
    let mut covering = accepted.iter().filter(|region| covers(region, at));
    match covering.clone().any(|region| region.operation == IGNORE) {
        true => (RAW, IGNORE),
        false => covering.next().map_or((RAW, OVERWRITE), |region| (region.element, region.operation)),
    }
}
