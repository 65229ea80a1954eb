//! Immutable contents that many memories can share, page by page.

mod alike;
mod builder;
mod contents;
mod extents;
mod hot_source;
mod successor;

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, ErrorKind, Result};
use crate::page_set::{PageRun, PageSet};
use crate::region::Window;
use crate::sys;

use extents::{Extents, Layer};

pub use builder::ImageBuilder;
pub use extents::stored_by_images;
pub(crate) use hot_source::HotSource;

/// How much is copied at a time while an image is made.
const CHUNK_PAGES: usize = 64;

/// What an image has where it stores nothing, in pieces of at most this length.
static ZEROS: [u8; 1 << 16] = [0; 1 << 16];

/// Sealed memory files with the contents of a memory at one moment: one, or one and layers of what changed since.
///
/// Mapped copy-on-write over a memory, its pages are shared by every memory that has not written to them. Pages of
/// zeros are not stored: they are holes in the file, or in none. May be used from any thread.
#[derive(Debug)]
pub struct Image {
    /// Oldest first.
    layers: Vec<Arc<Layer>>,
    /// Those of them that the image of another snapshot had before, whose cost they are.
    borrowed: Vec<Arc<Layer>>,
    /// How many of the stored pages lie there.
    borrowed_pages: usize,
    extents: Extents,
    byte_length: usize,
    page_count: usize,
    stored: PageSet,
    /// Long runs without a stored page, see [`gaps`].
    gaps: Vec<PageRun>,
    /// What memories with this image keep writing to.
    learned: Mutex<Learned>,
}

/// Pages that memories with one image keep writing to, and their contents once more, close together.
#[derive(Debug, Default)]
struct Learned {
    pages: PageSet,
    source: Option<Arc<HotSource>>,
    /// Sources made so far, and resets since the last one.
    sources: usize,
    resets: usize,
}

/// Making a source costs what some five resets gain by it. One that is made again and again, for a guest that is never
/// the same for long, has to have been of use for longer each time.
const RESETS_PER_SOURCE: usize = 64;

impl Image {
    /// Copies the contents of a window, about 0.3 ms a MiB. Pages outside `maybe_used` are taken for zeros unread.
    ///
    /// # Errors
    /// `OutOfMemory` when there is no room for the copy.
    pub fn capture(window: &Window<'_>, maybe_used: Option<&PageSet>) -> Result<Self> {
        let page = sys::page_size().bytes();
        let mut buffer = vec![0; CHUNK_PAGES * page];
        let mut builder = ImageBuilder::new(window.byte_length())?;
        let everything = PageSet::all(window.page_count());
        for run in maybe_used.unwrap_or(&everything).runs() {
            for first in (run.start..run.end).step_by(CHUNK_PAGES) {
                let offset = first * page;
                let end = (run.end.min(first + CHUNK_PAGES) * page).min(window.byte_length());
                let part = &mut buffer[..end - offset];
                window.read(offset, part)?;
                builder.write(first, part)?;
            }
        }
        builder.finish()
    }

    /// An image of `byte_length` zeros, which may be none.
    ///
    /// # Errors
    /// `OutOfRange` when so many cannot be mapped.
    pub fn zeros(byte_length: usize) -> Result<Self> {
        let page = sys::page_size();
        let padded = page.ceil(byte_length).filter(|padded| isize::try_from(*padded).is_ok());
        let page_count = page.count(padded.ok_or_else(|| too_long(byte_length))?);
        Ok(Self {
            layers: Vec::new(),
            borrowed: Vec::new(),
            borrowed_pages: 0,
            extents: Extents::default(),
            byte_length,
            page_count,
            stored: PageSet::new(),
            gaps: gaps(&PageSet::new(), page_count),
            learned: Mutex::default(),
        })
    }

    /// An image of the given bytes.
    ///
    /// # Errors
    /// `OutOfRange` when there are none, `OutOfMemory` when there is no room for the copy.
    pub fn from_bytes(bytes: &[u8]) -> Result<Self> {
        let mut builder = ImageBuilder::new(bytes.len())?;
        builder.write(0, bytes)?;
        builder.finish()
    }

    /// Length in bytes; the last page is padded with zeros.
    #[must_use]
    pub const fn byte_length(&self) -> usize {
        self.byte_length
    }

    /// Length in pages.
    #[must_use]
    pub const fn page_count(&self) -> usize {
        self.page_count
    }

    /// The pages that are not all zero: the ones that take memory.
    #[must_use]
    pub const fn stored(&self) -> &PageSet {
        &self.stored
    }

    /// Long runs of zeros, which are mapped as anonymous memory.
    pub(crate) fn gaps(&self) -> &[PageRun] {
        &self.gaps
    }

    /// The pages that another image has elsewhere than this one: mapping those turns a memory with one image into a memory with
    /// the other. Pages with the same contents may be among them.
    pub(crate) fn differing(&self, other: &Self) -> PageSet {
        self.extents.differing(&other.extents)
    }

