//! A thread that does nothing but keep a processor busy in this address space, so that whatever has to reach the other
//! processors has one to reach.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::thread::{self, JoinHandle};

const PARKED: u8 = 0;
const CALLED: u8 = 1;
const SPINNING: u8 = 2;
const ENDING: u8 = 3;

#[derive(Debug)]
pub(super) struct BusyThread {
    state: Arc<AtomicU8>,
    thread: Option<JoinHandle<()>>,
}

impl BusyThread {
    pub(super) fn new() -> Self {
        let state = Arc::new(AtomicU8::new(PARKED));
        let seen = Arc::clone(&state);
        let thread = thread::spawn(move || {
            while seen.load(Ordering::Acquire) != ENDING {
                if seen.compare_exchange(CALLED, SPINNING, Ordering::AcqRel, Ordering::Acquire).is_err() {
                    thread::park();
                }
                while seen.load(Ordering::Relaxed) == SPINNING {
                    std::hint::spin_loop();
                }
            }
        });
        Self { state, thread: Some(thread) }
    }

    /// Runs `work` while the thread spins.
    pub(super) fn beside<T>(&self, work: impl FnOnce() -> T) -> T {
        self.state.store(CALLED, Ordering::Release);
        self.wake();
        while self.state.load(Ordering::Acquire) != SPINNING {
            thread::yield_now();
        }
        let done = work();
        self.state.store(PARKED, Ordering::Release);
        done
    }

    fn wake(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

impl Drop for BusyThread {
    fn drop(&mut self) {
        self.state.store(ENDING, Ordering::Release);
        self.wake();
        if let Some(thread) = self.thread.take() {
            // It cannot have panicked, and there would be nobody to tell.
            let _ = thread.join();
        }
    }
}
