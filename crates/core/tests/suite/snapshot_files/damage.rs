//! Files that are not, or no longer, what was saved.

use pagefold_core::{Error, ErrorKind};

use super::layout::{
    BYTE_LENGTH_OFFSET, FIRST_HEADER_BYTES, FORMAT_VERSION_OFFSET, HEADER_BYTES, PAGE_SIZE_OFFSET, RUN_BYTES,
    RUN_COUNT_OFFSET, Run, checksum, file, put, seal,
};
use super::{folder, open, save, snapshot_of};
use crate::child;
use crate::guest::{noise, page_bytes};

/// Pages 0..2 and 3..5 of a memory of five and a half pages.
fn sound_file() -> Vec<u8> {
    let page = page_bytes();
    let mut bytes = vec![0; 5 * page + page / 2];
    bytes[..2 * page].copy_from_slice(&noise(2 * page, 1));
    bytes[3 * page..5 * page].copy_from_slice(&noise(2 * page, 2));
    let folder = folder();
    let path = folder.path().join("snapshot");
    save(&snapshot_of(&bytes), &path).expect("it can be saved");
    std::fs::read(&path).expect("it is there")
}

fn open_bytes(bytes: &[u8]) -> Result<(), Error> {
    let folder = folder();
    let path = folder.path().join("snapshot");
    std::fs::write(&path, bytes).expect("it can be written");
    open(&path).map(drop)
}

fn refused(bytes: &[u8], allowed: &[ErrorKind], what: &str) {
    let error = open_bytes(bytes).expect_err(what);
    assert!(allowed.contains(&error.kind()), "{what}: {:?}: {error}", error.kind());
    assert!(error.kind() != ErrorKind::System, "{what}: a bad file is not a failed call: {error}");
}

#[test]
fn a_file_cut_short_is_refused_at_every_length() {
    let page = page_bytes();
    let whole = sound_file();
    open_bytes(&whole).expect("the whole file is sound");
    for length in 0..FIRST_HEADER_BYTES {
        refused(&whole[..length], &[ErrorKind::NotASnapshot], &format!("{length} bytes"));
    }
    let table_end = HEADER_BYTES + 2 * RUN_BYTES;
    let in_pages = [page - 1, page, page + 1, 2 * page, 3 * page - 1, 3 * page, whole.len() - page, whole.len() - 1];
    for length in (FIRST_HEADER_BYTES..=table_end + 1).chain(in_pages) {
        refused(&whole[..length], &[ErrorKind::SnapshotCorrupt], &format!("{length} bytes"));
    }
    for more in [1, page] {
        let longer = [&whole[..], &vec![0; more]].concat();
        refused(&longer, &[ErrorKind::SnapshotCorrupt], &format!("{more} bytes too many"));
    }
}

#[test]
fn every_altered_byte_of_the_header_and_the_table_is_noticed() {
    let whole = sound_file();
    for offset in 0..HEADER_BYTES + 2 * RUN_BYTES {
        for flip in [0x01, 0x80, 0xFF] {
            let mut altered = whole.clone();
            altered[offset] ^= flip;
            let allowed: &[ErrorKind] = match offset {
                0..FORMAT_VERSION_OFFSET => &[ErrorKind::NotASnapshot],
                FORMAT_VERSION_OFFSET..BYTE_LENGTH_OFFSET => &[ErrorKind::Unsupported],
                _ => &[ErrorKind::SnapshotCorrupt],
            };
            refused(&altered, allowed, &format!("byte {offset} ^ {flip:#x}"));
        }
    }
}

#[test]
fn every_altered_byte_of_the_pages_is_noticed() {
    let whole = sound_file();
    let page = page_bytes();
    let boundaries = (1..5).flat_map(|index| [index * page, (index + 1) * page - 1]);
    for offset in boundaries.chain((page..whole.len()).step_by(509)) {
        let mut altered = whole.clone();
        altered[offset] ^= 0x10;
        refused(&altered, &[ErrorKind::SnapshotCorrupt], &format!("byte {offset}"));
    }
}

#[test]
fn other_format_versions_and_page_sizes_are_refused() {
    for (offset, number) in [
        (FORMAT_VERSION_OFFSET, 0_u32),
        (FORMAT_VERSION_OFFSET, 3),
        (FORMAT_VERSION_OFFSET, u32::MAX),
        (PAGE_SIZE_OFFSET, 0),
        (PAGE_SIZE_OFFSET, 1),
        (PAGE_SIZE_OFFSET, 16_384),
        (PAGE_SIZE_OFFSET, u32::MAX),
    ] {
        let mut altered = sound_file();
        altered[offset..offset + 4].copy_from_slice(&number.to_le_bytes());
        seal(&mut altered);
        refused(&altered, &[ErrorKind::Unsupported], &format!("{number} at {offset}"));
    }
}

