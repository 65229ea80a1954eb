//! A private mapping of the image that is given up as a whole (`MADV_DONTNEED`): the guest faults in what it uses.

use std::rc::Rc;

use super::super::bare::{Mapping, Words};
use super::cell::Cell;
use super::slot::SlotImage;
use super::subject::Subject;

#[derive(Debug)]
pub(super) struct Madvise {
    slot: Mapping,
}

impl Madvise {
    pub(super) fn new(cell: &Cell, image: &Rc<SlotImage>) -> Result<Self, String> {
        Ok(Self { slot: image.slot(cell)? })
    }
}

impl Subject for Madvise {
    fn words(&mut self) -> Words<'_> {
        self.slot.words()
    }

    fn reset(&mut self) -> Result<(), String> {
        self.slot.advise("DONTNEED", libc::MADV_DONTNEED)
    }
}
