//! What wasmtime offers: a new instance for every call, in a slot of a pool.

use wasmtime::{Config, Enabled, Engine, PoolingAllocationConfig, Result, Store};

use crate::burst::Subject;
use crate::guest::{Call, Guest};
use crate::laps::Laps;

/// How a slot is cleaned when its instance is dropped.
#[derive(Debug, Clone, Copy)]
pub enum Pool {
    /// The pages that were written are copied back and stay resident, as far as one scan reports them.
    PagemapScan,
    /// All pages are given back to the system; what the next instance touches is mapped again, fault by fault.
    Default,
}

pub struct Pooled {
    engine: Engine,
    guest: Guest,
}

const INSTANTIATE: usize = 0;
const CALL: usize = 1;
const DROP: usize = 2;

impl Pooled {
    pub fn new(binary: &[u8], pool: Pool, slot_bytes: usize) -> Result<Self> {
        let mut slots = PoolingAllocationConfig::new();
        slots.total_core_instances(1).total_memories(1).max_memory_size(slot_bytes);
        if matches!(pool, Pool::PagemapScan) {
            slots.pagemap_scan(Enabled::Yes).linear_memory_keep_resident(slot_bytes);
        }
        let mut config = Config::new();
        config.allocation_strategy(slots).memory_init_cow(true);
        let engine = Engine::new(&config)?;
        let guest = Guest::compile(&engine, binary)?;
        Ok(Self { engine, guest })
    }
}

impl Subject for Pooled {
    const PARTS: &'static [&'static str] = &["instantiate", "call", "drop"];

    fn cycle(&mut self, call: Call, laps: &mut Laps) -> Result<i32> {
        laps.start();
        let mut store = Store::new(&self.engine, ());
        let instance = self.guest.instantiate(&mut store)?;
        let run = self.guest.run_of(&instance, &mut store)?;
        laps.end(INSTANTIATE);
        let checksum = call.of(&run, &mut store)?;
        laps.end(CALL);
        drop(store);
        laps.end(DROP);
        Ok(checksum)
    }

    fn contents(&mut self, byte_length: usize) -> Result<Vec<u8>> {
        let mut store = Store::new(&self.engine, ());
        let instance = self.guest.instantiate(&mut store)?;
        let memory = self.guest.memory_of(&instance, &mut store)?;
        Ok(memory.data(&store)[..byte_length].to_vec())
    }
}
