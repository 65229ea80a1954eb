//! The same engine and the same code with pagefold: one instance, whose memory is reset after every call.
#![expect(unsafe_code, reason = "only the caller knows whose memory is adopted, and that nobody uses it")]

use pagefold_core::{TrackerChoice, View, Window};
use wasmtime::{Config, Engine, Memory, Result, Store};

use crate::burst::Subject;
use crate::guest::{Call, Guest, Run};
use crate::laps::Laps;

pub struct Kept {
    store: Store<()>,
    run: Run,
    memory: Memory,
    view: View,
}

const CALL: usize = 0;
const RESET: usize = 1;

impl Kept {
    pub fn new(binary: &[u8]) -> Result<Self> {
        let mut config = Config::new();
        // The pages are pagefold's to replace; wasmtime is to keep no image of its own behind them.
        config.memory_init_cow(false);
        let engine = Engine::new(&config)?;
        let guest = Guest::compile(&engine, binary)?;
        let mut store = Store::new(&engine, ());
        let instance = guest.instantiate(&mut store)?;
        let run = guest.run_of(&instance, &mut store)?;
        let memory = guest.memory_of(&instance, &mut store)?;
        let mut window = adopt(memory, &mut store)?;
        let mut view = View::new(&window, window.byte_length(), TrackerChoice::Auto, &[])?;
        view.snapshot(&mut window)?;
        Ok(Self { store, run, memory, view })
    }
}

/// The memory of a guest that is not running, for one operation.
fn adopt(memory: Memory, store: &mut Store<()>) -> Result<Window<'_>> {
    let (start, byte_length) = (memory.data_ptr(&*store).expose_provenance(), memory.data_size(&*store));
    // SAFETY: the memory is mapped, readable and writable for as long as the store lives, which the result borrows
    // exclusively: no guest runs, and nobody asks for `data` meanwhile. It is not shared with other threads. Without
    // images and pools wasmtime only reads, writes and finally unmaps it, whatever private pages are behind it.
    Ok(unsafe { Window::adopt(start, byte_length) }?)
}

impl Subject for Kept {
    const PARTS: &'static [&'static str] = &["call", "reset"];

    fn cycle(&mut self, call: Call, laps: &mut Laps) -> Result<i32> {
        laps.start();
        let checksum = call.of(&self.run, &mut self.store)?;
        laps.end(CALL);
        self.view.reset(&mut adopt(self.memory, &mut self.store)?)?;
        laps.end(RESET);
        Ok(checksum)
    }

    fn contents(&mut self, byte_length: usize) -> Result<Vec<u8>> {
        Ok(self.memory.data(&self.store)[..byte_length].to_vec())
    }
}
