//! What a diff changes, as numbers to look at. No merge uses them.

use crate::error::{Error, ErrorKind, Result};
use crate::rules::{ElementType, Operation};

use super::DiffEntry;

/// The change of one element, as its operation sees it.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Delta {
    /// Where the element begins in the memory.
    pub byte_offset: u64,
    /// With `o` the value in the base and `u` the changed one: `u - o` for sum, `o - u` for subtract, `u / o` for product,
    /// `o ^ u` for xor, `u` for everything else. `None` when there is no ratio: `o` is zero, or does not divide the
    /// integer `u`.
    pub value: Option<Value>,
}

/// The value of one element.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Value {
    /// An opaque byte.
    Raw(u8),
    /// Whether the byte is not zero.
    Bool(bool),
    /// An integer that its type can hold: differences wrap.
    Integer(i128),
    /// A number of 32 bits.
    F32(f32),
    /// A number of 64 bits.
    F64(f64),
}

impl<'a> DiffEntry<'a> {
    /// The change of each element that changed, ascending. The delta is for looking at: a merge computes with the values
    /// themselves and loses nothing to rounding.
    ///
    /// # Errors
    /// `NoOriginals` when the diff does not carry what the base has.
    pub fn deltas(&self) -> Result<impl Iterator<Item = Delta> + use<'a>> {
        let Some(original) = self.original else {
            return Err(Error::new(ErrorKind::NoOriginals, "only a diff with originals knows its deltas"));
        };
        let Self { element, operation, bytes, .. } = *self;
        let width = element.width();
        let elements = original.chunks_exact(width).zip(bytes.chunks_exact(width));
        // In this order no offset behind the last element is asked for, which may be too large for a number.
        let placed = elements.zip((self.byte_offset..).step_by(width));
        Ok(placed.filter(|((o, u), _)| o != u).map(move |((o, u), byte_offset)| {
            let (o, u) = (Value::of(element, o), Value::of(element, u));
            Delta { byte_offset, value: delta(element, operation, o, u) }
        }))
    }
}

impl Value {
    /// The value that these bytes of an element have.
    fn of(element: ElementType, bytes: &[u8]) -> Self {
        let mut wide = [0; 8];
        wide[..bytes.len()].copy_from_slice(bytes);
        let bits = u64::from_le_bytes(wide);
        match element {
            ElementType::Raw => Self::Raw(wide[0]),
            ElementType::Bool => Self::Bool(bits != 0),
            ElementType::F32 => Self::F32(f32::from_le_bytes([wide[0], wide[1], wide[2], wide[3]])),
            ElementType::F64 => Self::F64(f64::from_bits(bits)),
            _ => Self::Integer(wrapped(element, i128::from(bits))),
        }
    }
}

fn delta(element: ElementType, operation: Operation, original: Value, updated: Value) -> Option<Value> {
    let (from, to) = match operation {
        Operation::Sum => (original, updated),
        Operation::Subtract => (updated, original),
        Operation::Product => return ratio(element, original, updated),
        Operation::Xor => return Some(flipped(element, original, updated)),
        _ => return Some(updated),
    };
    Some(match (from, to) {
        (Value::Integer(from), Value::Integer(to)) => Value::Integer(wrapped(element, to - from)),
        #[expect(clippy::cast_possible_truncation, reason = "rounded once, as the merge does")]
        (Value::F32(from), Value::F32(to)) => Value::F32((f64::from(to) - f64::from(from)) as f32),
        (Value::F64(from), Value::F64(to)) => Value::F64(to - from),
        // No other type has a sum.
        _ => updated,
    })
}

fn ratio(element: ElementType, original: Value, updated: Value) -> Option<Value> {
    match (original, updated) {
        (Value::Integer(o), Value::Integer(u)) if o != 0 && u % o == 0 => Some(Value::Integer(wrapped(element, u / o))),
        #[expect(clippy::cast_possible_truncation, reason = "rounded once, as the merge does")]
        (Value::F32(o), Value::F32(u)) if o.is_finite() && o != 0.0 => {
            Some(Value::F32((f64::from(u) / f64::from(o)) as f32))
        }
        (Value::F64(o), Value::F64(u)) if o.is_finite() && o != 0.0 => Some(Value::F64(u / o)),
        _ => None,
    }
}

fn flipped(element: ElementType, original: Value, updated: Value) -> Value {
    match (original, updated) {
        (Value::Raw(o), Value::Raw(u)) => Value::Raw(o ^ u),
        (Value::Bool(o), Value::Bool(u)) => Value::Bool(o ^ u),
        (Value::Integer(o), Value::Integer(u)) => Value::Integer(wrapped(element, o ^ u)),
        // No other type has bits to flip.
        _ => updated,
    }
}

/// The integer of this type that equals `value` modulo 2^width.
const fn wrapped(element: ElementType, value: i128) -> i128 {
    let unused = 128 - 8 * element.width();
    match element {
        ElementType::I8 | ElementType::I16 | ElementType::I32 | ElementType::I64 => (value << unused) >> unused,
        #[expect(
            clippy::cast_sign_loss,
            clippy::cast_possible_wrap,
            reason = "the bits stay, and few of them are left"
        )]
        _ => (((value as u128) << unused) >> unused) as i128,
    }
}
