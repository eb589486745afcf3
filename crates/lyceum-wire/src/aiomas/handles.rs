//! Handles: how agents that are arguments and results cross a connection.

use crate::aiomas::{Map, Value, ValueError};

/// What a connection makes of handles, which are addresses in Rust and proxies on the wire.
///
/// Without one, handles are the texts of their addresses.
///
/// ```
/// use lyceum_wire::aiomas::{
///     Deserializer, Handles, Proxy, Serializer, TypeTable, Value, ValueError,
/// };
/// use serde::{Deserialize, Serialize};
///
/// struct Local(TypeTable);
///
/// impl Handles for Local {
///     fn write(&self, address: &str) -> Result<Value, ValueError> {
///         let path = address.replace("local:///", "agents/");
///         Ok(self.0.proxy(Proxy { path }))
///     }
///
///     fn of_proxy(&self, path: String) -> String {
///         path.replace("agents/", "peer:///")
///     }
///
///     fn of_text(&self, text: String) -> String {
///         text
///     }
/// }
///
/// let (table, handles) = (TypeTable::container(), Local(TypeTable::container()));
/// # #[derive(Serialize)]
/// # #[serde(rename = "lyceum::Handle")]
/// # struct Handle(String);
/// let value = Handle("local:///7".into())
///     .serialize(Serializer::new(&table).with_handles(&handles))?;
/// assert_eq!(value, table.proxy(Proxy { path: "agents/7".into() }));
///
/// let text = String::deserialize(Deserializer::new(value, &table).with_handles(&handles))?;
/// assert_eq!(text, "peer:///7");
/// # Ok::<(), ValueError>(())
/// ```
pub trait Handles {
    /// Returns what a handle of the agent at an address becomes.
    ///
    /// # Errors
    ///
    /// The other side cannot be given such an agent.
    fn write(&self, address: &str) -> Result<Value, ValueError>;

    /// Returns the address of what the other side calls by a path.
    fn of_proxy(&self, path: String) -> String;

    /// Returns the address of an agent that the other side names by a text.
    fn of_text(&self, text: String) -> String;

    /// Returns the address of an agent that the other side names by a map, where it has such.
    fn of_map(&self, map: &Map) -> Option<String> {
        let _ = map;
        None
    }
}
