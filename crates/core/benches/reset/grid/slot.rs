//! What the subjects of the grid that are not pagefold have in common: an image, and memory that shows it.

use std::rc::Rc;

use super::super::bare::{Mapping, Pagemap, REGIONS_CHEAP, Words};
use super::super::masks::{FILE, Masks, PFNZERO, PRESENT, SWAPPED};
use super::super::memory_file::memory_file;
use super::cell::Cell;

/// The image as a file, and mapped to copy from. Shared by all subjects.
#[derive(Debug)]
pub(super) struct SlotImage {
    file: std::fs::File,
    contents: Mapping,
}

impl SlotImage {
    pub(super) fn new(noise: &[u8]) -> Result<Rc<Self>, String> {
        let file = memory_file(noise, noise.len())?;
        let mut contents = Mapping::of_file(&file, noise.len())?;
        contents.advise("POPULATE_READ", libc::MADV_POPULATE_READ)?;
        Ok(Rc::new(Self { file, contents }))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        self.contents.bytes()
    }

    /// A slot that shows the image copy-on-write, and zeros behind it.
    pub(super) fn slot(&self, cell: &Cell) -> Result<Mapping, String> {
        let mut slot = Mapping::anonymous(cell.slot_bytes())?;
        slot.show(&self.file, self.bytes().len())?;
        slot.advise("NOHUGEPAGE", libc::MADV_NOHUGEPAGE)?;
        Ok(slot)
    }
}

/// Private copies, swapped out or not, wherever they came from.
const PRIVATE: Masks =
    Masks { inverted: PFNZERO | FILE, all_of: PFNZERO | FILE, any_of: PRESENT | SWAPPED, returned: 0 };

/// Brings back a part of a slot: from the image, and zeros behind it.
#[inline]
pub(super) fn put_back(slot: &mut Mapping, image: &[u8], run: std::ops::Range<usize>) {
    let end = run.end.min(image.len());
    if run.start < end {
        slot.write(run.start, &image[run.start..end]);
    }
    if run.end > image.len() {
        slot.zero(run.start.max(image.len())..run.end);
    }
}

/// Compares a slot with the image, without touching what nobody has touched: pages behind the image that are no
/// private copies hold zeros anyway, and reading them would make them resident.
pub(super) fn check(memory: &Words<'_>, image: &[u8]) -> Result<(), String> {
    let (bytes, addresses) = (memory.bytes(), memory.addresses());
    if let Some(at) = bytes.iter().zip(image).position(|(one, other)| one != other) {
        return Err(format!("byte {at} differs from the image"));
    }
    let behind = addresses.start + image.len() as u64..addresses.end;
    let mut wrong = None;
    Pagemap::open(REGIONS_CHEAP)?.scan((0, PRIVATE), behind, |run| {
        let part = &bytes[image.len() + run.start..image.len() + run.end];
        let at = part.iter().position(|byte| *byte != 0).map(|at| image.len() + run.start + at);
        wrong = wrong.or(at);
    })?;
    wrong.map_or(Ok(()), |at| Err(format!("byte {at}, behind the image, is not zero")))
}
