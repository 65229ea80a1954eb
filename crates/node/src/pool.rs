//! `NativePool`: slots of one reservation that are leased.

use std::cell::{OnceCell, RefCell};
use std::rc::{Rc, Weak};
use std::sync::Arc;

use napi::bindgen_prelude::{Function, This, Unknown};
use napi::{Env, Result};
use napi_derive::napi;
use pagefold_core::{Lease, Pool, PoolOptions, PoolStats, Released, View, Window};

use crate::buffer::{self, Slots};
use crate::charge::ChargedSnapshot;
use crate::contents::limits;
use crate::entered::{Entered, enter};
use crate::failure::{disposed, failure, refusal};
use crate::ledger::{self, Owned};
use crate::life::{Ending, Kind, Life};
use crate::number;
use crate::report::report_numbers;
use crate::snapshot::NativeSnapshot;
use crate::tracker::{choice, kinds};
use crate::view::NativeView;

/// How a pool is laid out, and what its slots may cost.
#[napi(object)]
pub struct NativePoolOptions {
    /// Length of a slot in bytes, in whole pages.
    pub slot_byte_length: f64,
    /// How many slots.
    pub slots: f64,
    /// How many it can have at most.
    pub slots_max: f64,
    /// Bytes between two slots.
    pub guard_byte_length: f64,
    /// Name of the tracker, or `auto`.
    pub tracker: String,
    /// Trackers that are not to be used.
    pub disabled: Vec<String>,
    /// Pages that may stay private to a slot after a reset; no limit without it.
    pub resident_pages: Option<f64>,
    /// How thoroughly resets are checked.
    pub verify: String,
    /// Private pages that all idle slots may have together; no limit without it.
    pub idle_pages: Option<f64>,
}

/// Slots by state, and what has happened to them.
#[napi(object)]
pub struct NativePoolStats {
    /// How many slots there are to be.
    pub slots: f64,
    /// Of these, without memory.
    pub unmapped: f64,
    /// Ready.
    pub clean: f64,
    /// Leased.
    pub in_use: f64,
    /// To be cleaned.
    pub unknown: f64,
    /// Too many, and still there.
    pub retiring: f64,
    /// Leases that were given.
    pub acquired: f64,
    /// Of these, with a slot last used for the same.
    pub affinity_hits: f64,
    /// Slots that were given memory.
    pub mapped: f64,
    /// Resets of slots.
    pub cleaned: f64,
    /// Of these, by mapping everything anew.
    pub remapped: f64,
    /// Resets that failed.
    pub failed: f64,
    /// Pages of idle slots that were given back to the system.
    pub trimmed_pages: f64,
    /// Guards that were found written.
    pub overruns: f64,
}

impl From<PoolStats> for NativePoolStats {
    fn from(stats: PoolStats) -> Self {
        Self {
            slots: number::number(stats.slots),
            unmapped: number::number(stats.unmapped),
            clean: number::number(stats.clean),
            in_use: number::number(stats.in_use),
            unknown: number::number(stats.unknown),
            retiring: number::number(stats.retiring),
            acquired: number::rounded(stats.acquired),
            affinity_hits: number::rounded(stats.affinity_hits),
            mapped: number::rounded(stats.mapped),
            cleaned: number::rounded(stats.cleaned),
            remapped: number::rounded(stats.remapped),
            failed: number::rounded(stats.failed),
            trimmed_pages: number::rounded(stats.trimmed_pages),
            overruns: number::rounded(stats.overruns),
        }
    }
}

/// A pool, until it is closed.
#[napi]
pub struct NativePool {
    shared: Rc<HeldPool>,
    /// Set once, when the object is entered into the ledger.
    entered: OnceCell<Entered>,
}

/// What the object, its functions and the views of its leases share.
struct HeldPool {
    open: RefCell<Option<Open>>,
    life: Life,
}

/// A pool that was not closed.
struct Open {
    pool: Pool,
    snapshot: Rc<ChargedSnapshot>,
    /// What a tracker said in the last reset whose report was asked for.
    detail: Option<String>,
}

/// One slot, as long as its lease and the pool last. Does not keep the pool: that may be unmapped when it is closed.
pub(crate) struct LeasedSlot {
    shared: Weak<HeldPool>,
    lease: Lease,
}

/// What a call for a lease answers when there is none to be had.
const NONE: f64 = -1.0;

impl Owned for HeldPool {
    fn kind(&self) -> Kind {
        Kind::Pool
    }

    fn byte_length(&self) -> usize {
        self.open.borrow().as_ref().map_or(0, |open| open.pool.memory().byte_length())
    }

    fn let_go(&self, ending: Ending) {
        self.life.end(ending);
        drop(self.open.take());
    }
}

