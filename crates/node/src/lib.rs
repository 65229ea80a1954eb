//! The Node-API binding: turns JavaScript values into calls of `pagefold-core` and back, one file per class.
//!
//! It holds no policy and no defaults: arguments were checked by the façade in `ts/`, which is its only user. What it
//! does check is what memory safety rests on: lengths against real buffers, and that a buffer is still attached.
#![allow(unreachable_pub, reason = "what JavaScript sees must be pub, though no Rust crate can name it")]
#![cfg_attr(test, allow(dead_code, reason = "a test build has no JavaScript that would call these functions"))]
#![allow(missing_debug_implementations, reason = "these types are seen by JavaScript only")]

mod buffer;
mod cancel;
mod changed;
mod charge;
mod contents;
mod delta;
mod diff;
mod doctor;
mod entered;
mod entries;
mod failure;
mod ledger;
mod life;
mod number;
mod pool;
mod region;
mod report;
mod rules;
mod snapshot;
mod stats;
mod ticket;
mod tracker;
mod versions;
mod view;
mod weak;
