//! What was measured, as a table for people or as one JSON object a line.

use std::collections::BTreeMap;
use std::io::{self, Write};

/// The times of one number of dirty pages.
#[derive(Debug)]
pub(crate) struct Measured {
    pub(crate) mebibytes: usize,
    pub(crate) dirty_pages: usize,
    pub(crate) times: Vec<(&'static str, Times)>,
}

/// Times of one subject by round: of the reset, and of the writes and the reset together.
#[derive(Debug, Default)]
pub(crate) struct Times {
    by_round: BTreeMap<usize, (u64, u64)>,
}

/// Which of the two.
#[derive(Debug, Clone, Copy)]
enum Phase {
    Reset,
    Cycle,
}

impl Phase {
    const ALL: [Self; 2] = [Self::Reset, Self::Cycle];

    const fn name(self) -> &'static str {
        match self {
            Self::Reset => "reset",
            Self::Cycle => "cycle",
        }
    }
}

impl Times {
    pub(crate) fn push(&mut self, round: usize, nanoseconds: (u64, u64)) {
        self.by_round.insert(round, nanoseconds);
    }

    fn microseconds(&self, phase: Phase) -> BTreeMap<usize, f64> {
        let pick = |(reset, cycle): &(u64, u64)| match phase {
            Phase::Reset => *reset,
            Phase::Cycle => *cycle,
        };
        let in_microseconds = |nanoseconds: u64| f64::from(u32::try_from(nanoseconds).unwrap_or(u32::MAX)) / 1000.0;
        self.by_round.iter().map(|(round, times)| (*round, in_microseconds(pick(times)))).collect()
    }

    fn sorted(&self, phase: Phase) -> Vec<f64> {
        sorted(self.microseconds(phase).into_values())
    }

    /// Median of the ratios of the rounds that both took part in.
    fn ratio_to(&self, other: &Self, phase: Phase) -> Option<f64> {
        let others = other.microseconds(phase);
        let ratios = self.microseconds(phase).into_iter();
        median(&sorted(ratios.filter_map(|(round, time)| Some(time / others.get(&round)?))))
    }
}

fn sorted(values: impl Iterator<Item = f64>) -> Vec<f64> {
    let mut values: Vec<f64> = values.filter(|value| value.is_finite()).collect();
    values.sort_by(f64::total_cmp);
    values
}

/// Of ascending values.
fn median(values: &[f64]) -> Option<f64> {
    values.get(values.len() / 2).copied()
}

/// What every ratio is to, if it was measured.
const REFERENCES: [&str; 2] = ["bare", "whole-copy"];

pub(crate) fn print(measured: &[Measured], json: bool) -> io::Result<()> {
    let mut out = io::stdout().lock();
    for each in measured {
        if json { print_json(&mut out, each)? } else { print_table(&mut out, each)? }
    }
    out.flush()
}

fn print_json(out: &mut impl Write, measured: &Measured) -> io::Result<()> {
    for phase in Phase::ALL {
        let head = format!(
            r#""suite":"core-reset","case":"{}","params":{{"memoryMiB":{},"dirtyPages":{}}}"#,
            phase.name(),
            measured.mebibytes,
            measured.dirty_pages
        );
        for (subject, times) in &measured.times {
            let values = times.sorted(phase);
            if let (Some(median), Some(min), Some(max)) = (median(&values), values.first(), values.last()) {
                writeln!(
                    out,
                    r#"{{{head},"subject":"{subject}","median":{median:.3},"min":{min:.3},"max":{max:.3},"unit":"us","runs":{}}}"#,
                    values.len()
                )?;
            }
        }
        for (of, to, ratio) in ratios(measured, phase) {
            writeln!(out, r#"{{{head},"ratio":{{"of":"{of}","to":"{to}","median":{ratio:.4}}}}}"#)?;
        }
    }
    Ok(())
}

/// How many times dearer `of` is than `to`.
fn ratios(measured: &Measured, phase: Phase) -> Vec<(&'static str, &'static str, f64)> {
    let times = |name: &str| measured.times.iter().find(|(subject, _)| *subject == name).map(|(_, times)| times);
    let mut ratios = Vec::new();
    for (subject, own) in measured.times.iter().filter(|(subject, _)| *subject != "whole-copy") {
        for reference in REFERENCES.into_iter().filter(|reference| reference != subject) {
            let Some(other) = times(reference) else { continue };
            // Each ratio the way round that makes the larger number of the usual case.
            let ratio = if reference == "bare" {
                own.ratio_to(other, phase).map(|ratio| (*subject, reference, ratio))
            } else {
                other.ratio_to(own, phase).map(|ratio| (reference, *subject, ratio))
            };
            ratios.extend(ratio);
        }
    }
    ratios
}

fn print_table(out: &mut impl Write, measured: &Measured) -> io::Result<()> {
    writeln!(out, "\n{} MiB resident, {} scattered dirty pages", measured.mebibytes, measured.dirty_pages)?;
    writeln!(
        out,
        "{:<12} {:>12} {:>12} {:>12} {:>12} {:>9} {:>13} {:>6}",
        "subject", "reset us", "min", "max", "cycle us", "to bare", "cheaper than", "runs"
    )?;
    writeln!(out, "{:<12} {:>12} {:>12} {:>12} {:>12} {:>9} {:>13}", "", "median", "", "", "median", "", "whole copy")?;
    let ratios = ratios(measured, Phase::Reset);
    let find = |of: &str, to: &str| ratios.iter().find(|(o, t, _)| *o == of && *t == to).map(|(_, _, ratio)| *ratio);
    let shown = |ratio: Option<f64>| ratio.map_or_else(|| "-".to_owned(), |ratio| format!("{ratio:.2}x"));
    for (subject, times) in &measured.times {
        let (reset, cycle) = (times.sorted(Phase::Reset), times.sorted(Phase::Cycle));
        if let (Some(middle), Some(min), Some(max), Some(cycle)) =
            (median(&reset), reset.first(), reset.last(), median(&cycle))
        {
            writeln!(
                out,
                "{subject:<12} {middle:>12.2} {min:>12.2} {max:>12.2} {cycle:>12.2} {:>9} {:>13} {:>6}",
                shown(find(subject, "bare")),
                shown(find("whole-copy", subject)),
                reset.len()
            )?;
        }
    }
    Ok(())
}
