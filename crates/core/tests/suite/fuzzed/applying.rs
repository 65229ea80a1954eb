//! Diffs are made of random memories by random rules, merged and applied. The parts must agree with each other.

use pagefold_core::{Author, Diff, DiffOptions, MergeRules, Merged, Operation, apply, merge};

use super::source::Source;

pub(crate) fn run(bytes: &[u8]) {
    let mut source = Source(bytes);
    let rules = rules_from(&mut source, 4096);
    let mut base = vec![0; usize::from(source.byte())];
    write(&mut source, &mut base);
    let mut diffs = Vec::new();
    let mut memories = Vec::new();
    for origin in 1..=3 {
        let mut memory = base.clone();
        memory.resize(base.len() + usize::from(source.byte() % 64), 0);
        write(&mut source, &mut memory);
        let options = DiffOptions { gap: u64::from(source.byte() % 32), originals: source.byte() % 2 == 0 };
        let Ok(diff) = Diff::between(&base, &memory, &rules, options) else { continue };
        let exact = Diff::between(&base, &memory, &rules, DiffOptions { gap: 0, ..options });
        let exact = exact.expect("the gap refuses nothing");
        let author = Author { origin, sequence: 0 };
        diffs.push((diff.by(author), exact.by(author)));
        memories.push(memory);
    }

    let joined: Vec<&Diff> = diffs.iter().map(|(diff, _)| diff).collect();
    let exact: Vec<&Diff> = diffs.iter().rev().map(|(_, exact)| exact).collect();
    let merged = merge(&&base[..], &rules, &joined);
    let again = merge(&&base[..], &rules, &exact);
    match (&merged, &again) {
        (Ok(merged), Ok(again)) => {
            assert_eq!(written(&base, merged), written(&base, again));
            assert_eq!(merged.without_effect(), again.without_effect());
        }
        (Err(error), Err(again)) => assert_eq!(error.conflicts(), again.conflicts()),
        _ => panic!("it depends on the gap: {merged:?} or {again:?}"),
    }

    for ((diff, _), memory) in diffs.iter().zip(&memories) {
        let alone = merge(&&base[..], &rules, &[diff]).expect("one diff is always defined");
        let mut target = base.clone();
        target.resize(memory.len(), 0);
        apply(diff, &&base[..], &mut target).expect("one diff is always defined");
        assert_eq!(target, written(&base, &alone));
        for other in &memories {
            let mut target = other.clone();
            target.resize(memory.len().max(other.len()), 0);
            let before = target.clone();
            if apply(diff, &&base[..], &mut target).is_err() {
                assert_eq!(target, before, "a failure changes nothing");
            }
        }
    }
}

/// The base with a merge written into it.
fn written(base: &[u8], merged: &Merged) -> Vec<u8> {
    let mut after = base.to_vec();
    after.resize(usize::try_from(merged.byte_length()).expect("memories are small"), 0);
    for (byte_offset, bytes) in merged.runs() {
        let start = usize::try_from(byte_offset).expect("memories are small");
        after[start..start + bytes.len()].copy_from_slice(bytes);
    }
    after
}

/// Rules for memories of up to so many bytes; regions that are refused are left out.
fn rules_from(source: &mut Source<'_>, max_byte_length: u64) -> MergeRules {
    let gap = source.one_of(&Operation::ALL);
    let mut rules = MergeRules::new(max_byte_length, gap)
        .or_else(|_| MergeRules::new(max_byte_length, Operation::Overwrite))
        .expect("overwrite is legal for everything");
    for _ in 0..source.byte() % 8 {
        let _ = rules.declare(source.region());
    }
    rules
}

/// Overwrites some stretches of a memory.
fn write(source: &mut Source<'_>, memory: &mut [u8]) {
    for _ in 0..source.byte() % 6 {
        let start = usize::from(source.byte());
        let count = usize::from(source.byte() % 40);
        memory.iter_mut().skip(start).take(count).for_each(|byte| *byte = source.byte());
    }
}
