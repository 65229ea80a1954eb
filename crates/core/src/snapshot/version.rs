//! One state of a snapshot.

use std::sync::Arc;

use crate::diff::Contents;
use crate::image::Image;
use crate::page_set::PageRun;
use crate::sys;

/// The contents of a snapshot at one moment of its life. Immutable; may be used from any thread.
#[derive(Debug)]
pub struct Version {
    number: u64,
    image: Arc<Image>,
}

impl Version {
    pub(super) const fn new(number: u64, image: Arc<Image>) -> Self {
        Self { number, image }
    }

    /// How many states the snapshot had before: from 0.
    #[must_use]
    pub const fn number(&self) -> u64 {
        self.number
    }

    /// The contents.
    #[must_use]
    pub const fn image(&self) -> &Arc<Image> {
        &self.image
    }
}

impl Contents for Version {
    fn byte_length(&self) -> u64 {
        self.image.byte_length() as u64
    }

    fn read(&self, byte_offset: u64, into: &mut [u8]) {
        let start = usize::try_from(byte_offset).unwrap_or(usize::MAX).min(self.image.byte_length());
        let (held, beyond) = into.split_at_mut((self.image.byte_length() - start).min(into.len()));
        beyond.fill(0);
        self.image.read(start, held).expect("the part that the image holds was cut to its length");
    }

    fn slice(&self, byte_offset: u64, byte_length: usize) -> Option<&[u8]> {
        let page = sys::page_size().bytes();
        let start = usize::try_from(byte_offset).ok()?;
        let end = start.checked_add(byte_length).filter(|end| *end <= self.image.byte_length())?;
        let pages = PageRun { start: start / page, end: end.div_ceil(page) };
        let (part, bytes) = self.image.stored_parts(pages).next().filter(|(part, _)| *part == pages)?;
        let first = part.start * page;
        Some(&bytes[start - first..end - first])
    }
}
