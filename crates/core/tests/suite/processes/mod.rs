//! Forks, limits, forbidden system calls, foreign mappings, pins and swap. Each scenario runs in a child process of its own.

pub(crate) mod forbidden_calls;
mod foreign_remap;
pub(crate) mod forks;
pub(crate) mod limits;
mod pinned;
mod swapped_out;
