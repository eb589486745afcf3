//! Projects: agents that run through sessions until enough of them were a success.

use std::fmt;
use std::time::Duration;

use lyceum_core::Agent;

use crate::kernel::Kernel;
use crate::scope::Belongings;
use crate::{AddError, Scope};

/// When sessions end, and when the project does.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Rules {
    pub(crate) success_score: f64,
    pub(crate) error_score: f64,
    pub(crate) max_successes: Option<u64>,
    pub(crate) max_sessions: Option<u64>,
    pub(crate) session_timeout: Option<Duration>,
    pub(crate) is_shuffled: bool,
}

impl Default for Rules {
    fn default() -> Self {
        Self {
            success_score: 0.5,
            error_score: -0.5,
            max_successes: Some(1),
            max_sessions: None,
            session_timeout: None,
            is_shuffled: false,
        }
    }
}

/// Puts an agent into a universe.
type Adding = Box<dyn FnOnce(&mut Kernel) -> Result<(), AddError> + Send>;

/// Agents that run through sessions until enough of them were a success.
///
/// ```
/// use lyceum::prelude::*;
/// use lyceum::universe::{Project, Step, Universe};
///
/// #[derive(Default)]
/// struct Walker { position: i64 }
///
/// #[agent]
/// impl Walker {
///     #[live]
///     fn live(&mut self, cx: &mut Step<'_>) {
///         self.position += 1;
///         if self.position == 3 {
///             cx.session().stop();
///         }
///     }
/// }
///
/// # lyceum::block_on(async {
/// let project = Project::new("walk").agent("walker", Walker::default()).max_sessions(1);
/// let report = Universe::new(7).run(project).await?;
/// assert_eq!(report.sessions, 1);
/// # Ok::<(), lyceum::universe::RunError>(()) }).unwrap();
/// ```
pub struct Project {
    pub(crate) name: String,
    pub(crate) rules: Rules,
    pub(crate) agents: Vec<Adding>,
    pub(crate) belongings: Belongings,
}

impl Project {
    /// Makes a project without agents.
    ///
    /// It ends after one success, unless [`max_successes`](Self::max_successes) says otherwise.
    pub fn new(name: impl Into<String>) -> Self {
        Self {
            name: name.into(),
            rules: Rules::default(),
            agents: Vec::new(),
            belongings: Belongings::default(),
        }
    }

    /// Adds an agent by a name that no other agent has. It is activated for each session.
    pub fn agent<A: Agent>(self, name: impl Into<String>, agent: A) -> Self {
        self.weighted(name, 1.0, agent)
    }

    /// Adds an agent whose score counts so much: its product with the weight, from -1 to 1.
    pub fn weighted<A: Agent>(mut self, name: impl Into<String>, weight: f64, agent: A) -> Self {
        let name = name.into();
        self.agents.push(Box::new(move |kernel| {
            kernel.add(Scope::Project, Some(&name), weight, agent).map(drop)
        }));
        self
    }

    /// Adds many agents of one type, which are called by their type and number.
    pub fn agents<A, I>(mut self, agents: I) -> Self
    where
        A: Agent,
        I: IntoIterator<Item = A, IntoIter: Send + 'static>,
    {
        let agents = agents.into_iter();
        self.agents.push(Box::new(move |kernel| {
            for agent in agents {
                kernel.add(Scope::Project, None, 1.0, agent)?;
            }
            Ok(())
        }));
        self
    }

    /// Gives the project a value, which agents find by its type in `cx.project()`.
    pub fn data<T: Send + 'static>(mut self, value: T) -> Self {
        self.belongings.put(value);
        self
    }

    /// Sets from which score on a session is a success, which ends it; 0.5 unless set.
    pub fn success_score(mut self, score: f64) -> Self {
        self.rules.success_score = score;
        self
    }

    /// Sets down to which score a session is an error, which ends it; -0.5 unless set.
    pub fn error_score(mut self, score: f64) -> Self {
        self.rules.error_score = score;
        self
    }

    /// Ends the project after so many successes; 1 unless set, and 0 is no limit.
    pub fn max_successes(mut self, successes: u64) -> Self {
        self.rules.max_successes = (successes > 0).then_some(successes);
        self
    }

    /// Ends the project after so many sessions; 0, the default, is no limit.
    pub fn max_sessions(mut self, sessions: u64) -> Self {
        self.rules.max_sessions = (sessions > 0).then_some(sessions);
        self
    }

    /// Ends a session that takes longer by the clock of the universe's node.
    pub fn session_timeout(mut self, timeout: Duration) -> Self {
        self.rules.session_timeout = Some(timeout);
        self
    }

    /// Lets agents of one type that were added one after the other act in another order in each
    /// step, which the universe's seed decides.
    ///
    /// Such groups keep their order among each other: who was added behind all others still acts
    /// last. Agents that are added within a step act in it behind their group.
    ///
    /// ```
    /// use lyceum::prelude::*;
    /// use lyceum::universe::{Project, Step, Universe};
    ///
    /// struct Runner;
    ///
    /// #[agent]
    /// impl Runner {
    ///     #[live]
    ///     fn live(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
    ///         let number = cx.number().0;
    ///         cx.project().get::<Vec<u64>>().ok_or("no list")?.push(number);
    ///         cx.project().stop();
    ///         Ok(())
    ///     }
    /// }
    ///
    /// let project = Project::new("race").agents((0..9).map(|_| Runner)).shuffled();
    /// let mut universe = Universe::new(7);
    /// let report = lyceum::block_on(universe.run(project.data(Vec::<u64>::new())))?;
    /// let list = universe.project_data::<Vec<u64>>().expect("the project has one");
    /// assert_eq!(list.len(), 9 * report.steps as usize);
    /// assert!(!list[..9].is_sorted() && list[..9] != list[9..18]);
    /// # Ok::<(), lyceum::universe::RunError>(())
    /// ```
    pub fn shuffled(mut self) -> Self {
        self.rules.is_shuffled = true;
        self
    }
}

impl fmt::Debug for Project {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Project").field("name", &self.name).finish_non_exhaustive()
    }
}
