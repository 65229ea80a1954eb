//! JavaScript numbers that count bytes.

use napi::Result;

use crate::failure::refusal;

/// The largest integer up to which every integer is a JavaScript number: 2^53 - 1.
const SAFE_INTEGER_MAX: f64 = 9_007_199_254_740_991.0;

/// An offset or length. Refuses what is negative, fractional, not finite or above 2^53 - 1.
pub(crate) fn bytes(number: f64) -> Result<usize> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "compared with the number below")]
    let bytes = number as usize;
    // There and back: cheaper than `fract`, which is a call of the C library.
    if self::number(bytes) != number || number > SAFE_INTEGER_MAX {
        return Err(refusal("ERR_PAGEFOLD_OUT_OF_RANGE", &format!("{number} is not a number of bytes")));
    }
    Ok(bytes)
}

/// A count for JavaScript. Exact up to 2^53, far above any number of bytes or pages of an address space.
#[expect(clippy::cast_precision_loss, reason = "no process has 2^53 bytes")]
pub(crate) const fn number(count: usize) -> f64 {
    count as f64
}
