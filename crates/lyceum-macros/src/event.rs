//! `#[derive(Event)]`: a type that agents of a universe send.

use proc_macro2::TokenStream;
use quote::quote;
use syn::ext::IdentExt;
use syn::{DeriveInput, LitStr, Path, Result, parse_quote};

/// Expands `#[derive(Event)] item`.
pub(crate) fn expand(item: TokenStream) -> TokenStream {
    match syn::parse2(item).and_then(|input| derive(&input)) {
        Ok(tokens) => tokens,
        Err(error) => error.into_compile_error(),
    }
}

fn derive(input: &DeriveInput) -> Result<TokenStream> {
    let (mut name, mut root): (Option<String>, Path) = (None, parse_quote!(::lyceum));
    for attribute in input.attrs.iter().filter(|attribute| attribute.path().is_ident("event")) {
        attribute.parse_nested_meta(|meta| {
            let text: LitStr = meta.value()?.parse()?;
            if meta.path.is_ident("name") {
                if text.value().is_empty() {
                    return Err(meta.error("expected a name that is not empty"));
                }
                name = Some(text.value());
            } else if meta.path.is_ident("crate") {
                root = text.parse()?;
            } else {
                return Err(meta.error("expected `name = \"..\"` or `crate = \"..\"`"));
            }
            Ok(())
        })?;
    }
    let ident = &input.ident;
    let name = name.unwrap_or_else(|| snake_case(&ident.unraw().to_string()));
    let (generics, parameters, clause) = input.generics.split_for_impl();
    Ok(quote! {
        #[automatically_derived]
        impl #generics #root::macros::universe::Event for #ident #parameters #clause {
            const NAME: &'static str = #name;
        }
    })
}

/// Writes a type's name in small letters, with `_` between words.
fn snake_case(name: &str) -> String {
    let mut text = String::new();
    let mut former: Option<char> = None;
    let mut letters = name.chars().peekable();
    while let Some(letter) = letters.next() {
        let starts = letter.is_uppercase()
            && former.is_some_and(|former| {
                !former.is_uppercase() || letters.peek().is_some_and(|next| next.is_lowercase())
            });
        if starts && !text.ends_with('_') {
            text.push('_');
        }
        text.extend(letter.to_lowercase());
        former = Some(letter);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_small_with_a_line_between_words() {
        for (name, small) in [
            ("Pa", "pa"),
            ("PriceChanged", "price_changed"),
            ("HTTPRequest", "http_request"),
            ("UseIO", "use_io"),
            ("Step2Done", "step2_done"),
        ] {
            assert_eq!(snake_case(name), small);
        }
    }
}
