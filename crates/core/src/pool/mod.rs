//! Many memories with one baseline, kept ready to be handed out: a slot is leased, used, and cleaned for the next one.
//!
//! ```text
//!  RegionMemory   |== slot 0 ==|.|== slot 1 ==|.|== slot 2 ==|.|     one reservation, one buffer for JavaScript
//!  Slot              word           word           word             who has it: one atomic word each
//!                    contents       contents       contents         pages and view: one lock each
//!  Table             what each slot is, and which one is next: one lock, held for a moment, never while memory is touched
//! ```
//!
//! A slot that is clean costs two short locks and no system call to hand out. What a holder has changed is found by its
//! slot's own view, and put back by whoever releases it (`release_clean`), by a thread that does nothing else
//! (`clean_next`), or in the last resort by the next one who wants a slot.

mod acquire;
mod chain;
mod clean;
mod contents;
mod layout;
mod options;
mod resize;
mod slot;
mod slot_word;
mod stats;
mod table;

use std::ops::Range;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::error::{Error, ErrorKind, Result};
use crate::image::Image;
use crate::region::{Region, RegionMemory, Window};
use crate::snapshot::Snapshot;
use crate::sys;
use crate::tracker;
use crate::view::{ResetReport, View};

use chain::no_room;
use contents::{Contents, Setup};
use slot_word::{SlotWord, lost};
use table::Table;

pub use layout::Layout;
pub use options::PoolOptions;
pub use slot_word::Lease;
pub use stats::PoolStats;

/// Slots of one length with one baseline, a snapshot or zeros. May be used from any thread.
#[derive(Debug)]
pub struct Pool {
    layout: Layout,
    memory: Arc<RegionMemory>,
    setup: Setup,
    slots: Box<[Slot]>,
    table: Apart<Mutex<Table>>,
}

/// Shares no cache line with its neighbours: what one thread writes there does not slow down others that read those.
#[derive(Debug)]
#[repr(align(128))]
struct Apart<T>(T);

/// One slot, apart from its neighbours for the same reason.
#[derive(Debug)]
#[repr(align(128))]
struct Slot {
    word: SlotWord,
    /// Locked before the table where both are, and never two of them by one thread.
    contents: Mutex<Contents>,
}

/// What has become of a slot that was released.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Released {
    /// It can be handed out at once: its holder has never used it.
    Clean,
    /// It waits to be cleaned.
    Unknown,
}

/// A slot that was cleaned, and how.
#[derive(Debug, Clone)]
pub struct Cleaned {
    /// Its index.
    pub slot: usize,
    /// What it took.
    pub report: ResetReport,
}

impl Pool {
    /// A pool whose slots hold the snapshot, or zeros. Takes addresses for all slots that it can ever have, and memory when
    /// they are first needed.
    ///
    /// # Errors
    /// `OutOfRange` and `Unaligned` as [`Layout::new`], and when the number of slots is not between 1 and their maximum;
    /// `SnapshotTooLarge` when the snapshot does not fit into a slot; `Unsupported` when no tracker works that the options
    /// allow; `OutOfMemory` when there is no address space.
    pub fn new(options: PoolOptions, snapshot: Option<Arc<Snapshot>>) -> Result<Self> {
        let layout = Layout::new(options.slot_byte_length, options.slots_max, options.guard_byte_length)?;
        ensure_slots(&layout, options.slots)?;
        tracker::select(options.tracker, &options.disabled, sys::capabilities()?)?;
        let snapshot = match snapshot {
            Some(snapshot) => snapshot,
            None => Arc::new(Snapshot::new(Image::zeros(layout.slot_byte_length())?)),
        };
        let byte_length = snapshot.image().byte_length();
        if byte_length > layout.slot_byte_length() {
            let message = format!(
                "a snapshot of {byte_length} bytes does not fit into slots of {} bytes",
                layout.slot_byte_length()
            );
            return Err(Error::new(ErrorKind::SnapshotTooLarge, message));
        }
        let mut limits = options.limits;
        if options.idle_pages != usize::MAX {
            // With a budget the view counts what is private; with this one it gives nothing back by itself.
            limits.resident_pages = limits.resident_pages.min(sys::page_size().count(layout.slot_byte_length()));
        }
        let table = Table::new(layout.slots_max(), options.slots, options.idle_pages)?;
        let region = Region::allocate(layout.byte_length(), layout.byte_length())?;
        let memory = Arc::clone(region.memory());
        let mut parts = region.into_parts(layout.runs())?.into_iter();
        let mut slots = Vec::new();
        slots.try_reserve_exact(layout.slots_max()).map_err(|_| no_room(layout.slots_max()))?;
        while let Some(part) = parts.next() {
            let guard = if layout.guard_byte_length() > 0 { parts.next() } else { None };
            slots.push(Slot { word: SlotWord::default(), contents: Mutex::new(Contents::new(part, guard)) });
        }
        let setup = Setup {
            snapshot,
            tracker: options.tracker,
            disabled: options.disabled,
            limits,
            overruns: AtomicU64::new(0),
        };
        Ok(Self { layout, memory, setup, slots: slots.into_boxed_slice(), table: Apart(Mutex::new(table)) })
    }

