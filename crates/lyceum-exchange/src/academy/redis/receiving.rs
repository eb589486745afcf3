//! What comes into a mailbox: taken from its list as soon as there is something.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lyceum_wire::academy::{EntityId, Kind, Message, Unread, Uuid};
use redis::Value;
use tokio::task::JoinSet;

use super::connection::Line;
use super::reply::{lacks_script, lost, messages, read};
use super::script::{Order, Script};
use super::{Client, recovery};
use crate::academy::{Delivered, MailboxError};

/// Messages that are taken together.
const TAKE_LIMIT: usize = 128;

/// Bytes after which no more messages are taken at a time.
const TAKE_BYTES: usize = 4 << 20;

/// How long the server waits for a message before it says that there is none.
const WAIT_SECONDS: &str = "2";

/// Questions without an answer whose messages are looked for.
const LOST_LIMIT: usize = 64;

/// How often they are looked for once more, each time that nothing else comes.
const LATER_LOOKS: u32 = 4;

/// How long the generation of a holder is remembered without a sign of life.
pub(super) const MEMORY_SECONDS: u64 = 30 * 24 * 3600;

/// What a holder of a mailbox knows of it.
#[derive(Debug, Default)]
pub(super) struct Holding(Mutex<Held>);

#[derive(Debug, Default)]
struct Held {
    /// Which of its holders this is.
    generation: Option<u64>,
    /// The places of requests that were handed out and not answered, by tag.
    taken: HashMap<Uuid, String>,
    /// The places of what is done, which the server is told with the next question.
    done: Vec<String>,
}

/// The way in of a mailbox.
#[derive(Debug)]
pub(super) struct Receiving {
    client: Arc<Client>,
    id: EntityId,
    holding: Arc<Holding>,
    line: Option<Arc<Line>>,
    /// What was taken and is not handed out yet.
    ready: VecDeque<Taken>,
    /// The number of the next message that is taken.
    number: u64,
    lost: Lost,
    /// Asks the server, whether somebody waits here or not: what it says is lost otherwise.
    question: JoinSet<Result<Vec<Vec<u8>>, MailboxError>>,
}

/// Questions whose answers did not come here: what they took is looked for.
#[derive(Debug, Default)]
struct Lost {
    /// The first numbers that such a question could give.
    starts: VecDeque<u64>,
    /// Whether it is to be looked now.
    is_due: bool,
    /// How often it is looked once more: the server may not know yet that nobody listens.
    looks: u32,
}

impl Lost {
    fn note(&mut self, start: u64) {
        if self.starts.len() == LOST_LIMIT {
            self.starts.pop_front();
        }
        self.starts.push_back(start);
        (self.is_due, self.looks) = (true, LATER_LOOKS);
    }

    fn has(&self, number: u64) -> bool {
        self.starts.iter().any(|start| (*start..start + TAKE_LIMIT as u64).contains(&number))
    }

    fn look_again(&mut self) {
        if self.looks > 0 {
            self.looks -= 1;
            self.is_due = true;
        }
    }
}

/// A message, and its place at the server until it is done.
#[derive(Debug)]
pub(super) struct Taken {
    pub(super) place: Option<String>,
    pub(super) message: Vec<u8>,
}

impl Holding {
    fn lock(&self) -> MutexGuard<'_, Held> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Returns the generation as scripts take it: nothing if there is none.
    pub(super) fn generation(&self) -> Vec<u8> {
        self.lock().generation.map(|number| number.to_string().into_bytes()).unwrap_or_default()
    }

    /// Takes out the place of a request that is answered now.
    pub(super) fn answered(&self, tag: Uuid) -> Vec<u8> {
        self.lock().taken.remove(&tag).unwrap_or_default().into_bytes()
    }

    /// Returns whether a request was handed out and is not answered.
    #[cfg(feature = "hybrid")]
    pub(super) fn has_taken(&self, tag: Uuid) -> bool {
        self.lock().taken.contains_key(&tag)
    }

    /// Returns the places of what was handed out.
    pub(super) fn handed_out(&self) -> Vec<String> {
        let held = self.lock();
        held.taken.values().chain(&held.done).cloned().collect()
    }

    /// Forgets everything: the mailbox is another's, or nobody's.
    pub(super) fn forget(&self) {
        *self.lock() = Held::default();
    }

    fn note(&self, message: &Message<Unread>, place: Option<String>) {
        let Some(place) = place else { return };
        let mut held = self.lock();
        if message.header.kind == Kind::Request {
            // One that comes twice is answered once.
            if let Some(former) = held.taken.insert(message.header.tag, place) {
                held.done.push(former);
            }
        } else {
            held.done.push(place);
        }
    }
}

impl Receiving {
    pub(super) fn new(client: Arc<Client>, id: EntityId, holding: Arc<Holding>) -> Self {
        let (ready, question) = (VecDeque::new(), JoinSet::new());
        let lost = Lost::default();
        Self { client, id, holding, line: None, ready, number: 1, lost, question }
    }

