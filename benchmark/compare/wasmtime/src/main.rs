//! Calls a guest over and over, each time from a clean state, and says how long that takes.
//!
//! `pagefold-compare-wasmtime SUBJECT MODULE SLOT_BYTES RESIDENT_BYTES` answers each order on standard input, one JSON
//! object a line, by one on standard output. One process is one subject: the pages that an earlier subject or guest has
//! left behind would slow down the next.

mod burst;
mod guest;
mod kept;
mod laps;
mod pooled;
mod wire;

use std::io::{self, BufRead, Write};
use std::path::PathBuf;

use wasmtime::{Result, bail};

use burst::{Subject, serve};
use kept::Kept;
use pooled::{Pool, Pooled};
use wire::{Answer, Order};

/// What the command line asks for.
struct Job {
    subject: String,
    module: PathBuf,
    slot_bytes: usize,
    resident_bytes: usize,
}

fn main() -> Result<()> {
    let job = job(std::env::args().skip(1).collect())?;
    let module = std::fs::read(&job.module)?;
    match job.subject.as_str() {
        "pool-pagemap-scan" => answer(&mut Pooled::new(&module, Pool::PagemapScan, job.slot_bytes)?, &job),
        "pool-default" => answer(&mut Pooled::new(&module, Pool::Default, job.slot_bytes)?, &job),
        "pagefold" => answer(&mut Kept::new(&module)?, &job),
        unknown => bail!("there is no subject named '{unknown}'"),
    }
}

fn job(args: Vec<String>) -> Result<Job> {
    let [subject, module, slot_bytes, resident_bytes] = args.try_into().map_err(|args: Vec<String>| {
        wasmtime::format_err!("SUBJECT MODULE SLOT_BYTES RESIDENT_BYTES expected, not {} arguments", args.len())
    })?;
    Ok(Job { subject, module: module.into(), slot_bytes: slot_bytes.parse()?, resident_bytes: resident_bytes.parse()? })
}

/// Until the input ends.
fn answer<S: Subject>(subject: &mut S, job: &Job) -> Result<()> {
    let pristine = subject.contents(job.resident_bytes)?;
    let mut output = io::stdout().lock();
    for line in io::stdin().lock().lines() {
        let order: Order = serde_json::from_str(&line?)?;
        let answer: Answer = serve(subject, &order, &pristine)?;
        serde_json::to_writer(&mut output, &answer)?;
        output.write_all(b"\n")?;
        output.flush()?;
    }
    Ok(())
}
