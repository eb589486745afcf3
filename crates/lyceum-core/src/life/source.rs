//! Where the states of agents come from: values and constructors.

use std::marker::PhantomData;
use std::sync::Arc;
use std::time::Duration;

use super::construction::{Construction, Unmade};
use super::restart::{Maker, NewState};
use crate::caught::Kept;
use crate::node::Shared;
use crate::{Agent, BoxError, LaunchError};

/// The first state of an agent that is launched from a value.
pub struct FromValue<A>(A, Option<Maker>);

/// Makes the states of an agent that is launched from a constructor.
pub struct FromConstructor<A>(Maker, PhantomData<fn() -> A>);

/// Where the state of an agent comes from. Sealed: a value or a constructor.
pub trait Source<A: Agent>: sealed::Source<A> {}

/// A source that can make further states for restarts.
pub trait Restartable<A: Agent>: Source<A> + sealed::Restartable<A> {}

pub(super) mod sealed {
    use super::{BoxError, Maker};

    pub trait Source<A>: Sized {
        /// Hands over a first state that is there already, and what makes further ones, if there
        /// is any.
        fn into_value(self) -> Result<(A, Option<Maker>), Self>;

        /// Makes the first state, and hands over what makes further ones, if there is any.
        fn into_parts(self) -> (Result<A, BoxError>, Option<Maker>);
    }

    pub trait Restartable<A> {
        /// Makes sure that further states can be made.
        fn keep_maker(&mut self);
    }
}

impl<A> FromValue<A> {
    pub(crate) fn new(agent: A) -> Self {
        Self(agent, None)
    }

    /// Lets further states be made by a constructor.
    pub(super) fn make_by<F, E>(&mut self, constructor: F)
    where
        A: Agent,
        F: Fn() -> Result<A, E> + Send + Sync + 'static,
        E: Into<BoxError>,
    {
        self.1 = Some(FromConstructor::new(constructor).into_maker());
    }
}

impl<A: Agent> FromConstructor<A> {
    pub(crate) fn new<F, E>(constructor: F) -> Self
    where
        F: Fn() -> Result<A, E> + Send + Sync + 'static,
        E: Into<BoxError>,
    {
        let make = move || match constructor() {
            Ok(agent) => Ok(Box::new(agent) as NewState),
            Err(error) => Err(error.into()),
        };
        Self(Kept::new(Box::new(make)), PhantomData)
    }

    pub(super) fn into_maker(self) -> Maker {
        self.0
    }
}

impl<A: Agent> sealed::Source<A> for FromValue<A> {
    fn into_value(self) -> Result<(A, Option<Maker>), Self> {
        Ok((self.0, self.1))
    }

    fn into_parts(self) -> (Result<A, BoxError>, Option<Maker>) {
        (Ok(self.0), self.1)
    }
}

impl<A: Agent> sealed::Source<A> for FromConstructor<A> {
    fn into_value(self) -> Result<(A, Option<Maker>), Self> {
        Err(self)
    }

    fn into_parts(self) -> (Result<A, BoxError>, Option<Maker>) {
        let state = (self.0)().map(|state| *state.downcast::<A>().expect("it made an `A`"));
        (state, Some(self.0))
    }
}

impl<A: Agent + Clone + Sync> sealed::Restartable<A> for FromValue<A> {
    fn keep_maker(&mut self) {
        let original = self.0.clone();
        self.1 = Some(Kept::new(Box::new(move || Ok(Box::new(original.clone())))));
    }
}

impl<A: Agent> sealed::Restartable<A> for FromConstructor<A> {
    fn keep_maker(&mut self) {}
}

impl<A: Agent> Source<A> for FromValue<A> {}
impl<A: Agent> Source<A> for FromConstructor<A> {}
impl<A: Agent + Clone + Sync> Restartable<A> for FromValue<A> {}
impl<A: Agent> Restartable<A> for FromConstructor<A> {}

/// Makes the first state, and keeps what makes further ones.
pub(super) async fn construct<A, S>(
    node: &Arc<Shared>,
    source: S,
    limit: Duration,
) -> Result<(Kept<A>, Option<Maker>), LaunchError>
where
    A: Agent,
    S: Source<A> + Send + 'static,
{
    let make = move || {
        let (state, maker) = source.into_parts();
        Ok((state?, maker))
    };
    let mut construction = Construction::begin(node, make).await;
    let agent = A::NAME;
    match construction.finish(node, limit).await.map(Kept::into_inner) {
        Ok((state, maker)) => Ok((Kept::new(state), maker)),
        Err(Unmade::Failed(cause)) => Err(LaunchError::Start { agent, cause }),
        Err(Unmade::Panicked(text)) => Err(LaunchError::Panicked { agent, text: text.into() }),
        Err(Unmade::Late) => Err(LaunchError::Timeout { agent, limit }),
        Err(Unmade::NodeStopped) => Err(LaunchError::NodeStopped { agent }),
    }
}
