//! The signature of a method: who it borrows, where its context stands, what callers send.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::{Error, FnArg, Ident, Pat, PatType, Receiver, ReceiverKind, Result, Safety, Type};

use crate::output::{ends_in, unwrapped};
use crate::owned;

/// A method that an agent can run, as its callers see it.
pub(crate) struct Signature {
    pub(crate) ident: Ident,
    pub(crate) is_async: bool,
    pub(crate) access: Access,
    /// Where `self` stands; the method's name, if it takes none.
    pub(crate) receiver: Span,
    /// What follows `self`, in order.
    pub(crate) slots: Vec<Slot>,
    pub(crate) arguments: Vec<Argument>,
}

/// Who may touch the agent while the method runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Access {
    /// `&mut self`
    Exclusive,
    /// `&self`
    Shared,
    /// `Context<Self>` without `self`
    Detached,
}

/// A parameter after `self`.
pub(crate) enum Slot {
    Context,
    /// The next argument.
    Argument,
}

/// A parameter that the caller fills.
pub(crate) struct Argument {
    pub(crate) ident: Ident,
    pub(crate) ty: Type,
}

/// How strictly a signature is read.
#[derive(Clone, Copy)]
pub(crate) struct Rules {
    /// What the method is, with its article.
    pub(crate) who: &'static str,
    /// Whether arguments may borrow for `'static`.
    pub(crate) statics: bool,
}

impl Signature {
    pub(crate) fn parse(sig: &syn::Signature, rules: Rules) -> Result<Self> {
        check_qualifiers(sig, rules.who)?;
        let receiver = sig.receiver();
        let access =
            receiver.map_or(Ok(Access::Detached), |receiver| access(receiver, rules.who))?;
        let mut context = None;
        let mut slots = Vec::new();
        let mut arguments = Vec::new();
        for parameter in &sig.inputs {
            let FnArg::Typed(parameter) = parameter else { continue };
            if is_context(&parameter.ty) {
                if context.replace(parameter).is_some() {
                    return Err(Error::new_spanned(parameter, "expected one context at most"));
                }
                check_context(&parameter.ty, receiver.is_some())?;
                slots.push(Slot::Context);
            } else {
                slots.push(Slot::Argument);
                arguments.push(argument(parameter, rules)?);
            }
        }
        if receiver.is_none() && context.is_none() {
            let message = format!(
                "expected {} to take `&mut self`, `&self`, or `cx: Context<Self>` without `self`",
                rules.who
            );
            return Err(Error::new(sig.ident.span(), message));
        }
        let (ident, is_async) = (sig.ident.clone(), sig.asyncness.is_some());
        let receiver = receiver.map_or(ident.span(), |receiver| receiver.self_token.span);
        Ok(Self { ident, is_async, access, receiver, slots, arguments })
    }
}

pub(crate) fn check_qualifiers(sig: &syn::Signature, who: &str) -> Result<()> {
    let refuse = |at: Span, what: &str| {
        Err(Error::new(at, format!("expected {who} to be a plain `fn` or `async fn`, not {what}")))
    };
    if let Some(token) = &sig.constness {
        return refuse(token.span(), "`const fn`");
    }
    if let Safety::Unsafe(token) = &sig.safety {
        return refuse(token.span(), "`unsafe fn`");
    }
    if let Some(abi) = &sig.abi {
        return refuse(abi.span(), "`extern fn`");
    }
    if !sig.generics.params.is_empty() {
        return refuse(sig.generics.span(), "a generic one: parameters belong to the block");
    }
    match &sig.generics.where_clause {
        Some(clause) => {
            refuse(clause.span(), "one with a `where` clause: bounds belong to the block")
        }
        None => Ok(()),
    }
}

fn access(receiver: &Receiver, who: &str) -> Result<Access> {
    match &receiver.kind {
        ReceiverKind::Reference(_, None, Some(_)) => Ok(Access::Exclusive),
        ReceiverKind::Reference(_, None, None) => Ok(Access::Shared),
        _ => {
            let message = format!("expected {who} to borrow the agent: `&mut self` or `&self`");
            Err(Error::new_spanned(receiver, message))
        }
    }
}

/// Returns whether a parameter is the agent's context, by the name of its type.
pub(crate) fn is_context(ty: &Type) -> bool {
    match unwrapped(ty) {
        Type::Reference(reference) => is_context(&reference.elem),
        Type::Path(path) => ends_in(path.path.segments.last(), "Context"),
        _ => false,
    }
}

