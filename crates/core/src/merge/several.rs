//! Several diffs are merged with their common base.

use crate::diff::{Contents, Diff};
use crate::error::{Error, ErrorKind, Result};
use crate::rules::MergeRules;

use super::blame::Blame;
use super::faults::{Suspect, can_fail};
use super::fold::{Kind, Run, held};
use super::merged::Merged;
use super::obedience::check_rules;
use super::windows::{Piece, Window, Windows};

/// Merges diffs in the order of their authors, whatever order they are given in. Nothing is changed: the outcome is what
/// a caller has to write into the base, all of it or nothing.
///
/// The diffs must have been made against this base with these rules; identity, version and revision are the caller's to
/// compare. Costs time and memory in proportion to the changed bytes, whatever the length of the base. Where a range is
/// changed by one diff only, that is a copy.
///
/// # Errors
///
/// `StaleBase`, if a diff was made against a base of another length; `OverMax`, if one is longer than the rules allow;
/// `StaleBase` as well, if an entry does not follow the rules; `DuplicateDiff`, if two have one author; `MergeConflict`, if
/// two change one element under `conflict`; `ProductUndefined`, if a later change under `product` has a base that is zero,
/// not finite, or no divisor. The last two list the ranges and both authors, up to 256 of them.
pub fn merge(base: &dyn Contents, rules: &MergeRules, diffs: &[&Diff]) -> Result<Merged> {
    let mut diffs = diffs.to_vec();
    diffs.sort_by_key(|diff| diff.author());
    let base_length = base.byte_length();
    let mut byte_length = base_length;
    for diff in &diffs {
        check(diff, base_length, rules)?;
        byte_length = byte_length.max(diff.byte_length());
    }
    if let Some(pair) = diffs.windows(2).find(|pair| pair[0].author() == pair[1].author()) {
        let author = pair[0].author();
        return Err(Error::new(
            ErrorKind::DuplicateDiff,
            format!("two diffs are number {} of origin {}", author.sequence, author.origin),
        ));
    }

    let mut bench = Bench { base, base_length, diffs: &diffs, buffers: Buffers::default(), blame: Blame::default() };
    let mut merged = Merged::new(byte_length, diffs.len());
    let mut windows = Windows::new(diffs.iter().map(|diff| diff.entries()).collect());
    let mut window = Window::default();
    while !bench.blame.is_full() && windows.fill(&mut window) {
        bench.merge_window(&window, &mut merged);
    }
    bench.blame.into_result()?;
    Ok(merged)
}

fn check(diff: &Diff, base_length: u64, rules: &MergeRules) -> Result<()> {
    let made_against = diff.base().byte_length;
    if made_against != base_length {
        return Err(Error::new(
            ErrorKind::StaleBase,
            format!("a diff was made against {made_against} bytes, and the base has {base_length}"),
        ));
    }
    if diff.byte_length() > rules.max_byte_length() {
        return Err(Error::new(
            ErrorKind::OverMax,
            format!("a diff has {} bytes, and at most {} are allowed", diff.byte_length(), rules.max_byte_length()),
        ));
    }
    check_rules(diff, rules)
}

/// What merging one window after the other needs.
struct Bench<'a> {
    base: &'a dyn Contents,
    base_length: u64,
    diffs: &'a [&'a Diff],
    buffers: Buffers,
    blame: Blame,
}

/// Parts of a window's length.
#[derive(Debug, Default)]
struct Buffers {
    original: Vec<u8>,
    state: Vec<u8>,
    touched: Vec<u8>,
}

impl Bench<'_> {
    fn merge_window(&mut self, window: &Window<'_>, merged: &mut Merged) {
        let Buffers { original, state, touched } = &mut self.buffers;
        // A window is a few kilobytes long.
        let byte_length = usize::try_from(window.byte_end - window.byte_offset).unwrap_or(usize::MAX);
        let original = self.base.slice(window.byte_offset, byte_length).unwrap_or_else(|| {
            original.resize(byte_length, 0);
            self.base.read(window.byte_offset, original);
            original
        });
        if let [Piece { entry, .. }] = &window.pieces[..]
            && Kind::of(entry).copies_first()
        {
            merged.add(entry.element, window.byte_offset, original, entry.bytes);
            return;
        }

        state.clear();
        state.extend_from_slice(original);
        if window.overlapping {
            touched.clear();
            touched.resize(byte_length, 0);
        }
        for (index, piece) in window.pieces.iter().enumerate() {
            let kind = Kind::of(&piece.entry);
            let range = place(window, piece);
            let updated = piece.entry.bytes;
            if !window.overlapping && kind.copies_first() {
                state[range].copy_from_slice(updated);
                continue;
            }
            let original = &original[range.clone()];
            if window.overlapping && can_fail(kind) {
                let suspect =
                    Suspect { original, updated, state: &state[range.clone()], touched: Some(&touched[range.clone()]) };
                let second = self.diffs[piece.list].author();
                suspect.faults(kind, |offset| {
                    let byte_offset = piece.entry.byte_offset + offset as u64;
                    let first = first_to_change(kind, byte_offset, original, offset, &window.pieces[..index]);
                    let first = first.map_or(second, |list| self.diffs[list].author());
                    self.blame.add(kind, byte_offset, [first, second]);
                });
            }
            let run = Run {
                original,
                updated,
                state: &mut state[range.clone()],
                touched: window.overlapping.then(|| &mut touched[range]),
                held: held(&piece.entry, self.base_length),
            };
            merged.add_without_effect(run.fold(kind));
        }
        add_pieces(window, original, state, merged);
    }
}

/// Adds what became of the elements that the pieces have, each once.
fn add_pieces(window: &Window<'_>, original: &[u8], state: &[u8], merged: &mut Merged) {
    let mut add = |element, start: usize, end: usize| {
        merged.add(element, window.byte_offset + start as u64, &original[start..end], &state[start..end]);
    };
    let mut ranges: Vec<_> = window.pieces.iter().map(|piece| (place(window, piece), piece.entry.element)).collect();
    if window.overlapping {
        ranges.sort_unstable_by_key(|(range, _)| range.start);
    }
    let mut end = 0;
    for (range, element) in ranges {
        // Pieces that overlap have their elements at the same places.
        if range.end > end {
            add(element, range.start.max(end), range.end);
            end = range.end;
        }
    }
}

/// Which list has the first of these pieces that changes the element at `byte_offset`.
fn first_to_change(
    kind: Kind,
    byte_offset: u64,
    original: &[u8],
    offset: usize,
    earlier: &[Piece<'_>],
) -> Option<usize> {
    let width = usize::try_from(kind.element.byte_width()).unwrap_or(1);
    let original = &original[offset..offset + width];
    earlier.iter().find_map(|piece| {
        let start = usize::try_from(byte_offset.checked_sub(piece.entry.byte_offset)?).ok()?;
        let updated = piece.entry.bytes.get(start..start + width)?;
        (updated != original).then_some(piece.list)
    })
}

fn place(window: &Window<'_>, piece: &Piece<'_>) -> std::ops::Range<usize> {
    let start = usize::try_from(piece.entry.byte_offset - window.byte_offset).unwrap_or(usize::MAX);
    start..start + piece.entry.bytes.len()
}
