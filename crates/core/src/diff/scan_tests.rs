use proptest::collection::vec;
use proptest::prelude::*;

use super::*;
use crate::diff::Entry;
use crate::rules::{ElementType, Operation};

const PAGE: usize = 4096;

/// What of a page has changed.
#[derive(Debug, Clone, Copy)]
enum Change {
    Nothing,
    Byte(usize),
    EverySecondByte(usize),
    All,
    AllBut(usize),
    /// The last byte of each word.
    EveryWord,
}

type Made = (Vec<Entry>, Vec<u8>, Option<Vec<u8>>);

fn any_change() -> impl Strategy<Value = Change> {
    prop_oneof![
        2 => Just(Change::Nothing),
        2 => Just(Change::AllBut(PAGE - 1)),
        1 => (0..PAGE).prop_map(Change::Byte),
        3 => (0..2_usize).prop_map(Change::EverySecondByte),
        4 => Just(Change::All),
        2 => prop_oneof![0..PAGE, 0..9_usize, PAGE - 9..PAGE].prop_map(Change::AllBut),
        1 => Just(Change::EveryWord),
    ]
}

impl Change {
    fn has(self, at: usize) -> bool {
        match self {
            Self::Nothing => false,
            Self::Byte(byte) => at == byte,
            Self::EverySecondByte(phase) => at % 2 == phase,
            Self::All => true,
            Self::AllBut(byte) => at != byte,
            Self::EveryWord => at % 4 == 3,
        }
    }
}

fn changed(base: &[u8], changes: &[Change]) -> Vec<u8> {
    let flip = |at: usize| if changes.get(at / PAGE).is_some_and(|change| change.has(at % PAGE)) { 0x55 } else { 0 };
    base.iter().enumerate().map(|(at, byte)| byte ^ flip(at)).collect()
}

fn place(entry: &Entry) -> Range<usize> {
    let [start, end] = [entry.byte_offset, entry.byte_end()].map(|at| usize::try_from(at).expect("in memory"));
    start..end
}

/// One element after the other.
fn naive(stretch: &Coverage, base: &[u8], updated: &[u8], gap: u64) -> (Vec<Entry>, Vec<u8>) {
    let width = stretch.element.width();
    let mut entries: Vec<Entry> = Vec::new();
    for start in (0..base.len()).step_by(width).filter(|at| base[*at..][..width] != updated[*at..][..width]) {
        match entries.last_mut().filter(|last| start as u64 - last.byte_end() <= gap) {
            Some(last) => {
                last.exact &= last.byte_end() == start as u64;
                last.byte_length = (start + width) as u64 - last.byte_offset;
            }
            None => entries.push(Entry {
                byte_offset: start as u64,
                byte_length: width as u64,
                element: stretch.element,
                operation: stretch.operation,
                exact: true,
            }),
        }
    }
    let bytes = entries.iter().flat_map(|entry| updated[place(entry)].to_vec()).collect();
    (entries, bytes)
}

/// As `DiffBuilder` does, in parts of so many bytes.
fn scanned(width: Width, stretch: &Coverage, base: &[u8], updated: &[u8], how: &How) -> Made {
    let contents = &base;
    let mut runs = Runs::new(contents, how.gap, how.originals);
    runs.reserve(how.expected);
    let parts: Vec<(&[u8], &[u8])> = base.chunks(how.part).zip(updated.chunks(how.part)).collect();
    for (index, (base, updated)) in parts.iter().enumerate() {
        let next = parts.get(index + 1).map_or(Ahead::NOTHING, |(base, updated)| Ahead { base, updated });
        width.run(Scan::new(&mut runs, stretch, (index * how.part) as u64, base, updated, &next));
    }
    runs.finish()
}

#[derive(Debug)]
struct How {
    gap: u64,
    originals: bool,
    expected: usize,
    part: usize,
}

fn any_how() -> impl Strategy<Value = How> {
    let gaps = prop_oneof![Just(0), Just(5), Just(6), Just(16), Just(5000)];
    // With the larger one bytes are stored past the caches.
    let expected = prop_oneof![Just(0), Just(5_usize << 20)];
    let parts = prop_oneof![Just(PAGE), Just(2 * PAGE), Just(8 * PAGE), Just(PAGE + 512), Just(40)];
    (gaps, any::<bool>(), expected, parts).prop_map(|(gap, originals, expected, part)| How {
        gap,
        originals,
        expected,
        part,
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(3000))]
    #[test]
    fn every_width_finds_what_a_loop_over_all_elements_finds(
        changes in vec(any_change(), 1..7),
        base in vec(any::<u8>(), 64),
        rest in 0..8_usize,
        element in prop_oneof![3 => Just(ElementType::Raw), 1 => Just(ElementType::I16), 1 => Just(ElementType::F32), 1 => Just(ElementType::U64)],
        how in any_how(),
    ) {
        let byte_length = changes.len() * PAGE + rest * 8;
        let base: Vec<u8> = base.into_iter().cycle().take(byte_length).collect();
        let updated = changed(&base, &changes);
        let stretch =
            Coverage { byte_offset: 0, byte_length: byte_length as u64, element, operation: Operation::Overwrite };
        let (entries, bytes) = naive(&stretch, &base, &updated, how.gap);
        let originals = entries.iter().flat_map(|entry| base[place(entry)].to_vec()).collect();
        let expected: Made = (entries, bytes, how.originals.then_some(originals));
        for width in Width::all() {
            prop_assert_eq!(&scanned(width, &stretch, &base, &updated, &how), &expected, "{:?}", width);
        }
    }
}
