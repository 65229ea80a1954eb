//! Which pages of a window may differ from its image.
//!
//! A tracker answers with a set of pages that contains every page that differs, and may contain more. It never knows
//! what the answer is for.
//!
//! | kind | mechanism | needs |
//! |---|---|---|
//! | [`TrackerKind::UffdWp`] | the kernel records writes | Linux 6.7, userfaultfd allowed |
//! | [`TrackerKind::CowPrivate`] | a page that left the image's file was written | Linux 6.7 |
//! | [`TrackerKind::PagemapRead`] | the same, asked page by page | a readable `/proc/self/pagemap` |
//! | [`TrackerKind::Compare`] | compares bytes with the image | nothing; reads everything |

mod compare;
mod cow_private;
mod ground;
mod pagemap_read;
mod select;
mod uffd_wp;
mod zones;

use std::fmt::{self, Debug};
use std::sync::Arc;

use crate::error::Result;
use crate::image::Image;
use crate::page_set::{PageRun, PageSet};
use crate::region::Window;
use crate::sys;

pub use select::{Rejection, Selection, TrackerChoice};
pub(crate) use select::{refusal, select};

/// A way of finding changed pages.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum TrackerKind {
    /// Asynchronous write-protection by userfaultfd.
    UffdWp,
    /// Private copies of a copy-on-write mapping.
    CowPrivate,
    /// Private copies of a copy-on-write mapping, asked page by page.
    PagemapRead,
    /// Comparing with the image.
    Compare,
}

impl TrackerKind {
    /// Every kind, best first.
    pub const ALL: [Self; 4] = [Self::UffdWp, Self::CowPrivate, Self::PagemapRead, Self::Compare];

    /// The name that users choose it by.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::UffdWp => "uffd-wp",
            Self::CowPrivate => "cow-private",
            Self::PagemapRead => "pagemap-read",
            Self::Compare => "compare",
        }
    }

    /// The kind of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.name() == name)
    }

    /// A tracker of this kind for windows that hold `image`.
    #[must_use]
    pub fn tracker(self, image: &Arc<Image>) -> Box<dyn Tracker> {
        match self {
            Self::UffdWp => Box::new(uffd_wp::UffdWp::new(image)),
            Self::CowPrivate => Box::new(cow_private::CowPrivate::default()),
            Self::PagemapRead => Box::new(pagemap_read::PagemapRead::new(image)),
            Self::Compare => Box::new(compare::Compare::new(image)),
        }
    }
}

impl fmt::Display for TrackerKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// Finds the pages of a window that may have changed.
///
/// The window handed to each call begins with the image's pages, at the same addresses as at [`Tracker::start`]; behind
/// them is the tail, whose baseline is zero, and which may have grown since the last call. After any error nothing is
/// known: every page must be taken for changed until `start` succeeds again.
pub trait Tracker: Debug + Send {
    /// Begins: the window holds the image, freshly mapped, and zeros behind it; nobody writes to it meanwhile. Below page
    /// `releasable`, a private page that is dropped shows the baseline again.
    ///
    /// # Errors
    /// When the kernel refuses; nothing is recorded then.
    fn start(&mut self, window: &mut Window<'_>, releasable: usize) -> Result<()>;

    /// Appends to the empty `changed` every page written since it was last forgotten, and perhaps more. Forgets
    /// nothing: the same pages are reported again. A page where nothing at all is mapped may be left out; callers see
    /// to those.
    ///
    /// # Errors
    /// When the answer would not be complete.
    fn collect(&mut self, window: &Window<'_>, changed: &mut PageSet) -> Result<()>;

    /// As [`Tracker::collect`], and forgets each page in the step that finds it, so that a write by another thread is in
    /// this answer or in the next one. `false` when this kind cannot: `changed` is as it was then.
    ///
    /// # Errors
    /// When the answer would not be complete; what is recorded is then unknown.
    fn take(&mut self, window: &Window<'_>, changed: &mut PageSet) -> Result<bool>;

    /// Forgets that `restored` were written: they hold the baseline again, and are reported when written again. Pages in
    /// between hold the baseline as well.
    ///
    /// # Errors
    /// When the kernel refuses; what is recorded is then unknown.
    fn forget(&mut self, window: &mut Window<'_>, restored: &PageSet) -> Result<()>;

    /// Whether private pages stay private when they are forgotten. A kind that finds pages by their being private drops them.
    fn keeps_pages(&self) -> bool;

    /// Takes in that something else was mapped at `run`, which ended every record there. The caller counts its pages as
    /// changed until it forgets them.
    ///
    /// # Errors
    /// When the kernel refuses.
    fn remapped(&mut self, window: &mut Window<'_>, run: PageRun) -> Result<()>;

    /// Takes in that the window shows `image` from now on, a later version of the image before: mapped at `pages`, which
    /// ended every record there, and the same as before elsewhere. The caller counts those pages as changed until it
    /// forgets them; it forgets some pages in any case.
    ///
    /// # Errors
    /// When the kernel refuses.
    fn advance(&mut self, window: &mut Window<'_>, image: &Arc<Image>, pages: &PageSet) -> Result<()>;

    /// Ends, while the window is still mapped. Contents stay as they are.
    ///
    /// # Errors
    /// When the kernel refuses; the only harm is that writes go on being recorded, for nobody.
    fn stop(&mut self, window: &Window<'_>) -> Result<()>;
}

/// Keeps huge pages away from `pages`; where they are many runs, from all between them as well: a call costs 0.5 us.
fn avoid_huge_pages(window: &Window<'_>, pages: &PageSet) -> Result<()> {
    match pages.span() {
        Some(span) => window.pages().part(span).map(sys::avoid_huge_pages),
        None => Ok(()),
    }
}
