//! The grid for other programs: an order a line on standard input, an answer a line, in JSON, on standard output.
//!
//! ```text
//! cell 64,8192,64,25 [busy]      begins a cell, and ends the one before
//! check SUBJECT                  one cycle, compared byte by byte
//! burst SUBJECT CYCLES           that many cycles, timed and counted; microseconds, faults and shootdowns a cycle
//! sixteen-views MEBIBYTES DIRTY  the memory that sixteen views of one image take
//! ```
//!
//! A subject is made at its first order and kept until the cell ends. A wrong result or an impossible order ends the
//! server, with the reason on standard error.

use std::collections::BTreeMap;
use std::io::{self, BufRead, Write};
use std::rc::Rc;

use super::burst::{Burst, Runner};
use super::busy_thread::BusyThread;
use super::cell::Cell;
use super::sixteen_views;
use super::slot::SlotImage;

/// The cell that is being measured.
#[derive(Debug)]
pub(super) struct Bench {
    cell: Cell,
    busy: Option<BusyThread>,
    image: Rc<SlotImage>,
    runners: BTreeMap<String, Runner>,
}

pub(crate) fn serve() -> Result<(), String> {
    let mut bench = None;
    for order in io::stdin().lock().lines() {
        let order = order.map_err(|error| error.to_string())?;
        let answer = obey(&mut bench, &order).map_err(|problem| format!("{order}: {problem}"))?;
        let mut out = io::stdout().lock();
        writeln!(out, "{answer}").and_then(|()| out.flush()).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn obey(bench: &mut Option<Bench>, order: &str) -> Result<String, String> {
    let words: Vec<&str> = order.split_whitespace().collect();
    let nothing = "no cell has begun";
    match words[..] {
        ["cell", cell] | ["cell", cell, "busy"] => {
            // The old one first, so that they are never there at once.
            drop(bench.take());
            *bench = Some(Bench::new(cell.parse()?, words.len() == 3)?);
            Ok("{}".to_owned())
        }
        ["check", name] => {
            bench.as_mut().ok_or(nothing)?.check(name)?;
            Ok("{}".to_owned())
        }
        ["burst", name, cycles] => {
            let cycles = cycles.parse().map_err(|_| format!("{cycles} is not a number"))?;
            Ok(json(&bench.as_mut().ok_or(nothing)?.burst(name, cycles)?))
        }
        ["sixteen-views", mebibytes, dirty] => {
            let number = |word: &str| word.parse().map_err(|_| format!("{word} is not a number"));
            sixteen_views::measure(number(mebibytes)?, number(dirty)?)
        }
        _ => Err("there is no such order".to_owned()),
    }
}

impl Bench {
    pub(super) fn new(cell: Cell, busy: bool) -> Result<Self, String> {
        let image = SlotImage::new(&cell.noise())?;
        Ok(Self { cell, busy: busy.then(BusyThread::new), image, runners: BTreeMap::new() })
    }

    pub(super) fn check(&mut self, name: &str) -> Result<(), String> {
        self.runner(name)?.0.check().map_err(|problem| format!("{name}: {problem}"))
    }

    pub(super) fn burst(&mut self, name: &str, cycles: usize) -> Result<Burst, String> {
        let (runner, busy) = self.runner(name)?;
        runner.burst(cycles, busy)
    }

    fn runner(&mut self, name: &str) -> Result<(&mut Runner, Option<&BusyThread>), String> {
        if !self.runners.contains_key(name) {
            self.runners.insert(name.to_owned(), Runner::new(name, &self.cell, &self.image)?);
        }
        let runner = self.runners.get_mut(name).ok_or("it was made just now")?;
        Ok((runner, self.busy.as_ref()))
    }
}

fn json(burst: &Burst) -> String {
    format!(
        r#"{{"guest":{:.4},"reset":{:.4},"faults":{:.4},"shootdowns":{:.4}}}"#,
        burst.per_cycle(burst.guest),
        burst.per_cycle(burst.reset),
        burst.counted_per_cycle(burst.counted.faults),
        burst.counted_per_cycle(burst.counted.shootdowns)
    )
}
