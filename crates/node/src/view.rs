//! `NativeView`: a memory whose pages are tracked.

use std::cell::{OnceCell, RefCell, RefMut};
use std::rc::Rc;

use napi::bindgen_prelude::{Function, This, Unknown};
use napi::{Env, Result};
use napi_derive::napi;
use pagefold_core::{Limits, MergeRules, ResetOptions, ResetReport, Residency, View, Window};

use crate::buffer::{Range, Slots};
use crate::charge::ChargedSnapshot;
use crate::entered::{Entered, enter};
use crate::failure::{disposed, failure, refusal};
use crate::ledger::{self, Owned};
use crate::life::{Ending, Kind, Life};
use crate::number;
use crate::pool::LeasedSlot;
use crate::report::{NativeDirty, NativeRejection, NativeResidency, report_numbers};
use crate::rules::NativeRules;
use crate::snapshot::NativeSnapshot;
use crate::tracker::{choice, kinds};

/// A view. Each operation is handed the buffer that holds the memory now, and the range of it that the view covers.
#[napi]
pub struct NativeView {
    tracked: Rc<RefCell<Tracked>>,
    /// Set once, when the object is entered into the ledger.
    entered: OnceCell<Entered>,
}

/// Where the tracked view is.
#[expect(
    clippy::large_enum_variant,
    reason = "there are few, and none is ever moved; every reset would follow a pointer more"
)]
enum Ground {
    /// Here: the memory is an engine's or a region.
    Own(View),
    /// In a pool, which is asked for it anew each time and refuses once the lease is over.
    Leased(LeasedSlot),
}

/// What the object and its function for resetting share.
struct Tracked {
    ground: Option<Ground>,
    baseline: Option<Rc<ChargedSnapshot>>,
    detail: Option<String>,
    life: Life,
}

impl Owned for RefCell<Tracked> {
    fn kind(&self) -> Kind {
        Kind::View
    }

    /// The memory is somebody else's.
    fn byte_length(&self) -> usize {
        0
    }

    fn let_go(&self, ending: Ending) {
        // Nobody uses it: its object is dead.
        let taken = self.try_borrow_mut().map(|mut tracked| {
            tracked.life.end(ending);
            tracked.taken()
        });
        drop(taken);
    }
}

#[napi]
impl NativeView {
    /// A view without a baseline. `claim_byte_length` is how far the memory can grow in place.
    #[napi(constructor, catch_unwind)]
    pub fn new(
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer")] buffer: Unknown<'_>,
        byte_offset: f64,
        byte_length: f64,
        claim_byte_length: f64,
        tracker: String,
        disabled: Vec<String>,
    ) -> Result<Self> {
        ledger::of(env)?.make_room();
        let range = Range::of(env, buffer, byte_offset, byte_length)?;
        let (choice, disabled) = (choice(&tracker)?, kinds(&disabled));
        let view =
            View::new(&range.window()?, number::bytes(claim_byte_length)?, choice, &disabled).map_err(failure)?;
        Ok(Self::over(Ground::Own(view), None))
    }

