//! `View::reset`, called from Rust.

use std::sync::Arc;

use pagefold_core::{Error, ImageBuilder, Region, Snapshot, TrackerChoice, TrackerKind, View};

use super::super::bare::Words;
use super::cell::Cell;
use super::subject::Subject;

#[derive(Debug)]
pub(super) struct Pagefold {
    region: Region,
    view: View,
}

/// The snapshot of a slot: `image`, and zeros behind it.
pub(super) fn snapshot(cell: &Cell, image: &[u8]) -> Result<Arc<Snapshot>, Error> {
    let mut builder = ImageBuilder::new(cell.slot_bytes())?;
    builder.write(0, image)?;
    Ok(Arc::new(Snapshot::new(builder.finish()?)))
}

impl Pagefold {
    pub(super) fn new(cell: &Cell, image: &[u8]) -> Result<Self, String> {
        snapshot(cell, image).and_then(|snapshot| Self::of(&snapshot)).map_err(|error| error.to_string())
    }

    pub(super) fn of(snapshot: &Arc<Snapshot>) -> Result<Self, Error> {
        let byte_length = snapshot.image().byte_length();
        let mut region = Region::allocate(byte_length, byte_length)?;
        let mut window = region.window()?;
        let mut view = View::new(&window, byte_length, TrackerChoice::Named(TrackerKind::UffdWp), &[])?;
        view.restore(&mut window, snapshot)?;
        Ok(Self { region, view })
    }
}

impl Subject for Pagefold {
    fn words(&mut self) -> Words<'_> {
        Words::of_region(&mut self.region)
    }

    #[inline]
    fn reset(&mut self) -> Result<(), String> {
        let mut window = self.region.window().map_err(|error| error.to_string())?;
        self.view.reset(&mut window).map(drop).map_err(|error| error.to_string())
    }
}
