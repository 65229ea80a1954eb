//! One run of changed elements joins the state: the table of operations, as loops that the compiler can vectorise.

use crate::diff::DiffEntry;
use crate::rules::{ElementType, Operation};

use super::bits::Bits;
use super::number::Number;

/// How elements are merged.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Kind {
    pub(super) element: ElementType,
    pub(super) operation: Operation,
}

/// Equally long parts of the base, of a diff and of the state that the diff is merged into.
#[derive(Debug)]
pub(super) struct Run<'a> {
    /// What the base has; zeros past its end.
    pub(super) original: &'a [u8],
    /// What the diff has. Elements that equal the base's are not changed.
    pub(super) updated: &'a [u8],
    /// What earlier diffs have made of the base.
    pub(super) state: &'a mut [u8],
    /// The elements that earlier diffs have changed, as ones, among zeros. Without it: those that the state and the base
    /// have different.
    pub(super) touched: Option<&'a mut [u8]>,
    /// How many of the bytes are in the base, a begun element as a whole. In the tail behind them the first change is
    /// taken as it is, whatever the operation.
    pub(super) held: usize,
}

impl Kind {
    pub(super) fn of(entry: &DiffEntry<'_>) -> Self {
        Self { element: entry.element, operation: entry.operation }
    }

    /// Whether the first change of an element is taken as it is.
    pub(super) fn copies_first(self) -> bool {
        match self.operation {
            Operation::Overwrite
            | Operation::Sum
            | Operation::Subtract
            | Operation::Product
            | Operation::FirstWriter
            | Operation::Conflict => true,
            // A truth value becomes 0 or 1.
            Operation::Xor => self.element != ElementType::Bool,
            Operation::Max | Operation::Min | Operation::And | Operation::Or | Operation::Ignore => false,
        }
    }
}

/// How many bytes of an entry are in a base of that length, a begun element as a whole.
pub(super) fn held(entry: &DiffEntry<'_>, base_length: u64) -> usize {
    let bytes = base_length.saturating_sub(entry.byte_offset);
    let whole =
        bytes.checked_next_multiple_of(entry.element.byte_width()).and_then(|bytes| usize::try_from(bytes).ok());
    whole.unwrap_or(usize::MAX).min(entry.bytes.len())
}

impl<'a> Run<'a> {
    /// Merges the run and returns how many changed elements had no effect, under those operations where one may have
    /// none. What [`faults`](super::faults) finds in it stays as it was.
    pub(super) fn fold(self, kind: Kind) -> u64 {
        let (original, original_tail) = self.original.split_at(self.held);
        let (updated, updated_tail) = self.updated.split_at(self.held);
        let (state, state_tail) = self.state.split_at_mut(self.held);
        let (touched, touched_tail) = self.touched.map(|touched| touched.split_at_mut(self.held)).unzip();
        let held = Part { original, updated, state, touched, in_tail: false };
        let tail = Part {
            original: original_tail,
            updated: updated_tail,
            state: state_tail,
            touched: touched_tail,
            in_tail: true,
        };
        held.fold(kind) + tail.fold(kind)
    }
}

/// A part of a run that lies before the end of the base, or behind it.
struct Part<'a> {
    original: &'a [u8],
    updated: &'a [u8],
    state: &'a mut [u8],
    touched: Option<&'a mut [u8]>,
    in_tail: bool,
}

