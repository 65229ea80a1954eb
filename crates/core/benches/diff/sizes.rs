//! What a round of fork and join costs when the image is larger and the change is not.

use std::ops::Range;
use std::sync::Arc;

use pagefold_core::{Compression, DecodeLimits, MergeRules, Operation, Snapshot, decode, encode};

use super::case::{Case, Subject, words};
use super::changed_memory::{PAGE_BYTES, scattered};
use super::guest::{Guest, snapshot_of};
use super::noise::Noise;

/// Of the images. What they hold lies in the first 16 MiB, behind that are zeros.
const MEBIBYTES: [usize; 4] = [16, 64, 256, 1024];
const MEBIBYTES_IN_USE: usize = 16;
/// Of one more, which holds something everywhere: the kernel looks at every page that is there. In a build that is for its checks,
/// it takes 20 s to look at each byte of a gibibyte.
const MEBIBYTES_FULL: usize = if cfg!(debug_assertions) { 128 } else { 1024 };
const DIRTY_PAGES: usize = 16;

pub(crate) fn case() -> Result<Case, String> {
    let in_part = MEBIBYTES.into_iter().map(|mebibytes| Round::new(mebibytes, MEBIBYTES_IN_USE));
    let rounds = in_part.chain([Round::new(MEBIBYTES_FULL, MEBIBYTES_FULL)]);
    let subjects: Result<_, String> = rounds.map(|round| boxed(round?)).collect();
    Ok(Case::of(subjects?))
}

fn boxed(round: Round) -> Result<Box<dyn Subject>, String> {
    Ok(Box::new(round))
}

/// Diff, encode, decode, queue, sync, and the view brought forward.
#[derive(Debug)]
struct Round {
    mebibytes: usize,
    mebibytes_in_use: usize,
    snapshot: Arc<Snapshot>,
    guest: Guest,
    pages: Vec<Range<usize>>,
    noise: Noise,
    expected: Vec<u8>,
}

impl Round {
    fn new(mebibytes: usize, mebibytes_in_use: usize) -> Result<Self, String> {
        let byte_length = mebibytes << 20;
        let mut expected = Noise::new(6).bytes(mebibytes_in_use << 20);
        expected.resize(byte_length, 0);
        let rules = MergeRules::new(byte_length as u64, Operation::Overwrite).map_err(words)?;
        let snapshot = snapshot_of(&expected, rules)?;
        let guest = Guest::new(&snapshot, 1)?;
        let pages = scattered(DIRTY_PAGES, (mebibytes_in_use << 20) / PAGE_BYTES);
        Ok(Self { mebibytes, mebibytes_in_use, snapshot, guest, pages, noise: Noise::new(7), expected })
    }
}

impl Subject for Round {
    fn name(&self) -> String {
        format!("{} MiB, {} in use", self.mebibytes, self.mebibytes_in_use)
    }

    fn prepare(&mut self) -> Result<(), String> {
        for page in &self.pages {
            let bytes = self.noise.bytes(PAGE_BYTES);
            self.guest.write(page.start, &bytes)?;
            self.expected[page.clone()].copy_from_slice(&bytes);
        }
        Ok(())
    }

    fn run(&mut self) -> Result<(), String> {
        let sent = encode(&self.guest.diff()?, Compression::None);
        let received = decode(&sent, DecodeLimits::for_memory(self.expected.len() as u64)).map_err(words)?;
        self.snapshot.queue(received).map_err(words)?;
        self.snapshot.sync().map_err(words)?;
        self.guest.reset()
    }

    fn check(&mut self) -> Result<(), String> {
        self.guest.check(&self.expected)?;
        // All of its pages are there now, because they were looked at: another one goes on.
        self.guest = Guest::new(&self.snapshot, 1)?;
        Ok(())
    }

    /// Layers of an image become one now and then.
    fn counts_rarities(&self) -> bool {
        true
    }
}
