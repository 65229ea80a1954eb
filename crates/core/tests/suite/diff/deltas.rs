use super::{EXACT, PAGE, diff_of_pages, region, rules, runs_of, to_end};
use pagefold_core::{Diff, DiffOptions, ElementType, ErrorKind, MergeRegion, Operation, Value};

const I32: ElementType = ElementType::I32;
const I64: ElementType = ElementType::I64;
const F32: ElementType = ElementType::F32;
const F64: ElementType = ElementType::F64;
const RAW: ElementType = ElementType::Raw;

/// The number as an element of this type.
#[expect(clippy::cast_possible_truncation, reason = "the cases fit")]
fn bytes(element: ElementType, number: f64) -> Vec<u8> {
    match element {
        F32 => (number as f32).to_le_bytes().to_vec(),
        F64 => number.to_le_bytes().to_vec(),
        _ => (number as i64).to_le_bytes()[..usize::try_from(element.byte_width()).expect("small")].to_vec(),
    }
}

#[expect(clippy::cast_possible_truncation, reason = "the cases fit")]
fn value(element: ElementType, number: f64) -> Value {
    match element {
        F32 => Value::F32(number as f32),
        F64 => Value::F64(number),
        _ => Value::Integer(number as i128),
    }
}

/// Every delta with its offset.
fn deltas(diff: &Diff) -> Vec<(usize, Option<Value>)> {
    let deltas = diff.entries().flat_map(|entry| entry.deltas().expect("originals"));
    deltas.map(|delta| (usize::try_from(delta.byte_offset).expect("small"), delta.value)).collect()
}

/// The diff of one region at P + 40 of five pages that goes from `from` to `to`; gaps are ignored.
fn one(region: MergeRegion, from: &[u8], to: &[u8]) -> Diff {
    let mut base = vec![0; 5 * PAGE];
    base[PAGE + 40..][..from.len()].copy_from_slice(from);
    let mut updated = base.clone();
    updated[PAGE + 40..][..to.len()].copy_from_slice(to);
    // What lies outside of the region is ignored.
    updated[PAGE + 30] = 77;
    diff_of_pages(&base, &updated, &rules(5 * PAGE, Operation::Ignore, &[region]), EXACT, &[0, 1, 0, 0, 0])
}

fn expect_one(element: ElementType, operation: Operation, from: f64, to: f64, delta: f64) {
    let (from, to) = (bytes(element, from), bytes(element, to));
    let diff = one(region(PAGE + 40, to.len(), element, operation), &from, &to);
    assert_eq!(runs_of(&diff), [(PAGE + 40, to)], "{element} {operation}");
    assert_eq!(deltas(&diff), [(PAGE + 40, Some(value(element, delta)))], "{element} {operation}");
    assert!(diff.entries().all(|entry| (entry.element, entry.operation) == (element, operation)));
}

// TYP1 to TYP4
#[test]
fn typ1_to_typ4_integers() {
    for element in [I32, I64] {
        expect_one(element, Operation::Sum, 100.0, 150.0, 50.0);
        expect_one(element, Operation::Subtract, 150.0, 100.0, 50.0);
        expect_one(element, Operation::Max, 10.0, 200.0, 200.0);
        expect_one(element, Operation::Max, 30.0, 10.0, 10.0);
    }
}

// TYP5 to TYP8
#[test]
fn typ5_to_typ8_floats() {
    for element in [F32, F64] {
        expect_one(element, Operation::Sum, 513.0, 945.0, 432.0);
        expect_one(element, Operation::Subtract, 945.0, 513.0, 432.0);
        expect_one(element, Operation::Product, 5.0, 655.0, 131.0);
        expect_one(element, Operation::Max, 555.55, 666.66, 666.66);
    }
}

// TYP9
#[test]
fn typ9_an_overwritten_bool_stays_a_bool() {
    let diff = one(region(PAGE + 40, 1, ElementType::Bool, Operation::Overwrite), &[1], &[0]);
    assert_eq!(runs_of(&diff), [(PAGE + 40, vec![0])]);
    assert_eq!(deltas(&diff), [(PAGE + 40, Some(Value::Bool(false)))]);
    assert_eq!(diff.entries().next().map(|entry| entry.element), Some(ElementType::Bool));
}

