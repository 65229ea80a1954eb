//! Whatever can bring memory back to its baseline.

use std::fmt::Debug;
use std::sync::Arc;

use pagefold_core::{Image, Region, Snapshot, TrackerChoice, TrackerKind, View};

use super::bare::make_resident;
use super::bare_loop::BareLoop;
use super::decommit::Decommit;

/// Every subject, in the order in which they run. The slow ones come last in a round: they leave the caches cold.
pub(crate) const NAMES: [&str; 7] =
    ["bare", "uffd-wp", "cow-private", "pagemap-read", "compare", "decommit", "whole-copy"];

/// One way of resetting, with memory of its own.
pub(crate) trait Subject: Debug {
    fn name(&self) -> &'static str;
    /// Writes to each of these pages.
    fn dirty(&mut self, pages: &[usize]);
    fn reset(&mut self) -> Result<(), String>;
    /// Whether the memory is its baseline, byte by byte.
    fn check(&mut self) -> Result<(), String>;
    /// Work between two rounds that is not timed.
    fn between_rounds(&mut self) -> Result<(), String> {
        Ok(())
    }
    /// Takes milliseconds: runs in fewer rounds.
    fn is_slow(&self) -> bool {
        false
    }
}

pub(crate) fn page_bytes() -> usize {
    let bytes = nix::unistd::sysconf(nix::unistd::SysconfVar::PAGE_SIZE).ok().flatten();
    bytes.and_then(|bytes| usize::try_from(bytes).ok()).expect("POSIX requires sysconf(_SC_PAGESIZE)")
}

/// The subjects with these names, all of them if none is given. A tracker that does not work here is left out, with
/// its reason on standard error; one that was named is an error.
pub(crate) fn all(byte_length: usize, names: &[String]) -> Result<Vec<Box<dyn Subject>>, String> {
    let contents: Arc<[u8]> = contents(byte_length).into();
    let snapshot = Image::from_bytes(&contents).map(|image| Arc::new(Snapshot::new(image)));
    let snapshot = snapshot.map_err(|error| error.to_string())?;
    let mut subjects = Vec::new();
    for name in NAMES {
        let asked = names.iter().any(|asked| asked == name);
        if !asked && !names.is_empty() {
            continue;
        }
        match one(name, &contents, &snapshot) {
            Ok(subject) => subjects.push(subject),
            Err(problem) if asked => return Err(format!("{name}: {problem}")),
            Err(problem) => eprintln!("reset: {name} is left out: {problem}"),
        }
    }
    Ok(subjects)
}

fn one(name: &'static str, contents: &Arc<[u8]>, snapshot: &Arc<Snapshot>) -> Result<Box<dyn Subject>, String> {
    let baseline = Arc::clone(contents);
    Ok(match TrackerKind::from_name(name) {
        Some(kind) => Box::new(Tracked::new(kind, snapshot).map_err(|error| error.to_string())?),
        None if name == "bare" => Box::new(Bare { bare: BareLoop::new(contents)?, baseline }),
        None if name == "decommit" => Box::new(GivenUp { memory: Decommit::new(contents)?, baseline }),
        None => Box::new(WholeCopy { memory: contents.to_vec(), baseline }),
    })
}

/// Bytes of which none is zero, so that every page is stored.
fn contents(byte_length: usize) -> Vec<u8> {
    let mut state = 1_u64;
    let mut bytes = Vec::with_capacity(byte_length);
    while bytes.len() < byte_length {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        bytes.extend((state | 0x0101_0101_0101_0101).to_le_bytes());
    }
    bytes
}

fn same(seen: &[u8], baseline: &[u8]) -> Result<(), String> {
    if seen == baseline {
        return Ok(());
    }
    let at = seen.iter().zip(baseline).position(|(one, other)| one != other);
    Err(format!("the memory differs from the baseline at {at:?}"))
}

/// Where page `page` is written, somewhere inside it.
fn offset_in(page: usize, page_bytes: usize) -> usize {
    page * page_bytes + page % page_bytes
}

/// `View::reset` with one tracker.
#[derive(Debug)]
struct Tracked {
    region: Region,
    view: View,
    snapshot: Arc<Snapshot>,
    page_bytes: usize,
}

