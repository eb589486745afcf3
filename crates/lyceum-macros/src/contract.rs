//! The methods of an interface, so that the trait stays usable as `dyn` and its futures are `Send`.

use proc_macro2::TokenStream;
use quote::quote_spanned;
use syn::spanned::Spanned;
use syn::{FnArg, ReceiverKind, ReturnType, TraitItemFn, WherePredicate, parse_quote};

use crate::owner::located;
use crate::signature::is_context;

/// Rewrites a method so that implementors can write it as it was.
pub(crate) fn rewrite(method: &mut TraitItemFn, runtime: &TokenStream) {
    let needs_agent = method
        .sig
        .inputs
        .iter()
        .any(|input| matches!(input, FnArg::Typed(parameter) if is_context(&parameter.ty)));
    let mut bounds: Vec<WherePredicate> = vec![parse_quote!(Self: ::core::marker::Sized)];
    if needs_agent {
        bounds.push(parse_quote!(Self: #runtime::Agent));
    }
    if method.sig.asyncness.take().is_some() {
        bounds.extend(captured(method));
        let output = match &method.sig.output {
            ReturnType::Default => parse_quote!(()),
            ReturnType::Type(_, ty) => (**ty).clone(),
        };
        let future = quote_spanned! {located(output.span())=>
            -> impl ::core::future::Future<Output = #output> + ::core::marker::Send
        };
        method.sig.output = parse_quote!(#future);
        method.default = method.default.take().map(|body| parse_quote!({ async move #body }));
        method.attrs.push(parse_quote! {
            #[allow(clippy::manual_async_fn, reason = "the future must be `Send`")]
        });
    }
    method.sig.generics.make_where_clause().predicates.extend(bounds);
}

/// Returns what the future of a default body needs to be `Send`.
fn captured(method: &TraitItemFn) -> Option<WherePredicate> {
    method.default.as_ref()?;
    Some(match &method.sig.receiver()?.kind {
        ReceiverKind::Reference(_, _, None) => parse_quote!(Self: ::core::marker::Sync),
        _ => parse_quote!(Self: ::core::marker::Send),
    })
}

#[cfg(test)]
mod tests {
    use quote::{ToTokens, quote};

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
