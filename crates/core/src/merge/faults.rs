//! Changes that cannot be merged: elements that two diffs change under `conflict`, products that are not defined.

use crate::rules::{ElementType, Operation};

use super::bits::Bits;
use super::fold::Kind;
use super::number::Number;

/// What [`Run`](super::fold::Run) holds, before it is merged.
#[derive(Debug, Clone, Copy)]
pub(super) struct Suspect<'a> {
    pub(super) original: &'a [u8],
    pub(super) updated: &'a [u8],
    pub(super) state: &'a [u8],
    pub(super) touched: Option<&'a [u8]>,
}

/// Whether changes can fail to merge this way.
pub(super) fn can_fail(kind: Kind) -> bool {
    matches!(kind.operation, Operation::Conflict | Operation::Product)
}

impl Suspect<'_> {
    /// Offsets of the elements that cannot be merged, ascending, counted from the beginning of the run.
    pub(super) fn faults(self, kind: Kind, found: impl FnMut(usize)) {
        match (kind.operation, kind.element) {
            (Operation::Conflict, _) => match kind.element.byte_width() {
                1 => self.each::<1, u8>(|_, _, _| true, found),
                2 => self.each::<2, u16>(|_, _, _| true, found),
                4 => self.each::<4, u32>(|_, _, _| true, found),
                _ => self.each::<8, u64>(|_, _, _| true, found),
            },
            (Operation::Product, ElementType::I8) => self.undefined::<1, i8>(found),
            (Operation::Product, ElementType::U8) => self.undefined::<1, u8>(found),
            (Operation::Product, ElementType::I16) => self.undefined::<2, i16>(found),
            (Operation::Product, ElementType::U16) => self.undefined::<2, u16>(found),
            (Operation::Product, ElementType::I32) => self.undefined::<4, i32>(found),
            (Operation::Product, ElementType::U32) => self.undefined::<4, u32>(found),
            (Operation::Product, ElementType::I64) => self.undefined::<8, i64>(found),
            (Operation::Product, ElementType::U64) => self.undefined::<8, u64>(found),
            (Operation::Product, ElementType::F32) => self.undefined::<4, f32>(found),
            (Operation::Product, ElementType::F64) => self.undefined::<8, f64>(found),
            _ => {}
        }
    }

    fn undefined<const W: usize, N: Number<W>>(self, found: impl FnMut(usize)) {
        self.each::<W, N::Bits>(|s, o, u| N::product(s, o, u).is_none(), found);
    }

    fn each<const W: usize, B: Bits<W>>(self, fails: impl Fn(B, B, B) -> bool, mut found: impl FnMut(usize)) {
        let touched = self.touched.map(|touched| touched.as_chunks::<W>().0);
        let state = self.state.as_chunks::<W>().0.iter();
        let rest = state.zip(self.original.as_chunks().0).zip(self.updated.as_chunks().0);
        for (index, ((state, original), updated)) in rest.enumerate() {
            let [s, o, u] = [*state, *original, *updated].map(B::load);
            let later = touched.map_or(s != o, |touched| B::load(touched[index]) != B::ZERO);
            if later && u != o && fails(s, o, u) {
                found(index * W);
            }
        }
    }
}
