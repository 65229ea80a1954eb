//! Memories and rules out of random bytes: diffs are made, merged and applied, and the outcomes are compared.
#![no_main]

use libfuzzer_sys::fuzz_target;

#[path = "../../crates/core/tests/suite/fuzzed/source.rs"]
mod source;

#[path = "../../crates/core/tests/suite/fuzzed/applying.rs"]
mod applying;

fuzz_target!(|bytes: &[u8]| applying::run(bytes));
