//! The register: who is who in a universe, who is active, and whose mail waits.

use std::collections::HashMap;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::Scope;
use crate::error::AddFault;
use crate::post::Delivery;
use crate::world::{Late, LateMail};

const ACTIVE: u8 = 1;
/// It became active for a session that begins: it acts from the next step on.
const ASLEEP: u8 = 1 << 1;
const MAIL: u8 = 1 << 2;
const LATE: u8 = 1 << 3;

/// How many letters may wait for an agent whose turn is not over.
const LATE_LIMIT: usize = 1_024;

/// Which agent of a universe: counted from 1, and never used again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct AgentNumber(pub u64);

impl fmt::Display for AgentNumber {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// How an agent stands.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standing(u8);

impl Standing {
    /// Returns whether it is active, and may act in this step.
    #[inline]
    pub(crate) fn is_awake(self) -> bool {
        self.0 & (ACTIVE | ASLEEP) == ACTIVE
    }

    /// Returns whether there are messages for it.
    #[inline]
    pub(crate) fn has_mail(self) -> bool {
        self.0 & (MAIL | LATE) != 0
    }
}

/// Who an agent is.
#[derive(Clone, Debug)]
pub(crate) struct Identity {
    pub(crate) number: AgentNumber,
    pub(crate) kind: &'static str,
    /// None if it is called by its kind and number.
    pub(crate) given: Option<Box<str>>,
    pub(crate) scope: Scope,
    pub(crate) weight: f64,
}

impl Identity {
    pub(crate) fn name(&self) -> String {
        self.given.as_deref().map_or_else(|| default_name(self.kind, self.number), str::to_owned)
    }
}

fn default_name(kind: &str, number: AgentNumber) -> String {
    format!("{kind}-{number}")
}

/// All agents, by slot.
#[derive(Default)]
pub(crate) struct Register {
    limit: usize,
    last: u64,
    identities: Vec<Identity>,
    status: Vec<u8>,
    mail: Vec<Vec<Delivery>>,
    late: LateMail,
    /// Those that have mail, in the order in which they got it.
    mailed: Vec<u32>,
    names: HashMap<Box<str>, u32>,
    /// Whether somebody became active for a session that begins.
    asleep: bool,
}

impl Register {
    pub(crate) fn new(limit: usize) -> Self {
        Self { limit, ..Self::default() }
    }

    /// Reserves the next slot.
    pub(crate) fn add(
        &mut self,
        kind: &'static str,
        name: Option<&str>,
        scope: Scope,
        weight: f64,
    ) -> Result<(u32, AgentNumber), AddFault> {
        if self.identities.len() >= self.limit {
            return Err(AddFault::Full { limit: self.limit });
        }
        let slot = u32::try_from(self.identities.len()).expect("the limit is below 2^32");
        let number = AgentNumber(self.last + 1);
        if let Some(name) = name {
            if self.by_name(name).is_some() {
                return Err(AddFault::NameTaken);
            }
            self.names.insert(name.into(), slot);
        } else if self.names.contains_key(default_name(kind, number).as_str()) {
            return Err(AddFault::NameTaken);
        }
        self.last += 1;
        self.identities.push(Identity { number, kind, given: name.map(Into::into), scope, weight });
        self.status.push(0);
        self.mail.push(Vec::new());
        Ok((slot, number))
    }

    /// Gives up the slot that was reserved last.
    pub(crate) fn undo(&mut self) {
        if let Some(identity) = self.identities.pop() {
            self.status.pop();
            self.mail.pop();
            self.names.retain(|name, _| Some(&**name) != identity.given.as_deref());
        }
    }

    pub(crate) fn len(&self) -> u32 {
        u32::try_from(self.identities.len()).expect("the limit is below 2^32")
    }

    pub(crate) fn identity(&self, slot: u32) -> Option<&Identity> {
        self.identities.get(slot as usize)
    }

    pub(crate) fn set_weight(&mut self, slot: u32, weight: f64) {
        self.identities[slot as usize].weight = weight;
    }

    /// Returns the slot of an agent.
    pub(crate) fn slot(&self, number: AgentNumber) -> Option<u32> {
        let found = self.identities.binary_search_by_key(&number, |identity| identity.number);
        found.ok().and_then(|slot| u32::try_from(slot).ok())
    }

    /// Returns the slot of the agent of a name.
    pub(crate) fn by_name(&self, name: &str) -> Option<u32> {
        if let Some(slot) = self.names.get(name) {
            return Some(*slot);
        }
        let (_, number) = name.rsplit_once('-')?;
        let slot = self.slot(AgentNumber(number.parse().ok()?))?;
        (self.identities[slot as usize].name() == name).then_some(slot)
    }

    #[inline]
    pub(crate) fn is_active(&self, slot: u32) -> bool {
        self.status.get(slot as usize).is_some_and(|status| status & ACTIVE != 0)
    }

    /// Returns how an agent stands.
    #[inline]
    pub(crate) fn standing(&self, slot: u32) -> Standing {
        Standing(self.status[slot as usize])
    }

    /// Makes an agent active with an empty mailbox; false if it is active.
    pub(crate) fn activate(&mut self, slot: u32) -> bool {
        let active = self.is_active(slot);
        if !active {
            self.mail[slot as usize].clear();
            self.late.remove(&slot);
            self.status[slot as usize] = ACTIVE;
        }
        !active
    }

