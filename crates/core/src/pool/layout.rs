//! Where the slots of a pool lie: arithmetic, checked, without memory.
//!
//! ```text
//!  |<------------- stride ------------->|
//!  |<-- slot_byte_length -->|<- guard ->|
//!  +------------------------+-----------+------------------------+-----------+
//!  | slot 0                 | guard     | slot 1                 | guard     |   ... slots_max of them
//!  +------------------------+-----------+------------------------+-----------+
//! ```

use std::ops::Range;

use crate::error::{Error, ErrorKind, Result};
use crate::page::PageSize;
use crate::page_set::PageRun;

/// More slots than a process may have mappings, unless it was told otherwise.
const SLOTS_MAX: usize = 1 << 16;

/// Slots of one length, one behind the other, with a guard behind each. Every number is a multiple of the page size, and all
/// of it fits into the address space.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Layout {
    page: PageSize,
    slot_byte_length: usize,
    guard_byte_length: usize,
    slots_max: usize,
}

impl Layout {
    /// Of `slots_max` slots. A guard may have no bytes.
    ///
    /// # Errors
    /// `Unaligned` when a length is no multiple of the page size; `OutOfRange` when there are no slots or more than 65,536, when
    /// they have no bytes, or when all of them together are more than the address space has.
    pub fn new(slot_byte_length: usize, slots_max: usize, guard_byte_length: usize) -> Result<Self> {
        Self::with_page_size(crate::sys::page_size(), slot_byte_length, slots_max, guard_byte_length)
    }

    /// As [`Layout::new`], for pages of another size than this system has.
    ///
    /// # Errors
    /// As [`Layout::new`].
    pub fn with_page_size(
        page: PageSize,
        slot_byte_length: usize,
        slots_max: usize,
        guard_byte_length: usize,
    ) -> Result<Self> {
        for (name, byte_length) in [("slot", slot_byte_length), ("guard", guard_byte_length)] {
            if !page.is_aligned(byte_length) {
                let message =
                    format!("a {name} of {byte_length} bytes is no multiple of the page size, {}", page.bytes());
                return Err(Error::new(ErrorKind::Unaligned, message));
            }
        }
        if slot_byte_length == 0 {
            return Err(Error::new(ErrorKind::OutOfRange, "a slot must have at least one page"));
        }
        if !(1..=SLOTS_MAX).contains(&slots_max) {
            let message = format!("a pool has 1 to {SLOTS_MAX} slots, not {slots_max}");
            return Err(Error::new(ErrorKind::OutOfRange, message));
        }
        let stride = slot_byte_length.checked_add(guard_byte_length);
        let byte_length = stride.and_then(|stride| stride.checked_mul(slots_max));
        if byte_length.is_none_or(|byte_length| isize::try_from(byte_length).is_err()) {
            let message = format!(
                "{slots_max} slots of {slot_byte_length} bytes with guards of {guard_byte_length} bytes exceed the address space"
            );
            return Err(Error::new(ErrorKind::OutOfRange, message));
        }
        Ok(Self { page, slot_byte_length, guard_byte_length, slots_max })
    }

    /// Bytes of a slot.
    #[must_use]
    pub const fn slot_byte_length(&self) -> usize {
        self.slot_byte_length
    }

    /// Bytes between two slots.
    #[must_use]
    pub const fn guard_byte_length(&self) -> usize {
        self.guard_byte_length
    }

    /// How many slots there can be.
    #[must_use]
    pub const fn slots_max(&self) -> usize {
        self.slots_max
    }

    /// Bytes from the beginning of one slot to that of the next.
    #[must_use]
    pub const fn stride(&self) -> usize {
        self.slot_byte_length + self.guard_byte_length
    }

    /// Bytes of all slots and guards.
    #[must_use]
    pub const fn byte_length(&self) -> usize {
        self.stride() * self.slots_max
    }

    /// The bytes of a slot; `None` when there are not so many.
    #[must_use]
    pub fn slot(&self, index: usize) -> Option<Range<usize>> {
        let start = (index < self.slots_max).then(|| index * self.stride())?;
        Some(start..start + self.slot_byte_length)
    }

    /// The bytes between a slot and the next one, which may be none; `None` when there are not so many slots.
    #[must_use]
    pub fn guard(&self, index: usize) -> Option<Range<usize>> {
        let slot = self.slot(index)?;
        Some(slot.end..slot.end + self.guard_byte_length)
    }

    /// The slot that a byte lies in; `None` for a byte of a guard or behind the last one.
    #[must_use]
    pub const fn slot_at(&self, byte_offset: usize) -> Option<usize> {
        let within = byte_offset % self.stride() < self.slot_byte_length;
        if within && byte_offset < self.byte_length() { Some(byte_offset / self.stride()) } else { None }
    }

    /// The pages of every slot and of every guard that has some, ascending.
    pub(super) fn runs(&self) -> impl ExactSizeIterator<Item = PageRun> {
        let (page, guards) = (self.page, usize::from(self.guard_byte_length > 0));
        let layout = *self;
        (0..self.slots_max * (1 + guards)).map(move |part| {
            let start = part / (1 + guards) * layout.stride();
            let (start, end) = match part % (1 + guards) {
                0 => (start, start + layout.slot_byte_length),
                _ => (start + layout.slot_byte_length, start + layout.stride()),
            };
            PageRun { start: page.index(start), end: page.index(end) }
        })
    }
}
