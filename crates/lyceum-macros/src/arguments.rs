//! The options in the parentheses of an attribute.

use syn::meta::ParseNestedMeta;
use syn::{Attribute, Ident, LitStr, Meta, Path, Result};

/// Parses the options of an attribute one by one; there may be none.
pub(crate) fn each(
    attribute: &Attribute,
    option: impl FnMut(ParseNestedMeta<'_>) -> Result<()>,
) -> Result<()> {
    match &attribute.meta {
        Meta::Path(_) => Ok(()),
        _ => attribute.parse_nested_meta(option),
    }
}

/// Parses the text of `option = "text"`, which may not be empty.
pub(crate) fn text(meta: &ParseNestedMeta<'_>) -> Result<LitStr> {
    let literal: LitStr = meta.value()?.parse()?;
    if literal.value().is_empty() {
        return Err(syn::Error::new(literal.span(), "expected a text that is not empty"));
    }
    Ok(literal)
}

/// Parses the identifier of `option = "identifier"`.
pub(crate) fn identifier(meta: &ParseNestedMeta<'_>) -> Result<Ident> {
    method_name(&meta.value()?.parse()?)
}

/// Parses the name of a method.
pub(crate) fn method_name(literal: &LitStr) -> Result<Ident> {
    let refuse = |_| syn::Error::new(literal.span(), "expected the name of a method");
    literal.parse::<Ident>().map_err(refuse)
}

/// Says which options there are.
pub(crate) fn unknown(meta: &ParseNestedMeta<'_>, expected: &str) -> syn::Error {
    let name = name(&meta.path);
    syn::Error::new_spanned(&meta.path, format!("unknown option `{name}`: expected {expected}"))
}

/// Returns the name of an option.
pub(crate) fn name(option: &Path) -> String {
    option.segments.last().map(|segment| segment.ident.to_string()).unwrap_or_default()
}

/// Sets an option that may be given once.
pub(crate) fn set<T>(place: &mut Option<T>, value: T, meta: &ParseNestedMeta<'_>) -> Result<()> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => {
            let name = name(&meta.path);
            Err(syn::Error::new_spanned(&meta.path, format!("expected `{name}` once")))
        }
    }
}
