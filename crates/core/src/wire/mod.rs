//! Diffs as bytes.
#![forbid(unsafe_code)]
