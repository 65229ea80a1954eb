//! A case by hand, as a table.

use std::io::{self, Write};

use super::burst::{burst, check};
use super::case::case;

/// How long a burst of one subject is to take, in microseconds, and how many runs it has at most.
const BURST_MICROSECONDS: f64 = 20_000.0;
const RUNS_MAX: usize = 64;

#[derive(Debug)]
pub(crate) struct Measured {
    name: &'static str,
    facts: Vec<(&'static str, usize)>,
    /// Microseconds by subject and round.
    times: Vec<(String, Vec<f64>)>,
}

/// Every subject in every round; without rounds only the checks.
pub(crate) fn measure(name: &'static str, rounds: usize) -> Result<Measured, String> {
    let mut case = case(name)?;
    let named = |problem: String| format!("{name}: {problem}");
    let mut times = Vec::new();
    let mut runs = Vec::new();
    let count = case.subjects.len();
    for index in 0..count {
        check(&mut case, index).map_err(named)?;
        runs.push(if rounds == 0 { 1 } else { runs_of(burst(&mut case, index, 1)?) });
        times.push((case.subjects[index].name(), Vec::new()));
    }
    for round in 0..rounds {
        for turn in 0..count {
            let index = (round + turn) % count;
            times[index].1.push(burst(&mut case, index, runs[index]).map_err(named)?);
        }
    }
    for index in 0..count {
        check(&mut case, index).map_err(named)?;
    }
    Ok(Measured { name, facts: case.facts, times })
}

/// As many runs as fit into a burst.
pub(crate) fn runs_of(microseconds: f64) -> usize {
    (1..RUNS_MAX)
        .find(|runs| f64::from(u32::try_from(*runs).unwrap_or(1)) * microseconds >= BURST_MICROSECONDS)
        .unwrap_or(RUNS_MAX)
}

pub(crate) fn print(measured: &Measured) -> io::Result<()> {
    let Measured { name, facts, times } = measured;
    let mut out = io::stdout().lock();
    writeln!(out, "\n{name}")?;
    for (fact, value) in facts {
        writeln!(out, "  {fact}: {value}")?;
    }
    let Some((_, first)) = times.first() else { return Ok(()) };
    if first.is_empty() {
        return writeln!(out, "  checked");
    }
    writeln!(out, "{:<40} {:>12} {:>12} {:>14}", "subject", "median us", "min us", "to the first")?;
    for (subject, own) in times {
        let ratios = own.iter().zip(first).map(|(own, first)| own / first).collect();
        let least = own.iter().copied().fold(f64::INFINITY, f64::min);
        writeln!(out, "{subject:<40} {:>12.2} {least:>12.2} {:>14.4}", median(own.clone()), median(ratios))?;
    }
    out.flush()
}

fn median(mut values: Vec<f64>) -> f64 {
    values.sort_by(f64::total_cmp);
    values.get(values.len() / 2).copied().unwrap_or(f64::NAN)
}
