//! More slots, fewer slots, none.

use super::contents::given_back;
use super::slot::Taken;
use super::table::Table;
use super::{Pool, ensure_slots};
use crate::error::Result;
use crate::region::RegionPart;

impl Pool {
    /// Gives the pool so many slots from now on. More are there at once, and are mapped when they are needed. Fewer: those that
    /// are free go now, and give their memory back; the others when they are released and cleaned.
    ///
    /// # Errors
    /// `OutOfRange` unless it is between 1 and the maximum of the layout: nothing has changed then. `OutOfMemory` when the memory of a
    /// free slot cannot be given back: the pool has its new size, and cleaning tries again.
    pub fn resize(&self, slots: usize) -> Result<()> {
        ensure_slots(&self.layout, slots)?;
        self.table().resize(slots);
        self.retire_excess()
    }

    /// Gives the memory of all slots back to the system at once, whoever has leases. The addresses stay taken, as with
    /// [`Region::retire`](crate::Region::retire). Waits for those who are at work on a slot, and must not be called by one of them.
    ///
    /// The caller must have detached every buffer over the memory before: a later access would fault.
    ///
    /// # Errors
    /// `System` when the pool was retired before, or when the kernel refuses: the memory is there until its last user is gone.
    pub fn retire(&self) -> Result<()> {
        let mut table = self.table();
        if table.is_closed() {
            return Err(given_back());
        }
        table.close();
        self.slots.iter().for_each(|slot| slot.word.revoke());
        drop(table);
        // One lock at a time: who works on a slot may want another one.
        RegionPart::retire(self.slots.iter().flat_map(|slot| slot.contents().take_parts()).collect())
    }

    /// Retires free slots while there are too many.
    pub(super) fn retire_excess(&self) -> Result<()> {
        for _ in 0..self.slots.len() {
            let Some(taken) = self.table().take_excess() else { break };
            self.retire_slot(taken)?;
        }
        Ok(())
    }

    /// Gives the memory of a slot back that is not needed any more. One that somebody is still at work on waits.
    pub(super) fn retire_slot(&self, taken: Taken) -> Result<()> {
        self.clear_slot(taken, Table::retire)
    }

    /// Gives the memory of a slot back, which is mapped anew when it is needed.
    pub(super) fn unmap_slot(&self, taken: Taken) -> Result<()> {
        self.clear_slot(taken, Table::unmap)
    }

    fn clear_slot(&self, taken: Taken, then: fn(&mut Table, Taken)) -> Result<()> {
        let Some(mut contents) = self.slots[taken.slot()].idle_contents() else {
            self.table().quarantine(taken);
            return Ok(());
        };
        let outcome = contents.clear();
        let mut table = self.table();
        match outcome {
            Ok(()) => then(&mut table, taken),
            Err(_) => table.quarantine(taken),
        }
        outcome
    }
}
