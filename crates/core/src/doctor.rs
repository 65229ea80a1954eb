//! What works on this machine, what does not, and why.

use crate::error::Result;
use crate::sys::{self, Capability};
use crate::tracker::{self, TrackerChoice, TrackerKind};

/// The findings.
#[derive(Debug, Clone)]
pub struct Diagnosis {
    /// Release of the running kernel.
    pub kernel: Option<String>,
    /// Bytes a page.
    pub page_byte_length: usize,
    /// What `auto` would choose.
    pub tracker: Option<TrackerKind>,
    /// Each tracker, best first, and why it is refused, if it is.
    pub trackers: Vec<(TrackerKind, Option<String>)>,
    /// Each facility that was probed.
    pub capabilities: Vec<(&'static str, Capability)>,
}

/// Examines this process. The probes run once per process.
///
/// # Errors
/// `OutOfMemory` when they have no memory or descriptors to run.
pub fn diagnose(disabled: &[TrackerKind]) -> Result<Diagnosis> {
    let capabilities = sys::capabilities()?;
    Ok(Diagnosis {
        kernel: sys::kernel_release(),
        page_byte_length: sys::page_size().bytes(),
        tracker: tracker::select(TrackerChoice::Auto, disabled, capabilities).ok().map(|selection| selection.kind),
        trackers: TrackerKind::ALL.map(|kind| (kind, tracker::refusal(kind, disabled, capabilities))).to_vec(),
        capabilities: capabilities.each().map(|(name, capability)| (name, capability.clone())).to_vec(),
    })
}
