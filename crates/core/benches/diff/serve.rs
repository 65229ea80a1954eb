//! The cases for other programs: an order a line on standard input, an answer a line, in JSON, on standard output.
//!
//! ```text
//! case NAME            begins a case, and ends the one before: its subjects, and what is known without timing
//! check INDEX          one run of a subject, compared byte by byte
//! burst INDEX RUNS     that many runs; microseconds of one
//! ```
//!
//! A wrong result or an impossible order ends the server, with the reason on standard error.

use std::io::{self, BufRead, Write};

use super::burst::{burst, check};
use super::case::{Case, case};

pub(crate) fn serve() -> Result<(), String> {
    let mut current = None;
    for order in io::stdin().lock().lines() {
        let order = order.map_err(|error| error.to_string())?;
        let answer = obey(&mut current, &order).map_err(|problem| format!("{order}: {problem}"))?;
        let mut out = io::stdout().lock();
        writeln!(out, "{answer}").and_then(|()| out.flush()).map_err(|error| error.to_string())?;
    }
    Ok(())
}

fn obey(current: &mut Option<Case>, order: &str) -> Result<String, String> {
    let words: Vec<&str> = order.split_whitespace().collect();
    match words[..] {
        ["case", name] => {
            // The old one first, so that they are never there at once.
            drop(current.take());
            Ok(json(current.insert(case(name)?)))
        }
        ["check", index] => check(begun(current)?, number(index)?).map(|()| "{}".to_owned()),
        ["burst", index, runs] => {
            let microseconds = burst(begun(current)?, number(index)?, number(runs)?)?;
            Ok(format!(r#"{{"microseconds":{microseconds:.4}}}"#))
        }
        _ => Err("there is no such order".to_owned()),
    }
}

fn begun(current: &mut Option<Case>) -> Result<&mut Case, String> {
    current.as_mut().ok_or_else(|| "no case has begun".to_owned())
}

fn number(word: &str) -> Result<usize, String> {
    word.parse().map_err(|_| format!("{word} is not a number"))
}

fn json(case: &Case) -> String {
    let subjects: Vec<String> = case.subjects.iter().map(|subject| format!("\"{}\"", subject.name())).collect();
    let facts: Vec<String> = case.facts.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
    format!(r#"{{"subjects":[{}],"facts":{{{}}}}}"#, subjects.join(","), facts.join(","))
}
