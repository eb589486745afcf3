//! Methods with a role, as an `#[agent]` block lists them.

use proc_macro2::Span;
use syn::ext::IdentExt;
use syn::visit_mut::VisitMut;
use syn::{Attribute, Error, Ident, Result, Type, parse_quote};

use crate::action::Action;
use crate::annotation::{self, Annotations};
use crate::behaviour::{Behaviour, Kind};
use crate::docs;
use crate::errors::Errors;
use crate::hook::{Hook, Moment};
use crate::output::Output;
use crate::self_type::ReplaceSelf;
use crate::signature::Signature;
use crate::stepped::Stepped;
use crate::subscribe::Subscriber;

/// A method with a role.
pub(crate) struct Member {
    /// Its `#[cfg]` attributes, for everything that is generated for it.
    pub(crate) cfgs: Vec<Attribute>,
    /// Its doc comments, and whether it is deprecated.
    pub(crate) shown: Vec<Attribute>,
    pub(crate) doc: String,
    pub(crate) role: Role,
}

/// What the method is to the agent.
pub(crate) enum Role {
    Action(Action),
    Behaviour(Box<Behaviour>),
    Subscriber(Subscriber),
    Hook(Hook),
    Stepped(Stepped),
}

impl Member {
    /// Takes the annotations off a method; `None` if it has none.
    pub(crate) fn take(
        attributes: &mut Vec<Attribute>,
        sig: &syn::Signature,
    ) -> Result<Option<Self>> {
        let Some(annotations) = Annotations::new(annotation::take(attributes))? else {
            return Ok(None);
        };
        let role = match annotations.kind {
            annotation::Kind::Action => Role::Action(Action::parse(annotations.only(), sig)?),
            annotation::Kind::Behaviour => {
                Role::Behaviour(Box::new(Behaviour::parse(annotations.only(), sig)?))
            }
            annotation::Kind::Subscribe => Role::Subscriber(Subscriber::parse(&annotations, sig)?),
            annotation::Kind::OnStart => {
                Role::Hook(Hook::parse(Moment::Start, annotations.only(), sig)?)
            }
            annotation::Kind::OnStop => {
                Role::Hook(Hook::parse(Moment::Stop, annotations.only(), sig)?)
            }
            kind => Role::Stepped(Stepped::parse(kind, annotations.only(), sig)?),
        };
        let (shown, doc) =
            (docs::named(attributes, &["doc", "deprecated"]), docs::text(attributes));
        let cfgs = docs::named(attributes, &["cfg"]);
        attributes.insert(0, allowance());
        Ok(Some(Self { cfgs, shown, doc, role }))
    }

    /// Returns the action that others call, if it is one.
    pub(crate) fn action(&self) -> Option<&Action> {
        match &self.role {
            Role::Action(action) => Some(action),
            Role::Behaviour(behaviour) => match &behaviour.kind {
                Kind::Manual(action) => Some(action),
                _ => None,
            },
            _ => None,
        }
    }

    /// Returns the method's name.
    pub(crate) fn ident(&self) -> &Ident {
        match &self.role {
            Role::Stepped(stepped) => &stepped.ident,
            _ => &self.signature().ident,
        }
    }

    /// Returns the signature of a method that runs in turns.
    pub(crate) fn signature(&self) -> &Signature {
        match &self.role {
            Role::Stepped(_) => unreachable!("what happens in steps is no turn"),
            Role::Action(action) => &action.signature,
            Role::Subscriber(subscriber) => &subscriber.signature,
            Role::Hook(hook) => &hook.signature,
            Role::Behaviour(behaviour) => match &behaviour.kind {
                Kind::Manual(action) => &action.signature,
                Kind::Timed(_, routine) => &routine.signature,
                Kind::Machine(machine) => &machine.routine.signature,
            },
        }
    }

    /// Returns the types that callers and generated code have to name.
    pub(crate) fn types_mut(&mut self) -> Vec<&mut Type> {
        let mut types = Vec::new();
        let (signature, output) = match &mut self.role {
            Role::Action(Action { signature, output, .. })
            | Role::Subscriber(Subscriber { signature, output, .. })
            | Role::Hook(Hook { signature, output, .. }) => (signature, output),
            Role::Behaviour(behaviour) => match &mut behaviour.kind {
                Kind::Manual(action) => (&mut action.signature, &mut action.output),
                Kind::Timed(_, routine) => (&mut routine.signature, &mut routine.output),
                Kind::Machine(machine) => {
                    types.extend([&mut machine.state, &mut machine.event]);
                    let routine = &mut machine.routine;
                    (&mut routine.signature, &mut routine.output)
                }
            },
            Role::Stepped(stepped) => return stepped.types_mut(),
        };
        types.extend(signature.arguments.iter_mut().map(|argument| &mut argument.ty));
        match output {
            Output::Nothing => {}
            Output::Value(ty) | Output::Fallible(ty) | Output::Stream(ty) => types.push(ty),
        }
        types
    }