#[napi]
impl NativePool {
    /// A pool whose slots begin as a snapshot, or as zeros.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: Env, options: NativePoolOptions, snapshot: Option<&NativeSnapshot>) -> Result<Self> {
        let made = PoolOptions {
            slot_byte_length: number::bytes(options.slot_byte_length)?,
            slots: number::bytes(options.slots)?,
            slots_max: number::bytes(options.slots_max)?,
            guard_byte_length: number::bytes(options.guard_byte_length)?,
            tracker: choice(&options.tracker)?,
            disabled: kinds(&options.disabled),
            limits: limits(options.resident_pages, &options.verify)?,
            idle_pages: options.idle_pages.map_or(Ok(usize::MAX), number::bytes)?,
        };
        let given = snapshot.map(NativeSnapshot::held).transpose()?;
        ledger::of(env)?.make_room_within_budget()?;
        let pool = Pool::new(made, given.as_ref().map(|charged| Arc::clone(charged.get()))).map_err(failure)?;
        let snapshot = match given {
            Some(given) => given,
            None => ChargedSnapshot::of(env, Arc::clone(pool.snapshot()))?,
        };
        let open = RefCell::new(Some(Open { pool, snapshot, detail: None }));
        Ok(Self { shared: Rc::new(HeldPool { open, life: Life::begin(Kind::Pool) }), entered: OnceCell::new() })
    }

    /// Enters the object into the ledger, with the place where it was made. To be called once.
    #[napi(catch_unwind)]
    pub fn enter(&self, env: Env, this: This<'_>, made_at: Option<String>) -> Result<()> {
        let owned: Rc<dyn Owned> = Rc::<HeldPool>::clone(&self.shared);
        enter(env, &this.object, &self.entered, owned, made_at)
    }

    /// What the slots go back to.
    #[napi(catch_unwind)]
    pub fn snapshot(&self) -> Result<NativeSnapshot> {
        with(&self.shared, |open| Ok(NativeSnapshot::shared(Rc::clone(&open.snapshot))))
    }

    /// The ArrayBuffer over all slots. To be called once: two buffers over the same memory would each be believed to own
    /// it.
    #[napi(catch_unwind, ts_return_type = "ArrayBuffer")]
    pub fn buffer<'env>(&self, env: &'env Env) -> Result<Unknown<'env>> {
        let entered = self.entered.get().ok_or_else(|| disposed("entry of the pool"))?;
        with(&self.shared, |open| {
            let memory = open.pool.memory();
            let value = buffer::expose(env, memory, entered.when_gone())?;
            entered.expose(&value, memory.byte_length());
            Ok(value)
        })
    }

    /// Bytes that all slots and guards have together.
    #[napi(catch_unwind)]
    pub fn byte_length(&self) -> Result<f64> {
        with(&self.shared, |open| Ok(number::number(open.pool.memory().byte_length())))
    }

    /// A function that leases a slot, at best one last used for the same: its word, see [`word_of`], or -1 when all are in
    /// use. A function for the same reasons as [`NativeView::resetter`].
    #[napi(catch_unwind, ts_return_type = "(affinity: number) => number")]
    pub fn acquirer<'env>(&self, env: &'env Env) -> Result<Function<'env, (), f64>> {
        let shared = Rc::downgrade(&self.shared);
        env.create_function_from_closure("acquire", move |call| {
            let affinity = number::integer(call.get(0)?)?;
            with_alive(&shared, |open| Ok(open.pool.try_acquire(affinity).map_err(failure)?.map_or(NONE, word_of)))
        })
    }

    /// A function that ends a lease: whether the slot has to be cleaned.
    #[napi(catch_unwind, ts_return_type = "(word: number) => boolean")]
    pub fn releaser<'env>(&self, env: &'env Env) -> Result<Function<'env, (), bool>> {
        let shared = Rc::downgrade(&self.shared);
        env.create_function_from_closure("release", move |call| {
            let lease = lease_of(call.get(0)?)?;
            with_alive(&shared, |open| Ok(matches!(open.pool.release(lease).map_err(failure)?, Released::Unknown)))
        })
    }

    /// A function that hands the bytes of a leased slot out: where they begin in the buffer. The slot will be cleaned.
    #[napi(catch_unwind, ts_return_type = "(word: number) => number")]
    pub fn user<'env>(&self, env: &'env Env) -> Result<Function<'env, (), f64>> {
        let shared = Rc::downgrade(&self.shared);
        env.create_function_from_closure("use", move |call| {
            let lease = lease_of(call.get(0)?)?;
            with_alive(&shared, |open| {
                open.pool.mark_used(lease).map(|range| number::number(range.start)).map_err(failure)
            })
        })
    }

    /// A function that ends the lease of a slot that was used, and cleans that: with which tracker, and how in `slots`; or
    /// nothing when there was nothing to clean.
    #[napi(catch_unwind, ts_return_type = "(word: number, slots: ArrayBuffer) => string | null")]
    pub fn clean_releaser<'env>(&self, env: &'env Env) -> Result<Function<'env, (), Option<&'static str>>> {
        let shared = Rc::downgrade(&self.shared);
        env.create_function_from_closure("releaseClean", move |call| {
            let lease = lease_of(call.get(0)?)?;
            let slots = Slots::of(*call.env, call.get(1)?)?;
            with_alive(&shared, |open| {
                let tracker = open.pool.with(lease, |view, _| Ok(view.tracker().name())).map_err(failure)?;
                let Some(report) = open.pool.release_clean(lease).map_err(failure)? else { return Ok(None) };
                slots.write(report_numbers(&report));
                open.detail = report.detail;
                Ok(Some(tracker))
            })
        })
    }

    /// Cleans the slot that has waited longest; whether there was one.
    #[napi(catch_unwind)]
    pub fn clean_next(&self) -> Result<bool> {
        with(&self.shared, |open| Ok(open.pool.clean_next().map_err(failure)?.is_some()))
    }

    /// What the tracker said when the reason of the last report was that tracking was lost.
    #[napi(catch_unwind)]
    pub fn detail(&self) -> Result<Option<String>> {
        with(&self.shared, |open| Ok(open.detail.clone()))
    }

    /// A view of a leased slot. The slot will be cleaned.
    #[napi(catch_unwind)]
    pub fn view(&self, word: f64) -> Result<NativeView> {
        let slot = LeasedSlot { shared: Rc::downgrade(&self.shared), lease: lease_of(word)? };
        slot.with(|_, _| Ok(()))?;
        let baseline = with(&self.shared, |open| Ok(Rc::clone(&open.snapshot)))?;
        Ok(NativeView::leased(slot, Some(baseline)))
    }

    /// Changes how many slots there are, up to the maximum.
    #[napi(catch_unwind)]
    pub fn resize(&self, slots: f64) -> Result<()> {
        let slots = number::bytes(slots)?;
        with(&self.shared, |open| open.pool.resize(slots).map_err(failure))
    }

    /// Gives private pages of idle slots back to the system until `keep_pages` are left; how many.
    #[napi(catch_unwind)]
    pub fn trim(&self, keep_pages: f64) -> Result<f64> {
        let keep_pages = number::bytes(keep_pages)?;
        with(&self.shared, |open| open.pool.trim(keep_pages).map(number::number).map_err(failure))
    }

    /// Numbers.
    #[napi(catch_unwind)]
    pub fn stats(&self) -> Result<NativePoolStats> {
        with(&self.shared, |open| Ok(open.pool.stats().into()))
    }

    /// Gives all memory back, detaching the buffer if there is one; leases are lost. When the buffer's bytes were
    /// transferred to another owner, the memory stays until that owner is collected.
    #[napi(catch_unwind)]
    pub fn close(
        &self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer | undefined")] buffer: Option<Unknown<'_>>,
    ) -> Result<()> {
        let Some(Open { pool, .. }) = open(&self.shared)?.take() else { return Ok(()) };
        self.shared.life.end(Ending::Disposed);
        if let Some(entered) = self.entered.get() {
            entered.take_out();
        }
        let Some(buffer) = buffer else { return Ok(()) };
        if buffer::detach(env, buffer, pool.memory())? {
            pool.retire().map_err(failure)?;
        }
        Ok(())
    }
}

