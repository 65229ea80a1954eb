//! What the kernel has mapped over a range: `PROCMAP_QUERY` (Linux 6.11, linux/fs.h), elsewhere the text of
//! `/proc/self/maps` (proc_pid_maps(5)).
#![expect(unsafe_code, reason = "an ioctl that reads and writes the structure it is given, and msync on a range")]

use std::fs::{self, File};
use std::ops::Range;
use std::os::fd::{AsRawFd, OwnedFd};
use std::ptr::NonNull;
use std::sync::atomic::{AtomicBool, Ordering};

use nix::errno::Errno;
use nix::sys::mman::{MsFlags, msync};

use super::page_size;
use super::process_bound::ProcessBound;
use crate::error::{Error, ErrorKind, Result};
use crate::page_set::PageRun;
use crate::sys::{Backing, Mapped, Pages};

/// `struct procmap_query`: 104 bytes.
#[repr(C)]
#[derive(Debug, Default)]
struct QueryArguments {
    size: u64,
    query_flags: u64,
    query_addr: u64,
    vma_start: u64,
    vma_end: u64,
    vma_flags: u64,
    vma_page_size: u64,
    vma_offset: u64,
    inode: u64,
    dev_major: u32,
    dev_minor: u32,
    vma_name_size: u32,
    build_id_size: u32,
    vma_name_addr: u64,
    build_id_addr: u64,
}

const _: () = assert!(size_of::<QueryArguments>() == 104);

nix::ioctl_readwrite!(procmap_query, b'f', 17, QueryArguments);

/// Bits of `vma_flags`.
const READABLE_WRITABLE: u64 = 1 | 2;
const SHARED: u64 = 8;

/// Like a pagemap descriptor, one that a child inherits describes the parent.
static MAPS: ProcessBound = ProcessBound::new(|| {
    File::open("/proc/self/maps")
        .map(OwnedFd::from)
        .map_err(|error| Error::os("open", "opening /proc/self/maps", &error))
});

/// Set when the kernel has said that it does not know the ioctl.
static TEXT_ONLY: AtomicBool = AtomicBool::new(false);

/// A mapping, as the kernel tells of it.
struct Found {
    addresses: Range<usize>,
    backing: Backing,
}

/// Appends what is mapped over `run`, ascending and without a gap, counted from the beginning of `pages`. About 1 us
/// for each mapping in it with the ioctl; without it, some 0.2 us for each mapping of the process.
///
/// # Errors
/// `OutOfRange` when `pages` lacks a page of `run`, `System` when `/proc/self/maps` cannot be asked.
pub(crate) fn mappings(pages: Pages<'_>, run: PageRun, found: &mut Vec<Mapped>) -> Result<()> {
    let part = pages.part(run)?;
    let addresses = part.start()..part.start() + part.byte_length();
    let kept = found.len();
    let mut push = |mapping: Found| found.push(in_pages(&mapping, &addresses, run.start));
    if !TEXT_ONLY.load(Ordering::Relaxed) && by_query(&addresses, &mut push)? {
        return Ok(());
    }
    found.truncate(kept);
    let text = fs::read("/proc/self/maps").map_err(|error| Error::os("read", "reading /proc/self/maps", &error))?;
    by_text(&text, &addresses, &mut |mapping| found.push(in_pages(&mapping, &addresses, run.start)))
}

/// The part of a mapping that lies in `addresses`, whose first page is number `first`.
fn in_pages(mapping: &Found, addresses: &Range<usize>, first: usize) -> Mapped {
    let start = mapping.addresses.start.max(addresses.start);
    let end = mapping.addresses.end.min(addresses.end);
    let page = |address: usize| first + page_size().index(address - addresses.start);
    Mapped {
        run: PageRun { start: page(start), end: page(end) },
        backing: mapping.backing.further(start - mapping.addresses.start),
    }
}

/// Hands over every mapping in `addresses`, and [`Backing::Other`] for what is not mapped. `false` when the kernel does not
/// answer this question, or may not.
fn by_query(addresses: &Range<usize>, found: &mut impl FnMut(Found)) -> Result<bool> {
    let mut next = addresses.start;
    while next < addresses.end {
        match query(next) {
            Ok(mapping) => {
                next = mapping.addresses.end;
                found(mapping);
            }
            Err(Failed::Unmapped) => {
                found(Found { addresses: next..addresses.end, backing: Backing::Other });
                return Ok(true);
            }
            Err(Failed::Unanswered(Errno::ENOTTY)) => {
                TEXT_ONLY.store(true, Ordering::Relaxed);
                return Ok(false);
            }
            Err(Failed::Unanswered(_)) => return Ok(false),
            Err(Failed::Unopened(error)) => return Err(error),
        }
    }
    Ok(true)
}

