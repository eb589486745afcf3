//! Handles: how agents that are arguments and results cross the wire.

use uuid::Uuid;

use crate::academy::{EntityId, Role};
use crate::aiomas::{Known, Map, Proxy, TypeTable, Typed, Value};

/// What stands between the number and the name of an agent in the path of a handle.
const NAME_MARK: char = '/';

/// Makes the value that a handle of an agent is; [`of_path`] reads its path back.
pub(crate) fn value(id: &EntityId) -> Value {
    table().proxy(Proxy { path: path(id) })
}

/// Returns the types that values of this wire have: handles alone.
///
/// Values go through [`to_value`](crate::aiomas::to_value) and its kin with it.
pub fn table() -> TypeTable {
    TypeTable::bare()
}

/// Returns the path by which values name an agent.
pub fn path(id: &EntityId) -> String {
    match &id.name {
        Some(name) => format!("{}{NAME_MARK}{name}", id.uid),
        None => id.uid.to_string(),
    }
}

/// Returns the agent that a value names by a path.
///
/// ```
/// use lyceum_wire::academy::{EntityId, Uuid, handle};
///
/// let id = EntityId::agent(Uuid::nil(), Some("sensor".into()));
/// assert_eq!(handle::of_path(&handle::path(&id)), Some(id));
/// assert_eq!(handle::of_path("sensor"), None);
/// ```
pub fn of_path(path: &str) -> Option<EntityId> {
    let (uid, name) = match path.split_once(NAME_MARK) {
        Some((uid, name)) => (uid, Some(name.to_owned())),
        None => (path, None),
    };
    Some(EntityId::agent(uid.parse::<Uuid>().ok()?, name))
}

/// Returns the agent that a value is a handle of.
pub(crate) fn of_value(typed: &Typed) -> Option<EntityId> {
    match table().read(typed.clone()).ok()? {
        Known::Proxy(proxy) => of_path(&proxy.path),
        _ => None,
    }
}

/// Returns the agent that a map in JSON is the id of.
pub fn of_map(map: &Map) -> Option<EntityId> {
    let uid = map.get("uid").and_then(Value::as_text)?;
    let is_agent = map.get("role").and_then(Value::as_text) == Some("agent");
    let name = map.get("name").and_then(Value::as_text).map(str::to_owned);
    let id = EntityId::agent(uid.parse::<Uuid>().ok()?, name);
    is_agent.then_some(id)
}

/// Makes the map that an id is in JSON; [`of_map`] reads it back.
pub(crate) fn entity_map(id: &EntityId) -> Value {
    let role = match id.role {
        Role::Agent => "agent",
        Role::User => "user",
    };
    let mut map = Map::new();
    map.push("uid", id.uid.to_string());
    map.push("name", id.name.clone().map_or(Value::Null, Value::Text));
    map.push("role", role);
    Value::Map(map)
}
