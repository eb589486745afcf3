//! One mailbox at a hybrid exchange.

use std::sync::Arc;
use std::time::Duration;

use futures_util::FutureExt;
use futures_util::future::BoxFuture;
use lyceum_wire::academy::{Body, EntityId, ErrorCode, Kind, Message};
use tokio::sync::mpsc;

use super::Post;
use super::post::Incoming;
use super::tally::Tally;
use crate::academy::mailbox::{Asked, Attributes, TakeAnswer};
use crate::academy::redis::{Order, RedisMailbox};
use crate::academy::{Delivered, Mailbox, MailboxError, MailboxStats, Promise};

/// One mailbox at a hybrid exchange.
#[derive(Debug)]
pub(crate) struct HybridMailbox {
    post: Arc<Post>,
    /// The same mailbox at the Redis.
    stored: Arc<RedisMailbox>,
    inbox: Arc<tokio::sync::Mutex<Option<mpsc::Receiver<Incoming>>>>,
    /// What does not pass through the Redis.
    tally: Arc<Tally>,
}

impl HybridMailbox {
    pub(crate) fn new(post: Arc<Post>, id: EntityId) -> Self {
        let stored = Arc::new(RedisMailbox::new(post.client().clone(), id));
        let tally = Arc::new(Tally::new(stored.clone()));
        Self { post, stored, inbox: Arc::default(), tally }
    }

    /// Says where this mailbox is reached.
    fn announce(&self) -> Asked<()> {
        let (post, uid) = (self.post.clone(), self.id().uid);
        async move {
            let address = post.listen().await?;
            let key = post.client().keys().address(uid);
            let told = post.client().insist(Order::words(&["SET", &key, &address])).await;
            told.map(|_| ())
        }
        .boxed()
    }

    /// Takes back where this mailbox is reached, unless another program said so since.
    fn withdraw(&self) -> Asked<()> {
        let (post, uid) = (self.post.clone(), self.id().uid);
        async move {
            post.forget(uid);
            let own = post.listen().await?;
            let key = post.client().keys().address(uid);
            let told = post.client().values(std::slice::from_ref(&key)).await?;
            if told.first().and_then(Option::as_deref) == Some(&own) {
                post.client().insist(Order::words(&["DEL", &key])).await?;
            }
            Ok(())
        }
        .boxed()
    }

    /// Answers all requests that came straight: nobody else knows them.
    fn fail_open(&self, code: ErrorCode) -> Asked<()> {
        let headers = self.tally.fail();
        let mailbox_id = (code == ErrorCode::MailboxTerminated).then(|| self.id().clone());
        let answers: Vec<_> = headers
            .iter()
            .map(|header| {
                let mailbox_id = mailbox_id.clone();
                let body = Body::AcademyErrorResponse { error_code: code, mailbox_id };
                self.post.send(&self.stored, &header.answer(body))
            })
            .collect();
        async move {
            // Whoever asked may be gone, too.
            futures_util::future::join_all(answers).await;
            Ok(())
        }
        .boxed()
    }
}

impl Mailbox for HybridMailbox {
    fn id(&self) -> &EntityId {
        self.stored.id()
    }

    fn open(&self, id: EntityId) -> Arc<dyn Mailbox> {
        Arc::new(Self::new(self.post.clone(), id))
    }

    fn keeps_order(&self) -> bool {
        true
    }

    fn keeps_messages(&self) -> bool {
        true
    }

    fn keeps_untaken(&self) -> bool {
        true
    }

    fn register(&self, id: &EntityId, ancestors: Option<&[String]>) -> Asked<()> {
        self.register_with(id, ancestors, &Attributes::new())
    }

    fn register_with(
        &self,
        id: &EntityId,
        ancestors: Option<&[String]>,
        attributes: &Attributes,
    ) -> Asked<()> {
        let registered = self.stored.register_with(id, ancestors, attributes);
        let announced = (id == self.id()).then(|| self.announce());
        async move {
            registered.await?;
            match announced {
                Some(announced) => announced.await,
                None => Ok(()),
            }
        }
        .boxed()
    }

