//! Random regions are declared. What covers each byte must be what the regions say, one by one.

use pagefold_core::{ElementType, MergeRegion, MergeRules, Operation};

use super::source::Source;

pub(crate) fn run(bytes: &[u8]) {
    let mut source = Source(bytes);
    let longest = match source.byte() {
        0xFF => u64::MAX,
        short => u64::from(short) * 8 + 1,
    };
    let gap = Operation::Overwrite;
    let mut rules = MergeRules::new(longest, gap).expect("overwrite is legal for everything");
    let mut declared = Vec::new();
    while !source.0.is_empty() && declared.len() < 40 {
        let region = source.region();
        let before = rules.clone();
        match rules.declare(region) {
            Ok(()) => declared.push(region),
            Err(_) => assert_eq!(rules, before, "a refused region changes nothing"),
        }
    }
    assert_eq!(rules.regions().len(), declared.len());

    let mut backwards = MergeRules::new(longest, gap).expect("overwrite is legal for everything");
    for region in declared.iter().rev() {
        backwards.declare(*region).expect("the order of declaring never matters");
    }
    assert_eq!(backwards, rules);

    let looked_at = longest.min(4096);
    let mut end = 0;
    for coverage in rules.coverage(0..looked_at) {
        assert_eq!(coverage.byte_offset, end, "there are no holes");
        assert!(coverage.byte_length > 0 && coverage.operation.is_legal_for(coverage.element));
        end += coverage.byte_length;
        for byte_offset in coverage.byte_offset..end {
            let expected = at(byte_offset, longest, &declared, gap);
            assert_eq!((coverage.element, coverage.operation), expected, "at {byte_offset}");
        }
    }
    assert_eq!(end, looked_at);
}

/// What holds for one byte.
fn at(byte_offset: u64, longest: u64, declared: &[MergeRegion], gap: Operation) -> (ElementType, Operation) {
    let holds = |region: &&MergeRegion| {
        let end = region.byte_length.map_or(longest, |length| region.byte_offset + length);
        (region.byte_offset..end).contains(&byte_offset)
    };
    let is_mask = |region: &MergeRegion| region.operation == Operation::Ignore;
    let mut covering = declared.iter().filter(holds);
    if covering.clone().any(is_mask) {
        return (ElementType::Raw, Operation::Ignore);
    }
    covering.next().map_or((ElementType::Raw, gap), |region| (region.element, region.operation))
}
