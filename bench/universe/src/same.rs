//! Whether all targets did the same work: about as many residents moved in each step.

use std::fmt;

/// By which part of all moves one target may differ from the first, besides what is by chance.
/// Residents act in an order that is no part of the rules: krABMaga's schedule promises none.
const TOLERANCE: f64 = 0.05;
/// How many times what is to be expected by chance is let pass.
const CHANCE: f64 = 4.0;

/// How many moved at each target, step by step; of the first round.
#[derive(Debug, Default)]
pub struct Same(Vec<(&'static str, Vec<u64>)>);

impl Same {
    /// Notes what a target did.
    ///
    /// # Errors
    ///
    /// It is not what the first one did.
    pub fn note(&mut self, target: &'static str, moved: &[u64]) -> Result<(), String> {
        if moved.is_empty() {
            return Ok(());
        }
        if let Some((first, line)) = self.0.first()
            && (line.len() != moved.len() || differ(line, moved))
        {
            let theirs = &line[..line.len().min(3)];
            return Err(format!(
                "it does not do the same work: {moved:?} moved, and {theirs:?}.. of {first}"
            ));
        }
        if !self.0.iter().any(|(name, _)| *name == target) {
            self.0.push((target, moved.to_vec()));
        }
        Ok(())
    }
}

/// Returns whether the sums of moves differ.
fn differ(line: &[u64], moved: &[u64]) -> bool {
    let [line, moved] = [line, moved].map(|moves| moves.iter().sum::<u64>() as f64);
    (moved - line).abs() > TOLERANCE * line + CHANCE * line.sqrt()
}

impl fmt::Display for Same {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (target, moved) in &self.0 {
            let first: Vec<String> = moved.iter().take(6).map(u64::to_string).collect();
            writeln!(f, "moved at {target}, step by step: {} ..", first.join(" "))?;
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn about_as_many_moves_are_the_same_and_others_are_not() {
        let mut same = Same::default();
        assert_eq!(same.note("lyceum", &[1_000, 500]), Ok(()));
        assert_eq!(same.note("mesa", &[1_010, 480]), Ok(()));
        assert_eq!(same.note("nothing", &[]), Ok(()));
        let why = same.note("other", &[700, 200]).unwrap_err();
        assert!(why.ends_with("[700, 200] moved, and [1000, 500].. of lyceum"), "{why}");
        assert!(same.note("shorter", &[1_500]).is_err());
        assert!(Same::default().note("idle", &[0]).is_ok(), "it is the first");
        let lines = "moved at lyceum, step by step: 1000 500 ..\n\
                     moved at mesa, step by step: 1010 480 ..\n";
        assert_eq!(same.to_string(), lines);
    }
}
