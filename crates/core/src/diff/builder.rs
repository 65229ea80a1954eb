//! Compares a memory with its base, part by part.

use crate::error::{Error, ErrorKind, Result};
use crate::rules::{Coverage, MergeRules, Operation};

use super::ahead::Ahead;
use super::runs::{Run, Runs};
use super::scan::Scan;
use super::{Author, Base, Contents, Diff};

/// How a diff is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DiffOptions {
    /// Two runs of one region that at most this many equal bytes lie between share an entry. It changes the size of a diff
    /// and the speed of all that is done with it, never what it means. 0 gives exact runs. Default 16, about what an
    /// entry costs.
    pub gap: u64,
    /// Whether the diff carries what the base has where it changed something; twice the size. Default `false`.
    pub originals: bool,
}

impl Default for DiffOptions {
    fn default() -> Self {
        Self { gap: 16, originals: false }
    }
}

/// Beyond this a diff grows by doubling: where the system commits no more memory than it has, addresses count as well.
const EXPECTED_MAX: usize = 64 << 20;

/// What a base has past its end, in pieces of this length.
const ZEROS: [u8; 4096] = [0; 4096];

/// Makes a diff from the parts of a memory that may differ from the base. Never writes to either.
///
/// Which parts are passed has no influence on the diff, as long as nothing that differs is left out: what is never passed
/// equals the base, and is zero past its end.
///
/// ```
/// use pagefold_core::{Author, Base, DiffBuilder, DiffOptions, MergeRules, Operation};
///
/// # fn main() -> pagefold_core::Result<()> {
/// let (base, updated) = ([0_u8; 8192], [1_u8; 3]);
/// let rules = MergeRules::new(8192, Operation::Overwrite)?;
/// let named = Base { id: uuid::Uuid::nil(), version: 0, revision: 0, byte_length: 8192 };
/// let author = Author { origin: 1, sequence: 0 };
/// let contents = &base.as_slice();
/// let mut builder = DiffBuilder::new(named, author, 8192, &rules, contents, DiffOptions::default())?;
/// builder.pages(4096, &base[4096..4099], &updated)?;
/// let diff = builder.finish()?;
/// assert_eq!(diff.entries().map(|entry| (entry.byte_offset, entry.bytes)).collect::<Vec<_>>(), [(4096, &updated[..])]);
/// # Ok(())
/// # }
/// ```
pub struct DiffBuilder<'a> {
    base: Base,
    author: Author,
    byte_length: u64,
    rules: &'a MergeRules,
    contents: &'a dyn Contents,
    runs: Runs<'a>,
    /// The last one that was looked up.
    stretch: Option<Coverage>,
    /// The end of what was passed.
    next: u64,
    /// The element that the end of what was passed cuts in two, if it may have changed.
    straddling: Option<Straddling>,
}

/// An element of which not all bytes were passed together. Bytes that were not passed are those of the base.
struct Straddling {
    stretch: Coverage,
    byte_offset: u64,
    base: [u8; WIDTH_MAX],
    updated: [u8; WIDTH_MAX],
}

/// Bytes of the widest element.
const WIDTH_MAX: usize = 8;

impl<'a> DiffBuilder<'a> {
    /// Begins a diff of a memory of `byte_length` bytes. `contents` are those of the base.
    ///
    /// # Errors
    /// `OverMax` when the memory is longer than the rules allow, `SizeMismatch` when it is shorter than the base, or when
    /// the base has not as many bytes as it says.
    pub fn new(
        base: Base,
        author: Author,
        byte_length: u64,
        rules: &'a MergeRules,
        contents: &'a dyn Contents,
        options: DiffOptions,
    ) -> Result<Self> {
        if byte_length > rules.max_byte_length() {
            let message = format!("the memory has {byte_length} bytes, its maximum is {}", rules.max_byte_length());
            return Err(Error::new(ErrorKind::OverMax, message));
        }
        if byte_length < base.byte_length {
            let message = format!("the memory has {byte_length} bytes, its base {}", base.byte_length);
            return Err(Error::new(ErrorKind::SizeMismatch, message));
        }
        if contents.byte_length() != base.byte_length {
            let message = format!("the base has {} bytes instead of {}", contents.byte_length(), base.byte_length);
            return Err(Error::new(ErrorKind::SizeMismatch, message));
        }
        let runs = Runs::new(contents, options.gap, options.originals);
        Ok(Self { base, author, byte_length, rules, contents, runs, stretch: None, next: 0, straddling: None })
    }

