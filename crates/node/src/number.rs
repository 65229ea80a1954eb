//! JavaScript numbers: counts of bytes, and other integers.

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

/// A number of something that a diff or snapshot holds as 64 bits, such as an offset, a version or an origin.
pub(crate) fn integer(number: f64) -> Result<u64> {
    bytes(number).map(|integer| integer as u64)
}

/// A count for JavaScript. Exact up to 2^53, far above any number of bytes or pages of an address space.
#[expect(clippy::cast_precision_loss, reason = "no process has 2^53 bytes")]
pub(crate) const fn number(count: usize) -> f64 {
    count as f64
}

/// The same for 64 bits that may come from elsewhere. Refuses what JavaScript has no exact number for.
pub(crate) fn exact(integer: u64, what: &str) -> Result<f64> {
    #[expect(clippy::cast_precision_loss, reason = "compared below: every integer up to there is a number")]
    let number = integer as f64;
    if number > SAFE_INTEGER_MAX {
        return Err(refusal("ERR_PAGEFOLD_OUT_OF_RANGE", &format!("{what} is {integer}, which is above 2^53 - 1")));
    }
    Ok(number)
}

/// The same for 64 bits that count what is in memory, or lies in a memory whose length was checked.
#[expect(clippy::cast_precision_loss, reason = "no process has 2^53 bytes")]
pub(crate) const fn rounded(count: u64) -> f64 {
    count as f64
}
