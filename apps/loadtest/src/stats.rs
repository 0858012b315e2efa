//! What is said of several runs: the median and how far they lie apart.

use serde::{Deserialize, Serialize};

/// One figure over all runs.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Spread {
    /// The one in the middle.
    pub median: f64,
    /// The least.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Spread {
    /// Of these figures; none of nothing.
    pub fn of(figures: impl IntoIterator<Item = f64>) -> Option<Self> {
        let mut sorted: Vec<f64> = figures.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let (min, max) = (*sorted.first()?, *sorted.last()?);
        let upper = *sorted.get(sorted.len() / 2)?;
        let lower = *sorted.get((sorted.len() - 1) / 2)?;
        Some(Self { median: f64::midpoint(lower, upper), min, max })
    }

    /// How far the runs lie apart, as a share of the median.
    pub fn relative(&self) -> f64 {
        if self.median == 0.0 { 0.0 } else { (self.max - self.min) / self.median }
    }
}

/// How one thing compares to another that was measured in turns with it.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct Ratio {
    /// Median ÷ median.
    pub median: f64,
    /// The least that any two runs of the same round gave.
    pub min: f64,
    /// The greatest.
    pub max: f64,
}

impl Ratio {
    /// Of two series whose runs took turns; none when either has no run or the second is zero.
    pub fn of(numerators: &[f64], denominators: &[f64]) -> Option<Self> {
        let numerator = Spread::of(numerators.iter().copied())?;
        let denominator = Spread::of(denominators.iter().copied())?;
        let pairs = numerators.iter().zip(denominators).filter(|(_, below)| **below > 0.0);
        let rounds = Spread::of(pairs.map(|(above, below)| above / below))?;
        let median = numerator.median / denominator.median;
        Some(Self { median, min: rounds.min, max: rounds.max })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_is_in_the_middle() {
        assert_eq!(Spread::of([]), None);
        assert_eq!(Spread::of([3.0, 1.0, 2.0]), Some(Spread { median: 2.0, min: 1.0, max: 3.0 }));
        assert_eq!(Spread::of([4.0, 1.0, 3.0, 2.0]).unwrap().median, 2.5);
        assert_eq!(Spread::of([90.0, 100.0, 110.0]).unwrap().relative(), 0.2);
        assert_eq!(Spread::of([0.0]).unwrap().relative(), 0.0);
    }

    #[test]
    fn a_ratio_is_of_medians_and_its_bounds_are_of_rounds() {
        let ratio = Ratio::of(&[25.0, 30.0, 20.0], &[100.0, 100.0, 50.0]).unwrap();
        assert_eq!(ratio, Ratio { median: 0.25, min: 0.25, max: 0.4 });
        assert_eq!(Ratio::of(&[1.0], &[]), None);
        assert_eq!(Ratio::of(&[], &[1.0]), None);
        assert_eq!(Ratio::of(&[1.0], &[0.0]), None);
    }
}
