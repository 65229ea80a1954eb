//! The grid: guest and reset together, for memories of several sizes, several numbers of resident and of dirty pages,
//! a guest that always writes the same pages or also others, alone or beside a busy thread, with every way of
//! resetting that is worth comparing.
//!
//! Run as a server (`reset --serve`), which does one burst of cycles for each order, so that another program can have
//! all subjects measured in turn; or one cell by hand (`reset --cell 64,8192,64,25`).

mod bare_best;
mod burst;
mod busy_thread;
mod by_hand;
mod cell;
mod counters;
mod guest;
mod madvise;
mod pagefold;
mod server;
mod sixteen_views;
mod slot;
mod subject;
mod wasmtime_style;
mod whole_copy;

pub(crate) use by_hand::run as by_hand;
pub(crate) use server::serve;
