//! Forks, limits and forbidden system calls. Each scenario runs in a child process of its own.

mod foreign_remap;
mod forbidden_calls;
mod forks;
mod limits;
