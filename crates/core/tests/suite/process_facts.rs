//! What the kernel says about this process.

use std::fs;

/// Open descriptors of this process, without the one that counts them.
pub(crate) fn descriptor_count() -> usize {
    fs::read_dir("/proc/self/fd").expect("procfs is mounted").count() - 1
}

/// Mappings of this process.
pub(crate) fn mapping_count() -> usize {
    fs::read_to_string("/proc/self/maps").expect("procfs is mounted").lines().count()
}

/// How many mappings a process may have.
pub(crate) fn mapping_limit() -> usize {
    let text = fs::read_to_string("/proc/sys/vm/max_map_count").expect("procfs is mounted");
    text.trim().parse().expect("max_map_count is a number")
}

/// A line of `/proc/self/smaps_rollup` in bytes.
pub(crate) fn resident_bytes(line: &str) -> usize {
    let text = fs::read_to_string("/proc/self/smaps_rollup").expect("Linux has had smaps_rollup since 4.14");
    let rest = text.lines().find_map(|found| found.strip_prefix(line)).expect("smaps_rollup has that line");
    let kilobytes: usize = rest.trim_start_matches(':').trim().trim_end_matches(" kB").parse().expect("a number of kB");
    kilobytes * 1024
}

/// Whether this process may do anything.
pub(crate) fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}
