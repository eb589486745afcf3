//! Events: what agents of a universe say to all others.

use serde::Serialize;
use serde::de::DeserializeOwned;

/// Something that an agent of a universe says, to all that listen, itself included.
///
/// Derive it, for any type that serde can write and read. Its name is what dynamic listeners and
/// logs know it by: the type's in small letters with `_` between words, unless
/// `#[event(name = "..")]` says otherwise.
///
/// ```
/// use lyceum::universe::Event;
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Debug, Serialize, Deserialize, Event)]
/// struct PriceChanged {
///     to: f64,
/// }
///
/// assert_eq!(PriceChanged::NAME, "price_changed");
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` is no event",
    label = "no event",
    note = "an event has `#[derive(Serialize, Deserialize, Event)]`"
)]
pub trait Event: Serialize + DeserializeOwned + Send + 'static {
    /// What it is called in logs and by dynamic listeners.
    const NAME: &'static str;
}
