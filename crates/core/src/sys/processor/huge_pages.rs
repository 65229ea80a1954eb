//! Fewer addresses to remember.
#![expect(unsafe_code, reason = "advice about memory that is not initialised yet")]

/// The size of a huge page on x86-64, and on arm64 with pages of 4 KiB.
#[cfg(target_os = "linux")]
pub(crate) const HUGE_PAGE: usize = 2 << 20;

/// Asks the system for huge pages behind the bytes of a vector, where no memory is yet: a processor remembers only so many
/// addresses, and in scattered memory each page costs one as it is. Only a hint, about 1 us.
pub(crate) fn prefer_huge_pages(vector: &mut Vec<u8>) {
    #[cfg(target_os = "linux")]
    {
        use nix::sys::mman::{MmapAdvise, madvise};

        let room = vector.spare_capacity_mut();
        let skipped = room.as_ptr().align_offset(HUGE_PAGE).min(room.len());
        let byte_length = (room.len() - skipped) / HUGE_PAGE * HUGE_PAGE;
        if byte_length > 0 {
            let start = std::ptr::NonNull::from(&mut room[skipped..]).cast();
            // SAFETY: the range lies in memory that the vector owns. The advice changes nothing that is in it, nor who may
            // use it; kernels without huge pages refuse.
            let _ = unsafe { madvise(start, byte_length, MmapAdvise::MADV_HUGEPAGE) };
        }
    }
    #[cfg(not(target_os = "linux"))]
    let _ = vector;
}
