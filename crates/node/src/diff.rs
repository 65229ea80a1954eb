//! `NativeDiff`: what somebody changed in a memory.

use std::cell::{OnceCell, RefCell};
use std::ops::Range;
use std::rc::Rc;
use std::sync::Arc;

use napi::bindgen_prelude::{Float64Array, This, Uint8ArraySlice};
use napi::{Env, Result};
use napi_derive::napi;
use pagefold_core::{Applied, Compression, DecodeLimits, Diff, DiffOptions, apply, decode, encode};

use crate::buffer;
use crate::charge::Charge;
use crate::entered::{Entered, enter};
use crate::failure::{disposed, failure};
use crate::ledger::{self, Owned};
use crate::life::{Ending, Kind, Life};
use crate::number;
use crate::rules::NativeRules;

/// What a diff tells of itself, apart from its entries.
#[napi(object)]
pub struct NativeDiffHeader {
    /// Id of the snapshot that it was made against, 32 hexadecimal digits.
    pub id: String,
    /// Version of it.
    pub version: f64,
    /// Revision of its rules.
    pub revision: f64,
    /// Its length in bytes.
    pub base_byte_length: f64,
    /// Who made it.
    pub origin: f64,
    /// Which of theirs it is.
    pub sequence: f64,
    /// Length of the changed memory in bytes.
    pub byte_length: f64,
    /// How many entries.
    pub entry_count: f64,
    /// Their bytes together.
    pub changed_byte_length: f64,
    /// Whether it carries what the base has there.
    pub has_originals: bool,
}

/// What applying a diff did.
#[napi(object)]
pub struct NativeApplied {
    /// How many entries the diff has.
    pub entry_count: f64,
    /// Their bytes together.
    pub byte_length: f64,
    /// Changed elements without effect.
    pub without_effect: f64,
}

/// A diff, whose memory the engine knows of. Each of its numbers is one that JavaScript has.
#[napi]
pub struct NativeDiff {
    held: Rc<HeldDiff>,
    /// Set once, when the object is entered into the ledger.
    entered: OnceCell<Entered>,
}

struct HeldDiff {
    diff: RefCell<Option<(Arc<Diff>, Charge)>>,
    life: Life,
}

impl Owned for HeldDiff {
    fn kind(&self) -> Kind {
        Kind::Diff
    }

    fn byte_length(&self) -> usize {
        self.diff.borrow().as_ref().map_or(0, |(_, charge)| charge.bytes())
    }

    fn let_go(&self, ending: Ending) {
        self.life.end(ending);
        drop(self.diff.take());
    }
}

/// Numbers of an entry: offset, length, type, operation, and 1 if each of its elements differs from the base.
const ENTRY_NUMBERS: usize = 5;

#[napi]
impl NativeDiff {
    /// What `after` changed against `before`.
    #[napi(factory, catch_unwind)]
    pub fn between(
        env: Env,
        before: &[u8],
        after: &[u8],
        rules: &NativeRules,
        gap: f64,
        originals: bool,
    ) -> Result<Self> {
        let options = DiffOptions { gap: number::integer(gap)?, originals };
        Self::charged(env, Diff::between(before, after, rules.get(), options).map_err(failure)?)
    }

    /// Reads an encoded diff. What is not limited is so by the longest memory.
    #[napi(factory, catch_unwind)]
    pub fn decode(
        env: Env,
        bytes: &[u8],
        max_byte_length: f64,
        max_entry_count: Option<f64>,
        max_body_byte_length: Option<f64>,
    ) -> Result<Self> {
        let mut limits = DecodeLimits::for_memory(number::integer(max_byte_length)?);
        if let Some(count) = max_entry_count {
            limits.entry_count = number::integer(count)?;
        }
        if let Some(byte_length) = max_body_byte_length {
            limits.body_byte_length = number::integer(byte_length)?;
        }
        Self::charged(env, decode(bytes, limits).map_err(failure)?)
    }

