//! What is copied back in every reset, close together.
//!
//! The hot pages of an image are scattered over it, so that reading each one costs a walk of the page tables, twice as long
//! in a virtual machine. A second copy in a few huge pages costs one walk for 512 of them.
//!
//! ```text
//!  image    |..A....BC.......D..E.........|   pages of 4 KiB all over
//!  source   |ABCDE|                           huge pages, shared by all memories of the image
//! ```

use super::Image;
use crate::page_set::{PageRun, PageSet};
use crate::sys::{self, HugeBuffer};

/// Fewer pages stay in the address caches of a processor by themselves.
const PAGES_MIN: usize = 64;
/// More would cost more memory than it is worth: 16 MiB.
const PAGES_MAX: usize = 4096;
/// So does a small image: 16 MiB.
const IMAGE_PAGES_MIN: usize = 4096;

/// A copy of some pages of one image. Never changes. May be used from any thread.
#[derive(Debug)]
pub(crate) struct HotSource {
    pages: PageSet,
    bytes: HugeBuffer,
}

impl HotSource {
    /// Whether a source with `pages` should take the place of `present`.
    pub(super) fn is_worthwhile(present: Option<&Self>, pages: &PageSet, image: &Image) -> bool {
        let count = pages.page_count();
        if !(PAGES_MIN..=PAGES_MAX).contains(&count) || image.page_count() < IMAGE_PAGES_MIN {
            return false;
        }
        present.is_none_or(|present| pages.difference(&present.pages).page_count() > count / 8)
    }

    /// Copies the stored ones among `pages`; `None` when there is no memory for it.
    pub(super) fn new(pages: &PageSet, image: &Image) -> Option<Self> {
        let page = sys::page_size().bytes();
        let pages = pages.intersection(image.stored());
        let mut bytes = HugeBuffer::new(pages.page_count() * page).ok()?;
        let mut filled = 0;
        for (_, part) in pages.runs().iter().flat_map(|run| image.stored_parts(*run)) {
            bytes.bytes_mut()[filled..filled + part.len()].copy_from_slice(part);
            filled += part.len();
        }
        Some(Self { pages, bytes })
    }

    /// Every run of pages, ascending, with its contents.
    pub(super) fn runs(&self) -> impl Iterator<Item = (PageRun, &[u8])> {
        let page = sys::page_size().bytes();
        let mut rest = self.bytes.bytes();
        self.pages.runs().iter().map(move |run| {
            let (bytes, behind) = rest.split_at(run.page_count() * page);
            rest = behind;
            (*run, bytes)
        })
    }
}
