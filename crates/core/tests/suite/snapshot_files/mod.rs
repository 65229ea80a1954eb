//! Saved snapshots: whole, cut short, altered, interrupted. Whatever a file holds, opening it gives the snapshot that
//! was saved or a typed error.

mod chains;
mod damage;
mod interrupted;
mod layout;
mod places;
mod round_trip;

use std::path::Path;

use pagefold_core::{Error, Image, Snapshot};

fn snapshot_of(bytes: &[u8]) -> Snapshot {
    Snapshot::new(Image::from_bytes(bytes).expect("there is room for an image"))
}

fn save(snapshot: &Snapshot, path: &Path) -> Result<(), Error> {
    snapshot.save(path, None, &|| false)
}

fn open(path: &Path) -> Result<Snapshot, Error> {
    Snapshot::open(path, &|| false)
}

/// A folder that is removed with all it holds at the end of the test.
fn folder() -> tempfile::TempDir {
    tempfile::tempdir().expect("a temporary folder can be created")
}

/// Names in a folder, sorted.
fn names_in(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).expect("the folder is there");
    let mut names: Vec<String> =
        entries.map(|entry| entry.expect("it can be read").file_name().to_string_lossy().into_owned()).collect();
    names.sort();
    names
}
