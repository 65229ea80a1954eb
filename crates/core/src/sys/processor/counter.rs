//! The counter of cycles that a processor keeps.
#![expect(unsafe_code, reason = "an instruction that the language counts as unsafe")]

/// The cycles of the counter since some time ago. `None` where there is none that can be read.
///
/// Says nothing of whether it counts at the same pace all the time, and on all processors: that is for the system to tell.
#[inline(always)]
pub(crate) fn cycles() -> Option<u64> {
    #[cfg(target_arch = "x86_64")]
    {
        // SAFETY: every x86-64 has the instruction, and it changes nothing but two registers. (Where a process is denied it,
        // reading the system's clock ends it as well.)
        Some(unsafe { std::arch::x86_64::_rdtsc() })
    }
    #[cfg(not(target_arch = "x86_64"))]
    None
}
