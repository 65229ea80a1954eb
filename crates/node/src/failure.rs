//! Errors on their way to JavaScript.

use napi::Status;
use pagefold_core::{Conflict, Error};

/// Between the fields of a failure. No message contains a control character of this kind.
const SEPARATOR: char = '\u{1f}';

/// The failure as the façade expects it: code, system call, errno, byte offset, conflicts and message, from which it makes
/// a `PagefoldError`.
/// Node-API itself carries a code and a message only.
pub(crate) fn failure(error: Error) -> napi::Error {
    let (syscall, errno) = match error.os_failure() {
        Some(os) if os.errno != 0 => (os.syscall, os.errno.to_string()),
        Some(os) => (os.syscall, String::new()),
        None => ("", String::new()),
    };
    let byte_offset = error.byte_offset().map(|offset| offset.to_string()).unwrap_or_default();
    let conflicts: Vec<String> = error.conflicts().iter().map(numbers).collect();
    encoded([error.kind().code(), syscall, &errno, &byte_offset, &conflicts.join(" "), &error.to_string()])
}

/// A failure that only the binding knows of.
pub(crate) fn refusal(code: &'static str, message: &str) -> napi::Error {
    encoded([code, "", "", "", "", message])
}

/// The object was disposed. The façade notices first; this keeps a mistake there from becoming a crash.
pub(crate) fn disposed(what: &str) -> napi::Error {
    refusal("ERR_PAGEFOLD_DISPOSED", &format!("the {what} was disposed"))
}

/// Offset, length, and origin and sequence of both authors.
fn numbers(conflict: &Conflict) -> String {
    let [(origin, sequence), (later_origin, later_sequence)] = conflict.authors;
    let all = [conflict.byte_offset, conflict.byte_length, origin, sequence, later_origin, later_sequence];
    all.map(|number| number.to_string()).join(",")
}

fn encoded(fields: [&str; 6]) -> napi::Error {
    napi::Error::new(Status::GenericFailure, fields.join(&SEPARATOR.to_string()))
}
