//! One merge region, and where it lies.

use std::fmt;

use crate::error::{Error, ErrorKind, Result};

use super::element::ElementType;
use super::operation::Operation;

/// How the changes in one range of a memory are merged: an array of elements of one type. Not a region of memory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct MergeRegion {
    /// Offset of the first byte.
    pub byte_offset: u64,
    /// Length in bytes; `None`: to the end, however far the memory grows.
    pub byte_length: Option<u64>,
    /// What the bytes mean.
    pub element: ElementType,
    /// How they are merged.
    pub operation: Operation,
}

impl MergeRegion {
    /// Offset after the last byte, in memories of at most `max_byte_length` bytes.
    ///
    /// # Errors
    /// `IllegalRegion` when the region can be in no table of such memories, `OutOfRange` when its end is no number.
    pub(super) fn byte_end(&self, max_byte_length: u64) -> Result<u64> {
        if !self.operation.is_legal_for(self.element) {
            return Err(self.illegal(format_args!("{} has no {}", self.element, self.operation)));
        }
        let end = match self.byte_length {
            None => max_byte_length,
            Some(length) => self.byte_offset.checked_add(length).ok_or_else(|| {
                Error::new(ErrorKind::OutOfRange, format!("{self}: the end is beyond the largest number"))
            })?,
        };
        if end > max_byte_length || self.byte_offset > max_byte_length {
            return Err(self.illegal(format_args!("a memory has at most {max_byte_length} bytes")));
        }
        let (length, width) = (end - self.byte_offset, self.element.byte_width());
        if length == 0 {
            return Err(self.illegal(format_args!("it is empty")));
        }
        if !length.is_multiple_of(width) {
            return Err(self.illegal(format_args!("{length} bytes are no whole number of elements of {width} bytes")));
        }
        Ok(end)
    }

    /// The region cannot be declared, for this reason.
    pub(super) fn illegal(&self, reason: fmt::Arguments<'_>) -> Error {
        Error::new(ErrorKind::IllegalRegion, format!("{self}: {reason}"))
    }
}

impl fmt::Display for MergeRegion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "merge region of {} {} at {}", self.element, self.operation, self.byte_offset)?;
        match self.byte_length {
            Some(length) => write!(f, ", {length} bytes"),
            None => f.write_str(" to the end"),
        }
    }
}
