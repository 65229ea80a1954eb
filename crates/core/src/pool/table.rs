//! All slots of a pool by what they are, and which one is next. Every step takes the same time, however many there are.
//!
//! Held for a moment at a time, and never while memory is touched.

use std::collections::HashMap;

use super::chain::{Chain, Links, no_room};
use super::slot::{Held, Rank, Record, State, Taken};
use super::slot_word::Returned;
use super::stats::PoolStats;
use crate::error::Result;

#[derive(Debug)]
pub(super) struct Table {
    records: Box<[Record]>,
    /// Links of the lists by state, and of the lists by affinity.
    links: Links,
    kin_links: Links,
    unmapped: Chain,
    retired: Chain,
    /// Each most recently used first.
    fresh: Chain,
    warm: Chain,
    cold: Chain,
    /// Longest waiting first.
    unknown: Chain,
    /// The clean slots that were last used with an affinity, most recent first. Empty lists are dropped now and then.
    kin: HashMap<u64, Chain>,
    /// How many slots the pool is to have, and how many it has: those that do not count are retired.
    wanted: usize,
    active: usize,
    /// Private pages of clean slots, at most.
    idle_private: usize,
    idle_private_max: usize,
    closed: bool,
    pub(super) counts: PoolStats,
}

/// A slot to hand out next, and what has to be done before.
#[derive(Debug)]
pub(super) enum Next {
    /// Nothing.
    Ready(Taken),
    /// It holds an earlier version of the snapshot.
    Stale(Taken),
    /// It must be mapped.
    Unmapped(Taken),
    /// It must be cleaned.
    Unknown(Taken),
    /// Nothing will do: the pool has more slots than it is to have.
    Excess(Taken),
}

impl Table {
    /// # Errors
    /// `OutOfMemory` when there is no room.
    pub(super) fn new(slots_max: usize, slots: usize, idle_private_max: usize) -> Result<Self> {
        let mut records = Vec::new();
        records.try_reserve_exact(slots_max).map_err(|_| no_room(slots_max))?;
        records.resize_with(slots_max, || Record::new(State::Unmapped));
        let mut table = Self {
            records: records.into_boxed_slice(),
            links: Links::new(slots_max)?,
            kin_links: Links::new(slots_max)?,
            unmapped: Chain::EMPTY,
            retired: Chain::EMPTY,
            fresh: Chain::EMPTY,
            warm: Chain::EMPTY,
            cold: Chain::EMPTY,
            unknown: Chain::EMPTY,
            kin: HashMap::new(),
            wanted: slots,
            active: slots,
            idle_private: 0,
            idle_private_max,
            closed: false,
            counts: PoolStats::default(),
        };
        for slot in 0..slots_max {
            if slot < slots {
                table.unmapped.push_last(&mut table.links, slot);
            } else {
                table.records[slot] = Record::new(State::Retired);
                table.retired.push_last(&mut table.links, slot);
            }
        }
        Ok(table)
    }

    pub(super) const fn close(&mut self) {
        self.closed = true;
    }

    pub(super) const fn is_closed(&self) -> bool {
        self.closed
    }

    /// The slot to hand out for an affinity, if there is any. `map`: whether slots that must be mapped will do.
    pub(super) fn next(&mut self, affinity: u64, version: u64, map: bool) -> Option<Next> {
        let kin = self.kin.get(&affinity).and_then(Chain::first);
        if let Some(slot) = kin {
            return self.take(slot).map(|taken| self.ready(taken, version));
        }
        if let Some(slot) = self.fresh.first() {
            return self.take(slot).map(|taken| self.ready(taken, version));
        }
        let unmapped = self.unmapped.first().filter(|_| map);
        if let Some(slot) = unmapped.filter(|_| self.idle_private < self.idle_private_max) {
            return self.take(slot).map(Next::Unmapped);
        }
        if let Some(slot) = self.cold.last().or(self.warm.last()) {
            return self.take(slot).map(|taken| self.ready(taken, version));
        }
        if let Some(slot) = self.unknown.first() {
            let next = if self.has_excess() { Next::Excess } else { Next::Unknown };
            return self.take(slot).map(next);
        }
        unmapped.and_then(|slot| self.take(slot)).map(Next::Unmapped)
    }

