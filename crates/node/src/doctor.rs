//! `diagnose`: what works here.

use napi::Result;
use napi_derive::napi;
use pagefold_core::TrackerKind;

use crate::failure::failure;
use crate::number;

/// A facility or tracker, and why it is absent, if it is.
#[napi(object)]
pub struct NativeFinding {
    /// Its name.
    pub name: String,
    /// Why it cannot be used.
    pub reason: Option<String>,
}

/// The findings.
#[napi(object)]
pub struct NativeDiagnosis {
    /// Version of the addon.
    pub version: String,
    /// Release of the running kernel.
    pub kernel: Option<String>,
    /// Bytes a page.
    pub page_byte_length: f64,
    /// What `auto` would choose.
    pub tracker: Option<String>,
    /// Each tracker, best first.
    pub trackers: Vec<NativeFinding>,
    /// Each facility that was probed.
    pub capabilities: Vec<NativeFinding>,
}

/// Examines this process.
#[napi(catch_unwind)]
pub fn diagnose(disabled: Vec<String>) -> Result<NativeDiagnosis> {
    let disabled: Vec<TrackerKind> = disabled.iter().filter_map(|name| TrackerKind::from_name(name)).collect();
    let diagnosis = pagefold_core::diagnose(&disabled).map_err(failure)?;
    let finding =
        |name: &str, reason: Option<&str>| NativeFinding { name: name.to_owned(), reason: reason.map(str::to_owned) };
    Ok(NativeDiagnosis {
        version: env!("CARGO_PKG_VERSION").to_owned(),
        kernel: diagnosis.kernel,
        page_byte_length: number::number(diagnosis.page_byte_length),
        tracker: diagnosis.tracker.map(|kind| kind.name().to_owned()),
        trackers: diagnosis.trackers.iter().map(|(kind, reason)| finding(kind.name(), reason.as_deref())).collect(),
        capabilities: diagnosis.capabilities.iter().map(|(name, each)| finding(name, each.reason())).collect(),
    })
}

/// Bytes a page.
#[napi]
#[must_use]
pub fn page_byte_length() -> f64 {
    number::number(pagefold_core::page_size().bytes())
}
