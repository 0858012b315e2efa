//! Numbers that look random and can be repeated.

/// SplitMix64: a few instructions per number, any seed is a good one.
#[derive(Debug, Clone)]
pub(super) struct Random(u64);

impl Random {
    pub(super) const fn new(seed: u64) -> Self {
        Self(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// Below `bound`, which is small against 2^64; 0 when there is nothing below.
    pub(super) fn below(&mut self, bound: u64) -> u64 {
        self.next().checked_rem(bound).unwrap_or(0)
    }

    pub(super) fn of<'a, T>(&mut self, items: &'a [T]) -> Option<&'a T> {
        let length = u64::try_from(items.len()).unwrap_or(u64::MAX);
        items.get(usize::try_from(self.below(length)).ok()?)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_item_comes_and_a_seed_repeats() {
        let (mut one, mut same) = (Random::new(7), Random::new(7));
        let mut seen = [0_u32; 4];
        for _ in 0..1_000 {
            let item = *one.of(&[0_usize, 1, 2, 3]).unwrap();
            assert_eq!(same.of(&[0, 1, 2, 3]), Some(&item));
            seen[item] += 1;
        }
        assert!(seen.iter().all(|count| (200..300).contains(count)), "{seen:?}");
        assert_eq!(one.of::<u8>(&[]), None);
    }
}
