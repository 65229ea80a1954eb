//! Memory that can be looked at and replaced: owned by pagefold ([`Region`]) or by a JavaScript engine
//! ([`Window::adopt`]).
//!
//! ```text
//!  Region: one mapping, private and anonymous or of a file, accessible for its whole length, paid for by the page
//!
//!  |<------------- byte_length ------------->|                                   |
//!  |<------------------------------ max_byte_length ---------------------------->|
//!  +-----------------------------------------+-----------------------------------+
//!  | in use                                  | zero, becomes part by grow()      |
//!  +-----------------------------------------+-----------------------------------+
//!  ^ page boundary                                               page boundary   ^
//! ```

mod access;
mod backing;
mod census;
mod claim;
mod part;
mod quarantine;
mod release;
mod window;

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};

use crate::error::{Error, ErrorKind, Result};
use crate::page_set::PageRun;
use crate::sys::{self, Mapping};

use backing::Backing;

pub(crate) use access::is_zero;
pub use census::{RegionUsage, mapped_by_regions, region_usage};
pub(crate) use claim::Claim;
pub use part::RegionPart;
pub(crate) use window::Owner;
pub use window::Window;

/// Memory that pagefold owns: zero-filled and growable in place ([`Region::allocate`], [`Region::allocate_mappable`]), or
/// a part of a file ([`Region::open`]).
///
/// All of `max_byte_length` is readable and writable from the start, because JavaScript may reach it through the
/// buffer; only `byte_length` is promised to keep its contents. Untouched pages cost address space, nothing else.
#[derive(Debug)]
pub struct Region {
    memory: Arc<RegionMemory>,
    /// `None` when the pages are anonymous, and private to this mapping.
    backing: Option<Backing>,
    byte_length: usize,
    max_byte_length: usize,
}

/// The mapping behind a region. Lives as long as the region or anything that was handed its address.
#[derive(Debug)]
pub struct RegionMemory {
    /// `Some` until drop, where it is unmapped or put into quarantine.
    mapping: Option<Mapping>,
    retired: AtomicBool,
    /// Different for every region of the process.
    number: u64,
}

static REGIONS: AtomicU64 = AtomicU64::new(0);

impl Region {
    /// Maps a region of `byte_length` bytes that can grow up to `max_byte_length`.
    ///
    /// # Errors
    /// `OutOfRange` for a length of 0 or a maximum below the length; `OutOfMemory` when there is no address space.
    pub fn allocate(byte_length: usize, max_byte_length: usize) -> Result<Self> {
        let mapping = Mapping::zeroed(mapped_byte_length(byte_length, max_byte_length)?)?;
        Ok(Self { memory: RegionMemory::new(mapping), backing: None, byte_length, max_byte_length })
    }

    /// Bytes in use.
    #[must_use]
    pub const fn byte_length(&self) -> usize {
        self.byte_length
    }

    /// Bytes that `grow` can reach.
    #[must_use]
    pub const fn max_byte_length(&self) -> usize {
        self.max_byte_length
    }

    /// The memory itself, to be kept by whoever is given its address.
    #[must_use]
    pub const fn memory(&self) -> &Arc<RegionMemory> {
        &self.memory
    }

    /// All pages in use, for one operation at a time.
    ///
    /// # Errors
    /// `System` when the region was retired; `Unsupported` when its pages belong to a file.
    pub fn window(&mut self) -> Result<Window<'_>> {
        if self.backing.is_some() {
            return Err(backing::untracked());
        }
        if self.memory.is_retired() {
            return Err(retired());
        }
        Window::over(&self.memory, self.byte_length)
    }

    /// Makes the region longer; the new bytes are zero. Nothing moves.
    ///
    /// # Errors
    /// `OutOfRange` when `byte_length` is below the current length or above the maximum, which for a file is its length;
    /// nothing has changed then.
    pub fn grow(&mut self, byte_length: usize) -> Result<()> {
        if byte_length < self.byte_length || byte_length > self.max_byte_length {
            return Err(Error::new(
                ErrorKind::OutOfRange,
                format!(
                    "a region of {} bytes can grow up to {} bytes, not to {byte_length}",
                    self.byte_length, self.max_byte_length
                ),
            ));
        }
        let page = sys::page_size();
        let (old_end, new_end) = (page.count(self.byte_length), page.count(byte_length));
        let mut grown = Window::over(&self.memory, byte_length)?;
        // Nothing promised that these bytes were untouched: JavaScript could write to them through the buffer. No other
        // memory shows them yet: only pages in use are mapped elsewhere.
        let mut fresh = grown.pages_mut().part_mut(PageRun { start: old_end, end: new_end })?;
        match &self.backing {
            None => sys::discard(&mut fresh)?,
            Some(_) if sys::discard_file(&mut fresh).is_ok() => {}
            Some(_) => grown.zero_bytes(old_end * page.bytes()..new_end * page.bytes()),
        }
        grown.zero_bytes(self.byte_length..(old_end * page.bytes()).min(byte_length));
        self.byte_length = byte_length;
        Ok(())
    }

    /// Returns all memory to the system at once, apart from pages of a file that are mapped elsewhere. The addresses stay
    /// taken until the last holder of [`Region::memory`] is gone and quarantine lets go of them, so that an unfinished
    /// system call on the old buffer fails instead of reading somebody else's bytes.
    ///
    /// The caller must have detached every buffer over the region before: a later access would fault.
    ///
    /// # Errors
    /// `System` when the kernel refuses; the memory is then still there.
    pub fn retire(self) -> Result<()> {
        let whole = self.memory.mapping().byte_length();
        sys::revoke(Window::over(&self.memory, whole)?.pages_mut())?;
        self.memory.retired.store(true, Ordering::Release);
        Ok(())
    }
}

