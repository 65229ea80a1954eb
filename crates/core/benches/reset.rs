//! What a reset costs: `View::reset` with each tracker beside the bare system calls it is made of, and beside the two
//! ways that need no tracking, copying everything back and giving everything up.
//!
//! All subjects run in turn in one process, round by round, and every ratio is the median of the ratios of the rounds.
//! Before anything is timed each subject has put back memory that was compared with the image byte by byte.
//!
//! ```text
//! cargo bench --bench reset -- [--quick] [--json] [--case bare,uffd-wp] [--dirty 1,1024] [--memory 64] [--rounds 301]
//! ```
//!
//! One round is: the guest writes its dirty pages, then the subject resets. Two times are taken: `reset` alone, and
//! `cycle`, the writes together with the reset, because a way of tracking may make the reset cheap and the writes dear.

// In a folder of their own, where cargo does not take them for benchmarks.
#[path = "reset/bare.rs"]
mod bare;
#[path = "reset/bare_loop.rs"]
mod bare_loop;
#[path = "reset/decommit.rs"]
mod decommit;
#[path = "reset/grid/mod.rs"]
mod grid;
#[path = "reset/masks.rs"]
mod masks;
#[path = "reset/memory_file.rs"]
mod memory_file;
#[path = "reset/report.rs"]
mod report;
#[path = "reset/subjects.rs"]
mod subjects;

use std::process::ExitCode;
use std::time::Instant;

use report::{Measured, Times};
use subjects::Subject;

/// MiB of the memory that is reset, all of them resident.
const MEBIBYTES: usize = 64;
const DIRTY_PAGES: [usize; 5] = [1, 16, 256, 1024, 4096];
/// Odd, so that there is a middle one.
const ROUNDS: usize = 301;
/// Rounds before the first measured one.
const ROUNDS_WARMING_UP: usize = 100;
/// Rounds of `whole-copy` and `decommit`, which take milliseconds, the same in every round.
const ROUNDS_OF_SLOW_SUBJECTS: usize = 21;

/// What the command line asks for.
#[derive(Debug)]
struct Options {
    json: bool,
    quick: bool,
    mebibytes: usize,
    rounds: usize,
    /// Names of subjects; empty means all.
    cases: Vec<String>,
    dirty_pages: Vec<usize>,
}

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let asked = |option: &str| words.iter().any(|word| word == option);
    if asked("--serve") || asked("--cell") {
        let done = if asked("--serve") { grid::serve() } else { grid::by_hand(&words) };
        return done.map_or_else(failed, |()| ExitCode::SUCCESS);
    }
    let options = match Options::parse(words.into_iter()) {
        Ok(options) => options,
        Err(problem) => {
            eprintln!("reset: {problem}");
            return ExitCode::from(2);
        }
    };
    let mut measured = Vec::new();
    for &dirty_pages in &options.dirty_pages {
        match measure(dirty_pages, &options) {
            Ok(times) => measured.push(Measured { mebibytes: options.mebibytes, dirty_pages, times }),
            Err(problem) => {
                eprintln!("reset: {dirty_pages} dirty pages: {problem}");
                return ExitCode::FAILURE;
            }
        }
    }
    match report::print(&measured, options.json) {
        Ok(()) => ExitCode::SUCCESS,
        Err(problem) => {
            eprintln!("reset: standard output: {problem}");
            ExitCode::FAILURE
        }
    }
}

fn failed(problem: String) -> ExitCode {
    eprintln!("reset: {problem}");
    ExitCode::FAILURE
}