// TYP10 and TYP11
#[test]
fn typ10_and_typ11_opaque_bytes() {
    for place in [region(PAGE + 40, 100, RAW, Operation::Overwrite), to_end(PAGE + 40, RAW, Operation::Overwrite)] {
        let diff = one(place, &[3; 100], &[4; 100]);
        assert_eq!(runs_of(&diff), [(PAGE + 40, vec![4; 100])]);
        assert!(deltas(&diff).iter().all(|(_, delta)| *delta == Some(Value::Raw(4))));
        let ignored = MergeRegion { operation: Operation::Ignore, ..place };
        assert_eq!(one(ignored, &[3; 100], &[4; 100]).entry_count(), 0);
    }
}

// TYP13, the part of the diff, and W6: a base of zero has no ratio, and no diff divides by it.
#[test]
fn typ13_there_is_no_ratio_to_zero_nor_an_inexact_one() {
    let of = |from: i32, to: i32| {
        let place = region(PAGE + 40, 4, I32, Operation::Product);
        deltas(&one(place, &from.to_le_bytes(), &to.to_le_bytes()))[0].1
    };
    assert_eq!(of(0, 7), None);
    assert_eq!(of(3, 7), None);
    assert_eq!(of(-3, 21), Some(Value::Integer(-7)));
    assert_eq!(of(-1, i32::MIN), Some(Value::Integer(i128::from(i32::MIN))), "the ratio wraps");
    let zero = one(region(PAGE + 40, 8, F64, Operation::Product), &0_f64.to_le_bytes(), &7_f64.to_le_bytes());
    assert_eq!(deltas(&zero), [(PAGE + 40, None)]);
}

// TYP14
#[test]
fn typ14_differences_of_integers_wrap() {
    let of = |to: i32| {
        let place = region(PAGE + 40, 4, I32, Operation::Sum);
        deltas(&one(place, &i32::MAX.to_le_bytes(), &to.to_le_bytes()))[0].1
    };
    assert_eq!(of(i32::MAX.wrapping_add(1)), Some(Value::Integer(1)));
    assert_eq!(of(i32::MAX - 2), Some(Value::Integer(-2)));
    let unsigned = one(region(PAGE + 40, 1, ElementType::U8, Operation::Sum), &[5], &[3]);
    assert_eq!(deltas(&unsigned), [(PAGE + 40, Some(Value::Integer(254)))], "what has to be added, modulo 256");
}

// TYP15
#[test]
fn typ15_floats_are_compared_as_bits() {
    let place = region(PAGE + 40, 8, F64, Operation::Overwrite);
    let zero = one(place, &0.0_f64.to_le_bytes(), &(-0.0_f64).to_le_bytes());
    assert_eq!(runs_of(&zero), [(PAGE + 40, (-0.0_f64).to_le_bytes().to_vec())]);
    let nan = f64::NAN.to_le_bytes();
    assert_eq!(one(place, &nan, &nan).entry_count(), 0);
    let other_nan = f64::from_bits(f64::NAN.to_bits() ^ 1).to_le_bytes();
    assert_eq!(runs_of(&one(place, &nan, &other_nan)), [(PAGE + 40, other_nan.to_vec())]);
}

// TYP16, the part of the diff: an element is changed as a whole.
#[test]
fn typ16_half_a_change_is_a_change_of_the_whole_element() {
    let from = [1; 8];
    for half in [0, 4] {
        let mut to = from;
        to[half..half + 4].fill(2);
        let diff = one(region(PAGE + 40, 8, F64, Operation::Overwrite), &from, &to);
        assert_eq!(runs_of(&diff), [(PAGE + 40, to.to_vec())]);
    }
}

