//! How changes of several origins to one element become one value.

use std::fmt;

use super::element::ElementType;

/// How the changed elements of a merge region are merged.
///
/// With `o` the value in the base, `u` the changed one, and `s` what earlier diffs of the same merge have made of it:
/// the first diff that changes an element gives `u`, unless the table says otherwise.
///
/// | operation | later diffs give |
/// |---|---|
/// | overwrite | `u`: the last diff in the order of (origin, sequence) wins |
/// | sum, subtract | `s + (u - o)` |
/// | product | `s * u / o`, which must be defined |
/// | max, min | the larger, the smaller of `s` and `u`; so does the first diff |
/// | xor | `s ^ o ^ u` |
/// | and, or | `s & u`, `s \| u`; so does the first diff |
/// | ignore | `s`; so does the first diff |
/// | first-writer | `s`: the first diff wins |
/// | conflict | an error |
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Operation {
    /// The last change wins.
    Overwrite,
    /// Changes add up. Integers wrap.
    Sum,
    /// As `Sum`; only the sign of a change that is looked at differs.
    Subtract,
    /// Ratios multiply.
    Product,
    /// The largest value wins.
    Max,
    /// The smallest value wins.
    Min,
    /// Flipped bits add up.
    Xor,
    /// Bits that all have set remain.
    And,
    /// Bits that anyone has set remain.
    Or,
    /// Changes are never merged.
    Ignore,
    /// The first change wins.
    FirstWriter,
    /// Two changes of one element are an error.
    Conflict,
}

impl Operation {
    /// Every operation. The index is the number on the wire, which never changes.
    pub const ALL: [Self; 12] = [
        Self::Overwrite,
        Self::Sum,
        Self::Subtract,
        Self::Product,
        Self::Max,
        Self::Min,
        Self::Xor,
        Self::And,
        Self::Or,
        Self::Ignore,
        Self::FirstWriter,
        Self::Conflict,
    ];

    /// Whether elements of this type can be merged this way.
    #[must_use]
    pub const fn is_legal_for(self, element: ElementType) -> bool {
        match self {
            Self::Overwrite | Self::Ignore | Self::FirstWriter | Self::Conflict => true,
            Self::Sum | Self::Subtract | Self::Product | Self::Max | Self::Min => {
                !matches!(element, ElementType::Raw | ElementType::Bool)
            }
            Self::Xor | Self::And | Self::Or => !matches!(element, ElementType::F32 | ElementType::F64),
        }
    }

    /// The name that users declare it by.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Overwrite => "overwrite",
            Self::Sum => "sum",
            Self::Subtract => "subtract",
            Self::Product => "product",
            Self::Max => "max",
            Self::Min => "min",
            Self::Xor => "xor",
            Self::And => "and",
            Self::Or => "or",
            Self::Ignore => "ignore",
            Self::FirstWriter => "first-writer",
            Self::Conflict => "conflict",
        }
    }

    /// The operation of that name.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|operation| operation.name() == name)
    }
}

impl fmt::Display for Operation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
