//! What a memory has changed, and merging what others have changed into it.

use super::baseline::Baseline;
use crate::diff::{Author, Contents, Diff, DiffBuilder, DiffEntry, DiffOptions, Entry};
use crate::error::{Conflict, Error, ErrorKind, Result};
use crate::merge::{self, Applied};
use crate::page_set::{PageRun, PageSet};
use crate::region::Window;
use crate::rules::Operation;
use crate::snapshot::{Published, Version};
use crate::sys;

/// Pages copied out of the window at a time.
const CHUNK_PAGES: usize = 64;

impl Baseline {
    /// Everything that the window has changed against the version that it shows.
    pub(super) fn diff(&mut self, window: &Window<'_>, author: Author, options: DiffOptions) -> Result<Diff> {
        let Published { version, rules, revision } = self.snapshot.published();
        if version.number() != self.version.number() {
            return Err(Error::new(
                ErrorKind::StaleView,
                format!(
                    "the view shows version {} of the snapshot, which is at {}; reset the view first",
                    self.version.number(),
                    version.number()
                ),
            ));
        }
        let base = version.base(self.snapshot.id(), revision);
        let byte_length = window.byte_length();
        let mut builder = DiffBuilder::new(base, author, byte_length as u64, &rules, &*version, options)?;
        let pages = self.perhaps_changed(window)?;
        let page = sys::page_size().bytes();
        builder.expect(pages.page_count() * page);
        let mut buffer = vec![0; CHUNK_PAGES.min(pages.page_count()) * page];
        let chunks = |run: &PageRun| {
            let PageRun { start, end } = *run;
            (start..end).step_by(CHUNK_PAGES).map(move |start| PageRun { start, end: end.min(start + CHUNK_PAGES) })
        };
        let mut chunks = pages.runs().iter().flat_map(chunks).peekable();
        while let Some(PageRun { start, end }) = chunks.next() {
            let part = &mut buffer[..(end * page).min(byte_length) - start * page];
            window.read(start * page, part)?;
            version.pass(&mut builder, start, part, chunks.peek().map(|next| next.start))?;
        }
        builder.finish()
    }

    /// Every page that can differ, mapped ones included; all of them when tracking is lost. They will be read, so none may be
    /// a hole, which a tracker finds as well.
    fn perhaps_changed(&mut self, window: &Window<'_>) -> Result<PageSet> {
        if self.collect(window) {
            return Ok(self.changed.union(&self.apart));
        }
        sys::require_mapped(window.pages())?;
        Ok(PageSet::all(window.page_count()))
    }

    /// Merges a diff into the window. The bytes that it is about are copied out, merged, and copied back: nobody else sees a
    /// state in between, and nothing has changed when it fails.
    pub(super) fn apply(&self, window: &mut Window<'_>, diff: &Diff) -> Result<Applied> {
        if diff.byte_length() > window.byte_length() as u64 {
            let message =
                format!("the diff is of {} bytes, the memory of {}", diff.byte_length(), window.byte_length());
            return Err(Error::new(ErrorKind::SizeMismatch, message));
        }
        // Reading a hole would end the process.
        sys::require_mapped(window.pages())?;
        let base = self.base_of(diff)?;
        let gathered = Gathered::new(diff, window, base)?;
        let mut target = gathered.target.clone();
        let held = &gathered.original[..gathered.held];
        let applied = merge::apply(&gathered.diff, &held, &mut target).map_err(|error| gathered.scatter(&error))?;
        let mut next = 0;
        for (start, length) in gathered.places() {
            let bytes = &target[next..next + length];
            if *bytes != gathered.target[next..next + length] {
                window.write(start, bytes)?;
            }
            next += length;
        }
        Ok(applied)
    }

    /// The version that a diff was made against, if it is the one that the window shows; `None`: the diff brings along what it
    /// needs of its base.
    fn base_of(&self, diff: &Diff) -> Result<Option<&Version>> {
        let base = diff.base();
        let byte_length = self.version.image().byte_length() as u64;
        if (base.id, base.version, base.byte_length) == (self.snapshot.id(), self.version.number(), byte_length) {
            return Ok(Some(&self.version));
        }
        if diff.has_originals() {
            return Ok(None);
        }
        Err(Error::new(
            ErrorKind::StaleBase,
            format!(
                "the diff was made against version {} of snapshot {}; the view shows version {} of {}, and the diff does not \
                 carry what its base had",
                base.version,
                base.id,
                self.version.number(),
                self.snapshot.id()
            ),
        ))
    }

