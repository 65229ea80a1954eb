//! `NativeRegion`: memory that pagefold owns.

use napi::bindgen_prelude::Unknown;
use napi::{Env, Result};
use napi_derive::napi;
use pagefold_core::Region;

use crate::buffer;
use crate::failure::{disposed, failure};
use crate::number;

/// A region and, once asked for, the one buffer over it.
#[napi]
pub struct NativeRegion {
    region: Option<Region>,
}

#[napi]
impl NativeRegion {
    /// Maps the region.
    #[napi(constructor, catch_unwind)]
    pub fn new(byte_length: f64, max_byte_length: f64) -> Result<Self> {
        let region = Region::allocate(number::bytes(byte_length)?, number::bytes(max_byte_length)?).map_err(failure)?;
        Ok(Self { region: Some(region) })
    }

    /// The ArrayBuffer over all of the mapping. To be called once: two buffers over the same memory would each be
    /// believed to own it.
    #[napi(catch_unwind, ts_return_type = "ArrayBuffer")]
    pub fn buffer<'env>(&self, env: &'env Env) -> Result<Unknown<'env>> {
        buffer::expose(env, self.region()?.memory())
    }

    /// Makes the region longer.
    #[napi(catch_unwind)]
    pub fn grow(&mut self, byte_length: f64) -> Result<()> {
        let byte_length = number::bytes(byte_length)?;
        self.region.as_mut().ok_or_else(|| disposed("region"))?.grow(byte_length).map_err(failure)
    }

    /// Bytes that the mapping has: the maximum, rounded up to whole pages.
    #[napi(catch_unwind)]
    pub fn mapped_byte_length(&self) -> Result<f64> {
        Ok(number::number(self.region()?.memory().byte_length()))
    }

    /// Gives the memory back, detaching the buffer if there is one. When the buffer's bytes were transferred to
    /// another owner, the memory stays until that owner is collected.
    #[napi(catch_unwind)]
    pub fn dispose(
        &mut self,
        env: Env,
        #[napi(ts_arg_type = "ArrayBuffer | undefined")] buffer: Option<Unknown<'_>>,
    ) -> Result<()> {
        let Some(region) = self.region.take() else { return Ok(()) };
        let Some(buffer) = buffer else { return Ok(()) };
        if buffer::detach(env, buffer, region.memory())? {
            region.retire().map_err(failure)?;
        }
        Ok(())
    }

    fn region(&self) -> Result<&Region> {
        self.region.as_ref().ok_or_else(|| disposed("region"))
    }
}