/// Run tables with right checksums that make no sense.
#[test]
fn senseless_run_tables_are_refused() {
    let page = page_bytes() as u64;
    let pages = noise(4 * page_bytes(), 3);
    let run = |first: u64, count: u64| -> Run {
        let bytes = usize::try_from(count.min(4) * page).expect("at most four pages");
        (first, count, checksum(&pages[..bytes]))
    };
    let tables: &[(&str, Vec<Run>)] = &[
        ("an empty run", vec![run(0, 0)]),
        ("an empty run after another", vec![run(0, 1), run(1, 0)]),
        ("past the end", vec![run(7, 2)]),
        ("far past the end", vec![run(1 << 40, 1)]),
        ("begins at the end", vec![run(8, 1)]),
        ("a sum that wraps", vec![run(u64::MAX, 2)]),
        ("a sum that wraps to something small", vec![run(u64::MAX - 1, 4)]),
        ("as many pages as there are numbers", vec![run(0, u64::MAX)]),
        ("descending", vec![run(4, 1), run(2, 1)]),
        ("overlapping", vec![run(2, 3), run(4, 1)]),
        ("twice the same", vec![run(2, 1), run(2, 1)]),
        ("more pages than the file has", vec![run(0, 5)]),
        ("fewer pages than the file has", vec![run(0, 3)]),
    ];
    for (what, table) in tables {
        refused(&file(8 * page, table, &pages), &[ErrorKind::SnapshotCorrupt], what);
    }
    open_bytes(&file(8 * page, &[run(0, 4)], &pages)).expect("the same file with a sound table opens");
}

#[test]
fn huge_claims_are_refused_without_the_memory_for_them() {
    let page = page_bytes() as u64;
    let pages = noise(page_bytes(), 3);
    let one = (0, 1, checksum(&pages));
    let too_large = [ErrorKind::SnapshotCorrupt, ErrorKind::OutOfMemory, ErrorKind::OutOfRange];
    for byte_length in [u64::MAX, u64::MAX - page, u64::MAX / 2 + 1, 1 << 63, (1 << 63) - page] {
        refused(&file(byte_length, &[one], &pages), &too_large, &format!("a memory of {byte_length} bytes"));
        refused(&file(byte_length, &[], &[]), &too_large, &format!("an empty memory of {byte_length} bytes"));
        let all = (0, byte_length.div_ceil(page), one.2);
        refused(&file(byte_length, &[all], &[]), &too_large, &format!("{byte_length} bytes, all of them used"));
        refused(&file(byte_length, &[all], &pages), &too_large, &format!("{byte_length} bytes, nearly all missing"));
    }
    refused(&file(0, &[], &[]), &[ErrorKind::SnapshotCorrupt], "a memory of no bytes");
    for run_count in [2, 1 << 20, 1 << 32, u64::MAX / RUN_BYTES as u64, u64::MAX / RUN_BYTES as u64 + 1, u64::MAX] {
        let mut bytes = file(page, &[one], &pages);
        put(&mut bytes, RUN_COUNT_OFFSET, run_count);
        seal(&mut bytes);
        refused(&bytes, &[ErrorKind::SnapshotCorrupt], &format!("{run_count} runs"));
    }
}

/// A sparse file costs its author nothing; it must not cost the reader a table of its claimed length.
#[test]
fn a_sparse_file_with_a_huge_table_is_refused() {
    child::run(child::name!(a_sparse_file_with_a_huge_table_is_refused), || {
        let table_bytes: u64 = 1 << 40;
        let mut header = file(u64::MAX / 4, &[], &[]);
        put(&mut header, RUN_COUNT_OFFSET, table_bytes / RUN_BYTES as u64);
        let folder = folder();
        let path = folder.path().join("snapshot");
        std::fs::write(&path, &header).expect("it can be written");
        let sparse = std::fs::File::options().write(true).open(&path).expect("it is ours");
        if let Err(error) = sparse.set_len(table_bytes + 2 * page_bytes() as u64) {
            eprintln!("skipped: this file system has no sparse files of a terabyte: {error}");
            return;
        }
        let kind = open(&path).expect_err("refused").kind();
        assert!([ErrorKind::SnapshotCorrupt, ErrorKind::OutOfMemory].contains(&kind), "{kind:?}");
    });
}

#[test]
fn files_of_other_kinds_are_not_snapshots() {
    for bytes in [&b""[..], b"\0", b"\0asm\x01\0\0\0", &[0; 4096], &[b'P'; 5000], b"PGFOLDSN"] {
        refused(bytes, &[ErrorKind::NotASnapshot], &format!("{} bytes", bytes.len()));
    }
}
