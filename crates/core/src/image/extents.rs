//! Where the pages of an image are: in which layer, and where in it.
//!
//! ```text
//!  pages     |0  ..  99|100..103|104 .. 199|200..207|208 .. 299|
//!  extents   | base  0 | new  0 | base 104 | (none) | base 208 |      layer and the page of its file
//!                                           zeros
//! ```

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use crate::error::Result;
use crate::page_set::{PageRun, PageSet};
use crate::sys::{self, FileMap, MemoryFile};

/// A sealed file with pages of one version and of all later ones that have not replaced them. Mapped once, to be read by all
/// images that have pages of it.
#[derive(Debug)]
pub(super) struct Layer {
    pub(super) file: MemoryFile,
    map: FileMap,
    /// Pages that take memory, whether or not an image still shows them.
    pub(super) page_count: usize,
}

/// Pages of all layers in the process that take memory.
static STORED_PAGES: AtomicUsize = AtomicUsize::new(0);

/// Bytes that the images of the process take in memory, those that several share counted once. What was swapped out is
/// among them.
#[must_use]
pub fn stored_by_images() -> usize {
    STORED_PAGES.load(Ordering::Relaxed) * sys::page_size().bytes()
}

impl Layer {
    /// Of the first `byte_length` bytes, whole pages, of a sealed file, where so many pages take memory.
    ///
    /// # Errors
    /// `OutOfMemory` when it cannot be mapped.
    pub(super) fn new(file: MemoryFile, byte_length: usize, page_count: usize) -> Result<Arc<Self>> {
        let map = FileMap::of_sealed(&file, byte_length)?;
        STORED_PAGES.fetch_add(page_count, Ordering::Relaxed);
        Ok(Arc::new(Self { file, map, page_count }))
    }

    /// The bytes of so many pages of its file, from `file_page` on. Reading a hole makes the kernel allocate it.
    pub(super) fn pages(&self, file_page: usize, count: usize) -> &[u8] {
        let page = sys::page_size().bytes();
        &self.map.bytes()[file_page * page..(file_page + count) * page]
    }
}

impl Drop for Layer {
    fn drop(&mut self) {
        STORED_PAGES.fetch_sub(self.page_count, Ordering::Relaxed);
    }
}

/// Consecutive pages that lie one behind the other in one layer.
#[derive(Debug, Clone)]
pub(super) struct Extent {
    pub(super) run: PageRun,
    pub(super) layer: Arc<Layer>,
    /// Where the run begins in the layer's file.
    pub(super) file_page: usize,
}

impl Extent {
    /// The part of it that lies in `run`, which begins and ends inside it.
    fn part(&self, run: PageRun) -> Self {
        Self { run, layer: Arc::clone(&self.layer), file_page: self.file_page + run.start - self.run.start }
    }

    fn is_continued_by(&self, next: &Self) -> bool {
        self.run.end == next.run.start
            && Arc::ptr_eq(&self.layer, &next.layer)
            && self.file_page + self.run.page_count() == next.file_page
    }
}

/// Extents in ascending order, none of which continues the one before it. Pages in none of them are zero.
#[derive(Debug, Clone, Default)]
pub(super) struct Extents {
    list: Vec<Extent>,
}

impl Extents {
    /// Of a layer that has each page in its own place.
    pub(super) fn of_base(layer: &Arc<Layer>, page_count: usize) -> Self {
        let run = PageRun { start: 0, end: page_count };
        Self::from_iter([Extent { run, layer: Arc::clone(layer), file_page: 0 }])
    }

    /// Of a layer that has `pages` one behind the other.
    pub(super) fn of_pages(layer: &Arc<Layer>, pages: &PageSet) -> Self {
        let mut file_page = 0;
        let extents = pages.runs().iter().map(|run| {
            let extent = Extent { run: *run, layer: Arc::clone(layer), file_page };
            file_page += run.page_count();
            extent
        });
        extents.collect()
    }

    /// How many there are: each is a mapping of its own in every memory with this image.
    pub(super) const fn len(&self) -> usize {
        self.list.len()
    }

    pub(super) fn iter(&self) -> impl Iterator<Item = &Extent> {
        self.list.iter()
    }

    /// The parts that lie in `run`, with the page of the file at which each begins. O(log extents) to find the first.
    pub(super) fn within(&self, run: PageRun) -> impl Iterator<Item = (PageRun, &Layer, usize)> {
        let first = self.list.partition_point(|extent| extent.run.end <= run.start);
        self.list[first..].iter().take_while(move |extent| extent.run.start < run.end).map(move |extent| {
            let part = PageRun { start: extent.run.start.max(run.start), end: extent.run.end.min(run.end) };
            (part, &*extent.layer, extent.file_page + part.start - extent.run.start)
        })
    }

    /// Those of the pages below `page_count` that are not in `pages`.
    pub(super) fn without(&self, pages: &PageSet, page_count: usize) -> Self {
        let mut left = Self::default();
        for extent in &self.list {
            let mut start = extent.run.start;
            let end = extent.run.end.min(page_count);
            for hole in pages.within(PageRun { start, end: end.max(start) }) {
                left.push(extent.part(PageRun { start, end: hole.start }));
                start = hole.end;
            }
            left.push(extent.part(PageRun { start, end: end.max(start) }));
        }
        left
    }

    /// These and `others`, which lie in between.
    pub(super) fn with(self, others: Self) -> Self {
        let mut both = [self.list, others.list].concat();
        both.sort_unstable_by_key(|extent| extent.run.start);
        both.into_iter().collect()
    }

