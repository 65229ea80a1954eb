//! Files that hold what differs from another one.

use std::path::Path;

use pagefold_core::{ErrorKind, Image, MergeRules, Operation, Snapshot};

use super::layout::{self, BASE_OFFSET, HEADER_BYTES, MAX_BYTE_LENGTH_OFFSET, NAME_LENGTH_OFFSET, put, seal};
use super::{folder, names_in, open, save, snapshot_of};
use crate::guest::{assert_same_bytes, noise, page_bytes};
use crate::sequence::Sequence;

fn growable(bytes: &[u8], max: usize) -> Snapshot {
    let rules = MergeRules::new(max as u64, Operation::Overwrite).expect("legal");
    Snapshot::with_rules(Image::from_bytes(bytes).expect("there is room"), rules).expect("it is not too long")
}

fn save_onto(snapshot: &Snapshot, path: &Path, base: &Path) {
    snapshot.save(path, Some(base), &|| false).expect("it can be saved");
}

fn file_bytes(path: &Path) -> usize {
    usize::try_from(std::fs::metadata(path).expect("it is there").len()).expect("it is small")
}

fn expect_same(path: &Path, snapshot: &Snapshot, when: &str) {
    let opened = open(path).expect("it can be opened");
    assert_same_bytes(&opened.image().to_vec(), &snapshot.image().to_vec(), when);
    assert_eq!(opened.image().stored(), snapshot.image().stored(), "{when}");
    let identity = |of: &Snapshot| (of.id(), of.version(), of.max_byte_length(), of.parent());
    assert_eq!(identity(&opened), identity(snapshot), "{when}");
}

/// One step of a life: a write, zeros, a cut, or growth.
fn change(snapshot: &Snapshot, max: usize, sequence: &mut Sequence) {
    let (page, length) = (page_bytes(), snapshot.image().byte_length());
    let outcome = match sequence.below(6) {
        0 => snapshot.truncate(sequence.below(length) as u64 + 1),
        1 => snapshot.write(&[((length + sequence.below(3 * page)).min(max - 1) as u64, &[1])]),
        2 => {
            let at = sequence.below(length) / page * page;
            snapshot.write(&[(at as u64, &vec![0; page.min(length - at)])])
        }
        _ => snapshot.write(&[(sequence.below(length) as u64, &[sequence.nonzero_byte()])]),
    };
    outcome.expect("nothing is queued, and it is below the maximum");
}

/// By the snapshot that saved the base, and by one that opened it.
#[test]
fn a_chain_of_files_holds_each_version() {
    let (page, pages) = (page_bytes(), 40);
    for seed in 0..6 {
        let mut sequence = Sequence::new(seed);
        let folder = folder();
        let path = |index: usize| folder.path().join(format!("version-{index}"));
        let mut snapshot = growable(&noise(pages * page, seed), 2 * pages * page);
        save(&snapshot, &path(0)).expect("it can be saved");
        for index in 1..12 {
            (0..=sequence.below(3)).for_each(|_| change(&snapshot, 2 * pages * page, &mut sequence));
            let base = path(index - 1 - sequence.below(index.min(2)));
            save_onto(&snapshot, &path(index), &base);
            expect_same(&path(index), &snapshot, &format!("seed {seed}, file {index}"));
            if sequence.below(3) == 0 {
                snapshot = open(&path(index)).expect("it can be opened");
            }
        }
        Snapshot::compact(&path(5), &|| false).expect("it can be written anew");
        expect_same(&path(11), &snapshot, "after one beneath it was compacted");
        Snapshot::compact(&path(11), &|| false).expect("it can be written anew");
        (0..11).for_each(|index| std::fs::remove_file(path(index)).expect("it is ours"));
        expect_same(&path(11), &snapshot, "alone");
        assert_eq!(names_in(folder.path()), ["version-11"]);
    }
}

#[test]
fn a_file_on_another_one_takes_what_changed() {
    let (folder, page) = (folder(), page_bytes());
    let [whole, part] = ["whole", "part"].map(|name| folder.path().join(name));
    let snapshot = growable(&noise(500 * page, 1), 500 * page);
    save(&snapshot, &whole).expect("it can be saved");
    save_onto(&snapshot, &part, &whole);
    assert_eq!(file_bytes(&part), page, "nothing has changed");
    snapshot.write(&[(7 * page as u64, &[1]), (300 * page as u64 - 1, &[2, 3])]).expect("in range");
    save_onto(&snapshot, &part, &whole);
    assert_eq!(file_bytes(&part), 4 * page, "three pages and the header");
    expect_same(&part, &snapshot, "three pages");
    // Somebody else knows nothing of what changed since, and compares.
    let opened = open(&part).expect("it can be opened");
    let again = folder.path().join("again");
    save_onto(&opened, &again, &whole);
    assert_eq!(file_bytes(&again), 4 * page, "the same three pages");
}

#[test]
fn a_fork_can_rest_on_its_parent() {
    let (folder, page) = (folder(), page_bytes());
    let [parents, forks] = ["parent", "fork"].map(|name| folder.path().join(name));
    let parent = growable(&noise(20 * page, 1), 20 * page);
    save(&parent, &parents).expect("it can be saved");
    let fork = parent.fork();
    parent.write(&[(0, &[1])]).expect("in range");
    fork.write(&[(5, &[7])]).expect("in range");
    save_onto(&fork, &forks, &parents);
    assert_eq!(file_bytes(&forks), 2 * page);
    expect_same(&forks, &fork, "the fork");
}

