//! Arguments of a call, which are taken one after the other, by position or by name.

use std::collections::VecDeque;

use lyceum_wire::aiomas::Value;

/// Arguments by position and by name, as Python gives them.
#[derive(Debug, Default)]
pub(crate) struct Arguments {
    positional: VecDeque<Value>,
    named: Vec<(String, Value)>,
    taken: usize,
}

/// What is wrong with the arguments of a call.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// An argument was given by position and by name.
    Twice,
    /// So many were given by position, but only so many are taken.
    TooMany { given: usize, expected: usize },
    /// No argument has that name.
    Unknown(String),
}

impl Arguments {
    pub(crate) fn new(positional: Vec<Value>, named: Vec<(String, Value)>) -> Self {
        Self { positional: positional.into(), named, taken: 0 }
    }

    /// Takes the next argument.
    pub(crate) fn take(&mut self, name: &str) -> Result<Option<Value>, Misfit> {
        let named = self.take_named(name);
        let Some(value) = self.positional.pop_front() else { return Ok(named) };
        self.taken += 1;
        if named.is_some() { Err(Misfit::Twice) } else { Ok(Some(value)) }
    }

    /// Takes the argument of a name. If the name stands twice, the last one counts.
    fn take_named(&mut self, name: &str) -> Option<Value> {
        let at = self.named.iter().rposition(|(own, _)| own == name)?;
        let (_, value) = self.named.swap_remove(at);
        self.named.retain(|(own, _)| own != name);
        Some(value)
    }

    /// Takes all that is left.
    pub(crate) fn take_rest(&mut self) -> (Vec<Value>, Vec<(String, Value)>) {
        let positional = std::mem::take(&mut self.positional);
        (positional.into(), std::mem::take(&mut self.named))
    }

    /// Says what is left that nothing takes.
    pub(crate) fn surplus(&self) -> Option<Misfit> {
        if !self.positional.is_empty() {
            let given = self.taken + self.positional.len();
            return Some(Misfit::TooMany { given, expected: self.taken });
        }
        let (name, _) = self.named.first()?;
        Some(Misfit::Unknown(name.clone()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(positional: &[i64], named: &[(&str, i64)]) -> Arguments {
        let positional = positional.iter().map(|value| (*value).into()).collect();
        let named = named.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Arguments::new(positional, named.collect())
    }

    #[test]
    fn positions_come_before_names() {
        let mut given = arguments(&[1], &[("b", 2)]);
        assert_eq!(given.take("a"), Ok(Some(1.into())));
        assert_eq!(given.take("b"), Ok(Some(2.into())));
        assert_eq!(given.take("c"), Ok(None));
        assert_eq!(given.surplus(), None);
    }

    #[test]
    fn what_does_not_fit_is_named() {
        assert_eq!(arguments(&[1], &[("a", 2)]).take("a"), Err(Misfit::Twice));
        let mut given = arguments(&[1, 2], &[]);
        assert!(given.take("a").is_ok());
        assert_eq!(given.surplus(), Some(Misfit::TooMany { given: 2, expected: 1 }));
        assert_eq!(arguments(&[], &[("x", 2)]).surplus(), Some(Misfit::Unknown("x".into())));
    }

    #[test]
    fn the_last_one_of_a_name_counts() {
        let mut given = arguments(&[], &[("a", 1), ("b", 2), ("a", 3)]);
        assert_eq!(given.take("a"), Ok(Some(3.into())));
        assert_eq!(given.take("a"), Ok(None));
        assert_eq!(given.surplus(), Some(Misfit::Unknown("b".into())));
    }
}
