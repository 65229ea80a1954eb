//! Snapshots that go on: written, merged, cut off; views that follow from version to version and never show two at once.
//! Names such as `IMG1` are cases that were laid down before there was any code.

#[cfg(all(target_os = "linux", not(pagefold_unsupported)))]
mod alike;
mod changes;
mod images;
mod joins;
mod model;
mod queue;
mod strays;

use std::sync::Arc;

use pagefold_core::{Image, MergeRules, Operation, Snapshot, TrackerKind};

use crate::guest::{Guest, page_bytes, works_here};

fn kinds() -> impl Iterator<Item = TrackerKind> {
    TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind))
}

/// A snapshot of these bytes that can grow to `max` bytes, where the last change wins.
fn growable(bytes: &[u8], max: usize) -> Arc<Snapshot> {
    ruled(bytes, rules(max))
}

fn ruled(bytes: &[u8], rules: MergeRules) -> Arc<Snapshot> {
    let image = if bytes.is_empty() { Image::zeros(0) } else { Image::from_bytes(bytes) };
    Arc::new(Snapshot::with_rules(image.expect("there is room for an image"), rules).expect("it is not too long"))
}

fn rules(max: usize) -> MergeRules {
    MergeRules::new(max as u64, Operation::Overwrite).expect("legal")
}

/// A guest of `pages` pages that shows the snapshot.
fn showing(kind: TrackerKind, pages: usize, snapshot: &Arc<Snapshot>) -> Guest {
    let mut guest = Guest::growable(kind, pages, pages * 2);
    guest.restore(snapshot);
    guest
}

/// All bytes of the current version, read in a way that does not depend on where they lie.
fn contents(snapshot: &Snapshot) -> Vec<u8> {
    let image = snapshot.image();
    let mut bytes = vec![0xEE; image.byte_length()];
    image.read(0, &mut bytes).expect("in range");
    assert_eq!(bytes, image.to_vec(), "both ways of reading");
    bytes
}

fn pages(count: usize) -> usize {
    count * page_bytes()
}
