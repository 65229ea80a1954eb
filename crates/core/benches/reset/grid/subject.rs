//! A way of resetting a slot, and the list of them.

use std::fmt::Debug;
use std::rc::Rc;

use super::super::bare::Words;
use super::bare_best::BareBest;
use super::cell::Cell;
use super::madvise::Madvise;
use super::pagefold::Pagefold;
use super::slot::SlotImage;
use super::wasmtime_style::WasmtimeStyle;
use super::whole_copy::WholeCopy;

pub(super) trait Subject: Debug {
    /// What the guest works on.
    fn words(&mut self) -> Words<'_>;
    fn reset(&mut self) -> Result<(), String>;
}

/// All of them; `bare-never` and `bare-32` are the bare loop that never arms again, and the one that does so after
/// every 32nd reset. Other numbers can be asked for.
pub(super) const NAMES: [&str; 6] = ["whole-copy", "madvise", "wasmtime-style", "bare-never", "bare-32", "pagefold"];

pub(super) fn subject(name: &str, cell: &Cell, image: &Rc<SlotImage>) -> Result<Box<dyn Subject>, String> {
    Ok(match name {
        "whole-copy" => Box::new(WholeCopy::new(cell, image)?),
        "madvise" => Box::new(Madvise::new(cell, image)?),
        "wasmtime-style" => Box::new(WasmtimeStyle::new(cell, image)?),
        "pagefold" => Box::new(Pagefold::new(cell, image.bytes())?),
        "bare-never" => Box::new(BareBest::new(cell, image, None)?),
        other => match other.strip_prefix("bare-").and_then(|every| every.parse().ok()) {
            Some(every) => Box::new(BareBest::new(cell, image, Some(every))?),
            None => return Err(format!("no subject is named {other}; there are {}", NAMES.join(", "))),
        },
    })
}
