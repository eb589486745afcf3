//! A traffic light, as a behaviour that goes from state to state.

use lyceum::prelude::*;

/// What the light shows.
#[derive(Clone, Copy, Debug)]
enum Light {
    Red,
    Green,
    Amber,
    Dark,
}

/// What makes the light change.
enum Signal {
    /// The time of the state is over.
    Timer,
    /// The lamp broke.
    Failure,
}

/// A traffic light.
struct Crossing {
    /// How often the lamp shows green before it breaks.
    greens: u32,
    shown: Vec<String>,
}

#[agent]
impl Crossing {
    /// Shows the state and returns what happened then.
    ///
    /// A state that cannot be reached, or a name that is no state, does not compile. The behaviour
    /// ends with a state that says `end`.
    #[behaviour(fsm(
        Red: Timer => Green;
        Green: Timer => Amber, Failure => Dark;
        Amber: Timer => Red;
        Dark: end
    ))]
    async fn light(&mut self, state: Light, cx: &Context<Self>) -> Signal {
        self.shown.push(format!("{:>3}s {state:?}", cx.now().since_start().as_secs()));
        let seconds = match state {
            Light::Red => 30,
            Light::Green => 20,
            Light::Amber => 3,
            Light::Dark => 0,
        };
        cx.sleep(Duration::from_secs(seconds)).await;
        if matches!(state, Light::Green) {
            self.greens -= 1;
            if self.greens == 0 {
                return Signal::Failure;
            }
        }
        Signal::Timer
    }

    /// Returns what was shown, and when.
    #[action]
    fn shown(&self) -> Vec<String> {
        self.shown.clone()
    }
}

/// Watches a light for five minutes.
///
/// # Errors
///
/// Returns why a launch or a call failed.
pub async fn run() -> lyceum::Result<Vec<String>> {
    let node = Node::simulated(1);
    let crossing = node.launch(Crossing { greens: 2, shown: Vec::new() }).await?;

    node.advance(Duration::from_secs(300));

    let mut lines = crossing.shown().await?;
    let light = &crossing.status().await.unwrap().behaviours[0];
    let state = light.machine_state.as_deref().unwrap_or("unknown");
    lines.push(format!("{:?} in state {state}", light.state));
    Ok(lines)
}
