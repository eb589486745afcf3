//! `#[on_start]` and `#[on_stop]`: what runs before the first and after the last message.

use syn::{Attribute, Error, Meta, Result};

use crate::output::Output;
use crate::signature::{Access, Rules, Signature};

/// A method that runs before the first or after the last message.
pub(crate) struct Hook {
    pub(crate) moment: Moment,
    pub(crate) signature: Signature,
    pub(crate) output: Output,
}

/// When a hook runs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Moment {
    Start,
    Stop,
}

const WHO: &str = "a hook";

impl Hook {
    pub(crate) fn parse(
        moment: Moment,
        attribute: &Attribute,
        sig: &syn::Signature,
    ) -> Result<Self> {
        if !matches!(attribute.meta, Meta::Path(_)) {
            return Err(Error::new_spanned(attribute, "expected a hook without options"));
        }
        let signature = Signature::parse(sig, Rules { who: WHO, statics: false })?;
        if signature.access == Access::Detached {
            let message = "expected a hook to borrow the agent: `&mut self` or `&self`";
            return Err(Error::new(signature.receiver, message));
        }
        if let Some(argument) = signature.arguments.first() {
            let message = "expected a hook without arguments: nobody calls it";
            return Err(Error::new(argument.ident.span(), message));
        }
        let output = Output::of_routine(&sig.output, WHO)?;
        Ok(Self { moment, signature, output })
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn fault(sig: syn::Signature) -> String {
        let parsed = Hook::parse(Moment::Start, &parse_quote!(#[on_start]), &sig);
        parsed.err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn hooks_take_the_agent_and_perhaps_the_context() {
        assert_eq!(fault(parse_quote!(async fn open(&mut self))), "");
        let fallible = parse_quote!(fn open(&mut self, cx: &Context<Self>) -> io::Result<()>);
        assert_eq!(fault(fallible), "");
        assert!(fault(parse_quote!(fn open(&mut self, n: u8))).contains("without arguments"));
        assert!(fault(parse_quote!(fn open(cx: Context<Self>))).contains("borrow the agent"));
        assert!(fault(parse_quote!(fn open(&mut self) -> u8)).contains("`Result<(), E>`"));
    }
}
