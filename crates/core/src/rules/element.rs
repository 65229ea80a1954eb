//! What the bytes of a merge region mean.

use std::fmt;

/// The type of the elements of a merge region. Values are little-endian on every host; no alignment is required.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum ElementType {
    /// Opaque bytes.
    Raw,
    /// One byte; logical operations take every value but zero for true, and store 0 or 1.
    Bool,
    /// Two's complement, 1 byte.
    I8,
    /// Unsigned, 1 byte.
    U8,
    /// Two's complement, 2 bytes.
    I16,
    /// Unsigned, 2 bytes.
    U16,
    /// Two's complement, 4 bytes.
    I32,
    /// Unsigned, 4 bytes.
    U32,
    /// Two's complement, 8 bytes.
    I64,
    /// Unsigned, 8 bytes.
    U64,
    /// IEEE 754 binary32.
    F32,
    /// IEEE 754 binary64.
    F64,
}

impl ElementType {
    /// Every type. The index is the number on the wire, which never changes.
    pub const ALL: [Self; 12] = [
        Self::Raw,
        Self::Bool,
        Self::I8,
        Self::U8,
        Self::I16,
        Self::U16,
        Self::I32,
        Self::U32,
        Self::I64,
        Self::U64,
        Self::F32,
        Self::F64,
    ];

    /// Bytes of one element.
    #[must_use]
    pub const fn byte_width(self) -> u64 {
        match self {
            Self::Raw | Self::Bool | Self::I8 | Self::U8 => 1,
            Self::I16 | Self::U16 => 2,
            Self::I32 | Self::U32 | Self::F32 => 4,
            Self::I64 | Self::U64 | Self::F64 => 8,
        }
    }

    /// Bytes of one element, to count in memory with.
    pub(crate) const fn width(self) -> usize {
        match self.byte_width() {
            1 => 1,
            2 => 2,
            4 => 4,
            _ => 8,
        }
    }

    /// The name that users declare it by.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Raw => "raw",
            Self::Bool => "bool",
            Self::I8 => "i8",
            Self::U8 => "u8",
            Self::I16 => "i16",
            Self::U16 => "u16",
            Self::I32 => "i32",
            Self::U32 => "u32",
            Self::I64 => "i64",
            Self::U64 => "u64",
            Self::F32 => "f32",
            Self::F64 => "f64",
        }
    }

    /// The type of that name; `int`, `long`, `float` and `double` are other names of `i32`, `i64`, `f32` and `f64`.
    #[must_use]
    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "int" => Some(Self::I32),
            "long" => Some(Self::I64),
            "float" => Some(Self::F32),
            "double" => Some(Self::F64),
            _ => Self::ALL.into_iter().find(|element| element.name() == name),
        }
    }
}

impl fmt::Display for ElementType {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}
