//! Where JavaScript buffers and native memory meet: the only unsafe file of the binding but `weak.rs`.
#![expect(unsafe_code, reason = "Node-API is a C interface; each call below states what it relies on")]

use std::borrow::Cow;
use std::ffi::c_void;
use std::sync::{Arc, Mutex, PoisonError};

use napi::bindgen_prelude::{FromNapiValue, JsValue, Uint8ArraySlice, Unknown};
use napi::{Env, Result, sys};
use pagefold_core::{RegionMemory, Window, page_size};

use crate::failure::{failure, refusal};
use crate::number;

/// Which part of a buffer an operation works on. Read anew for every operation: the engine may have moved, grown or
/// detached the buffer since the last one.
pub(crate) struct Range {
    start: usize,
    byte_length: usize,
}

impl Range {
    /// Checks `byte_offset` and `byte_length` against the buffer as it is now.
    pub(crate) fn of(env: Env, buffer: Unknown<'_>, byte_offset: f64, byte_length: f64) -> Result<Self> {
        let (start, available) = address(env, buffer)?;
        let (offset, byte_length) = (number::bytes(byte_offset)?, number::bytes(byte_length)?);
        // The last page counts as a whole: memories and regions always end on a page boundary.
        let end = offset.checked_add(byte_length).and_then(|end| page_size().ceil(end));
        if end.is_none_or(|end| end > available) {
            return Err(refusal(
                "ERR_PAGEFOLD_DETACHED",
                &format!("the buffer has {available} bytes; it was detached or transferred away"),
            ));
        }
        Ok(Self { start: start + offset, byte_length })
    }

    /// The range as a window, for this operation.
    pub(crate) fn window(&self) -> Result<Window<'_>> {
        // SAFETY: the range lies in an attached ArrayBuffer, so the engine keeps it mapped, readable and writable until
        // JavaScript runs again, which is after this operation. The façade passes only unshared buffers of a
        // WebAssembly.Memory or of a region, so no other thread reaches them, and their pages are private anonymous
        // memory, an image of ours, or pages of a region that a view has mapped there, all of which may be replaced. No
        // Rust reference points into them.
        unsafe { Window::adopt(self.start, self.byte_length) }.map_err(failure)
    }
}

/// How many numbers a report has.
pub(crate) const REPORT_SLOTS: usize = 7;

/// The façade's array of numbers: a report, to be written here, and then the length of the view, to be read. Found anew
/// for every operation, like the memory itself.
pub(crate) struct Slots {
    start: *mut f64,
}

impl Slots {
    /// Checks that the buffer is long enough for what is read from it and written to it.
    pub(crate) fn of(env: Env, buffer: Unknown<'_>) -> Result<Self> {
        let (start, available) = address(env, buffer)?;
        let start = std::ptr::with_exposed_provenance_mut::<f64>(start);
        if !start.is_aligned() || available < size_of::<[f64; REPORT_SLOTS + 1]>() {
            return Err(refusal("ERR_PAGEFOLD_INVALID_ARGUMENT", "there is no room for the report"));
        }
        Ok(Self { start })
    }

    /// Length of the view in bytes, as the façade gave it: not checked.
    pub(crate) fn byte_length(&self) -> f64 {
        // SAFETY: `of` found room for one more number than a report has, aligned, in an attached ArrayBuffer, which the
        // engine keeps until JavaScript runs again, after this operation. Any bytes are a number.
        unsafe { self.start.wrapping_add(REPORT_SLOTS).read() }
    }

    /// Writes a report.
    pub(crate) fn write(&self, report: [f64; REPORT_SLOTS]) {
        // SAFETY: as in `byte_length`; the memory is writable, and no Rust reference points into it.
        unsafe { self.start.cast::<[f64; REPORT_SLOTS]>().write(report) };
    }
}

/// Address and length of an ArrayBuffer; both 0 when it is detached.
fn address(env: Env, buffer: Unknown<'_>) -> Result<(usize, usize)> {
    let (mut data, mut byte_length) = (std::ptr::null_mut(), 0);
    // SAFETY: `buffer` is a live value of this environment; both results are written before the call returns ok.
    let status =
        unsafe { sys::napi_get_arraybuffer_info(env.raw(), buffer.raw(), &raw mut data, &raw mut byte_length) };
    if status != sys::Status::napi_ok {
        return Err(refusal("ERR_PAGEFOLD_INVALID_ARGUMENT", "the memory is not an ArrayBuffer"));
    }
    Ok((data.expose_provenance(), byte_length))
}

/// What is done when the engine has let go of a buffer, on whichever thread it does.
type Gone = Box<dyn FnOnce() + Send>;

/// The memory behind a buffer, until the engine has let go of that, and what is done then.
type Kept = Mutex<Option<(Arc<RegionMemory>, Gone)>>;

