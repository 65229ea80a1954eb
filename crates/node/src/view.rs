//! `NativeView`: a memory whose pages are tracked.

use std::rc::Rc;

use napi::bindgen_prelude::{Float64Array, Float64ArraySlice, Unknown};
use napi::{Env, Result};
use napi_derive::napi;
use pagefold_core::{Dirty, Reason, ResetReport, Strategy, TrackerChoice, TrackerKind, View};

use crate::buffer::{self, Range};
use crate::charge::ChargedSnapshot;
use crate::failure::{disposed, failure, refusal};
use crate::number;
use crate::snapshot::NativeSnapshot;

/// A tracker that was passed over.
#[napi(object)]
pub struct NativeRejection {
    /// Its name.
    pub tracker: String,
    /// Why it cannot be used.
    pub reason: String,
}

/// The pages that differ from the baseline.
#[napi(object)]
pub struct NativeDirty {
    /// How many pages.
    pub page_count: f64,
    /// First page and page count of each run, alternating.
    pub runs: Float64Array,
    /// Why more pages may be reported than have changed, when the tracker could not tell.
    pub lost: Option<String>,
}

impl From<Dirty> for NativeDirty {
    fn from(dirty: Dirty) -> Self {
        let runs = dirty.pages.runs().iter().flat_map(|run| [run.start, run.page_count()]).map(number::number);
        Self {
            page_count: number::number(dirty.pages.page_count()),
            runs: runs.collect::<Vec<f64>>().into(),
            lost: dirty.lost,
        }
    }
}

