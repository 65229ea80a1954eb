//! How the pages of a file that a user names are used.

/// What becomes of writes to the mapped pages of a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FileAccess {
    /// They stay in the memory that they were made in: the file never changes.
    CopyOnWrite,
    /// They change the file, and every other mapping of it.
    ReadWrite,
}
