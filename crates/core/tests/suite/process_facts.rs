//! What the kernel says about this process.

use std::fs;
use std::os::unix::fs::{FileExt, MetadataExt};

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

/// Bytes of memory that this process pays for: its private pages, and all pages of its memory files.
pub(crate) fn memory_bytes() -> usize {
    let text = fs::read_to_string("/proc/self/smaps_rollup").expect("Linux has had smaps_rollup since 4.14");
    let rest = text.lines().find_map(|line| line.strip_prefix("Pss_Anon:")).expect("smaps_rollup has that line");
    let kilobytes: usize = rest.trim().trim_end_matches(" kB").parse().expect("a number of kB");
    kilobytes * 1024 + memory_file_bytes()
}

fn memory_file_bytes() -> usize {
    let descriptors = fs::read_dir("/proc/self/fd").expect("procfs is mounted");
    let paths = descriptors.map(|entry| entry.expect("procfs can be read").path());
    let files = paths
        .filter(|path| fs::read_link(path).is_ok_and(|target| target.starts_with("/memfd:pagefold-image (deleted)")));
    let blocks = files.filter_map(|path| fs::metadata(path).ok()).map(|information| information.blocks()).sum::<u64>();
    usize::try_from(blocks * 512).expect("less than the address space")
}

/// How many pages of a range are in memory, as `/proc/self/pagemap` tells.
pub(crate) fn resident_pages(address: usize, page_count: usize) -> usize {
    let file = fs::File::open("/proc/self/pagemap").expect("this process is dumpable");
    let mut entries = vec![0; page_count * 8];
    let first = address / crate::guest::page_bytes();
    file.read_exact_at(&mut entries, (first * 8) as u64).expect("pagemap has an entry for each page");
    // Bit 63 of an entry, which is in the machine's own order: present.
    let top_byte = if cfg!(target_endian = "little") { 7 } else { 0 };
    entries.chunks(8).filter(|entry| entry[top_byte] & 0x80 != 0).count()
}

/// Page faults of the calling thread so far.
pub(crate) fn page_faults() -> usize {
    let usage =
        nix::sys::resource::getrusage(nix::sys::resource::UsageWho::RUSAGE_THREAD).expect("Linux knows threads");
    usize::try_from(usage.minor_page_faults() + usage.major_page_faults()).expect("not negative")
}

/// Whether this process may do anything.
pub(crate) fn is_root() -> bool {
    nix::unistd::geteuid().is_root()
}

/// The file behind an address, and the offset in it, as `/proc/self/maps` tells; `None` for anonymous memory.
pub(crate) fn file_behind(address: usize) -> Option<(u64, usize)> {
    let text = fs::read_to_string("/proc/self/maps").expect("procfs is mounted");
    let hexadecimal = |digits: &str| usize::from_str_radix(digits, 16).expect("maps has hexadecimal numbers");
    let found = text.lines().find_map(|line| {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (start, end) = fields[0].split_once('-').expect("a range of addresses");
        let start = hexadecimal(start);
        let inode: u64 = fields[4].parse().expect("a number");
        (start..hexadecimal(end)).contains(&address).then(|| (inode, hexadecimal(fields[2]) + address - start))
    });
    found.filter(|(inode, _)| *inode != 0)
}
