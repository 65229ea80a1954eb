//! How changes are merged: typed regions of a memory, each with an operation.
#![forbid(unsafe_code)]

mod coverage;
mod element;
mod masks;
mod operation;
mod region;
mod table;
#[cfg(test)]
mod table_tests;

pub use coverage::Coverage;
pub use element::ElementType;
pub use operation::Operation;
pub use region::MergeRegion;
pub use table::MergeRules;