    fn ready(&self, taken: Taken, version: u64) -> Next {
        if self.records[taken.slot()].held().version == version { Next::Ready(taken) } else { Next::Stale(taken) }
    }

    /// The slot that has waited longest to be cleaned.
    pub(super) fn take_unknown(&mut self) -> Option<Taken> {
        self.unknown.first().and_then(|slot| self.take(slot))
    }

    /// One of the clean slots that were not used for longest, if it holds another version than this one.
    pub(super) fn take_stale(&mut self, version: u64) -> Option<(Taken, Rank)> {
        let stale = |slot: &usize| self.records[*slot].held().version != version;
        let coldest = [(self.cold, Rank::Cold), (self.warm, Rank::Warm), (self.fresh, Rank::Fresh)];
        let found = coldest.into_iter().find_map(|(chain, rank)| Some((chain.last().filter(stale)?, rank)));
        let (slot, rank) = found?;
        Some((self.take(slot)?, rank))
    }

    /// The slot that nobody has needed yet.
    pub(super) fn take_unmapped(&mut self) -> Option<Taken> {
        self.unmapped.first().and_then(|slot| self.take(slot))
    }

    /// The clean slot to be trimmed first, when all of them together have too many private pages; how many it may keep.
    pub(super) fn take_beyond_budget(&mut self) -> Option<(Taken, usize)> {
        if self.idle_private <= self.idle_private_max {
            return None;
        }
        let slot = self.warm.last().or(self.fresh.last())?;
        let alone = self.warm.count() + self.fresh.count() == 1;
        let taken = self.take(slot)?;
        let keep = if alone { self.idle_private_max.saturating_sub(self.idle_private) } else { 0 };
        Some((taken, keep))
    }

    /// The clean slot to be trimmed last: trimming all of them in this order, each is put behind the others.
    pub(super) fn take_warmest(&mut self) -> Option<Taken> {
        self.warm.first().or(self.fresh.first()).and_then(|slot| self.take(slot))
    }

    /// Clean slots that were not trimmed yet.
    pub(super) const fn untrimmed(&self) -> usize {
        self.warm.count() + self.fresh.count()
    }

    pub(super) const fn unknown(&self) -> usize {
        self.unknown.count()
    }

    /// Takes out of the lists whatever is to be retired next, while there are more slots than there should be.
    pub(super) fn take_excess(&mut self) -> Option<Taken> {
        if !self.has_excess() {
            return None;
        }
        let free = [self.unmapped.last(), self.cold.last(), self.fresh.last(), self.warm.last(), self.unknown.first()];
        free.into_iter().flatten().next().and_then(|slot| self.take(slot))
    }

    /// Whether there are more slots than there should be.
    pub(super) const fn has_excess(&self) -> bool {
        self.active > self.wanted
    }

    /// How many slots the pool is to have from now on.
    pub(super) fn resize(&mut self, slots: usize) {
        self.wanted = slots;
        while self.active < slots
            && let Some(slot) = self.retired.first()
        {
            self.retired.remove(&mut self.links, slot);
            self.records[slot].reinstate();
            self.unmapped.push_last(&mut self.links, slot);
            self.active += 1;
        }
    }

    /// Hands out a slot that holds the snapshot.
    pub(super) fn lend(&mut self, taken: Taken, affinity: u64) -> usize {
        let slot = taken.slot();
        let record = &mut self.records[slot];
        self.counts.affinity_hits += u64::from(record.affinity() == Some(affinity));
        record.lend(taken, affinity);
        self.counts.acquired += 1;
        self.counts.in_use += 1;
        slot
    }

    /// Takes in that a lease has ended: the slot, unless it is clean, because its holder has never used it. A slot too many is
    /// retired by whoever cleans.
    pub(super) fn take_back(&mut self, returned: &Returned) -> Option<Taken> {
        let record = &mut self.records[returned.slot];
        let taken = record.take_back(returned);
        self.counts.in_use -= 1;
        if returned.used {
            return Some(taken);
        }
        self.counts.unused += 1;
        if self.has_excess() {
            return Some(taken);
        }
        self.keep(taken, Rank::Warm);
        None
    }

