//! Mappings, the same on every Unix.

mod file_map;
mod huge_buffer;
mod mapping;
mod private_file;
mod remap;

pub(crate) use file_map::FileMap;
pub(crate) use huge_buffer::HugeBuffer;
pub(crate) use mapping::Mapping;
pub(crate) use private_file::create_private_file;
pub(crate) use remap::{
    avoid_huge_pages, discard, discard_file, map_file_over, map_zero_over, move_over, populate_read, populate_write,
    revoke,
};
