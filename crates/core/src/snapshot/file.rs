//! Snapshots in files.

use std::fs::File;
use std::hash::Hasher;
use std::io::{self, Read, Write};
use std::path::Path;

use twox_hash::XxHash3_64;

use super::Snapshot;
use super::format::{Contents, HEADER_BYTES, Header, RUN_BYTES, SavedRun, TableDecoder, corrupt, data_offset};
use crate::error::{Error, ErrorKind, Result};
use crate::image::{Image, ImageBuilder};
use crate::page_set::PageRun;
use crate::sys;

/// Pages read or written between two looks at the cancel flag.
const CHUNK_PAGES: usize = 256;
/// Entries of the run table read at a time.
const CHUNK_ENTRIES: usize = 1024;

pub(super) fn save(snapshot: &Snapshot, path: &Path, cancelled: &dyn Fn() -> bool) -> Result<()> {
    let image = snapshot.image();
    let failed = |syscall: &'static str, error: &io::Error| {
        Error::os(syscall, &format!("saving a snapshot to {}", path.display()), error)
    };
    let mut runs = Vec::with_capacity(image.stored().runs().len());
    for run in image.stored().runs() {
        let mut hasher = XxHash3_64::new();
        each_chunk(*run, cancelled, |chunk| {
            hasher.write(image.page_bytes(chunk));
            Ok(())
        })?;
        runs.push(SavedRun { run: *run, checksum: hasher.finish() });
    }
    let contents =
        Contents { byte_length: image.byte_length() as u64, id: snapshot.id(), version: snapshot.version(), runs };
    let folder = path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."));
    // tempfile wraps the error to add the path, which is in our message already, and hides its number.
    let mut refused = None;
    let created = tempfile::Builder::new()
        .prefix(".pagefold-")
        .make_in(folder, |path| sys::create_private_file(path).inspect_err(|error| refused = error.raw_os_error()));
    let mut file = created.map_err(|error| failed("open", &refused.map_or(error, io::Error::from_raw_os_error)))?;
    file.write_all(&contents.encode(sys::page_size())).map_err(|error| failed("write", &error))?;
    for saved in &contents.runs {
        each_chunk(saved.run, cancelled, |chunk| {
            file.write_all(image.page_bytes(chunk)).map_err(|error| failed("write", &error))
        })?;
    }
    file.as_file().sync_all().map_err(|error| failed("fsync", &error))?;
    file.persist(path).map_err(|error| failed("rename", &error.error))?;
    // The new name should survive a crash too. A folder that may be written to but not opened is left to the kernel.
    match File::open(folder) {
        Ok(folder) => folder.sync_all().map_err(|error| failed("fsync", &error)),
        Err(_) => Ok(()),
    }
}

pub(super) fn open(path: &Path, cancelled: &dyn Fn() -> bool) -> Result<Snapshot> {
    let failed = |syscall: &'static str, error: &io::Error| {
        Error::os(syscall, &format!("opening the snapshot {}", path.display()), error)
    };
    let information = std::fs::metadata(path).map_err(|error| failed("stat", &error))?;
    if !information.is_file() {
        return Err(Error::new(ErrorKind::NotASnapshot, format!("{} is not a regular file", path.display())));
    }
    let mut file = File::open(path).map_err(|error| failed("open", &error))?;
    let file_bytes = file.metadata().map_err(|error| failed("fstat", &error))?.len();
    if file_bytes < HEADER_BYTES as u64 {
        return Err(Error::new(ErrorKind::NotASnapshot, format!("{} is too short to be a snapshot", path.display())));
    }
    let mut read = |buffer: &mut [u8]| -> Result<()> {
        file.read_exact(buffer).map_err(|error| match error.kind() {
            io::ErrorKind::UnexpectedEof => corrupt("it became shorter while it was read"),
            _ => failed("read", &error),
        })
    };

    let page = sys::page_size();
    let mut header_bytes = [0; HEADER_BYTES];
    read(&mut header_bytes)?;
    let header = Header::decode(&header_bytes, file_bytes, page)?;
    let run_count = usize::try_from(header.run_count).map_err(|_| corrupt("it has too many runs"))?;
    let mut table = TableDecoder::new(header, &header_bytes, page);
    let mut entries = vec![0; CHUNK_ENTRIES * RUN_BYTES];
    for start in (0..run_count).step_by(CHUNK_ENTRIES) {
        let some = &mut entries[..CHUNK_ENTRIES.min(run_count - start) * RUN_BYTES];
        read(some)?;
        table.read(some)?;
    }
    let contents = table.finish(file_bytes, page)?;
    let mut padding = vec![0; data_offset(run_count, page) - HEADER_BYTES - run_count * RUN_BYTES];
    read(&mut padding)?;

    let image = read_pages(&contents, cancelled, &mut read)?;
    Ok(Snapshot { id: contents.id, version: contents.version, image: image.into() })
}

fn read_pages(
    contents: &Contents,
    cancelled: &dyn Fn() -> bool,
    read: &mut dyn FnMut(&mut [u8]) -> Result<()>,
) -> Result<Image> {
    let page = sys::page_size().bytes();
    let byte_length =
        usize::try_from(contents.byte_length).map_err(|_| corrupt("it is larger than the address space"))?;
    let mut builder = ImageBuilder::new(byte_length)?;
    let mut buffer = vec![0; CHUNK_PAGES * page];
    for saved in &contents.runs {
        let mut hasher = XxHash3_64::new();
        each_chunk(saved.run, cancelled, |chunk| {
            let bytes = &mut buffer[..chunk.page_count() * page];
            read(bytes)?;
            hasher.write(bytes);
            builder.write(chunk.start, bytes)
        })?;
        if hasher.finish() != saved.checksum {
            return Err(corrupt(&format!("its pages {}..{} were altered", saved.run.start, saved.run.end)));
        }
    }
    builder.finish()
}

/// Splits a run into chunks and stops between two of them when cancelled.
fn each_chunk(run: PageRun, cancelled: &dyn Fn() -> bool, mut each: impl FnMut(PageRun) -> Result<()>) -> Result<()> {
    for start in (run.start..run.end).step_by(CHUNK_PAGES) {
        if cancelled() {
            return Err(Error::new(ErrorKind::Aborted, "the operation was aborted"));
        }
        each(PageRun { start, end: run.end.min(start + CHUNK_PAGES) })?;
    }
    Ok(())
}
