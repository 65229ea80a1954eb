//! Making the image of a later version, at the cost of what changed.
//!
//! ```text
//!  version 7   |=============== base ===============|   |== layer 6 ==|  |= layer 7 =|
//!  version 8   |=============== base ===============|   |== layer 6 ==|  |= layer 7 =|  |layer 8|
//! ```
//!
//! The pages that changed make a layer of their own; everything else is shared with the earlier version. Small layers are
//! copied into the new one: a layer stays only if it is at least twice as long as what comes after it. So there are
//! never more than log2 of the pages of the image, and a page is copied so only when what it lies in grows by half: at
//! most log1.5 of that number of times.

use std::sync::{Arc, Mutex};

use super::extents::{Extents, Layer};
use super::{CHUNK_PAGES, Image, ImageBuilder, Learned, gaps, too_long};
use crate::error::{Error, ErrorKind, Result};
use crate::page_set::{PageRun, PageSet};
use crate::region;
use crate::sys::{self, MemoryFile};

/// More extents than this are made into one: each can be a mapping in each memory with the image, of which the kernel allows
/// 65,530 a process. 30 memories with such an image fit into half of that.
pub(super) const EXTENTS_MAX: usize = 1024;
/// The layers of an image may hold so many times the pages that it has: the rest was replaced since. With 2, making one
/// layer of them copies at most one page for each page written since the last time.
const HELD_MAX: usize = 2;
/// Of a small image so many more, 256 KiB: making it anew each time would cost more than that memory is worth.
const HELD_PAGES_MIN: usize = 64;

/// An image that is like another one copies none of its layers while there are no more than these: each is a descriptor.
const SHARED_LAYERS_MAX: usize = 8;

/// What a version has that the one before it has not.
struct Update<'a> {
    base: &'a Image,
    byte_length: usize,
    page_count: usize,
    /// Bytes and where they begin: ascending, never overlapping.
    pieces: &'a [(usize, &'a [u8])],
    /// How many layers stay, however short they are.
    layers_kept: usize,
}

/// How the pages of an update are laid out.
struct Plan {
    /// Those that get a new place, in the new layer.
    moved: PageSet,
    /// The layers that stay.
    layers: Vec<Arc<Layer>>,
    /// All pages in their old places but `moved`.
    kept: Extents,
}

impl Image {
    /// The same contents cut off or continued with zeros at `byte_length`, and then with `pieces` in place of what is there:
    /// bytes and where they begin, ascending, never overlapping, ending before `byte_length`. About 2 us a page that
    /// differs, however long the image is, apart from the times when everything is copied into one layer.
    ///
    /// # Errors
    /// `OutOfRange` when a piece ends after the image, or it cannot be mapped; `OutOfMemory` when there is no memory,
    /// descriptor or mapping left.
    pub(crate) fn successor(&self, byte_length: usize, pieces: &[(usize, &[u8])]) -> Result<Self> {
        self.updated(byte_length, pieces, 0)
    }

    /// As [`Image::successor`], for an image that others exist beside: what it can share it does not copy.
    pub(super) fn sibling(&self, byte_length: usize, pieces: &[(usize, &[u8])]) -> Result<Self> {
        self.updated(byte_length, pieces, SHARED_LAYERS_MAX)
    }

    fn updated(&self, byte_length: usize, pieces: &[(usize, &[u8])], layers_kept: usize) -> Result<Self> {
        let ascend = pieces.windows(2).all(|pair| pair[0].0 + pair[0].1.len() <= pair[1].0);
        let fits =
            |(start, bytes): &(usize, &[u8])| start.checked_add(bytes.len()).is_some_and(|end| end <= byte_length);
        if !ascend || !pieces.iter().all(fits) {
            return Err(Error::new(ErrorKind::OutOfRange, "the bytes of a new version overlap or end after it"));
        }
        let page = sys::page_size();
        let page_count = page.ceil(byte_length).filter(|padded| isize::try_from(*padded).is_ok());
        let page_count = page.count(page_count.ok_or_else(|| too_long(byte_length))?);
        let update = Update { base: self, byte_length, page_count, pieces, layers_kept };
        let (changed, used) = update.changed_pages();
        let stored = self.stored.below(page_count).difference(&changed).union(&used);
        match update.plan(&changed, &used, &stored) {
            Some(plan) => update.layered(plan, stored),
            None => update.flat(&stored),
        }
    }
}

