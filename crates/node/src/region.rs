//! `NativeRegion`: memory that pagefold owns.

use std::cell::{OnceCell, Ref, RefCell};
use std::path::Path;
use std::rc::Rc;
use std::sync::Arc;

use napi::bindgen_prelude::{This, Unknown};
use napi::{Env, Result};
use napi_derive::napi;
use pagefold_core::{FileAccess, Region, page_size};

use crate::buffer;
use crate::charge::Charge;
use crate::entered::{Entered, enter};
use crate::failure::{disposed, failure, refusal};
use crate::ledger::{self, Ledger, Owned};
use crate::life::{Ending, Kind, Life};
use crate::number;

/// A region and, once asked for, the one buffer over it.
#[napi]
pub struct NativeRegion {
    held: Rc<HeldRegion>,
    /// Set once, when the object is entered into the ledger.
    entered: OnceCell<Entered>,
}

struct HeldRegion {
    region: RefCell<Option<Region>>,
    /// What the region can commit, until there is a buffer: the engine counts that by itself.
    charge: Charge,
    life: Life,
}

impl Owned for HeldRegion {
    fn kind(&self) -> Kind {
        Kind::Region
    }

    fn byte_length(&self) -> usize {
        self.region.borrow().as_ref().map_or(0, |region| region.memory().byte_length())
    }

    fn let_go(&self, ending: Ending) {
        self.life.end(ending);
        drop(self.region.take());
        self.charge.settle(0);
    }
}

#[napi]
impl NativeRegion {
    /// Maps the region.
    #[napi(constructor, catch_unwind)]
    pub fn new(env: Env, byte_length: f64, max_byte_length: f64, mappable: bool) -> Result<Self> {
        let (byte_length, max_byte_length) = (number::bytes(byte_length)?, number::bytes(max_byte_length)?);
        let ledger = ledger::of(env)?;
        ledger.make_room_within_budget()?;
        let allocate = if mappable { Region::allocate_mappable } else { Region::allocate };
        Ok(Self::charged(ledger, allocate(byte_length, max_byte_length).map_err(failure)?))
    }

    /// Maps a part of a file, to its end without `byte_length`.
    #[napi(factory, catch_unwind)]
    pub fn open(env: Env, path: String, writable: bool, byte_offset: f64, byte_length: Option<f64>) -> Result<Self> {
        let access = if writable { FileAccess::ReadWrite } else { FileAccess::CopyOnWrite };
        let byte_length = byte_length.map(number::bytes).transpose()?;
        let ledger = ledger::of(env)?;
        ledger.make_room_within_budget()?;
        let region = Region::open(Path::new(&path), access, number::bytes(byte_offset)?, byte_length);
        Ok(Self::charged(ledger, region.map_err(failure)?))
    }

    /// Enters the object into the ledger, with the place where it was made. To be called once. Bytes that the mapping has:
    /// the maximum, rounded up to whole pages.
    #[napi(catch_unwind)]
    pub fn enter(&self, env: Env, this: This<'_>, made_at: Option<String>) -> Result<f64> {
        let byte_length = self.get()?.memory().byte_length();
        let owned: Rc<dyn Owned> = Rc::<HeldRegion>::clone(&self.held);
        enter(env, &this.object, &self.entered, owned, made_at)?;
        Ok(number::number(byte_length))
    }

    /// Bytes in use.
    #[napi(catch_unwind)]
    pub fn byte_length(&self) -> Result<f64> {
        Ok(number::number(self.get()?.byte_length()))
    }

    /// The ArrayBuffer over all of the mapping. To be called once: two buffers over the same memory would each be
    /// believed to own it.
    #[napi(catch_unwind, ts_return_type = "ArrayBuffer")]
    pub fn buffer<'env>(&self, env: &'env Env) -> Result<Unknown<'env>> {
        let memory = Arc::clone(self.get()?.memory());
        let entered = self.entered.get().ok_or_else(|| disposed("entry of the region"))?;
        let value = buffer::expose(env, &memory, entered.when_gone())?;
        entered.expose(&value, memory.byte_length());
        self.held.charge.settle(0);
        Ok(value)
    }

    /// Makes the region longer.
    #[napi(catch_unwind)]
    pub fn grow(&self, byte_length: f64) -> Result<()> {
        let byte_length = number::bytes(byte_length)?;
        let mut region = self.held.region.try_borrow_mut().map_err(|_| in_use())?;
        let region = region.as_mut().ok_or_else(|| disposed("region"))?;
        region.grow(byte_length).map_err(failure)?;
        if self.held.charge.bytes() > 0 {
            self.held.charge.settle(committable(region));
        }
        Ok(())
    }

    /// Gives the memory back, detaching the buffer if there is one. When the buffer's bytes were transferred to
    /// another owner, the memory stays until that owner is collected.
    #[napi(catch_unwind)]
    pub fn dispose(
        &self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer | undefined")] buffer: Option<Unknown<'_>>,
    ) -> Result<()> {
        let region = self.held.region.try_borrow_mut().map_err(|_| in_use())?.take();
        let Some(region) = region else { return Ok(()) };
        self.held.let_go(Ending::Disposed);
        if let Some(entered) = self.entered.get() {
            entered.take_out();
        }
        let Some(buffer) = buffer else { return Ok(()) };
        if buffer::detach(env, buffer, region.memory())? {
            region.retire().map_err(failure)?;
        }
        Ok(())
    }

    pub(crate) fn get(&self) -> Result<Ref<'_, Region>> {
        let region = self.held.region.try_borrow().map_err(|_| in_use())?;
        Ref::filter_map(region, Option::as_ref).map_err(|_| disposed("region"))
    }

    fn charged(ledger: Rc<Ledger>, region: Region) -> Self {
        let charge = Charge::new(ledger, committable(&region));
        let held = HeldRegion { region: RefCell::new(Some(region)), charge, life: Life::begin(Kind::Region) };
        Self { held: Rc::new(held), entered: OnceCell::new() }
    }
}

/// What the pages in use can take.
fn committable(region: &Region) -> usize {
    page_size().ceil(region.byte_length()).unwrap_or(usize::MAX)
}

fn in_use() -> napi::Error {
    refusal("ERR_PAGEFOLD_BUSY", "the region is in use")
}
