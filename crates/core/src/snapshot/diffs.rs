//! Diffs against a version.

use super::{Published, Snapshot, Version};
use crate::diff::{Ahead, Author, Base, Diff, DiffBuilder, DiffOptions};
use crate::error::Result;
use crate::page_set::PageRun;
use crate::sys;

/// Pages read at a time.
const CHUNK_PAGES: usize = 64;

impl Snapshot {
    /// What the current version of another snapshot has changed against the current one of this: where one was forked from
    /// the other, at the cost of the pages that lie elsewhere.
    ///
    /// # Errors
    /// `SizeMismatch` when the other one is shorter, `OverMax` when it is longer than this one can be, `PartialElement` when its
    /// end cuts a changed element.
    pub fn diff(&self, other: &Self, author: Author, options: DiffOptions) -> Result<Diff> {
        let Published { version, rules, revision } = self.published();
        let other = other.current();
        let (image, byte_length) = (other.image(), other.image().byte_length());
        let base = version.base(self.id(), revision);
        let mut builder = DiffBuilder::new(base, author, byte_length as u64, &rules, &*version, options)?;
        let page = sys::page_size().bytes();
        let differing = version.image().differing(image).below(image.page_count());
        builder.expect(differing.page_count() * page);
        for run in differing.runs() {
            for start in (run.start..run.end).step_by(CHUNK_PAGES) {
                let part = PageRun { start, end: run.end.min(start + CHUNK_PAGES) };
                for (part, bytes) in image.parts(part) {
                    let length = (byte_length - part.start * page).min(bytes.len());
                    version.pass(&mut builder, part.start, &bytes[..length], None)?;
                }
            }
        }
        builder.finish()
    }
}

impl Version {
    /// What a diff against this version names as its base.
    pub(crate) fn base(&self, id: uuid::Uuid, revision: u64) -> Base {
        Base { id, version: self.number(), revision, byte_length: self.image().byte_length() as u64 }
    }

    /// Passes bytes that may have changed, from the beginning of a page on, to a diff against this version. `next_page`: where
    /// those begin that will be passed next, if that is known.
    pub(crate) fn pass(
        &self,
        builder: &mut DiffBuilder<'_>,
        first_page: usize,
        updated: &[u8],
        next_page: Option<usize>,
    ) -> Result<()> {
        let page = sys::page_size();
        let run = PageRun { start: first_page, end: first_page + page.count(updated.len()) };
        let mut parts = self.image().parts(run).peekable();
        while let Some((part, bytes)) = parts.next() {
            let (start, skipped) = (part.start * page.bytes(), (part.start - first_page) * page.bytes());
            let updated = &updated[skipped..updated.len().min(skipped + bytes.len())];
            let held = self.image().byte_length().saturating_sub(start).min(updated.len());
            // What has changed is in the caches: it was copied there.
            let next = next_page.filter(|_| parts.peek().is_none()).map_or(Ahead::NOTHING, |next| self.ahead(next));
            builder.pages_before(start as u64, &bytes[..held], updated, &next)?;
        }
        Ok(())
    }

    /// A page of this version that will be compared.
    fn ahead(&self, page: usize) -> Ahead<'_> {
        Ahead { base: self.image().page(page).unwrap_or_default(), ..Ahead::NOTHING }
    }
}
