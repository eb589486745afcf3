//! What a token says.

use std::collections::BTreeSet;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::Deserialize;
use serde_json::{Map, Value};

use crate::mailbox::{MailboxId, Moment};
use crate::server::{OidcSettings, Principal, Rights, Which};

/// Bytes of the name that an issuer gives somebody.
const SUBJECT: usize = 255;

/// Groups of one token, and the bytes of one group's name.
const GROUPS: usize = 1_000;
const GROUP: usize = 255;

/// What every scope for this server begins with.
const PREFIX: &str = "lyceum:";

/// The part of a token that says how to check it.
#[derive(Deserialize)]
pub(super) struct Head {
    pub(super) alg: String,
    pub(super) kid: Option<String>,
    /// Extensions that must be understood.
    pub(super) crit: Option<Value>,
}

/// What is said of who has it.
#[derive(Deserialize)]
pub(super) struct Claims {
    iss: String,
    sub: String,
    aud: Audience,
    exp: f64,
    nbf: Option<f64>,
    scope: Option<String>,
    /// The same, as some issuers say it.
    scp: Option<Scopes>,
    #[serde(flatten)]
    more: Map<String, Value>,
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Audience {
    One(String),
    Several(Vec<String>),
}

#[derive(Deserialize)]
#[serde(untagged)]
enum Scopes {
    Text(String),
    List(Vec<String>),
}

impl Head {
    pub(super) fn read(token: &str) -> Option<Self> {
        let mut parts = token.split('.');
        let (Some(head), Some(_), Some(_), None) =
            (parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return None;
        };
        serde_json::from_slice(&URL_SAFE_NO_PAD.decode(head).ok()?).ok()
    }
}

impl Claims {
    /// Returns who that is, if the claims are for this server and for now.
    pub(super) fn principal(self, settings: &OidcSettings, now: Moment) -> Option<Principal> {
        let is_for_us = match &self.aud {
            Audience::One(audience) => *audience == settings.audience,
            Audience::Several(audiences) => audiences.contains(&settings.audience),
        };
        let is_named = !self.sub.is_empty() && self.sub.len() <= SUBJECT;
        if self.iss != settings.issuer || !is_for_us || !is_named || !self.is_now(settings, now) {
            return None;
        }
        Some(Principal {
            // A subject is unique with its issuer alone.
            subject: format!("{}#{}", self.iss, self.sub),
            groups: self.groups(&settings.groups),
            rights: self.rights().unwrap_or_else(|| settings.without_scopes.clone()),
        })
    }

    fn is_now(&self, settings: &OidcSettings, now: Moment) -> bool {
        let now = Duration::from_millis(now.millis()).as_secs_f64();
        let skew = settings.skew.as_secs_f64();
        // Comparisons with what is no number are false.
        let has_begun = self.nbf.is_none_or(|begin| begin <= now + skew);
        has_begun && now < self.exp + skew
    }

    fn groups(&self, claim: &str) -> BTreeSet<String> {
        let Some(Value::Array(groups)) = self.more.get(claim) else { return BTreeSet::new() };
        let names = groups.iter().filter_map(Value::as_str);
        names.filter(|name| name.len() <= GROUP).take(GROUPS).map(str::to_owned).collect()
    }