    /// Name of the tracker in use.
    #[napi(catch_unwind)]
    pub fn tracker(&self) -> Result<&'static str> {
        self.read(|view| view.tracker().name())
    }

    /// Better trackers that cannot be used.
    #[napi(catch_unwind)]
    pub fn rejected(&self) -> Result<Vec<NativeRejection>> {
        self.read(|view| {
            let rejected = view.rejected().iter();
            rejected
                .map(|each| NativeRejection { tracker: each.kind.name().to_owned(), reason: each.reason.clone() })
                .collect()
        })
    }

    /// Captures the memory; the snapshot becomes the baseline. Without rules it cannot grow. Pages that are as in `like` are
    /// shared with it.
    #[napi(catch_unwind)]
    pub fn snapshot(
        &self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer")] buffer: Unknown<'_>,
        byte_offset: f64,
        byte_length: f64,
        rules: Option<&NativeRules>,
        like: Option<&NativeSnapshot>,
    ) -> Result<NativeSnapshot> {
        ledger::of(env)?.make_room();
        let range = Range::of(env, buffer, byte_offset, byte_length)?;
        let like = like.map(NativeSnapshot::held).transpose()?;
        let rules = rules.map(|rules| MergeRules::clone(rules.get()));
        let mut tracked = borrowed(&self.tracked)?;
        let snapshot = tracked.with(&range, |view, window| match (like, rules) {
            (Some(like), rules) => view.snapshot_like(window, like.get(), rules),
            (None, Some(rules)) => view.snapshot_with(window, rules),
            (None, None) => view.snapshot(window),
        })?;
        let charged = ChargedSnapshot::of(env, snapshot)?;
        tracked.baseline = Some(Rc::clone(&charged));
        Ok(NativeSnapshot::shared(charged))
    }

    /// Takes another baseline. Length and report are exchanged through `slots`, see [`Tracked::finish`].
    #[napi(catch_unwind)]
    pub fn restore(
        &self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer")] buffer: Unknown<'_>,
        byte_offset: f64,
        #[napi(ts_arg_type = "ArrayBuffer")] slots: Unknown<'_>,
        snapshot: &NativeSnapshot,
    ) -> Result<()> {
        let slots = Slots::of(env, slots)?;
        let range = Range::of(env, buffer, byte_offset, slots.byte_length())?;
        let charged = snapshot.held()?;
        let mut tracked = borrowed(&self.tracked)?;
        let outcome = tracked.with(&range, |view, window| view.restore(window, charged.get()))?;
        tracked.baseline = Some(charged);
        tracked.finish(outcome, &slots);
        Ok(())
    }

    /// A function that goes back to the baseline. Length and report are exchanged through `slots`, see
    /// [`Tracked::finish`].
    ///
    /// A method would find its object anew in every call, check its class and register the borrow: ten times what the
    /// call itself costs, and most of it code that is out of the caches when a guest has just run.
    ///
    /// It does not keep the view alive: Bun finalizes the objects of a worker that is terminated, and not the functions.
    #[napi(catch_unwind, ts_return_type = "(buffer: ArrayBuffer, slots: ArrayBuffer) => void")]
    pub fn resetter<'env>(&self, env: &'env Env, byte_offset: f64) -> Result<Function<'env, (), ()>> {
        let tracked = Rc::downgrade(&self.tracked);
        env.create_function_from_closure("reset", move |call| {
            let slots = Slots::of(*call.env, call.get(1)?)?;
            let range = Range::of(*call.env, call.get(0)?, byte_offset, slots.byte_length())?;
            let tracked = tracked.upgrade().ok_or_else(|| disposed("view"))?;
            let mut tracked = borrowed(&tracked)?;
            let outcome = tracked.with(&range, View::reset)?;
            tracked.finish(outcome, &slots);
            Ok(())
        })
    }

    /// Goes back to the baseline, and leaves what the rules ignore as it is. As slow as a method.
    #[napi(catch_unwind)]
    pub fn reset_keeping_ignored(
        &self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer")] buffer: Unknown<'_>,
        byte_offset: f64,
        #[napi(ts_arg_type = "ArrayBuffer")] slots: Unknown<'_>,
    ) -> Result<()> {
        let slots = Slots::of(env, slots)?;
        let range = Range::of(env, buffer, byte_offset, slots.byte_length())?;
        let mut tracked = borrowed(&self.tracked)?;
        let options = ResetOptions { keep_ignored: true };
        let outcome = tracked.with(&range, |view, window| view.reset_with(window, options))?;
        tracked.finish(outcome, &slots);
        Ok(())
    }

    /// What the tracker said when the last report's reason was that tracking was lost.
    #[napi(catch_unwind)]
    pub fn detail(&self) -> Result<Option<String>> {
        Ok(borrowed(&self.tracked)?.detail.clone())
    }

    /// The pages that differ from the baseline.
    #[napi(catch_unwind)]
    pub fn dirty(
        &self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer")] buffer: Unknown<'_>,
        byte_offset: f64,
        byte_length: f64,
    ) -> Result<NativeDirty> {
        let range = Range::of(env, buffer, byte_offset, byte_length)?;
        self.with(&range, View::dirty).map(NativeDirty::from)
    }

    /// How much memory stands behind the view.
    #[napi(catch_unwind)]
    pub fn residency(
        &self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer")] buffer: Unknown<'_>,
        byte_offset: f64,
        byte_length: f64,
    ) -> Result<NativeResidency> {
        let range = Range::of(env, buffer, byte_offset, byte_length)?;
        let Residency { resident, private, shared, swapped } =
            self.with(&range, |view, window| view.residency(window))?;
        Ok(NativeResidency {
            resident: number::number(resident),
            private: number::number(private),
            shared: number::number(shared),
            swapped: number::number(swapped),
        })
    }

    /// Enters the object into the ledger, with the place where it was made. To be called once.
    #[napi(catch_unwind)]
    pub fn enter(&self, env: Env, this: This<'_>, made_at: Option<String>) -> Result<()> {
        let owned: Rc<dyn Owned> = Rc::<RefCell<Tracked>>::clone(&self.tracked);
        enter(env, &this.object, &self.entered, owned, made_at)
    }

    /// The view and its memory, for one operation.
    pub(crate) fn with<T>(
        &self,
        range: &Range,
        operation: impl FnOnce(&mut View, &mut Window<'_>) -> pagefold_core::Result<T>,
    ) -> Result<T> {
        borrowed(&self.tracked)?.with(range, operation)
    }

    /// What the view tells of itself.
    fn read<T>(&self, question: impl FnOnce(&View) -> T) -> Result<T> {
        match borrowed(&self.tracked)?.ground()? {
            Ground::Own(view) => Ok(question(view)),
            Ground::Leased(slot) => slot.with(|view, _| Ok(question(view))),
        }
    }

    /// A view of a slot that is leased.
    pub(crate) fn leased(slot: LeasedSlot, baseline: Option<Rc<ChargedSnapshot>>) -> Self {
        Self::over(Ground::Leased(slot), baseline)
    }

    fn over(ground: Ground, baseline: Option<Rc<ChargedSnapshot>>) -> Self {
        let tracked = Tracked { ground: Some(ground), baseline, detail: None, life: Life::begin(Kind::View) };
        Self { tracked: Rc::new(RefCell::new(tracked)), entered: OnceCell::new() }
    }

    /// Budgets and checks of the resets from now on.
    pub(crate) fn limit(&self, limits: Limits) -> Result<()> {
        match borrowed(&self.tracked)?.ground()? {
            Ground::Own(view) => view.set_limits(limits),
            Ground::Leased(_) => {
                return Err(refusal("ERR_PAGEFOLD_UNSUPPORTED", "the pool has the limits of its slots"));
            }
        }
        Ok(())
    }

    /// Ends tracking. Without a buffer (the memory is gone, or its bytes have another owner) no memory is touched. A slot of
    /// a pool stays tracked.
    #[napi(catch_unwind)]
    pub fn dispose(
        &self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer | undefined")] buffer: Option<Unknown<'_>>,
        byte_offset: f64,
        byte_length: f64,
    ) -> Result<()> {
        let (ground, baseline) = {
            let mut tracked = borrowed(&self.tracked)?;
            tracked.life.end(Ending::Disposed);
            tracked.taken()
        };
        drop(baseline);
        if let Some(entered) = self.entered.get() {
            entered.take_out();
        }
        let Some(Ground::Own(view)) = ground else { return Ok(()) };
        if let Some(buffer) = buffer {
            let range = Range::of(env, buffer, byte_offset, byte_length)?;
            view.release(&range.window()?);
        }
        Ok(())
    }
}

