//! What the kernel has counted: this thread's page faults and the times that it was put aside for another one, and the
//! TLB shootdowns that the processors have received.

use nix::sys::resource::{UsageWho, getrusage};

/// Counts since it was begun.
#[derive(Debug, Clone, Copy)]
pub(super) struct Counters {
    pub(super) faults: u64,
    pub(super) preemptions: u64,
    /// Of the whole machine: other processes count too.
    pub(super) shootdowns: u64,
}

impl Counters {
    pub(super) fn begin() -> Result<Self, String> {
        let shootdowns = shootdowns()?;
        let (faults, preemptions) = of_thread()?;
        Ok(Self { faults, preemptions, shootdowns })
    }

    pub(super) fn until_now(self) -> Result<Self, String> {
        // The thread first: reading a file can fault.
        let (faults, preemptions) = of_thread()?;
        Ok(Self {
            faults: faults - self.faults,
            preemptions: preemptions - self.preemptions,
            shootdowns: shootdowns()? - self.shootdowns,
        })
    }
}

fn of_thread() -> Result<(u64, u64), String> {
    let usage = getrusage(UsageWho::RUSAGE_THREAD).map_err(|errno| format!("getrusage: {errno}"))?;
    let number = |count: i64| u64::try_from(count).map_err(|error| error.to_string());
    let faults = number(usage.minor_page_faults() + usage.major_page_faults())?;
    Ok((faults, number(usage.involuntary_context_switches())?))
}

/// The row `TLB:` of /proc/interrupts, all processors together.
fn shootdowns() -> Result<u64, String> {
    let table = std::fs::read_to_string("/proc/interrupts").map_err(|error| format!("/proc/interrupts: {error}"))?;
    let row = table.lines().find_map(|line| line.trim_start().strip_prefix("TLB:"));
    let numbers = row.unwrap_or_default().split_whitespace().map_while(|word| word.parse::<u64>().ok());
    Ok(numbers.sum())
}
