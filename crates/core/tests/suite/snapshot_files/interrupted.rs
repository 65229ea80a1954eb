//! Saving and opening that is stopped half-way.

use std::cell::Cell;
use std::process::Command;
use std::time::Duration;

use pagefold_core::{ErrorKind, Snapshot};

use super::{folder, names_in, open, save, snapshot_of};
use crate::guest::{assert_same_bytes, noise, page_bytes};
use crate::sequence::Sequence;

/// The flag is raised at each question in turn, until the operation is through without seeing it.
#[test]
fn an_aborted_save_leaves_the_old_file() {
    let folder = folder();
    let path = folder.path().join("snapshot");
    let old = noise(page_bytes(), 1);
    save(&snapshot_of(&old), &path).expect("it can be saved");
    let new = snapshot_of(&noise(700 * page_bytes(), 2));
    let mut questions = 0;
    while let Err(error) = new.save(&path, None, &flag_at(questions)) {
        assert_eq!(error.kind(), ErrorKind::Aborted, "{error}");
        assert_same_bytes(&open(&path).expect("it is whole").image().to_vec(), &old, "the old file");
        assert_eq!(names_in(folder.path()), ["snapshot"], "no temporary file is left");
        questions += 1;
    }
    assert!(questions >= 6, "700 pages are saved in several chunks: {questions} questions");
    assert_eq!(open(&path).expect("it is whole").id(), new.id());
}

#[test]
fn opening_can_be_aborted() {
    let folder = folder();
    let path = folder.path().join("snapshot");
    save(&snapshot_of(&noise(700 * page_bytes(), 2)), &path).expect("it can be saved");
    let mut questions = 0;
    while let Err(error) = Snapshot::open(&path, &flag_at(questions)) {
        assert_eq!(error.kind(), ErrorKind::Aborted, "{error}");
        questions += 1;
    }
    assert!(questions >= 3, "700 pages are read in several chunks: {questions} questions");
}

/// `false` so many times, then `true`.
fn flag_at(questions: usize) -> impl Fn() -> bool {
    let asked = Cell::new(0);
    move || asked.replace(asked.get() + 1) == questions
}

const PATH_VARIABLE: &str = "PAGEFOLD_TEST_SNAPSHOT_PATH";
const KILLS: usize = 25;

/// A process that saves one of two snapshots over and over is killed at some moment: the file is one of the two, whole.
#[test]
fn a_killed_save_leaves_a_whole_file() {
    let contents = [noise(300 * page_bytes(), 1), noise(40 * page_bytes(), 2)];
    if let Ok(path) = std::env::var(PATH_VARIABLE) {
        // Should the parent die first, this process ends by itself.
        nix::unistd::alarm::set(60);
        let snapshots = contents.each_ref().map(|bytes| snapshot_of(bytes));
        loop {
            snapshots.iter().for_each(|snapshot| save(snapshot, path.as_ref()).expect("it can be saved"));
        }
    }
    let folder = folder();
    let path = folder.path().join("snapshot");
    save(&snapshot_of(&contents[0]), &path).expect("it can be saved");
    let name = "snapshot_files::interrupted::a_killed_save_leaves_a_whole_file";
    let mut sequence = Sequence::new(1);
    for _ in 0..KILLS {
        let before = std::fs::metadata(&path).expect("it is there").modified().expect("files have times");
        let mut child = Command::new(std::env::current_exe().expect("the kernel knows the path of a running program"))
            .args([name, "--exact", "--nocapture", "--test-threads=1"])
            .env(PATH_VARIABLE, &path)
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("a test binary can be started again");
        // Not before it saves at all; then at some moment of one of its next saves.
        while std::fs::metadata(&path).expect("it is there").modified().expect("files have times") == before {
            assert!(child.try_wait().expect("it is our child").is_none(), "the child ended by itself");
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_micros(sequence.below(20_000) as u64));
        child.kill().expect("it is our child");
        child.wait().expect("it is our child");
        let opened = open(&path).expect("the file is whole");
        let image = opened.image();
        assert!(contents.iter().any(|known| *known == image.to_vec()), "the file is neither of the two");
    }
    let left = names_in(folder.path()).len() - 1;
    assert!(left <= KILLS, "at most one unfinished file for each kill: {left}");
}

const CHAIN_VARIABLE: &str = "PAGEFOLD_TEST_SNAPSHOT_CHAIN";

/// As above, of a process that saves what changed onto a base, and compacts that file now and then: it is always one of the
/// versions, whole.
#[test]
fn a_killed_save_onto_a_base_leaves_a_whole_chain() {
    let base = noise(200 * page_bytes(), 1);
    if let Ok(folder) = std::env::var(CHAIN_VARIABLE) {
        // Should the parent die first, this process ends by itself.
        nix::unistd::alarm::set(60);
        let path = |name: &str| std::path::Path::new(&folder).join(name);
        let snapshot = open(&path("base")).expect("the parent has saved it");
        for byte in (1..=250).cycle() {
            snapshot.write(&[(70 * page_bytes() as u64, &vec![byte; 90 * page_bytes()])]).expect("in range");
            snapshot.save(&path("top"), Some(&path("base")), &|| false).expect("it can be saved");
            if byte % 3 == 0 {
                Snapshot::compact(&path("top"), &|| false).expect("it can be written anew");
            }
        }
    }
    let folder = folder();
    let path = |name: &str| folder.path().join(name);
    let snapshot = snapshot_of(&base);
    save(&snapshot, &path("base")).expect("it can be saved");
    snapshot.write(&[(0, &base[..1])]).expect("in range");
    snapshot.save(&path("top"), Some(&path("base")), &|| false).expect("it can be saved");
    let name = "snapshot_files::interrupted::a_killed_save_onto_a_base_leaves_a_whole_chain";
    let mut sequence = Sequence::new(1);
    for _ in 0..KILLS {
        let before = std::fs::metadata(path("top")).expect("it is there").modified().expect("files have times");
        let mut child = Command::new(std::env::current_exe().expect("the kernel knows the path of a running program"))
            .args([name, "--exact", "--nocapture", "--test-threads=1"])
            .env(CHAIN_VARIABLE, folder.path())
            .stdout(std::process::Stdio::null())
            .spawn()
            .expect("a test binary can be started again");
        while std::fs::metadata(path("top")).expect("it is there").modified().expect("files have times") == before {
            assert!(child.try_wait().expect("it is our child").is_none(), "the child ended by itself");
            std::thread::sleep(Duration::from_millis(1));
        }
        std::thread::sleep(Duration::from_micros(sequence.below(20_000) as u64));
        child.kill().expect("it is our child");
        child.wait().expect("it is our child");
        let opened = open(&path("top")).expect("the files are whole");
        let image = opened.image();
        let changed = 70 * page_bytes()..160 * page_bytes();
        let seen = image.to_vec();
        let byte = seen[changed.start];
        assert!(seen[changed.clone()].iter().all(|seen| *seen == byte), "one version, not two");
        assert_same_bytes(&seen[..changed.start], &base[..changed.start], "what lies before");
        assert_same_bytes(&seen[changed.end..], &base[changed.end..], "what lies behind");
    }
}
