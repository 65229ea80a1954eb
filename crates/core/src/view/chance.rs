//! Numbers that tests draw, the same in every run.

/// Knuth's linear congruential generator of MMIX: no pattern of a guest's pages keeps step with it.
#[derive(Debug, Default, Clone, Copy)]
pub(super) struct Chance(u64);

impl Chance {
    /// A number below `bound`, which is not 0.
    pub(super) fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap_or(0) % bound
    }
}
