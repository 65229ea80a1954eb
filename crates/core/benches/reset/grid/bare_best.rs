//! The algorithm of pagefold in a plain loop: all of the slot is registered, its image's part is watched once, written
//! pages are harvested and copied back without being watched again, and all of it is watched anew after so many resets,
//! or never. What lies behind the image is not watched: whatever is there was written, and there are no page tables to
//! walk where nothing was.

use std::os::fd::OwnedFd;
use std::rc::Rc;

use super::super::bare::{Mapping, Pagemap, REGIONS_CHEAP, Words, register};
use super::super::masks::{CHECK_WPASYNC, FAST, Masks, PFNZERO, PRESENT, SWAPPED, WRITTEN};
use super::cell::Cell;
use super::slot::{SlotImage, put_back};
use super::subject::Subject;

/// Pages that are there and were not watched, or were written since: right for watched and unwatched memory, and dearer
/// than the kernel's short path by 1.5 ns a page.
const WRITTEN_AND_THERE: Masks =
    Masks { inverted: PFNZERO, all_of: WRITTEN | PFNZERO, any_of: PRESENT | SWAPPED, returned: 0 };

/// So many pages are scanned by the longer path for less than a second call costs.
const PAGES_OF_ONE_SCAN: usize = 256;

#[derive(Debug)]
pub(super) struct BareBest {
    slot: Mapping,
    image: Rc<SlotImage>,
    /// Bytes that are scanned by the short path; the others come after them.
    short_path: usize,
    pagemap: Pagemap,
    arm_every: Option<usize>,
    resets: usize,
    _watching: OwnedFd,
}

impl BareBest {
    pub(super) fn new(cell: &Cell, image: &Rc<SlotImage>, arm_every: Option<usize>) -> Result<Self, String> {
        let slot = image.slot(cell)?;
        let watching = register(&slot.addresses(0..cell.slot_bytes()))?;
        let pagemap = Pagemap::open(REGIONS_CHEAP)?;
        let one_scan = cell.resident <= PAGES_OF_ONE_SCAN && image.bytes().len() < cell.slot_bytes();
        let short_path = if one_scan { 0 } else { image.bytes().len() };
        let image = Rc::clone(image);
        let mut bare = Self { slot, image, short_path, pagemap, arm_every, resets: 0, _watching: watching };
        bare.arm()?;
        // A guest that also writes random pages has written all of them in the end when nothing is ever watched again.
        if arm_every.is_none() && cell.random_percent > 0 {
            bare.slot.write(0, bare.image.bytes());
        }
        Ok(bare)
    }

    fn arm(&self) -> Result<(), String> {
        self.pagemap.arm(self.slot.addresses(0..self.image.bytes().len()))
    }
}

impl Subject for BareBest {
    fn words(&mut self) -> Words<'_> {
        self.slot.words()
    }

    fn reset(&mut self) -> Result<(), String> {
        let Self { slot, image, short_path, pagemap, .. } = self;
        let (image, byte_length) = (image.bytes(), slot.bytes().len());
        if *short_path > 0 {
            let watched = slot.addresses(0..*short_path);
            pagemap.scan((CHECK_WPASYNC, FAST), watched, |run| slot.write(run.start, &image[run]))?;
        }
        if *short_path < byte_length {
            let rest = slot.addresses(*short_path..byte_length);
            pagemap.scan((CHECK_WPASYNC, WRITTEN_AND_THERE), rest, |run| {
                put_back(slot, image, *short_path + run.start..*short_path + run.end);
            })?;
        }
        self.resets += 1;
        if self.arm_every.is_some_and(|every| self.resets.is_multiple_of(every)) { self.arm() } else { Ok(()) }
    }
}