impl Tracked {
    fn new(kind: TrackerKind, snapshot: &Arc<Snapshot>) -> Result<Self, pagefold_core::Error> {
        let byte_length = snapshot.image().byte_length();
        let mut region = Region::allocate(byte_length, byte_length)?;
        let mut window = region.window()?;
        let mut view = View::new(&window, byte_length, TrackerChoice::Named(kind), &[])?;
        view.restore(&mut window, snapshot)?;
        Ok(Self { region, view, snapshot: Arc::clone(snapshot), page_bytes: page_bytes() })
    }
}

impl Subject for Tracked {
    fn name(&self) -> &'static str {
        self.view.tracker().name()
    }

    fn dirty(&mut self, pages: &[usize]) {
        let mut window = self.region.window().expect("the region is alive");
        let image = self.snapshot.image();
        for page in pages {
            let offset = offset_in(*page, self.page_bytes);
            let baseline = image.page(*page).map_or(0, |bytes| bytes[offset % self.page_bytes]);
            window.write(offset, &[!baseline]).expect("the page lies in the window");
        }
    }

    fn reset(&mut self) -> Result<(), String> {
        let mut window = self.region.window().map_err(|error| error.to_string())?;
        self.view.reset(&mut window).map(drop).map_err(|error| error.to_string())
    }

    fn check(&mut self) -> Result<(), String> {
        let baseline = self.snapshot.image().to_vec();
        let mut seen = vec![0; baseline.len()];
        let window = self.region.window().map_err(|error| error.to_string())?;
        window.read(0, &mut seen).map_err(|error| error.to_string())?;
        same(&seen, &baseline)
    }

    /// Releasing pages takes their neighbours along; a guest that uses all of its memory would have read them again.
    fn between_rounds(&mut self) -> Result<(), String> {
        match self.view.tracker() {
            TrackerKind::CowPrivate | TrackerKind::PagemapRead => {
                make_resident(self.region.memory().start(), self.region.byte_length())
            }
            TrackerKind::UffdWp | TrackerKind::Compare => Ok(()),
        }
    }

    fn is_slow(&self) -> bool {
        self.view.tracker() == TrackerKind::Compare
    }
}

#[derive(Debug)]
struct Bare {
    bare: BareLoop,
    baseline: Arc<[u8]>,
}

impl Subject for Bare {
    fn name(&self) -> &'static str {
        "bare"
    }

    fn dirty(&mut self, pages: &[usize]) {
        let page_bytes = page_bytes();
        for page in pages {
            let offset = offset_in(*page, page_bytes);
            self.bare.write(offset, !self.baseline[offset]);
        }
    }

    fn reset(&mut self) -> Result<(), String> {
        self.bare.reset()
    }

    fn check(&mut self) -> Result<(), String> {
        same(self.bare.bytes(), &self.baseline)
    }
}

/// Copying the whole heap back from a saved copy, as JavaScript can do by itself.
#[derive(Debug)]
struct WholeCopy {
    memory: Vec<u8>,
    baseline: Arc<[u8]>,
}

impl Subject for WholeCopy {
    fn name(&self) -> &'static str {
        "whole-copy"
    }

    fn dirty(&mut self, pages: &[usize]) {
        let page_bytes = page_bytes();
        for page in pages {
            let offset = offset_in(*page, page_bytes);
            self.memory[offset] = !self.baseline[offset];
        }
    }

    fn reset(&mut self) -> Result<(), String> {
        self.memory.copy_from_slice(&self.baseline);
        std::hint::black_box(&mut self.memory);
        Ok(())
    }

    fn check(&mut self) -> Result<(), String> {
        same(&self.memory, &self.baseline)
    }

    fn is_slow(&self) -> bool {
        true
    }
}

#[derive(Debug)]
struct GivenUp {
    memory: Decommit,
    baseline: Arc<[u8]>,
}

impl Subject for GivenUp {
    fn name(&self) -> &'static str {
        "decommit"
    }

    fn dirty(&mut self, pages: &[usize]) {
        let page_bytes = page_bytes();
        for page in pages {
            let offset = offset_in(*page, page_bytes);
            self.memory.write(offset, !self.baseline[offset]);
        }
    }

    fn reset(&mut self) -> Result<(), String> {
        self.memory.reset()
    }

    fn check(&mut self) -> Result<(), String> {
        same(self.memory.bytes(), &self.baseline)
    }

    fn is_slow(&self) -> bool {
        true
    }
}
