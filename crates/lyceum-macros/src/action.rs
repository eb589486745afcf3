//! `#[action]`: a method that others may call.

use std::time::Duration;

use proc_macro2::Span;
use syn::meta::ParseNestedMeta;
use syn::spanned::Spanned;
use syn::{Attribute, Error, Ident, Result};

use crate::output::Output;
use crate::signature::{Rules, Signature};
use crate::{arguments, duration, reserved};

/// A method that others may call.
pub(crate) struct Action {
    /// The name by which it is called, which is also the client's method.
    pub(crate) name: Ident,
    pub(crate) signature: Signature,
    pub(crate) output: Output,
    pub(crate) options: Options,
}

/// How an action is called.
#[derive(Default)]
pub(crate) struct Options {
    name: Option<Ident>,
    pub(crate) local: bool,
    pub(crate) dispatch: Dispatch,
    pub(crate) cancel: Cancel,
    pub(crate) timeout: Option<Duration>,
    /// Where `durable` stands.
    pub(crate) durable: Option<Span>,
}

/// Where the first poll happens.
#[derive(Clone, Copy, Default)]
pub(crate) enum Dispatch {
    #[default]
    Measured,
    Inline,
    Queued,
}

/// What a started action does when its caller gives up.
#[derive(Clone, Copy, Default)]
pub(crate) enum Cancel {
    #[default]
    Finish,
    Drop,
}

const OPTIONS: &str = "`durable`, `local`, `inline`, `queued`, `cancel = \"drop\"`, \
                       `timeout = \"..\"` or `name = \"..\"`";

impl Action {
    pub(crate) fn parse(attribute: &Attribute, sig: &syn::Signature) -> Result<Self> {
        Self::new(Options::parse(attribute)?, sig, "an action", "action(")
    }

    /// Makes the action of a behaviour that is started by calling it.
    pub(crate) fn manual(name: Option<Ident>, local: bool, sig: &syn::Signature) -> Result<Self> {
        let options = Options { name, local, ..Options::default() };
        Self::new(options, sig, "a behaviour", "behaviour(manual, ")
    }

    fn new(
        options: Options,
        sig: &syn::Signature,
        who: &'static str,
        attribute: &str,
    ) -> Result<Self> {
        let name = options.name.clone().unwrap_or_else(|| sig.ident.clone());
        reserved::check(&name, attribute)?;
        let signature = Signature::parse(sig, Rules { who, statics: options.local })?;
        let output = Output::of_action(&sig.output, options.local)?;
        Ok(Self { name, signature, output, options })
    }
}

impl Options {
    fn parse(attribute: &Attribute) -> Result<Self> {
        let mut options = Self::default();
        let mut dispatch = None;
        arguments::each(attribute, |meta| options.option(&meta, &mut dispatch))?;
        options.dispatch = dispatch.unwrap_or_default();
        options.check_durable()?;
        Ok(options)
    }

    /// Refuses what would take back what is kept until it is answered, or never leaves.
    fn check_durable(&self) -> Result<()> {
        let Some(durable) = self.durable else { return Ok(()) };
        let message = match (self.local, self.cancel) {
            (true, _) => {
                "expected either `durable` or `local`: an exchange keeps what leaves the process"
            }
            (_, Cancel::Drop) => {
                "expected either `durable` or `cancel = \"drop\"`: a durable message is not taken \
                 back when its caller gives up"
            }
            _ => return Ok(()),
        };
        Err(Error::new(durable, message))
    }

    fn option(
        &mut self,
        meta: &ParseNestedMeta<'_>,
        dispatch: &mut Option<Dispatch>,
    ) -> Result<()> {
        let is = |name: &str| meta.path.is_ident(name);
        if is("local") {
            self.local = true;
        } else if is("durable") {
            arguments::set(&mut self.durable, meta.path.span(), meta)?;
        } else if is("inline") || is("queued") {
            let wanted = if is("inline") { Dispatch::Inline } else { Dispatch::Queued };
            if dispatch.replace(wanted).is_some() {
                let message = "expected one of `inline` and `queued`";
                return Err(Error::new_spanned(&meta.path, message));
            }
        } else if is("cancel") {
            let mode = arguments::text(meta)?;
            if mode.value() != "drop" {
                return Err(Error::new(mode.span(), "expected \"drop\""));
            }
            self.cancel = Cancel::Drop;
        } else if is("timeout") {
            let timeout = duration::parse(&meta.value()?.parse()?)?;
            arguments::set(&mut self.timeout, timeout, meta)?;
        } else if is("name") {
            arguments::set(&mut self.name, arguments::identifier(meta)?, meta)?;
        } else {
            return Err(arguments::unknown(meta, OPTIONS));
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn fault(attribute: Attribute, sig: syn::Signature) -> String {
        Action::parse(&attribute, &sig).err().map(|error| error.to_string()).unwrap_or_default()
    }

    #[test]
    fn options_are_read() {
        let attribute = parse_quote!(#[action(queued, cancel = "drop", timeout = "5s", local)]);
        let action = Action::parse(&attribute, &parse_quote!(fn add(&self))).unwrap();

        assert!(matches!(action.options.dispatch, Dispatch::Queued));
        assert!(matches!(action.options.cancel, Cancel::Drop));
        assert_eq!(action.options.timeout, Some(Duration::from_secs(5)));
        assert!(action.options.local);
    }

    #[test]
    fn another_name_avoids_a_collision() {
        assert!(fault(parse_quote!(#[action]), parse_quote!(fn stop(&self))).contains("`stop`"));
        let renamed = parse_quote!(#[action(name = "halt")]);
        let action = Action::parse(&renamed, &parse_quote!(fn stop(&self))).unwrap();
        assert_eq!(action.name, "halt");
    }

    #[test]
    fn wrong_options_say_what_is_expected() {
        let fault = |attribute| fault(attribute, parse_quote!(fn add(&self)));

        assert_eq!(
            fault(parse_quote!(#[action(fast)])),
            format!("unknown option `fast`: expected {OPTIONS}")
        );
        let both = "expected one of `inline` and `queued`";
        assert_eq!(fault(parse_quote!(#[action(inline, queued)])), both);
        assert_eq!(fault(parse_quote!(#[action(cancel = "stop")])), "expected \"drop\"");
        let named = "expected the name of a method";
        assert_eq!(fault(parse_quote!(#[action(name = "two words")])), named);
        let once = "expected `timeout` once";
        assert_eq!(fault(parse_quote!(#[action(timeout = "1s", timeout = "2s")])), once);
        let once = "expected `durable` once";
        assert_eq!(fault(parse_quote!(#[action(durable, durable)])), once);
    }

    #[test]
    fn durable_fits_what_does_not_take_the_message_back() {
        let fault = |attribute| fault(attribute, parse_quote!(fn add(&self)));

        assert_eq!(fault(parse_quote!(#[action(durable, timeout = "1h", queued)])), "");
        let local = fault(parse_quote!(#[action(local, durable)]));
        assert!(local.starts_with("expected either `durable` or `local`"), "{local}");
        let dropped = fault(parse_quote!(#[action(cancel = "drop", durable)]));
        assert!(dropped.starts_with("expected either `durable` or `cancel"), "{dropped}");
    }

    #[test]
    fn local_actions_may_borrow_for_ever() {
        let sig: syn::Signature = parse_quote!(fn add(&self, text: &'static str));
        assert_eq!(fault(parse_quote!(#[action(local)]), sig.clone()), "");
        assert!(fault(parse_quote!(#[action]), sig).starts_with("expected an owned type"));
    }
}