/// An ArrayBuffer over a region's memory, without a copy. It keeps the memory mapped until it is collected, and does `gone`
/// then.
pub(crate) fn expose<'env>(env: &'env Env, memory: &Arc<RegionMemory>, gone: Gone) -> Result<Unknown<'env>> {
    let kept: Arc<Kept> = Arc::new(Mutex::new(Some((Arc::clone(memory), gone))));
    let data = std::ptr::with_exposed_provenance_mut::<c_void>(memory.start());
    let mut value = std::ptr::null_mut();
    // SAFETY: the memory is mapped, readable and writable for its whole length, and `kept` holds it until
    // `let_go` has run, which the engine calls once, after the last use of the buffer.
    let status = unsafe {
        sys::napi_create_external_arraybuffer(
            env.raw(),
            data,
            memory.byte_length(),
            Some(let_go),
            Arc::into_raw(Arc::clone(&kept)).cast_mut().cast(),
            &raw mut value,
        )
    };
    if status != sys::Status::napi_ok {
        // Whether the engine calls `let_go` for a buffer that it refuses, and when, depends on the reason and its version
        // (Node.js 20 does so at once for one that is too long). The memory is let go of here, a few bytes are left to it.
        kept.lock().unwrap_or_else(PoisonError::into_inner).take();
        return Err(refused(env, status, memory.byte_length()));
    }
    // SAFETY: the call returned ok, so `value` is a live value of this environment.
    unsafe { Unknown::from_napi_value(env.raw(), value) }
}

extern "C" fn let_go(_env: sys::napi_env, _data: *mut c_void, kept: *mut c_void) {
    // SAFETY: `kept` is the count that `expose` took for this buffer, and the engine calls this once.
    let kept = unsafe { Arc::from_raw(kept.cast::<Kept>()) };
    let taken = kept.lock().unwrap_or_else(PoisonError::into_inner).take();
    if let Some((memory, gone)) = taken {
        drop(memory);
        gone();
    }
}

/// Why there is no buffer. The engine may have thrown an error of its own, which ours replaces.
fn refused(env: &Env, status: sys::napi_status, byte_length: usize) -> napi::Error {
    let mut thrown = std::ptr::null_mut();
    // SAFETY: the environment is the one that this call came from; that nothing was thrown is no error.
    let _ = unsafe { sys::napi_get_and_clear_last_exception(env.raw(), &raw mut thrown) };
    if status == sys::Status::napi_no_external_buffers_allowed {
        return refusal(
            "ERR_PAGEFOLD_EXTERNAL_BUFFERS",
            "this runtime does not allow buffers over memory that it did not allocate, and a copy would not be the region",
        );
    }
    refusal("ERR_PAGEFOLD_OUT_OF_RANGE", &format!("this runtime has no buffers of {byte_length} bytes"))
}

/// Detaches the buffer of a region. `false` when JavaScript had transferred its bytes to another owner before: the
/// memory is then that owner's, and must stay.
pub(crate) fn detach(env: Env, buffer: Unknown<'_>, memory: &RegionMemory) -> Result<bool> {
    // A detached buffer has no address. Ask before detaching: the engine says ok to a second detach as well.
    if address(env, buffer)? != (memory.start(), memory.byte_length()) {
        return Ok(false);
    }
    // SAFETY: `buffer` is a live value of this environment.
    let status = unsafe { sys::napi_detach_arraybuffer(env.raw(), buffer.raw()) };
    Ok(status == sys::Status::napi_ok)
}

/// The bytes of an array that the façade has just made, to be filled.
pub(crate) fn bytes_mut<'a>(array: &'a mut Uint8ArraySlice<'_>) -> &'a mut [u8] {
    // SAFETY: the array belongs to the façade, which passes it to one call at a time; JavaScript does not run
    // meanwhile, and no other reference to its bytes exists.
    unsafe { array.as_mut() }
}

/// The bytes of an array that an operation writes to, and of one that it reads meanwhile: a copy of those, where both lie
/// over the same memory.
pub(crate) fn apart<'a>(
    written: &'a mut Uint8ArraySlice<'_>,
    read: &'a Uint8ArraySlice<'_>,
) -> (&'a mut [u8], Cow<'a, [u8]>) {
    let (target, source) = (written.as_ptr_range(), read.as_ptr_range());
    let overlap = target.start < source.end && source.start < target.end;
    let read = if overlap { Cow::Owned(read.to_vec()) } else { Cow::Borrowed(&read[..]) };
    // SAFETY: the array belongs to this thread, as the façade has checked, and JavaScript does not run meanwhile. No other
    // reference to its bytes exists: what is read lies elsewhere, or is a copy.
    (unsafe { written.as_mut() }, read)
}
