//! Dead letters at a Redis, which has no server of ours: this program is a node that looks there.

use std::sync::Arc;

use lyceum::network::academy::{Academy, AcademyExt, DeadLetterError};
use lyceum::prelude::*;

use crate::exchange::dead_letters::Line;
use crate::exchange::request::Target;

/// Returns the dead letters, or those of one mailbox.
pub(super) fn list(target: &Target, mailbox: Option<&str>) -> lyceum::Result<Vec<Line>> {
    let url = target.url.clone();
    let letters = ask(target, async move |academy| academy.dead_letters(&url).await)?;
    let lines = letters.into_iter().map(|letter| Line {
        sequence: letter.sequence,
        mailbox: letter.mailbox.uid.to_string(),
        sender: letter.sender.uid.to_string(),
        deliveries: letter.deliveries,
        // There is no other one.
        reason: "Undeliverable".into(),
        at: letter.at,
        bytes: letter.bytes,
    });
    Ok(lines.filter(|line| mailbox.is_none_or(|mailbox| mailbox == line.mailbox)).collect())
}

/// Puts one into its mailbox once more.
pub(super) fn replay(target: &Target, number: u64) -> lyceum::Result<()> {
    let url = target.url.clone();
    ask(target, async move |academy| academy.replay_dead_letter(&url, number).await)
}

/// Throws one away.
pub(super) fn discard(target: &Target, number: u64) -> lyceum::Result<()> {
    let url = target.url.clone();
    ask(target, async move |academy| academy.drop_dead_letter(&url, number).await)
}

/// Runs a node for one question.
fn ask<T>(
    target: &Target,
    question: impl AsyncFnOnce(Arc<Academy>) -> Result<T, DeadLetterError>,
) -> lyceum::Result<T> {
    let token = target.token()?;
    lyceum::block_on(async {
        let node = Node::local();
        let academy = node.academy();
        if let Some(token) = token {
            academy.authorize(&target.url, &token)?;
        }
        let answer = question(academy).await;
        node.shutdown().await;
        Ok(answer?)
    })
}
