//! The cases by name, and what each is made of.

use super::{cycle, fresh, lend, threads};

pub(crate) use super::subject::{Case, Subject};

pub(crate) const NAMES: [&str; 4] = ["lend", "fresh", "cycle", "threads"];

pub(crate) fn case(name: &str) -> Result<Case, String> {
    match name {
        "lend" => lend::case(),
        "fresh" => fresh::case(),
        "cycle" => cycle::case(),
        "threads" => threads::case(),
        _ => Err(format!("there is no case {name}")),
    }
}
