//! One mailbox on an HTTP exchange.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use hyper::Method;
use lyceum_wire::academy::{EntityId, Message, Role, Uuid};
use serde::de::DeserializeOwned;
use serde_json::{Value as Json, json};

use super::client::{Client, Question, Repeat};
use super::receiving::{Receive, Receiving};
use crate::academy::mailbox::Asked;
use crate::academy::{Delivered, Mailbox, MailboxError, MailboxStats, Promise};

/// One mailbox on an HTTP exchange.
#[derive(Debug)]
pub(crate) struct HttpMailbox {
    client: Arc<Client>,
    id: EntityId,
    way: Receive,
    receiving: Arc<tokio::sync::Mutex<Receiving>>,
}

impl HttpMailbox {
    pub(crate) fn new(client: Arc<Client>, id: EntityId, way: Receive) -> Self {
        let receiving = Receiving::new(client.clone(), id.clone(), way);
        let receiving = Arc::new(receiving.into());
        Self { client, id, way, receiving }
    }

    /// Asks, and makes something of the answer.
    fn ask<T: Send + 'static>(
        &self,
        (method, path): (Method, &'static str),
        body: Json,
        repeat: Repeat,
        read: impl FnOnce(Json) -> Result<T, MailboxError> + Send + 'static,
    ) -> Asked<T> {
        let client = self.client.clone();
        let question = Question { method, path, body, repeat };
        async move { read(client.ask(question).await?) }.boxed()
    }

    /// Asks for something that is done or not.
    fn tell(&self, route: (Method, &'static str), body: Json) -> Asked<()> {
        self.ask(route, body, Repeat::Always, |_| Ok(()))
    }
}

/// Writes an id as this exchange wants it: as a text that is JSON.
fn text(id: &EntityId) -> String {
    json!(id).to_string()
}

/// Takes a field of an answer; null if there is none, whatever the answer is.
pub(super) fn field(answer: &mut Json, name: &str) -> Json {
    answer.get_mut(name).map(Json::take).unwrap_or_default()
}

fn read<T: DeserializeOwned>(json: Json) -> Result<T, MailboxError> {
    serde_json::from_value(json).map_err(|error| MailboxError::Answer(error.to_string()))
}

impl Mailbox for HttpMailbox {
    fn id(&self) -> &EntityId {
        &self.id
    }

    fn open(&self, id: EntityId) -> Arc<dyn Mailbox> {
        Arc::new(Self::new(self.client.clone(), id, self.way))
    }

    fn register(&self, id: &EntityId, ancestors: Option<&[String]>) -> Asked<()> {
        let mut body = json!({"mailbox": text(id)});
        if let Some(ancestors) = ancestors {
            body["agent"] = ancestors.join(",").into();
        }
        self.tell((Method::POST, "/mailbox"), body)
    }

    fn send(&self, message: &Message, _: Promise) -> Asked<()> {
        let body = json!({"message": message.to_json()});
        self.ask((Method::PUT, "/message"), body, Repeat::Refused, |_| Ok(()))
    }

    fn receive(&self) -> BoxFuture<'_, Result<Delivered, MailboxError>> {
        async { Ok(self.receiving.lock().await.next().await?.into()) }.boxed()
    }

    fn close(&self) -> Asked<()> {
        let receiving = self.receiving.clone();
        async move { receiving.lock().await.close().await }.boxed()
    }

    fn discover(&self, class: &str, with_descendants: bool) -> Asked<Vec<EntityId>> {
        let body = json!({"agent": class, "allow_subclasses": with_descendants});
        self.ask((Method::GET, "/discover"), body, Repeat::Always, |mut answer| {
            let uids: String = read(field(&mut answer, "agent_ids"))?;
            let uids = uids.split(',').filter(|uid| !uid.is_empty());
            let agent = |uid: &str| match uid.parse::<Uuid>() {
                Ok(uid) => Ok(EntityId { uid, name: None, role: Role::Agent }),
                Err(error) => Err(MailboxError::Answer(error.to_string())),
            };
            uids.map(agent).collect()
        })
    }

    fn terminate(&self, id: &EntityId) -> Asked<()> {
        self.tell((Method::DELETE, "/mailbox"), json!({"mailbox": text(id)}))
    }

    fn heartbeat(&self) -> Asked<()> {
        self.tell((Method::POST, "/mailbox/heartbeat"), json!({"mailbox": text(&self.id)}))
    }

    fn last_heartbeat(&self, id: &EntityId) -> Asked<Option<Duration>> {
        let route = (Method::GET, "/mailbox/heartbeat");
        self.ask(route, json!({"mailbox": text(id)}), Repeat::Always, |mut answer| {
            let seconds: Option<f64> = read(field(&mut answer, "heartbeat"))?;
            // A clock that was set back says less than nothing.
            Ok(seconds
                .map(|ago| Duration::try_from_secs_f64(ago.max(0.0)).unwrap_or(Duration::MAX)))
        })
    }

    fn stats(&self, id: &EntityId) -> Asked<MailboxStats> {
        let route = (Method::GET, "/mailbox/stats");
        self.ask(route, json!({"mailbox": text(id)}), Repeat::Always, read)
    }
}
