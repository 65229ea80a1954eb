//! Choosing a tracker: a named one is used or refused, `auto` takes the best that works and says why not a better one.

use super::TrackerKind;
use crate::error::{Error, ErrorKind, Result};
use crate::sys::{Capabilities, Capability};

/// What the user asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum TrackerChoice {
    /// The best kind that works here.
    Auto,
    /// This kind or none.
    Named(TrackerKind),
}

/// A kind that was passed over, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rejection {
    /// The kind.
    pub kind: TrackerKind,
    /// Why it cannot be used here.
    pub reason: String,
}

/// The chosen kind, and the better ones that were not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Selection {
    /// The kind to use.
    pub kind: TrackerKind,
    /// Kinds better than `kind`, best first. Empty when a kind was named.
    pub rejected: Vec<Rejection>,
}

/// Chooses among what `capabilities` allow and `disabled` does not name.
///
/// # Errors
/// `Unsupported`, with the reason, when the named kind or every kind is refused.
pub(crate) fn select(
    choice: TrackerChoice,
    disabled: &[TrackerKind],
    capabilities: &Capabilities,
) -> Result<Selection> {
    let candidates: &[TrackerKind] = match &choice {
        TrackerChoice::Auto => &TrackerKind::ALL,
        TrackerChoice::Named(kind) => std::slice::from_ref(kind),
    };
    let mut rejected = Vec::new();
    for &kind in candidates {
        match refusal(kind, disabled, capabilities) {
            None => return Ok(Selection { kind, rejected }),
            Some(reason) => rejected.push(Rejection { kind, reason }),
        }
    }
    let reasons: Vec<String> = rejected.iter().map(|each| format!("{}: {}", each.kind, each.reason)).collect();
    Err(Error::new(ErrorKind::Unsupported, format!("no usable tracker here ({})", reasons.join("; "))))
}

/// Why `kind` cannot be used, if it cannot.
#[must_use]
pub(crate) fn refusal(kind: TrackerKind, disabled: &[TrackerKind], capabilities: &Capabilities) -> Option<String> {
    if disabled.contains(&kind) {
        return Some("disabled by the environment".to_owned());
    }
    needs(kind, capabilities).into_iter().find_map(Capability::reason).map(str::to_owned)
}

fn needs(kind: TrackerKind, capabilities: &Capabilities) -> Vec<&Capability> {
    match kind {
        TrackerKind::UffdWp => vec![&capabilities.memory_file, &capabilities.write_protect],
        TrackerKind::CowPrivate => {
            vec![&capabilities.memory_file, &capabilities.private_scan, &capabilities.mapping_query]
        }
        TrackerKind::PagemapRead => {
            vec![&capabilities.memory_file, &capabilities.pagemap_entries, &capabilities.mapping_query]
        }
        TrackerKind::Compare => vec![&capabilities.memory_file],
    }
}
