//! The figures of several rounds.

/// The figures of one measurement, one for each round.
#[derive(Clone, Debug)]
pub struct Samples(Vec<f64>);

impl Samples {
    /// Takes one figure for each round.
    ///
    /// # Panics
    ///
    /// If there is none.
    pub fn new(mut figures: Vec<f64>) -> Self {
        assert!(!figures.is_empty(), "a measurement has at least one round");
        figures.sort_by(f64::total_cmp);
        Self(figures)
    }

    pub fn median(&self) -> f64 {
        let middle = self.0.len() / 2;
        if self.0.len().is_multiple_of(2) {
            f64::midpoint(self.0[middle - 1], self.0[middle])
        } else {
            self.0[middle]
        }
    }

    pub fn min(&self) -> f64 {
        self.0[0]
    }

    pub fn max(&self) -> f64 {
        self.0[self.0.len() - 1]
    }

    pub fn rounds(&self) -> usize {
        self.0.len()
    }

    /// Returns the figure below which the given part of them lies.
    pub fn percentile(&self, part: f64) -> f64 {
        let index = (self.0.len() as f64 * part) as usize;
        self.0[index.min(self.0.len() - 1)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_median_of_an_even_number_lies_between_two() {
        let samples = Samples::new(vec![4.0, 1.0, 2.0, 3.0]);

        assert_eq!((samples.min(), samples.median(), samples.max()), (1.0, 2.5, 4.0));
    }

    #[test]
    fn a_percentile_of_few_is_one_of_them() {
        let samples = Samples::new(vec![3.0, 1.0, 2.0]);

        assert_eq!(samples.percentile(0.5), 2.0);
        assert_eq!(samples.percentile(0.99), 3.0);
    }
}
