//! What operations on a memory tell of it.

use napi::bindgen_prelude::Float64Array;
use napi_derive::napi;
use pagefold_core::{Dirty, Reason, ResetReport, Strategy};

use crate::buffer::REPORT_SLOTS;
use crate::number;

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

/// How much memory stands behind a view, in pages.
#[napi(object)]
pub struct NativeResidency {
    /// In memory: private and shared.
    pub resident: f64,
    /// Its own.
    pub private: f64,
    /// Of the image, shared with other memories.
    pub shared: f64,
    /// Swapped out, at most.
    pub swapped: f64,
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

/// A report as numbers: strategy, reason, pages scanned, dirty, restored, released, microseconds. Filling an array costs
/// a tenth of making an object property by property. `ts/report.ts` reads them in this order.
pub(crate) fn report_numbers(outcome: &ResetReport) -> [f64; REPORT_SLOTS] {
    let strategy = match outcome.strategy {
        Strategy::CopyBack => 0.0,
        Strategy::Remap => 1.0,
        Strategy::CopyAll => 2.0,
        Strategy::Release => 3.0,
        Strategy::Forward => 4.0,
    };
    let reason = match outcome.reason {
        Reason::Tracked => 0.0,
        Reason::NewBaseline => 1.0,
        Reason::Moved => 2.0,
        Reason::TrackingLost => 3.0,
        Reason::NearlyAllHot => 4.0,
        Reason::BeyondBudget => 5.0,
        Reason::NewVersion => 6.0,
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