/// A view. Each operation is handed the buffer that holds the memory now, and the range of it that the view covers.
#[napi]
pub struct NativeView {
    view: Option<View>,
    baseline: Option<Rc<ChargedSnapshot>>,
    detail: Option<String>,
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
        let range = Range::of(env, buffer, byte_offset, byte_length)?;
        let choice = choice(&tracker)?;
        let disabled: Vec<TrackerKind> = disabled.iter().filter_map(|name| TrackerKind::from_name(name)).collect();
        let view =
            View::new(&range.window()?, number::bytes(claim_byte_length)?, choice, &disabled).map_err(failure)?;
        Ok(Self { view: Some(view), baseline: None, detail: None })
    }

    /// Name of the tracker in use.
    #[napi(catch_unwind)]
    pub fn tracker(&self) -> Result<&'static str> {
        Ok(self.view()?.tracker().name())
    }

    /// Better trackers that cannot be used.
    #[napi(catch_unwind)]
    pub fn rejected(&self) -> Result<Vec<NativeRejection>> {
        let rejected = self.view()?.rejected().iter();
        Ok(rejected
            .map(|each| NativeRejection { tracker: each.kind.name().to_owned(), reason: each.reason.clone() })
            .collect())
    }

    /// Captures the memory; the snapshot becomes the baseline.
    #[napi(catch_unwind)]
    pub fn snapshot(
        &mut self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer")] buffer: Unknown<'_>,
        byte_offset: f64,
        byte_length: f64,
    ) -> Result<NativeSnapshot> {
        let range = Range::of(env, buffer, byte_offset, byte_length)?;
        let snapshot = self.view_mut()?.snapshot(&mut range.window()?).map_err(failure)?;
        let charged = Rc::new(ChargedSnapshot::new(env, snapshot));
        self.baseline = Some(Rc::clone(&charged));
        Ok(NativeSnapshot::shared(charged))
    }

    /// Takes another baseline. The report is written to `report`, see [`numbers`].
    #[napi(catch_unwind)]
    pub fn restore(
        &mut self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer")] buffer: Unknown<'_>,
        byte_offset: f64,
        byte_length: f64,
        snapshot: &NativeSnapshot,
        mut report: Float64ArraySlice<'_>,
    ) -> Result<()> {
        let range = Range::of(env, buffer, byte_offset, byte_length)?;
        let charged = snapshot.held()?;
        let outcome = self.view_mut()?.restore(&mut range.window()?, charged.get()).map_err(failure)?;
        self.baseline = Some(charged);
        self.finish(outcome, &mut report);
        Ok(())
    }

    /// Goes back to the baseline. The report is written to `report`, see [`numbers`].
    #[napi(catch_unwind)]
    pub fn reset(
        &mut self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer")] buffer: Unknown<'_>,
        byte_offset: f64,
        byte_length: f64,
        mut report: Float64ArraySlice<'_>,
    ) -> Result<()> {
        let range = Range::of(env, buffer, byte_offset, byte_length)?;
        let outcome = self.view_mut()?.reset(&mut range.window()?).map_err(failure)?;
        self.finish(outcome, &mut report);
        Ok(())
    }

    /// What the tracker said when the last report's reason was that tracking was lost.
    #[napi(catch_unwind)]
    #[must_use]
    pub fn detail(&self) -> Option<String> {
        self.detail.clone()
    }

    /// The pages that differ from the baseline.
    #[napi(catch_unwind)]
    pub fn dirty(
        &mut self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer")] buffer: Unknown<'_>,
        byte_offset: f64,
        byte_length: f64,
    ) -> Result<NativeDirty> {
        let range = Range::of(env, buffer, byte_offset, byte_length)?;
        self.view_mut()?.dirty(&mut range.window()?).map(NativeDirty::from).map_err(failure)
    }

    /// Ends tracking. Without a buffer (the memory is gone, or its bytes have another owner) no memory is touched.
    #[napi(catch_unwind)]
    pub fn dispose(
        &mut self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer | undefined")] buffer: Option<Unknown<'_>>,
        byte_offset: f64,
        byte_length: f64,
    ) -> Result<()> {
        self.baseline = None;
        let Some(view) = self.view.take() else { return Ok(()) };
        if let Some(buffer) = buffer {
            let range = Range::of(env, buffer, byte_offset, byte_length)?;
            view.release(&range.window()?);
        }
        Ok(())
    }

    fn view(&self) -> Result<&View> {
        self.view.as_ref().ok_or_else(|| disposed("view"))
    }

    pub(crate) fn view_mut(&mut self) -> Result<&mut View> {
        self.view.as_mut().ok_or_else(|| disposed("view"))
    }

    fn finish(&mut self, outcome: ResetReport, report: &mut Float64ArraySlice<'_>) {
        buffer::fill(report, &numbers(&outcome));
        self.detail = outcome.detail;
    }
}

/// A report as numbers: strategy, reason, pages scanned, dirty, restored, released, microseconds. Filling an array costs
/// a tenth of making an object property by property. `ts/report.ts` reads them in this order.
fn numbers(outcome: &ResetReport) -> [f64; 7] {
    let strategy = match outcome.strategy {
        Strategy::CopyBack => 0.0,
        Strategy::Remap => 1.0,
        Strategy::CopyAll => 2.0,
        Strategy::Release => 3.0,
    };
    let reason = match outcome.reason {
        Reason::Tracked => 0.0,
        Reason::NewBaseline => 1.0,
        Reason::Moved => 2.0,
        Reason::TrackingLost => 3.0,
        Reason::NearlyAllHot => 4.0,
        Reason::BeyondBudget => 5.0,
    };
    [
        strategy,
        reason,
        number::number(outcome.pages_scanned),
        number::number(outcome.pages_dirty),
        number::number(outcome.pages_restored),
        number::number(outcome.pages_released),
        number::number(usize::try_from(outcome.duration.as_nanos()).unwrap_or(usize::MAX)) / 1e3,
    ]
}

fn choice(tracker: &str) -> Result<TrackerChoice> {
    if tracker == "auto" {
        return Ok(TrackerChoice::Auto);
    }
    TrackerKind::from_name(tracker)
        .map(TrackerChoice::Named)
        .ok_or_else(|| refusal("ERR_PAGEFOLD_INVALID_ARGUMENT", &format!("there is no tracker named {tracker}")))
}
