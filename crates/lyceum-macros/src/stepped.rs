//! `#[live]`, `#[event]`, `#[init]`, `#[deinit]` and `#[score]`: an agent's life in a universe.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::spanned::Spanned;
use syn::{Attribute, Error, FnArg, Ident, LitStr, Meta, Pat, Path, ReceiverKind, Result, Type};

use crate::annotation::Kind;
use crate::output::{Output, ends_in, unwrapped};
use crate::signature::check_qualifiers;

/// A method that a universe runs in its steps.
pub(crate) struct Stepped {
    pub(crate) ident: Ident,
    pub(crate) part: Part,
    /// What follows `self`, in order.
    pub(crate) slots: Vec<Slot>,
    pub(crate) output: Output,
}

/// Which part of the agent's life it is.
pub(crate) enum Part {
    Live,
    Init,
    Deinit,
    Score,
    Event(Listened),
}

/// Which event a method listens to.
pub(crate) enum Listened {
    /// Of this type.
    Typed(Box<Type>),
    /// One of those that every universe knows.
    Known(Ident),
    /// Of this name.
    Named(LitStr),
}

/// A parameter after `self`.
pub(crate) enum Slot {
    Step,
    /// The event, borrowed or by value.
    Event(Box<Type>),
}

const WHO: &str = "a method of an agent's steps";
const EVENT: &str = "expected `#[event]`, `#[event(Type)]`, `#[event(session_start)]` or \
                     `#[event(\"name\")]`";

impl Stepped {
    pub(crate) fn parse(kind: Kind, attribute: &Attribute, sig: &syn::Signature) -> Result<Self> {
        check_qualifiers(sig, WHO)?;
        if let Some(token) = &sig.asyncness {
            let message = "expected a plain `fn`: a step waits for nothing; what takes longer is \
                           asked for with `cx.ask(..)`, and answered by an event";
            return Err(Error::new(token.span(), message));
        }
        let Some(receiver) = sig.receiver() else {
            let message = format!("expected {WHO} to take `&mut self` or `&self`");
            return Err(Error::new(sig.ident.span(), message));
        };
        let ReceiverKind::Reference(_, None, mutable) = &receiver.kind else {
            let message = format!("expected {WHO} to borrow the agent: `&mut self` or `&self`");
            return Err(Error::new_spanned(receiver, message));
        };
        let (slots, event) = slots(sig)?;
        let part = match kind {
            Kind::Event => Part::Event(Listened::parse(attribute, event, &sig.ident)?),
            kind => {
                if !matches!(attribute.meta, Meta::Path(_)) {
                    let message = format!("expected `#[{}]` without options", kind.name());
                    return Err(Error::new_spanned(attribute, message));
                }
                if let Some(event) = event {
                    let message = "expected no argument but `cx: &mut Step<'_>`";
                    return Err(Error::new_spanned(event, message));
                }
                match kind {
                    Kind::Live => Part::Live,
                    Kind::Init => Part::Init,
                    Kind::Deinit => Part::Deinit,
                    _ => Part::Score,
                }
            }
        };
        let output = match part {
            Part::Score => score_output(sig, mutable.is_some(), &slots)?,
            _ => Output::of_routine(&sig.output, WHO)?,
        };
        Ok(Self { ident: sig.ident.clone(), part, slots, output })
    }

    /// Returns the types that generated code has to name.
    pub(crate) fn types_mut(&mut self) -> Vec<&mut Type> {
        let mut types: Vec<&mut Type> = Vec::new();
        if let Part::Event(Listened::Typed(ty)) = &mut self.part {
            types.push(ty);
        }
        for slot in &mut self.slots {
            if let Slot::Event(ty) = slot {
                types.push(ty);
            }
        }
        types
    }

    /// Returns why another method cannot stand beside this one, if it cannot.
    pub(crate) fn clash(&self, other: &Self) -> Option<(Span, String)> {
        let name = match (&self.part, &other.part) {
            (Part::Live, Part::Live) => "live",
            (Part::Init, Part::Init) => "init",
            (Part::Deinit, Part::Deinit) => "deinit",
            (Part::Score, Part::Score) => "score",
            _ => return None,
        };
        Some((other.ident.span(), format!("expected one `#[{name}]` in the block")))
    }
}

/// Reads the parameters after `self`, of which one may be the event.
fn slots(sig: &syn::Signature) -> Result<(Vec<Slot>, Option<&Type>)> {
    let (mut slots, mut event, mut has_step) = (Vec::new(), None, false);
    for parameter in &sig.inputs {
        let FnArg::Typed(parameter) = parameter else { continue };
        if !matches!(&*parameter.pat, Pat::Ident(_) | Pat::Wild(_)) {
            let message = "expected a plain name for the argument";
            return Err(Error::new_spanned(&parameter.pat, message));
        }
        let ty = unwrapped(&parameter.ty);
        if is_step(ty) {
            let mutable = matches!(ty, Type::Reference(step) if step.mutability.is_some());
            if !mutable || has_step {
                let message = "expected `cx: &mut Step<'_>`, once";
                return Err(Error::new_spanned(ty, message));
            }
            has_step = true;
            slots.push(Slot::Step);
        } else if event.is_some() {
            return Err(Error::new_spanned(parameter, "expected one event at most"));
        } else {
            event = Some(ty);
            slots.push(Slot::Event(Box::new(ty.clone())));
        }
    }
    Ok((slots, event))
}

