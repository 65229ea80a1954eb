//! How changes are merged: typed regions of a memory, each with an operation.
#![forbid(unsafe_code)]

mod element;
mod operation;

pub use element::ElementType;
pub use operation::Operation;

/// How the changes in one range of a memory are merged: an array of elements of one type. Not a region of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MergeRegion {
    /// Offset of the first byte.
    pub byte_offset: u64,
    /// Length in bytes; `None`: to the end, however far the memory grows.
    pub byte_length: Option<u64>,
    /// What the bytes mean.
    pub element: ElementType,
    /// How they are merged.
    pub operation: Operation,
}