impl LeasedSlot {
    /// The view of the slot and its memory, for one operation.
    pub(crate) fn with<T>(
        &self,
        operation: impl FnOnce(&mut View, &mut Window<'_>) -> pagefold_core::Result<T>,
    ) -> Result<T> {
        with_alive(&self.shared, |open| open.pool.with(self.lease, operation).map_err(failure))
    }
}

/// A lease as a number. That is exact: there are at most 65,536 slots.
const fn word_of(lease: Lease) -> f64 {
    number::rounded(lease.word())
}

/// The lease that a number stands for. Whether there is such a lease is for the pool to say.
fn lease_of(word: f64) -> Result<Lease> {
    number::integer(word).map(Lease::from_word)
}

fn with_alive<T>(shared: &Weak<HeldPool>, operation: impl FnOnce(&mut Open) -> Result<T>) -> Result<T> {
    with(&*shared.upgrade().ok_or_else(closed)?, operation)
}

fn with<T>(shared: &HeldPool, operation: impl FnOnce(&mut Open) -> Result<T>) -> Result<T> {
    operation(open(shared)?.as_mut().ok_or_else(closed)?)
}

/// The right to use a pool. Nothing calls back into JavaScript while it is used, so nobody else has it.
fn open(shared: &HeldPool) -> Result<std::cell::RefMut<'_, Option<Open>>> {
    shared.open.try_borrow_mut().map_err(|_| refusal("ERR_PAGEFOLD_BUSY", "the pool is in use"))
}

fn closed() -> napi::Error {
    refusal("ERR_PAGEFOLD_LEASE_LOST", "the pool was closed")
}
