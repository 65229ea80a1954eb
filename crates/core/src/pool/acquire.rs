//! Handing out slots.

use std::sync::MutexGuard;

use super::Pool;
use super::contents::given_back;
use super::slot::Taken;
use super::slot_word::Lease;
use super::table::{Next, Table};
use crate::error::Result;

impl Pool {
    /// Hands out a slot that holds the snapshot, without waiting for one: `None` when all are in use.
    ///
    /// Slots are taken in this order: a clean one that was last used with the same affinity; a clean one that nobody has used;
    /// one that must be mapped first, unless idle slots have more private pages than they may; the clean one that was not used
    /// for longest; one that must be cleaned first. Only the clean ones cost no system call.
    ///
    /// # Errors
    /// When there is no clean slot, and one that could be mapped or cleaned was not: as [`View::restore`](crate::View::restore)
    /// and [`View::reset`](crate::View::reset). The others can still be had. `System` when the pool was retired.
    pub fn try_acquire(&self, affinity: u64) -> Result<Option<Lease>> {
        let (mut map, mut unknown) = (true, usize::MAX);
        let mut refused = None;
        // Every round that does not return has left one slot less to try.
        for _ in 0..=2 * self.slots.len() {
            let version = self.setup.snapshot.version();
            let mut table = self.table();
            if table.is_closed() {
                return Err(given_back());
            }
            unknown = unknown.min(table.unknown());
            let Some(next) = table.next(affinity, version, map) else { break };
            let prepared = match next {
                Next::Ready(taken) => return Ok(Some(self.lend(table, taken, affinity))),
                Next::Unknown(taken) if unknown == 0 => {
                    table.quarantine(taken);
                    break;
                }
                Next::Unknown(taken) => {
                    drop(table);
                    unknown -= 1;
                    self.prepare_by_cleaning(taken)
                }
                Next::Stale(taken) => {
                    drop(table);
                    self.prepare_by_cleaning(taken)
                }
                Next::Unmapped(taken) => {
                    drop(table);
                    map = false;
                    self.prepare_by_mapping(taken).map(Some)
                }
                Next::Excess(taken) => {
                    drop(table);
                    self.retire_slot(taken).map(|()| None)
                }
            };
            match prepared {
                Ok(Some(taken)) => {
                    let mut table = self.table();
                    if table.is_closed() {
                        table.quarantine(taken);
                        return Err(given_back());
                    }
                    return Ok(Some(self.lend(table, taken, affinity)));
                }
                Ok(None) => {}
                Err(error) => refused = refused.or(Some(error)),
            }
        }
        refused.map_or(Ok(None), Err)
    }

    fn lend(&self, mut table: MutexGuard<'_, Table>, taken: Taken, affinity: u64) -> Lease {
        let slot = table.lend(taken, affinity);
        // While the table is locked: a pool that is retired ends every lease that it finds.
        self.slots[slot].word.claim(slot)
    }
}