    /// The bytes of the window that rules ignore and that are not what `target` has there, with their offsets.
    pub(super) fn ignored(&mut self, window: &Window<'_>, target: &Version) -> Result<Vec<(usize, Vec<u8>)>> {
        let rules = self.snapshot.rules();
        let pages = self.perhaps_changed(window)?.union(&self.version.image().differing(target.image()));
        let page = sys::page_size().bytes();
        let mut kept = Vec::new();
        for run in pages.below(window.page_count()).runs() {
            for index in run.start..run.end {
                let end = ((index + 1) * page).min(window.byte_length());
                let ignored = rules.coverage((index * page) as u64..end as u64);
                for part in ignored.filter(|part| part.operation == Operation::Ignore) {
                    let Some((start, length)) = place(part.byte_offset, part.byte_length) else { continue };
                    let (mut seen, mut expected) = (vec![0; length], vec![0; length]);
                    window.read(start, &mut seen)?;
                    target.read(part.byte_offset, &mut expected);
                    if seen != expected {
                        kept.push((start, seen));
                    }
                }
            }
        }
        Ok(kept)
    }
}

/// The bytes that a diff is about, one entry after the other, and the diff as it would be of a memory with nothing else.
///
/// ```text
///  window    |....####......##|##....|         base ends at the bar
///  gathered  |######|##|
/// ```
struct Gathered<'a> {
    of: &'a Diff,
    diff: Diff,
    target: Vec<u8>,
    original: Vec<u8>,
    /// So many of the bytes lie before the end of the base.
    held: usize,
}

impl<'a> Gathered<'a> {
    fn new(of: &'a Diff, window: &Window<'_>, base: Option<&Version>) -> Result<Self> {
        let base_end = of.base().byte_length;
        let (mut entries, mut bytes) = (Vec::new(), Vec::new());
        let (mut target, mut original, mut held) = (Vec::new(), Vec::new(), 0);
        let (known, _, _) = of.parts();
        for (entry, DiffEntry { byte_offset, bytes: changed, original: carried, .. }) in known.iter().zip(of.entries())
        {
            let at = target.len();
            entries.push(Entry { byte_offset: at as u64, ..*entry });
            bytes.extend_from_slice(changed);
            target.resize(at + changed.len(), 0);
            original.resize(at + changed.len(), 0);
            let start = usize::try_from(byte_offset).unwrap_or(usize::MAX);
            window.read(start, &mut target[at..])?;
            match (base, carried) {
                (Some(base), _) => base.read(byte_offset, &mut original[at..]),
                (None, Some(carried)) => original[at..].copy_from_slice(carried),
                (None, None) => {
                    return Err(Error::new(ErrorKind::NoOriginals, "the diff carries no bytes of its base"));
                }
            }
            let before_end = base_end.saturating_sub(byte_offset).min(changed.len() as u64);
            held += usize::try_from(before_end).unwrap_or(usize::MAX);
        }
        let base = crate::diff::Base { byte_length: held as u64, ..of.base() };
        let diff = Diff::from_parts(base, of.author(), bytes.len() as u64, entries, bytes, None)?;
        Ok(Self { of, diff, target, original, held })
    }

    /// Where each entry lies in the window, and how long it is.
    fn places(&self) -> impl Iterator<Item = (usize, usize)> {
        self.of.entries().filter_map(|entry| place(entry.byte_offset, entry.bytes.len() as u64))
    }

    /// A failure to merge what was gathered, told of the places where it lies in the window.
    fn scatter(&self, error: &Error) -> Error {
        let mut conflicts = Vec::new();
        for conflict in error.conflicts() {
            let end = conflict.byte_offset + conflict.byte_length;
            for (gathered, entry) in self.diff.entries().zip(self.of.entries()) {
                let from = conflict.byte_offset.max(gathered.byte_offset);
                let to = end.min(gathered.byte_offset + gathered.bytes.len() as u64);
                if from < to {
                    let byte_offset = entry.byte_offset + from - gathered.byte_offset;
                    conflicts.push(Conflict { byte_offset, byte_length: to - from, ..*conflict });
                }
            }
        }
        let message = match conflicts.first() {
            Some(first) => {
                format!("the diff and the memory have both changed what cannot be merged at {}", first.byte_offset)
            }
            None => error.to_string(),
        };
        Error::new(error.kind(), message).with_conflicts(conflicts)
    }
}

fn place(byte_offset: u64, byte_length: u64) -> Option<(usize, usize)> {
    Some((usize::try_from(byte_offset).ok()?, usize::try_from(byte_length).ok()?))
}
