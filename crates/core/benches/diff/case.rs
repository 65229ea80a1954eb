//! The cases by name, and what each is made of.

use super::caches::Caches;
use super::changed_memory::{ChangedMemory, Share};
use super::{applying, comparing, joining, sending, sizes, summing};

pub(crate) use super::subject::{Case, Subject};

impl Case {
    /// The same with its bytes in memory, as they are when nobody has looked at them for a while. Otherwise each run finds
    /// in the caches what the one before has left there.
    fn read_from_memory(self) -> Self {
        Self { caches: Some(Caches::new()), ..self }
    }
}

pub(crate) const NAMES: [&str; 17] = [
    "diff-one",
    "diff-half",
    "diff-whole",
    "apply-half",
    "apply-whole",
    "sum-f64",
    "sum-i32",
    "diff-one-cached",
    "diff-half-cached",
    "diff-whole-cached",
    "apply-half-cached",
    "apply-whole-cached",
    "sum-f64-cached",
    "sum-i32-cached",
    "cycle",
    "sync",
    "image-size",
];

pub(crate) fn case(name: &str) -> Result<Case, String> {
    match name {
        "cycle" => return sending::case(),
        "sync" => return joining::case(),
        "image-size" => return sizes::case(),
        _ => {}
    }
    let (work, cached) = name.strip_suffix("-cached").map_or((name, false), |work| (work, true));
    let case = match work {
        "diff-one" => comparing::case(ChangedMemory::new(Share::OneByte)),
        "diff-half" => comparing::case(ChangedMemory::new(Share::EverySecondByte)),
        "diff-whole" => comparing::case(ChangedMemory::new(Share::WholePage)),
        "apply-half" => applying::case(ChangedMemory::new(Share::EverySecondByte)),
        "apply-whole" => applying::case(ChangedMemory::new(Share::WholePage)),
        "sum-f64" => summing::of_f64(),
        "sum-i32" => summing::of_i32(),
        _ => Err(format!("no case is named {name}; there are {}", NAMES.join(", "))),
    }?;
    Ok(if cached { case } else { case.read_from_memory() })
}

/// Whether two memories have the same bytes.
pub(crate) fn same(seen: &[u8], expected: &[u8]) -> Result<(), String> {
    if seen == expected {
        return Ok(());
    }
    let at = seen.iter().zip(expected).position(|(one, other)| one != other);
    Err(format!("the bytes differ at {at:?}, of {} and {}", seen.len(), expected.len()))
}

pub(crate) fn words(error: pagefold_core::Error) -> String {
    error.to_string()
}