/// Returns whether a parameter is the step, by the name of its type.
fn is_step(ty: &Type) -> bool {
    match unwrapped(ty) {
        Type::Reference(reference) => is_step(&reference.elem),
        Type::Path(path) => ends_in(path.path.segments.last(), "Step"),
        _ => false,
    }
}

fn score_output(sig: &syn::Signature, exclusive: bool, slots: &[Slot]) -> Result<Output> {
    let message = "expected `fn(&self) -> f64` or `fn(&self) -> Option<f64>`";
    match &sig.output {
        syn::ReturnType::Type(_, ty) if !exclusive && slots.is_empty() => {
            Ok(Output::Value((**ty).clone()))
        }
        _ => Err(Error::new(sig.ident.span(), message)),
    }
}

impl Listened {
    fn parse(attribute: &Attribute, argument: Option<&Type>, method: &Ident) -> Result<Self> {
        match &attribute.meta {
            Meta::Path(_) => match argument {
                Some(ty) => Ok(Self::Typed(Box::new(owned(ty)))),
                None => {
                    let message = "expected an argument of the event's type, or which event it \
                                   is: `#[event(Type)]`, `#[event(session_start)]`, \
                                   `#[event(\"name\")]`";
                    Err(Error::new(method.span(), message))
                }
            },
            Meta::List(list) => {
                if let Ok(name) = list.parse_args::<LitStr>() {
                    return match name.value().is_empty() {
                        true => Err(Error::new(name.span(), "expected a name that is not empty")),
                        false => Ok(Self::Named(name)),
                    };
                }
                if let Ok(path) = list.parse_args::<Path>()
                    && let Some(ident) = path.get_ident()
                    && ident.unraw().to_string().starts_with(char::is_lowercase)
                {
                    return Ok(Self::Known(ident.clone()));
                }
                list.parse_args::<Type>()
                    .map(|ty| Self::Typed(Box::new(ty)))
                    .map_err(|error| Error::new(error.span(), EVENT))
            }
            Meta::NameValue(_) => Err(Error::new(attribute.span(), EVENT)),
        }
    }
}

/// Returns a type without the reference around it.
fn owned(ty: &Type) -> Type {
    match unwrapped(ty) {
        Type::Reference(reference) => (*reference.elem).clone(),
        ty => ty.clone(),
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;
    use crate::annotation;

    fn parse(attribute: Attribute, sig: syn::Signature) -> Result<Stepped> {
        let taken = annotation::take(&mut vec![attribute]);
        let (kind, attribute) = &taken[0];
        Stepped::parse(*kind, attribute, &sig)
    }

    fn fault(attribute: Attribute, sig: syn::Signature) -> String {
        parse(attribute, sig).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn event_is_named_by_its_argument_or_its_option() {
        let typed = |attribute, sig| match parse(attribute, sig).unwrap().part {
            Part::Event(listened) => listened,
            _ => panic!("no event"),
        };
        let of_argument = typed(
            parse_quote!(#[event]),
            parse_quote!(fn on(&mut self, pa: &Pa, cx: &mut lyceum::universe::Step<'_>)),
        );
        let is_pa = |ty: &Type| matches!(ty, Type::Path(path) if path.path.is_ident("Pa"));
        assert!(matches!(of_argument, Listened::Typed(ty) if is_pa(&ty)));
        let known = typed(parse_quote!(#[event(session_start)]), parse_quote!(fn on(&mut self)));
        assert!(matches!(known, Listened::Known(name) if name == "session_start"));
        let named = typed(parse_quote!(#[event("pa")]), parse_quote!(fn on(&self, pa: &Value)));
        assert!(matches!(named, Listened::Named(name) if name.value() == "pa"));
        let given = typed(parse_quote!(#[event(my::Pa)]), parse_quote!(fn on(&mut self)));
        assert!(matches!(given, Listened::Typed(_)));
    }

    #[test]
    fn mistakes_are_told() {
        let which = fault(parse_quote!(#[event]), parse_quote!(fn on(&mut self)));
        assert!(which.starts_with("expected an argument of the event's type"), "{which}");
        let waits = fault(parse_quote!(#[live]), parse_quote!(async fn live(&mut self)));
        assert!(waits.contains("a step waits for nothing"), "{waits}");
        let options = fault(parse_quote!(#[live(fast)]), parse_quote!(fn live(&mut self)));
        assert_eq!(options, "expected `#[live]` without options");
        let shared = fault(parse_quote!(#[init]), parse_quote!(fn init(&self, cx: &Step<'_>)));
        assert_eq!(shared, "expected `cx: &mut Step<'_>`, once");
        let two = fault(parse_quote!(#[event]), parse_quote!(fn on(&self, a: &A, b: &B)));
        assert_eq!(two, "expected one event at most");
        let score = fault(parse_quote!(#[score]), parse_quote!(fn score(&mut self) -> f64));
        assert_eq!(score, "expected `fn(&self) -> f64` or `fn(&self) -> Option<f64>`");
        let empty = fault(parse_quote!(#[event("")]), parse_quote!(fn on(&mut self)));
        assert_eq!(empty, "expected a name that is not empty");
    }
}
