//! What wasmtime does with `PAGEMAP_SCAN`, made better by going on where its scan stops: pages that ever left the image
//! are found by their state, in a mapping that no userfaultfd watches, and copied back in every reset.

use std::rc::Rc;

use super::super::bare::{Mapping, Pagemap, Words};
use super::super::masks::{FILE, Masks, PFNZERO, PRESENT, WRITTEN};
use super::cell::Cell;
use super::slot::{SlotImage, put_back};
use super::subject::Subject;

/// `crates/wasmtime/src/runtime/vm/sys/unix/pagemap.rs`.
const MASKS: Masks =
    Masks { inverted: PFNZERO | FILE, all_of: WRITTEN | PRESENT | PFNZERO | FILE, any_of: 0, returned: 0 };

const REGIONS: usize = 512;

#[derive(Debug)]
pub(super) struct WasmtimeStyle {
    slot: Mapping,
    image: Rc<SlotImage>,
    pagemap: Pagemap,
}

impl WasmtimeStyle {
    pub(super) fn new(cell: &Cell, image: &Rc<SlotImage>) -> Result<Self, String> {
        let mut slot = image.slot(cell)?;
        // What was written once is copied back for ever: a guest that also writes random pages ends there.
        if cell.random_percent > 0 {
            slot.write(0, image.bytes());
        }
        Ok(Self { slot, image: Rc::clone(image), pagemap: Pagemap::open(REGIONS)? })
    }
}

impl Subject for WasmtimeStyle {
    fn words(&mut self) -> Words<'_> {
        self.slot.words()
    }

    fn reset(&mut self) -> Result<(), String> {
        let Self { slot, image, pagemap } = self;
        let addresses = slot.addresses(0..slot.bytes().len());
        pagemap.scan((0, MASKS), addresses, |run| put_back(slot, image.bytes(), run))
    }
}
