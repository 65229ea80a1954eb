//! Forks, limits and forbidden system calls. Each scenario runs in a child process of its own.

mod forbidden_calls;
mod foreign_remap;
mod forks;
mod limits;
