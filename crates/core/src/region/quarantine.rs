//! Retired addresses, kept from being reused for a while.
//!
//! Detaching a JavaScript buffer drops the engine's last reference to its memory even while an asynchronous system
//! call on it is under way. If its addresses were mapped again at once, that call would go on with the new owner's
//! bytes and succeed. While nothing is mapped there it ends with EFAULT.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

use crate::sys::Mapping;

/// At most this many mappings wait: each is one of the process's 65,530.
const MAPPINGS_MAX: usize = 256;
/// At most this much address space waits.
const BYTES_MAX: usize = 1 << 36;

/// Oldest first. They hold no memory, only addresses.
static WAITING: Mutex<VecDeque<Mapping>> = Mutex::new(VecDeque::new());

/// Keeps the addresses of a retired mapping taken, and lets go of the oldest ones when too many wait.
pub(super) fn hold(mapping: Mapping) {
    let mut waiting = WAITING.lock().unwrap_or_else(PoisonError::into_inner);
    waiting.push_back(mapping);
    let mut bytes: usize = waiting.iter().map(Mapping::byte_length).fold(0, usize::saturating_add);
    while waiting.len() > MAPPINGS_MAX || bytes > BYTES_MAX {
        match waiting.pop_front() {
            Some(oldest) => bytes = bytes.saturating_sub(oldest.byte_length()),
            None => break,
        }
    }
}
