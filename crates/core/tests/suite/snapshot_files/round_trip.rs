//! What was saved is what is opened.

use std::os::unix::fs::PermissionsExt;

use pagefold_core::TrackerKind;

use super::{folder, layout, names_in, open, save, snapshot_of};
use crate::guest::{Guest, assert_same_bytes, noise, page_bytes, works_here};

#[test]
fn every_shape_comes_back() {
    let page = page_bytes();
    let mut sparse = vec![0; 700 * page];
    for (index, used) in [(0, 1), (5, 3), (300, 290), (699, 1)] {
        sparse[index * page..(index + used) * page].copy_from_slice(&noise(used * page, index as u64));
    }
    let mut alternating = vec![0; 1100 * page];
    for index in (0..1100).step_by(2) {
        alternating[index * page] = 1;
    }
    let shapes = [
        ("one byte", vec![7]),
        ("one zero byte", vec![0]),
        ("one page", noise(page, 1)),
        ("the last page in part", noise(3 * page + 17, 2)),
        ("full, more than a chunk", noise(600 * page, 3)),
        ("all zero", vec![0; 50 * page]),
        ("sparse", sparse),
        ("alternating", alternating),
    ];
    let folder = folder();
    let path = folder.path().join("snapshot");
    for (name, bytes) in shapes {
        let saved = snapshot_of(&bytes);
        save(&saved, &path).expect("it can be saved");
        let opened = open(&path).expect("it can be opened");
        assert_eq!((opened.id(), opened.version()), (saved.id(), saved.version()), "{name}");
        assert_eq!(opened.image().stored(), saved.image().stored(), "{name}");
        assert_same_bytes(&opened.image().to_vec(), &bytes, name);
        let expected_bytes = layout::HEADER_BYTES + saved.image().stored().runs().len() * layout::RUN_BYTES;
        let expected_bytes = expected_bytes.next_multiple_of(page) + saved.image().stored().page_count() * page;
        let file_bytes = std::fs::metadata(&path).expect("it is there").len();
        assert_eq!(file_bytes, expected_bytes as u64, "{name}: zero pages take no room");
    }
    assert_eq!(names_in(folder.path()), ["snapshot"], "no temporary file is left");
}

#[test]
fn only_the_owner_can_read_the_file() {
    let folder = folder();
    let path = folder.path().join("snapshot");
    std::fs::write(&path, "somebody else's, readable for everybody").expect("it can be written");
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o666)).expect("it is ours");
    save(&snapshot_of(&[1]), &path).expect("it can be saved");
    let mode = std::fs::metadata(&path).expect("it is there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
}

#[test]
fn an_opened_snapshot_is_a_baseline_like_any_other() {
    let folder = folder();
    let path = folder.path().join("snapshot");
    for kind in TrackerKind::ALL.into_iter().filter(|kind| works_here(*kind)) {
        let mut guest = Guest::filled(kind, 40);
        let baseline = guest.bytes();
        save(&guest.snapshot(), &path).expect("it can be saved");
        let opened = open(&path).expect("it can be opened").into();
        let mut other = Guest::growable(kind, 48, 48);
        other.fill(99);
        other.restore(&opened);
        other.touch_all([0, 39, 45]);
        other.reset();
        assert_same_bytes(&other.bytes()[..baseline.len()], &baseline, "after reset");
        assert!(other.bytes()[baseline.len()..].iter().all(|byte| *byte == 0));
    }
}

#[test]
fn the_file_has_the_documented_bytes() {
    let page = page_bytes();
    let folder = folder();
    let path = folder.path().join("snapshot");
    let mut bytes = vec![0; 4 * page];
    bytes[page..3 * page].copy_from_slice(&noise(2 * page, 5));
    let runs = [(1, 2, layout::checksum(&bytes[page..3 * page]))];
    let file = layout::file(4 * page as u64 - 9, &runs, &bytes[page..3 * page]);
    std::fs::write(&path, &file).expect("it can be written");
    let opened = open(&path).expect("it follows the documented layout");
    assert_same_bytes(&opened.image().to_vec(), &bytes[..4 * page - 9], "opened");
    save(&opened, &path).expect("it can be saved");
    assert_eq!(std::fs::read(&path).expect("it is there"), file, "and is saved as the same bytes");
}

#[test]
fn files_of_the_first_format_version_still_open() {
    let page = page_bytes();
    let folder = folder();
    let path = folder.path().join("snapshot");
    let mut bytes = vec![0; 4 * page];
    bytes[page..3 * page].copy_from_slice(&noise(2 * page, 5));
    let runs = [(1, 2, layout::checksum(&bytes[page..3 * page]))];
    std::fs::write(&path, layout::first_file(4 * page as u64 - 9, &runs, &bytes[page..3 * page])).expect("writable");
    let opened = open(&path).expect("it follows the documented layout");
    assert_same_bytes(&opened.image().to_vec(), &bytes[..4 * page - 9], "opened");
    assert_eq!((opened.version(), opened.max_byte_length()), (1, 4 * page as u64 - 9));
}
