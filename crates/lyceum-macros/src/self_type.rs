//! `Self` in a signature, written out for code that stands elsewhere.

use proc_macro2::Span;
use syn::spanned::Spanned;
use syn::visit::{self, Visit};
use syn::visit_mut::{self, VisitMut};
use syn::{ExprPath, Path, Type, TypePath, parse_quote};

/// Replaces `Self` by a type.
pub(crate) struct ReplaceSelf<'a>(pub(crate) &'a Type);

impl VisitMut for ReplaceSelf<'_> {
    fn visit_type_mut(&mut self, node: &mut Type) {
        if let Type::Path(TypePath { qself: None, path, .. }) = node
            && starts_with_self(path)
        {
            let agent = self.0;
            let rest = path.segments.iter().skip(1);
            *node = match path.segments.len() {
                1 => agent.clone(),
                _ => parse_quote!(<#agent> #(:: #rest)*),
            };
        }
        visit_mut::visit_type_mut(self, node);
    }

    fn visit_expr_path_mut(&mut self, node: &mut ExprPath) {
        if node.qself.is_none() && starts_with_self(&node.path) && node.path.segments.len() > 1 {
            let agent = self.0;
            let rest = node.path.segments.iter().skip(1);
            *node = parse_quote!(<#agent> #(:: #rest)*);
        }
        visit_mut::visit_expr_path_mut(self, node);
    }
}

/// Returns where a type names `Self`.
pub(crate) fn find(ty: &Type) -> Option<Span> {
    let mut finder = FindSelf(None);
    finder.visit_type(ty);
    finder.0
}

struct FindSelf(Option<Span>);

impl Visit<'_> for FindSelf {
    fn visit_path(&mut self, node: &Path) {
        if starts_with_self(node) {
            self.0.get_or_insert(node.span());
        }
        visit::visit_path(self, node);
    }
}

fn starts_with_self(path: &Path) -> bool {
    path.leading_colon.is_none()
        && path.segments.first().is_some_and(|segment| segment.ident == "Self")
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;

    use super::*;

    fn replaced(mut ty: Type) -> String {
        let agent: Type = parse_quote!(Stack<T>);
        ReplaceSelf(&agent).visit_type_mut(&mut ty);
        ty.into_token_stream().to_string().replace(' ', "")
    }

    #[test]
    fn self_is_replaced_wherever_it_stands() {
        assert_eq!(replaced(parse_quote!(Self)), "Stack<T>");
        assert_eq!(replaced(parse_quote!(Vec<Handle<Self>>)), "Vec<Handle<Stack<T>>>");
        assert_eq!(replaced(parse_quote!(Self::Item)), "<Stack<T>>::Item");
        assert_eq!(replaced(parse_quote!(<Self as Iterator>::Item)), "<Stack<T>asIterator>::Item");
        assert_eq!(replaced(parse_quote!([u8; Self::LEN])), "[u8;<Stack<T>>::LEN]");
        assert_eq!(replaced(parse_quote!(Option<u8>)), "Option<u8>");
    }

    #[test]
    fn self_is_found_in_depth() {
        assert!(find(&parse_quote!(Vec<(u8, Self)>)).is_some());
        assert!(find(&parse_quote!(Self::Item)).is_some());
        assert!(find(&parse_quote!(Vec<u8>)).is_none());
    }
}