    /// Where the slots lie.
    #[must_use]
    pub const fn layout(&self) -> &Layout {
        &self.layout
    }

    /// The memory of all slots and guards, to be kept by whoever is given its address.
    #[must_use]
    pub const fn memory(&self) -> &Arc<RegionMemory> {
        &self.memory
    }

    /// What every slot holds when it is handed out: its current version.
    #[must_use]
    pub const fn snapshot(&self) -> &Arc<Snapshot> {
        &self.setup.snapshot
    }

    /// Ends a lease. Never waits and never cleans.
    ///
    /// # Errors
    /// `LeaseLost` when it has ended before.
    pub fn release(&self, lease: Lease) -> Result<Released> {
        let returned = self.slot(lease)?.word.release(lease)?;
        let mut table = self.table();
        match table.take_back(&returned) {
            Some(taken) => {
                table.quarantine(taken);
                Ok(Released::Unknown)
            }
            None => Ok(Released::Clean),
        }
    }

    /// Works on a leased slot, which counts as used from then on. Whoever has the lease too waits meanwhile; `work` must not
    /// call this again with the same lease.
    ///
    /// # Errors
    /// `LeaseLost` when the lease has ended; what `work` returns.
    pub fn with<T>(&self, lease: Lease, work: impl FnOnce(&mut View, &mut Window<'_>) -> Result<T>) -> Result<T> {
        let slot = self.slot(lease)?;
        // Whose lease has ended need not wait for the new holder to hear it.
        if !slot.word.fits(lease) {
            return Err(lost(lease));
        }
        let mut contents = slot.contents();
        slot.word.mark_used(lease)?;
        contents.work(work)
    }

    /// For who uses the bytes of a leased slot otherwise than through [`Pool::with`]: which bytes of [`Pool::memory`] they are.
    ///
    /// # Errors
    /// `LeaseLost` when the lease has ended.
    pub fn mark_used(&self, lease: Lease) -> Result<Range<usize>> {
        self.slot(lease)?.word.mark_used(lease)?;
        self.layout.slot(lease.slot()).ok_or_else(|| lost(lease))
    }

    /// Counts of now.
    #[must_use]
    pub fn stats(&self) -> PoolStats {
        let overruns = self.setup.overruns.load(Ordering::Relaxed);
        PoolStats { overruns, ..self.table().stats() }
    }

    fn slot(&self, lease: Lease) -> Result<&Slot> {
        self.slots.get(lease.slot()).ok_or_else(|| lost(lease))
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        // No step of the table can panic halfway: its indices are its own.
        self.table.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Slot {
    fn contents(&self) -> MutexGuard<'_, Contents> {
        // After a panic they are not sound, and mapped anew.
        self.contents.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// `None` while somebody else is at work there: who had released the slot in the middle of it.
    fn idle_contents(&self) -> Option<MutexGuard<'_, Contents>> {
        match self.contents.try_lock() {
            Ok(contents) => Some(contents),
            Err(std::sync::TryLockError::Poisoned(poisoned)) => Some(poisoned.into_inner()),
            Err(std::sync::TryLockError::WouldBlock) => None,
        }
    }
}

fn ensure_slots(layout: &Layout, slots: usize) -> Result<()> {
    if (1..=layout.slots_max()).contains(&slots) {
        return Ok(());
    }
    let message = format!("a pool of at most {} slots cannot have {slots}", layout.slots_max());
    Err(Error::new(ErrorKind::OutOfRange, message))
}