    fn send(&self, message: &Message, promise: Promise) -> Asked<()> {
        if promise.durable {
            return self.stored.send(message, promise);
        }
        if message.header.kind == Kind::Response {
            self.tally.answered(message.header.tag);
            if self.stored.has_taken(message.header.tag) {
                // It is done there, too, when its answer goes the same way.
                return self.stored.send(message, promise);
            }
        }
        self.post.send(&self.stored, message)
    }

    fn receive(&self) -> BoxFuture<'_, Result<Delivered, MailboxError>> {
        async {
            let mut inbox = self.inbox.lock().await;
            let inbox =
                inbox.get_or_insert_with(|| self.post.enlist(self.id().uid, self.tally.clone()));
            tokio::select! {
                // What waited before this side was reached comes first.
                biased;
                stored = self.stored.receive() => match stored {
                    Ok(delivered) => {
                        self.post.answered(&delivered.message.header);
                        Ok(delivered)
                    }
                    Err(error) => {
                        if matches!(error, MailboxError::Terminated) {
                            self.fail_open(ErrorCode::MailboxTerminated).await?;
                        }
                        Err(error)
                    }
                },
                Some(incoming) = inbox.recv() => {
                    let message = incoming.message;
                    if message.header.kind == Kind::Request {
                        self.tally.came(&message.header);
                        self.post.tell_soon();
                    }
                    Ok(message.into())
                }
            }
        }
        .boxed()
    }

    fn hand_answers_to(&self, take: TakeAnswer) {
        self.post.hand_answers_to(take);
    }

    fn close(&self) -> Asked<()> {
        let withdrawn = self.withdraw();
        let failed = self.fail_open(ErrorCode::PingCancelled);
        let stored = self.stored.close();
        let (post, inbox, tally) = (self.post.clone(), self.inbox.clone(), self.tally.clone());
        async move {
            failed.await?;
            tally.tell().await;
            withdrawn.await?;
            stored.await?;
            // What came straight and was not looked at waits for the next holder.
            if let Some(mut inbox) = inbox.lock().await.take() {
                inbox.close();
                while let Some(incoming) = inbox.recv().await {
                    post.pass_on(incoming.message).await;
                }
            }
            Ok(())
        }
        .boxed()
    }

    fn discover(&self, class: &str, with_descendants: bool) -> Asked<Vec<EntityId>> {
        self.stored.discover(class, with_descendants)
    }

    fn named(&self, name: &str) -> Asked<Vec<EntityId>> {
        self.stored.named(name)
    }

    fn with_attribute(&self, name: &str, value: &str) -> Asked<Vec<EntityId>> {
        self.stored.with_attribute(name, value)
    }

    fn terminate(&self, id: &EntityId) -> Asked<()> {
        let terminated = self.stored.terminate(id);
        if id != self.id() {
            return terminated;
        }
        let withdrawn = self.withdraw();
        let failed = self.fail_open(ErrorCode::MailboxTerminated);
        async move {
            failed.await?;
            withdrawn.await?;
            terminated.await
        }
        .boxed()
    }

    fn heartbeat(&self) -> Asked<()> {
        let (beaten, announced) = (self.stored.heartbeat(), self.announce());
        async move {
            beaten.await?;
            announced.await
        }
        .boxed()
    }

    fn last_heartbeat(&self, id: &EntityId) -> Asked<Option<Duration>> {
        self.stored.last_heartbeat(id)
    }

    fn stats(&self, id: &EntityId) -> Asked<MailboxStats> {
        let (tally, asked) = (self.post.tally(id.uid), self.stored.clone());
        let id = id.clone();
        async move {
            if let Some(tally) = tally {
                tally.tell().await;
            }
            asked.stats(&id).await
        }
        .boxed()
    }
}
