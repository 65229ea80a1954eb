//! What the objects of one environment own, by weak references: so that an allocation can give back what is dead.
//!
//! Engines run finalizers in a later turn of the event loop. Code that allocates and never yields would fill the machine with
//! memory that nobody can reach any more. So an allocation looks whether a collection has happened since the last time, by an
//! object that nobody holds (the sentinel): if that is dead, one has. It then walks the table and gives back what belonged to
//! dead objects. Their own finalizers find nothing left to do.
//!
//! ```text
//!  object alive                                    nothing happens
//!  object dead, no buffer over its memory          given back at once: vacuumed
//!  object dead, buffer alive                       nothing: the bytes can be reached
//!  object and buffer dead                          unreclaimed, until the engine has finalized the buffer
//! ```
//!
//! Memory that has had a buffer is never given back here. That the buffer is dead does not prove that nobody reaches its
//! bytes: they may have been transferred to another one. Only the engine knows, and tells by the finalizer.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::rc::{Rc, Weak};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use napi::bindgen_prelude::{FnArgs, FunctionRef, JsValue};
use napi::{Env, Result};
use pagefold_core::page_size;

use crate::charge::{ChargedSnapshot, Charges};
use crate::entries::{Entries, Gone, Key, Notice};
use crate::failure::refusal;
use crate::life::{Ending, Kind};
use crate::weak::WeakObject;

/// What an object owns, apart from the object.
pub(crate) trait Owned {
    fn kind(&self) -> Kind;
    /// Bytes that would be given back.
    fn byte_length(&self) -> usize;
    /// Gives them back. No JavaScript object that could use them exists.
    fn let_go(&self, ending: Ending);
}

/// Told of collections: the kind of what was cleaned up, its length and where it was made; or `turn` when the façade is to
/// call [`Ledger::turn`] in a later turn.
pub(crate) type Listener = FunctionRef<Told, ()>;

