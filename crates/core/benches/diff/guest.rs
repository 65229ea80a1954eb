//! A view with memory of its own, as each thread of a fork has one.

use std::sync::Arc;

use pagefold_core::{Author, Diff, DiffOptions, Image, MergeRules, Region, Snapshot, TrackerChoice, View};

use super::bare::Words;
use super::case::{same, words};

#[derive(Debug)]
pub(crate) struct Guest {
    region: Region,
    view: View,
    author: Author,
}

/// A snapshot of these bytes, to be merged by these rules.
pub(crate) fn snapshot_of(bytes: &[u8], rules: MergeRules) -> Result<Arc<Snapshot>, String> {
    let image = Image::from_bytes(bytes).map_err(words)?;
    Snapshot::with_rules(image, rules).map(Arc::new).map_err(words)
}

impl Guest {
    pub(crate) fn new(snapshot: &Arc<Snapshot>, origin: u64) -> Result<Self, String> {
        let byte_length = snapshot.image().byte_length();
        let mut region = Region::allocate(byte_length, byte_length).map_err(words)?;
        let mut window = region.window().map_err(words)?;
        let mut view = View::new(&window, byte_length, TrackerChoice::Auto, &[]).map_err(words)?;
        view.restore(&mut window, snapshot).map_err(words)?;
        Ok(Self { region, view, author: Author { origin, sequence: 0 } })
    }

    pub(crate) fn write(&mut self, byte_offset: usize, bytes: &[u8]) -> Result<(), String> {
        self.region.window().and_then(|mut window| window.write(byte_offset, bytes)).map_err(words)
    }

    pub(crate) fn read(&mut self, byte_offset: usize, into: &mut [u8]) -> Result<(), String> {
        self.region.window().and_then(|window| window.read(byte_offset, into)).map_err(words)
    }

    /// Its memory, read as compiled code reads it.
    pub(crate) fn with_bytes(&mut self, look: impl FnOnce(&[u8])) -> Result<(), String> {
        look(Words::of_region(&mut self.region).bytes());
        Ok(())
    }

    /// Everything that it has changed since the last reset.
    pub(crate) fn diff(&mut self) -> Result<Diff, String> {
        self.author.sequence += 1;
        let window = self.region.window().map_err(words)?;
        self.view.diff(&window, self.author, DiffOptions::default()).map_err(words)
    }

    /// Back to the snapshot, in its current version.
    pub(crate) fn reset(&mut self) -> Result<(), String> {
        let mut window = self.region.window().map_err(words)?;
        self.view.reset(&mut window).map(drop).map_err(words)
    }

    /// Whether it holds these bytes, all of them.
    pub(crate) fn check(&mut self, expected: &[u8]) -> Result<(), String> {
        let mut seen = vec![0; expected.len()];
        self.read(0, &mut seen)?;
        same(&seen, expected)
    }
}
