//! What lay under a window when it was prepared, so that it is noticed when somebody else maps something there: untouched
//! pages of a foreign mapping look like shared pages of the image.

use crate::error::{Error, ErrorKind, Result};
use crate::page_set::{PageRun, PageSet};
use crate::region::Window;
use crate::sys::{self, Backing, Mapped};

/// A record of what is mapped under each page. A window that has grown has untouched anonymous memory there.
#[derive(Debug, Default)]
pub(super) struct Ground {
    /// Ascending from page 0 without a gap; neighbours that continue each other are joined.
    known: Vec<Mapped>,
    /// The last answer of the kernel; kept for its allocation.
    seen: Vec<Mapped>,
}

impl Ground {
    /// Takes in what is mapped now, which must be readable and writable.
    ///
    /// # Errors
    /// `System` when it is not, or when the kernel does not tell.
    pub(super) fn record(&mut self, window: &Window<'_>) -> Result<()> {
        self.known.clear();
        self.look(window, PageRun { start: 0, end: window.page_count() })?;
        let shared = |mapped: &&Mapped| matches!(mapped.backing, Backing::File { shared: true, .. });
        if let Some(mapped) = self.seen.iter().find(shared) {
            return Err(foreign(mapped.run));
        }
        std::mem::swap(&mut self.known, &mut self.seen);
        Ok(())
    }

    /// Takes in what is mapped at `run` now, which may be shared with others. Everything else stays as it was recorded.
    ///
    /// # Errors
    /// `System` when it cannot be both read and written, or when the kernel does not tell.
    pub(super) fn record_part(&mut self, window: &Window<'_>, run: PageRun) -> Result<()> {
        self.grow(window);
        self.look(window, run)?;
        // Those that lie in the run, at least in part, and the parts of the first and the last that do not.
        let first = self.known.partition_point(|mapped| mapped.run.end <= run.start);
        let end = self.known.partition_point(|mapped| mapped.run.start < run.end);
        let before = self.known.get(first).map(|mapped| clipped(mapped, PageRun { start: 0, end: run.start }));
        let after = end.checked_sub(1).and_then(|last| self.known.get(last));
        let after = after.map(|mapped| clipped(mapped, PageRun { start: run.end, end: window.page_count() }));
        let mut part = Vec::with_capacity(self.seen.len() + 2);
        before.into_iter().for_each(|mapped| push(&mut part, mapped));
        self.seen.iter().for_each(|mapped| push(&mut part, *mapped));
        after.into_iter().for_each(|mapped| push(&mut part, mapped));
        self.known.splice(first..end, part);
        Ok(())
    }

    /// As [`Ground::record_part`], of every run of `pages`: what lies in between is not looked at, lest something foreign be
    /// taken for known.
    ///
    /// # Errors
    /// As [`Ground::record_part`].
    pub(super) fn record_parts(&mut self, window: &Window<'_>, pages: &PageSet) -> Result<()> {
        pages.runs().iter().try_for_each(|run| self.record_part(window, *run))
    }

    /// Fails unless everything is still mapped as it was recorded. About 1 us a mapping, see [`sys::mappings`].
    ///
    /// # Errors
    /// `System` when something else is mapped somewhere, or nothing, or when the kernel does not tell.
    pub(super) fn check(&mut self, window: &Window<'_>) -> Result<()> {
        self.grow(window);
        self.look(window, PageRun { start: 0, end: window.page_count() })?;
        // Parts that were recorded one by one may continue their neighbours.
        join(&mut self.known);
        if self.seen == self.known {
            return Ok(());
        }
        let differing = self.seen.iter().find(|mapped| !self.known.contains(mapped));
        Err(foreign(differing.map_or(PageRun { start: 0, end: window.page_count() }, |mapped| mapped.run)))
    }

    /// What a memory grows by is anonymous.
    fn grow(&mut self, window: &Window<'_>) {
        let start = self.known.last().map_or(0, |last| last.run.end);
        push(&mut self.known, Mapped { run: PageRun { start, end: window.page_count() }, backing: Backing::Anonymous });
    }

    /// Asks the kernel about `run`.
    fn look(&mut self, window: &Window<'_>, run: PageRun) -> Result<()> {
        let mut found = std::mem::take(&mut self.seen);
        found.clear();
        sys::mappings(window.pages(), run, &mut found)?;
        if let Some(other) = found.iter().find(|mapped| mapped.backing == Backing::Other) {
            return Err(foreign(other.run));
        }
        join(&mut found);
        self.seen = found;
        Ok(())
    }
}

fn foreign(run: PageRun) -> Error {
    Error::new(
        ErrorKind::System,
        format!("something else is mapped around pages {}..{} than what was put there", run.start, run.end),
    )
}

fn clipped(mapped: &Mapped, to: PageRun) -> Mapped {
    let start = mapped.run.start.clamp(to.start, to.end);
    let end = mapped.run.end.clamp(to.start, to.end);
    let skipped = start.saturating_sub(mapped.run.start) * sys::page_size().bytes();
    Mapped { run: PageRun { start, end }, backing: mapped.backing.further(skipped) }
}

/// Appends `next`, which begins where the last one ends. An empty one adds nothing.
fn push(to: &mut Vec<Mapped>, next: Mapped) {
    if next.run.start >= next.run.end {
        return;
    }
    match to.last_mut() {
        Some(last) if continues(last, &next) => last.run.end = next.run.end,
        _ => to.push(next),
    }
}

/// Joins neighbours that continue each other: the kernel may divide a mapping for reasons of its own.
fn join(mapped: &mut Vec<Mapped>) {
    mapped.dedup_by(|next, last| {
        let joined = continues(last, next);
        if joined {
            last.run.end = next.run.end;
        }
        joined
    });
}

fn continues(last: &Mapped, next: &Mapped) -> bool {
    last.run.end == next.run.start
        && last.backing.further(last.run.page_count() * sys::page_size().bytes()) == next.backing
}
