//! Types that can leave the agent: they borrow nothing.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::{Error, Lifetime, Result, TraitBound, Type, TypeReference};

/// Checks that `ty` borrows nothing and names no `impl Trait`.
///
/// `'static` borrows pass if `statics` is set. The texts complete "expected an owned type".
pub(crate) fn check(ty: &Type, statics: bool, why: &str) -> Result<()> {
    let mut visitor = Owned { statics, fault: None };
    visitor.visit_type(ty);
    match visitor.fault {
        None => Ok(()),
        Some((span, Fault::Borrow(instead))) => {
            Err(Error::new(span, format!("expected an owned type{instead}: {why}")))
        }
        Some((span, Fault::Opaque)) => {
            Err(Error::new(span, format!("expected a named type, not `impl Trait`: {why}")))
        }
    }
}

enum Fault {
    Borrow(&'static str),
    Opaque,
}

struct Owned {
    statics: bool,
    fault: Option<(Span, Fault)>,
}

impl Owned {
    fn note(&mut self, at: &impl Spanned, fault: Fault) {
        self.fault.get_or_insert((at.span(), fault));
    }

    fn passes(&self, lifetime: &Lifetime) -> bool {
        self.statics && lifetime.ident == "static"
    }
}

impl Visit<'_> for Owned {
    fn visit_type(&mut self, node: &Type) {
        match node {
            // Borrows in the arguments of a function are that function's business.
            Type::FnPtr(_) => {}
            Type::ImplTrait(_) => self.note(node, Fault::Opaque),
            _ => visit::visit_type(self, node),
        }
    }

    fn visit_type_reference(&mut self, node: &TypeReference) {
        if node.lifetime.as_ref().is_some_and(|lifetime| self.passes(lifetime)) {
            return self.visit_type(&node.elem);
        }
        self.note(node, Fault::Borrow(instead_of(&node.elem)));
    }

    fn visit_lifetime(&mut self, node: &Lifetime) {
        if node.ident != "static" {
            self.note(node, Fault::Borrow(""));
        }
    }

    fn visit_trait_bound(&mut self, node: &TraitBound) {
        if node.lifetimes.is_none() {
            visit::visit_trait_bound(self, node);
        }
    }

    fn visit_parenthesized_generic_arguments(&mut self, _: &syn::ParenthesizedGenericArguments) {}
}

fn instead_of(borrowed: &Type) -> &'static str {
    match borrowed {
        Type::Path(path) if path.path.is_ident("str") => ", such as `String`",
        Type::Slice(_) => ", such as `Vec<_>`",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn fault(ty: Type, statics: bool) -> Option<String> {
        check(&ty, statics, "it leaves").err().map(|error| error.to_string())
    }

    #[test]
    fn borrows_are_found_in_depth() {
        let owned = "expected an owned type: it leaves";
        assert_eq!(fault(parse_quote!(&u8), false).as_deref(), Some(owned));
        assert_eq!(fault(parse_quote!(Option<(u8, &'a u8)>), false).as_deref(), Some(owned));
        assert_eq!(fault(parse_quote!(Cow<'_, u8>), false).as_deref(), Some(owned));
        let string = "expected an owned type, such as `String`: it leaves";
        assert_eq!(fault(parse_quote!(&mut str), false).as_deref(), Some(string));
    }

    #[test]
    fn owned_types_and_function_types_pass() {
        for ty in [
            parse_quote!(Vec<u8>),
            parse_quote!(Cow<'static, str>),
            parse_quote!(fn(&str) -> &str),
            parse_quote!(Box<dyn Fn(&str) + Send>),
            parse_quote!(Box<dyn for<'a> Read<'a>>),
        ] {
            assert_eq!(fault(ty, false), None);
        }
    }

    #[test]
    fn static_borrows_pass_where_they_are_allowed() {
        assert_eq!(fault(parse_quote!(&'static str), true), None);
        assert!(fault(parse_quote!(&'static str), false).is_some());
        assert!(fault(parse_quote!(&str), true).is_some());
    }

    #[test]
    fn opaque_types_are_found() {
        let named = "expected a named type, not `impl Trait`: it leaves";
        assert_eq!(fault(parse_quote!(Vec<impl Clone>), false).as_deref(), Some(named));
    }
}
