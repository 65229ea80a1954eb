//! What a pool costs: handing out a clean slot against memory mapped and filled anew, a whole use of a slot against a bare
//! reset, and two threads at one pool against one.
//!
//! Measured as in the benchmark of diffs, side by side, with a check before and after.
//!
//! ```text
//! cargo bench --bench pool -- [--quick] [--case lend,threads] [--rounds 21]
//! cargo bench --bench pool -- --serve        for `npm run bench -- pool`: see `diff/serve.rs`
//! ```

// In a folder of their own, where cargo does not take them for benchmarks.
#[path = "pool/case.rs"]
mod case;
#[path = "pool/cycle.rs"]
mod cycle;
#[path = "pool/fresh.rs"]
mod fresh;
#[path = "pool/lend.rs"]
mod lend;
#[path = "pool/slots.rs"]
mod slots;
#[path = "pool/threads.rs"]
mod threads;

// How subjects are measured, asked for and printed, and what they hold.
#[path = "diff/burst.rs"]
mod burst;
#[expect(dead_code, reason = "no case of this benchmark empties them")]
#[path = "diff/caches.rs"]
mod caches;
#[path = "diff/command.rs"]
mod command;
#[expect(dead_code, reason = "this benchmark needs a part of it")]
#[path = "diff/noise.rs"]
mod noise;
#[path = "diff/serve.rs"]
mod serve;
#[path = "diff/subject.rs"]
mod subject;
#[path = "diff/tables.rs"]
mod tables;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::run("pool")
}
