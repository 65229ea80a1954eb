//! What a view does to contents beside going back to them: mapping, discarding, trimming, prefaulting, and its limits.

use napi::bindgen_prelude::Unknown;
use napi::{Env, Result};
use napi_derive::napi;
use pagefold_core::{Discarded, Limits, PageRun, Verify, View, page_size};

use crate::buffer::Range;
use crate::failure::refusal;
use crate::number;
use crate::region::NativeRegion;
use crate::report::NativeDirty;
use crate::view::NativeView;

/// Where something is put, in bytes.
#[napi(object)]
pub struct NativePlace {
    /// From the beginning of the view: a page boundary.
    pub byte_offset: f64,
    /// Its last page counts as a whole.
    pub byte_length: f64,
    /// From the beginning of the region that is put there: a page boundary.
    pub region_offset: f64,
}

/// What trimming did.
#[napi(object)]
pub struct NativeTrimmed {
    /// Pages given back to the system.
    pub released: f64,
    /// Private pages that are left.
    pub private: f64,
}

#[napi]
impl NativeView {
    /// Budgets and checks of the resets from now on. Without `resident_pages` there is no budget.
    #[napi(catch_unwind)]
    pub fn set_limits(&self, resident_pages: Option<f64>, verify: String) -> Result<()> {
        self.limit(limits(resident_pages, &verify)?)
    }

    /// The pages that have changed since the last call of this or the last reset.
    #[napi(catch_unwind)]
    pub fn take_dirty(
        &self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer")] buffer: Unknown<'_>,
        byte_offset: f64,
        byte_length: f64,
    ) -> Result<NativeDirty> {
        let range = Range::of(env, buffer, byte_offset, byte_length)?;
        self.with(&range, View::take_dirty).map(NativeDirty::from)
    }

    /// Puts whole pages of a region in place of whole pages of the view.
    #[napi(catch_unwind)]
    pub fn map(
        &self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer")] buffer: Unknown<'_>,
        byte_offset: f64,
        byte_length: f64,
        region: &NativeRegion,
        place: NativePlace,
    ) -> Result<()> {
        let range = Range::of(env, buffer, byte_offset, byte_length)?;
        let run = pages(place.byte_offset, place.byte_length)?;
        let first_page = pages(place.region_offset, 0.0)?.start;
        let region = region.get()?;
        self.with(&range, |view, window| view.map(window, run, &region, first_page))
    }

    /// Gives whole pages of the view back to the system. They hold zeros then.
    #[napi(catch_unwind)]
    pub fn discard(
        &self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer")] buffer: Unknown<'_>,
        byte_offset: f64,
        byte_length: f64,
        at: f64,
        discarded_byte_length: f64,
    ) -> Result<()> {
        let range = Range::of(env, buffer, byte_offset, byte_length)?;
        let run = pages(at, discarded_byte_length)?;
        self.with(&range, |view, window| view.discard(window, run, Discarded::Zero))
    }

    /// As `discard`, and they hold the baseline then.
    #[napi(catch_unwind)]
    pub fn discard_to_baseline(
        &self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer")] buffer: Unknown<'_>,
        byte_offset: f64,
        byte_length: f64,
        at: f64,
        discarded_byte_length: f64,
    ) -> Result<()> {
        let range = Range::of(env, buffer, byte_offset, byte_length)?;
        let run = pages(at, discarded_byte_length)?;
        self.with(&range, |view, window| view.discard(window, run, Discarded::Baseline))
    }

    /// Gives private pages that hold the baseline back to the system, until `keep_pages` are left.
    #[napi(catch_unwind)]
    pub fn trim(
        &self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer")] buffer: Unknown<'_>,
        byte_offset: f64,
        byte_length: f64,
        keep_pages: f64,
    ) -> Result<NativeTrimmed> {
        let range = Range::of(env, buffer, byte_offset, byte_length)?;
        let keep = number::bytes(keep_pages)?;
        let trimmed = self.with(&range, |view, window| view.trim(window, keep))?;
        Ok(NativeTrimmed { released: number::number(trimmed.released), private: number::number(trimmed.private) })
    }

    /// Makes private copies of the pages that are known to be written; how many.
    #[napi(catch_unwind)]
    pub fn prefault(
        &self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer")] buffer: Unknown<'_>,
        byte_offset: f64,
        byte_length: f64,
    ) -> Result<f64> {
        let range = Range::of(env, buffer, byte_offset, byte_length)?;
        self.with(&range, View::prefault).map(number::number)
    }
}

/// Budget and checks, by what the façade calls them. Without `resident_pages` there is no budget.
pub(crate) fn limits(resident_pages: Option<f64>, verify: &str) -> Result<Limits> {
    let resident_pages = resident_pages.map_or(Ok(usize::MAX), number::bytes)?;
    let verify = match verify {
        "never" => Verify::Never,
        "sample" => Verify::Sample,
        "always" => Verify::Always,
        _ => return Err(refusal("ERR_PAGEFOLD_INVALID_ARGUMENT", &format!("nothing is verified {verify}"))),
    };
    Ok(Limits { resident_pages, verify })
}

/// The pages of a range that begins on a page boundary. Its last page counts as a whole.
fn pages(byte_offset: f64, byte_length: f64) -> Result<PageRun> {
    let page = page_size();
    let (byte_offset, byte_length) = (number::bytes(byte_offset)?, number::bytes(byte_length)?);
    if !page.is_aligned(byte_offset) {
        return Err(refusal("ERR_PAGEFOLD_UNALIGNED", &format!("{byte_offset} is no multiple of the page size")));
    }
    // Neither can overflow: both are below 2^53.
    Ok(PageRun { start: page.index(byte_offset), end: page.index(byte_offset) + page.count(byte_length) })
}
