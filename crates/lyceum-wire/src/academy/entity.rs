//! Ids of agents and users.

use std::fmt;
use std::hash::{Hash, Hasher};

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// Identifies a mailbox: that of an agent or of a user.
///
/// Two ids are equal if role and number are, whatever the names.
///
/// ```
/// use lyceum_wire::academy::{EntityId, Role};
///
/// let json = r#"{"uid":"00112233-4455-6677-8899-aabbccddeeff","name":"sensor","role":"agent"}"#;
/// let id: EntityId = serde_json::from_str(json)?;
/// assert_eq!((id.role, id.name.as_deref()), (Role::Agent, Some("sensor")));
/// assert_eq!(id, EntityId { name: None, ..id.clone() });
/// assert_eq!(serde_json::to_string(&id)?, json);
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EntityId {
    /// The number, unlike that of any other mailbox.
    pub uid: Uuid,
    /// What people call it.
    #[serde(default)]
    pub name: Option<String>,
    /// What has the mailbox.
    #[serde(default)]
    pub role: Role,
}

/// What has a mailbox.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
)]
#[serde(rename_all = "lowercase")]
pub enum Role {
    /// An agent, which answers requests.
    #[default]
    Agent,
    /// A program that is no agent: it only sends requests.
    User,
}

impl EntityId {
    /// Makes the id of an agent.
    pub fn agent(uid: Uuid, name: Option<String>) -> Self {
        Self { uid, name, role: Role::Agent }
    }

    /// Makes the id of a user.
    pub fn user(uid: Uuid, name: Option<String>) -> Self {
        Self { uid, name, role: Role::User }
    }
}

impl PartialEq for EntityId {
    fn eq(&self, other: &Self) -> bool {
        (self.uid, self.role) == (other.uid, other.role)
    }
}

impl Eq for EntityId {}

impl Hash for EntityId {
    fn hash<H: Hasher>(&self, state: &mut H) {
        self.uid.hash(state);
        self.role.hash(state);
    }
}

/// As Academy writes it where people read: `AgentId<sensor>`.
impl fmt::Display for EntityId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.role {
            Role::Agent => "AgentId",
            Role::User => "UserId",
        };
        match &self.name {
            Some(name) => write!(f, "{kind}<{name}>"),
            None => write!(f, "{kind}<{:08x}>", self.uid.as_fields().0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn name_and_role_have_defaults_and_more_is_refused() {
        let read = |json: &str| serde_json::from_str::<EntityId>(json);
        let uid = "00112233-4455-6677-8899-aabbccddeeff";
        let id = read(&format!(r#"{{"uid":"{uid}"}}"#)).unwrap();
        assert_eq!((id.role, id.name), (Role::Agent, None));
        assert!(read(&format!(r#"{{"uid":"{uid}","extra":1}}"#)).is_err());
        assert!(read(&format!(r#"{{"uid":"{uid}","role":"server"}}"#)).is_err());
        assert!(read(r#"{"uid":"7"}"#).is_err());
    }

    #[test]
    fn people_read_the_name_or_the_first_digits() {
        let uid: Uuid = "00112233-4455-6677-8899-aabbccddeeff".parse().unwrap();
        assert_eq!(EntityId::agent(uid, Some("a".into())).to_string(), "AgentId<a>");
        assert_eq!(EntityId::user(uid, None).to_string(), "UserId<00112233>");
    }
}
