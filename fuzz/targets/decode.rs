//! Bytes, with the right checksum put behind them, are decoded. What decodes is encoded and decoded again.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/core/tests/suite/fuzzed/decoding.rs"]
mod decoding;

fuzz_target!(|bytes: &[u8]| decoding::run(bytes));
