//! Testing notification channels, and resending messages. Waits for the outbox and the receiver.

use super::{ErrorKind, ServiceError};
use crate::audit::{Actor, AuditTarget, PermissionDenied};
use crate::notifications::Notifications;
use serde_json::json;
use std::sync::Arc;
use thiserror::Error;
use watchglass_auth::Permission;
use watchglass_notify::DeliveryError;
use watchglass_notify::outbox::OutboxError;

/// Length limit of a name, in characters.
const MAX_NAME_CHARS: usize = 100;

/// Why nothing was sent.
#[derive(Debug, Error)]
pub(crate) enum NotificationError {
    #[error(transparent)]
    Denied(#[from] PermissionDenied),
    #[error("who: must be 1 to {MAX_NAME_CHARS} characters")]
    Author,
    #[error(transparent)]
    Delivery(#[from] DeliveryError),
}

impl ServiceError for NotificationError {
    fn kind_and_code(&self) -> (ErrorKind, &'static str) {
        match self {
            Self::Denied(error) => error.kind_and_code(),
            Self::Author => (ErrorKind::Invalid, "bad_parameter"),
            Self::Delivery(DeliveryError::UnknownChannel { .. }) => (ErrorKind::NotFound, "no_channel"),
            Self::Delivery(DeliveryError::Outbox(OutboxError::Unknown { .. })) => {
                (ErrorKind::NotFound, "no_message")
            }
            Self::Delivery(DeliveryError::Outbox(_)) => (ErrorKind::Invalid, "no_message"),
            Self::Delivery(DeliveryError::Send(_)) => (ErrorKind::Upstream, "not_sent"),
            Self::Delivery(_) => (ErrorKind::Busy, "busy"),
        }
    }

    fn field(&self) -> Option<&str> {
        matches!(self, Self::Author).then_some("who")
    }

    fn reason(&self) -> Option<String> {
        match self {
            Self::Author => Some(format!("must be 1 to {MAX_NAME_CHARS} characters")),
            _ => None,
        }
    }
}

/// Sending of notifications by users.
#[derive(Clone, Debug)]
pub(crate) struct NotificationService {
    pub(crate) notifications: Arc<Notifications>,
}

impl NotificationService {
    /// Sends a test message over a channel and waits for the result.
    ///
    /// # Errors
    /// Not an administrator, unknown channel, or the receiver did not accept it.
    pub(crate) fn test_channel(&self, actor: &Actor, channel: &str) -> Result<(), NotificationError> {
        actor.require(Permission::Admin)?;
        if let Err(error) = self.notifications.test(channel) {
            if !matches!(error, DeliveryError::UnknownChannel { .. }) {
                let to = json!({ "error": error.to_string() });
                actor.record(AuditTarget::Channel, "test failed", channel, (None, Some(to)));
                tracing::warn!(channel, %error, "test message failed");
            }
            return Err(error.into());
        }
        actor.record(AuditTarget::Channel, "tested", channel, (None, None));
        tracing::info!(channel, "test message sent");
        Ok(())
    }

    /// Queues a message again for one of its channels, on behalf of `author`.
    ///
    /// # Errors
    /// Not an administrator, no author, unknown message, or it is still queued.
    pub(crate) fn resend(
        &self,
        actor: &Actor,
        (id, channel): (&str, &str),
        author: &str,
    ) -> Result<(), NotificationError> {
        actor.require(Permission::Admin)?;
        if author.is_empty() || author.chars().count() > MAX_NAME_CHARS {
            return Err(NotificationError::Author);
        }
        self.notifications.resend(id, channel, author)?;
        let to = json!({ "channel": channel, "who": author });
        actor.record(AuditTarget::Delivery, "sent again", id, (None, Some(to)));
        tracing::info!(id, channel, author, "message queued again");
        Ok(())
    }
}
