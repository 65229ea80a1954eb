//! What diffs and merges cost, beside the least that the same could cost: a comparison, a copy, a plain loop, or mapping
//! everything anew.
//!
//! All subjects of a case run in turn in one process, and every ratio is the median of the ratios of the rounds. Before and
//! after it is timed, each subject does its work once more and the result is compared byte by byte.
//!
//! ```text
//! cargo bench --bench diff -- [--quick] [--case diff-half,cycle] [--rounds 21]
//! cargo bench --bench diff -- --serve        for `npm run bench -- diff`: see `serve.rs`
//! ```

// In a folder of their own, where cargo does not take them for benchmarks.
#[path = "diff/applying.rs"]
mod applying;
#[path = "diff/burst.rs"]
mod burst;
#[path = "diff/byte_runs.rs"]
mod byte_runs;
#[path = "diff/caches.rs"]
mod caches;
#[path = "diff/case.rs"]
mod case;
#[path = "diff/changed_memory.rs"]
mod changed_memory;
#[path = "diff/command.rs"]
mod command;
#[path = "diff/comparing.rs"]
mod comparing;
#[path = "diff/guest.rs"]
mod guest;
#[path = "diff/joining.rs"]
mod joining;
#[path = "diff/memory.rs"]
mod memory;
#[path = "diff/noise.rs"]
mod noise;
#[path = "diff/sending.rs"]
mod sending;
#[path = "diff/serve.rs"]
mod serve;
#[path = "diff/sizes.rs"]
mod sizes;
#[path = "diff/subject.rs"]
mod subject;
#[path = "diff/summing.rs"]
mod summing;
#[path = "diff/tables.rs"]
mod tables;

// What pagefold is set against is made of bare system calls, as in the benchmark of the reset.
#[expect(dead_code, reason = "this benchmark needs a part of it")]
#[path = "reset/bare.rs"]
mod bare;
#[expect(dead_code, reason = "this benchmark needs a part of it")]
#[path = "reset/masks.rs"]
mod masks;
#[path = "reset/memory_file.rs"]
mod memory_file;

use std::process::ExitCode;

fn main() -> ExitCode {
    command::run("diff")
}
