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
#[path = "diff/comparing.rs"]
mod comparing;
#[path = "diff/guest.rs"]
mod guest;
#[path = "diff/joining.rs"]
mod joining;
#[path = "diff/noise.rs"]
mod noise;
#[path = "diff/sending.rs"]
mod sending;
#[path = "diff/serve.rs"]
mod serve;
#[path = "diff/sizes.rs"]
mod sizes;
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

/// Odd, so that there is a middle one.
const ROUNDS: usize = 21;

/// What the command line asks for.
#[derive(Debug)]
struct Options {
    serve: bool,
    quick: bool,
    rounds: usize,
    /// Names of cases; empty means all.
    cases: Vec<String>,
}

fn main() -> ExitCode {
    let done = Options::parse(std::env::args().skip(1))
        .and_then(|options| if options.serve { serve::serve() } else { by_hand(&options) });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("diff: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn by_hand(options: &Options) -> Result<(), String> {
    let names: Vec<&str> = case::NAMES.into_iter().filter(|name| options.chooses(name)).collect();
    for name in names {
        let measured = tables::measure(name, if options.quick { 0 } else { options.rounds })?;
        tables::print(&measured).map_err(|problem| format!("standard output: {problem}"))?;
    }
    Ok(())
}

impl Options {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self { serve: false, quick: false, rounds: ROUNDS, cases: Vec::new() };
        let mut benchmark = false;
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--serve" => options.serve = true,
                "--quick" => options.quick = true,
                // `cargo bench` says so; `cargo test --benches` does not, and wants to know only that it works.
                "--bench" => benchmark = true,
                "--rounds" => options.rounds = value()?.parse().map_err(|_| "--rounds takes a number".to_owned())?,
                "--case" => options.cases = value()?.split(',').map(str::to_owned).collect(),
                other => return Err(format!("unknown option {other}")),
            }
        }
        if let Some(unknown) = options.cases.iter().find(|case| !case::NAMES.contains(&case.as_str())) {
            return Err(format!("no case is named {unknown}; there are {}", case::NAMES.join(", ")));
        }
        let by_hand = options.rounds != ROUNDS || !options.cases.is_empty();
        options.quick |= !benchmark && !by_hand && std::env::var_os("CARGO_MANIFEST_DIR").is_some();
        Ok(options)
    }

    fn chooses(&self, name: &str) -> bool {
        self.cases.is_empty() || self.cases.iter().any(|case| case == name)
    }
}