    /// The pages that come from elsewhere there than here. O(extents of both).
    pub(super) fn differing(&self, other: &Self) -> PageSet {
        let (mut here, mut there) = (self.list.as_slice(), other.list.as_slice());
        let mut differing = PageSet::new();
        let mut page = 0;
        loop {
            let (one, one_end) = source(&mut here, page);
            let (another, another_end) = source(&mut there, page);
            let end = one_end.min(another_end);
            let same = match (one, another) {
                (None, None) => true,
                (Some((one, at)), Some((another, there))) => at == there && Arc::ptr_eq(one, another),
                _ => false,
            };
            if end == usize::MAX {
                return differing;
            }
            if !same {
                differing.push(PageRun { start: page, end });
            }
            page = end;
        }
    }

    /// Adds an extent behind all others.
    fn push(&mut self, extent: Extent) {
        if extent.run.start >= extent.run.end {
            return;
        }
        match self.list.last_mut() {
            Some(last) if last.is_continued_by(&extent) => last.run.end = extent.run.end,
            _ => self.list.push(extent),
        }
    }
}

impl FromIterator<Extent> for Extents {
    fn from_iter<I: IntoIterator<Item = Extent>>(extents: I) -> Self {
        let mut all = Self::default();
        extents.into_iter().for_each(|extent| all.push(extent));
        all
    }
}

/// Where a page comes from, and up to which page the following ones come from behind it. `extents` are those that do not
/// end before the page, afterwards as before.
fn source<'a>(extents: &mut &'a [Extent], page: usize) -> (Option<(&'a Arc<Layer>, usize)>, usize) {
    while extents.first().is_some_and(|extent| extent.run.end <= page) {
        *extents = &extents[1..];
    }
    match extents.first() {
        Some(extent) if extent.run.start <= page => {
            (Some((&extent.layer, extent.file_page + page - extent.run.start)), extent.run.end)
        }
        ahead => (None, ahead.map_or(usize::MAX, |extent| extent.run.start)),
    }
}

#[cfg(all(test, not(pagefold_unsupported)))]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn layers() -> Vec<Arc<Layer>> {
        let layer = |_| {
            let file = MemoryFile::create("pagefold-test", 4096).expect("there are descriptors left");
            file.seal().expect("nobody holds a page of it");
            Layer::new(file, 4096, 0).expect("it can be mapped")
        };
        (0..3).map(layer).collect()
    }

    /// Layer and page of the file of each page.
    type Plain = Vec<Option<(usize, usize)>>;

    fn extents_of(plain: &Plain, layers: &[Arc<Layer>]) -> Extents {
        let extent = |(page, source): (usize, &Option<(usize, usize)>)| {
            let (layer, file_page) = (*source)?;
            let run = PageRun { start: page, end: page + 1 };
            Some(Extent { run, layer: Arc::clone(&layers[layer]), file_page })
        };
        plain.iter().enumerate().filter_map(extent).collect()
    }

    fn plain_of(extents: &Extents, layers: &[Arc<Layer>], page_count: usize) -> Plain {
        let mut plain = vec![None; page_count];
        for (run, layer, file_page) in extents.within(PageRun { start: 0, end: page_count }) {
            let index = layers.iter().position(|known| std::ptr::eq(&**known, layer)).expect("one of them");
            for (place, page) in plain[run.start..run.end].iter_mut().zip(file_page..) {
                *place = Some((index, page));
            }
        }
        plain
    }

    /// Pages that often continue each other.
    fn plain() -> impl Strategy<Value = Plain> {
        let piece = (proptest::option::of((0_usize..3, 0_usize..40)), 1_usize..6);
        proptest::collection::vec(piece, 0..12).prop_map(|pieces| {
            let pages = |(source, count): (Option<(usize, usize)>, usize)| {
                (0..count).map(move |index| source.map(|(layer, page)| (layer, page + index)))
            };
            pieces.into_iter().flat_map(pages).collect()
        })
    }

    proptest! {
        #[test]
        fn behave_like_a_list_of_pages(one in plain(), other in plain(),
                                       pages in proptest::collection::btree_set(0_usize..60, 0..30),
                                       page_count in 0_usize..60) {
            let layers = layers();
            let (left, right) = (extents_of(&one, &layers), extents_of(&other, &layers));
            prop_assert_eq!(plain_of(&left, &layers, one.len()), one.clone());
            for pair in left.list.windows(2) {
                prop_assert!(pair[0].run.end <= pair[1].run.start && !pair[0].is_continued_by(&pair[1]));
            }
            let at = |plain: &Plain, page: usize| plain.get(page).copied().flatten();
            let differing: Vec<usize> = (0..60).filter(|page| at(&one, *page) != at(&other, *page)).collect();
            prop_assert_eq!(left.differing(&right).pages().collect::<Vec<_>>(), differing);

            let set: PageSet = pages.iter().map(|page| PageRun { start: *page, end: page + 1 }).collect();
            let kept = |page: usize| page < page_count && !pages.contains(&page);
            let expected: Plain = (0..60).map(|page| at(&one, page).filter(|_| kept(page))).collect();
            let without = left.without(&set, page_count);
            prop_assert_eq!(plain_of(&without, &layers, 60), expected.clone());

            let between: Plain = (0..60).map(|page| at(&other, page).filter(|_| !kept(page))).collect();
            let with = without.with(extents_of(&between, &layers));
            let expected: Plain = (0..60).map(|page| if kept(page) { expected[page] } else { between[page] }).collect();
            prop_assert_eq!(plain_of(&with, &layers, 60), expected);
        }
    }
}
