//! `call`: an action with its answer, or with its stream of answers.

use clap::Args;
use futures_util::StreamExt;
use lyceum_core::{AnyCall, AnyHandle, CallOptions};
use lyceum_wire::ActionDescription;

use super::{Failure, Print, Reach, Shared, arguments};

/// What is called, and how.
#[derive(Args, Clone, Debug)]
pub(crate) struct Options {
    /// Address of the agent, as in tcp://127.0.0.1:5555/counter or unix:///run/mesh.sock#counter
    url: String,

    /// Name of the action; `describe` lists them
    action: String,

    /// Arguments: JSON by position, or name=JSON; a word that is no JSON is a string
    #[arg(value_name = "JSON", allow_negative_numbers = true)]
    arguments: Vec<String>,

    #[command(flatten)]
    pub(super) shared: Shared,
}

/// What is called, as far as it is known.
pub(super) struct Called {
    pub(super) agent: AnyHandle,
    action: Option<ActionDescription>,
}

impl Options {
    pub(super) async fn execute(&self, reach: &Reach, print: &Print) -> Result<(), Failure> {
        let called = Called::find(reach, &self.url, &self.action).await?;
        let call = called.call(reach, &self.action, &self.arguments)?;
        if called.action.as_ref().is_some_and(|action| action.stream) {
            return self.follow(call, reach, print).await;
        }
        let answer = call.await.map_err(|error| reach.ended(&self.url, &self.action, error))?;
        print.value(&answer)
    }

    /// Prints one result after the other, for as long as they come.
    async fn follow(&self, call: AnyCall<'_>, reach: &Reach, print: &Print) -> Result<(), Failure> {
        let opened = call.stream().await;
        let mut results = opened.map_err(|error| reach.ended(&self.url, &self.action, error))?;
        while let Some(result) = results.next().await {
            print.value(&result)?;
        }
        match results.failure() {
            Some(failure) => Err(Failure::unreachable(&self.url, &failure.to_string())),
            None => Ok(()),
        }
    }
}

impl Called {
    /// Connects, and asks what the action is like.
    pub(super) async fn find(reach: &Reach, url: &str, action: &str) -> Result<Self, Failure> {
        let agent = reach.agent(url).await?;
        let description = reach.within(url, "describe", false, async {
            // Not all that can be called can be described.
            Ok(agent.describe().await.ok())
        });
        let description = description.await?;
        let known = description.as_ref().and_then(|known| known.action(action)).cloned();
        if let (Some(description), None) = (&description, &known) {
            let names: Vec<_> = description.actions.iter().map(|one| one.name.as_str()).collect();
            let has = if names.is_empty() { "none".into() } else { names.join(", ") };
            return Err(Failure::Usage(format!(
                "cannot call `{action}` of {}('{url}'): it has no such action, it has {has}",
                description.name
            )));
        }
        Ok(Self { agent, action: known })
    }

    pub(super) fn call(
        &self,
        reach: &Reach,
        action: &str,
        words: &[String],
    ) -> Result<AnyCall<'_>, Failure> {
        let arguments = arguments::read(words, self.action.as_ref())?;
        let options = CallOptions::within(reach.rest());
        Ok(self.agent.call_with(action, arguments, options))
    }
}
