//! `NativeSnapshot`: a state to go back to.

use std::cell::{OnceCell, RefCell};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use napi::bindgen_prelude::{AsyncTask, This, Uint8ArraySlice};
use napi::{Env, Result, Task};
use napi_derive::napi;
use pagefold_core::{Image, MergeRules, Snapshot};

use crate::buffer;
use crate::cancel::NativeCancel;
use crate::charge::ChargedSnapshot;
use crate::entered::{Entered, enter};
use crate::failure::{disposed, failure};
use crate::ledger::{self, Owned};
use crate::life::{Ending, Kind, Life};
use crate::number;
use crate::rules::NativeRules;

/// A snapshot, shared with the views that have it as their baseline.
#[napi]
pub struct NativeSnapshot {
    held: Rc<HeldSnapshot>,
    /// Set once, when the object is entered into the ledger.
    entered: OnceCell<Entered>,
}

struct HeldSnapshot {
    /// A cell, because saving borrows the object until it is done, and it can be disposed meanwhile.
    snapshot: RefCell<Option<Rc<ChargedSnapshot>>>,
    life: Life,
}

impl Owned for HeldSnapshot {
    fn kind(&self) -> Kind {
        Kind::Snapshot
    }

    fn byte_length(&self) -> usize {
        self.snapshot.borrow().as_ref().map_or(0, |snapshot| snapshot.byte_length())
    }

    fn let_go(&self, ending: Ending) {
        self.life.end(ending);
        drop(self.snapshot.take());
    }
}

#[napi]
impl NativeSnapshot {
    /// A snapshot with a copy of these bytes. Without rules it cannot grow.
    #[napi(factory, catch_unwind)]
    pub fn capture(env: Env, bytes: &[u8], rules: Option<&NativeRules>) -> Result<Self> {
        ledger::of(env)?.make_room();
        let image = Image::from_bytes(bytes).map_err(failure)?;
        let snapshot = match rules {
            Some(rules) => Snapshot::with_rules(image, MergeRules::clone(rules.get())).map_err(failure)?,
            None => Snapshot::new(image),
        };
        Self::charged(env, Arc::new(snapshot))
    }

    /// Reads a file.
    #[napi(factory, catch_unwind)]
    pub fn open(env: Env, path: String) -> Result<Self> {
        ledger::of(env)?.make_room();
        let snapshot = Snapshot::open(Path::new(&path), &|| false).map_err(failure)?;
        Self::charged(env, Arc::new(snapshot))
    }

    /// Reads a file on another thread.
    #[napi(ts_return_type = "Promise<NativeSnapshot>")]
    #[must_use]
    pub fn open_async(path: String, cancel: &NativeCancel) -> AsyncTask<OpenTask> {
        AsyncTask::new(OpenTask { path, cancelled: cancel.flag() })
    }

    /// Writes a file: only what differs from another one, if that is named.
    #[napi(catch_unwind)]
    pub fn save(&self, path: String, base: Option<String>) -> Result<()> {
        let base = base.as_deref().map(Path::new);
        self.held()?.get().save(Path::new(&path), base, &|| false).map_err(failure)
    }

    /// Writes a file on another thread. Disposing the snapshot meanwhile does no harm.
    #[napi(catch_unwind, ts_return_type = "Promise<void>")]
    pub fn save_async(&self, path: String, base: Option<String>, cancel: &NativeCancel) -> Result<AsyncTask<SaveTask>> {
        let snapshot = Arc::clone(self.held()?.get());
        Ok(AsyncTask::new(SaveTask { snapshot, path, base, cancelled: cancel.flag() }))
    }

    /// Makes a file that rests on others one that stands alone.
    #[napi(catch_unwind)]
    pub fn compact(path: String) -> Result<()> {
        Snapshot::compact(Path::new(&path), &|| false).map_err(failure)
    }

    /// The same on another thread.
    #[napi(ts_return_type = "Promise<void>")]
    #[must_use]
    pub fn compact_async(path: String, cancel: &NativeCancel) -> AsyncTask<CompactTask> {
        AsyncTask::new(CompactTask { path, cancelled: cancel.flag() })
    }

    /// 32 hexadecimal digits.
    #[napi(catch_unwind)]
    pub fn id(&self) -> Result<String> {
        Ok(self.held()?.get().id().simple().to_string())
    }