impl Update<'_> {
    /// The pages whose contents differ from the base, and those of them that are not all zero.
    fn changed_pages(&self) -> (PageSet, PageSet) {
        let page = sys::page_size();
        let (mut changed, mut used) = (PageSet::new(), PageSet::new());
        let mut buffer = vec![0; page.bytes()];
        self.touched().pages().for_each(|index| {
            let run = PageRun { start: index, end: index + 1 };
            self.fill(run, &mut buffer);
            let zero = region::is_zero(&buffer);
            let same = self.base.page(index).map_or(zero, |bytes| bytes == buffer);
            if !same {
                changed.push(run);
                used.push(if zero { PageRun { start: index, end: index } } else { run });
            }
        });
        (changed, used)
    }

    /// The pages that can differ from the base, of those that both have.
    fn touched(&self) -> PageSet {
        let page = sys::page_size();
        let mut touched = PageSet::new();
        for (start, bytes) in self.pieces.iter().filter(|(_, bytes)| !bytes.is_empty()) {
            let next = touched.span().map_or(0, |span| span.end);
            let (start, end) = (page.index(*start), page.count(start + bytes.len()));
            touched.push(PageRun { start: start.max(next).min(end), end });
        }
        if self.byte_length < self.base.byte_length && !page.is_aligned(self.byte_length) {
            touched.insert(PageRun { start: self.page_count - 1, end: self.page_count });
        }
        touched
    }

    /// What `run` holds in the new version.
    fn fill(&self, run: PageRun, into: &mut [u8]) {
        let page = sys::page_size().bytes();
        into.fill(0);
        let (start, end) = (run.start * page, run.end * page);
        for (part, bytes) in self.base.stored_parts(run) {
            into[part.start * page - start..part.end * page - start].copy_from_slice(bytes);
        }
        into[self.byte_length.clamp(start, end) - start..].fill(0);
        let first = self.pieces.partition_point(|(at, bytes)| at + bytes.len() <= start);
        for (at, bytes) in self.pieces[first..].iter().take_while(|(at, _)| *at < end) {
            let (from, to) = (start.max(*at), end.min(at + bytes.len()));
            into[from - start..to - start].copy_from_slice(&bytes[from - at..to - at]);
        }
    }

    /// Which pages move; `None` when all of them should, into one layer.
    fn plan(&self, changed: &PageSet, used: &PageSet, stored: &PageSet) -> Option<Plan> {
        let mut kept = self.base.extents.without(changed, self.page_count);
        let mut moved = used.clone();
        let mut layers = self.base.layers.clone();
        let pages_in = |kept: &Extents, layer: &Arc<Layer>| -> PageSet {
            let runs = kept.iter().filter(|extent| Arc::ptr_eq(&extent.layer, layer)).map(|extent| extent.run);
            runs.flat_map(|run| stored.within(run)).collect()
        };
        while let Some(last) = layers.last() {
            let shown = pages_in(&kept, last);
            let is_long = moved.is_empty() || shown.page_count() >= 2 * moved.page_count();
            if shown.page_count() > 0 && (is_long || layers.len() <= self.layers_kept) {
                break;
            }
            moved = moved.union(&shown);
            let gone = layers.pop();
            kept = kept
                .iter()
                .filter(|extent| gone.as_ref().is_none_or(|gone| !Arc::ptr_eq(&extent.layer, gone)))
                .cloned()
                .collect();
        }
        layers.retain(|layer| kept.iter().any(|extent| Arc::ptr_eq(&extent.layer, layer)));
        let held: usize = layers.iter().map(|layer| layer.page_count).sum::<usize>() + moved.page_count();
        let fits = kept.len() + moved.runs().len() <= EXTENTS_MAX
            && held <= HELD_MAX * stored.page_count() + HELD_PAGES_MIN
            && !sys::mappings_are_scarce();
        (fits && !layers.is_empty()).then_some(Plan { moved, layers, kept })
    }

    fn layered(&self, plan: Plan, stored: PageSet) -> Result<Image> {
        let Plan { moved, mut layers, mut kept } = plan;
        if !moved.is_empty() {
            let byte_length = moved.page_count() * sys::page_size().bytes();
            let layer = Layer::new(self.write_layer(&moved)?, byte_length, moved.page_count())?;
            kept = kept.with(Extents::of_pages(&layer, &moved));
            layers.push(layer);
        }
        let image = Image {
            byte_length: self.byte_length,
            page_count: self.page_count,
            gaps: gaps(&stored, self.page_count),
            stored,
            layers,
            borrowed: Vec::new(),
            borrowed_pages: 0,
            extents: kept,
            learned: self.learned(),
        };
        Ok(image.borrowing(&self.base.borrowed))
    }

    /// A sealed file with these pages, one behind the other.
    fn write_layer(&self, pages: &PageSet) -> Result<MemoryFile> {
        let page = sys::page_size().bytes();
        let file = MemoryFile::create("pagefold-layer", pages.page_count() * page)?;
        let mut buffer = vec![0; CHUNK_PAGES.min(pages.page_count()) * page];
        let (mut filled, mut written) = (0, 0);
        for run in pages.runs() {
            let mut next = run.start;
            while next < run.end {
                let part = PageRun { start: next, end: run.end.min(next + (buffer.len() - filled) / page) };
                let end = filled + part.page_count() * page;
                self.fill(part, &mut buffer[filled..end]);
                (filled, next) = (end, part.end);
                if filled == buffer.len() {
                    file.write_at(&buffer, written)?;
                    (filled, written) = (0, written + filled);
                }
            }
        }
        file.write_at(&buffer[..filled], written)?;
        file.seal()?;
        Ok(file)
    }

    fn flat(&self, stored: &PageSet) -> Result<Image> {
        if self.byte_length == 0 {
            return Image::zeros(0);
        }
        let page = sys::page_size().bytes();
        let mut builder = ImageBuilder::new(self.byte_length)?;
        let mut buffer = vec![0; CHUNK_PAGES.min(stored.page_count()) * page];
        for run in stored.runs() {
            for start in (run.start..run.end).step_by(CHUNK_PAGES) {
                let part = PageRun { start, end: run.end.min(start + CHUNK_PAGES) };
                let bytes = &mut buffer[..part.page_count() * page];
                self.fill(part, bytes);
                builder.write(start, bytes)?;
            }
        }
        Ok(Image { learned: self.learned(), ..builder.finish()? })
    }

    /// Memories keep writing to the same pages. Their contents may have changed, so that no second copy of them is taken over.
    fn learned(&self) -> Mutex<Learned> {
        let known = self.base.lock_learned();
        Mutex::new(Learned { pages: known.pages.below(self.page_count), source: None, ..*known })
    }
}
