//! The methods of an interface, so that the trait stays usable as `dyn` and its futures are `Send`.

use proc_macro2::{Span, TokenStream};
use quote::{ToTokens, quote_spanned};
use syn::spanned::Spanned;
use syn::{Block, FnArg, ReceiverKind, ReturnType, Stmt, TraitItemFn, WherePredicate, parse_quote};

use crate::signature::is_context;

/// Rewrites a method so that implementors can write it as it was.
///
/// What is added stands in the user's place, for lints that look at the whole head of a method.
pub(crate) fn rewrite(method: &mut TraitItemFn, runtime: &TokenStream) {
    let place = match &method.sig.output {
        ReturnType::Default => method.sig.ident.span(),
        ReturnType::Type(_, ty) => ty.span(),
    };
    let mut bounds = vec![quote_spanned!(place=> ::core::marker::Sized)];
    if method.sig.inputs.iter().any(takes_context) {
        bounds.push(quote_spanned!(place=> #runtime::Agent));
    }
    if method.sig.asyncness.take().is_some() {
        bounds.extend(captured(method, place));
        let output = match &method.sig.output {
            ReturnType::Default => quote_spanned!(place=> ()),
            ReturnType::Type(_, ty) => ty.to_token_stream(),
        };
        method.sig.output = syn::parse_quote_spanned! {place=>
            -> impl ::core::future::Future<Output = #output> + ::core::marker::Send
        };
        method.default = method.default.take().map(|body| Block {
            brace_token: body.brace_token,
            stmts: vec![Stmt::Expr(parse_quote!(async move #body), None)],
        });
    }
    let predicates = &mut method.sig.generics.make_where_clause().predicates;
    predicates.extend(
        bounds
            .iter()
            .map(|bound| -> WherePredicate { syn::parse_quote_spanned!(place=> Self: #bound) }),
    );
    method.attrs.push(parse_quote! {
        #[allow(
            unused_qualifications,
            clippy::manual_async_fn,
            clippy::must_use_candidate,
            reason = "the future must be `Send`, which `async fn` cannot say"
        )]
    });
}

fn takes_context(input: &FnArg) -> bool {
    matches!(input, FnArg::Typed(parameter) if is_context(&parameter.ty))
}

/// Returns what the future of a default body needs to be `Send`.
fn captured(method: &TraitItemFn, place: Span) -> Option<TokenStream> {
    method.default.as_ref()?;
    Some(match &method.sig.receiver()?.kind {
        ReceiverKind::Reference(_, _, None) => quote_spanned!(place=> ::core::marker::Sync),
        _ => quote_spanned!(place=> ::core::marker::Send),
    })
}

#[cfg(test)]
mod tests {
    use quote::quote;

    use super::*;

    fn rewritten(mut method: TraitItemFn) -> String {
        rewrite(&mut method, &quote!(rt));
        let text = method.sig.to_token_stream().to_string();
        text.replace(":: core :: marker :: ", "").replace(":: core :: future :: ", "")
    }

    #[test]
    fn async_methods_return_futures_that_can_be_sent() {
        assert_eq!(
            rewritten(parse_quote!(
                async fn read(&self) -> f64;
            )),
            "fn read (& self) -> impl Future < Output = f64 > + Send where Self : Sized"
        );
        assert!(
            rewritten(parse_quote!(
                async fn read(&self) {}
            ))
            .ends_with("Self : Sync")
        );
        assert!(
            rewritten(parse_quote!(
                async fn read(&mut self) {}
            ))
            .ends_with("Self : Send")
        );
    }

    #[test]
    fn plain_methods_stay_out_of_the_vtable() {
        assert_eq!(
            rewritten(parse_quote!(
                fn unit(&self);
            )),
            "fn unit (& self) where Self : Sized"
        );
        let with_context = rewritten(parse_quote!(
            fn poll(&self, cx: &Context<Self>);
        ));
        assert!(with_context.ends_with("where Self : Sized , Self : rt :: Agent"));
    }
}