fn check_context(ty: &Type, has_receiver: bool) -> Result<()> {
    let is_shared_borrow =
        matches!(unwrapped(ty), Type::Reference(reference) if reference.mutability.is_none());
    let is_value = matches!(unwrapped(ty), Type::Path(_));
    match has_receiver {
        true if is_shared_borrow => Ok(()),
        false if is_value => Ok(()),
        true => Err(Error::new_spanned(ty, "expected `&Context<Self>` beside `self`")),
        false => Err(Error::new_spanned(ty, "expected `Context<Self>` by value without `self`")),
    }
}

fn argument(parameter: &PatType, rules: Rules) -> Result<Argument> {
    if let Some(cfg) = parameter.attrs.iter().find(|attribute| attribute.path().is_ident("cfg")) {
        return Err(Error::new_spanned(cfg, "expected `#[cfg]` on the whole method"));
    }
    let Pat::Ident(pattern) = &*parameter.pat else {
        return Err(Error::new_spanned(&parameter.pat, "expected a plain name for the argument"));
    };
    if pattern.by_ref.is_some() || pattern.subpat.is_some() {
        return Err(Error::new_spanned(pattern, "expected a plain name for the argument"));
    }
    owned::check(&parameter.ty, rules.statics, "an argument leaves its caller")?;
    Ok(Argument { ident: pattern.ident.clone(), ty: (*parameter.ty).clone() })
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    const RULES: Rules = Rules { who: "an action", statics: false };

    fn fault(sig: syn::Signature) -> String {
        Signature::parse(&sig, RULES).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn context_is_found_in_any_position() {
        let sig = parse_quote!(async fn add(&mut self, n: u64, cx: &lyceum::Context<Self>, m: u8));
        let method = Signature::parse(&sig, RULES).unwrap();

        assert!(method.is_async && method.access == Access::Exclusive);
        assert!(matches!(method.slots[..], [Slot::Argument, Slot::Context, Slot::Argument]));
        assert_eq!(method.arguments[1].ident, "m");
    }

    #[test]
    fn context_alone_makes_a_detached_method() {
        let sig = parse_quote!(fn watch(cx: Context<Self>, mut n: u8));
        let method = Signature::parse(&sig, RULES).unwrap();

        assert!(!method.is_async && method.access == Access::Detached);
        assert_eq!(method.arguments[0].ident, "n");
    }

    #[test]
    fn receivers_and_contexts_must_fit() {
        let borrow = "expected an action to borrow the agent: `&mut self` or `&self`";
        assert_eq!(fault(parse_quote!(fn a(self))), borrow);
        assert_eq!(fault(parse_quote!(fn a(self: Box<Self>))), borrow);
        assert_eq!(
            fault(parse_quote!(fn a(n: u8))),
            "expected an action to take `&mut self`, `&self`, or `cx: Context<Self>` without `self`"
        );
        let beside = "expected `&Context<Self>` beside `self`";
        assert_eq!(fault(parse_quote!(fn a(&self, cx: Context<Self>))), beside);
        assert_eq!(fault(parse_quote!(fn a(&self, cx: &mut Context<Self>))), beside);
        let by_value = "expected `Context<Self>` by value without `self`";
        assert_eq!(fault(parse_quote!(fn a(cx: &Context<Self>))), by_value);
        assert_eq!(
            fault(parse_quote!(fn a(&self, cx: &Context<Self>, c: &Context<Self>))),
            "expected one context at most"
        );
    }

    #[test]
    fn qualified_and_generic_methods_are_refused() {
        for text in [
            "const fn a(&self)",
            "unsafe fn a(&self)",
            "extern \"C\" fn a(&self)",
            "fn a<T>(&self)",
            "fn a(&self) where u8: Copy",
        ] {
            let fault = fault(syn::parse_str(text).unwrap());
            assert!(fault.starts_with("expected an action to be a plain `fn`"), "{fault}");
        }
    }

    #[test]
    fn arguments_are_plain_and_owned() {
        let plain = "expected a plain name for the argument";
        assert_eq!(fault(parse_quote!(fn a(&self, (x, y): (u8, u8)))), plain);
        assert_eq!(fault(parse_quote!(fn a(&self, _: u8))), plain);
        assert!(fault(parse_quote!(fn a(&self, text: &str))).contains("`String`"));
    }
}