/// Its arguments.
pub(crate) type Told = FnArgs<(&'static str, f64, Option<String>)>;

/// Bytes by which an environment must have grown before it looks for a collection.
const STEP: usize = 16 << 20;
/// Bytes allocated and not disposed after which an engine should have collected, and after which it is pressed to.
const NUDGE: usize = 128 << 20;
const PRESS: usize = 2 * NUDGE;
/// At most this many notices wait for the listener.
const NOTICES_MAX: usize = 16;

/// Of all environments together.
static COLLECTIONS: AtomicU64 = AtomicU64::new(0);
static UNRECLAIMED: AtomicUsize = AtomicUsize::new(0);

thread_local! {
    /// The ledgers of this thread: one, unless the addon was loaded several times. Never dropped with the thread, because
    /// that may be after the engine is gone; the environments take theirs out when they end.
    static LEDGERS: std::mem::ManuallyDrop<RefCell<Vec<Rc<Ledger>>>> = const {
        std::mem::ManuallyDrop::new(RefCell::new(Vec::new()))
    };
}

/// The table of one environment.
pub(crate) struct Ledger {
    env: Env,
    entries: RefCell<Entries>,
    /// Buffers and objects that were finalized while the table was in use.
    late: RefCell<Vec<Finalized>>,
    /// Buffers that were finalized on another thread: Deno lets the thread that sweeps do it.
    elsewhere: Arc<Mutex<Vec<Key>>>,
    /// Dead since a collection that has not been noticed.
    sentinel: RefCell<Option<WeakObject>>,
    /// Bytes allocated since the last walk, less those that were disposed.
    grown: Cell<usize>,
    /// The same since the last collection that was noticed.
    uncollected: Cell<usize>,
    /// Bytes of dead buffers that the engine has not finalized.
    unreclaimed: Cell<usize>,
    budget: Cell<usize>,
    /// What the engine is told of for a moment in order to press it; 0 where that would do harm.
    press: Cell<usize>,
    notices: RefCell<Vec<Notice>>,
    wants_turn: Cell<bool>,
    listener: RefCell<Option<Rc<Listener>>>,
    /// Snapshots by their addresses, so that the engine is told of each once.
    snapshots: RefCell<HashMap<usize, Weak<ChargedSnapshot>>>,
    charges: Charges,
}

#[derive(Clone, Copy)]
enum Finalized {
    Object(Key),
    Buffer(Key),
}

/// The ledger of an environment, made when first needed.
pub(crate) fn of(env: Env) -> Result<Rc<Ledger>> {
    match find(env) {
        Some(ledger) => Ok(ledger),
        None => Ledger::new(env),
    }
}

/// The ledger of an environment, if it has one: not before the first allocation, and not when it is ending.
pub(crate) fn find(env: Env) -> Option<Rc<Ledger>> {
    LEDGERS.with(|ledgers| ledgers.borrow().iter().find(|ledger| ledger.env.raw() == env.raw()).map(Rc::clone))
}

/// Collections that allocations have noticed, and bytes that are dead and not finalized, in all environments.
pub(crate) fn totals() -> (u64, usize) {
    (COLLECTIONS.load(Ordering::Relaxed), UNRECLAIMED.load(Ordering::Relaxed))
}

impl Ledger {
    fn new(env: Env) -> Result<Rc<Self>> {
        let ledger = Rc::new(Self {
            env,
            entries: RefCell::default(),
            late: RefCell::default(),
            elsewhere: Arc::default(),
            sentinel: RefCell::default(),
            grown: Cell::new(0),
            uncollected: Cell::new(0),
            unreclaimed: Cell::new(0),
            budget: Cell::new(usize::MAX),
            press: Cell::new(0),
            notices: RefCell::default(),
            wants_turn: Cell::new(false),
            listener: RefCell::default(),
            snapshots: RefCell::default(),
            charges: Charges::new(env),
        });
        env.add_env_cleanup_hook(Rc::downgrade(&ledger), |ledger| {
            if let Some(ledger) = ledger.upgrade() {
                ledger.close();
            }
        })?;
        LEDGERS.with(|ledgers| ledgers.borrow_mut().push(Rc::clone(&ledger)));
        Ok(ledger)
    }

    /// To be called before anything is allocated: gives back what is dead.
    pub(crate) fn make_room(&self) {
        self.settle_late();
        self.charges.catch_up();
        // A walk looks at every entry. Allocations pay for it: it costs less than 20 ns for each page that they have.
        let step = STEP.max(self.entries.borrow().len() * page_size().bytes());
        let grown = self.grown.get();
        if grown < step && !self.is_over_budget() {
            return;
        }
        match self.uncollected.get() {
            PRESS.. if self.press.get() > 0 => self.charges.nudge(self.press.get()),
            uncollected @ NUDGE.. => self.charges.nudge(uncollected),
            _ => {}
        }
        if self.was_collected() {
            self.grown.set(0);
            self.uncollected.set(0);
            self.walk();
        } else {
            // Not in every allocation until there is one.
            self.grown.set(grown.min(step - step / 16));
        }
    }

    /// As `make_room`, for memory that JavaScript may get a buffer over.
    ///
    /// # Errors
    /// `ERR_PAGEFOLD_BUDGET` when too many bytes of such buffers wait for the engine.
    pub(crate) fn make_room_within_budget(&self) -> Result<()> {
        self.make_room();
        if !self.is_over_budget() {
            return Ok(());
        }
        self.tell();
        Err(refusal(
            "ERR_PAGEFOLD_BUDGET",
            &format!(
                "{} bytes of regions that were dropped and not disposed wait for a turn of the event loop, above the budget \
                 of {}: dispose regions, yield to the event loop, or use Region.allocateAsync()",
                self.unreclaimed.get(),
                self.budget.get()
            ),
        ))
    }

    /// Enters what `object` owns; how many bytes count as allocated, until [`Ledger::take_out`].
    pub(crate) fn enter<'env>(
        &self,
        object: &impl JsValue<'env>,
        owned: Rc<dyn Owned>,
        made_at: Option<String>,
    ) -> Result<(Key, usize)> {
        let object = WeakObject::new(self.env, object)?;
        let byte_length = owned.byte_length().max(page_size().bytes());
        self.grown.set(self.grown.get().saturating_add(byte_length));
        self.uncollected.set(self.uncollected.get().saturating_add(byte_length));
        Ok((self.entries.borrow_mut().enter(object, owned, made_at.map(String::into_boxed_str)), byte_length))
    }

    /// From now on the memory lives as long as `buffer`.
    pub(crate) fn expose<'env>(&self, key: Key, buffer: &impl JsValue<'env>, byte_length: usize) {
        let buffer = WeakObject::new(self.env, buffer).ok();
        self.entries.borrow_mut().expose(key, buffer, byte_length);
    }

    /// Takes an entry out whose object was disposed, and that counted with so many bytes, unless it is out already.
    pub(crate) fn take_out(&self, key: Key, byte_length: usize) {
        let taken = self.entries.borrow_mut().take_out(key);
        if let Some(entry) = taken {
            self.grown.set(self.grown.get().saturating_sub(byte_length));
            self.uncollected.set(self.uncollected.get().saturating_sub(byte_length));
            self.reclaimed(entry.counted());
            entry.delete();
        }
    }

    /// The engine has finalized an object.
    pub(crate) fn object_gone(&self, key: Key) {
        self.gone(Finalized::Object(key));
    }

    /// The engine has finalized a buffer.
    pub(crate) fn buffer_gone(&self, key: Key) {
        self.gone(Finalized::Buffer(key));
    }

    fn gone(&self, finalized: Finalized) {
        let Ok(mut entries) = self.entries.try_borrow_mut() else {
            // The engine finalizes in the middle of a walk.
            self.late.borrow_mut().push(finalized);
            return;
        };
        let Gone { notice, unreclaimed, owned } = match finalized {
            Finalized::Object(key) => entries.object_gone(key),
            Finalized::Buffer(key) => entries.buffer_gone(key),
        };
        drop(entries);
        self.reclaimed(unreclaimed);
        self.notices(notice);
        drop(owned);
    }

    /// For the finalizer of a buffer over the memory of an entry, on whichever thread that runs.
    pub(crate) fn when_gone(&self, key: Key) -> Box<dyn FnOnce() + Send> {
        let (env, elsewhere) = (self.env.raw().addr(), Arc::clone(&self.elsewhere));
        Box::new(move || {
            let here = LEDGERS
                .with(|ledgers| ledgers.borrow().iter().find(|ledger| ledger.env.raw().addr() == env).map(Rc::clone));
            match here {
                Some(ledger) => ledger.buffer_gone(key),
                // Nobody looks any more once the environment has ended.
                None => elsewhere.lock().unwrap_or_else(PoisonError::into_inner).push(key),
            }
        })
    }

    fn settle_late(&self) {
        let elsewhere = std::mem::take(&mut *self.elsewhere.lock().unwrap_or_else(PoisonError::into_inner));
        elsewhere.into_iter().for_each(|key| self.buffer_gone(key));
        if self.late.borrow().is_empty() {
            return;
        }
        let late = self.late.take();
        late.into_iter().for_each(|finalized| self.gone(finalized));
    }

    /// Whether a collection has happened since the last call that said so.
    fn was_collected(&self) -> bool {
        let is_dead = self.sentinel.borrow().as_ref().map(WeakObject::is_dead_alone);
        if is_dead == Some(false) {
            return false;
        }
        let next = WeakObject::to_nobody(self.env).ok();
        if let Some(old) = self.sentinel.replace(next) {
            old.delete();
        }
        if is_dead == Some(true) {
            COLLECTIONS.fetch_add(1, Ordering::Relaxed);
        }
        is_dead == Some(true)
    }

    /// Gives back what is dead, and counts what waits for the engine.
    fn walk(&self) {
        let (vacuumed, (counted, waiting)) = {
            let mut entries = self.entries.borrow_mut();
            let waiting = entries.count_waiting(self.env);
            (entries.take_dead(self.env), waiting)
        };
        for (notice, entry) in vacuumed {
            self.notices(notice);
            if let Some(owned) = entry.owned() {
                owned.let_go(Ending::Vacuumed);
            }
            entry.delete();
        }
        if counted > 0 {
            self.unreclaimed.set(self.unreclaimed.get() + counted);
            UNRECLAIMED.fetch_add(counted, Ordering::Relaxed);
            self.wants_turn.set(true);
        }
        self.notices(waiting);
    }

    /// A turn of the event loop has passed. What the engine has not finalized after some was transferred to somebody who uses
    /// it, and counts no more. Whether another turn is worth waiting for.
    pub(crate) fn turn(&self) -> bool {
        self.settle_late();
        let (transferred, left) = self.entries.borrow_mut().turn();
        self.reclaimed(transferred);
        left
    }

    pub(crate) fn set_budget(&self, byte_length: usize, press: usize) {
        self.budget.set(byte_length);
        self.press.set(press);
    }

    pub(crate) fn listen(&self, listener: Listener) {
        self.listener.replace(Some(Rc::new(listener)));
    }

    /// Kind, length and place of what is alive.
    pub(crate) fn alive(&self) -> Vec<Notice> {
        self.settle_late();
        self.entries.borrow().alive(self.env)
    }

    pub(crate) fn snapshots(&self) -> &RefCell<HashMap<usize, Weak<ChargedSnapshot>>> {
        &self.snapshots
    }

    pub(crate) const fn charges(&self) -> &Charges {
        &self.charges
    }

    fn is_over_budget(&self) -> bool {
        self.unreclaimed.get() > self.budget.get()
    }

    fn reclaimed(&self, byte_length: usize) {
        self.unreclaimed.set(self.unreclaimed.get().saturating_sub(byte_length));
        UNRECLAIMED.fetch_sub(byte_length, Ordering::Relaxed);
    }

    fn notices(&self, new: impl IntoIterator<Item = Notice>) {
        let mut notices = self.notices.borrow_mut();
        let room = NOTICES_MAX.saturating_sub(notices.len());
        notices.extend(new.into_iter().take(room));
    }

    /// Tells the listener what was cleaned up. JavaScript runs meanwhile: nothing may be borrowed, neither here nor from an
    /// argument of the caller.
    pub(crate) fn tell(&self) {
        let wants_turn = self.wants_turn.take();
        let notices = self.notices.take();
        if !wants_turn && notices.is_empty() {
            return;
        }
        let listener = self.listener.borrow().as_ref().map(Rc::clone);
        let Some(listener) = listener else { return };
        let Ok(function) = listener.borrow_back(&self.env) else { return };
        if wants_turn {
            // What it throws is its own business: the allocation goes on.
            let _ = function.call(FnArgs::from(("turn", 0.0, None)));
        }
        for Notice { kind, byte_length, made_at } in notices {
            let arguments = (kind.name(), crate::number::number(byte_length), made_at.map(String::from));
            let _ = function.call(FnArgs::from(arguments));
        }
    }

    /// The environment ends. What has no buffer is given back now; the engine detaches and finalizes the buffers.
    fn close(&self) {
        LEDGERS.with(|ledgers| ledgers.borrow_mut().retain(|ledger| !std::ptr::eq(&**ledger, self)));
        let entries = self.entries.take();
        self.reclaimed(self.unreclaimed.get());
        entries.close();
        if let Some(sentinel) = self.sentinel.take() {
            sentinel.delete();
        }
        self.listener.replace(None);
        self.charges.close();
    }
}
