//! The manager's mailbox: what children report.

use std::sync::Weak;

use lyceum_core::User;
use serde::Deserialize;

use super::Children;
use crate::serve::{Report, SUBJECT};

/// Hands reports to those who wait for them, until the node ends.
pub(super) async fn take_reports(mut user: User, children: Weak<Children>) {
    while let Some(mail) = user.receive().await {
        let Some(children) = children.upgrade() else { return };
        let report = Report::deserialize(&mail.body).ok().filter(|_| mail.subject == SUBJECT);
        let Some(report) = report else {
            tracing::debug!(subject = mail.subject, "the manager got mail that it does not know");
            continue;
        };
        let name = report.name.parse().ok();
        let child = name.and_then(|name| children.table().named(&name));
        if let Some(child) = child {
            child.report(report);
        }
    }
}
