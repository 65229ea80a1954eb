//! Bytes are decoded, as they are and with the right checksum behind them.

use std::hash::Hasher;

use pagefold_core::{Compression, DecodeLimits, Diff, decode, encode};
use twox_hash::XxHash3_64;

pub(crate) fn run(bytes: &[u8]) {
    let limits = DecodeLimits { byte_length: 1 << 40, entry_count: 1 << 16, body_byte_length: 1 << 22 };
    check(decode(bytes, limits).ok());
    let mut hasher = XxHash3_64::new();
    hasher.write(bytes);
    let sealed = [bytes, &hasher.finish().to_le_bytes()].concat();
    check(decode(&sealed, limits).ok());
}

fn check(diff: Option<Diff>) {
    let Some(diff) = diff else { return };
    let limits = DecodeLimits::for_memory(u64::MAX);
    for compression in [Compression::None, Compression::Lz4] {
        let again = decode(&encode(&diff, compression), limits).expect("it was just encoded");
        assert_eq!(again, diff);
    }
    let mut end = 0;
    for entry in diff.entries() {
        assert!(entry.byte_offset >= end && !entry.bytes.is_empty(), "entries ascend");
        assert!(entry.operation.is_legal_for(entry.element), "no illegal pair comes through");
        end = entry.byte_offset + entry.bytes.len() as u64;
        assert!(end <= diff.byte_length(), "entries end within the memory");
    }
    // A target that is long enough: nothing but an error can come of it.
    if diff.byte_length() <= 1 << 20 {
        let base = vec![1; usize::try_from(diff.base().byte_length).expect("it is no longer than the memory")];
        let mut target = vec![2; usize::try_from(diff.byte_length()).expect("it was just compared")];
        let _ = pagefold_core::apply(&diff, &&base[..], &mut target);
    }
}
