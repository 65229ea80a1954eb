//! What processors do differently: wide registers, loads ahead of time, stores past the caches, and how many addresses they
//! remember.
//!
//! None of it changes what is computed. A loop over bytes in memory takes as long as its loads and stores, and a core has room
//! for so many of them at a time: wide registers need fewer, a load ahead of time waits for nothing, and a store past the
//! caches does not load first what it overwrites.
#![expect(unsafe_code, reason = "functions that are compiled for instructions that not every processor has")]

mod ahead;
mod counter;
pub(crate) mod huge_pages;
mod lines;
mod past_caches;

use std::sync::OnceLock;

pub(crate) use ahead::load_ahead;
pub(crate) use counter::cycles;
pub(crate) use huge_pages::prefer_huge_pages;
pub(crate) use past_caches::{Meanwhile, Stored, Underway};

/// What the caches load and write back together, in bytes.
pub(crate) const LINE: usize = 64;

type Line = [u8; LINE];

/// What a register of 256 bits holds.
#[cfg(target_arch = "x86_64")]
const HALF: usize = LINE / 2;

/// Bytes that are stored, or compared, in one go, while others are loaded.
pub(crate) const PIECE: usize = 4 * LINE;

type Piece = [u8; PIECE];

/// Work that is worth compiling once for each width of registers.
///
/// `run` and what it spends its time in MUST be `#[inline(always)]`: only what is inlined is compiled with wide registers.
pub(crate) trait Work {
    /// What comes of it: the same for every width.
    type Output;

    /// Does it.
    fn run(self, width: Width) -> Self::Output;
}

/// Registers that this processor has. There is none of a width that it has not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Width(Bits);

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Bits {
    /// x86-64 from Ice Lake and Zen 4 on, which do not slow down for them.
    #[cfg(target_arch = "x86_64")]
    Wide512,
    /// x86-64 with AVX2.
    #[cfg(target_arch = "x86_64")]
    Wide256,
    /// What every processor of the architecture has.
    Least,
}

impl Width {
    /// All that this processor has, the widest first.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        #[cfg(target_arch = "x86_64")]
        let wider = [(Bits::Wide512, has_512_bits()), (Bits::Wide256, std::arch::is_x86_feature_detected!("avx2"))];
        #[cfg(not(target_arch = "x86_64"))]
        let wider: [(Bits, bool); 0] = [];
        let wider = wider.into_iter().filter(|(_, has)| *has).map(|(bits, _)| bits);
        wider.chain([Bits::Least]).map(Self)
    }

    /// Does work with registers of this width.
    pub(crate) fn run<W: Work>(self, work: W) -> W::Output {
        match self.0 {
            // SAFETY: a width exists only where the processor has the features that the function is compiled for.
            #[cfg(target_arch = "x86_64")]
            Bits::Wide512 => unsafe { run_with_512_bits(work) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Bits::Wide256 => unsafe { run_with_256_bits(work) },
            Bits::Least => work.run(Self(Bits::Least)),
        }
    }
}

/// Does work with the widest registers there are.
pub(crate) fn widest<W: Work>(work: W) -> W::Output {
    static WIDEST: OnceLock<Width> = OnceLock::new();
    WIDEST.get_or_init(|| Width::all().next().unwrap_or(Width(Bits::Least))).run(work)
}

#[cfg(target_arch = "x86_64")]
fn has_512_bits() -> bool {
    use std::arch::is_x86_feature_detected as has;
    has!("avx512f") && has!("avx512bw") && has!("avx512vl") && has!("avx512vbmi2") && has!("bmi1") && has!("bmi2")
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx512f,avx512bw,avx512vl,avx512vbmi2,bmi1,bmi2")]
fn run_with_512_bits<W: Work>(work: W) -> W::Output {
    work.run(Width(Bits::Wide512))
}

#[cfg(target_arch = "x86_64")]
#[target_feature(enable = "avx2")]
fn run_with_256_bits<W: Work>(work: W) -> W::Output {
    work.run(Width(Bits::Wide256))
}
