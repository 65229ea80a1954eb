//! What the user of a view decides about its resets.

/// How thoroughly a reset is checked against the baseline before it is reported as done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Verify {
    /// Not at all.
    #[default]
    Never,
    /// A few pages after each reset, other ones each time: all of them come up again and again.
    Sample,
    /// Every page, about 0.2 us each. For tests.
    Always,
}

/// Budgets and checks of a view. The defaults keep everything and check nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Limits {
    /// At most so many pages are private after a reset: those that are written in every cycle first. The others are given
    /// back to the system, and the image shows there again.
    pub resident_pages: usize,
    /// Whether resets are checked.
    pub verify: Verify,
}

impl Default for Limits {
    fn default() -> Self {
        Self { resident_pages: usize::MAX, verify: Verify::Never }
    }
}

/// What one reset is to do besides.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct ResetOptions {
    /// Bytes that the snapshot's rules ignore stay as they are.
    pub keep_ignored: bool,
}
