//! Making an image, page by page.

use std::sync::Mutex;

use super::extents::{Extents, Layer};
use super::{Image, gaps, too_long};
use crate::error::{Error, ErrorKind, Result};
use crate::page_set::{PageRun, PageSet};
use crate::region;
use crate::sys::{self, MemoryFile};

/// An image under construction: pages are written, each once, then it is sealed.
#[derive(Debug)]
pub struct ImageBuilder {
    file: MemoryFile,
    byte_length: usize,
    page_count: usize,
    stored: PageSet,
}

impl ImageBuilder {
    /// Begins an image of `byte_length` zero bytes.
    ///
    /// # Errors
    /// `OutOfRange` when the length is 0 or cannot be mapped, `OutOfMemory` when there is no descriptor left.
    pub fn new(byte_length: usize) -> Result<Self> {
        let page = sys::page_size();
        let padded = page.ceil(byte_length).filter(|padded| *padded > 0 && isize::try_from(*padded).is_ok());
        let padded = padded.ok_or_else(|| too_long(byte_length))?;
        let file = MemoryFile::create("pagefold-image", padded)?;
        Ok(Self { file, byte_length, page_count: page.count(padded), stored: PageSet::new() })
    }

    /// Stores `bytes` from page `first_page` on, leaving out the pages that are all zero. Only the end of the image
    /// may be a page in part.
    ///
    /// # Errors
    /// `OutOfRange` when the bytes end after the image; `OutOfMemory` when they cannot be stored.
    pub fn write(&mut self, first_page: usize, bytes: &[u8]) -> Result<()> {
        let page = sys::page_size().bytes();
        let end = first_page.checked_mul(page).and_then(|offset| offset.checked_add(bytes.len()));
        if end.is_none_or(|end| end > self.page_count * page) {
            return Err(Error::new(ErrorKind::OutOfRange, "the bytes end after the image"));
        }
        let used = |index: usize| bytes.chunks(page).nth(index).is_some_and(|page| !region::is_zero(page));
        let pages = bytes.len().div_ceil(page);
        let mut next = 0;
        while next < pages {
            let start = next;
            while next < pages && used(next) {
                next += 1;
            }
            if start < next {
                let run = PageRun { start: first_page + start, end: first_page + next };
                self.file.write_at(&bytes[start * page..bytes.len().min(next * page)], run.start * page)?;
                self.stored.insert(run);
            }
            next += 1;
        }
        Ok(())
    }

    /// Seals the image.
    ///
    /// # Errors
    /// `OutOfMemory` when it cannot be mapped.
    pub fn finish(self) -> Result<Image> {
        self.file.seal()?;
        let gaps = gaps(&self.stored, self.page_count);
        let byte_length = self.page_count * sys::page_size().bytes();
        let layer = Layer::new(self.file, byte_length, self.stored.page_count())?;
        Ok(Image {
            extents: Extents::of_base(&layer, self.page_count),
            layers: vec![layer],
            borrowed: Vec::new(),
            borrowed_pages: 0,
            byte_length: self.byte_length,
            page_count: self.page_count,
            stored: self.stored,
            gaps,
            learned: Mutex::default(),
        })
    }
}
