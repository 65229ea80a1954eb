//! What the memory of a view has changed, as something to merge, and what others have changed, merged into it.

use napi::bindgen_prelude::Unknown;
use napi::{Env, Result};
use napi_derive::napi;
use pagefold_core::{Author, DiffOptions};

use crate::buffer::Range;
use crate::diff::{NativeApplied, NativeDiff};
use crate::number;
use crate::view::NativeView;

/// How a diff is made, and by whom.
#[napi(object)]
pub struct NativeDiffOptions {
    /// Who.
    pub origin: f64,
    /// Which of theirs it is.
    pub sequence: f64,
    /// Equal bytes between two runs that share an entry.
    pub gap: f64,
    /// Whether it carries what the baseline has.
    pub originals: bool,
}

impl NativeDiffOptions {
    pub(crate) fn checked(&self) -> Result<(Author, DiffOptions)> {
        let author = Author { origin: number::integer(self.origin)?, sequence: number::integer(self.sequence)? };
        Ok((author, DiffOptions { gap: number::integer(self.gap)?, originals: self.originals }))
    }
}

#[napi]
impl NativeView {
    /// Everything that the memory has changed against its baseline.
    #[napi(catch_unwind)]
    pub fn diff(
        &self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer")] buffer: Unknown<'_>,
        byte_offset: f64,
        byte_length: f64,
        made: NativeDiffOptions,
    ) -> Result<NativeDiff> {
        let range = Range::of(env, buffer, byte_offset, byte_length)?;
        let (author, options) = made.checked()?;
        NativeDiff::charged(env, self.with(&range, |view, window| view.diff(window, author, options))?)
    }

    /// Merges a diff into the memory.
    #[napi(catch_unwind)]
    pub fn apply(
        &self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer")] buffer: Unknown<'_>,
        byte_offset: f64,
        byte_length: f64,
        diff: &NativeDiff,
    ) -> Result<NativeApplied> {
        let range = Range::of(env, buffer, byte_offset, byte_length)?;
        let diff = diff.get()?;
        self.with(&range, |view, window| view.apply(window, &diff)).map(NativeApplied::from)
    }
}
