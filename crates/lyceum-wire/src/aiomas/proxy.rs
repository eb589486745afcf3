//! Proxies: how one side names something of its own to the other.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::aiomas::deserialize::named_text;

/// The name by which our serializer and deserializer know proxies.
pub(crate) const NAME: &str = "lyceum_wire::aiomas::Proxy";

/// What an agent becomes that is an argument or a result: a path that the other side may call.
///
/// It means something on the connection on which it came, and there alone: the path begins at the
/// root of what the side serves that sent it. See [`Path`](crate::aiomas::Path) for its parts.
///
/// ```
/// use lyceum_wire::aiomas::{Proxy, TypeTable, from_value, to_value};
///
/// let table = TypeTable::container();
/// let value = to_value(&Proxy { path: "agents/0".into() }, &table)?;
/// assert_eq!(from_value::<Proxy>(value.clone(), &table)?.path, "agents/0");
/// let json = serde_json::Value::from(value);
/// assert_eq!(json, serde_json::json!({"__type__": [1, "agents/0"]}));
/// # Ok::<(), lyceum_wire::aiomas::ValueError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Proxy {
    /// Where to call it.
    pub path: String,
}

impl Serialize for Proxy {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_newtype_struct(NAME, &self.path)
    }
}

impl<'de> Deserialize<'de> for Proxy {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        named_text(NAME, deserializer).map(|path| Self { path })
    }
}

impl JsonSchema for Proxy {
    fn schema_name() -> Cow<'static, str> {
        "Proxy".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        String::json_schema(generator)
    }
}
