//! Encoded diffs that are not, or no longer, what was encoded.

use pagefold_core::ErrorKind;

use super::{decode, real_ones};
use crate::encoded::FLAGS_OFFSET;

fn refused(bytes: &[u8], expected: ErrorKind, what: &str) {
    let error = decode(bytes).expect_err(what);
    assert_eq!(error.kind(), expected, "{what}: {error}");
}

#[test]
fn every_altered_byte_is_noticed() {
    for (name, whole) in real_ones() {
        for at in 0..whole.len() {
            for flip in 1..=255 {
                let mut altered = whole.clone();
                altered[at] ^= flip;
                let expected = match at {
                    0..8 => ErrorKind::NotADiff,
                    8..FLAGS_OFFSET => ErrorKind::Unsupported,
                    _ => ErrorKind::DiffCorrupt,
                };
                refused(&altered, expected, &format!("{name}: byte {at} ^ {flip:#x}"));
            }
        }
    }
}

#[test]
fn a_diff_cut_short_is_refused_at_every_length() {
    for (name, whole) in real_ones() {
        for length in 0..whole.len() {
            let expected = if length < 8 { ErrorKind::NotADiff } else { ErrorKind::DiffCorrupt };
            refused(&whole[..length], expected, &format!("{name}: {length} bytes"));
        }
    }
}

#[test]
fn trailing_bytes_are_refused() {
    for (name, whole) in real_ones() {
        for more in [1, 8, 4096] {
            refused(&[&whole[..], &vec![0; more]].concat(), ErrorKind::DiffCorrupt, &format!("{name}: {more} more"));
        }
        refused(&[&whole[..], &whole].concat(), ErrorKind::DiffCorrupt, &format!("{name}: twice"));
    }
}
