//! Copying the whole slot back from a saved copy, whatever the guest has touched: what JavaScript can do by itself.

use std::rc::Rc;

use super::super::bare::{Mapping, Words};
use super::cell::Cell;
use super::slot::SlotImage;
use super::subject::Subject;

#[derive(Debug)]
pub(super) struct WholeCopy {
    slot: Mapping,
    saved: Mapping,
}

impl WholeCopy {
    pub(super) fn new(cell: &Cell, image: &Rc<SlotImage>) -> Result<Self, String> {
        let mut slot = Mapping::anonymous(cell.slot_bytes())?;
        slot.write(0, image.bytes());
        let mut saved = Mapping::anonymous(cell.slot_bytes())?;
        saved.write(0, slot.bytes());
        Ok(Self { slot, saved })
    }
}

impl Subject for WholeCopy {
    fn words(&mut self) -> Words<'_> {
        self.slot.words()
    }

    fn reset(&mut self) -> Result<(), String> {
        self.slot.write(0, self.saved.bytes());
        Ok(())
    }
}
