//! Several diffs against one base become one new state.
//!
//! Let `o` be the value of an element in the base, `u` the one in a diff, and `s` what earlier diffs have made of it. An
//! element is changed where the bits of `o` and `u` differ; all else in an entry only joins two runs. The first diff that
//! changes it mostly gives `u`; [`Operation`](crate::Operation) has the table, [`number`] the arithmetic.
#![forbid(unsafe_code)]

mod apply;
mod bits;
mod blame;
mod changed_runs;
mod copying;
mod faults;
mod fold;
mod merged;
mod number;
mod obedience;
mod several;
mod windows;

pub use apply::{Applied, apply};
pub use merged::Merged;
pub use several::merge;
