//! Diffs as bytes. `docs/wire-format.md` describes every one of them.
//!
//! ```text
//!    0        8  magic "PGFOLDDF"
//!    8        4  format version, 1
//!   12        4  flags: 1 = with originals, 2 = compressed
//!   16       32  base: id (16), version, revision of its rules …
//!   48        8  … and its length in bytes
//!   56       16  author: origin, sequence
//!   72        8  length of the changed memory in bytes
//!   80        8  number of entries
//!   88        8  length of the index in bytes
//!   96        8  length of the changed bytes
//!  104        8  length of the body as it is stored
//!  112        …  body: index, changed bytes, originals; or that, compressed in blocks
//!    …        8  XXH3-64 of everything before
//! ```
//!
//! All numbers are little-endian. Nothing that these bytes claim is believed before it has been compared with how many
//! there are, and with what the caller allows.
#![forbid(unsafe_code)]

mod blocks;
mod decode;
mod encode;
mod header;
mod index;
mod varint;

pub use decode::{DecodeLimits, decode};
pub use encode::encode;

use crate::error::{Error, ErrorKind};

/// How the body of an encoded diff is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Compression {
    /// As it is.
    #[default]
    None,
    /// In blocks of LZ4: about a gigabyte a second, and memories compress well.
    Lz4,
}

fn corrupt(what: &str) -> Error {
    Error::new(ErrorKind::DiffCorrupt, format!("the encoded diff cannot be used: {what}"))
}
