//! Stores past the caches: of what would not stay there until somebody reads it.
#![expect(unsafe_code, reason = "instructions that not every processor has, and memory that is not initialised yet")]

#[cfg(target_arch = "x86_64")]
use std::arch::x86_64 as x86;
use std::mem::MaybeUninit;

#[cfg(target_arch = "x86_64")]
use super::HALF;
use super::{Bits, LINE, Line, PIECE, Width};

/// Where a line can be stored.
type Room = [MaybeUninit<u8>; LINE];

/// What is done while bytes are stored. `piece` MUST be `#[inline(always)]`, as in [`Work`].
pub(crate) trait Meanwhile {
    /// Called with 0, 1, … for each piece, begun ones included.
    fn piece(&mut self, index: usize);
}

impl Width {
    /// Stores a line past the caches. Until [`Underway`] is dropped nobody else may see it.
    ///
    /// # Safety
    /// The room is aligned to a line.
    #[inline(always)]
    unsafe fn store_past_caches(self, room: &mut Room, line: &Line) {
        match self.0 {
            // SAFETY: the processor has it, as the width exists; the room is aligned, as the caller says.
            #[cfg(target_arch = "x86_64")]
            Bits::Wide512 => unsafe { store_512(room, line) },
            // SAFETY: as above.
            #[cfg(target_arch = "x86_64")]
            Bits::Wide256 => unsafe { store_256(room, line) },
            // Narrower stores past the caches take longer than those that load first.
            Bits::Least => store(room, line),
        }
    }
}

/// # Safety
/// The room is aligned to a line.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx512f")]
unsafe fn store_512(room: &mut Room, line: &Line) {
    // SAFETY: a line has the 64 bytes that are read.
    let register = unsafe { x86::_mm512_loadu_si512(line.as_ptr().cast()) };
    // SAFETY: the room has 64 bytes, and is aligned to them.
    unsafe { x86::_mm512_stream_si512(room.as_mut_ptr().cast(), register) };
}

/// # Safety
/// The room is aligned to half a line.
#[cfg(target_arch = "x86_64")]
#[inline]
#[target_feature(enable = "avx2")]
unsafe fn store_256(room: &mut Room, line: &Line) {
    for (room, half) in room.as_chunks_mut::<HALF>().0.iter_mut().zip(line.as_chunks::<HALF>().0) {
        // SAFETY: half a line has the 32 bytes that are read.
        let register = unsafe { x86::_mm256_loadu_si256(half.as_ptr().cast()) };
        // SAFETY: half the room has 32 bytes, and is aligned to them.
        unsafe { x86::_mm256_stream_si256(room.as_mut_ptr().cast(), register) };
    }
}

/// What was stored past the caches and may still be on its way. Dropped, it has arrived, in the order that other threads rely
/// on: MUST be dropped before anybody else is handed the memory, or it is given back. A vector that grows meanwhile is moved by
/// the thread that stored: reading what is underway waits for it.
#[derive(Debug, Default)]
pub(crate) struct Underway(());

impl Drop for Underway {
    fn drop(&mut self) {
        // SAFETY: every x86-64 processor has it, and it touches no memory.
        #[cfg(target_arch = "x86_64")]
        unsafe {
            x86::_mm_sfence();
        }
    }
}

/// Bytes that are stored behind those of a vector and do not count yet.
#[derive(Debug)]
pub(crate) struct Stored<'a> {
    behind: &'a mut Vec<u8>,
    byte_length: usize,
}

impl<'a> Stored<'a> {
    /// Stores bytes behind those of a vector, and does something else meanwhile, once for each piece of `bytes`.
    /// `past_caches`: for more than these would hold until somebody reads it.
    ///
    /// ```text
    ///  lines of the vector    |#####   |        |        |
    ///  bytes                        |########|########|##     head, whole lines past the caches, tail
    /// ```
    #[inline(always)]
    pub(crate) fn new(
        width: Width,
        behind: &'a mut Vec<u8>,
        bytes: &[u8],
        past_caches: bool,
        meanwhile: &mut impl Meanwhile,
    ) -> Self {
        behind.reserve(bytes.len());
        let missing = behind.as_ptr_range().end.addr().wrapping_neg() % LINE;
        let (head, rest) = bytes.split_at(missing.min(bytes.len()));
        let (lines, tail) = rest.as_chunks::<LINE>();
        let (pieces, begun) = lines.as_chunks::<{ PIECE / LINE }>();
        let room = &mut behind.spare_capacity_mut()[..bytes.len()];
        let (head_room, rest_room) = room.split_at_mut(head.len());
        let (line_rooms, tail_room) = rest_room.as_chunks_mut::<LINE>();
        let (piece_rooms, begun_rooms) = line_rooms.as_chunks_mut::<{ PIECE / LINE }>();
        store_each(head_room, head);
        let store_lines = |rooms: &mut [Room], lines: &[Line]| {
            for (room, line) in rooms.iter_mut().zip(lines) {
                if past_caches {
                    // SAFETY: the head ended where a line of the caches does, and here begin lines from there on.
                    unsafe { width.store_past_caches(room, line) };
                } else {
                    store(room, line);
                }
            }
        };
        // A piece is stored after the next one was looked at: loads that are followed by a store in the same place of another
        // page seem to depend on it, and wait.
        let looks = bytes.len().div_ceil(PIECE);
        for index in 0..=looks {
            if index < looks {
                meanwhile.piece(index);
            }
            let before = index.wrapping_sub(1);
            if let (Some(rooms), Some(piece)) = (piece_rooms.get_mut(before), pieces.get(before)) {
                store_lines(rooms, piece);
            }
        }
        store_lines(begun_rooms, begun);
        store_each(tail_room, tail);
        Self { behind, byte_length: bytes.len() }
    }

    /// Lets the first of the bytes count.
    ///
    /// # Panics
    /// When there are not so many.
    #[inline]
    pub(crate) fn keep(self, byte_length: usize) {
        assert!(byte_length <= self.byte_length, "{byte_length} of {} bytes", self.byte_length);
        let end = self.behind.len() + byte_length;
        // SAFETY: these bytes were stored behind those that count, in the capacity; nothing else was done to the vector.
        unsafe { self.behind.set_len(end) };
    }
}

#[inline(always)]
fn store(room: &mut Room, line: &Line) {
    *room = line.map(MaybeUninit::new);
}

/// Less than a line.
#[inline(always)]
fn store_each(room: &mut [MaybeUninit<u8>], bytes: &[u8]) {
    for (room, byte) in room.iter_mut().zip(bytes) {
        room.write(*byte);
    }
}
