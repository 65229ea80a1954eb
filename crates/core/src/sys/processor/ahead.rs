//! Loads ahead of time.
#![expect(unsafe_code, reason = "an instruction that not every processor has")]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64 as x86;

use super::LINE;

/// Has the caches load the first line of these bytes, and waits for nothing. The line is taken away; less than one is left.
#[inline(always)]
pub(crate) fn load_ahead(bytes: &mut &[u8]) {
    if let Some((line, rest)) = bytes.split_first_chunk::<LINE>() {
        // SAFETY: it changes nothing that the program sees, and the address is that of a byte.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            x86::_mm_prefetch::<{ x86::_MM_HINT_T0 }>(line.as_ptr().cast());
        }
        #[cfg(not(target_arch = "x86_64"))]
        let _ = line;
        *bytes = rest;
    }
}
