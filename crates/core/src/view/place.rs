//! Where a view's memory was at the last operation, and the right to track it there.

use crate::region::{Claim, Owner, Window};

#[derive(Debug)]
pub(super) struct Place {
    owner: Owner,
    start: usize,
    claim_byte_length: usize,
    claim: Claim,
}

/// What has become of a memory since the last operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Whereabouts {
    /// It is where it was.
    Unchanged,
    /// It is at other addresses.
    Moved,
    /// Another view has tracked it.
    Taken,
}

impl Place {
    /// Claims the window, and as much behind it as the memory can grow to in place.
    pub(super) fn claim(window: &Window<'_>, claim_byte_length: usize) -> Self {
        let claim_byte_length = claim_byte_length.max(window.pages().byte_length());
        let claim = Claim::take(window.start(), claim_byte_length);
        Self { owner: window.owner(), start: window.start(), claim_byte_length, claim }
    }

    /// Looks without claiming anything.
    pub(super) fn whereabouts(&self, window: &Window<'_>) -> Whereabouts {
        if window.start() != self.start || window.owner() != self.owner {
            Whereabouts::Moved
        } else if self.claim.is_lost() {
            Whereabouts::Taken
        } else {
            Whereabouts::Unchanged
        }
    }

    /// Claims the memory where it is now.
    pub(super) fn follow(&mut self, window: &Window<'_>) -> Whereabouts {
        let whereabouts = self.whereabouts(window);
        if whereabouts != Whereabouts::Unchanged {
            *self = Self::claim(window, self.claim_byte_length);
        }
        whereabouts
    }
}
