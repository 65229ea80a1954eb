//! One cell of the grid.

use std::str::FromStr;

use super::super::subjects::page_bytes;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Cell {
    pub(super) slot_mebibytes: usize,
    /// Pages of the image, at the beginning of the slot.
    pub(super) resident: usize,
    /// Pages that the guest writes in each cycle.
    pub(super) dirty: usize,
    /// How many of a hundred dirty pages are others in each cycle.
    pub(super) random_percent: usize,
    /// Pages of the image that the guest reads in each cycle, from the first on.
    pub(super) read: usize,
}

impl Cell {
    pub(super) const fn slot_bytes(&self) -> usize {
        self.slot_mebibytes << 20
    }

    pub(super) fn image_bytes(&self) -> usize {
        self.resident * page_bytes()
    }

    /// The image: bytes of which none is zero, so that every page is stored and every zero that is written differs.
    pub(super) fn noise(&self) -> Vec<u8> {
        let mut state = 1_u64;
        let mut bytes = Vec::with_capacity(self.image_bytes());
        while bytes.len() < self.image_bytes() {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            bytes.extend((state | 0x0101_0101_0101_0101).to_le_bytes());
        }
        bytes
    }
}

/// `64,8192,64,25`: MiB of the slot, resident pages, dirty pages, random percent. The guest reads all that is resident, or as many
/// pages as a fifth number says.
impl FromStr for Cell {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let numbers: Vec<usize> = text.split(',').filter_map(|word| word.parse().ok()).collect();
        let (slot_mebibytes, resident, dirty, random_percent, read) = match numbers[..] {
            [slot, resident, dirty, random] => (slot, resident, dirty, random, resident),
            [slot, resident, dirty, random, read] => (slot, resident, dirty, random, read),
            _ => return Err(format!("{text} is no cell; one is MEBIBYTES,RESIDENT,DIRTY,RANDOM_PERCENT[,READ]")),
        };
        let cell = Self { slot_mebibytes, resident, dirty, random_percent, read };
        let fits = cell.image_bytes() <= cell.slot_bytes() && (1..=resident).contains(&dirty) && random_percent <= 100;
        if !fits || !resident.is_multiple_of(4) || read > resident {
            return Err(format!("there is no cell {text}: dirty and read ≤ resident ≤ slot, resident in fours"));
        }
        Ok(cell)
    }
}
