//! Rounds that alternate over the targets.

use crate::{Gap, Metric, Results, Role, Samples, Series};

/// The figures of one run, in the order of the metrics, or why there are none.
pub type Measured = Result<Vec<f64>, String>;

/// Measures all targets, round after round: A B C A B C, never A A B B, so that a disturbance of
/// the machine falls on all alike. `measure` gets the place of the target.
pub fn alternate(
    targets: &[(&'static str, Role)],
    metrics: &[Metric],
    rounds: u32,
    mut measure: impl FnMut(usize) -> Measured,
) -> Results {
    let mut lanes: Vec<Result<Vec<Vec<f64>>, String>> = vec![Ok(Vec::new()); targets.len()];
    for _ in 0..rounds {
        for (place, lane) in lanes.iter_mut().enumerate() {
            let Ok(runs) = lane else { continue };
            match measure(place) {
                Ok(figures) => runs.push(figures),
                Err(reason) => *lane = Err(reason),
            }
        }
    }
    let mut results = Results::default();
    for (lane, &(target, role)) in lanes.into_iter().zip(targets) {
        match lane {
            Err(reason) => results.gaps.push(Gap { target, reason }),
            Ok(runs) => {
                results.series.extend(metrics.iter().enumerate().map(|(index, &metric)| {
                    let samples = Samples::new(runs.iter().map(|run| run[index]).collect());
                    Series { metric, target, role, samples }
                }))
            }
        }
    }
    results
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Unit;

    #[test]
    fn targets_take_turns_and_one_that_fails_is_left_out() {
        let metric = Metric("call", Unit::Microseconds);
        let targets = [("a", Role::Subject), ("b", Role::Peer), ("c", Role::Peer)];
        let mut order = Vec::new();
        let results = alternate(&targets, &[metric], 3, |place| {
            order.push(place);
            if place == 1 { Err("it is not here".into()) } else { Ok(vec![order.len() as f64]) }
        });
        assert_eq!(order, [0, 1, 2, 0, 2, 0, 2]);
        let medians: Vec<f64> = results.series.iter().map(|line| line.samples.median()).collect();
        assert_eq!(medians, [4.0, 5.0]);
        assert_eq!((results.gaps[0].target, &*results.gaps[0].reason), ("b", "it is not here"));
    }
}
