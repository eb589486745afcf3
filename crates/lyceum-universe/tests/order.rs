//! Orders that are drawn by lot, and what agents reach at the same time.

use lyceum::prelude::*;
use lyceum::rand::Rng;
use lyceum::universe::{Event, Parts, Project, Scope, Step, Universe};
use serde::{Deserialize, Serialize};

/// Who acted, in order.
type Acted = Vec<(u64, String)>;

fn note(cx: &mut Step<'_>, what: &str) -> Result<(), BoxError> {
    let entry = (cx.step(), format!("{what} {}", cx.number()));
    cx.project().get::<Acted>().ok_or("nothing to write on")?.push(entry);
    Ok(())
}

#[derive(Serialize, Deserialize, Event)]
struct Call;

/// Lives.
struct Runner;

#[agent]
impl Runner {
    #[live]
    fn live(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        note(cx, "runs")
    }
}

/// Only listens.
struct Ear;

#[agent]
impl Ear {
    #[event]
    fn call(&mut self, _call: &Call, cx: &mut Step<'_>) -> Result<(), BoxError> {
        note(cx, "hears")
    }
}

/// Acts behind all others, calls them, and adds a runner in the second step.
struct Last;

#[agent]
impl Last {
    #[live]
    fn live(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        match cx.step() {
            2 => drop(cx.add(Scope::Session, "late", Runner)?),
            4 => cx.project().stop(),
            _ => {}
        }
        cx.send(Call)?;
        note(cx, "ends")
    }
}

fn acted(project: Project, seed: u64) -> Acted {
    let mut universe = Universe::new(seed);
    let report = lyceum::block_on(universe.run(project.data(Acted::new()))).unwrap();
    assert_eq!(report.counts.failures, 0, "{:?}", report.outcome);
    universe.take_project_data().unwrap()
}

fn crowd() -> Project {
    let crowd = Project::new("crowd").agents((0..20).map(|_| Runner));
    crowd.agents((0..20).map(|_| Ear)).agent("last", Last)
}

#[test]
fn each_group_acts_in_an_order_of_its_own_in_each_step_as_the_seed_says() {
    let plain = acted(crowd(), 7);
    let shuffled = acted(crowd().shuffled(), 7);

    assert_ne!(plain, shuffled);
    assert_eq!(shuffled, acted(crowd().shuffled(), 7), "the same seed is the same order");
    assert_ne!(shuffled, acted(crowd().shuffled(), 8));
    // Everybody acts as often as without lots, and groups stay behind each other.
    let sorted = |mut acted: Acted| {
        acted.sort();
        acted
    };
    assert_eq!(sorted(plain), sorted(shuffled.clone()));
    let of = |step, what: &str| -> Vec<_> {
        let all = shuffled.iter().enumerate();
        all.filter(|(_, (at, who))| *at == step && who.starts_with(what))
            .map(|(place, (_, who))| (place, who.clone()))
            .collect()
    };
    let who = |step, what| of(step, what).into_iter().map(|(_, who)| who).collect::<Vec<_>>();
    assert_ne!(who(2, "runs")[..20], who(3, "runs")[..20]);
    assert_ne!(who(2, "hears"), who(3, "hears"));
    assert!(of(2, "runs")[19].0 < of(2, "hears")[0].0);
    assert_eq!(of(2, "ends")[0].0 + 1, of(2, "runs")[20].0, "who was added acts behind all");
}

/// Draws from a hat that belongs to the project, for a list of the application.
struct Drawer;

#[agent]
impl Drawer {
    #[event(session_start)]
    fn put(&mut self, cx: &mut Step<'_>) {
        cx.session().put(0_u32);
    }

    #[live]
    fn live(&mut self, cx: &mut Step<'_>) -> Result<(), BoxError> {
        let Parts { application, project, session, random, .. } = cx.parts();
        let hat: &mut Vec<u8> = project.get_mut().ok_or("no hat")?;
        if hat.is_empty() {
            // It lives once more while the end is under way.
            return Ok(());
        }
        let drawn: &mut String = application.get_mut().ok_or("no list")?;
        let count: &mut u32 = session.and_then(|session| session.get_mut()).ok_or("no count")?;
        *count += 1;
        let ball = hat.swap_remove(random.random_range(0..hat.len()));
        *drawn += &format!("{count}:{ball} ");
        if hat.is_empty() {
            cx.project().stop();
        }
        Ok(())
    }
}

#[test]
fn data_of_all_scopes_and_randomness_are_used_at_once() {
    let draw = |seed| {
        let mut universe = Universe::new(seed);
        universe.put(String::new());
        let project = Project::new("lot").agent("drawer", Drawer).data(vec![1_u8, 2, 3, 4, 5]);
        let report = lyceum::block_on(universe.run(project)).unwrap();
        assert_eq!(report.counts.failures, 0, "{:?}", report.outcome);
        universe.get::<String>().cloned().unwrap()
    };

    let drawn = draw(7);
    assert!(drawn.starts_with("1:") && drawn.split_whitespace().count() == 5, "{drawn}");
    assert_eq!(drawn, draw(7));
}

#[test]
fn data_of_a_project_is_there_after_the_run_and_until_the_next() {
    let mut universe = Universe::new(7);
    let project = |data: &str| {
        let project = Project::new("data").agent("last", Last).data(Acted::new());
        project.data(data.to_owned())
    };

    drop(lyceum::block_on(universe.run(project("first"))).unwrap());
    assert!(!universe.project_data::<Acted>().unwrap().is_empty());
    assert_eq!(universe.project_data::<u8>(), None);
    drop(lyceum::block_on(universe.run(project("second"))).unwrap());

    assert_eq!(universe.take_project_data(), Some("second".to_owned()));
    assert_eq!(universe.take_project_data::<String>(), None);
}
