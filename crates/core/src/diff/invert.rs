//! The way back.

use uuid::Uuid;

use crate::error::{Error, ErrorKind, Result};

use super::{Base, Diff};

impl Diff {
    /// The diff that leads back: made against what this one leads to, it changes everything to what the base of this one
    /// has. It is against no snapshot; [`against`](Self::against) names one.
    ///
    /// # Errors
    /// `NoOriginals` when the diff does not carry what the base has, `SizeMismatch` when the memory grew: no diff makes a
    /// memory shorter.
    pub fn invert(&self) -> Result<Self> {
        let Some(originals) = &self.originals else {
            return Err(Error::new(ErrorKind::NoOriginals, "only a diff with originals can be inverted"));
        };
        if self.byte_length != self.base.byte_length {
            let message = format!(
                "the memory grew from {} to {} bytes, and no diff makes it shorter",
                self.base.byte_length, self.byte_length
            );
            return Err(Error::new(ErrorKind::SizeMismatch, message));
        }
        Ok(Self {
            base: Base { id: Uuid::nil(), version: 0, ..self.base },
            author: self.author,
            byte_length: self.byte_length,
            entries: self.entries.clone(),
            bytes: originals.clone(),
            originals: Some(self.bytes.clone()),
        })
    }

    /// The same changes against a base of another name and the same contents.
    ///
    /// # Errors
    /// `SizeMismatch` when that base has another length.
    pub fn against(self, base: Base) -> Result<Self> {
        if base.byte_length != self.base.byte_length {
            let message =
                format!("the diff was made against {} bytes, not {}", self.base.byte_length, base.byte_length);
            return Err(Error::new(ErrorKind::SizeMismatch, message));
        }
        Ok(Self { base, ..self })
    }
}