#[test]
fn bases_that_cannot_be_are_refused() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let snapshot = growable(&[1; 100], 100);
    save(&snapshot, &path("base")).expect("it can be saved");
    save(&snapshot_of(&[1; 100]), &path("other")).expect("it can be saved");
    std::fs::create_dir(path("folder")).expect("it can be made");
    std::fs::write(path("text"), [b'x'; 100]).expect("it can be written");
    for (to, base, kind) in [
        ("new", "other", ErrorKind::StaleBase),
        ("new", "missing", ErrorKind::System),
        ("new", "text", ErrorKind::NotASnapshot),
        ("base", "base", ErrorKind::OutOfRange),
        ("folder/new", "base", ErrorKind::OutOfRange),
    ] {
        let error = snapshot.save(&path(to), Some(&path(base)), &|| false).expect_err("refused");
        assert_eq!(error.kind(), kind, "{to} on {base}: {error}");
    }
    let earlier = open(&path("base")).expect("it is there");
    snapshot.write(&[(0, &[2])]).expect("in range");
    save(&snapshot, &path("later")).expect("it can be saved");
    let error = earlier.save(&path("new"), Some(&path("later")), &|| false).expect_err("refused");
    assert_eq!(error.kind(), ErrorKind::StaleBase, "{error}");
    assert_eq!(names_in(folder.path()), ["base", "folder", "later", "other", "text"], "nothing was made");
}

#[test]
fn chains_that_are_broken_are_refused() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let snapshot = growable(&[1; 100], 100);
    let build = || {
        save(&snapshot, &path("base")).expect("it can be saved");
        snapshot.write(&[(0, &[2])]).expect("in range");
        save_onto(&snapshot, &path("top"), &path("base"));
        open(&path("top")).expect("whole");
    };
    build();
    std::fs::remove_file(path("base")).expect("it is ours");
    assert_eq!(open(&path("top")).expect_err("missing").kind(), ErrorKind::System);
    build();
    save(&snapshot, &path("base")).expect("it can be saved");
    assert_eq!(open(&path("top")).expect_err("another version").kind(), ErrorKind::SnapshotCorrupt);
    build();
    save(&snapshot_of(&[1; 100]), &path("base")).expect("it can be saved");
    assert_eq!(open(&path("top")).expect_err("another snapshot").kind(), ErrorKind::SnapshotCorrupt);
    build();
    let mut bytes = std::fs::read(path("base")).expect("it is there");
    let last = bytes.len() - page_bytes();
    bytes[last] ^= 1;
    std::fs::write(path("base"), bytes).expect("it is ours");
    assert_eq!(open(&path("top")).expect_err("altered").kind(), ErrorKind::SnapshotCorrupt);
}

/// A file that rests on `name`, with the id and version that `layout::file` gives to every file.
fn resting_on(name: &[u8]) -> Vec<u8> {
    let mut bytes = layout::file(page_bytes() as u64, &[], &[]);
    bytes.truncate(HEADER_BYTES);
    bytes[BASE_OFFSET..BASE_OFFSET + 16].fill(9);
    put(&mut bytes, BASE_OFFSET + 16, 1);
    put(&mut bytes, NAME_LENGTH_OFFSET - 4, 1 | (name.len() as u64) << 32);
    bytes.extend(name);
    bytes.resize(bytes.len().next_multiple_of(8), 0);
    seal(&mut bytes);
    bytes.resize(page_bytes(), 0);
    bytes
}

#[test]
fn circles_and_ways_to_other_folders_are_refused() {
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    for (name, rests_on) in [("self", "self"), ("one", "other"), ("other", "one")] {
        std::fs::write(path(name), resting_on(rests_on.as_bytes())).expect("it can be written");
    }
    for name in ["self", "one"] {
        assert_eq!(open(&path(name)).expect_err("a circle").kind(), ErrorKind::SnapshotCorrupt, "{name}");
    }
    std::fs::write(path("whole"), layout::file(page_bytes() as u64, &[], &[])).expect("it can be written");
    std::fs::write(path("good"), resting_on(b"whole")).expect("it can be written");
    open(&path("good")).expect("the same with a sound name");
    let names: [&[u8]; 8] = [b"..", b".", b"/etc/passwd", b"../whole", b"a/b", b"a\\b", b"a\0b", b"\xFF\xFE"];
    for name in names {
        std::fs::write(path("bad"), resting_on(name)).expect("it can be written");
        assert_eq!(open(&path("bad")).expect_err("no name").kind(), ErrorKind::SnapshotCorrupt, "{name:?}");
    }
    let mut bytes = resting_on(b"whole");
    put(&mut bytes, MAX_BYTE_LENGTH_OFFSET, 1);
    seal(&mut bytes);
    std::fs::write(path("bad"), bytes).expect("it can be written");
    assert_eq!(open(&path("bad")).expect_err("too long").kind(), ErrorKind::SnapshotCorrupt);
}

#[test]
fn a_chain_has_a_most() {
    let folder = folder();
    let path = |index: usize| folder.path().join(format!("{index}"));
    let snapshot = growable(&[1; 100], 100);
    save(&snapshot, &path(0)).expect("it can be saved");
    (1..=64).for_each(|index| save_onto(&snapshot, &path(index), &path(index - 1)));
    open(&path(64)).expect("64 files beneath one");
    let error = snapshot.save(&path(65), Some(&path(64)), &|| false).expect_err("too many");
    assert_eq!(error.kind(), ErrorKind::OutOfRange);
    Snapshot::compact(&path(64), &|| false).expect("it can be written anew");
    save_onto(&snapshot, &path(65), &path(64));
    expect_same(&path(65), &snapshot, "after compacting");
}
