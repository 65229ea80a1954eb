//! The same number of uses by one thread and by two: at one pool, and at a pool for each, which is the most that the machine
//! and its kernel give.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Barrier};
use std::thread::{self, JoinHandle};

use pagefold_core::Pool;

use super::case::{Case, Subject};
use super::slots::{check, pool, snapshot, use_slot};

/// Of a guest that is small enough for thousands of requests a second, which is where a pool could be in the way.
const BYTE_LENGTH: usize = 16 << 20;
/// Of all threads together. Even; and so many that waking the threads, and moving them to a processor of their own, is a small
/// part of it.
const USES: usize = 20_000;

/// Threads that wait to be told to begin, each with its pool.
#[derive(Debug)]
struct Threads {
    name: &'static str,
    /// One for all, or one for each.
    pools: Vec<Arc<Pool>>,
    /// Passed by all of them and by whoever measures, at the beginning and at the end of each run.
    gate: Arc<Barrier>,
    ended: Arc<AtomicBool>,
    failed: Arc<AtomicBool>,
    threads: Vec<JoinHandle<()>>,
}

pub(crate) fn case() -> Result<Case, String> {
    let snapshot = snapshot(BYTE_LENGTH)?;
    let pools = |count: usize| -> Result<Vec<Arc<Pool>>, String> {
        (0..count).map(|_| pool(&snapshot, 4).map(Arc::new)).collect()
    };
    let subjects: Vec<Box<dyn Subject>> = vec![
        Box::new(Threads::new("one thread", 1, pools(1)?)),
        Box::new(Threads::new("two threads", 2, pools(1)?)),
        Box::new(Threads::new("two threads, two pools", 2, pools(2)?)),
    ];
    Ok(Case { facts: vec![("uses", USES)], ..Case::of(subjects) })
}

impl Threads {
    fn new(name: &'static str, count: usize, pools: Vec<Arc<Pool>>) -> Self {
        let gate = Arc::new(Barrier::new(count + 1));
        let (ended, failed) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
        let threads = (0..count).map(|number| {
            let pool = Arc::clone(&pools[number % pools.len()]);
            let (gate, ended, failed) = (Arc::clone(&gate), Arc::clone(&ended), Arc::clone(&failed));
            thread::spawn(move || {
                loop {
                    gate.wait();
                    if ended.load(Ordering::Acquire) {
                        return;
                    }
                    if (0..USES / count).try_for_each(|_| use_slot(&pool, number as u64)).is_err() {
                        failed.store(true, Ordering::Release);
                    }
                    gate.wait();
                }
            })
        });
        let threads = threads.collect();
        Self { name, pools, gate, ended, failed, threads }
    }
}

impl Subject for Threads {
    fn name(&self) -> String {
        self.name.to_owned()
    }

    fn run(&mut self) -> Result<(), String> {
        self.gate.wait();
        self.gate.wait();
        if self.failed.load(Ordering::Acquire) { Err("a thread got no slot".to_owned()) } else { Ok(()) }
    }

    fn check(&mut self) -> Result<(), String> {
        self.pools.iter().try_for_each(|pool| check(pool))
    }
}

impl Drop for Threads {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Release);
        self.gate.wait();
        for thread in self.threads.drain(..) {
            // A thread that panicked has failed its run, which was told.
            let _ = thread.join();
        }
    }
}