fn retired() -> Error {
    Error::new(ErrorKind::System, "the region was given back")
}

/// Bytes to map for a region that can grow up to `max_byte_length`.
fn mapped_byte_length(byte_length: usize, max_byte_length: usize) -> Result<usize> {
    if byte_length == 0 {
        return Err(Error::new(ErrorKind::OutOfRange, "a region must have at least one byte"));
    }
    if max_byte_length < byte_length {
        return Err(Error::new(
            ErrorKind::OutOfRange,
            format!("a region of {byte_length} bytes cannot have a maximum of {max_byte_length} bytes"),
        ));
    }
    sys::page_size()
        .ceil(max_byte_length)
        .ok_or_else(|| Error::new(ErrorKind::OutOfRange, format!("{max_byte_length} bytes exceed the address space")))
}

impl RegionMemory {
    fn new(mapping: Mapping) -> Arc<Self> {
        let number = REGIONS.fetch_add(1, Ordering::Relaxed);
        let memory = Arc::new(Self { mapping: Some(mapping), retired: AtomicBool::new(false), number });
        census::enter(&memory);
        memory
    }

    /// Whether the memory was given back, and only its addresses are still taken.
    fn is_retired(&self) -> bool {
        self.retired.load(Ordering::Acquire)
    }

    fn mapping(&self) -> &Mapping {
        self.mapping.as_ref().expect("the mapping is there until drop")
    }

    const fn number(&self) -> u64 {
        self.number
    }

    /// Address of the first byte.
    #[must_use]
    pub fn start(&self) -> usize {
        self.mapping().start()
    }

    /// Mapped bytes: the region's maximum, rounded up to whole pages.
    #[must_use]
    pub fn byte_length(&self) -> usize {
        self.mapping().byte_length()
    }
}

impl Drop for RegionMemory {
    fn drop(&mut self) {
        census::leave(self.number);
        if let Some(mapping) = self.mapping.take()
            && self.is_retired()
        {
            quarantine::hold(mapping);
        }
    }
}

#[cfg(all(test, not(pagefold_unsupported)))]
mod tests {
    use super::*;

    #[test]
    fn grows_with_zeros_in_place() {
        let page = sys::page_size().bytes();
        let mut region = Region::allocate(100, 3 * page).expect("allocates");
        let start = region.memory().start();
        // Through the buffer JavaScript can write past the length; growing must not show it.
        Window::over(region.memory(), 3 * page).expect("maps").write(50, &vec![7; 2 * page]).expect("in range");
        region.grow(2 * page + 1).expect("below the maximum");
        let mut seen = vec![1; 2 * page + 1];
        region.window().expect("alive").read(0, &mut seen).expect("in range");
        assert!(seen[..50].iter().all(|byte| *byte == 0) && seen[50..100].iter().all(|byte| *byte == 7));
        assert!(seen[100..].iter().all(|byte| *byte == 0));
        assert_eq!((region.memory().start(), region.byte_length()), (start, 2 * page + 1));
        for wrong in [0, 2 * page, 3 * page + 1, usize::MAX] {
            assert_eq!(region.grow(wrong).expect_err("refused").kind(), ErrorKind::OutOfRange);
        }
    }

    #[test]
    fn refuses_impossible_lengths() {
        for (length, max) in [(0, 1), (2, 1), (1, usize::MAX)] {
            assert_eq!(Region::allocate(length, max).expect_err("refused").kind(), ErrorKind::OutOfRange);
        }
        assert_eq!(Region::allocate(1, 1 << 60).expect_err("refused").kind(), ErrorKind::OutOfMemory);
    }
}
