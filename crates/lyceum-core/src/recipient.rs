//! What can be asked of whom a handle leads to, here or elsewhere.

use std::time::Duration;

use futures_util::future::{Either, select};
use lyceum_wire::{Address, AgentDescription, AgentKey};
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::cell::Place;
use crate::clock::Sleep;
use crate::exchange::{Question, Remote, Status};
use crate::life::{Ended, Monitor, link_far, unlink_far};
use crate::{CallError, Recipient, Stats};

impl Recipient {
    /// Returns the agent's address.
    pub fn address(&self) -> Address {
        match self.place() {
            Place::Here(agent) => agent.address(),
            Place::There(remote) => remote.address(),
        }
    }

    /// Returns the name of the agent's type, as far as it is known here.
    pub(crate) fn type_name(&self) -> &str {
        match self.place() {
            Place::Here(agent) => agent.vtable().name,
            Place::There(remote) => remote.type_name(),
        }
    }

    /// Returns the agent's name, as far as it is known here.
    pub(crate) fn name(&self) -> Option<String> {
        match self.place() {
            Place::Here(agent) => agent.name(),
            Place::There(remote) => match remote.agent() {
                AgentKey::Name(name) => Some(name.to_string()),
                AgentKey::Id(_) => None,
            },
        }
    }

    /// Returns how the agent is called on its node.
    pub(crate) fn key(&self) -> AgentKey {
        match self.place() {
            Place::Here(agent) => AgentKey::Id(agent.id),
            Place::There(remote) => remote.agent().clone(),
        }
    }

    pub(crate) async fn status(&self) -> Result<Status, CallError> {
        match self.place() {
            Place::Here(agent) => Ok(agent.status()),
            Place::There(remote) => self.ask(remote, "status", Question::Status).await,
        }
    }

    pub(crate) async fn stats(&self) -> Result<Stats, CallError> {
        match self.place() {
            Place::Here(agent) => Ok(Stats::of(agent)),
            Place::There(_) => Ok(self.status().await?.stats),
        }
    }

    pub(crate) async fn describe(&self) -> Result<AgentDescription, CallError> {
        match self.place() {
            Place::Here(agent) => Ok(agent.describe()),
            Place::There(remote) => self.ask(remote, "describe", Question::Describe).await,
        }
    }

    /// Returns how long the agent took to answer, through its mailbox.
    pub(crate) async fn ping(&self) -> Result<Duration, CallError> {
        let start = self.node.clock.now();
        match self.place() {
            Place::Here(agent) => (agent.vtable().ping)(agent.clone()).await?,
            Place::There(remote) => self.ask(remote, "ping", Question::Ping).await?,
        }
        Ok(self.node.clock.now() - start)
    }

    pub(crate) async fn set_flag(&self, flag: &str) -> Result<(), CallError> {
        match self.place() {
            Place::Here(agent) => {
                agent.set_flag(flag);
                Ok(())
            }
            Place::There(remote) => {
                self.ask(remote, "set_flag", Question::SetFlag(flag.into())).await
            }
        }
    }

    pub(crate) async fn activate(&self) -> Result<bool, CallError> {
        match self.place() {
            Place::Here(agent) => Ok(agent.activate()),
            Place::There(remote) => self.ask(remote, "activate", Question::Activate).await,
        }
    }

    pub(crate) async fn deactivate(&self) -> Result<bool, CallError> {
        match self.place() {
            Place::Here(agent) => Ok(agent.deactivate()),
            Place::There(remote) => self.ask(remote, "deactivate", Question::Deactivate).await,
        }
    }

    pub(crate) async fn link(&self, other: &Self) -> Result<(), CallError> {
        if let (Place::Here(one), Place::Here(other)) = (self.place(), other.place()) {
            one.link(other);
            return Ok(());
        }
        self.link_to(other).await?;
        other.link_to(self).await
    }

    pub(crate) async fn unlink(&self, other: &Self) -> Result<(), CallError> {
        if let (Place::Here(one), Place::Here(other)) = (self.place(), other.place()) {
            one.unlink(other);
            return Ok(());
        }
        self.unlink_from(other).await?;
        other.unlink_from(self).await
    }

    /// Lets this agent go down with another one, and asks nothing of that one's node.
    pub(crate) async fn link_to(&self, other: &Self) -> Result<(), CallError> {
        match self.place() {
            Place::Here(agent) => {
                match other.place() {
                    Place::Here(other) => agent.link(other),
                    Place::There(_) => link_far(agent, other),
                }
                Ok(())
            }
            Place::There(remote) => self.ask(remote, "link", Question::Link(other.address())).await,
        }
    }

    /// Removes what `link_to` did.
    pub(crate) async fn unlink_from(&self, other: &Self) -> Result<(), CallError> {
        match self.place() {
            Place::Here(agent) => {
                match other.place() {
                    Place::Here(other) => agent.unlink(other),
                    Place::There(_) => unlink_far(agent, other),
                }
                Ok(())
            }
            Place::There(remote) => {
                self.ask(remote, "unlink", Question::Unlink(other.address())).await
            }
        }
    }

    pub(crate) fn stop(&self) -> Ended {
        match self.place() {
            Place::Here(agent) => agent.stop(),
            Place::There(remote) => {
                // Asked before: an agent that is gone cannot say why.
                let ended = self.ended();
                self.order(remote, Question::Stop);
                ended
            }
        }
    }

    pub(crate) fn kill(&self) -> Ended {
        match self.place() {
            Place::Here(agent) => agent.kill(),
            Place::There(remote) => {
                let ended = self.ended();
                self.order(remote, Question::Kill);
                ended
            }
        }
    }

    pub(crate) fn ended(&self) -> Ended {
        match self.place() {
            Place::Here(agent) => Ended::public(agent.clone()),
            Place::There(remote) => Ended::far(self, remote),
        }
    }

    pub(crate) fn monitor(&self) -> Monitor {
        match self.place() {
            Place::Here(agent) => Monitor::of(agent),
            Place::There(remote) => Monitor::far(self, remote),
        }
    }

    /// Sends an order whose answer nobody waits for.
    fn order(&self, remote: &Remote, question: Question) {
        self.node.send_off(remote.peer().ask(remote.agent(), question));
    }

    /// Asks something about an agent elsewhere, for as long as calls wait by default.
    async fn ask<T: DeserializeOwned>(
        &self,
        remote: &Remote,
        verb: &str,
        question: Question,
    ) -> Result<T, CallError> {
        let told = self.node.driven(self.told(remote, verb, question)).await?;
        serde_json::from_value(told)
            .map_err(|error| CallError::Codec(remote.fault(verb).with_detail(error.to_string())))
    }

    async fn told(
        &self,
        remote: &Remote,
        verb: &str,
        question: Question,
    ) -> Result<Value, CallError> {
        let asked = remote.peer().ask(remote.agent(), question);
        let timeout = self.timeout().unwrap_or(self.node.default_timeout);
        let patience = Sleep::until(self.node.clone(), self.node.clock.now() + timeout);
        match select(asked, patience).await {
            Either::Left((told, _)) => told,
            Either::Right(_) => Err(CallError::Timeout(remote.fault(verb))),
        }
    }
}
