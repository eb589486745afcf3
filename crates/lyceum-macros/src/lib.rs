//! The attribute macros of Lyceum: [`macro@agent`] and [`macro@test`].
//!
//! Use them through the crate `lyceum`, which re-exports them: the code that they write goes
//! through its hidden module `macros`.
//!
//! What a block is made of is parsed in one file for each noun (`action`, `behaviour`, `fsm`,
//! `subscribe`, `hook`) from a method's `annotation`s and its `signature`. `member` puts them
//! together, and `expand` writes the code for an `owner`: a type or an interface. A mistake is kept
//! in `errors`, and everything around it is still expanded, so that it gives one error.
#![cfg_attr(
    test,
    expect(clippy::needless_pass_by_value, reason = "tests hand over what they quote on the spot")
)]

mod agent;
mod event;
mod interface;
mod test;

mod errors;
mod options;
mod owner;

mod annotation;
mod member;

mod action;
mod arguments;
mod behaviour;
mod fsm;
mod hook;
mod stepped;
mod subscribe;

mod contract;
mod docs;
mod duration;
mod output;
mod owned;
mod pattern;
mod reserved;
mod self_type;
mod signature;

mod expand;

use proc_macro::TokenStream;

/// Makes a type an agent: goes on the `impl` block that has its actions and behaviours.
///
/// ```
/// use lyceum::prelude::*;
///
/// #[derive(Default)]
/// struct Counter {
///     value: u64,
/// }
///
/// /// Counts.
/// #[agent]
/// impl Counter {
///     /// Adds `n` and returns the new value.
///     #[action]
///     async fn add(&mut self, n: u64) -> u64 {
///         self.value += n;
///         self.value
///     }
///
///     #[behaviour(every = "1s")]
///     async fn tick(&mut self) {
///         self.value += 1;
///     }
///
///     #[subscribe("counter.reset.#")]
///     async fn reset(&mut self, to: u64) {
///         self.value = to;
///     }
/// }
///
/// # lyceum::block_on(async {
/// let node = Node::simulated(7);
/// let counter = node.launch(Counter::default()).await?;
/// assert_eq!(counter.add(2).await?, 2);
/// node.advance(Duration::from_millis(1_500));
/// assert_eq!(counter.add(0).await?, 3);
/// assert_eq!(counter.describe().await?.doc, "Counts.");
/// # Ok::<(), lyceum::Error>(()) }).unwrap();
/// ```
///
/// # Descriptions
///
/// The doc comment on the block is the agent's description, and those on methods are their
/// actions' and behaviours'. The doc comment on the struct is no part of it: the macro does not
/// see the struct.
///
/// # Methods
///
/// `&mut self` has the agent to itself, `&self` shares it with others of its kind, and an
/// associated function with `cx: Context<Self>` runs beside everything. The other two may take
/// `cx: &Context<Self>`, in any place. A method may be `fn` or `async fn`; in an `async fn`,
/// `&self` needs an agent that is `Sync`.
///
/// | attribute | the method |
/// |---|---|
/// | `#[action]` | is called by others |
/// | `#[behaviour(..)]` | is run by the agent itself |
/// | `#[subscribe("pattern")]` | gets what is published on topics |
/// | `#[on_start]`, `#[on_stop]` | runs before the first and after the last message |
/// | `#[live]`, `#[event(..)]`, `#[score]` | acts, listens and judges in a universe |
/// | `#[init]`, `#[deinit]` | runs when it begins and ends to be active there |
///
/// An action's arguments and results are serde types with a `JsonSchema`; a subscriber takes the
/// payload, the `Publication` itself, both or none. An action returns a value, a `Result` with an
/// error of its own, or `impl Stream<Item = T> + Send + 'static` for many results. The others
/// return nothing or `Result<(), E>`. `Result`, `Context`, `Stream` and `Publication` are known by
/// the last name of their paths.
///
/// # Options
///
/// - `#[agent(name = "..")]`: the name of the type in descriptions.
/// - `#[agent(implements(Sensor, ..))]`: the interfaces that the type implements.
/// - `#[agent(interface)]`: on a trait, see below.
/// - `#[agent(crate = "path")]`: where the crate `lyceum` is, if not at `::lyceum`.
/// - `#[action(local)]`: any `Send` types, reached with a typed handle only.
/// - `#[action(inline)]`, `#[action(queued)]`: always, or never, on the caller's thread.
/// - `#[action(cancel = "drop")]`: dropped at an await when its caller gives up.
/// - `#[action(durable)]`: each call by a typed handle is `.durable()`, so that an exchange keeps
///   it until it is answered; without a deadline unless `timeout` or the caller sets one.
/// - `#[action(timeout = "5s")]`: its default deadline; units from `ns` to `h`.
/// - `#[action(name = "..")]`: another name for callers.
/// - `#[behaviour(once)]`, `(every = "1s")`, `(every = "1s", first = "now")`, `(cyclic)`,
///   `(on = "flag")`: when it runs.
/// - `#[behaviour(run)]`: runs freely, with `cx: Context<Self>`.
/// - `#[behaviour(manual)]`, `(manual, local)`: runs when it is called, with arguments.
/// - `#[behaviour(fsm(Red: Go => Green; Green: Stop => Red, Fail => Dark; Dark: end))]`: takes its
///   state, returns the event that happened; both are enums with these variants.
/// - `#[behaviour(.., name = "..")]`: another name.
/// - `#[event]`: events of the type of its argument; `#[event(Type)]`, `#[event(session_start)]`:
///   of that type, or one of those that every universe knows; `#[event("name")]`: of that name, as
///   JSON. They, `#[live]`, `#[init]` and `#[deinit]` may take `cx: &mut Step<'_>`; `#[score]`
///   takes `&self` and returns `f64` or `Option<f64>`.
/// - `#[subscribe("pattern", group = "..")]`: each message to one agent of the group. Several
///   `#[subscribe]` may stand on one method.
///
/// # Interfaces
///
/// A trait with `#[agent(interface)]` is a set of actions, behaviours and topics that several
/// types implement, with default bodies where it gives them. `Handle<dyn Sensor>` calls whichever
/// it leads to. Methods without an attribute are for the implementing types alone.
///
/// ```
/// use lyceum::prelude::*;
///
/// #[agent(interface)]
/// trait Sensor {
///     /// Reads the value.
///     #[action]
///     async fn read(&self) -> f64;
///
///     #[action]
///     async fn reset(&mut self) {}
/// }
///
/// struct Thermometer;
///
/// #[agent(implements(Sensor))]
/// impl Thermometer {}
///
/// impl Sensor for Thermometer {
///     async fn read(&self) -> f64 {
///         36.6
///     }
/// }
///
/// # lyceum::block_on(async {
/// let node = Node::local();
/// let sensor: Handle<dyn Sensor> = node.launch(Thermometer).await?.to().unwrap();
/// sensor.reset().await?;
/// assert_eq!(sensor.read().await?, 36.6);
/// # Ok::<(), lyceum::Error>(()) }).unwrap();
/// ```
#[proc_macro_attribute]
pub fn agent(arguments: TokenStream, item: TokenStream) -> TokenStream {
    agent::expand(arguments.into(), item.into()).into()
}

/// Runs an `async fn` as a test.
///
/// ```
/// use lyceum::prelude::*;
///
/// #[lyceum::test]
/// async fn a_simulated_node_needs_no_runtime() -> Result<(), BoxError> {
///     let node = Node::simulated(7);
///     node.sleep(Duration::from_secs(3_600)).await;
///     Ok(())
/// }
/// ```
#[proc_macro_attribute]
pub fn test(arguments: TokenStream, item: TokenStream) -> TokenStream {
    test::expand(arguments.into(), item.into()).into()
}

/// Makes a type an event of universes; its name is the type's in small letters.
///
/// The type can be written and read by serde. `#[event(name = "..")]` gives another name, and
/// `#[event(crate = "..")]` says where the crate `lyceum` is.
#[proc_macro_derive(Event, attributes(event))]
pub fn derive_event(item: TokenStream) -> TokenStream {
    event::expand(item.into()).into()
}
