//! Snapshots into files: everything, or what differs from a file that is there already.

use std::fs::File;
use std::hash::Hasher;
use std::io::{self, Write};
use std::path::Path;
use std::sync::Arc;

use twox_hash::XxHash3_64;

use super::format::{BaseFile, Contents, NAME_BYTES_MAX, SavedRun};
use super::open::{self, CHAIN_MAX, OpenFile};
use super::{Snapshot, Version};
use crate::error::{Error, ErrorKind, Result};
use crate::image::Image;
use crate::page_set::{PageRun, PageSet};
use crate::sys;

/// Pages read or written between two looks at the cancel flag.
const CHUNK_PAGES: usize = 256;

/// The file that the new one rests on.
struct Beneath {
    file: BaseFile,
    depth: u32,
    /// The pages that differ from it.
    pages: PageSet,
}

pub(super) fn save(snapshot: &Snapshot, path: &Path, base: Option<&Path>, cancelled: &dyn Fn() -> bool) -> Result<()> {
    let version = snapshot.current();
    let beneath = match base {
        Some(base) => Some(beneath(snapshot, &version, path, base, cancelled)?),
        None => None,
    };
    let image = version.image();
    let mut runs = Vec::new();
    for (run, is_stored) in parts(image, beneath.as_ref().map(|beneath| &beneath.pages)) {
        let mut hasher = XxHash3_64::new();
        if is_stored {
            each_chunk(run, cancelled, |chunk| {
                image.stored_parts(chunk).for_each(|(_, bytes)| hasher.write(bytes));
                Ok(())
            })?;
        }
        runs.push(SavedRun { run, checksum: is_stored.then(|| hasher.finish()) });
    }
    let contents = Contents {
        byte_length: image.byte_length() as u64,
        max_byte_length: snapshot.max_byte_length(),
        id: snapshot.id(),
        version: version.number(),
        parent: snapshot.parent(),
        depth: beneath.as_ref().map_or(0, |beneath| beneath.depth),
        base: beneath.map(|beneath| beneath.file),
        runs,
    };
    let checksum = write(image, &contents, path, cancelled)?;
    snapshot.remember_file(version.number(), checksum);
    Ok(())
}

/// Writes a file beside `path`, and gives it that name once it is on the disk: its checksum.
fn write(image: &Image, contents: &Contents, path: &Path, cancelled: &dyn Fn() -> bool) -> Result<u64> {
    let failed = |syscall: &'static str, error: &io::Error| {
        Error::os(syscall, &format!("saving a snapshot to {}", path.display()), error)
    };
    let folder = open::folder_of(path);
    // tempfile wraps the error to add the path, which is in our message already, and hides its number.
    let mut refused = None;
    let created = tempfile::Builder::new()
        .prefix(".pagefold-")
        .make_in(folder, |path| sys::create_private_file(path).inspect_err(|error| refused = error.raw_os_error()));
    let mut file = created.map_err(|error| failed("open", &refused.map_or(error, io::Error::from_raw_os_error)))?;
    let (head, checksum) = contents.encode(sys::page_size());
    file.write_all(&head).map_err(|error| failed("write", &error))?;
    for saved in contents.runs.iter().filter(|saved| saved.checksum.is_some()) {
        each_chunk(saved.run, cancelled, |chunk| {
            let written = image.stored_parts(chunk).try_for_each(|(_, bytes)| file.write_all(bytes));
            written.map_err(|error| failed("write", &error))
        })?;
    }
    file.as_file().sync_all().map_err(|error| failed("fsync", &error))?;
    file.persist(path).map_err(|error| failed("rename", &error.error))?;
    // The new name should survive a crash too. A folder that may be written to but not opened is left to the kernel.
    if let Ok(folder) = File::open(folder) {
        folder.sync_all().map_err(|error| failed("fsync", &error))?;
    }
    Ok(checksum)
}

/// The runs to save, and whether each is stored: all that are, or what `pages` have, zeros included.
fn parts(image: &Image, pages: Option<&PageSet>) -> Vec<(PageRun, bool)> {
    let Some(pages) = pages else { return image.stored().runs().iter().map(|run| (*run, true)).collect() };
    let mut parts = Vec::new();
    for run in pages.runs() {
        let mut next = run.start;
        for stored in image.stored().within(*run) {
            parts.extend([(PageRun { start: next, end: stored.start }, false), (stored, true)]);
            next = stored.end;
        }
        parts.push((PageRun { start: next, end: run.end }, false));
    }
    parts.retain(|(run, _)| run.start < run.end);
    parts
}

/// Looks at the file that the new one is to rest on.
fn beneath(
    snapshot: &Snapshot,
    version: &Arc<Version>,
    path: &Path,
    base: &Path,
    cancelled: &dyn Fn() -> bool,
) -> Result<Beneath> {
    let name = beside(path, base)?;
    let file = OpenFile::open(base)?;
    let held = &file.contents;
    let ours = held.id == snapshot.id() && held.version <= version.number();
    if !ours && snapshot.parent().is_none_or(|parent| parent.id != held.id) {
        return Err(Error::new(
            ErrorKind::StaleBase,
            format!(
                "{} has version {} of snapshot {}; this is version {} of {}",
                base.display(),
                held.version,
                held.id,
                version.number(),
                snapshot.id()
            ),
        ));
    }
    let depth = held.depth + 1;
    if depth > CHAIN_MAX {
        let message = format!("{} rests on {} files; compact it first", base.display(), held.depth);
        return Err(Error::new(ErrorKind::OutOfRange, message));
    }
    let pages = match snapshot.pages_since_file(held.version, file.checksum, version) {
        Some(pages) if ours => pages,
        _ => differing(Snapshot::open(base, cancelled)?.current().image(), version.image()),
    };
    Ok(Beneath { file: BaseFile { id: held.id, version: held.version, name }, depth, pages })
}

/// The name of `base`, which must lie in the folder of `path`, and be another file.
fn beside(path: &Path, base: &Path) -> Result<String> {
    let folder = |path: &Path| {
        open::folder_of(path)
            .canonicalize()
            .map_err(|error| Error::os("realpath", &format!("looking for the folder of {}", path.display()), &error))
    };
    let name = base.file_name().and_then(|name| name.to_str()).filter(|name| name.len() <= NAME_BYTES_MAX);
    match name {
        Some(name) if folder(path)? == folder(base)? && path.file_name() != base.file_name() => Ok(name.to_owned()),
        _ => {
            let message = format!(
                "{} cannot rest on {}: that must be another file of the same folder, with a name in UTF-8",
                path.display(),
                base.display()
            );
            Err(Error::new(ErrorKind::OutOfRange, message))
        }
    }
}

/// The pages of the image that are not the same in another one. Reads both.
fn differing(base: &Image, image: &Image) -> PageSet {
    let differs = |page: &usize| base.page(*page) != image.page(*page);
    let known = base.stored().below(image.page_count()).union(image.stored());
    known.pages().filter(differs).map(|page| PageRun { start: page, end: page + 1 }).collect()
}

/// Splits a run into chunks and stops between two of them when cancelled.
pub(super) fn each_chunk(
    run: PageRun,
    cancelled: &dyn Fn() -> bool,
    mut each: impl FnMut(PageRun) -> Result<()>,
) -> Result<()> {
    for start in (run.start..run.end).step_by(CHUNK_PAGES) {
        if cancelled() {
            return Err(Error::new(ErrorKind::Aborted, "the operation was aborted"));
        }
        each(PageRun { start, end: run.end.min(start + CHUNK_PAGES) })?;
    }
    Ok(())
}
