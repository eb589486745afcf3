//! What tells one reader that something waits in one of many mailboxes.

use std::collections::BTreeSet;
use std::fmt;
use std::sync::{Mutex, PoisonError};

use tokio::sync::Notify;

use crate::mailbox::MailboxId;

/// Mailboxes in which something is new, for the one who looks after them.
#[derive(Default)]
pub struct Bell {
    rung: Mutex<BTreeSet<MailboxId>>,
    notify: Notify,
}

impl Bell {
    /// Says that something is new in a mailbox.
    pub fn ring(&self, mailbox: MailboxId) {
        let is_first = {
            let mut rung = self.rung.lock().unwrap_or_else(PoisonError::into_inner);
            rung.insert(mailbox) && rung.len() == 1
        };
        if is_first {
            self.notify.notify_one();
        }
    }

    /// Returns the mailboxes in which something is new since the last time.
    pub fn answer(&self) -> BTreeSet<MailboxId> {
        std::mem::take(&mut *self.rung.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Waits until something is new.
    ///
    /// # Cancel safety
    ///
    /// Nothing is missed if the future is dropped: [`answer`](Self::answer) has it.
    pub async fn rung(&self) {
        self.notify.notified().await;
    }
}

impl fmt::Debug for Bell {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Bell")
    }
}
