//! The options of `#[agent(..)]` itself.

use proc_macro2::{Span, TokenStream};
use quote::quote;
use syn::ext::IdentExt;
use syn::meta::ParseNestedMeta;
use syn::parse::Parser;
use syn::punctuated::Punctuated;
use syn::spanned::Spanned;
use syn::{Error, Ident, LitStr, Path, Result, Token, parenthesized, parse_quote};

use crate::arguments;
use crate::errors::Errors;

/// The options of `#[agent(..)]`.
pub(crate) struct Options {
    /// Where Lyceum's items are.
    root: Path,
    name: Option<LitStr>,
    pub(crate) implements: Vec<Path>,
    /// Where `interface` stands.
    pub(crate) interface: Option<Span>,
}

const OPTIONS: &str = "`interface`, `implements(..)`, `name = \"..\"` or `crate = \"..\"`";

impl Options {
    /// Parses the options; those before a mistake still count.
    pub(crate) fn parse(tokens: TokenStream, errors: &mut Errors) -> Self {
        let (root, implements) = (default_root(), Vec::new());
        let mut options = Self { root, name: None, implements, interface: None };
        let parsed = syn::meta::parser(|meta| options.option(&meta)).parse2(tokens);
        errors.keep(parsed);
        if let (Some(span), false) = (options.interface, options.implements.is_empty()) {
            let message = "expected either `interface` or `implements(..)`: name the traits that \
                           an interface builds on after its colon";
            errors.push(Error::new(span, message));
        }
        options
    }

    /// Returns the path of the module that generated code goes through.
    pub(crate) fn runtime(&self) -> TokenStream {
        let root = &self.root;
        quote!(#root::macros)
    }

    /// Returns the given name, or that of the type or trait.
    pub(crate) fn name_or(&self, ident: &Ident) -> String {
        self.name.as_ref().map_or_else(|| ident.unraw().to_string(), LitStr::value)
    }

    fn option(&mut self, meta: &ParseNestedMeta<'_>) -> Result<()> {
        let is = |name: &str| meta.path.is_ident(name);
        if is("interface") {
            self.interface = Some(meta.path.span());
        } else if is("name") {
            arguments::set(&mut self.name, arguments::text(meta)?, meta)?;
        } else if is("crate") {
            self.root = path(meta)?;
        } else if is("implements") {
            let content;
            parenthesized!(content in meta.input);
            let paths: Punctuated<Path, Token![,]> =
                content.parse_terminated(Path::parse_mod_style, Token![,])?;
            if paths.is_empty() {
                let message = "expected interfaces, such as `implements(Sensor)`";
                return Err(Error::new_spanned(&meta.path, message));
            }
            self.implements.extend(paths);
        } else {
            return Err(arguments::unknown(meta, OPTIONS));
        }
        Ok(())
    }
}

/// Parses the options of `#[test(..)]`: where Lyceum's items are.
pub(crate) fn root(tokens: TokenStream, errors: &mut Errors) -> Path {
    let mut root = default_root();
    let parser = syn::meta::parser(|meta| {
        if !meta.path.is_ident("crate") {
            return Err(arguments::unknown(&meta, "`crate = \"..\"`"));
        }
        root = path(&meta)?;
        Ok(())
    });
    errors.keep(parser.parse2(tokens));
    root
}

fn default_root() -> Path {
    parse_quote!(::lyceum)
}

fn path(meta: &ParseNestedMeta<'_>) -> Result<Path> {
    let path = arguments::text(meta)?;
    let refuse = |_| Error::new(path.span(), "expected the path of a crate or module");
    path.parse_with(Path::parse_mod_style).map_err(refuse)
}

#[cfg(test)]
mod tests {
    use quote::ToTokens;

    use super::*;

    fn parse(tokens: TokenStream) -> (Options, Vec<String>) {
        let mut errors = Errors::default();
        (Options::parse(tokens, &mut errors), errors.texts())
    }

    #[test]
    fn options_are_read() {
        let (options, texts) =
            parse(quote!(crate = "self::core", name = "Clerk", implements(Sensor, other::Iface)));

        assert_eq!(texts, [""; 0]);
        assert_eq!(options.root.to_token_stream().to_string(), "self :: core");
        assert_eq!(options.name.unwrap().value(), "Clerk");
        assert_eq!(options.implements.len(), 2);
    }

    #[test]
    fn wrong_options_say_what_is_expected() {
        let text = |tokens| parse(tokens).1.join("\n");

        assert_eq!(text(quote!(fast)), format!("unknown option `fast`: expected {OPTIONS}"));
        let interfaces = "expected interfaces, such as `implements(Sensor)`";
        assert_eq!(text(quote!(implements())), interfaces);
        assert_eq!(text(quote!(crate = "1")), "expected the path of a crate or module");
        assert!(text(quote!(interface, implements(Sensor))).starts_with("expected either"));
    }
}
