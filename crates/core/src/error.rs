//! The one error type of the crate, and the stable codes that cross the language border.

use std::borrow::Cow;
use std::fmt;

/// What went wrong, as a caller can act on it. Each kind has one stable code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ErrorKind {
    /// An offset or length that cannot be used: negative, past the end, or too large.
    OutOfRange,
    /// A range that does not begin or end on a page boundary.
    Unaligned,
    /// The operation needs a baseline and the view has none yet.
    NoBaseline,
    /// The snapshot does not fit into the memory.
    SnapshotTooLarge,
    /// The file is not a snapshot.
    NotASnapshot,
    /// The file began as a snapshot but is cut short or altered.
    SnapshotCorrupt,
    /// This system lacks what the operation needs.
    Unsupported,
    /// The system has no memory, mappings or descriptors left.
    OutOfMemory,
    /// After a reset the memory was not its baseline.
    Verify,
    /// The caller asked for the operation to stop.
    Aborted,
    /// A system call failed for another reason.
    System,
    /// A merge region overlaps another, and neither is to be ignored.
    RegionOverlap,
    /// A merge region that cannot be: of no legal pair, length or place, or a mask that cuts an element in two.
    IllegalRegion,
    /// The memory is longer than the maximum.
    OverMax,
    /// The memory is shorter than its base, or two lengths that must be equal are not.
    SizeMismatch,
    /// A changed element is cut off by the end of the memory.
    PartialElement,
    /// A diff was made against another snapshot, version or table of rules.
    StaleBase,
    /// The view shows an older version than the snapshot has.
    StaleView,
    /// Its origin has queued a later diff, or another one of that number.
    DuplicateDiff,
    /// Two diffs changed one element that only one may change.
    MergeConflict,
    /// A product that two diffs take part in has no value.
    ProductUndefined,
    /// The bytes are not a diff.
    NotADiff,
    /// The bytes began as a diff but are cut short, altered, or say what no diff can say.
    DiffCorrupt,
    /// The diff does not carry the bytes of its base, which the operation needs.
    NoOriginals,
    /// The lease was released already, or reclaimed: its slot may be somebody else's.
    LeaseLost,
}

impl ErrorKind {
    /// The code that JavaScript sees as `error.code`. Never changes once released.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::OutOfRange => "ERR_PAGEFOLD_OUT_OF_RANGE",
            Self::Unaligned => "ERR_PAGEFOLD_UNALIGNED",
            Self::NoBaseline => "ERR_PAGEFOLD_NO_BASELINE",
            Self::SnapshotTooLarge => "ERR_PAGEFOLD_SNAPSHOT_TOO_LARGE",
            Self::NotASnapshot => "ERR_PAGEFOLD_NOT_A_SNAPSHOT",
            Self::SnapshotCorrupt => "ERR_PAGEFOLD_SNAPSHOT_CORRUPT",
            Self::Unsupported => "ERR_PAGEFOLD_UNSUPPORTED",
            Self::OutOfMemory => "ERR_PAGEFOLD_OUT_OF_MEMORY",
            Self::Verify => "ERR_PAGEFOLD_VERIFY",
            Self::Aborted => "ERR_PAGEFOLD_ABORTED",
            Self::System => "ERR_PAGEFOLD_SYSTEM",
            Self::RegionOverlap => "ERR_PAGEFOLD_REGION_OVERLAP",
            Self::IllegalRegion => "ERR_PAGEFOLD_ILLEGAL_REGION",
            Self::OverMax => "ERR_PAGEFOLD_OVER_MAX",
            Self::SizeMismatch => "ERR_PAGEFOLD_SIZE_MISMATCH",
            Self::PartialElement => "ERR_PAGEFOLD_PARTIAL_ELEMENT",
            Self::StaleBase => "ERR_PAGEFOLD_STALE_BASE",
            Self::StaleView => "ERR_PAGEFOLD_STALE_VIEW",
            Self::DuplicateDiff => "ERR_PAGEFOLD_DUPLICATE_DIFF",
            Self::MergeConflict => "ERR_PAGEFOLD_MERGE_CONFLICT",
            Self::ProductUndefined => "ERR_PAGEFOLD_PRODUCT_UNDEFINED",
            Self::NotADiff => "ERR_PAGEFOLD_NOT_A_DIFF",
            Self::DiffCorrupt => "ERR_PAGEFOLD_DIFF_CORRUPT",
            Self::NoOriginals => "ERR_PAGEFOLD_NO_ORIGINALS",
            Self::LeaseLost => "ERR_PAGEFOLD_LEASE_LOST",
        }
    }
}

