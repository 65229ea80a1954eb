//! Paths that are no file, or none of ours.

use std::ffi::CString;
use std::os::unix::ffi::OsStrExt;
use std::path::Path;

use pagefold_core::ErrorKind;

use super::{folder, names_in, open, save, snapshot_of};

#[test]
fn what_is_no_regular_file_is_not_opened() {
    let folder = folder();
    let fifo = folder.path().join("fifo");
    nix::unistd::mkfifo(
        CString::new(fifo.as_os_str().as_bytes()).expect("no NUL in it").as_c_str(),
        nix::sys::stat::Mode::S_IRWXU,
    )
    .expect("a FIFO can be made");
    for path in [folder.path(), &fifo, Path::new("/dev/zero"), Path::new("/dev/null")] {
        let error = open(path).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::NotASnapshot, "{}: {error}", path.display());
    }
}

#[test]
fn what_is_not_there_is_a_failed_call() {
    let folder = folder();
    std::fs::write(folder.path().join("file"), "").expect("it can be written");
    for (path, errno) in [
        (folder.path().join("missing"), libc::ENOENT),
        (folder.path().join("missing/snapshot"), libc::ENOENT),
        (folder.path().join("file/snapshot"), libc::ENOTDIR),
        (Path::new("").to_owned(), libc::ENOENT),
    ] {
        let error = open(&path).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::System, "{}", path.display());
        assert_eq!(error.os_failure().map(|failure| failure.errno), Some(errno), "{}: {error}", path.display());
    }
}

#[test]
fn what_cannot_be_written_is_a_failed_call() {
    let folder = folder();
    std::fs::write(folder.path().join("file"), "old").expect("it can be written");
    std::fs::create_dir_all(folder.path().join("folder/inner")).expect("it can be made");
    let snapshot = snapshot_of(&[1; 10_000]);
    // Nobody may create files in /proc, not even root.
    let paths = ["missing/snapshot", "file/snapshot", "folder", "/proc/snapshot"].map(|path| folder.path().join(path));
    for path in paths.iter().map(|path| path.as_path()).chain([Path::new("")]) {
        let error = save(&snapshot, path).expect_err("refused");
        assert_eq!(error.kind(), ErrorKind::System, "{}: {error}", path.display());
        assert!(error.os_failure().is_some_and(|failure| failure.errno != 0), "{}: {error}", path.display());
    }
    assert_eq!(names_in(folder.path()), ["file", "folder"], "no temporary file is left");
    assert_eq!(names_in(&folder.path().join("folder")), ["inner"]);
}

#[test]
fn a_name_in_the_current_folder_is_enough() {
    let name = format!("pagefold-suite-{}.snapshot", std::process::id());
    let path = Path::new(&name);
    let outcome = save(&snapshot_of(&[1, 2, 3]), path).and_then(|()| open(path));
    std::fs::remove_file(path).expect("it was saved here");
    assert_eq!(outcome.expect("it can be opened").image().to_vec(), [1, 2, 3]);
}

#[test]
fn a_symbolic_link_is_replaced_not_followed() {
    let folder = folder();
    let (target, link) = (folder.path().join("target"), folder.path().join("link"));
    std::fs::write(&target, "precious").expect("it can be written");
    std::os::unix::fs::symlink(&target, &link).expect("links can be made");
    save(&snapshot_of(&[5]), &link).expect("it can be saved");
    assert_eq!(std::fs::read(&target).expect("it is there"), b"precious");
    assert_eq!(open(&link).expect("it can be opened").image().to_vec(), [5]);
}