    /// Expects parts of about so many bytes in total, so that what is found in them need not be moved while it grows. Takes
    /// addresses, and memory only for what is found.
    pub fn expect(&mut self, byte_length: usize) {
        self.runs.reserve(byte_length.min(EXPECTED_MAX));
    }

    /// Compares a part that may have changed; parts are passed ascending. `base` are the bytes of the base in the same
    /// place, `updated` those of the memory. `base` may be shorter where the base ends: the rest of `updated` is tail.
    /// Reads both once. Needs no alignment.
    ///
    /// # Errors
    /// `OutOfRange` when the part does not lie behind the one before it and inside the memory, `SizeMismatch` when `base`
    /// has not the length that belongs there, `PartialElement` when the end of the memory cuts a changed element. The
    /// builder is of no use then.
    pub fn pages(&mut self, byte_offset: u64, base: &[u8], updated: &[u8]) -> Result<()> {
        self.pages_before(byte_offset, base, updated, &Ahead::NOTHING)
    }

    /// Like [`pages`](Self::pages), and meanwhile has the processor load what will be passed next. Of pages that lie apart from
    /// each other it cannot guess that itself, and would wait for each.
    ///
    /// # Errors
    /// As of [`pages`](Self::pages).
    pub fn pages_before(&mut self, byte_offset: u64, base: &[u8], updated: &[u8], next: &Ahead<'_>) -> Result<()> {
        let byte_length = updated.len() as u64;
        let end = byte_offset.checked_add(byte_length).filter(|end| *end <= self.byte_length);
        let Some(end) = end.filter(|_| byte_offset >= self.next) else {
            let message = format!(
                "{byte_length} bytes at {byte_offset} do not lie between {} and the end of the memory at {}",
                self.next, self.byte_length
            );
            return Err(Error::new(ErrorKind::OutOfRange, message));
        };
        let held = self.base.byte_length.saturating_sub(byte_offset).min(byte_length);
        if held > base.len() as u64 || base.len() > updated.len() {
            let message = format!("{} bytes of the base belong to these of the memory, not {}", held, base.len());
            return Err(Error::new(ErrorKind::SizeMismatch, message));
        }
        self.next = end;
        // At most the length of a slice.
        let (held, tail) = updated.split_at(usize::try_from(held).unwrap_or(usize::MAX));
        self.part(byte_offset, &base[..held.len()], held, next)?;
        let mut at = byte_offset + held.len() as u64;
        for piece in tail.chunks(ZEROS.len()) {
            self.part(at, &ZEROS[..piece.len()], piece, &Ahead::NOTHING)?;
            at += piece.len() as u64;
        }
        Ok(())
    }

    /// The diff of everything that was passed.
    ///
    /// # Errors
    /// `PartialElement` when the end of the memory cuts a changed element.
    pub fn finish(mut self) -> Result<Diff> {
        self.settle()?;
        let (entries, bytes, originals) = self.runs.finish();
        Diff::from_parts(self.base, self.author, self.byte_length, entries, bytes, originals)
    }

    /// Compares two parts of one length.
    fn part(&mut self, byte_offset: u64, base: &[u8], updated: &[u8], next: &Ahead<'_>) -> Result<()> {
        let mut done = 0;
        while done < updated.len() {
            let at = byte_offset + done as u64;
            // The memory is no longer than the maximum, so every byte of it lies in a stretch.
            let Some(stretch) = self.stretch_at(at) else { break };
            let left = usize::try_from(stretch.byte_end() - at).unwrap_or(usize::MAX);
            let end = done.saturating_add(left).min(updated.len());
            if stretch.operation != Operation::Ignore {
                let next = if end == updated.len() { next } else { &Ahead::NOTHING };
                self.part_of_stretch(stretch, at, &base[done..end], &updated[done..end], next)?;
            }
            done = end;
        }
        Ok(())
    }

