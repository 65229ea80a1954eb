//! Making slots ready: mapping them, cleaning them, and keeping what idle ones hold within the budget.

use std::sync::MutexGuard;

use super::slot::{Held, Rank, Taken};
use super::slot_word::Lease;
use super::table::Table;
use super::{Cleaned, Pool};
use crate::error::Result;
use crate::view::{ResetReport, Strategy};

impl Pool {
    /// Cleans the slot that has waited longest; for a thread that does nothing else. When none waits, brings one that was
    /// not used for long to the current version of the snapshot. `None`: there is nothing to do, or every slot that waits is
    /// still being worked on.
    ///
    /// # Errors
    /// As [`View::reset`](crate::View::reset): the slot then waits behind the others, and everything in it is mapped anew next
    /// time.
    pub fn clean_next(&self) -> Result<Option<Cleaned>> {
        self.retire_excess()?;
        let waiting = self.table().unknown();
        for _ in 0..waiting {
            let Some(taken) = self.table().take_unknown() else { break };
            let slot = taken.slot();
            if let Some(report) = self.clean_for_later(taken, Rank::Warm)? {
                return Ok(Some(Cleaned { slot, report }));
            }
        }
        let Some((taken, rank)) = self.table().take_stale(self.setup.snapshot.version()) else { return Ok(None) };
        let slot = taken.slot();
        Ok(self.clean_for_later(taken, rank)?.map(|report| Cleaned { slot, report }))
    }

    /// Ends a lease and cleans its slot at once. `None`: there was nothing to clean, because it was never used or is not needed
    /// any more; or somebody is still at work on it, and it waits to be cleaned.
    ///
    /// # Errors
    /// `LeaseLost` when the lease has ended before. As [`View::reset`](crate::View::reset) when cleaning fails: the lease has ended,
    /// and the slot waits to be cleaned.
    pub fn release_clean(&self, lease: Lease) -> Result<Option<ResetReport>> {
        let slot = self.slot(lease)?;
        let returned = slot.word.release(lease)?;
        // Whoever has ended the lease has the slot, and need not say so before it is clean: one lock less.
        let outcome =
            if returned.used { slot.idle_contents().map(|mut contents| contents.clean(&self.setup)) } else { None };
        let mut table = self.table();
        let Some(taken) = table.take_back(&returned) else { return Ok(None) };
        if table.has_excess() {
            drop(table);
            self.retire_slot(taken)?;
            return Ok(None);
        }
        let Some((taken, report)) = Self::settle(&mut table, taken, outcome)? else { return Ok(None) };
        table.keep(taken, Rank::Warm);
        self.keep_within_budget(table);
        Ok(Some(report))
    }

    /// Maps a slot that nobody has needed yet, and makes private copies of the pages that memories with this snapshot are known
    /// to write to, so that the next one who wants a slot need not wait for that. `false`: all are mapped.
    ///
    /// # Errors
    /// `OutOfMemory` when there is no room; nothing is mapped then.
    pub fn prepare(&self) -> Result<bool> {
        let Some(taken) = self.table().take_unmapped() else { return Ok(false) };
        let taken = self.prepare_by_mapping(taken)?;
        let mut table = self.table();
        table.keep(taken, Rank::Fresh);
        self.keep_within_budget(table);
        Ok(true)
    }

    /// Gives private pages of idle slots back to the system until at most `keep_pages` of all of them are left: those of the slots
    /// first that were not used for longest. How many pages.
    ///
    /// # Errors
    /// `OutOfMemory` when the process has too many mappings to give a slot back: it is cleaned before it is used again.
    pub fn trim(&self, keep_pages: usize) -> Result<usize> {
        self.retire_excess()?;
        let (mut keep, mut released) = (keep_pages, 0);
        let untrimmed = self.table().untrimmed();
        for _ in 0..untrimmed {
            let Some(taken) = self.table().take_warmest() else { break };
            let (left, given_back) = self.trim_slot(taken, keep)?;
            keep = keep.saturating_sub(left);
            released += given_back;
        }
        Ok(released)
    }