    /// Puts a slot that holds the snapshot before the others of its rank.
    pub(super) fn keep(&mut self, taken: Taken, rank: Rank) {
        self.keep_at(taken, rank, Chain::push_first);
    }

    /// As [`Table::keep`], behind the others.
    pub(super) fn keep_last(&mut self, taken: Taken, rank: Rank) {
        self.keep_at(taken, rank, Chain::push_last);
    }

    fn keep_at(&mut self, taken: Taken, rank: Rank, push: fn(&mut Chain, &mut Links, usize)) {
        if self.has_excess() {
            return self.quarantine(taken);
        }
        let slot = taken.slot();
        let record = &mut self.records[slot];
        record.keep(taken, rank);
        self.idle_private += record.held().private;
        if let Some(affinity) = record.affinity() {
            push(self.kin.entry(affinity).or_insert(Chain::EMPTY), &mut self.kin_links, slot);
            if self.kin.len() > 2 * self.records.len() {
                self.kin.retain(|_, chain| !chain.is_empty());
            }
        }
        let chain = match rank {
            Rank::Fresh => &mut self.fresh,
            Rank::Warm => &mut self.warm,
            Rank::Cold => &mut self.cold,
        };
        push(chain, &mut self.links, slot);
    }

    /// Nobody knows what the slot holds.
    pub(super) fn quarantine(&mut self, taken: Taken) {
        let slot = taken.slot();
        self.records[slot].quarantine(taken);
        self.unknown.push_last(&mut self.links, slot);
    }

    /// Nothing is mapped there.
    pub(super) fn unmap(&mut self, taken: Taken) {
        let slot = taken.slot();
        self.records[slot].unmap(taken);
        self.unmapped.push_first(&mut self.links, slot);
    }

    /// Nothing is mapped there, and the slot does not count any more.
    pub(super) fn retire(&mut self, taken: Taken) {
        if !self.has_excess() {
            return self.unmap(taken);
        }
        let slot = taken.slot();
        self.records[slot].retire(taken);
        self.retired.push_first(&mut self.links, slot);
        self.active -= 1;
    }

    /// Takes a slot out of the lists that it is in.
    fn take(&mut self, slot: usize) -> Option<Taken> {
        let record = &mut self.records[slot];
        let (state, held, affinity) = (record.state(), record.held(), record.affinity());
        let taken = record.take(slot)?;
        let chain = match state {
            State::Unmapped => &mut self.unmapped,
            State::Unknown => &mut self.unknown,
            State::Clean(rank) => {
                self.idle_private -= held.private;
                if let Some(chain) = affinity.and_then(|affinity| self.kin.get_mut(&affinity)) {
                    chain.remove(&mut self.kin_links, slot);
                }
                match rank {
                    Rank::Fresh => &mut self.fresh,
                    Rank::Warm => &mut self.warm,
                    Rank::Cold => &mut self.cold,
                }
            }
            State::InUse | State::Taken | State::Retired => return None,
        };
        chain.remove(&mut self.links, slot);
        Some(taken)
    }

    /// What is in a slot from now on.
    pub(super) const fn note(&mut self, taken: &Taken, held: Held) {
        self.records[taken.slot()].note(held);
    }

    pub(super) fn stats(&self) -> PoolStats {
        let clean = self.fresh.count() + self.warm.count() + self.cold.count();
        let listed = self.unmapped.count() + clean + self.unknown.count();
        let in_use = self.counts.in_use;
        PoolStats {
            slots: self.wanted,
            unmapped: self.unmapped.count(),
            clean,
            unknown: self.unknown.count(),
            taken: self.active.saturating_sub(listed + in_use),
            retiring: self.active.saturating_sub(self.wanted),
            idle_private_pages: self.idle_private,
            ..self.counts
        }
    }
}
