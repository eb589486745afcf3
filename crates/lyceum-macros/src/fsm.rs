//! The states and transitions of `#[behaviour(fsm(..))]`.

use syn::parse::{Parse, ParseStream};
use syn::{Error, Ident, Result, Token};

/// A state machine whose states can all be reached from the first.
#[derive(Debug)]
pub(crate) struct Machine {
    pub(crate) states: Vec<State>,
}

/// A state with the events that it expects; a final one expects none.
#[derive(Debug)]
pub(crate) struct State {
    pub(crate) name: Ident,
    pub(crate) exits: Vec<Exit>,
}

/// A transition.
#[derive(Debug)]
pub(crate) struct Exit {
    pub(crate) event: Ident,
    /// The index of the next state.
    pub(crate) next: usize,
}

impl State {
    pub(crate) fn is_final(&self) -> bool {
        self.exits.is_empty()
    }
}

/// Parses `Red: Go => Green; Green: Stop => Red, Fail => Dark; Dark: end`.
impl Parse for Machine {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        if input.is_empty() {
            return Err(Error::new(
                input.span(),
                "expected states, such as `fsm(Red: Go => Green; Green: end)`",
            ));
        }
        let states = input.parse_terminated(Declared::parse, Token![;])?;
        let names: Vec<&Ident> = states.iter().map(|state| &state.name).collect();
        for (index, name) in names.iter().enumerate() {
            if names[..index].contains(name) {
                return Err(Error::new(name.span(), format!("expected state `{name}` once")));
            }
        }
        let resolved = states.iter().map(|state| state.resolve(&names)).collect::<Result<_>>()?;
        let machine = Self { states: resolved };
        machine.check_reachable()?;
        Ok(machine)
    }
}

impl Machine {
    fn check_reachable(&self) -> Result<()> {
        let mut reached = vec![false; self.states.len()];
        let mut open = vec![0];
        while let Some(state) = open.pop() {
            if !std::mem::replace(&mut reached[state], true) {
                open.extend(self.states[state].exits.iter().map(|exit| exit.next));
            }
        }
        match reached.iter().position(|reached| !reached) {
            None => Ok(()),
            Some(lost) => {
                let (name, first) = (&self.states[lost].name, &self.states[0].name);
                let message = format!("state `{name}` cannot be reached from `{first}`");
                Err(Error::new(name.span(), message))
            }
        }
    }
}

/// A state as it is written, with the names of its successors.
struct Declared {
    name: Ident,
    exits: Vec<(Ident, Ident)>,
}

impl Parse for Declared {
    fn parse(input: ParseStream<'_>) -> Result<Self> {
        let name: Ident = input.parse()?;
        input.parse::<Token![:]>()?;
        let mut exits: Vec<(Ident, Ident)> = Vec::new();
        if input.is_empty() || input.peek(Token![;]) {
            let message = format!("expected transitions or `end` for state `{name}`");
            return Err(Error::new(name.span(), message));
        }
        if is_end(input) {
            input.parse::<Ident>()?;
            return Ok(Self { name, exits });
        }
        while !input.is_empty() && !input.peek(Token![;]) {
            let event: Ident = input.parse()?;
            input.parse::<Token![=>]>()?;
            let next: Ident = input.parse()?;
            if exits.iter().any(|(listed, _)| *listed == event) {
                let message = format!("expected event `{event}` once in state `{name}`");
                return Err(Error::new(event.span(), message));
            }
            exits.push((event, next));
            if input.peek(Token![,]) {
                input.parse::<Token![,]>()?;
            } else {
                break;
            }
        }
        Ok(Self { name, exits })
    }
}

impl Declared {
    fn resolve(&self, names: &[&Ident]) -> Result<State> {
        let exits = self.exits.iter().map(|(event, next)| {
            let Some(next) = names.iter().position(|name| *name == next) else {
                let message = format!("expected a declared state, `{next}` is none");
                return Err(Error::new(next.span(), message));
            };
            Ok(Exit { event: event.clone(), next })
        });
        Ok(State { name: self.name.clone(), exits: exits.collect::<Result<_>>()? })
    }
}

fn is_end(input: ParseStream<'_>) -> bool {
    let ahead = input.fork();
    ahead.parse::<Ident>().is_ok_and(|ident| ident == "end") && !ahead.peek(Token![=>])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> String {
        syn::parse_str::<Machine>(text).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn transitions_lead_to_indices() {
        let text = "Red: Go => Green; Green: Stop => Red, Fail => Dark; Dark: end";
        let machine: Machine = syn::parse_str(text).unwrap();

        let green = &machine.states[1];
        assert_eq!(green.exits[0].event, "Stop");
        assert_eq!((green.exits[0].next, green.exits[1].next), (0, 2));
        assert!(machine.states[2].is_final());
    }

    #[test]
    fn a_cycle_without_an_end_and_trailing_marks_are_fine() {
        assert_eq!(fault("Red: Go => Green,; Green: Go => Red,;"), "");
        assert_eq!(fault("end: end => end"), "");
    }

    #[test]
    fn every_state_is_declared_once_and_reached() {
        assert_eq!(
            fault("A: Go => A; B: end"),
            "state `B` cannot be reached from `A`",
            "a state after one that loops"
        );
        assert_eq!(fault("A: Go => B"), "expected a declared state, `B` is none");
        assert_eq!(fault("A: Go => A; A: end"), "expected state `A` once");
        assert_eq!(fault("A: ; B: end"), "expected transitions or `end` for state `A`");
        assert_eq!(fault("A: Go => A, Go => A"), "expected event `Go` once in state `A`");
        assert!(fault("").starts_with("expected states"));
        assert_eq!(fault("A"), "expected `:`");
    }
}