    /// The stretch that a byte lies in. Mostly it is that of the byte before.
    fn stretch_at(&mut self, at: u64) -> Option<Coverage> {
        let is_inside = |known: &Coverage| (known.byte_offset..known.byte_end()).contains(&at);
        if !self.stretch.as_ref().is_some_and(is_inside) {
            self.stretch = self.rules.stretch_at(at);
        }
        self.stretch
    }

    /// Compares two parts of one stretch: the end of an element, whole elements, the beginning of another.
    fn part_of_stretch(
        &mut self,
        stretch: Coverage,
        at: u64,
        base: &[u8],
        updated: &[u8],
        next: &Ahead<'_>,
    ) -> Result<()> {
        let width = stretch.element.byte_width();
        // Widths are powers of two.
        let phase = (at - stretch.byte_offset) & (width - 1);
        let missing = usize::try_from((width - phase) & (width - 1)).unwrap_or(0).min(updated.len());
        if missing > 0 {
            self.straddle(stretch, at - phase, at, &base[..missing], &updated[..missing])?;
        }
        let end = updated.len() - ((updated.len() - missing) & (stretch.element.width() - 1));
        if end > missing {
            self.settle()?;
            let (base, updated) = (&base[missing..end], &updated[missing..end]);
            Scan::new(&mut self.runs, &stretch, at + missing as u64, base, updated, next).find();
        }
        if end < updated.len() {
            let byte_offset = at + end as u64;
            self.straddle(stretch, byte_offset, byte_offset, &base[end..], &updated[end..])?;
        }
        Ok(())
    }

    /// Takes note of a part of the element at `byte_offset`.
    fn straddle(&mut self, stretch: Coverage, byte_offset: u64, at: u64, base: &[u8], updated: &[u8]) -> Result<()> {
        let is_known = |known: &Straddling| known.byte_offset == byte_offset;
        if base == updated {
            return Ok(());
        }
        if !self.straddling.as_ref().is_some_and(is_known) {
            self.settle()?;
        }
        let contents = self.contents;
        let element = self.straddling.get_or_insert_with(|| {
            let mut base = [0; WIDTH_MAX];
            contents.read(byte_offset, &mut base[..stretch.element.width()]);
            Straddling { stretch, byte_offset, base, updated: base }
        });
        let start = usize::try_from(at - byte_offset).unwrap_or(WIDTH_MAX);
        element.updated[start..start + updated.len()].copy_from_slice(updated);
        Ok(())
    }

    /// Adds the element that was cut in two, of which no more will be passed.
    fn settle(&mut self) -> Result<()> {
        let Some(Straddling { stretch, byte_offset, base, updated }) = self.straddling.take() else { return Ok(()) };
        let width = stretch.element.width();
        let (base, updated) = (&base[..width], &updated[..width]);
        if byte_offset + width as u64 > self.byte_length {
            let message = format!(
                "the {} at {byte_offset} was changed, and the memory ends after {} bytes of it",
                stretch.element,
                self.byte_length - byte_offset
            );
            return Err(Error::new(ErrorKind::PartialElement, message));
        }
        self.runs.push(&stretch, &Run { byte_offset, updated, base, exact: true });
        Ok(())
    }
}

impl std::fmt::Debug for DiffBuilder<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { base, author, byte_length, next, .. } = self;
        f.debug_struct("DiffBuilder")
            .field("base", base)
            .field("author", author)
            .field("byte_length", byte_length)
            .field("next", next)
            .finish_non_exhaustive()
    }
}

impl Diff {
    /// What `updated` changed against `base`, both of them no snapshot's.
    ///
    /// # Errors
    /// As those of [`DiffBuilder`].
    pub fn between(base: &[u8], updated: &[u8], rules: &MergeRules, options: DiffOptions) -> Result<Self> {
        let named = Base { id: uuid::Uuid::nil(), version: 0, revision: 0, byte_length: base.len() as u64 };
        let author = Author { origin: 0, sequence: 0 };
        let mut builder = DiffBuilder::new(named, author, updated.len() as u64, rules, &base, options)?;
        builder.pages(0, base, updated)?;
        builder.finish()
    }
}