impl Options {
    fn parse(mut words: impl Iterator<Item = String>) -> Result<Self, String> {
        let mut options = Self {
            json: false,
            quick: false,
            mebibytes: MEBIBYTES,
            rounds: ROUNDS,
            cases: Vec::new(),
            dirty_pages: DIRTY_PAGES.to_vec(),
        };
        let mut benchmark = false;
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            match word.as_str() {
                "--json" => options.json = true,
                "--quick" => options.quick = true,
                // `cargo bench` says so; `cargo test --benches` does not, and wants to know only that it works.
                "--bench" => benchmark = true,
                "--memory" => options.mebibytes = number(&value()?)?.clamp(1, 4096),
                "--rounds" => options.rounds = number(&value()?)?.max(1),
                "--case" => options.cases = value()?.split(',').map(str::to_owned).collect(),
                "--dirty" => options.dirty_pages = value()?.split(',').map(number).collect::<Result<_, _>>()?,
                other => return Err(format!("unknown option {other}")),
            }
        }
        let started_by_hand = options.json || options.rounds != ROUNDS || !options.cases.is_empty();
        options.quick |= !benchmark && !started_by_hand && std::env::var_os("CARGO_MANIFEST_DIR").is_some();
        let pages = options.page_count();
        if options.dirty_pages.iter().any(|count| *count == 0 || *count > pages) {
            return Err(format!("--dirty takes numbers from 1 to {pages}"));
        }
        if let Some(unknown) = options.cases.iter().find(|case| !subjects::NAMES.contains(&case.as_str())) {
            return Err(format!("no subject is named {unknown}; there are {}", subjects::NAMES.join(", ")));
        }
        Ok(options)
    }
}

impl Options {
    const fn byte_length(&self) -> usize {
        self.mebibytes << 20
    }

    fn page_count(&self) -> usize {
        self.byte_length() / subjects::page_bytes()
    }
}

fn number(word: &str) -> Result<usize, String> {
    word.parse().map_err(|_| format!("{word} is not a number"))
}

/// Times of every subject that works here, at this number of scattered dirty pages.
fn measure(dirty_pages: usize, options: &Options) -> Result<Vec<(&'static str, Times)>, String> {
    let mut subjects = subjects::all(options.byte_length(), &options.cases)?;
    let pages: Vec<usize> = scattered(dirty_pages, options.page_count());
    for subject in &mut subjects {
        subject.dirty(&pages);
        subject.reset()?;
        subject.check().map_err(|problem| format!("{}: {problem}", subject.name()))?;
    }
    let (warming_up, rounds) = if options.quick { (0, 1) } else { (ROUNDS_WARMING_UP, options.rounds) };
    for subject in subjects.iter_mut().filter(|subject| !subject.is_slow()) {
        for _ in 0..warming_up {
            subject.between_rounds()?;
            subject.dirty(&pages);
            subject.reset()?;
        }
    }
    let mut times: Vec<(&'static str, Times)> =
        subjects.iter().map(|subject| (subject.name(), Times::default())).collect();
    let slow_every = rounds.div_ceil(ROUNDS_OF_SLOW_SUBJECTS);
    for round in 0..rounds {
        for (subject, (_, times)) in subjects.iter_mut().zip(&mut times) {
            if !subject.is_slow() || round % slow_every == 0 {
                times.push(round, one_round(subject.as_mut(), &pages)?);
            }
        }
    }
    for subject in &mut subjects {
        subject.check().map_err(|problem| format!("{}, at the end: {problem}", subject.name()))?;
    }
    Ok(times)
}

/// Nanoseconds of the reset and of the whole cycle.
fn one_round(subject: &mut dyn Subject, pages: &[usize]) -> Result<(u64, u64), String> {
    subject.between_rounds()?;
    if !subject.is_slow() {
        // Untimed, so that it does not matter which subject was at work before.
        subject.dirty(pages);
        subject.reset()?;
    }
    let began = Instant::now();
    subject.dirty(pages);
    let written = Instant::now();
    subject.reset()?;
    let ended = Instant::now();
    let nanoseconds = |from: Instant| u64::try_from(ended.duration_since(from).as_nanos()).unwrap_or(u64::MAX);
    Ok((nanoseconds(written), nanoseconds(began)))
}

/// So many of all pages, evenly over the memory, never two in a row unless there are more than half of all.
fn scattered(count: usize, all: usize) -> Vec<usize> {
    (0..count).map(|index| index * all / count + all / count / 2).collect()
}
