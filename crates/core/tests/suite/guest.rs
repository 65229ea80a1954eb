//! A region with a view over it: the memory of one imagined guest.

use std::collections::BTreeSet;
use std::sync::Arc;

use pagefold_core::{
    Capability, Discarded, Error, ErrorKind, PageRun, Region, ResetReport, Snapshot, TrackerChoice, TrackerKind, View,
    Window, capabilities,
};

use crate::sequence::Sequence;

/// Bytes a page on this machine.
pub(crate) fn page_bytes() -> usize {
    nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE)
        .ok()
        .flatten()
        .and_then(|bytes| usize::try_from(bytes).ok())
        .expect("POSIX requires sysconf(_SC_PAGESIZE)")
}

/// Whether `kind` works on this machine. If not, says why; fails the test when every facility that the kind rests on
/// was probed as available, because then it is pagefold that is at fault, not the machine.
pub(crate) fn works_here(kind: TrackerKind) -> bool {
    let mut region = Region::allocate(1, 1).expect("every Linux can map a page");
    let window = region.window().expect("the region is alive");
    let Err(error) = View::new(&window, 1, TrackerChoice::Named(kind), &[]) else { return true };
    assert_eq!(error.kind(), ErrorKind::Unsupported, "{error}");
    let known = capabilities().expect("the probes have the memory and descriptors that they need");
    let needed: &[&Capability] = match kind {
        TrackerKind::UffdWp => &[&known.memory_file, &known.write_protect],
        TrackerKind::CowPrivate => &[&known.memory_file, &known.private_scan],
        TrackerKind::Compare => &[&known.memory_file],
    };
    assert!(
        needed.iter().any(|capability| !capability.is_available()),
        "{kind} is refused ({error}) though this machine has all that it needs"
    );
    eprintln!("skipped: {kind} cannot work on this machine: {error}");
    false
}

/// Whether this machine tells which pages are private; if not, says so.
pub(crate) fn tells_private_pages() -> bool {
    let known = capabilities().expect("the probes have the memory and descriptors that they need");
    if let Some(reason) = known.private_scan.reason() {
        eprintln!("skipped: what is private cannot be told on this machine: {reason}");
    }
    known.private_scan.is_available()
}

/// One guest.
#[derive(Debug)]
pub(crate) struct Guest {
    pub(crate) region: Region,
    pub(crate) view: View,
}

impl Guest {
    /// A guest of `pages` zero pages.
    pub(crate) fn new(kind: TrackerKind, pages: usize) -> Self {
        Self::growable(kind, pages, pages)
    }

    /// A guest of `pages` zero pages that can grow to `pages_max`.
    pub(crate) fn growable(kind: TrackerKind, pages: usize, pages_max: usize) -> Self {
        Self::with_choice(TrackerChoice::Named(kind), pages, pages_max)
    }

    pub(crate) fn with_choice(choice: TrackerChoice, pages: usize, pages_max: usize) -> Self {
        let max = pages_max * page_bytes();
        let mut region = Region::allocate(pages * page_bytes(), max).expect("the test asks for little memory");
        let window = region.window().expect("the region is alive");
        let view = View::new(&window, max, choice, &[]).expect("the caller has asked whether the tracker works here");
        Self { region, view }
    }

    /// A guest whose pages all hold something else than zero, already snapshotted.
    pub(crate) fn filled(kind: TrackerKind, pages: usize) -> Self {
        let mut guest = Self::new(kind, pages);
        guest.fill(1);
        guest.snapshot();
        guest
    }

