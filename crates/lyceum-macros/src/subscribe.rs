//! `#[subscribe]`: a method that takes what is published on topics.

use syn::parse::ParseStream;
use syn::{Attribute, Error, Ident, LitStr, Meta, Result, Token, Type};

use crate::annotation::Annotations;
use crate::output::{Output, ends_in, unwrapped};
use crate::pattern;
use crate::signature::{Rules, Signature};

/// A method that takes what is published on topics.
pub(crate) struct Subscriber {
    pub(crate) signature: Signature,
    pub(crate) output: Output,
    pub(crate) topics: Vec<Topic>,
}

/// Which topics, and whether each message goes to one agent of a group only.
pub(crate) struct Topic {
    pub(crate) pattern: LitStr,
    pub(crate) group: Option<LitStr>,
}

const WHO: &str = "a subscriber";
const PATTERN: &str = "expected a pattern, such as `#[subscribe(\"counter.reset.#\")]`";

impl Subscriber {
    pub(crate) fn parse(annotations: &Annotations, sig: &syn::Signature) -> Result<Self> {
        let topics = annotations.attributes.iter().map(Topic::parse).collect::<Result<_>>()?;
        let signature = Signature::parse(sig, Rules { who: WHO, statics: false })?;
        for of_publication in [true, false] {
            let alike = |ty: &Type| is_publication(ty) == of_publication;
            let mut alike = signature.arguments.iter().filter(|argument| alike(&argument.ty));
            if let Some(second) = alike.nth(1) {
                let message = "expected one payload at most: a publication has one";
                return Err(Error::new(second.ident.span(), message));
            }
        }
        let output = Output::of_routine(&sig.output, WHO)?;
        Ok(Self { signature, output, topics })
    }
}

/// Returns whether an argument is the publication itself instead of its payload.
pub(crate) fn is_publication(ty: &Type) -> bool {
    matches!(unwrapped(ty), Type::Path(path) if ends_in(path.path.segments.last(), "Publication"))
}

impl Topic {
    fn parse(attribute: &Attribute) -> Result<Self> {
        match &attribute.meta {
            Meta::List(list) if !list.tokens.is_empty() => {
                attribute.parse_args_with(Self::parse_arguments)
            }
            _ => Err(Error::new_spanned(attribute, PATTERN)),
        }
    }

    fn parse_arguments(input: ParseStream<'_>) -> Result<Self> {
        if !input.peek(LitStr) {
            return Err(input.error(PATTERN));
        }
        let pattern: LitStr = input.parse()?;
        pattern::check(&pattern)?;
        let mut group = None;
        if input.parse::<Option<Token![,]>>()?.is_some() && !input.is_empty() {
            if !input.peek(Ident) {
                let message = "expected `group = \"..\"`: patterns have a `#[subscribe]` each";
                return Err(input.error(message));
            }
            let option: Ident = input.parse()?;
            if option != "group" {
                let message = format!("unknown option `{option}`: expected `group = \"..\"`");
                return Err(Error::new(option.span(), message));
            }
            input.parse::<Token![=]>()?;
            let name: LitStr = input.parse()?;
            if name.value().is_empty() {
                return Err(Error::new(name.span(), "expected a text that is not empty"));
            }
            group = Some(name);
            input.parse::<Option<Token![,]>>()?;
        }
        if input.is_empty() {
            return Ok(Self { pattern, group });
        }
        Err(input.error("expected nothing more: patterns have a `#[subscribe]` each"))
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;
    use crate::annotation;

    fn parse(attribute: Attribute, sig: syn::Signature) -> Result<Subscriber> {
        let annotations = Annotations::new(annotation::take(&mut vec![attribute]))?.unwrap();
        Subscriber::parse(&annotations, &sig)
    }

    fn fault(attribute: Attribute) -> String {
        let sig = parse_quote!(async fn reset(&mut self, to: u64));
        parse(attribute, sig).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn pattern_and_group_are_read() {
        let attribute = parse_quote!(#[subscribe("jobs.*", group = "workers")]);
        let sig = parse_quote!(fn take(&mut self, p: lyceum::Publication, job: Job));
        let subscriber = parse(attribute, sig).unwrap();

        assert_eq!(subscriber.topics[0].pattern.value(), "jobs.*");
        assert_eq!(subscriber.topics[0].group.as_ref().unwrap().value(), "workers");
    }

    #[test]
    fn a_pattern_is_needed_and_checked() {
        assert_eq!(fault(parse_quote!(#[subscribe])), PATTERN);
        assert_eq!(fault(parse_quote!(#[subscribe()])), PATTERN);
        assert_eq!(fault(parse_quote!(#[subscribe(group = "a")])), PATTERN);
        assert!(fault(parse_quote!(#[subscribe("a..b")])).starts_with("cannot read \"\""));
        let unknown = "unknown option `queue`: expected `group = \"..\"`";
        assert_eq!(fault(parse_quote!(#[subscribe("a", queue = "b")])), unknown);
        assert!(fault(parse_quote!(#[subscribe("a", group = "b", "c")])).contains("nothing more"));
        assert_eq!(fault(parse_quote!(#[subscribe("a",)])), "");
    }

    #[test]
    fn one_payload_is_decoded() {
        let sig = parse_quote!(fn reset(&mut self, to: u64, from: u64));
        let error = parse(parse_quote!(#[subscribe("a")]), sig).err().unwrap();
        assert_eq!(error.to_string(), "expected one payload at most: a publication has one");
    }
}
