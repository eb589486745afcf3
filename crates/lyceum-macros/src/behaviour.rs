//! `#[behaviour]`: what an agent does by itself.

use std::time::Duration;

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::{Attribute, Error, LitStr, Path, Result, Type, parenthesized, token};

use crate::action::Action;
use crate::fsm::Machine;
use crate::output::Output;
use crate::signature::{Access, Rules, Signature};
use crate::{arguments, duration};

/// What an agent does by itself.
pub(crate) struct Behaviour {
    pub(crate) name: String,
    /// Where the name stands.
    pub(crate) name_span: Span,
    pub(crate) kind: Kind,
}

/// What makes a behaviour run.
pub(crate) enum Kind {
    /// Its callers.
    Manual(Action),
    /// The time, a flag or itself.
    Timed(Timing, Routine),
    /// Its states.
    Machine(Box<StateMachine>),
}

/// When a behaviour runs that nobody calls.
pub(crate) enum Timing {
    Once,
    Every { period: Duration, at_start: bool },
    Cyclic,
    On(LitStr),
    Run,
}

/// The method of a behaviour that nobody calls.
pub(crate) struct Routine {
    pub(crate) signature: Signature,
    pub(crate) output: Output,
}

/// A machine with the method that it goes by, from state to event.
pub(crate) struct StateMachine {
    pub(crate) machine: Machine,
    pub(crate) state: Type,
    pub(crate) event: Type,
    pub(crate) routine: Routine,
}

const WHO: &str = "a behaviour";
const RULES: Rules = Rules { who: WHO, statics: false };
const KINDS: &str =
    "`once`, `manual`, `every = \"..\"`, `cyclic`, `on = \"..\"`, `run` or `fsm(..)`";

impl Behaviour {
    pub(crate) fn parse(attribute: &Attribute, sig: &syn::Signature) -> Result<Self> {
        let mut options = Options::default();
        arguments::each(attribute, |meta| options.option(&meta))?;
        let Some(Given { word, at }) = options.kind.take() else {
            return Err(Error::new_spanned(attribute, format!("expected one of {KINDS}")));
        };
        options.check(&word)?;
        let (name, name_span) = match &options.name {
            Some(name) => (name.value(), name.span()),
            None => (sig.ident.unraw().to_string(), sig.ident.span()),
        };
        let kind = match word {
            Word::Manual => {
                let renamed = options.name.as_ref().map(arguments::method_name).transpose()?;
                Kind::Manual(Action::manual(renamed, options.local.is_some(), sig)?)
            }
            Word::Fsm(machine) => Kind::Machine(Box::new(StateMachine::parse(machine, sig)?)),
            Word::Timed(mut timing) => {
                if let Timing::Every { at_start, .. } = &mut timing {
                    *at_start = options.first.is_some();
                }
                let routine = Routine::parse(sig)?;
                timing.check(&routine.signature, &at)?;
                Kind::Timed(timing, routine)
            }
        };
        Ok(Self { name, name_span, kind })
    }
}

impl Routine {
    fn parse(sig: &syn::Signature) -> Result<Self> {
        let signature = Signature::parse(sig, RULES)?;
        if let Some(argument) = signature.arguments.first() {
            let message = "expected a behaviour without arguments: only `manual` ones have callers";
            return Err(Error::new(argument.ident.span(), message));
        }
        let output = Output::of_routine(&sig.output, WHO)?;
        Ok(Self { signature, output })
    }
}

impl StateMachine {
    fn parse(machine: Machine, sig: &syn::Signature) -> Result<Self> {
        let signature = Signature::parse(sig, RULES)?;
        let [state] = &signature.arguments[..] else {
            let extra = signature.arguments.get(1);
            let at = extra.map_or(sig.ident.span(), |extra| extra.ident.span());
            let message = "expected the method of a state machine to take its state and no more";
            return Err(Error::new(at, message));
        };
        let output = Output::of_machine(&sig.output, &sig.ident)?;
        let (state, event) = (state.ty.clone(), output.event()?.clone());
        Ok(Self { machine, state, event, routine: Routine { signature, output } })
    }
}

impl Timing {
    /// Checks that a free-running behaviour leaves the agent free.
    fn check(&self, signature: &Signature, at: &Path) -> Result<()> {
        if !matches!(self, Self::Run) {
            return Ok(());
        }
        if signature.access != Access::Detached {
            let message = "expected `cx: Context<Self>` instead of `self`: a `run` behaviour \
                           leaves the agent free for its actions";
            return Err(Error::new(signature.receiver, message));
        }
        if !signature.is_async {
            return Err(Error::new_spanned(at, "expected a `run` behaviour to be an `async fn`"));
        }
        Ok(())
    }
}

/// The options of the attribute as they are written.
#[derive(Default)]
struct Options {
    kind: Option<Given>,
    first: Option<Path>,
    name: Option<LitStr>,
    local: Option<Path>,
}

/// The option that says which kind of behaviour it is.
struct Given {
    word: Word,
    at: Path,
}

enum Word {
    Manual,
    Timed(Timing),
    Fsm(Machine),
}

