//! What the fuzzer runs, with a few thousand inputs, on every compiler: real ones, altered, and noise.
//!
//! The targets in `fuzz/` include the files of this folder.

mod applying;
mod declaring;
mod decoding;
mod source;

use proptest::prelude::*;

/// Encoded diffs without their checksum: those of the tests of the format.
const SEEDS: [&[u8]; 2] =
    [include_bytes!("../wire/golden/plain.bin"), include_bytes!("../wire/golden/originals-lz4.bin")];

fn noise(longest: usize) -> impl Strategy<Value = Vec<u8>> {
    let few = prop::collection::vec(prop_oneof![Just(0_u8), Just(1), Just(0xFF), 0_u8..16], 0..longest);
    prop_oneof![few, prop::collection::vec(any::<u8>(), 0..longest)]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2000))]

    #[test]
    fn decoding_altered_diffs(
        seed in prop::sample::select(&SEEDS[..]),
        writes in prop::collection::vec((12_usize..400, any::<u8>()), 0..8),
    ) {
        let mut bytes = seed[..seed.len() - 8].to_vec();
        for (at, value) in writes {
            let at = at % bytes.len();
            bytes[at] = value;
        }
        decoding::run(&bytes);
    }

    #[test]
    fn decoding_noise(bytes in noise(300)) {
        decoding::run(&bytes);
    }

    #[test]
    fn applying_noise(bytes in noise(300)) {
        applying::run(&bytes);
    }

    #[test]
    fn declaring_noise(bytes in noise(300)) {
        declaring::run(&bytes);
    }
}
