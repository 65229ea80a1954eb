//! Asynchronous write-protection: each armed page costs one fault at its first write, and the kernel notes it.

use std::sync::Arc;

use super::Tracker;
use super::zones::{Zone, zones};
use crate::error::Result;
use crate::image::Image;
use crate::page_set::{PageRun, PageSet};
use crate::region::Window;
use crate::sys::{self, Pages, ScanBuffer, write_protect};

/// Reports pages written since they were armed; exact. Writes by the kernel (`read(2)` into the memory) count. Writes
/// through long-term pins (`io_uring` fixed buffers, RDMA) do not: no kernel records those.
#[derive(Debug)]
pub(super) struct UffdWp {
    image: Arc<Image>,
    /// Pages from the beginning of the window that are registered. Registering takes the lock of the whole address space,
    /// so it is done once, and again for what a memory grows by.
    registered: usize,
    /// Of the pages that are registered.
    zones: Vec<Zone>,
    /// Whether the zones are others than those that were armed.
    divided_anew: bool,
    buffer: ScanBuffer,
}

impl UffdWp {
    pub(super) fn new(image: &Arc<Image>) -> Self {
        Self {
            image: Arc::clone(image),
            registered: 0,
            zones: Vec::new(),
            divided_anew: false,
            buffer: ScanBuffer::default(),
        }
    }

    fn register_growth(&mut self, pages: Pages<'_>) -> Result<()> {
        if pages.page_count() > self.registered {
            register(pages.part(PageRun { start: self.registered, end: pages.page_count() })?)?;
            self.registered = pages.page_count();
            self.zones = zones(&self.image, pages.page_count());
        }
        Ok(())
    }
}

impl Tracker for UffdWp {
    fn start(&mut self, window: &mut Window<'_>, _releasable: usize) -> Result<()> {
        let pages = window.pages();
        self.registered = 0;
        self.register_growth(pages)?;
        for &(zone, watched) in &self.zones {
            write_protect::arm(watched, pages, zone, &mut self.buffer)?;
        }
        Ok(())
    }

    fn collect(&mut self, window: &Window<'_>, changed: &mut PageSet) -> Result<()> {
        let pages = window.pages();
        self.register_growth(pages)?;
        for &(zone, watched) in &self.zones {
            write_protect::written(watched, pages, zone, &mut self.buffer, changed)?;
        }
        Ok(())
    }

    fn take(&mut self, window: &Window<'_>, changed: &mut PageSet) -> Result<bool> {
        let pages = window.pages();
        self.register_growth(pages)?;
        for &(zone, watched) in &self.zones {
            write_protect::take_written(watched, pages, zone, &mut self.buffer, changed)?;
        }
        Ok(true)
    }

    /// One call a zone over all of the span in it, however many runs: arming run by run costs an inter-processor interrupt
    /// each.
    fn forget(&mut self, window: &mut Window<'_>, restored: &PageSet) -> Result<()> {
        let Some(span) = restored.span() else { return Ok(()) };
        let pages = window.pages();
        self.register_growth(pages)?;
        // A zone that was sparse and is dense holds pages that nobody armed. All of them hold the baseline now.
        let everything = PageRun { start: 0, end: pages.page_count() };
        let span = if std::mem::take(&mut self.divided_anew) { everything } else { span };
        for &(zone, watched) in &self.zones {
            let part = PageRun { start: zone.start.max(span.start), end: zone.end.min(span.end) };
            if part.start < part.end {
                write_protect::arm(watched, pages, part, &mut self.buffer)?;
            }
        }
        Ok(())
    }

    fn keeps_pages(&self) -> bool {
        true
    }

    fn remapped(&mut self, window: &mut Window<'_>, run: PageRun) -> Result<()> {
        register(window.pages().part(run)?)
    }

    /// Many runs are registered with all between them, where nothing happens: a call for each would cost 2 us.
    fn advance(&mut self, window: &mut Window<'_>, image: &Arc<Image>, pages: &PageSet) -> Result<()> {
        let all = window.pages();
        self.image = Arc::clone(image);
        self.register_growth(all)?;
        match pages.span() {
            Some(span) if pages.runs().len() > REGISTRATIONS_MAX => register(all.part(span)?)?,
            _ => pages.runs().iter().try_for_each(|run| register(all.part(*run)?))?,
        }
        let divided = zones(image, self.registered);
        self.divided_anew |= divided != self.zones;
        self.zones = divided;
        Ok(())
    }

    fn stop(&mut self, window: &Window<'_>) -> Result<()> {
        write_protect::unregister(window.pages())
    }
}

/// More runs than these are registered in one call.
const REGISTRATIONS_MAX: usize = 8;

fn register(pages: Pages<'_>) -> Result<()> {
    sys::avoid_huge_pages(pages);
    write_protect::register(pages)
}
