//! Checking a file of agents: all that is wrong with it, and where.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use lyceum_core::{Backoff, Restart, Value};
use lyceum_wire::{AddressError, AgentName, Endpoint};
use toml::Spanned;

use super::file::{AgentText, FileText, RestartText};
use super::place::Faults;
use super::{Fleet, FleetFault, Planned, arguments};
use crate::Registry;
use crate::span::parse_span;
use crate::ticket::MailboxAt;

/// How many agents one file may ask for.
const AGENT_LIMIT: u32 = 100_000;
/// Within which time restarts are counted, unless set.
const PERIOD: Duration = Duration::from_secs(60);
/// The variable with the token that exchanges are shown.
const TOKEN: &str = "LYCEUM_EXCHANGE_TOKEN";

/// What was found in a file.
pub(super) struct Checked {
    /// What it describes, if it can be read at all.
    pub(super) fleet: Option<Fleet>,
    pub(super) faults: Vec<FleetFault>,
}

/// What checking one entry needs.
struct Checking<'t> {
    faults: Faults<'t>,
    registry: &'t Registry,
    /// Whether the types are those of another program.
    is_foreign: bool,
    names: BTreeSet<String>,
}

/// Reads and checks the text of a file.
pub(super) fn check(text: &str, registry: &Registry) -> Checked {
    let mut faults = Faults::of(text);
    let file: FileText = match toml::from_str(text) {
        Ok(file) => file,
        Err(error) => {
            faults.add(error.span().unwrap_or(0..0), error.message());
            return Checked { fleet: None, faults: faults.into_sorted() };
        }
    };
    let is_foreign = file.program.is_some();
    let mut checking = Checking { faults, registry, is_foreign, names: BTreeSet::new() };
    let restart = file.restart.as_ref().and_then(|restart| checking.restart(restart));
    let mut members = Vec::new();
    for agent in &file.agents {
        members.extend(checking.agent(&file, agent, restart));
    }
    checking.references(&file.agents);
    let launchers = file.launchers.into_iter().map(|(name, site)| (name, site.into_inner()));
    let launchers: BTreeMap<_, _> = launchers.collect();
    let announce = file.announce.as_ref().and_then(|announce| checking.endpoint(announce));
    let (program, listen, manager) = (file.program, file.listen, file.manager);
    let fleet = Fleet {
        program,
        listen,
        manager,
        announce,
        state: file.state,
        logs: file.logs,
        launchers,
        members,
    };
    Checked { fleet: Some(fleet), faults: checking.faults.into_sorted() }
}