    /// The diff as bytes, in memory of the engine's own: a message can take it along, which it refuses of any other.
    #[napi(catch_unwind, ts_return_type = "Uint8Array")]
    pub fn encode<'env>(&self, env: &'env Env, lz4: bool) -> Result<Uint8ArraySlice<'env>> {
        let compression = if lz4 { Compression::Lz4 } else { Compression::None };
        Uint8ArraySlice::copy_from(env, encode(&*self.get()?, compression))
    }

    /// What it tells of itself.
    #[napi(catch_unwind)]
    pub fn header(&self) -> Result<NativeDiffHeader> {
        header(&*self.get()?)
    }

    /// Five numbers for each entry, see [`ENTRY_NUMBERS`].
    #[napi(catch_unwind)]
    pub fn entries(&self) -> Result<Float64Array> {
        let diff = self.get()?;
        let mut numbers = Vec::with_capacity(diff.entry_count() * ENTRY_NUMBERS);
        for entry in diff.entries() {
            numbers.extend([
                number::exact(entry.byte_offset, "an offset")?,
                number::number(entry.bytes.len()),
                f64::from(entry.element as u8),
                f64::from(entry.operation as u8),
                f64::from(u8::from(entry.exact)),
            ]);
        }
        Ok(numbers.into())
    }

    /// Copies the bytes of all entries, one after the other, as far as there is room, and what the base has there.
    #[napi(catch_unwind)]
    pub fn read(&self, mut bytes: Uint8ArraySlice<'_>, originals: Option<Uint8ArraySlice<'_>>) -> Result<()> {
        let diff = self.get()?;
        fill(buffer::bytes_mut(&mut bytes), diff.entries().map(|entry| entry.bytes));
        if let Some(mut originals) = originals {
            fill(buffer::bytes_mut(&mut originals), diff.entries().filter_map(|entry| entry.original));
        }
        Ok(())
    }

    /// This diff and then `second`, which was made against what this one leads to.
    #[napi(catch_unwind)]
    pub fn compose(&self, env: Env, second: &NativeDiff) -> Result<NativeDiff> {
        Self::charged(env, self.get()?.compose(&*second.get()?).map_err(failure)?)
    }

    /// Offset and length of each range that both change.
    #[napi(catch_unwind)]
    pub fn conflicts(&self, other: &NativeDiff) -> Result<Float64Array> {
        range_numbers(&self.get()?.conflicts(&*other.get()?))
    }

    /// The way back.
    #[napi(catch_unwind)]
    pub fn invert(&self, env: Env) -> Result<NativeDiff> {
        Self::charged(env, self.get()?.invert().map_err(failure)?)
    }

    /// Merges the diff into `target`, which began as `base`.
    #[napi(catch_unwind)]
    pub fn apply_to(&self, mut target: Uint8ArraySlice<'_>, base: Uint8ArraySlice<'_>) -> Result<NativeApplied> {
        let (target, base) = buffer::apart(&mut target, &base);
        apply(&*self.get()?, &&*base, target).map(NativeApplied::from).map_err(failure)
    }

    /// Lets go of the bytes.
    #[napi(catch_unwind)]
    pub fn dispose(&self) {
        self.held.let_go(Ending::Disposed);
        if let Some(entered) = self.entered.get() {
            entered.take_out();
        }
    }

    /// Enters the object into the ledger, with the place where it was made. To be called once.
    #[napi(catch_unwind)]
    pub fn enter(&self, env: Env, this: This<'_>, made_at: Option<String>) -> Result<()> {
        let owned: Rc<dyn Owned> = Rc::<HeldDiff>::clone(&self.held);
        enter(env, &this.object, &self.entered, owned, made_at)
    }

    /// Refuses a diff with numbers that JavaScript has not.
    pub(crate) fn charged(env: Env, diff: Diff) -> Result<Self> {
        header(&diff)?;
        let kinds = if diff.has_originals() { 2 } else { 1 };
        let bytes = usize::try_from(diff.changed_byte_length()).unwrap_or(usize::MAX);
        let bytes = bytes.saturating_mul(kinds).saturating_add(32 * diff.entry_count());
        let ledger = ledger::of(env)?;
        ledger.make_room();
        let charge = Charge::new(ledger, bytes);
        let held = HeldDiff { diff: RefCell::new(Some((Arc::new(diff), charge))), life: Life::begin(Kind::Diff) };
        Ok(Self { held: Rc::new(held), entered: OnceCell::new() })
    }

    pub(crate) fn get(&self) -> Result<Arc<Diff>> {
        self.held.diff.borrow().as_ref().map(|(diff, _)| Arc::clone(diff)).ok_or_else(|| disposed("diff"))
    }
}

impl From<Applied> for NativeApplied {
    fn from(applied: Applied) -> Self {
        Self {
            entry_count: number::number(applied.entry_count),
            byte_length: number::rounded(applied.byte_length),
            without_effect: number::rounded(applied.without_effect),
        }
    }
}

/// Offset and length of each, alternating.
pub(crate) fn range_numbers(ranges: &[Range<u64>]) -> Result<Float64Array> {
    let mut numbers = Vec::with_capacity(2 * ranges.len());
    for range in ranges {
        numbers.push(number::exact(range.start, "an offset")?);
        numbers.push(number::exact(range.end - range.start, "a length")?);
    }
    Ok(numbers.into())
}

fn header(diff: &Diff) -> Result<NativeDiffHeader> {
    let (base, author) = (diff.base(), diff.author());
    Ok(NativeDiffHeader {
        id: base.id.simple().to_string(),
        version: number::exact(base.version, "the version of the base")?,
        revision: number::exact(base.revision, "the revision of the rules")?,
        base_byte_length: number::exact(base.byte_length, "the length of the base")?,
        origin: number::exact(author.origin, "the origin")?,
        sequence: number::exact(author.sequence, "the sequence")?,
        byte_length: number::exact(diff.byte_length(), "the length of the memory")?,
        entry_count: number::number(diff.entry_count()),
        changed_byte_length: number::rounded(diff.changed_byte_length()),
        has_originals: diff.has_originals(),
    })
}

fn fill<'a>(mut into: &mut [u8], parts: impl Iterator<Item = &'a [u8]>) {
    for part in parts {
        let (now, rest) = into.split_at_mut(part.len().min(into.len()));
        now.copy_from_slice(&part[..now.len()]);
        into = rest;
    }
}
