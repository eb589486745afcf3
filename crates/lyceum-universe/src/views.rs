//! What agents see of the application, the project and the session.

use std::fmt;
use std::time::Duration;

use crate::events;
use crate::scope::Belongings;
use crate::world::World;

macro_rules! view {
    ($(#[$doc:meta])* $name:ident) => {
        $(#[$doc])*
        pub struct $name<'w> {
            world: &'w mut World,
        }

        impl fmt::Debug for $name<'_> {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        }

        impl<'w> $name<'w> {
            /// Returns its value of a type, if one was put in.
            pub fn get<T: Send + 'static>(self) -> Option<&'w mut T> {
                self.belongings().get_mut()
            }

            /// Puts a value in; returns the former one of its type.
            pub fn put<T: Send + 'static>(self, value: T) -> Option<T> {
                self.belongings().put(value)
            }

            /// Takes its value of a type out.
            pub fn take<T: Send + 'static>(self) -> Option<T> {
                self.belongings().take()
            }
        }
    };
}

view! {
    /// The application, as `cx.application()` gives it.
    Application
}

view! {
    /// The project, as `cx.project()` gives it.
    Project
}

view! {
    /// The session, as `cx.session()` gives it.
    Session
}

impl<'w> Application<'w> {
    pub(crate) fn of(world: &'w mut World) -> Self {
        Self { world }
    }

    fn belongings(self) -> &'w mut Belongings {
        &mut self.world.application
    }

    /// Ends the run: the application has done what it wanted.
    pub fn done(self) {
        self.world.announce(events::ApplicationDone {});
    }

    /// Ends the run with an error.
    pub fn error(self, message: impl Into<String>) {
        self.world.announce(events::ApplicationError { message: message.into() });
    }
}

impl<'w> Project<'w> {
    pub(crate) fn of(world: &'w mut World) -> Self {
        Self { world }
    }

    fn belongings(self) -> &'w mut Belongings {
        &mut self.world.project
    }

    /// Returns its name.
    pub fn name(&self) -> &str {
        &self.world.project_name
    }

    /// Returns how many sessions were a success so far.
    pub fn successes(&self) -> u64 {
        self.world.successes
    }

    /// Returns how many sessions have begun so far.
    pub fn sessions(&self) -> u64 {
        self.world.sessions
    }

    /// Ends the project, and with it the run.
    pub fn stop(self) {
        self.world.announce(events::ProjectStop {});
    }
}

impl<'w> Session<'w> {
    pub(crate) fn of(world: &'w mut World) -> Option<Self> {
        world.session.is_some().then_some(Self { world })
    }

    fn session(&self) -> &crate::session::Session {
        self.world.session.as_ref().expect("there was one when this was made")
    }

    fn belongings(self) -> &'w mut Belongings {
        let session = self.world.session.as_mut();
        &mut session.expect("there was one when this was made").belongings
    }

    /// Returns its number in the project, from 1.
    pub fn number(&self) -> u64 {
        self.session().number
    }

    /// Returns how many steps it has had, with this one.
    pub fn step(&self) -> u64 {
        self.session().step
    }

    /// Returns for how long it runs, by the node's clock.
    pub fn elapsed(&mut self) -> Duration {
        let started = self.session().started;
        let nanos = self.world.read_clock(|world| world.now().nanos() - started.nanos());
        Duration::from_nanos(nanos)
    }

    /// Returns the sum of the scores at the end of the step before.
    pub fn score(&self) -> f64 {
        self.session().score
    }

    /// Ends the session: two steps later all agents hear `session_done`.
    pub fn stop(self) {
        self.world.announce(events::SessionStop {});
    }

    /// Adds a part to the name under which what the session leaves is kept.
    pub fn rename(self, part: impl Into<String>) {
        self.world.announce(events::SessionRename { part: part.into() });
    }
}