impl Checking<'_> {
    /// Checks one entry, and returns its agents.
    fn agent(
        &mut self,
        file: &FileText,
        agent: &Spanned<AgentText>,
        restart: Option<Restart>,
    ) -> Vec<Planned> {
        let text = agent.get_ref();
        let kind = text.kind.get_ref();
        let is_own = self.launcher(file, text);
        if is_own && self.registry.describe(kind).is_none() {
            let names = self.registry.names();
            let what = if names.is_empty() {
                format!(
                    "this program has no types of agent, and so no `{kind}`: `program = ...` \
                     names one that has, made by `lyceum::main!`"
                )
            } else {
                format!("this program has no type `{kind}`, it has {}", names.join(", "))
            };
            self.faults.add(text.kind.span(), what);
        }
        let arguments = text.arguments.as_ref().map_or(Value::Null, |arguments| {
            let read = arguments::as_json(arguments.get_ref());
            if is_own
                && arguments::references(&read).is_empty()
                && let Err(why) = self.registry.check(kind, read.clone())
            {
                let what = format!("no `{kind}` can be made from this: {why}");
                self.faults.add(arguments.span(), what);
            }
            read
        });
        let restart = match &text.restart {
            Some(own) => self.restart(own),
            None => restart,
        };
        let mailbox = self.mailbox(file, text);
        let planned = |name| Planned {
            kind: kind.clone(),
            name,
            arguments: arguments.clone(),
            launcher: text.launcher.as_ref().map(|launcher| launcher.get_ref().clone()),
            restart,
            retries: text.retries,
            ready: text.ready.clone(),
            mailbox: mailbox.clone(),
        };
        self.named(agent).into_iter().map(planned).collect()
    }

    /// Checks the launcher of an entry; returns whether its types are those of this program.
    fn launcher(&mut self, file: &FileText, text: &AgentText) -> bool {
        let Some(launcher) = &text.launcher else { return !self.is_foreign };
        if let Some(site) = file.launchers.get(launcher.get_ref()) {
            return site.get_ref().is_own() && !self.is_foreign;
        }
        if launcher.get_ref() != "default" {
            let mut known: Vec<_> = file.launchers.keys().map(String::as_str).collect();
            known.push("default");
            let (name, known) = (launcher.get_ref(), known.join(", "));
            let what = format!("there is no launcher `{name}`, there is {known}");
            self.faults.add(launcher.span(), what);
        }
        !self.is_foreign
    }

    /// Returns the names of the agents of an entry.
    fn named(&mut self, agent: &Spanned<AgentText>) -> Vec<String> {
        let text = agent.get_ref();
        let (name, at) = match &text.name {
            Some(name) => (name.get_ref().clone(), name.span()),
            None => (text.kind.get_ref().to_lowercase(), text.kind.span()),
        };
        let count = text.count.as_ref().map_or(1, |count| *count.get_ref());
        if let Some(count) = text.count.as_ref().filter(|_| count == 0 || count > AGENT_LIMIT) {
            self.faults.add(count.span(), format!("expected a count from 1 to {AGENT_LIMIT}"));
            return Vec::new();
        }
        if self.names.len() + count as usize > AGENT_LIMIT as usize {
            self.faults.add(at, format!("expected at most {AGENT_LIMIT} agents in all"));
            return Vec::new();
        }
        let names: Vec<_> = match &text.count {
            Some(_) => (1..=count).map(|number| format!("{name}-{number}")).collect(),
            None => vec![name.clone()],
        };
        if let Err(error) = names[0].parse::<AgentName>() {
            self.faults.add(at, error.to_string());
            return Vec::new();
        }
        if let Some(taken) = names.iter().find(|name| self.names.contains(*name)) {
            let what = format!("another agent is called `{taken}`; `name` gives this one another");
            self.faults.add(at, what);
            return Vec::new();
        }
        self.names.extend(names.iter().cloned());
        names
    }

    fn mailbox(&mut self, file: &FileText, text: &AgentText) -> Option<MailboxAt> {
        let url = text.exchange.as_ref().or(file.exchange.as_ref());
        match (url, &text.mailbox) {
            (None, None) => None,
            (None, Some(mailbox)) => {
                self.faults.add(mailbox.span(), "expected an `exchange` for this mailbox");
                None
            }
            (Some(_), Some(mailbox)) if text.count.is_some() => {
                let what = "one mailbox is for one agent: expected no `count`";
                self.faults.add(mailbox.span(), what);
                None
            }
            (Some(url), mailbox) => {
                let at = MailboxAt::new(url);
                let at = match mailbox {
                    Some(id) => at.id(id.get_ref()),
                    None => at,
                };
                Some(match std::env::var(TOKEN) {
                    Ok(token) => at.token(token),
                    Err(_) => at,
                })
            }
        }
    }

    /// Returns a policy; none if it allows no restart.
    fn restart(&mut self, text: &RestartText) -> Option<Restart> {
        let within = self.span(text.within.as_ref(), PERIOD);
        let first = self.span(text.first.as_ref(), Duration::ZERO);
        let most = self.span(text.most.as_ref(), first);
        let policy = Restart::default().limit(text.limit, within).backoff(Backoff { first, most });
        (text.limit > 0).then_some(policy)
    }

    fn endpoint(&mut self, text: &Spanned<String>) -> Option<Endpoint> {
        let parsed = text.get_ref().parse();
        parsed.map_err(|error: AddressError| self.faults.add(text.span(), error.to_string())).ok()
    }

    fn span(&mut self, text: Option<&Spanned<String>>, usual: Duration) -> Duration {
        let Some(text) = text else { return usual };
        parse_span(text.get_ref()).unwrap_or_else(|what| {
            self.faults.add(text.span(), what);
            usual
        })
    }

    /// Checks that agents whose handles are wanted are there.
    fn references(&mut self, agents: &[Spanned<AgentText>]) {
        for agent in agents {
            let Some(arguments) = &agent.get_ref().arguments else { continue };
            let read = arguments::as_json(arguments.get_ref());
            let wanted: BTreeSet<_> = arguments::references(&read).into_iter().collect();
            let unknown = wanted.into_iter().filter(|agent| !self.names.contains(*agent));
            for unknown in unknown.collect::<Vec<_>>() {
                let what = format!("there is no agent `{unknown}` in this file");
                self.faults.add(arguments.span(), what);
            }
        }
    }
}