// TYP17
#[test]
fn typ17_regions_declared_in_reverse_yield_ascending_entries() {
    let mut base = vec![0; 5 * PAGE];
    base[PAGE + 40..][..4].copy_from_slice(&123_456_i32.to_le_bytes());
    base[2 * PAGE + 80..][..4].copy_from_slice(&300_000_i32.to_le_bytes());
    let before = base.clone();
    let mut updated = base.clone();
    updated[PAGE + 40..][..4].copy_from_slice(&150_000_i32.to_le_bytes());
    updated[2 * PAGE + 80..][..4].copy_from_slice(&650_123_i32.to_le_bytes());
    updated[3 * PAGE + 5..][..100].fill(5);
    let regions = [region(2 * PAGE + 80, 4, I32, Operation::Sum), region(PAGE + 40, 4, I32, Operation::Sum)];
    let flags = [0, 1, 1, 1, 0];
    let sums = [(PAGE + 40, Some(Value::Integer(26_544))), (2 * PAGE + 80, Some(Value::Integer(350_123)))];

    let ignored = diff_of_pages(&base, &updated, &rules(5 * PAGE, Operation::Ignore, &regions), EXACT, &flags);
    assert_eq!(deltas(&ignored), sums);
    let whole = diff_of_pages(&base, &updated, &rules(5 * PAGE, Operation::Overwrite, &regions), EXACT, &flags);
    assert_eq!(deltas(&whole)[..2], sums);
    assert_eq!(runs_of(&whole)[2..], [(3 * PAGE + 5, vec![5; 100])]);
    assert_eq!(base, before);
}

// TYP18: the delta that meets another value is the same whatever that is.
#[test]
fn typ18_deltas_of_each_operation() {
    for (operation, from, to, delta) in [
        (Operation::Sum, 90.0, 100.0, 10.0),
        (Operation::Subtract, 100.0, 90.0, 10.0),
        (Operation::Product, 10.0, 200.0, 20.0),
        (Operation::Min, 1000.0, 100.0, 100.0),
        (Operation::Min, 10.0, 20.0, 20.0),
        (Operation::Xor, 12.0, 10.0, 6.0),
        (Operation::Xor, -1.0, 1.0, -2.0),
        (Operation::And, 12.0, 10.0, 10.0),
        (Operation::Or, 12.0, 10.0, 10.0),
        (Operation::FirstWriter, 12.0, 10.0, 10.0),
        (Operation::Conflict, 12.0, 10.0, 10.0),
    ] {
        expect_one(I32, operation, from, to, delta);
    }
    let flipped = one(region(PAGE + 40, 1, ElementType::Bool, Operation::Xor), &[2], &[0]);
    assert_eq!(deltas(&flipped), [(PAGE + 40, Some(Value::Bool(true)))]);
}

// W7: the diff carries the value, so that nothing is lost where a difference would be rounded.
#[test]
fn w7_a_small_value_beside_a_large_base_is_carried_exactly() {
    let (from, to) = (1e300_f64.to_le_bytes(), 1e-300_f64.to_le_bytes());
    let diff = one(region(PAGE + 40, 8, F64, Operation::Sum), &from, &to);
    assert_eq!(runs_of(&diff), [(PAGE + 40, to.to_vec())]);
}

#[test]
fn deltas_need_originals_and_skip_what_did_not_change() {
    let base = [0; 12];
    let updated = [1, 0, 0, 0, 0, 0, 0, 0, 2, 0, 0, 0];
    let sums = rules(12, Operation::Overwrite, &[region(0, 12, I32, Operation::Sum)]);
    let options = DiffOptions { gap: 16, originals: true };
    let joined = Diff::between(&base, &updated, &sums, options).expect("a diff");
    assert_eq!(joined.entry_count(), 1);
    assert_eq!(deltas(&joined), [(0, Some(Value::Integer(1))), (8, Some(Value::Integer(2)))]);
    let plain = Diff::between(&base, &updated, &sums, DiffOptions::default()).expect("a diff");
    let refused = plain.entries().next().expect("an entry").deltas().err().map(|error| error.kind());
    assert_eq!(refused, Some(ErrorKind::NoOriginals));
}
