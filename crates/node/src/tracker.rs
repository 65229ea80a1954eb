//! Trackers by their names.

use napi::Result;
use pagefold_core::{TrackerChoice, TrackerKind};

use crate::failure::refusal;

/// The trackers that these names stand for.
pub(crate) fn kinds(names: &[String]) -> Vec<TrackerKind> {
    names.iter().filter_map(|name| TrackerKind::from_name(name)).collect()
}

pub(crate) fn choice(tracker: &str) -> Result<TrackerChoice> {
    if tracker == "auto" {
        return Ok(TrackerChoice::Auto);
    }
    TrackerKind::from_name(tracker)
        .map(TrackerChoice::Named)
        .ok_or_else(|| refusal("ERR_PAGEFOLD_INVALID_ARGUMENT", &format!("there is no tracker named {tracker}")))
}
