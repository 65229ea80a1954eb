//! What the command line of a benchmark asks for.
//!
//! ```text
//! [--quick] [--case NAME,NAME] [--rounds 21]     tables
//! --serve                                        for another program: see `serve.rs`
//! ```

use std::process::ExitCode;

use super::{case, serve, tables};

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

/// Does what the command line asks for. `benchmark`: its name, for messages.
pub(crate) fn run(benchmark: &str) -> ExitCode {
    let done = Options::parse(std::env::args().skip(1))
        .and_then(|options| if options.serve { serve::serve() } else { by_hand(&options) });
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("{benchmark}: {problem}");
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