impl Options {
    fn option(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let is = |name: &str| meta.path.is_ident(name);
        if is("first") {
            let first = arguments::text(meta)?;
            if first.value() != "now" {
                return Err(Error::new(first.span(), "expected \"now\""));
            }
            return arguments::set(&mut self.first, meta.path.clone(), meta);
        }
        if is("name") {
            return arguments::set(&mut self.name, arguments::text(meta)?, meta);
        }
        if is("local") {
            return arguments::set(&mut self.local, meta.path.clone(), meta);
        }
        let given = Given { word: Word::parse(meta)?, at: meta.path.clone() };
        match &self.kind {
            None => self.kind = Some(given),
            Some(former) => {
                let (former, other) = (arguments::name(&former.at), arguments::name(&given.at));
                let message = format!(
                    "expected one kind of behaviour: `{former}` and `{other}` exclude each other"
                );
                return Err(Error::new_spanned(&meta.path, message));
            }
        }
        Ok(())
    }

    /// Checks that the other options fit the kind.
    fn check(&self, word: &Word) -> Result<()> {
        if let Some(first) = &self.first
            && !matches!(word, Word::Timed(Timing::Every { .. }))
        {
            return Err(Error::new_spanned(first, "expected `every = \"..\"` beside `first`"));
        }
        if let Some(local) = &self.local
            && !matches!(word, Word::Manual)
        {
            return Err(Error::new_spanned(local, "expected `manual` beside `local`"));
        }
        Ok(())
    }
}

impl Word {
    fn parse(meta: &ParseNestedMeta<'_>) -> Result<Self> {
        let is = |name: &str| meta.path.is_ident(name);
        if is("fsm") {
            if !meta.input.peek(token::Paren) {
                let message = "expected states, such as `fsm(Red: Go => Green; Green: end)`";
                return Err(Error::new_spanned(&meta.path, message));
            }
            let content;
            parenthesized!(content in meta.input);
            return content.parse().map(Self::Fsm);
        }
        if is("manual") {
            return Ok(Self::Manual);
        }
        Ok(Self::Timed(if is("once") {
            Timing::Once
        } else if is("cyclic") {
            Timing::Cyclic
        } else if is("run") {
            Timing::Run
        } else if is("on") {
            Timing::On(arguments::text(meta)?)
        } else if is("every") {
            let period = duration::parse(&meta.value()?.parse()?)?;
            Timing::Every { period, at_start: false }
        } else {
            let expected = format!("{KINDS}, with `first`, `name` or `local`");
            return Err(arguments::unknown(meta, &expected));
        }))
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn fault(attribute: Attribute, sig: syn::Signature) -> String {
        Behaviour::parse(&attribute, &sig).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn kinds_are_read() {
        let tick: syn::Signature = parse_quote!(async fn tick(&mut self));
        let every = parse_quote!(#[behaviour(every = "1s", first = "now", name = "clock")]);
        let behaviour = Behaviour::parse(&every, &tick).unwrap();

        assert_eq!(behaviour.name, "clock");
        let period = Duration::from_secs(1);
        let Kind::Timed(Timing::Every { period: read, at_start: true }, _) = behaviour.kind else {
            panic!("expected a timed behaviour");
        };
        assert_eq!(read, period);
        for attribute in [
            parse_quote!(#[behaviour(once)]),
            parse_quote!(#[behaviour(cyclic)]),
            parse_quote!(#[behaviour(on = "dirty")]),
            parse_quote!(#[behaviour(manual, local)]),
        ] {
            assert_eq!(fault(attribute, tick.clone()), "");
        }
    }

    #[test]
    fn one_kind_is_needed() {
        let fault = |attribute| fault(attribute, parse_quote!(async fn tick(&mut self)));

        assert_eq!(fault(parse_quote!(#[behaviour])), format!("expected one of {KINDS}"));
        assert_eq!(
            fault(parse_quote!(#[behaviour(once, cyclic)])),
            "expected one kind of behaviour: `once` and `cyclic` exclude each other"
        );
        let first = "expected `every = \"..\"` beside `first`";
        assert_eq!(fault(parse_quote!(#[behaviour(once, first = "now")])), first);
        let local = "expected `manual` beside `local`";
        assert_eq!(fault(parse_quote!(#[behaviour(once, local)])), local);
        assert_eq!(
            fault(parse_quote!(#[behaviour(every = "0s")])),
            "expected a duration above zero"
        );
    }

    #[test]
    fn signatures_must_fit_the_kind() {
        let run: Attribute = parse_quote!(#[behaviour(run)]);
        assert_eq!(fault(run.clone(), parse_quote!(async fn tick(cx: Context<Self>))), "");
        assert!(fault(run.clone(), parse_quote!(async fn tick(&self))).contains("Context<Self>"));
        assert!(fault(run, parse_quote!(fn tick(cx: Context<Self>))).ends_with("`async fn`"));
        let arguments =
            fault(parse_quote!(#[behaviour(once)]), parse_quote!(fn tick(&self, n: u8)));
        assert!(arguments.starts_with("expected a behaviour without arguments"));
    }

    #[test]
    fn a_state_machine_goes_from_state_to_event() {
        let fsm: Attribute = parse_quote!(#[behaviour(fsm(Red: end))]);
        let fault = |sig| fault(fsm.clone(), sig);

        assert_eq!(fault(parse_quote!(fn light(&mut self, state: Light) -> Signal)), "");
        assert_eq!(fault(parse_quote!(fn l(&self, state: Light) -> Result<Signal, E>)), "");
        assert!(fault(parse_quote!(fn light(&mut self) -> Signal)).ends_with("and no more"));
        assert!(fault(parse_quote!(fn light(&self, a: A, b: B) -> C)).ends_with("and no more"));
        assert!(fault(parse_quote!(fn light(&self, a: A))).ends_with("the event that happened"));
    }
}
