//! Chance that can be repeated.

use std::time::{SystemTime, UNIX_EPOCH};

/// Splitmix64. The same seed gives the same decisions; what real processes make of them is up to the machine.
#[derive(Debug, Clone)]
pub(crate) struct Chance(u64);

impl Chance {
    /// The chances of this seed.
    pub(crate) fn of(seed: u64) -> Self {
        Self(seed)
    }

    /// A seed for somebody else, or a number that nobody else has.
    pub(crate) fn seed(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        bits ^ (bits >> 31)
    }

    /// One of 0..count.
    pub(crate) fn below(&mut self, count: usize) -> usize {
        usize::try_from(self.seed() % u64::try_from(count).unwrap()).unwrap()
    }

    /// True in so many of a hundred cases.
    pub(crate) fn percent(&mut self, percent: usize) -> bool {
        self.below(100) < percent
    }

    /// One of these.
    pub(crate) fn pick<'a, T>(&mut self, among: &'a [T]) -> &'a T {
        &among[self.below(among.len())]
    }

    /// Another order, in which nothing moves further than `reach` places.
    pub(crate) fn shuffle_within<T>(&mut self, items: &mut Vec<T>, reach: usize) {
        let keyed = items.drain(..).enumerate();
        let mut keyed: Vec<_> =
            keyed.map(|(place, item)| (place + self.below(reach + 1), item)).collect();
        keyed.sort_by_key(|(place, _)| *place);
        items.extend(keyed.into_iter().map(|(_, item)| item));
    }
}

/// `ORDERSYSTEM_TEST_SEED`, or a new one; printed either way.
pub(crate) fn seed() -> u64 {
    let given = std::env::var("ORDERSYSTEM_TEST_SEED").ok().and_then(|text| text.parse().ok());
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    let seed = given.unwrap_or_else(|| now.as_secs() * 1_000 + u64::from(now.subsec_millis()));
    println!("seed {seed} (ORDERSYSTEM_TEST_SEED={seed} repeats the decisions)");
    seed
}