impl Tracked {
    fn ground(&mut self) -> Result<&mut Ground> {
        self.ground.as_mut().ok_or_else(|| disposed("view"))
    }

    /// The view and its memory. What `range` is for, if the slot of a pool is meant, is that the buffer still has it.
    fn with<T>(
        &mut self,
        range: &Range,
        operation: impl FnOnce(&mut View, &mut Window<'_>) -> pagefold_core::Result<T>,
    ) -> Result<T> {
        match self.ground()? {
            Ground::Own(view) => operation(view, &mut range.window()?).map_err(failure),
            Ground::Leased(slot) => slot.with(operation),
        }
    }

    fn taken(&mut self) -> (Option<Ground>, Option<Rc<ChargedSnapshot>>) {
        (self.ground.take(), self.baseline.take())
    }

    /// Writes the report where the façade reads it, see [`report_numbers`].
    fn finish(&mut self, outcome: ResetReport, slots: &Slots) {
        slots.write(report_numbers(&outcome));
        self.detail = outcome.detail;
    }
}

/// The right to use a view. Nothing calls back into JavaScript while one is used, so nobody else has it.
fn borrowed(tracked: &RefCell<Tracked>) -> Result<RefMut<'_, Tracked>> {
    tracked.try_borrow_mut().map_err(|_| refusal("ERR_PAGEFOLD_BUSY", "the view is in use"))
}
