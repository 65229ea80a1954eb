//! A diff as faabric makes it (`src/util/snapshot.cpp`): an entry for each maximal run of bytes that differ.

/// A run with its bytes.
#[derive(Debug)]
pub(crate) struct OwnedRun {
    pub(crate) byte_offset: usize,
    pub(crate) bytes: Vec<u8>,
}

/// A run that borrows its bytes; as large as an entry of faabric, which has a type and an operation as well.
#[derive(Debug)]
pub(crate) struct BorrowedRun<'a> {
    pub(crate) byte_offset: usize,
    pub(crate) bytes: &'a [u8],
    pub(crate) _element: u32,
    pub(crate) _operation: u32,
}

/// Equal chunks of so many bytes are skipped.
const CHUNK: usize = 128;

/// Calls `found` with each maximal run of a page that differs, and its offset.
pub(crate) fn byte_runs<'a>(base: &[u8], updated: &'a [u8], mut found: impl FnMut(usize, &'a [u8])) {
    let mut began = None;
    for start in (0..updated.len()).step_by(CHUNK) {
        let end = updated.len().min(start + CHUNK);
        if base[start..end] == updated[start..end] {
            if let Some(from) = began.take() {
                found(from, &updated[from..start]);
            }
            continue;
        }
        for at in start..end {
            let differs = base[at] != updated[at];
            if differs && began.is_none() {
                began = Some(at);
            } else if !differs && let Some(from) = began.take() {
                found(from, &updated[from..at]);
            }
        }
    }
    if let Some(from) = began {
        found(from, &updated[from..]);
    }
}
