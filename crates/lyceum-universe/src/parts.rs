//! Parts: what an agent reaches in a turn, each apart from the others.

use rand::rngs::SmallRng;

use crate::scope::Belongings;

/// The data of all scopes and the source of randomness, which can be used at the same time; from
/// [`Step::parts`](crate::Step::parts).
///
/// ```
/// use lyceum::prelude::*;
/// use lyceum::rand::seq::SliceRandom;
/// use lyceum::universe::{Parts, Project, Step, Universe};
///
/// struct Deck(Vec<u8>);
///
/// struct Dealer;
///
/// #[agent]
/// impl Dealer {
///     #[event(session_start)]
///     fn shuffle(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
///         let Parts { project, random, .. } = cx.parts();
///         let Deck(cards) = project.get_mut().ok_or("no deck")?;
///         cards.shuffle(random);
///         cx.project().stop();
///         Ok(())
///     }
/// }
///
/// let project = Project::new("cards").data(Deck((0..32).collect())).agent("dealer", Dealer);
/// let mut universe = Universe::new(7);
/// let report = lyceum::block_on(universe.run(project))?;
/// assert_eq!(report.exit_code(), 0);
/// let Deck(cards) = universe.take_project_data().expect("the project has a deck");
/// assert!(!cards.is_sorted());
/// # Ok::<(), lyceum::universe::RunError>(())
/// ```
#[derive(Debug)]
#[non_exhaustive]
pub struct Parts<'s> {
    /// The data of the application.
    pub application: &'s mut Belongings,
    /// The data of the project.
    pub project: &'s mut Belongings,
    /// The data of the session, if one runs.
    pub session: Option<&'s mut Belongings>,
    /// The source of randomness, as [`Step::random`](crate::Step::random) gives it.
    pub random: &'s mut SmallRng,
}