    /// Takes in which pages a memory with this image keeps writing to. The union of what all of them write to, unless that
    /// grows to twice of what this one does: then guests have changed their ways. `resets` is how many there were since the
    /// memory told last.
    pub(crate) fn learn(&self, hot: &PageSet, resets: usize) {
        if hot.is_empty() {
            return;
        }
        let mut learned = self.lock_learned();
        let union = learned.pages.union(hot);
        learned.pages = if union.page_count() > 2 * hot.page_count() { hot.clone() } else { union };
        learned.resets += resets;
        // Of images that are like each other there are many, and 2 MiB for each are more than their memories have of their own.
        if self.borrowed.is_empty()
            && learned.resets >= RESETS_PER_SOURCE * (1 + learned.sources)
            && HotSource::is_worthwhile(learned.source.as_deref(), &learned.pages, self)
        {
            let source = HotSource::new(&learned.pages, self);
            learned.source = source.map(Arc::new);
            learned.sources += 1;
            learned.resets = 0;
        }
    }

    /// The pages that memories with this image are known to write to in every cycle.
    #[must_use]
    pub fn learned(&self) -> PageSet {
        self.lock_learned().pages.clone()
    }

    /// A second copy of what is copied back most, if there is one.
    pub(crate) fn hot_source(&self) -> Option<Arc<HotSource>> {
        self.lock_learned().source.clone()
    }

    fn lock_learned(&self) -> MutexGuard<'_, Learned> {
        // Each field is replaced as a whole, so a panic elsewhere cannot have left one half changed.
        self.learned.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A copy of the contents.
    #[must_use]
    pub fn to_vec(&self) -> Vec<u8> {
        let mut bytes = Vec::with_capacity(self.page_count * sys::page_size().bytes());
        self.parts(PageRun { start: 0, end: self.page_count }).for_each(|(_, part)| bytes.extend_from_slice(part));
        bytes.truncate(self.byte_length);
        bytes
    }

    /// Bytes of the pages in [`Image::stored`] that it does not share with the image that it was captured like: what it
    /// costs besides that one.
    #[must_use]
    pub fn stored_byte_length(&self) -> usize {
        (self.stored.page_count() - self.borrowed_pages) * sys::page_size().bytes()
    }

    /// The image with those of its layers named that are among `lenders`, and not its own.
    fn borrowing(self, lenders: &[Arc<Layer>]) -> Self {
        let is_lent = |layer: &Arc<Layer>| lenders.iter().any(|lender| Arc::ptr_eq(lender, layer));
        let lent = self.extents.iter().filter(|extent| is_lent(&extent.layer));
        let borrowed_pages = lent.flat_map(|extent| self.stored.within(extent.run)).map(PageRun::page_count).sum();
        let borrowed = self.layers.iter().filter(|layer| is_lent(layer)).cloned().collect();
        Self { borrowed, borrowed_pages, ..self }
    }

    /// Copies a part of the contents. Pages of zeros are not touched.
    ///
    /// # Errors
    /// `OutOfRange` when the part ends after the image.
    pub fn read(&self, byte_offset: usize, into: &mut [u8]) -> Result<()> {
        let end = byte_offset.checked_add(into.len()).filter(|end| *end <= self.byte_length);
        let end = end.ok_or_else(|| {
            Error::new(
                ErrorKind::OutOfRange,
                format!("{} bytes at offset {byte_offset} of a snapshot of {} bytes", into.len(), self.byte_length),
            )
        })?;
        into.fill(0);
        let page = sys::page_size().bytes();
        let touched = PageRun { start: byte_offset / page, end: end.div_ceil(page) };
        for (part, bytes) in self.stored_parts(touched) {
            let start = part.start * page;
            let (from, to) = (byte_offset.max(start), end.min(part.end * page));
            into[from - byte_offset..to - byte_offset].copy_from_slice(&bytes[from - start..to - start]);
        }
        Ok(())
    }

    /// The contents of a page, padding included; `None` when it is all zero and not stored.
    #[must_use]
    pub fn page(&self, index: usize) -> Option<&[u8]> {
        self.stored_parts(PageRun { start: index, end: index + 1 }).next().map(|(_, bytes)| bytes)
    }

    /// The stored pages of `run` with their contents, padding included: ascending, in pieces that lie together. Nothing is
    /// copied. O(log of what the image consists of) for each run of stored pages.
    pub fn stored_parts(&self, run: PageRun) -> impl Iterator<Item = (PageRun, &[u8])> {
        let extents = self.stored.within(run).flat_map(|stored| self.extents.within(stored));
        extents.map(|(part, layer, file_page)| (part, layer.pages(file_page, part.page_count())))
    }

