//! The conversions that `From` does not offer, in one place.

use std::time::Duration;

/// A count for arithmetic; exact below 2^53.
#[expect(clippy::as_conversions, reason = "there is no From<u64> for f64")]
pub fn float(count: u64) -> f64 {
    count as f64
}

/// A length for arithmetic.
pub fn size(length: usize) -> f64 {
    float(u64::try_from(length).unwrap_or(u64::MAX))
}

/// The whole part, 0 for what is negative or no number.
#[expect(clippy::as_conversions, reason = "saturates, which is what is wanted")]
pub fn whole(number: f64) -> u64 {
    number as u64
}

/// Microseconds, as histograms count them.
pub fn micros(duration: Duration) -> u64 {
    u64::try_from(duration.as_micros()).unwrap_or(u64::MAX)
}
