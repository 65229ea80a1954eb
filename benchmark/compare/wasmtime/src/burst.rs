//! The same cycle several times, each result checked.

use wasmtime::Result;

use crate::guest::Call;
use crate::laps::{Laps, cpu_time, microseconds};
use crate::wire::{Answer, Order};

/// A way of giving every call of the guest a clean state.
pub trait Subject {
    /// The parts of a cycle, in their order.
    const PARTS: &'static [&'static str];

    /// One call from a clean state, and what makes the next one possible. What the guest returned.
    fn cycle(&mut self, call: Call, laps: &mut Laps) -> Result<i32>;

    /// So many bytes from the start of the memory, as the next call would find them.
    fn contents(&mut self, byte_length: usize) -> Result<Vec<u8>>;
}

pub fn serve<S: Subject>(subject: &mut S, order: &Order, pristine: &[u8]) -> Result<Answer> {
    let mut laps = Laps::new(S::PARTS);
    let began = cpu_time()?;
    for (cycle, place) in (0..order.cycles).zip(order.places.iter().cycle()) {
        let call = Call {
            first_page: place.first_page,
            dirty_pages: order.dirty_pages,
            stride: order.stride,
            resident_pages: order.resident_pages,
        };
        let checksum = subject.cycle(call, &mut laps)?;
        if checksum != place.checksum {
            let expected = place.checksum;
            return Ok(Answer::WrongResult(format!("call {cycle} returned {checksum} instead of {expected}")));
        }
        if order.compare && subject.contents(pristine.len())? != pristine {
            return Ok(Answer::WrongResult(format!("the memory is not clean after call {cycle}")));
        }
    }
    let total = microseconds(cpu_time()? - began, order.cycles);
    Ok(Answer::Microseconds(laps.mean(order.cycles).into_iter().chain([("total", total)]).collect()))
}