/// A failed operation: what kind of failure, what was being done to what, and the system call if one failed.
#[derive(Debug, Clone)]
pub struct Error {
    kind: ErrorKind,
    message: Cow<'static, str>,
    os: Option<OsFailure>,
    byte_offset: Option<usize>,
    conflicts: Box<[Conflict]>,
}

/// A range that two diffs changed and cannot both have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Conflict {
    /// Offset of its first byte.
    pub byte_offset: u64,
    /// Its length in bytes.
    pub byte_length: u64,
    /// Origin and sequence of the two diffs, in the order of merging.
    pub authors: [(u64, u64); 2],
}

/// The system call that failed and its `errno`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OsFailure {
    /// Name of the call, e.g. `mmap`.
    pub syscall: &'static str,
    /// The raw error number.
    pub errno: i32,
}

/// `Result` with this crate's [`Error`].
pub type Result<T, E = Error> = std::result::Result<T, E>;

impl Error {
    /// An error that no system call caused.
    #[cold]
    pub fn new(kind: ErrorKind, message: impl Into<Cow<'static, str>>) -> Self {
        Self { kind, message: message.into(), os: None, byte_offset: None, conflicts: Box::default() }
    }

    /// The same error, about this byte of the memory.
    #[must_use]
    pub fn at(self, byte_offset: usize) -> Self {
        Self { byte_offset: Some(byte_offset), ..self }
    }

    /// A failed system call. `doing` says what the call was for.
    #[must_use]
    #[cold]
    pub fn os(syscall: &'static str, doing: &str, source: &std::io::Error) -> Self {
        let errno = source.raw_os_error().unwrap_or(0);
        let kind = match source.kind() {
            std::io::ErrorKind::OutOfMemory | std::io::ErrorKind::StorageFull => ErrorKind::OutOfMemory,
            std::io::ErrorKind::Unsupported => ErrorKind::Unsupported,
            _ => match errno {
                EMFILE | ENFILE => ErrorKind::OutOfMemory,
                _ => ErrorKind::System,
            },
        };
        Self {
            kind,
            message: format!("{doing}: {syscall} failed: {source}").into(),
            os: Some(OsFailure { syscall, errno }),
            byte_offset: None,
            conflicts: Box::default(),
        }
    }

    /// The same error, about these ranges.
    #[must_use]
    pub fn with_conflicts(self, conflicts: Vec<Conflict>) -> Self {
        Self { conflicts: conflicts.into_boxed_slice(), ..self }
    }

    /// The kind of failure.
    #[must_use]
    pub fn kind(&self) -> ErrorKind {
        self.kind
    }

    /// The system call that failed, if one did.
    #[must_use]
    pub fn os_failure(&self) -> Option<OsFailure> {
        self.os
    }

    /// The byte of the memory that it is about, if it is about one.
    #[must_use]
    pub fn byte_offset(&self) -> Option<usize> {
        self.byte_offset
    }

    /// What could not be merged, ascending: for [`ErrorKind::MergeConflict`] and [`ErrorKind::ProductUndefined`], else empty.
    #[must_use]
    pub fn conflicts(&self) -> &[Conflict] {
        &self.conflicts
    }
}

// The same numbers on Linux, macOS and Windows; `std::io::ErrorKind` has no stable name for either.
const EMFILE: i32 = 24;
const ENFILE: i32 = 23;

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Error {}