enum Failed {
    Unopened(Error),
    Unmapped,
    Unanswered(Errno),
}

/// The mapping that covers `address`.
fn query(address: usize) -> std::result::Result<Found, Failed> {
    let fd = MAPS.get().map_err(Failed::Unopened)?;
    let mut asked = QueryArguments { size: 104, query_addr: address as u64, ..QueryArguments::default() };
    loop {
        // SAFETY: `asked` is a procmap_query with its size in it; no buffers are named in it, so the kernel writes to
        // nothing else.
        match unsafe { procmap_query(fd.as_raw_fd(), &raw mut asked) } {
            Ok(_) => break,
            Err(Errno::EINTR) => {}
            Err(Errno::ENOENT) => return Err(Failed::Unmapped),
            Err(errno) => return Err(Failed::Unanswered(errno)),
        }
    }
    let range = |start: u64, end: u64| Some(usize::try_from(start).ok()?..usize::try_from(end).ok()?);
    let addresses = range(asked.vma_start, asked.vma_end).filter(|range| range.contains(&address));
    let usable = asked.vma_flags & READABLE_WRITABLE == READABLE_WRITABLE;
    let device = u64::from(asked.dev_major) << 32 | u64::from(asked.dev_minor);
    let backing = backing(usable, device, asked.inode, asked.vma_offset, asked.vma_flags & SHARED != 0);
    addresses.map(|addresses| Found { addresses, backing }).ok_or(Failed::Unanswered(Errno::EINVAL))
}

const fn backing(usable: bool, device: u64, inode: u64, offset: u64, shared: bool) -> Backing {
    match (usable, inode) {
        (false, _) => Backing::Other,
        (true, 0) if !shared => Backing::Anonymous,
        (true, inode) => Backing::File { device, inode, offset, shared },
    }
}

/// As [`by_query`], from the text of `/proc/self/maps`.
fn by_text(text: &[u8], addresses: &Range<usize>, found: &mut impl FnMut(Found)) -> Result<()> {
    let mut next = addresses.start;
    for line in text.split(|byte| *byte == b'\n').filter(|line| !line.is_empty()) {
        let mapping = parse(line).ok_or_else(|| {
            Error::new(ErrorKind::System, format!("/proc/self/maps has a strange line: {}", line.escape_ascii()))
        })?;
        if mapping.addresses.end <= next {
            continue;
        }
        if mapping.addresses.start > next || next >= addresses.end {
            break;
        }
        next = mapping.addresses.end;
        found(mapping);
    }
    if next < addresses.end {
        found(Found { addresses: next..addresses.end, backing: Backing::Other });
    }
    Ok(())
}

/// `start-end permissions offset major:minor inode path`: all but the inode hexadecimal.
fn parse(line: &[u8]) -> Option<Found> {
    let mut fields = line.split(|byte| *byte == b' ').map(|field| std::str::from_utf8(field).ok());
    let (start, end) = fields.next()??.split_once('-')?;
    let permissions = fields.next()??;
    let offset = u64::from_str_radix(fields.next()??, 16).ok()?;
    let (major, minor) = fields.next()??.split_once(':')?;
    let device = u64::from_str_radix(major, 16).ok()? << 32 | u64::from_str_radix(minor, 16).ok()?;
    let inode: u64 = fields.next()??.parse().ok()?;
    Some(Found {
        addresses: usize::from_str_radix(start, 16).ok()?..usize::from_str_radix(end, 16).ok()?,
        backing: backing(permissions.starts_with("rw"), device, inode, offset, !permissions.ends_with('p')),
    })
}