    /// Waits for the next message. What has come stays here if the future is dropped.
    pub(super) async fn next(&mut self) -> Result<Delivered, MailboxError> {
        let taken = loop {
            if let Some(taken) = self.ready.pop_front() {
                break taken;
            }
            if let Err(error) = self.fill().await {
                if matches!(error, MailboxError::Unknown) {
                    self.holding.forget();
                }
                return Err(error);
            }
        };
        match Message::read(&taken.message) {
            Ok(message) => {
                let attempt = taken.place.as_deref().and_then(recovery::attempt).unwrap_or(1);
                self.holding.note(&message, taken.place);
                Ok(Delivered { message, attempt })
            }
            Err(error) => {
                self.holding.lock().done.extend(taken.place);
                Err(error.into())
            }
        }
    }

    /// Stops to receive.
    pub(super) fn close(&mut self) {
        self.question.abort_all();
        self.line = None;
        self.ready.clear();
    }

    async fn fill(&mut self) -> Result<(), MailboxError> {
        let generation = self.holding.lock().generation;
        let Some(generation) = generation else {
            let held = recovery::hold(&self.client, &self.id).await?;
            self.holding.lock().generation = Some(held.generation);
            self.ready.extend(held.left);
            self.holding.lock().done.extend(held.done);
            self.number = held.next;
            self.lost = Lost::default();
            return Ok(());
        };
        if self.question.is_empty() && self.lost.is_due {
            self.find_lost(generation).await?;
            return Ok(());
        }
        if self.question.is_empty() {
            let order = self.order();
            let (client, line) = (self.client.clone(), self.line().await?);
            let queue = client.keys().queue(self.id.uid);
            self.question.spawn_on(ask(line, queue, order), &client.runtime);
        }
        let asked = self.question.join_next().await;
        let outcome = match asked {
            Some(Ok(outcome)) => outcome,
            _ => Err(MailboxError::Ended),
        };
        let messages = outcome.inspect_err(|error| {
            if error.may_pass() {
                self.line = None;
                self.lost.note(self.number);
                self.number += TAKE_LIMIT as u64;
            }
        })?;
        if messages.is_empty() {
            self.lost.look_again();
        }
        for message in messages {
            let place = Some(format!("{generation}:{}:1", self.number));
            self.number += 1;
            self.ready.push_back(Taken { place, message });
        }
        Ok(())
    }

    /// Finds what the server handed out without it having come here.
    async fn find_lost(&mut self, generation: u64) -> Result<(), MailboxError> {
        let key = self.client.keys().taken(self.id.uid);
        let places = self.client.insist(Order::words(&["HKEYS", &key])).await?;
        let known = self.holding.handed_out();
        let mut found: Vec<(u64, String)> = Vec::new();
        for place in super::reply::texts(places) {
            let number = recovery::number(&place, generation);
            match number.filter(|number| self.lost.has(*number)) {
                Some(number) if !known.contains(&place) => found.push((number, place)),
                _ => {}
            }
        }
        found.sort_unstable();
        for (_, place) in found {
            let message = self.client.insist(Order::words(&["HGET", &key, &place])).await?;
            if let Value::BulkString(message) = message {
                self.ready.push_back(Taken { place: Some(place), message });
            }
        }
        self.lost.is_due = false;
        Ok(())
    }

    async fn line(&mut self) -> Result<Arc<Line>, MailboxError> {
        if let Some(line) = &self.line {
            return Ok(line.clone());
        }
        let line = Arc::new(self.client.line().await?);
        self.line = Some(line.clone());
        Ok(line)
    }

    fn order(&self) -> Order {
        let (keys, uid) = (self.client.keys(), self.id.uid);
        let generation = self.holding.generation();
        let done = std::mem::take(&mut self.holding.lock().done);
        let numbers = [TAKE_LIMIT as u64, TAKE_BYTES as u64, self.number];
        let numbers = numbers.map(|number| number.to_string().into_bytes());
        let done = done.into_iter().map(String::into_bytes);
        Order::Script {
            script: Script::Take,
            keys: vec![keys.status(uid), keys.queue(uid), keys.generation(uid), keys.taken(uid)],
            arguments: [generation].into_iter().chain(numbers).chain(done).collect(),
        }
    }
}

/// Waits until there is something, and takes it: both questions are sent at once, and the second
/// one has its turn when the first one is answered.
async fn ask(line: Arc<Line>, queue: String, order: Order) -> Result<Vec<Vec<u8>>, MailboxError> {
    let mut pipeline = redis::pipe();
    // To where it came from: nothing is moved, and there is an answer as soon as there could be.
    pipeline.cmd("BLMOVE").arg(&queue).arg(&queue).arg("LEFT").arg("LEFT").arg(WAIT_SECONDS);
    pipeline.add_command(order.write(false));
    let mut connection = line.connection.clone();
    let answers = connection.send_packed_commands(&pipeline, 0, 2).await;
    let mut answers = answers.map_err(|error| lost(&error))?.into_iter();
    let waited = answers.next().unwrap_or(Value::Nil);
    let mut taken = answers.next().unwrap_or(Value::Nil);
    if lacks_script(&taken) {
        let again = connection.send_packed_command(&order.write(true)).await;
        taken = again.map_err(|error| lost(&error))?;
    }
    if let Value::ServerError(error) = waited {
        // Before version 6.2 there is no such command; a server that takes no writes is not the
        // one any more.
        return Err(super::reply::refusal(&error.into()));
    }
    messages(read(taken)?)
}
