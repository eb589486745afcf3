//! The attributes inside of an `#[agent]` block, which are taken off its methods.

use syn::{Attribute, Error, Result};

/// Which annotation it is.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Action,
    Behaviour,
    Subscribe,
    OnStart,
    OnStop,
    Live,
    Event,
    Init,
    Deinit,
    Score,
}

impl Kind {
    const ALL: [Self; 10] = [
        Self::Action,
        Self::Behaviour,
        Self::Subscribe,
        Self::OnStart,
        Self::OnStop,
        Self::Live,
        Self::Event,
        Self::Init,
        Self::Deinit,
        Self::Score,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Behaviour => "behaviour",
            Self::Subscribe => "subscribe",
            Self::OnStart => "on_start",
            Self::OnStop => "on_stop",
            Self::Live => "live",
            Self::Event => "event",
            Self::Init => "init",
            Self::Deinit => "deinit",
            Self::Score => "score",
        }
    }
}

/// The annotations of one method: all of one kind.
pub(crate) struct Annotations {
    pub(crate) kind: Kind,
    /// Several for `#[subscribe]` only.
    pub(crate) attributes: Vec<Attribute>,
}

/// Removes the annotations from `attributes`.
pub(crate) fn take(attributes: &mut Vec<Attribute>) -> Vec<(Kind, Attribute)> {
    let mut taken = Vec::new();
    attributes.retain(|attribute| {
        let kind = Kind::ALL.into_iter().find(|kind| attribute.path().is_ident(kind.name()));
        taken.extend(kind.map(|kind| (kind, attribute.clone())));
        kind.is_none()
    });
    taken
}

impl Annotations {
    /// Checks that the attributes taken off one method fit together; `None` if there are none.
    pub(crate) fn new(taken: Vec<(Kind, Attribute)>) -> Result<Option<Self>> {
        let Some(&(kind, _)) = taken.first() else { return Ok(None) };
        let mut attributes = Vec::new();
        for (other, attribute) in taken {
            if other != kind {
                let (first, second) = (kind.name(), other.name());
                let message = format!(
                    "expected one role for the method: `#[{first}]` and `#[{second}]` exclude \
                     each other"
                );
                return Err(Error::new_spanned(attribute, message));
            }
            if kind != Kind::Subscribe && !attributes.is_empty() {
                let message = format!("expected one `#[{}]` on the method", kind.name());
                return Err(Error::new_spanned(attribute, message));
            }
            attributes.push(attribute);
        }
        Ok(Some(Self { kind, attributes }))
    }

    /// Returns the attribute, of which there is one if its kind is not `#[subscribe]`.
    pub(crate) fn only(&self) -> &Attribute {
        &self.attributes[0]
    }
}

#[cfg(test)]
mod tests {
    use syn::parse_quote;

    use super::*;

    fn roles(mut attributes: Vec<Attribute>) -> Result<Option<Annotations>> {
        Annotations::new(take(&mut attributes))
    }

    #[test]
    fn foreign_attributes_stay() {
        let mut attributes =
            vec![parse_quote!(#[inline]), parse_quote!(#[action(local)]), parse_quote!(#[cfg(x)])];

        assert_eq!(take(&mut attributes).len(), 1);
        assert_eq!(attributes.len(), 2);
    }

    #[test]
    fn one_role_is_enough() {
        let twice = roles(vec![parse_quote!(#[action]), parse_quote!(#[action])]).err().unwrap();
        assert_eq!(twice.to_string(), "expected one `#[action]` on the method");
        let both = roles(vec![parse_quote!(#[action]), parse_quote!(#[on_stop])]).err().unwrap();
        assert!(both.to_string().ends_with("`#[action]` and `#[on_stop]` exclude each other"));
        let topics = vec![parse_quote!(#[subscribe("a")]), parse_quote!(#[subscribe("b")])];
        assert_eq!(roles(topics).unwrap().unwrap().attributes.len(), 2);
    }
}