    /// As [`Image::stored_parts`], and zeros for the pages of `run` that are not stored, those past the end among them.
    pub fn parts(&self, run: PageRun) -> impl Iterator<Item = (PageRun, &[u8])> {
        let page = sys::page_size().bytes();
        let mut next = run.start;
        let mut stored = self.stored_parts(run).peekable();
        std::iter::from_fn(move || {
            let end = stored.peek().map_or(run.end, |(part, _)| part.start);
            let (part, bytes) = if next < end {
                let end = end.min(next + ZEROS.len() / page);
                (PageRun { start: next, end }, &ZEROS[..(end - next) * page])
            } else {
                stored.next()?
            };
            next = part.end;
            Some((part, bytes))
        })
    }

    /// Maps the image copy-on-write over the beginning of a window and reads its stored pages ahead.
    ///
    /// # Errors
    /// `SnapshotTooLarge` when the window is shorter, `OutOfMemory` when the process has too many mappings. The
    /// window is then as it was.
    pub fn map_over(self: &Arc<Self>, window: &mut Window<'_>) -> Result<()> {
        self.ensure_fits(window)?;
        if self.extents.len() > 1 {
            // One mapping replaces all others in one step or not at all; several could fail halfway.
            sys::ensure_mappings_left(self.extents.len().max(sys::MANY_MAPPINGS))?;
        }
        self.map_part(window, PageRun { start: 0, end: self.page_count })
    }

    /// Fails with `SnapshotTooLarge` when the window is shorter than the image.
    pub(crate) fn ensure_fits(&self, window: &Window<'_>) -> Result<()> {
        if self.byte_length > window.byte_length() {
            return Err(Error::new(
                ErrorKind::SnapshotTooLarge,
                format!(
                    "a snapshot of {} bytes does not fit into a memory of {} bytes; grow it first",
                    self.byte_length,
                    window.byte_length()
                ),
            ));
        }
        Ok(())
    }

    /// Maps what the baseline has at `run`: the image copy-on-write, zeros in its gaps and past its end.
    ///
    /// # Errors
    /// `OutOfRange` when the window lacks a page of `run`; `OutOfMemory` when the process has too many mappings: of several
    /// parts the first ones may be there then.
    pub(crate) fn map_part(&self, window: &mut Window<'_>, run: PageRun) -> Result<()> {
        let page = sys::page_size().bytes();
        let within = |part: &PageRun, whole: PageRun| PageRun {
            start: part.start.clamp(whole.start, whole.end),
            end: part.end.clamp(whole.start, whole.end),
        };
        let backed = within(&PageRun { start: 0, end: self.page_count }, run);
        let mut next = run.start;
        for (part, layer, file_page) in self.extents.within(backed) {
            sys::map_zero_over(&mut window.pages_mut().part_mut(PageRun { start: next, end: part.start })?)?;
            sys::map_file_over(&mut window.pages_mut().part_mut(part)?, &layer.file, file_page * page)?;
            next = part.end;
        }
        sys::map_zero_over(&mut window.pages_mut().part_mut(PageRun { start: next, end: run.end })?)?;
        for gap in self.gaps.iter().map(|gap| within(gap, backed)) {
            // Only to save memory: the file's holes read as zeros too, but each page touched there would be allocated
            // twice, once in the file and once as the private copy.
            let _ = sys::map_zero_over(&mut window.pages_mut().part_mut(gap)?);
        }
        for stored in self.stored.within(backed) {
            sys::populate_read(window.pages().part(stored)?);
        }
        Ok(())
    }
}

fn too_long(byte_length: usize) -> Error {
    Error::new(ErrorKind::OutOfRange, format!("an image cannot have {byte_length} bytes"))
}

/// At least so many pages, and at least this share of the image, make a gap: each costs two of the process's mappings.
const GAP_PAGES_MIN: usize = 256;
const GAPS_MAX: usize = 128;

/// The runs of zeros that are worth a mapping of their own.
fn gaps(stored: &PageSet, page_count: usize) -> Vec<PageRun> {
    let least = GAP_PAGES_MIN.max(page_count / GAPS_MAX);
    let ends = std::iter::once(0).chain(stored.runs().iter().map(|run| run.end));
    let starts = stored.runs().iter().map(|run| run.start).chain([page_count]);
    ends.zip(starts).map(|(start, end)| PageRun { start, end }).filter(|gap| gap.page_count() >= least).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_long_runs_of_zeros_are_gaps() {
        let run = |start, end| PageRun { start, end };
        let stored = PageSet::from_iter([run(0, 10), run(300, 301), run(302, 400)]);
        assert_eq!(gaps(&stored, 1000), [run(10, 300), run(400, 1000)]);
        assert_eq!(gaps(&PageSet::new(), 256), [run(0, 256)]);
        assert_eq!(gaps(&PageSet::all(5000), 5000), []);
        let sparse = PageSet::from_iter((0..1000).map(|index| run(index * 1000, index * 1000 + 1)));
        assert!(gaps(&sparse, 1_000_000).len() <= GAPS_MAX);
    }
}
