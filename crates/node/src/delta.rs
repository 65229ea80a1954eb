//! The changes of single elements, for people to look at.

use napi::Result;
use napi::bindgen_prelude::{BigInt, Either3, Float64Array};
use napi_derive::napi;
use pagefold_core::{DiffEntry, ElementType, Operation, Value};

use crate::failure::{failure, refusal};
use crate::number;

/// A value of an element: 64-bit integers are BigInts.
type Shown = Either3<f64, BigInt, bool>;

/// The changes of an entry.
#[napi(object)]
pub struct NativeDeltas {
    /// Offset of each changed element.
    pub byte_offsets: Float64Array,
    /// Its change; nothing where there is no ratio.
    pub values: Vec<Option<Shown>>,
}

/// The change of each changed element of an entry.
#[napi(catch_unwind)]
pub fn deltas(
    byte_offset: f64,
    element: String,
    operation: String,
    bytes: &[u8],
    original: &[u8],
) -> Result<NativeDeltas> {
    let unknown = || refusal("ERR_PAGEFOLD_INVALID_ARGUMENT", "there is no such type or operation");
    let entry = DiffEntry {
        byte_offset: number::integer(byte_offset)?,
        element: ElementType::from_name(&element).ok_or_else(unknown)?,
        operation: Operation::from_name(&operation).ok_or_else(unknown)?,
        exact: false,
        bytes,
        original: Some(original),
    };
    let is_wide = matches!(entry.element, ElementType::I64 | ElementType::U64);
    let (mut byte_offsets, mut values) = (Vec::new(), Vec::new());
    for delta in entry.deltas().map_err(failure)? {
        byte_offsets.push(number::rounded(delta.byte_offset));
        values.push(delta.value.map(|value| shown(value, is_wide)));
    }
    Ok(NativeDeltas { byte_offsets: byte_offsets.into(), values })
}

fn shown(value: Value, is_wide: bool) -> Shown {
    match value {
        Value::Raw(byte) => Either3::A(f64::from(byte)),
        Value::Bool(value) => Either3::C(value),
        Value::Integer(integer) if is_wide => Either3::B(BigInt::from(integer)),
        #[expect(clippy::cast_precision_loss, reason = "it has 32 bits at most")]
        Value::Integer(integer) => Either3::A(integer as f64),
        Value::F32(value) => Either3::A(f64::from(value)),
        Value::F64(value) => Either3::A(value),
    }
}
