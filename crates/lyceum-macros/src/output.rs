//! What a method returns.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{
    AssocType, Error, GenericArgument, Ident, PathArguments, PathSegment, Result, ReturnType, Type,
    TypeImplTrait, TypeParamBound,
};

use crate::owned;

/// The return type of a method, as far as the macros need to know it.
#[derive(Clone)]
pub(crate) enum Output {
    /// Nothing, or `!`.
    Nothing,
    /// A value.
    Value(Type),
    /// A type whose path ends in `Result`.
    Fallible(Type),
    /// `impl Stream<Item = T> + Send + 'static`.
    Stream(Type),
}

impl Output {
    /// Parses the return type of an action.
    pub(crate) fn of_action(output: &ReturnType, local: bool) -> Result<Self> {
        let ReturnType::Type(_, ty) = output else { return Ok(Self::Nothing) };
        let ty = unwrapped(ty);
        if let Type::ImplTrait(opaque) = ty
            && let Some(stream) = opaque.bounds.iter().find_map(stream_segment)
        {
            return stream_item(opaque, stream).map(Self::Stream);
        }
        owned::check(ty, local, "what an action returns leaves the agent")?;
        Ok(Self::of(ty))
    }

    /// Parses the return type of a method that answers nobody; `who` names it in the error.
    pub(crate) fn of_routine(output: &ReturnType, who: &str) -> Result<Self> {
        let ReturnType::Type(_, ty) = output else { return Ok(Self::Nothing) };
        let output = Self::of(unwrapped(ty));
        let is_answer = match &output {
            Self::Nothing => false,
            Self::Fallible(ty) => first_argument(ty).is_some_and(|ty| !is_unit(ty)),
            Self::Value(_) | Self::Stream(_) => true,
        };
        if is_answer {
            let message = format!("expected {who} to return nothing or `Result<(), E>`");
            return Err(Error::new_spanned(ty, message));
        }
        Ok(output)
    }

    /// Parses the return type of a state machine's method: the event, or a `Result` with it.
    pub(crate) fn of_machine(output: &ReturnType, method: &Ident) -> Result<Self> {
        match output {
            ReturnType::Type(_, ty) => match Self::of(unwrapped(ty)) {
                Self::Nothing => Err(Error::new_spanned(ty, MACHINE)),
                output => Ok(output),
            },
            ReturnType::Default => Err(Error::new(method.span(), MACHINE)),
        }
    }

    /// Returns where errors about what the method returns belong.
    pub(crate) fn place(&self, method: &Ident) -> Span {
        match self {
            Self::Nothing => method.span(),
            Self::Value(ty) | Self::Fallible(ty) | Self::Stream(ty) => ty.span(),
        }
    }

    /// Returns the event that a state machine's method returns.
    pub(crate) fn event(&self) -> Result<&Type> {
        match self {
            Self::Nothing => unreachable!("a machine's method returns something"),
            Self::Value(ty) | Self::Stream(ty) => Ok(ty),
            Self::Fallible(ty) => first_argument(ty)
                .ok_or_else(|| Error::new_spanned(ty, "expected `Result<Event, E>`")),
        }
    }

    fn of(ty: &Type) -> Self {
        match ty {
            _ if is_unit(ty) => Self::Nothing,
            Type::Never(_) => Self::Nothing,
            Type::Path(path) if ends_in(path.path.segments.last(), "Result") => {
                Self::Fallible(ty.clone())
            }
            _ => Self::Value(ty.clone()),
        }
    }
}

const MACHINE: &str = "expected the method of a state machine to return the event that happened";

fn is_unit(ty: &Type) -> bool {
    matches!(unwrapped(ty), Type::Tuple(tuple) if tuple.elems.is_empty())
}

/// Removes the parentheses and groups around a type.
pub(crate) fn unwrapped(ty: &Type) -> &Type {
    match ty {
        Type::Paren(paren) => unwrapped(&paren.elem),
        Type::Group(group) => unwrapped(&group.elem),
        _ => ty,
    }
}

/// Returns whether a path's last segment has this name.
pub(crate) fn ends_in(last: Option<&PathSegment>, name: &str) -> bool {
    last.is_some_and(|segment| segment.ident == name)
}

fn stream_segment(bound: &TypeParamBound) -> Option<&PathSegment> {
    bound_segment(bound).filter(|segment| segment.ident == "Stream")
}

