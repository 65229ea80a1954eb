//! What goes over the pipes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// So many calls of the guest.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Order {
    pub cycles: u32,
    pub resident_pages: i32,
    /// Pages that each call writes to, and the distance from one to the next.
    pub dirty_pages: i32,
    pub stride: i32,
    /// Where the calls write, in turn.
    pub places: Vec<Place>,
    /// Whether to compare the memory byte by byte after each call. Times mean nothing then.
    pub compare: bool,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Place {
    /// The first page to write to.
    pub first_page: i32,
    /// What the guest returns when it finds a clean memory.
    pub checksum: i32,
}

/// What became of an order.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub enum Answer {
    /// The mean of the cycles: each part in wall-clock time, and `total` in CPU time.
    Microseconds(BTreeMap<&'static str, f64>),
    /// A guest found or left something that it must not.
    WrongResult(String),
}
