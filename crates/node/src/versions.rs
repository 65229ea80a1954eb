//! What becomes of a snapshot: new versions, by writing and by merging, and what they changed.

use std::sync::Arc;

use napi::bindgen_prelude::{Float64Array, Uint8Array};
use napi::{Env, Result};
use napi_derive::napi;
use pagefold_core::{Author, Diff, MergeRules};

use crate::changed::NativeDiffOptions;
use crate::diff::{NativeDiff, range_numbers};
use crate::failure::{failure, refusal};
use crate::number;
use crate::rules::NativeRules;
use crate::snapshot::NativeSnapshot;

/// The snapshot that another one was forked from.
#[napi(object)]
pub struct NativeParent {
    /// Its id, 32 hexadecimal digits.
    pub id: String,
    /// Its version then.
    pub version: f64,
}

/// What a sync did.
#[napi(object)]
pub struct NativeSynced {
    /// The version afterwards.
    pub version: f64,
    /// How many diffs were merged.
    pub diffs: f64,
    /// Offset and length of each range that has changed.
    pub ranges: Float64Array,
    /// Changed elements without effect.
    pub without_effect: f64,
}

/// What was written between two versions.
#[napi(object)]
pub struct NativeChanges {
    /// The earlier version.
    pub from: f64,
    /// The later one.
    pub to: f64,
    /// Length of the later one.
    pub byte_length: f64,
    /// Whether it is the whole image.
    pub is_full: bool,
    /// Offset and length of each range.
    pub ranges: Float64Array,
    /// Their bytes, one after the other.
    pub bytes: Uint8Array,
}

#[napi]
impl NativeSnapshot {
    /// What it was forked from.
    #[napi(catch_unwind)]
    pub fn parent(&self) -> Result<Option<NativeParent>> {
        let parent = self.held()?.get().parent();
        parent
            .map(|parent| {
                let version = number::exact(parent.version, "the version")?;
                Ok(NativeParent { id: parent.id.simple().to_string(), version })
            })
            .transpose()
    }

    /// The longest that it can become.
    #[napi(catch_unwind)]
    pub fn max_byte_length(&self) -> Result<f64> {
        number::exact(self.held()?.get().max_byte_length(), "the maximum")
    }

    /// How often the rules were replaced.
    #[napi(catch_unwind)]
    pub fn revision(&self) -> Result<f64> {
        number::exact(self.held()?.get().revision(), "the revision")
    }

    /// How changes are merged.
    #[napi(catch_unwind)]
    pub fn rules(&self) -> Result<NativeRules> {
        Ok(NativeRules::of(self.held()?.get().rules()))
    }

    /// Replaces the rules.
    #[napi(catch_unwind)]
    pub fn set_rules(&self, rules: &NativeRules) -> Result<()> {
        self.held()?.get().set_rules(MergeRules::clone(rules.get())).map(drop).map_err(failure)
    }

    /// Makes a version in which these bytes are at `byte_offset`; its number.
    #[napi(catch_unwind)]
    pub fn write(&self, byte_offset: f64, bytes: &[u8]) -> Result<f64> {
        let held = self.held()?;
        let version = held.get().write(&[(number::integer(byte_offset)?, bytes)]).map_err(failure)?;
        held.settle();
        number::exact(version, "the version")
    }

    /// Makes a version of that length; its number.
    #[napi(catch_unwind)]
    pub fn truncate(&self, byte_length: f64) -> Result<f64> {
        let held = self.held()?;
        let version = held.get().truncate(number::integer(byte_length)?).map_err(failure)?;
        held.settle();
        number::exact(version, "the version")
    }

    /// Another snapshot that begins with the current version.
    #[napi(catch_unwind)]
    pub fn fork(&self, env: Env) -> Result<NativeSnapshot> {
        Self::charged(env, Arc::new(self.held()?.get().fork()))
    }

    /// What the current version of another snapshot has changed against the current one of this.
    #[napi(catch_unwind)]
    pub fn diff(&self, env: Env, other: &NativeSnapshot, made: NativeDiffOptions) -> Result<NativeDiff> {
        let (author, options) = made.checked()?;
        let diff = self.held()?.get().diff(other.held()?.get(), author, options).map_err(failure)?;
        NativeDiff::charged(env, diff)
    }

    /// Has a diff merged in the next sync, by another author if one is named. How many are queued then.
    #[napi(catch_unwind)]
    pub fn queue(&self, diff: &NativeDiff, origin: Option<f64>, sequence: Option<f64>) -> Result<f64> {
        let (held, diff) = (self.held()?, Diff::clone(&*diff.get()?));
        let Author { origin: own_origin, sequence: own_sequence } = diff.author();
        let author = Author {
            origin: origin.map_or(Ok(own_origin), number::integer)?,
            sequence: sequence.map_or(Ok(own_sequence), number::integer)?,
        };
        held.get().queue(diff.by(author)).map_err(failure)?;
        Ok(number::number(held.get().queued()))
    }

    /// How many diffs wait.
    #[napi(catch_unwind)]
    pub fn queued(&self) -> Result<f64> {
        Ok(number::number(self.held()?.get().queued()))
    }

    /// Takes a diff out of the queue; whether there was one.
    #[napi(catch_unwind)]
    pub fn discard(&self, origin: f64, sequence: f64) -> Result<bool> {
        let author = Author { origin: number::integer(origin)?, sequence: number::integer(sequence)? };
        Ok(self.held()?.get().discard(author))
    }

    /// Merges what is queued.
    #[napi(catch_unwind)]
    pub fn sync(&self) -> Result<NativeSynced> {
        let held = self.held()?;
        let synced = held.get().sync().map_err(failure)?;
        held.settle();
        Ok(NativeSynced {
            version: number::exact(synced.version, "the version")?,
            diffs: number::number(synced.diffs),
            ranges: range_numbers(&synced.ranges)?,
            without_effect: number::rounded(synced.without_effect),
        })
    }

    /// What was written since version `from`.
    #[napi(catch_unwind)]
    pub fn changes(&self, from: f64) -> Result<NativeChanges> {
        let changes = self.held()?.get().changes(number::integer(from)?).map_err(failure)?;
        let total = changes.parts().map(|(_, part)| part.len()).sum();
        let mut bytes = Vec::new();
        bytes
            .try_reserve_exact(total)
            .map_err(|_| refusal("ERR_PAGEFOLD_OUT_OF_MEMORY", &format!("there is no room for {total} bytes")))?;
        changes.parts().for_each(|(_, part)| bytes.extend_from_slice(part));
        Ok(NativeChanges {
            from: number::exact(changes.from(), "the version")?,
            to: number::exact(changes.to(), "the version")?,
            byte_length: number::rounded(changes.byte_length()),
            is_full: changes.is_full(),
            ranges: range_numbers(changes.ranges())?,
            bytes: bytes.into(),
        })
    }
}