    /// Makes an agent inactive; returns how many messages it does not get, and `None` if it is
    /// inactive.
    pub(crate) fn deactivate(&mut self, slot: u32) -> Option<usize> {
        if !self.is_active(slot) {
            return None;
        }
        self.status[slot as usize] = 0;
        let mail = &mut self.mail[slot as usize];
        let late = self.late.remove(&slot).map_or(0, |letters| letters.len());
        let count = mail.len() + late;
        mail.clear();
        Some(count)
    }

    /// Lets an agent act from the next step on.
    pub(crate) fn put_to_sleep(&mut self, slot: u32) {
        self.status[slot as usize] |= ASLEEP;
        self.asleep = true;
    }

    /// Lets everybody act who became active for a session that began.
    pub(crate) fn wake_all(&mut self) {
        if std::mem::take(&mut self.asleep) {
            self.status.iter_mut().for_each(|status| *status &= !ASLEEP);
        }
    }

    /// Puts a message into an agent's mail; false if the agent is not active.
    #[inline]
    pub(crate) fn deliver(&mut self, slot: u32, delivery: Delivery) -> bool {
        let status = &mut self.status[slot as usize];
        if *status & ACTIVE == 0 {
            return false;
        }
        if *status & MAIL == 0 {
            *status |= MAIL;
            self.mailed.push(slot);
        }
        self.mail[slot as usize].push(delivery);
        true
    }

    /// Takes an agent's mail; it is given back empty.
    #[inline]
    pub(crate) fn take_mail(&mut self, slot: u32) -> Vec<Delivery> {
        self.status[slot as usize] &= !MAIL;
        std::mem::take(&mut self.mail[slot as usize])
    }

    #[inline]
    pub(crate) fn give_back(&mut self, slot: u32, mail: Vec<Delivery>) {
        self.mail[slot as usize] = mail;
    }

    /// Takes the list of those that have mail, in the order of their slots.
    pub(crate) fn take_mailed(&mut self) -> Vec<u32> {
        let mut mailed = std::mem::take(&mut self.mailed);
        mailed.extend(self.late.keys());
        if !mailed.is_sorted() {
            mailed.sort_unstable();
        }
        mailed
    }

    /// Gives the list back for its memory.
    pub(crate) fn give_back_mailed(&mut self, mut mailed: Vec<u32>) {
        mailed.clear();
        if self.mailed.is_empty() {
            self.mailed = mailed;
        }
    }

    /// Keeps letters for an agent whose turn is not over; returns how many found no room.
    pub(crate) fn keep_late(&mut self, slot: u32, letters: Vec<Late>) -> usize {
        let waiting = self.late.entry(slot).or_default();
        let room = LATE_LIMIT.saturating_sub(waiting.len());
        let lost = letters.len().saturating_sub(room);
        waiting.extend(letters.into_iter().take(room));
        self.status[slot as usize] |= LATE;
        lost
    }

    /// Takes the letters that waited for an agent.
    pub(crate) fn take_late(&mut self, slot: u32) -> Vec<Late> {
        let status = &mut self.status[slot as usize];
        if *status & LATE == 0 {
            return Vec::new();
        }
        *status &= !LATE;
        self.late.remove(&slot).unwrap_or_default()
    }

    /// Drops all mail; returns how many messages that were.
    pub(crate) fn clear_mail(&mut self) -> usize {
        let late: usize = self.late.drain().map(|(_, letters)| letters.len()).sum();
        let mut count = late;
        for slot in std::mem::take(&mut self.mailed) {
            if let Some(mail) = self.mail.get_mut(slot as usize) {
                count += mail.len();
                mail.clear();
            }
        }
        self.status.iter_mut().for_each(|status| *status &= !(MAIL | LATE));
        count
    }

    /// Returns the slots of agents of a scope.
    pub(crate) fn of_scope(&self, scope: Scope) -> Vec<u32> {
        let slots = (0..).zip(&self.identities);
        slots.filter(|(_, identity)| identity.scope == scope).map(|(slot, _)| slot).collect()
    }

    /// Removes the agents of a scope, whose mail was dropped before; the others move up. Returns
    /// where each slot went, if anybody was removed.
    pub(crate) fn remove_scope(&mut self, scope: Scope) -> Option<Vec<Option<u32>>> {
        if !self.identities.iter().any(|identity| identity.scope == scope) {
            return None;
        }
        let mut next = 0;
        let moved: Vec<Option<u32>> = self
            .identities
            .iter()
            .map(|identity| {
                let stays = identity.scope != scope;
                let slot = stays.then_some(next);
                next += u32::from(stays);
                slot
            })
            .collect();
        let mut places = moved.iter();
        self.status.retain(|_| places.next().is_some_and(Option::is_some));
        let mut places = moved.iter();
        self.mail.retain(|_| places.next().is_some_and(Option::is_some));
        self.identities.retain(|identity| identity.scope != scope);
        self.names.retain(|_, slot| match moved[*slot as usize] {
            Some(place) => {
                *slot = place;
                true
            }
            None => false,
        });
        Some(moved)
    }
}

impl fmt::Debug for Register {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Register").field("agents", &self.identities.len()).finish_non_exhaustive()
    }
}
