//! `#[lyceum::test]`: a test that may await.

use proc_macro2::TokenStream;
use quote::quote;
use syn::{Error, ItemFn, Result};

use crate::errors::Errors;
use crate::options;
use crate::owner::local;

/// Expands `#[test(arguments)] async fn`.
pub(crate) fn expand(arguments: TokenStream, item: TokenStream) -> TokenStream {
    let mut errors = Errors::default();
    let root = options::root(arguments, &mut errors);
    let expanded = match syn::parse2::<ItemFn>(item.clone()) {
        Ok(function) => match errors.keep(check(&function)) {
            Some(()) => expand_function(&quote!(#root::macros), &function),
            None => item,
        },
        Err(error) => {
            errors.push(Error::new(error.span(), "expected an `async fn`"));
            item
        }
    };
    let errors = errors.into_tokens();
    quote!(#expanded #errors)
}

fn check(function: &ItemFn) -> Result<()> {
    let sig = &function.sig;
    if sig.asyncness.is_none() {
        let message = "expected an `async fn`: `#[test]` suits the others";
        return Err(Error::new_spanned(sig.fn_token, message));
    }
    if !sig.generics.params.is_empty() {
        return Err(Error::new_spanned(&sig.generics, "expected a test without type parameters"));
    }
    if !sig.inputs.is_empty() {
        return Err(Error::new_spanned(&sig.inputs, "expected a test without arguments"));
    }
    Ok(())
}

fn expand_function(runtime: &TokenStream, function: &ItemFn) -> TokenStream {
    let ItemFn { attrs, vis, sig, block, .. } = function;
    let (ident, output, body) = (&sig.ident, &sig.output, local("body"));
    quote! {
        #(#attrs)*
        #[::core::prelude::v1::test]
        #vis fn #ident() #output {
            async fn #body() #output #block
            #runtime::block_on(#body())
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(function: ItemFn) -> String {
        check(&function).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn tests_are_async_and_take_nothing() {
        assert_eq!(
            fault(syn::parse_quote!(
                async fn a() -> Result<(), E> {
                    Ok(())
                }
            )),
            ""
        );
        let plain = syn::parse_quote!(
            fn a() {}
        );
        assert_eq!(fault(plain), "expected an `async fn`: `#[test]` suits the others");
        let given = syn::parse_quote!(
            async fn a(n: u8) {}
        );
        assert_eq!(fault(given), "expected a test without arguments");
    }
}