    /// Counts from 0.
    #[napi(catch_unwind)]
    pub fn version(&self) -> Result<f64> {
        number::exact(self.held()?.get().version(), "the version")
    }

    /// Length of the contents in bytes.
    #[napi(catch_unwind)]
    pub fn byte_length(&self) -> Result<f64> {
        Ok(number::number(self.held()?.get().image().byte_length()))
    }

    /// Bytes of the pages that are not all zero.
    #[napi(catch_unwind)]
    pub fn stored_byte_length(&self) -> Result<f64> {
        Ok(number::number(self.held()?.get().image().stored_byte_length()))
    }

    /// Copies the contents from `byte_offset` on into all of `into`.
    #[napi(catch_unwind)]
    pub fn read(&self, byte_offset: f64, mut into: Uint8ArraySlice<'_>) -> Result<()> {
        self.held()?.get().image().read(number::bytes(byte_offset)?, buffer::bytes_mut(&mut into)).map_err(failure)
    }

    /// Lets go of the contents; a view that needs them keeps them.
    #[napi(catch_unwind)]
    pub fn dispose(&self) {
        self.held.let_go(Ending::Disposed);
        if let Some(entered) = self.entered.get() {
            entered.take_out();
        }
    }

    /// Enters the object into the ledger, with the place where it was made. To be called once.
    #[napi(catch_unwind)]
    pub fn enter(&self, env: Env, this: This<'_>, made_at: Option<String>) -> Result<()> {
        let owned: Rc<dyn Owned> = Rc::<HeldSnapshot>::clone(&self.held);
        enter(env, &this.object, &self.entered, owned, made_at)
    }

    pub(crate) fn shared(snapshot: Rc<ChargedSnapshot>) -> Self {
        let held = HeldSnapshot { snapshot: RefCell::new(Some(snapshot)), life: Life::begin(Kind::Snapshot) };
        Self { held: Rc::new(held), entered: OnceCell::new() }
    }

    pub(crate) fn held(&self) -> Result<Rc<ChargedSnapshot>> {
        self.held.snapshot.borrow().as_ref().map(Rc::clone).ok_or_else(|| disposed("snapshot"))
    }

    pub(crate) fn charged(env: Env, snapshot: Arc<Snapshot>) -> Result<Self> {
        ChargedSnapshot::of(env, snapshot).map(Self::shared)
    }
}

/// Opening, away from the JavaScript thread.
pub struct OpenTask {
    path: String,
    cancelled: Arc<AtomicBool>,
}

impl Task for OpenTask {
    type Output = Arc<Snapshot>;
    type JsValue = NativeSnapshot;

    fn compute(&mut self) -> Result<Self::Output> {
        let cancelled = || self.cancelled.load(Ordering::Relaxed);
        Snapshot::open(Path::new(&self.path), &cancelled).map(Arc::new).map_err(failure)
    }

    fn resolve(&mut self, env: Env, snapshot: Self::Output) -> Result<Self::JsValue> {
        NativeSnapshot::charged(env, snapshot)
    }
}

/// Saving, away from the JavaScript thread.
pub struct SaveTask {
    snapshot: Arc<Snapshot>,
    path: String,
    base: Option<String>,
    cancelled: Arc<AtomicBool>,
}

impl Task for SaveTask {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> Result<()> {
        let cancelled = || self.cancelled.load(Ordering::Relaxed);
        let base = self.base.as_deref().map(Path::new);
        self.snapshot.save(Path::new(&self.path), base, &cancelled).map_err(failure)
    }

    fn resolve(&mut self, _env: Env, (): ()) -> Result<()> {
        Ok(())
    }
}

/// Making a file stand alone, away from the JavaScript thread.
pub struct CompactTask {
    path: String,
    cancelled: Arc<AtomicBool>,
}

impl Task for CompactTask {
    type Output = ();
    type JsValue = ();

    fn compute(&mut self) -> Result<()> {
        let cancelled = || self.cancelled.load(Ordering::Relaxed);
        Snapshot::compact(Path::new(&self.path), &cancelled).map_err(failure)
    }

    fn resolve(&mut self, _env: Env, (): ()) -> Result<()> {
        Ok(())
    }
}