fn bound_segment(bound: &TypeParamBound) -> Option<&PathSegment> {
    let TypeParamBound::Trait(bound) = bound else { return None };
    bound.path.segments.last()
}

fn stream_item(opaque: &TypeImplTrait, stream: &PathSegment) -> Result<Type> {
    let is_send = |bound: &TypeParamBound| {
        bound_segment(bound).is_some_and(|segment| segment.ident == "Send")
    };
    let is_static = |bound: &TypeParamBound| match bound {
        TypeParamBound::Lifetime(lifetime) => lifetime.ident == "static",
        _ => false,
    };
    if !opaque.bounds.iter().any(is_send) || !opaque.bounds.iter().any(is_static) {
        let message = "expected `impl Stream<Item = T> + Send + 'static`: results go on after \
                       the action has returned";
        return Err(Error::new_spanned(opaque, message));
    }
    let Some(item) = item_type(stream) else {
        return Err(Error::new_spanned(stream, "expected `Stream<Item = T>`"));
    };
    owned::check(item, false, "results leave the agent")?;
    Ok(item.clone())
}

fn first_argument(ty: &Type) -> Option<&Type> {
    let Type::Path(path) = ty else { return None };
    let PathArguments::AngleBracketed(arguments) = &path.path.segments.last()?.arguments else {
        return None;
    };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::Type(ty) => Some(ty),
        _ => None,
    })
}

fn item_type(stream: &PathSegment) -> Option<&Type> {
    let PathArguments::AngleBracketed(arguments) = &stream.arguments else { return None };
    arguments.args.iter().find_map(|argument| match argument {
        GenericArgument::AssocType(AssocType { ident, ty, .. }) if ident == "Item" => Some(ty),
        _ => None,
    })
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;
    use syn::parse_quote;

    use super::*;

    fn of_action(output: ReturnType) -> String {
        let text = |ty: Type| ty.into_token_stream().to_string().replace(' ', "");
        match Output::of_action(&output, false) {
            Ok(Output::Nothing) => "nothing".into(),
            Ok(Output::Value(ty)) => format!("value {}", text(ty)),
            Ok(Output::Fallible(ty)) => format!("result {}", text(ty)),
            Ok(Output::Stream(ty)) => format!("stream {}", text(ty)),
            Err(error) => error.to_string(),
        }
    }

    #[test]
    fn kinds_are_told_by_the_last_segment() {
        assert_eq!(of_action(parse_quote!()), "nothing");
        assert_eq!(of_action(parse_quote!(-> ())), "nothing");
        assert_eq!(of_action(parse_quote!(-> !)), "nothing");
        assert_eq!(of_action(parse_quote!(-> u64)), "value u64");
        assert_eq!(of_action(parse_quote!(-> std::io::Result<u64>)), "result std::io::Result<u64>");
        assert_eq!(of_action(parse_quote!(-> Results<u64>)), "value Results<u64>");
        let stream: ReturnType =
            parse_quote!(-> impl futures_core::Stream<Item = u64> + Send + 'static);
        assert_eq!(of_action(stream), "stream u64");
    }

    #[test]
    fn streams_must_be_free_to_leave() {
        let free = "expected `impl Stream<Item = T> + Send + 'static`: results go on after the \
                    action has returned";
        assert_eq!(of_action(parse_quote!(-> impl Stream<Item = u64> + Send)), free);
        assert_eq!(of_action(parse_quote!(-> impl Stream<Item = u64> + 'static)), free);
        let item = "expected `Stream<Item = T>`";
        assert_eq!(of_action(parse_quote!(-> impl Stream + Send + 'static)), item);
    }

    #[test]
    fn routines_return_nothing_or_a_result() {
        let of = |output: ReturnType| Output::of_routine(&output, "a behaviour");

        assert!(matches!(of(parse_quote!(-> Result<(), E>)), Ok(Output::Fallible(_))));
        assert!(matches!(of(parse_quote!()), Ok(Output::Nothing)));
        assert!(matches!(of(parse_quote!(-> fmt::Result)), Ok(Output::Fallible(_))));
        for answer in [parse_quote!(-> u8), parse_quote!(-> Result<u8, E>)] {
            let error = of(answer).err().unwrap().to_string();
            assert_eq!(error, "expected a behaviour to return nothing or `Result<(), E>`");
        }
    }
}