/// Fails where something in `pages` is not mapped at all: scans leave such holes out and report no error. One call, about
/// 0.1 us.
///
/// # Errors
/// `System` when a page is not mapped.
pub(crate) fn require_mapped(pages: Pages<'_>) -> Result<()> {
    let Some(address) = NonNull::new(pages.as_ptr().cast_mut().cast()) else { return Ok(()) };
    // SAFETY: MS_ASYNC does nothing since Linux 2.6.19 but look whether the whole range is mapped (msync(2)).
    unsafe { msync(address, pages.byte_length(), MsFlags::MS_ASYNC) }.map_err(|errno| match errno {
        // The name of this number speaks of memory that there is not enough of, which is not what msync means by it.
        Errno::ENOMEM => Error::new(
            ErrorKind::System,
            "a part of the memory is not mapped any more: other native code has unmapped or moved it; a reset or a restore \
             maps it again",
        ),
        errno => Error::os("msync", "looking whether the memory is still mapped", &errno.into()),
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Mapping, MemoryFile, map_file_over, map_zero_over};
    use super::*;
    use crate::sys::PagesMut;

    #[test]
    fn lines_are_read() {
        let found = parse(b"7f00a000-7f00c000 rw-p 00003000 fe:01 1234                  /tmp/a b").expect("a mapping");
        let backing = Backing::File { device: 0xfe << 32 | 1, inode: 1234, offset: 0x3000, shared: false };
        assert_eq!((found.addresses, found.backing), (0x7f00_a000..0x7f00_c000, backing));
        for (line, backing) in [
            (&b"1000-2000 rw-p 00000000 00:00 0 "[..], Backing::Anonymous),
            (b"1000-2000 rwxp 00000000 00:00 0 [heap]", Backing::Anonymous),
            (
                b"1000-2000 rw-s 00000000 00:01 7 /dev/zero (deleted)",
                Backing::File { device: 1, inode: 7, offset: 0, shared: true },
            ),
            (b"1000-2000 r--p 00000000 00:01 7 /memfd:x (deleted)", Backing::Other),
            (b"1000-2000 ---p 00000000 00:00 0", Backing::Other),
        ] {
            assert_eq!(parse(line).map(|found| found.backing), Some(backing), "{}", line.escape_ascii());
        }
        for line in [&b""[..], b"1000", b"1000-2000 rw-p 0", b"x-2000 rw-p 0 00:00 0", b"1000-2000 rw-p 0 00:00 \xff"] {
            assert!(parse(line).is_none(), "{}", line.escape_ascii());
        }
    }

    #[test]
    fn both_ways_tell_the_same() {
        let page = page_size().bytes();
        let mapping = Mapping::zeroed(10 * page).expect("there is room");
        // SAFETY: the mapping is alive until the end of the test and known to nobody else.
        let mut pages = unsafe { PagesMut::assume_mapped(mapping.start(), 10 * page) }.expect("whole pages");
        let file = MemoryFile::create("pagefold-probe", 10 * page).expect("there is room");
        file.seal().expect("it can be sealed");
        let run = |start, end| PageRun { start, end };
        map_file_over(&mut pages.part_mut(run(2, 8)).expect("in range"), &file, 3 * page).expect("maps");
        map_zero_over(&mut pages.part_mut(run(4, 5)).expect("in range")).expect("maps");
        let addresses = mapping.start() + page..mapping.start() + 7 * page;
        let (mut asked, mut read) = (Vec::new(), Vec::new());
        let mut ask = |found: Found| asked.push(in_pages(&found, &addresses, 1));
        let answered = by_query(&addresses, &mut ask).expect("the file can be opened");
        let text = fs::read("/proc/self/maps").expect("procfs is mounted");
        by_text(&text, &addresses, &mut |found| read.push(in_pages(&found, &addresses, 1))).expect("it is understood");
        let [zeros, Mapped { backing: Backing::File { device, inode, .. }, .. }, ..] = read[..] else {
            panic!("{read:?}");
        };
        assert_eq!(zeros, Mapped { run: run(1, 2), backing: Backing::Anonymous });
        let of_file = |start, end, offset: usize| Mapped {
            run: run(start, end),
            backing: Backing::File { device, inode, offset: (offset * page) as u64, shared: false },
        };
        let between = Mapped { run: run(4, 5), backing: Backing::Anonymous };
        assert_eq!(read, [zeros, of_file(2, 4, 3), between, of_file(5, 7, 6)]);
        if answered {
            assert_eq!(asked, read);
        } else {
            eprintln!("skipped: this kernel does not know PROCMAP_QUERY");
        }
    }
}
