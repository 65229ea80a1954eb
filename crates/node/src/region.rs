//! `NativeRegion`: memory that pagefold owns.

use std::path::Path;

use napi::bindgen_prelude::Unknown;
use napi::{Env, Result};
use napi_derive::napi;
use pagefold_core::{FileAccess, Region};

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
    pub fn new(byte_length: f64, max_byte_length: f64, mappable: bool) -> Result<Self> {
        let (byte_length, max_byte_length) = (number::bytes(byte_length)?, number::bytes(max_byte_length)?);
        let allocate = if mappable { Region::allocate_mappable } else { Region::allocate };
        Ok(Self { region: Some(allocate(byte_length, max_byte_length).map_err(failure)?) })
    }

    /// Maps a part of a file, to its end without `byte_length`.
    #[napi(factory, catch_unwind)]
    pub fn open(path: String, writable: bool, byte_offset: f64, byte_length: Option<f64>) -> Result<Self> {
        let access = if writable { FileAccess::ReadWrite } else { FileAccess::CopyOnWrite };
        let byte_length = byte_length.map(number::bytes).transpose()?;
        let region = Region::open(Path::new(&path), access, number::bytes(byte_offset)?, byte_length);
        Ok(Self { region: Some(region.map_err(failure)?) })
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
        buffer::expose(env, self.get()?.memory())
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
        Ok(number::number(self.get()?.memory().byte_length()))
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

    pub(crate) fn get(&self) -> Result<&Region> {
        self.region.as_ref().ok_or_else(|| disposed("region"))
    }
}