impl Part<'_> {
    fn fold(self, kind: Kind) -> u64 {
        match kind.element {
            ElementType::Raw => self.bits::<1, u8>(kind.operation),
            ElementType::Bool => self.truth(kind.operation),
            ElementType::I8 => self.number::<1, i8>(kind.operation),
            ElementType::U8 => self.number::<1, u8>(kind.operation),
            ElementType::I16 => self.number::<2, i16>(kind.operation),
            ElementType::U16 => self.number::<2, u16>(kind.operation),
            ElementType::I32 => self.number::<4, i32>(kind.operation),
            ElementType::U32 => self.number::<4, u32>(kind.operation),
            ElementType::I64 => self.number::<8, i64>(kind.operation),
            ElementType::U64 => self.number::<8, u64>(kind.operation),
            ElementType::F32 => self.number::<4, f32>(kind.operation),
            ElementType::F64 => self.number::<8, f64>(kind.operation),
        }
    }

    fn number<const W: usize, N: Number<W>>(self, operation: Operation) -> u64 {
        let in_tail = self.in_tail;
        match operation {
            Operation::Sum | Operation::Subtract => {
                self.each::<W, N::Bits, false>(|s, o, u, later| Bits::select(later, N::sum(s, o, u), u))
            }
            Operation::Product => self.each::<W, N::Bits, false>(|s, o, u, later| match later {
                true => N::product(s, o, u).unwrap_or(s),
                false => u,
            }),
            Operation::Max => {
                self.each::<W, N::Bits, true>(|s, _, u, later| Bits::select(later | !in_tail, N::max(s, u), u))
            }
            Operation::Min => {
                self.each::<W, N::Bits, true>(|s, _, u, later| Bits::select(later | !in_tail, N::min(s, u), u))
            }
            _ => self.bits::<W, N::Bits>(operation),
        }
    }

    fn bits<const W: usize, B: Bits<W>>(self, operation: Operation) -> u64 {
        let in_tail = self.in_tail;
        match operation {
            Operation::Overwrite => self.each::<W, B, false>(|_, _, u, _| u),
            Operation::FirstWriter | Operation::Conflict => {
                self.each::<W, B, true>(|s, _, u, later| Bits::select(later, s, u))
            }
            Operation::Xor => self.each::<W, B, false>(|s, o, u, _| s.xor(o).xor(u)),
            Operation::And => self.each::<W, B, true>(|s, _, u, later| Bits::select(later | !in_tail, s.and(u), u)),
            // What has no value yet is zero.
            Operation::Or => self.each::<W, B, true>(|s, _, u, _| s.or(u)),
            // No diff has such entries; and what is illegal for a type was refused when it was declared.
            Operation::Ignore
            | Operation::Sum
            | Operation::Subtract
            | Operation::Product
            | Operation::Max
            | Operation::Min => 0,
        }
    }

    /// Logical operations take every value but zero for true, and store 0 or 1.
    fn truth(self, operation: Operation) -> u64 {
        let in_tail = self.in_tail;
        let is = |value: u8| u8::from(value != 0);
        match operation {
            Operation::Xor => self.each::<1, u8, false>(|s, o, u, _| is(s) ^ is(o) ^ is(u)),
            Operation::And => self.each::<1, u8, true>(|s, _, u, later| match later || !in_tail {
                true => is(s) & is(u),
                false => is(u),
            }),
            Operation::Or => self.each::<1, u8, true>(|s, _, u, _| is(s) | is(u)),
            _ => self.bits::<1, u8>(operation),
        }
    }

    /// Gives every changed element the value that `merge` makes of the state, the base's, the changed one, and whether
    /// it was changed before. Counts the changed ones that stay as they were, if `COUNT`.
    fn each<const W: usize, B: Bits<W>, const COUNT: bool>(self, merge: impl Fn(B, B, B, bool) -> B) -> u64 {
        let state = self.state.as_chunks_mut::<W>().0.iter_mut();
        let rest = state.zip(self.original.as_chunks().0).zip(self.updated.as_chunks().0);
        let mut without_effect = 0;
        let mut one = |state: &mut [u8; W], original, updated, later: Option<bool>| {
            let [s, o, u] = [*state, original, updated].map(B::load);
            let changed = u != o;
            let merged = merge(s, o, u, later.unwrap_or(s != o));
            *state = B::select(changed, merged, s).store();
            if COUNT {
                without_effect += u64::from(changed & (merged == s));
            }
            changed
        };
        match self.touched {
            None => rest.for_each(|((state, original), updated)| {
                one(state, *original, *updated, None);
            }),
            Some(touched) => {
                let touched = touched.as_chunks_mut::<W>().0.iter_mut();
                rest.zip(touched).for_each(|(((state, original), updated), touched)| {
                    let before = B::load(*touched);
                    let changed = one(state, *original, *updated, Some(before != B::ZERO));
                    *touched = B::select(changed, B::ONES, before).store();
                });
            }
        }
        without_effect
    }
}