    /// Writes the agent's type for `Self`.
    pub(crate) fn replace_self(&mut self, agent: &Type) {
        for ty in self.types_mut() {
            ReplaceSelf(agent).visit_type_mut(ty);
        }
    }
}

/// Returns what keeps lints from asking for a signature that the macros refuse.
fn allowance() -> Attribute {
    parse_quote! {
        #[allow(
            clippy::needless_pass_by_value,
            reason = "arguments come from elsewhere, so that they must be owned"
        )]
    }
}

/// Adds a member unless another one has its place.
pub(crate) fn add(members: &mut Vec<Member>, member: Member, errors: &mut Errors) {
    let rival = members.iter().find_map(|other| clash(other, &member));
    match rival {
        None => members.push(member),
        // Two methods of one name: the compiler says so.
        Some(None) => {}
        Some(Some((span, message))) => errors.push(Error::new(span, message)),
    }
}

/// Returns why two members cannot stand beside each other, if they cannot.
fn clash(first: &Member, second: &Member) -> Option<Option<(Span, String)>> {
    if !first.cfgs.is_empty() && !second.cfgs.is_empty() {
        return None;
    }
    if first.ident().unraw() == second.ident().unraw() {
        return Some(None);
    }
    if let (Some(first), Some(second)) = (first.action(), second.action())
        && first.name.unraw() == second.name.unraw()
    {
        let message = format!("expected one action of the name `{}`", second.name);
        return Some(Some((second.name.span(), message)));
    }
    match (&first.role, &second.role) {
        (Role::Behaviour(first), Role::Behaviour(second)) if first.name == second.name => {
            let message = format!("expected one behaviour of the name `{}`", second.name);
            Some(Some((second.name_span, message)))
        }
        (Role::Hook(first), Role::Hook(second)) if first.moment == second.moment => {
            let name = match second.moment {
                Moment::Start => "on_start",
                Moment::Stop => "on_stop",
            };
            let message = format!("expected one `#[{name}]` in the block");
            Some(Some((second.signature.ident.span(), message)))
        }
        (Role::Stepped(first), Role::Stepped(second)) => first.clash(second).map(Some),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use syn::ImplItemFn;

    use super::*;

    fn texts(methods: Vec<ImplItemFn>) -> (usize, Vec<String>) {
        let (mut members, mut errors) = (Vec::new(), Errors::default());
        for mut method in methods {
            let member = Member::take(&mut method.attrs, &method.sig).unwrap().unwrap();
            add(&mut members, member, &mut errors);
        }
        (members.len(), errors.texts())
    }

    #[test]
    fn names_are_used_once() {
        let same = vec![
            parse_quote!(
                #[action]
                fn add(&self) {}
            ),
            parse_quote!(
                #[action(name = "add")]
                fn plus(&self) {}
            ),
        ];
        assert_eq!(texts(same), (1, vec!["expected one action of the name `add`".into()]));
        let behaviours = vec![
            parse_quote!(
                #[behaviour(once)]
                fn tick(&self) {}
            ),
            parse_quote!(
                #[behaviour(cyclic, name = "tick")]
                fn tack(&self) {}
            ),
        ];
        assert_eq!(texts(behaviours).1, ["expected one behaviour of the name `tick`"]);
        let hooks = vec![
            parse_quote!(
                #[on_start]
                fn one(&mut self) {}
            ),
            parse_quote!(
                #[on_start]
                fn two(&mut self) {}
            ),
        ];
        assert_eq!(texts(hooks).1, ["expected one `#[on_start]` in the block"]);
    }

    #[test]
    fn the_compiler_speaks_for_methods_of_one_name() {
        let methods = vec![
            parse_quote!(
                #[action]
                fn add(&self) {}
            ),
            parse_quote!(
                #[action]
                fn add(&self) {}
            ),
        ];
        assert_eq!(texts(methods), (1, vec![]));
    }

    #[test]
    fn configured_methods_may_share_a_name() {
        let methods = vec![
            parse_quote!(
                #[cfg(unix)]
                #[action]
                fn add(&self) {}
            ),
            parse_quote!(
                #[cfg(not(unix))]
                #[action]
                fn add(&self) {}
            ),
        ];
        assert_eq!(texts(methods), (2, vec![]));
    }
}
