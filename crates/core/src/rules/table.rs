//! The table of merge regions of a snapshot.

use std::ops::Range;

use crate::error::{Error, ErrorKind, Result};

use super::coverage::{self, Coverage};
use super::element::ElementType;
use super::masks::Masks;
use super::operation::Operation;
use super::region::MergeRegion;

/// How the changes of a memory are merged: its merge regions, and what holds between them.
///
/// ```text
///  declared   |  i32 sum  |      | f64 max |
///                      |    ignore    |
///  coverage   | i32 sum|    ignore    |f64 | gap: the default operation on single bytes | up to the maximum
/// ```
///
/// Regions do not overlap, except that a region to be ignored masks whatever it covers. The order of declaring never
/// matters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MergeRules {
    max_byte_length: u64,
    gap: Operation,
    /// Everything that was declared, by offset; what begins together, in one order of the rest.
    regions: Vec<MergeRegion>,
    /// The regions that are merged, whole and ascending. They never overlap.
    merged: Vec<Coverage>,
    /// Where nothing is merged. No border of a declared mask lies inside an element of `merged`.
    masks: Masks,
}

impl MergeRules {
    /// No regions, for memories of at most `max_byte_length` bytes; `gap` is how opaque bytes outside of regions are merged.
    ///
    /// # Errors
    /// `OutOfRange` when the maximum is 0, `IllegalRegion` when opaque bytes cannot be merged that way.
    pub fn new(max_byte_length: u64, gap: Operation) -> Result<Self> {
        if max_byte_length == 0 {
            return Err(Error::new(ErrorKind::OutOfRange, "the maximum of a memory is at least 1 byte"));
        }
        if !gap.is_legal_for(ElementType::Raw) {
            return Err(Error::new(ErrorKind::IllegalRegion, format!("raw bytes between merge regions have no {gap}")));
        }
        Ok(Self { max_byte_length, gap, regions: Vec::new(), merged: Vec::new(), masks: Masks::default() })
    }

    /// The same rules with these regions as well.
    ///
    /// # Errors
    /// As [`declare`](Self::declare).
    pub fn with(mut self, regions: impl IntoIterator<Item = MergeRegion>) -> Result<Self> {
        regions.into_iter().try_for_each(|region| self.declare(region))?;
        Ok(self)
    }

    /// Adds a region. O(regions).
    ///
    /// # Errors
    /// Then nothing has changed. `IllegalRegion`: the operation does not fit the type, the length is 0 or no multiple of
    /// the width, the end is past the maximum, or a mask cuts an element in two. `RegionOverlap`: another region has
    /// some of its bytes, and neither is to be ignored. `OutOfRange`: offset and length add up to no number.
    pub fn declare(&mut self, region: MergeRegion) -> Result<()> {
        let range = region.byte_offset..region.byte_end(self.max_byte_length)?;
        if region.operation == Operation::Ignore {
            self.declare_mask(region, range)?;
        } else {
            self.declare_merged(region, range)?;
        }
        let key = |region: &MergeRegion| {
            // `None` is not below every length but above: it reaches furthest.
            let length = region.byte_length.map_or((1, 0), |length| (0, length));
            (region.byte_offset, length, region.element as u8, region.operation as u8)
        };
        let at = self.regions.partition_point(|known| key(known) <= key(&region));
        self.regions.insert(at, region);
        Ok(())
    }

    /// Removes all regions. The maximum and what holds in gaps stay.
    pub fn clear(&mut self) {
        self.regions.clear();
        self.merged.clear();
        self.masks.clear();
    }

    /// What was declared, ascending by offset.
    #[must_use]
    pub fn regions(&self) -> &[MergeRegion] {
        &self.regions
    }

    /// How opaque bytes outside of regions are merged.
    #[must_use]
    pub const fn gap(&self) -> Operation {
        self.gap
    }

    /// The longest that a memory may be, in bytes.
    #[must_use]
    pub const fn max_byte_length(&self) -> u64 {
        self.max_byte_length
    }

    /// What holds for each byte of a range, up to the maximum: ascending stretches without holes between them, gaps and
    /// masks included. None crosses the border of a region; the range may cut elements. O(log regions) for each.
    pub fn coverage(&self, range: Range<u64>) -> impl Iterator<Item = Coverage> + '_ {
        coverage::within(self, range)
    }

    /// The whole stretch that holds this byte; `None` past the maximum. It begins and ends with a whole element.
    pub(crate) fn stretch_at(&self, byte_offset: u64) -> Option<Coverage> {
        if byte_offset >= self.max_byte_length {
            return None;
        }
        let mask = self.masks.at_or_after(byte_offset);
        if let Some(mask) = mask.filter(|mask| mask.start <= byte_offset) {
            return Some(Coverage::raw(mask.start, mask.end, Operation::Ignore));
        }
        // From here on the byte lies between two masks.
        let start = self.masks.end_before(byte_offset);
        let end = mask.map_or(self.max_byte_length, |mask| mask.start);
        let after = self.merged.partition_point(|known| known.byte_end() <= byte_offset);
        let region = self.merged.get(after);
        if let Some(region) = region.filter(|region| region.byte_offset <= byte_offset) {
            let (start, end) = (region.byte_offset.max(start), region.byte_end().min(end));
            return Some(Coverage { byte_offset: start, byte_length: end - start, ..*region });
        }
        let start = after.checked_sub(1).map_or(start, |before| self.merged[before].byte_end().max(start));
        let end = region.map_or(end, |region| region.byte_offset.min(end));
        Some(Coverage::raw(start, end, self.gap))
    }

    fn declare_merged(&mut self, region: MergeRegion, range: Range<u64>) -> Result<()> {
        let after = self.merged.partition_point(|known| known.byte_end() <= range.start);
        if let Some(other) = self.merged.get(after).filter(|other| other.byte_offset < range.end) {
            return Err(Error::new(
                ErrorKind::RegionOverlap,
                format!("{region}: the one at {} has some of its bytes", other.byte_offset),
            ));
        }
        let (element, operation) = (region.element, region.operation);
        let new = Coverage { byte_offset: range.start, byte_length: range.end - range.start, element, operation };
        let masks = self.regions.iter().filter(|known| known.operation == Operation::Ignore);
        for mask in masks {
            let cut = [mask.byte_offset, mask.byte_end(self.max_byte_length)?].into_iter().find(|at| cuts(&new, *at));
            if let Some(at) = cut {
                return Err(region.illegal(format_args!("a region to be ignored cuts one of its elements at {at}")));
            }
        }
        self.merged.insert(after, new);
        Ok(())
    }

    fn declare_mask(&mut self, region: MergeRegion, range: Range<u64>) -> Result<()> {
        for at in [range.start, range.end] {
            let after = self.merged.partition_point(|known| known.byte_end() <= at);
            if self.merged.get(after).is_some_and(|merged| cuts(merged, at)) {
                return Err(region.illegal(format_args!("it cuts an element in two at {at}")));
            }
        }
        self.masks.insert(range);
        Ok(())
    }
}

/// Whether a border at this offset lies inside an element of the region.
const fn cuts(region: &Coverage, at: u64) -> bool {
    region.byte_offset < at
        && at < region.byte_end()
        && !(at - region.byte_offset).is_multiple_of(region.element.byte_width())
}
