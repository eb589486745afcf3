//! Scores: what agents think of a session, from -1 to 1.

/// Returns what counts of an agent's score: its product with the weight, from -1 to 1.
///
/// This is the rule of the description of Fusil's MAS: `minmax(-1.0, score * weight, 1.0)`.
/// Infinite scores count as 1 or -1; one that is no number, or whose product is none, counts as if
/// the agent had no score.
pub(crate) fn weighted(score: Option<f64>, weight: f64) -> Option<f64> {
    let product = score? * weight;
    (!product.is_nan()).then(|| product.clamp(-1.0, 1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn product_is_clamped_and_not_the_score() {
        assert_eq!(weighted(Some(0.3), 1.0), Some(0.3));
        assert_eq!(weighted(Some(4.0), 0.125), Some(0.5));
        assert_eq!(weighted(Some(0.9), 2.0), Some(1.0));
        assert_eq!(weighted(Some(-0.9), 2.0), Some(-1.0));
        assert_eq!(weighted(None, 1.0), None);
    }

    #[test]
    fn infinity_is_the_end_of_the_scale_and_nan_is_no_opinion() {
        assert_eq!(weighted(Some(f64::INFINITY), 1.0), Some(1.0));
        assert_eq!(weighted(Some(f64::NEG_INFINITY), 1.0), Some(-1.0));
        assert_eq!(weighted(Some(f64::INFINITY), 0.0), None);
        assert_eq!(weighted(Some(f64::NAN), 1.0), None);
        assert_eq!(weighted(Some(0.5), f64::NAN), None);
    }
}