    /// Maps a slot, which then is still taken.
    pub(super) fn prepare_by_mapping(&self, taken: Taken) -> Result<Taken> {
        let mut contents = self.slots[taken.slot()].contents();
        let outcome = contents.map(&self.setup);
        let mut table = self.table();
        match outcome {
            Ok(held) => {
                table.counts.mapped += 1;
                table.note(&taken, held);
                Ok(taken)
            }
            Err(error) => {
                if contents.is_mapped() {
                    table.quarantine(taken);
                } else {
                    table.unmap(taken);
                }
                Err(error)
            }
        }
    }

    /// Cleans a slot, which then is still taken; `None` when somebody is still at work there.
    pub(super) fn prepare_by_cleaning(&self, taken: Taken) -> Result<Option<Taken>> {
        Ok(self.clean(taken)?.map(|(taken, _, _)| taken))
    }

    /// Cleans a slot and puts it where the next one finds it.
    fn clean_for_later(&self, taken: Taken, rank: Rank) -> Result<Option<ResetReport>> {
        let Some((taken, report, mut table)) = self.clean(taken)? else { return Ok(None) };
        table.keep(taken, rank);
        self.keep_within_budget(table);
        Ok(Some(report))
    }

    /// The table is locked afterwards: what follows is one step with it.
    fn clean(&self, taken: Taken) -> Result<Option<(Taken, ResetReport, MutexGuard<'_, Table>)>> {
        let outcome = self.slots[taken.slot()].idle_contents().map(|mut contents| contents.clean(&self.setup));
        let mut table = self.table();
        Ok(Self::settle(&mut table, taken, outcome)?.map(|(taken, report)| (taken, report, table)))
    }

    /// Takes in what cleaning has come to; `None`: somebody was still at work there, and the slot waits.
    fn settle(
        table: &mut Table,
        taken: Taken,
        outcome: Option<Result<(ResetReport, Held)>>,
    ) -> Result<Option<(Taken, ResetReport)>> {
        match outcome {
            Some(Ok((report, held))) => {
                table.counts.cleaned += 1;
                table.counts.remapped += u64::from(report.strategy == Strategy::Remap);
                table.note(&taken, held);
                Ok(Some((taken, report)))
            }
            Some(Err(error)) => {
                table.counts.failed += 1;
                table.quarantine(taken);
                Err(error)
            }
            None => {
                table.quarantine(taken);
                Ok(None)
            }
        }
    }

    /// Trims clean slots while all of them together have too many private pages.
    fn keep_within_budget(&self, mut table: MutexGuard<'_, Table>) {
        let mut beyond = table.take_beyond_budget();
        drop(table);
        // Each round leaves one slot less that was not trimmed, or all of them within the budget.
        while let Some((taken, keep)) = beyond {
            // A slot that can be neither trimmed nor cleared is not idle any more.
            let _ = self.trim_slot(taken, keep);
            beyond = self.table().take_beyond_budget();
        }
    }

    /// Trims a slot, and puts it behind the others of its rank: the private pages that are left, those that are gone.
    fn trim_slot(&self, taken: Taken, keep: usize) -> Result<(usize, usize)> {
        let mut contents = self.slots[taken.slot()].contents();
        let outcome = contents.trim(keep);
        drop(contents);
        let (trimmed, held) = match outcome {
            Ok(done) if done.0.private <= keep => done,
            // Where the system does not tell what is private, or does not take it back, all of it goes.
            _ => return self.unmap_slot(taken).map(|()| (0, 0)),
        };
        let mut table = self.table();
        table.counts.trimmed_pages += trimmed.released as u64;
        table.note(&taken, held);
        let rank = if trimmed.private == 0 { Rank::Cold } else { Rank::Warm };
        table.keep_last(taken, rank);
        Ok((trimmed.private, trimmed.released))
    }
}
