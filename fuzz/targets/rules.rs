//! Regions out of random bytes are declared, and what they cover is looked at byte by byte.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/core/tests/suite/fuzzed/source.rs"]
mod source;

#[path = "../../crates/core/tests/suite/fuzzed/declaring.rs"]
mod declaring;

fuzz_target!(|bytes: &[u8]| declaring::run(bytes));