    pub(crate) fn window(&mut self) -> Window<'_> {
        self.region.window().expect("the region is alive")
    }

    pub(crate) fn address(&self) -> usize {
        self.region.memory().start()
    }

    pub(crate) fn page_count(&self) -> usize {
        self.region.byte_length().div_ceil(page_bytes())
    }

    /// Gives each page contents of its own, none of them zero.
    pub(crate) fn fill(&mut self, seed: u64) {
        let contents = noise(self.region.byte_length(), seed);
        self.write(0, &contents);
    }

    pub(crate) fn write(&mut self, offset: usize, bytes: &[u8]) {
        self.window().write(offset, bytes).expect("the test writes inside the memory");
    }

    /// Changes one byte of a page: whatever it was, it is something else afterwards.
    pub(crate) fn touch(&mut self, page: usize) {
        let offset = page * page_bytes() + page % page_bytes();
        let old = self.read(offset, 1)[0];
        self.write(offset, &[old.wrapping_add(1)]);
    }

    pub(crate) fn touch_all(&mut self, pages: impl IntoIterator<Item = usize>) {
        pages.into_iter().for_each(|page| self.touch(page));
    }

    pub(crate) fn read(&mut self, offset: usize, byte_length: usize) -> Vec<u8> {
        let mut bytes = vec![0xEE; byte_length];
        self.window().read(offset, &mut bytes).expect("the test reads inside the memory");
        bytes
    }

    /// Everything.
    pub(crate) fn bytes(&mut self) -> Vec<u8> {
        self.read(0, self.region.byte_length())
    }

    pub(crate) fn snapshot(&mut self) -> Arc<Snapshot> {
        self.try_snapshot().expect("there is room for a snapshot")
    }

    pub(crate) fn try_snapshot(&mut self) -> Result<Arc<Snapshot>, Error> {
        self.view.snapshot(&mut self.region.window()?)
    }

    pub(crate) fn restore(&mut self, snapshot: &Arc<Snapshot>) -> ResetReport {
        self.try_restore(snapshot).expect("the snapshot fits")
    }

    pub(crate) fn try_restore(&mut self, snapshot: &Arc<Snapshot>) -> Result<ResetReport, Error> {
        self.view.restore(&mut self.region.window()?, snapshot)
    }

    pub(crate) fn reset(&mut self) -> ResetReport {
        self.try_reset().expect("the guest has a baseline")
    }

    pub(crate) fn try_reset(&mut self) -> Result<ResetReport, Error> {
        self.view.reset(&mut self.region.window()?)
    }

    /// Puts pages of a region in place of `count` pages from `at` on.
    pub(crate) fn map(&mut self, at: usize, count: usize, region: &Region, first_page: usize) -> Result<(), Error> {
        let run = PageRun { start: at, end: at + count };
        self.view.map(&mut self.region.window()?, run, region, first_page)
    }

    /// Zeros in place of `count` pages from `at` on.
    pub(crate) fn discard(&mut self, at: usize, count: usize) -> Result<(), Error> {
        let run = PageRun { start: at, end: at + count };
        self.view.discard(&mut self.region.window()?, run, Discarded::Zero)
    }

    /// The baseline in place of `count` pages from `at` on.
    pub(crate) fn discard_to_baseline(&mut self, at: usize, count: usize) -> Result<(), Error> {
        let run = PageRun { start: at, end: at + count };
        self.view.discard(&mut self.region.window()?, run, Discarded::Baseline)
    }

    /// The dirty pages. Fails the test when tracking was lost, when a page comes twice or when the runs are not
    /// maximal.
    pub(crate) fn dirty(&mut self) -> BTreeSet<usize> {
        let window = &mut self.region.window().expect("the region is alive");
        let dirty = self.view.dirty(window).expect("the guest has a baseline");
        assert_eq!(dirty.lost, None, "tracking was lost");
        for pair in dirty.pages.runs().windows(2) {
            assert!(pair[0].end < pair[1].start, "runs {pair:?} touch or overlap");
        }
        let pages: BTreeSet<usize> = dirty.pages.pages().collect();
        assert_eq!(pages.len(), dirty.pages.page_count(), "a page is reported twice");
        pages
    }
}

/// Bytes of which none is zero.
pub(crate) fn noise(byte_length: usize, seed: u64) -> Vec<u8> {
    let mut sequence = Sequence::new(seed);
    let mut bytes: Vec<u8> =
        std::iter::repeat_with(|| sequence.number().to_le_bytes()).take(byte_length.div_ceil(8)).flatten().collect();
    bytes.truncate(byte_length);
    bytes.iter_mut().for_each(|byte| *byte |= 1);
    bytes
}

/// Fails with the first differing page instead of two walls of bytes.
pub(crate) fn assert_same_bytes(seen: &[u8], expected: &[u8], when: &str) {
    assert_eq!(seen.len(), expected.len(), "length {when}");
    if seen == expected {
        return;
    }
    if let Some(at) = seen.iter().zip(expected).position(|(one, other)| one != other) {
        let page = at / page_bytes();
        panic!("{when}: byte {at} (page {page}) is {:#04x} instead of {:#04x}", seen[at], expected[at]);
    }
}
