//! Snapshots out of files: one, or one with all that it rests on.

use std::collections::BTreeSet;
use std::fs::File;
use std::hash::Hasher;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use twox_hash::XxHash3_64;

use super::decode::{Decoder, Header};
use super::format::{Contents, HEADER_BYTES, RUN_BYTES, corrupt};
use super::save::each_chunk;
use super::{Snapshot, Version};
use crate::error::{Error, ErrorKind, Result};
use crate::image::{Image, ImageBuilder};
use crate::page_set::PageSet;
use crate::rules::{MergeRules, Operation};
use crate::sys;

/// A file rests on no more files than this, one beneath the other: each of them is read when it is opened.
pub(super) const CHAIN_MAX: u32 = 64;
/// Entries of the run table read at a time.
const CHUNK_ENTRIES: usize = 1024;

/// A file whose pages are to be read next.
pub(super) struct OpenFile {
    path: PathBuf,
    file: File,
    pub(super) contents: Contents,
    /// Of its header and run table.
    pub(super) checksum: u64,
}

pub(super) fn open(path: &Path, cancelled: &dyn Fn() -> bool) -> Result<Snapshot> {
    let mut file = OpenFile::open(path)?;
    let Contents { byte_length, max_byte_length, id, version, parent, .. } = file.contents;
    let checksum = file.checksum;
    let mut pages = Pages::new(byte_length)?;
    let mut seen = BTreeSet::from([file.name()]);
    loop {
        pages.read(&mut file, cancelled)?;
        let Some(base) = &file.contents.base else { break };
        if !seen.insert(base.name.clone()) || seen.len() > CHAIN_MAX as usize + 1 {
            return Err(corrupt("the files that it rests on lead in a circle, or are too many"));
        }
        let beneath = OpenFile::open(&folder_of(path).join(&base.name))?;
        if (beneath.contents.id, beneath.contents.version) != (base.id, base.version) {
            return Err(corrupt(&format!(
                "{} has another snapshot or version than it rests on",
                beneath.path.display()
            )));
        }
        file = beneath;
    }
    let rules = MergeRules::new(max_byte_length.max(1), Operation::Overwrite)?;
    let snapshot = Snapshot::of(id, parent, Version::new(version, Arc::new(pages.finish()?)), rules);
    snapshot.remember_file(version, checksum);
    Ok(snapshot)
}

impl OpenFile {
    /// Reads everything but the pages, and checks it.
    pub(super) fn open(path: &Path) -> Result<Self> {
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
            let message = format!("{} is too short to be a snapshot", path.display());
            return Err(Error::new(ErrorKind::NotASnapshot, message));
        }
        let mut read = |buffer: &mut [u8]| read_exact(&mut file, path, buffer);
        let page = sys::page_size();
        let mut header_bytes = [0; HEADER_BYTES];
        read(&mut header_bytes)?;
        let header = Header::decode(&header_bytes, file_bytes, page)?;
        let mut extension = vec![0; header.extension_bytes()];
        read(&mut extension)?;
        let mut decoder = Decoder::new(header, &header_bytes, &extension, page)?;
        let mut name = vec![0; decoder.name_bytes()];
        read(&mut name)?;
        decoder.read_name(&name)?;
        let mut entries = vec![0; CHUNK_ENTRIES.min(header.run_count()) * RUN_BYTES];
        for start in (0..header.run_count()).step_by(CHUNK_ENTRIES) {
            let some = &mut entries[..CHUNK_ENTRIES.min(header.run_count() - start) * RUN_BYTES];
            read(some)?;
            decoder.read_runs(some)?;
        }
        let (contents, padding) = decoder.finish(file_bytes, page)?;
        read(&mut vec![0; padding])?;
        Ok(Self { path: path.to_owned(), file, contents, checksum: header.checksum() })
    }

    fn name(&self) -> String {
        self.path.file_name().map(|name| name.to_string_lossy().into_owned()).unwrap_or_default()
    }
}

/// The pages of an image, collected from the newest file to the oldest.
struct Pages {
    /// `None`: there are none.
    builder: Option<ImageBuilder>,
    /// Pages that a newer file has.
    taken: PageSet,
    /// Bytes from here on were cut off by this file or a newer one.
    end: usize,
}

impl Pages {
    fn new(byte_length: u64) -> Result<Self> {
        let too_large = || corrupt("it is larger than the address space");
        let byte_length = usize::try_from(byte_length).map_err(|_| too_large())?;
        let builder = if byte_length == 0 { None } else { Some(ImageBuilder::new(byte_length)?) };
        Ok(Self { builder, taken: PageSet::new(), end: byte_length })
    }

    /// Reads and checks all pages of a file, and takes those that no newer file has.
    fn read(&mut self, file: &mut OpenFile, cancelled: &dyn Fn() -> bool) -> Result<()> {
        let page = sys::page_size();
        let byte_length = usize::try_from(file.contents.byte_length).unwrap_or(usize::MAX);
        self.end = self.end.min(byte_length);
        let mut buffer = Vec::new();
        for saved in file.contents.runs.iter().filter(|saved| saved.checksum.is_some()) {
            let mut hasher = XxHash3_64::new();
            each_chunk(saved.run, cancelled, |chunk| {
                buffer.resize(chunk.page_count() * page.bytes(), 0);
                read_exact(&mut file.file, &file.path, &mut buffer)?;
                hasher.write(&buffer);
                let wanted = PageSet::from_iter([chunk]).below(page.count(self.end)).difference(&self.taken);
                for part in wanted.runs() {
                    let start = (part.start - chunk.start) * page.bytes();
                    // What is not written stays zero, whatever the file has there.
                    let end = (part.end * page.bytes()).min(self.end) - chunk.start * page.bytes();
                    if let Some(builder) = &mut self.builder {
                        builder.write(part.start, &buffer[start..end])?;
                    }
                }
                Ok(())
            })?;
            if Some(hasher.finish()) != saved.checksum {
                return Err(corrupt(&format!("its pages {}..{} were altered", saved.run.start, saved.run.end)));
            }
        }
        self.taken = self.taken.union(&file.contents.runs.iter().map(|saved| saved.run).collect());
        Ok(())
    }

    fn finish(self) -> Result<Image> {
        self.builder.map_or_else(|| Image::zeros(0), ImageBuilder::finish)
    }
}

fn read_exact(file: &mut File, path: &Path, buffer: &mut [u8]) -> Result<()> {
    file.read_exact(buffer).map_err(|error| match error.kind() {
        io::ErrorKind::UnexpectedEof => corrupt("it is shorter than it says"),
        _ => Error::os("read", &format!("opening the snapshot {}", path.display()), &error),
    })
}

pub(super) fn folder_of(path: &Path) -> &Path {
    path.parent().filter(|parent| !parent.as_os_str().is_empty()).unwrap_or(Path::new("."))
}
