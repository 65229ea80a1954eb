//! `NativeRules`: how changes are merged.

use std::sync::Arc;

use napi::Result;
use napi::bindgen_prelude::Float64Array;
use napi_derive::napi;
use pagefold_core::{ElementType, MergeRegion, MergeRules, Operation};

use crate::failure::{failure, refusal};
use crate::number;

/// One merge region, by the names of its type and operation.
#[napi(object)]
pub struct NativeMergeRegion {
    /// First byte.
    pub byte_offset: f64,
    /// Length in bytes; nothing: to the end.
    pub byte_length: Option<f64>,
    /// Name of the type of its elements.
    pub element: String,
    /// Name of the operation.
    pub operation: String,
}

/// A table of merge regions that never changes.
#[napi]
pub struct NativeRules {
    rules: Arc<MergeRules>,
}

#[napi]
impl NativeRules {
    /// Declares the regions one after the other.
    #[napi(constructor, catch_unwind)]
    pub fn new(max_byte_length: f64, gap: String, regions: Vec<NativeMergeRegion>) -> Result<Self> {
        let mut rules = MergeRules::new(number::integer(max_byte_length)?, operation(&gap)?).map_err(failure)?;
        for region in regions {
            rules.declare(MergeRegion::try_from(region)?).map_err(failure)?;
        }
        Ok(Self { rules: Arc::new(rules) })
    }

    /// The same regions for memories of another greatest length.
    #[napi(factory, catch_unwind)]
    pub fn resized(rules: &NativeRules, max_byte_length: f64) -> Result<Self> {
        let known = &rules.rules;
        let resized = MergeRules::new(number::integer(max_byte_length)?, known.gap())
            .and_then(|empty| empty.with(known.regions().iter().copied()));
        Ok(Self { rules: Arc::new(resized.map_err(failure)?) })
    }

    /// What was declared, ascending.
    #[napi(catch_unwind)]
    pub fn regions(&self) -> Result<Vec<NativeMergeRegion>> {
        self.rules.regions().iter().map(described).collect()
    }

    /// Name of the operation outside of regions.
    #[napi(catch_unwind)]
    #[must_use]
    pub fn gap(&self) -> &'static str {
        self.rules.gap().name()
    }

    /// The longest that a memory may be.
    #[napi(catch_unwind)]
    pub fn max_byte_length(&self) -> Result<f64> {
        number::exact(self.rules.max_byte_length(), "the maximum")
    }

    /// What holds in a range: offset, length, type and operation of each stretch, as numbers.
    #[napi(catch_unwind)]
    pub fn coverage(&self, byte_offset: f64, byte_end: f64) -> Result<Float64Array> {
        let range = number::integer(byte_offset)?..number::integer(byte_end)?;
        let mut numbers = Vec::new();
        for stretch in self.rules.coverage(range) {
            numbers.extend([
                number::exact(stretch.byte_offset, "an offset")?,
                number::exact(stretch.byte_length, "a length")?,
                f64::from(stretch.element as u8),
                f64::from(stretch.operation as u8),
            ]);
        }
        Ok(numbers.into())
    }

    /// Whether both say the same of every byte, and were declared the same.
    #[napi(catch_unwind)]
    #[must_use]
    pub fn equals(&self, other: &NativeRules) -> bool {
        self.rules == other.rules
    }

    pub(crate) const fn of(rules: Arc<MergeRules>) -> Self {
        Self { rules }
    }

    pub(crate) const fn get(&self) -> &Arc<MergeRules> {
        &self.rules
    }
}

impl TryFrom<NativeMergeRegion> for MergeRegion {
    type Error = napi::Error;

    fn try_from(region: NativeMergeRegion) -> Result<Self> {
        let element =
            ElementType::from_name(&region.element).ok_or_else(|| unknown("element type", &region.element))?;
        Ok(Self {
            byte_offset: number::integer(region.byte_offset)?,
            byte_length: region.byte_length.map(number::integer).transpose()?,
            element,
            operation: operation(&region.operation)?,
        })
    }
}

fn described(region: &MergeRegion) -> Result<NativeMergeRegion> {
    Ok(NativeMergeRegion {
        byte_offset: number::exact(region.byte_offset, "an offset")?,
        byte_length: region.byte_length.map(|length| number::exact(length, "a length")).transpose()?,
        element: region.element.name().to_owned(),
        operation: region.operation.name().to_owned(),
    })
}

fn operation(name: &str) -> Result<Operation> {
    Operation::from_name(name).ok_or_else(|| unknown("operation", name))
}

fn unknown(what: &str, name: &str) -> napi::Error {
    refusal("ERR_PAGEFOLD_INVALID_ARGUMENT", &format!("there is no {what} named {name}"))
}
