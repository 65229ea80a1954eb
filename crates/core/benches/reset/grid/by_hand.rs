//! One cell of the grid, by hand:
//!
//! ```text
//! cargo bench --bench reset -- --cell 64,8192,64,25 [--busy] [--case pagefold,bare-32] [--rounds 21] [--cycles 64]
//! ```

use std::io::{self, Write};

use super::burst::Burst;
use super::cell::Cell;
use super::server::Bench;
use super::subject::NAMES;

const ROUNDS: usize = 21;
const CYCLES: usize = 64;

#[derive(Debug)]
struct Order {
    cell: Cell,
    busy: bool,
    subjects: Vec<String>,
    rounds: usize,
    cycles: usize,
}

impl Order {
    fn parse(words: &[String]) -> Result<Self, String> {
        let mut words = words.iter();
        let mut cell = None;
        let (mut busy, mut subjects) = (false, NAMES.map(str::to_owned).to_vec());
        let (mut rounds, mut cycles) = (ROUNDS, CYCLES);
        while let Some(word) = words.next() {
            let mut value = || words.next().ok_or_else(|| format!("{word} needs a value"));
            let number = |word: &String| word.parse::<usize>().map_err(|_| format!("{word} is not a number"));
            match word.as_str() {
                "--bench" => {}
                "--busy" => busy = true,
                "--cell" => cell = Some(value()?.parse()?),
                "--case" => subjects = value()?.split(',').map(str::to_owned).collect(),
                "--rounds" => rounds = number(value()?)?.max(1),
                "--cycles" => cycles = number(value()?)?.max(1),
                other => return Err(format!("unknown option {other}")),
            }
        }
        Ok(Self { cell: cell.ok_or("--cell is missing")?, busy, subjects, rounds, cycles })
    }
}

/// Measures what the command line asks for and prints a table.
pub(crate) fn run(words: &[String]) -> Result<(), String> {
    let order = Order::parse(words)?;
    let mut bench = Bench::new(order.cell, order.busy)?;
    for name in &order.subjects {
        bench.check(name)?;
        bench.burst(name, order.cycles)?;
    }
    let mut bursts: Vec<Vec<Burst>> = order.subjects.iter().map(|_| Vec::new()).collect();
    for round in 0..order.rounds {
        for turn in 0..order.subjects.len() {
            let index = (round + turn) % order.subjects.len();
            bursts[index].push(bench.burst(&order.subjects[index], order.cycles)?);
        }
    }
    for name in &order.subjects {
        bench.check(name)?;
    }
    print(&order, &bursts).map_err(|error| error.to_string())
}

fn print(order: &Order, bursts: &[Vec<Burst>]) -> io::Result<()> {
    let mut out = io::stdout().lock();
    let columns = ["guest us", "reset us", "total us", "least", "faults", "shootdowns"];
    writeln!(out, "{:<16}{}", "", columns.map(|column| format!("{column:>12}")).concat())?;
    for (name, bursts) in order.subjects.iter().zip(bursts) {
        let total = |burst: &Burst| burst.per_cycle(burst.guest + burst.reset);
        let values = [
            median(bursts, |burst| burst.per_cycle(burst.guest)),
            median(bursts, |burst| burst.per_cycle(burst.reset)),
            median(bursts, total),
            bursts.iter().map(total).fold(f64::INFINITY, f64::min),
            median(bursts, |burst| burst.counted_per_cycle(burst.counted.faults)),
            median(bursts, |burst| burst.counted_per_cycle(burst.counted.shootdowns)),
        ];
        writeln!(out, "{name:<16}{}", values.map(|value| format!("{value:>12.2}")).concat())?;
    }
    out.flush()
}

fn median(bursts: &[Burst], value: impl Fn(&Burst) -> f64) -> f64 {
    let mut values: Vec<f64> = bursts.iter().map(value).collect();
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}
