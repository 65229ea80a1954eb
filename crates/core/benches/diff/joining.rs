//! Eight views change one image, and all of them go on from what that makes: beside mapping the image anew for each.

use std::hint::black_box;
use std::ops::Range;
use std::sync::Arc;

use pagefold_core::{Diff, ElementType, MergeRegion, MergeRules, Operation, Snapshot};

use super::bare::Mapping;
use super::case::{Case, Subject, same, words};
use super::changed_memory::{PAGE_BYTES, scattered};
use super::guest::{Guest, snapshot_of};
use super::memory_file::memory_file;
use super::noise::Noise;

const BYTE_LENGTH: usize = 64 << 20;
const VIEWS: usize = 8;
/// Pages that each view changes: one that all of them add to, the others its own.
const DIRTY_PAGES: usize = 16;

pub(crate) fn case() -> Result<Case, String> {
    let contents = Noise::new(4).bytes(BYTE_LENGTH);
    Ok(Case::of(vec![
        Box::new(Remapping::new(&contents)?),
        Box::new(Joining::new(contents.clone(), false)?),
        Box::new(Joining::new(contents, true)?),
    ]))
}

/// The page that all views count in, and those of each view.
fn places() -> (Range<usize>, Vec<Vec<Range<usize>>>) {
    let all = scattered(VIEWS * (DIRTY_PAGES - 1), BYTE_LENGTH / PAGE_BYTES);
    let own = |view: usize| all.iter().skip(view).step_by(VIEWS).cloned().collect();
    (0..PAGE_BYTES, (0..VIEWS).map(own).collect())
}

/// Queues eight diffs, syncs, and brings eight views forward.
#[derive(Debug)]
struct Joining {
    snapshot: Arc<Snapshot>,
    guests: Vec<Guest>,
    shared: Range<usize>,
    own: Vec<Vec<Range<usize>>>,
    noise: Noise,
    diffs: Vec<Diff>,
    /// What every view has to hold, computed without pagefold.
    expected: Vec<u8>,
    /// Whether a word of each page of each view is read as well.
    reads: bool,
}

impl Joining {
    fn new(expected: Vec<u8>, reads: bool) -> Result<Self, String> {
        let (shared, own) = places();
        let counters = MergeRegion {
            byte_offset: shared.start as u64,
            byte_length: Some(shared.len() as u64),
            element: ElementType::I64,
            operation: Operation::Sum,
        };
        let rules = MergeRules::new(BYTE_LENGTH as u64, Operation::Overwrite).and_then(|rules| rules.with([counters]));
        let snapshot = snapshot_of(&expected, rules.map_err(words)?)?;
        let guests: Result<_, String> = (0..VIEWS).map(|view| Guest::new(&snapshot, view as u64)).collect();
        let mut guests: Vec<Guest> = guests?;
        // A guest that uses all of its memory has read it.
        for guest in &mut guests {
            guest.check(&expected)?;
        }
        Ok(Self { snapshot, guests, shared, own, noise: Noise::new(5), diffs: Vec::new(), expected, reads })
    }
}

impl Subject for Joining {
    fn name(&self) -> String {
        let what = "sync, bring views forward";
        if self.reads { format!("{what}, read them") } else { what.to_owned() }
    }

    fn prepare(&mut self) -> Result<(), String> {
        let mut page = [0; PAGE_BYTES];
        for (view, guest) in self.guests.iter_mut().enumerate() {
            let step = view as u64 + 1;
            guest.read(self.shared.start, &mut page)?;
            count_up(&mut page, step);
            guest.write(self.shared.start, &page)?;
            count_up(&mut self.expected[self.shared.clone()], step);
            for own in &self.own[view] {
                let bytes = self.noise.bytes(PAGE_BYTES);
                guest.write(own.start, &bytes)?;
                self.expected[own.clone()].copy_from_slice(&bytes);
            }
        }
        self.diffs = self.guests.iter_mut().map(Guest::diff).collect::<Result<_, _>>()?;
        Ok(())
    }

    fn run(&mut self) -> Result<(), String> {
        for diff in self.diffs.drain(..).rev() {
            self.snapshot.queue(diff).map_err(words)?;
        }
        self.snapshot.sync().map_err(words)?;
        self.guests.iter_mut().try_for_each(Guest::reset)?;
        if self.reads {
            self.guests.iter_mut().try_for_each(|guest| guest.with_bytes(read_once))?;
        }
        Ok(())
    }

    fn check(&mut self) -> Result<(), String> {
        for (view, guest) in self.guests.iter_mut().enumerate() {
            guest.check(&self.expected).map_err(|problem| format!("view {view}: {problem}"))?;
        }
        let mut seen = vec![0; BYTE_LENGTH];
        self.snapshot.image().read(0, &mut seen).map_err(words)?;
        same(&seen, &self.expected)
    }

    /// Layers of an image become one now and then.
    fn counts_rarities(&self) -> bool {
        true
    }
}

/// Adds to each number of 64 bits.
fn count_up(bytes: &mut [u8], step: u64) {
    for number in bytes.as_chunks_mut::<8>().0 {
        *number = u64::from_le_bytes(*number).wrapping_add(step).to_le_bytes();
    }
}

/// One word of each page, as a guest that goes on will find it.
fn read_once(bytes: &[u8]) {
    black_box(bytes.iter().step_by(PAGE_BYTES).fold(0_u8, |sum, byte| sum.wrapping_add(*byte)));
}

/// The image is mapped anew over each of eight memories, which then read a word of each page: nobody knows what differs.
#[derive(Debug)]
struct Remapping {
    file: std::fs::File,
    memories: Vec<Mapping>,
    own: Vec<Vec<Range<usize>>>,
    contents: Vec<u8>,
}

impl Remapping {
    fn new(contents: &[u8]) -> Result<Self, String> {
        let file = memory_file(contents, BYTE_LENGTH)?;
        let memories: Result<Vec<Mapping>, String> = (0..VIEWS).map(|_| Mapping::anonymous(BYTE_LENGTH)).collect();
        let mut memories = memories?;
        for memory in &mut memories {
            memory.show(&file, BYTE_LENGTH)?;
            read_once(memory.bytes());
        }
        Ok(Self { file, memories, own: places().1, contents: contents.to_vec() })
    }
}

impl Subject for Remapping {
    fn name(&self) -> String {
        "map the image anew, read it".to_owned()
    }

    fn prepare(&mut self) -> Result<(), String> {
        for (memory, own) in self.memories.iter_mut().zip(&self.own) {
            memory.write(0, &[1; PAGE_BYTES]);
            for page in own {
                memory.write(page.start, &[2; PAGE_BYTES]);
            }
        }
        Ok(())
    }

    fn run(&mut self) -> Result<(), String> {
        for memory in &mut self.memories {
            memory.show(&self.file, BYTE_LENGTH)?;
            read_once(memory.bytes());
        }
        Ok(())
    }

    fn check(&mut self) -> Result<(), String> {
        self.memories.iter().try_for_each(|memory| same(memory.bytes(), &self.contents))
    }

    fn counts_rarities(&self) -> bool {
        true
    }
}