    /// Returns what the scopes allow; nothing where none is for this server.
    fn rights(&self) -> Option<Rights> {
        let listed: Vec<&str> = match &self.scp {
            None => Vec::new(),
            Some(Scopes::Text(text)) => text.split(' ').collect(),
            Some(Scopes::List(list)) => list.iter().map(String::as_str).collect(),
        };
        let said = self.scope.iter().flat_map(|scope| scope.split(' ')).chain(listed);
        let mut ours = said.filter_map(|scope| scope.strip_prefix(PREFIX)).peekable();
        ours.peek()?;
        let none = || Which::None;
        let mut rights = Rights { read: none(), write: none(), administer: none() };
        for scope in ours {
            let (verb, which) = scope.split_once(':').unwrap_or((scope, "own"));
            let right = match verb {
                "read" => &mut rights.read,
                "write" => &mut rights.write,
                "administer" => &mut rights.administer,
                _ => continue,
            };
            allow(right, which);
        }
        Some(rights)
    }
}

/// Adds to what is allowed. A word that is not understood allows nothing.
fn allow(right: &mut Which, which: &str) {
    let more = match which {
        "own" => Which::Own,
        "all" => Which::All,
        id => match id.parse::<MailboxId>() {
            Ok(id) => Which::These(BTreeSet::from([id])),
            Err(_) => return,
        },
    };
    *right = match (std::mem::take(right), more) {
        (Which::All, _) | (_, Which::All) => Which::All,
        (Which::Own, _) | (_, Which::Own) => Which::Own,
        (Which::These(mut these), Which::These(more)) => {
            these.extend(more);
            Which::These(these)
        }
        (_, more) => more,
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    const NOW: Moment = Moment::from_millis(1_000_000_000);

    fn settings() -> OidcSettings {
        OidcSettings::new("https://login", "lyceum")
    }

    /// Returns who a token with these claims, besides those that it must have, is from.
    fn principal(more: &Value) -> Option<Principal> {
        let mut claims =
            json!({ "iss": "https://login", "sub": "ada", "aud": "lyceum", "exp": 1_000_100 });
        for (name, value) in more.as_object().unwrap() {
            claims[name] = value.clone();
        }
        serde_json::from_value::<Claims>(claims).ok()?.principal(&settings(), NOW)
    }

    #[test]
    fn a_subject_is_unique_with_its_issuer() {
        let ada = principal(&json!({ "groups": ["lab", 7, "x".repeat(256)] })).unwrap();
        assert_eq!(ada.subject, "https://login#ada");
        assert_eq!(ada.groups, BTreeSet::from(["lab".to_owned()]));
        assert_eq!(ada.rights, settings().without_scopes, "nothing is allowed unless it is said");
    }

    #[test]
    fn claims_that_do_not_fit_let_nobody_in() {
        for wrong in [
            json!({ "iss": "https://login/" }),
            json!({ "aud": "others" }),
            json!({ "aud": ["others"] }),
            json!({ "aud": [] }),
            json!({ "aud": null }),
            json!({ "sub": "" }),
            json!({ "sub": 7 }),
            json!({ "sub": "x".repeat(256) }),
            json!({ "exp": null }),
            json!({ "exp": "1000100" }),
            json!({ "exp": 999_940 }),
            json!({ "exp": -1e300 }),
            json!({ "nbf": 1_000_061 }),
        ] {
            assert_eq!(principal(&wrong), None, "{wrong}");
        }
        for right in [
            json!({ "aud": ["others", "lyceum"] }),
            json!({ "exp": 999_941 }),
            json!({ "nbf": 1_000_060 }),
        ] {
            assert!(principal(&right).is_some(), "{right}");
        }
    }

    #[test]
    fn scopes_allow_what_they_say() {
        let rights = |more: Value| principal(&more).unwrap().rights;
        let read_own = Rights { read: Which::Own, write: Which::None, administer: Which::None };
        assert_eq!(rights(json!({ "scope": "openid lyceum:read" })), read_own);
        assert_eq!(rights(json!({ "scp": ["lyceum:read", "lyceum:eat"] })), read_own);
        let nothing = rights(json!({ "scope": "lyceum:read:everything" }));
        assert_eq!(nothing, settings().without_scopes);
        let id = MailboxId::new(uuid::Uuid::from_u128(7));
        let scope = format!("lyceum:write:{id} lyceum:administer lyceum:administer:all");
        let mixed = rights(json!({ "scope": scope }));
        assert_eq!(mixed.write, Which::These(BTreeSet::from([id])));
        assert_eq!((mixed.read, mixed.administer), (Which::None, Which::All));
    }

    #[test]
    fn a_token_has_three_parts() {
        let head = URL_SAFE_NO_PAD.encode(r#"{"alg":"none"}"#);
        assert_eq!(Head::read(&format!("{head}.e30.")).unwrap().alg, "none");
        for wrong in ["", "a", "a.b", "..", "a.b.c", &format!("{head}.b"), &format!("{head}.b.c.d")]
        {
            assert!(Head::read(wrong).is_none(), "{wrong}");
        }
    }
}
