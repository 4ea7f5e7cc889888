//! `/api/admin/channels` and `/api/admin/deliveries`: notification channels and the notification log.

use crate::audit::Actor;
use crate::http::{ApiError, BodyErrors, Envelope, Failure, body, required, run_blocking};
use crate::notifications::Notifications;
use crate::services::{NotificationError, NotificationService};
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use utoipa::ToSchema;
use watchglass_notify::Overview;

/// Body size limit, in bytes.
const MAX_BODY_BYTES: usize = 4 << 10;

/// Notification channel.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelRow {
    /// Name in the configuration file.
    name: String,
    /// Kind, such as `email` or `webhook`.
    kind: &'static str,
    /// Recipient; secrets are never shown.
    to: String,
}

/// Notification log.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Deliveries {
    /// Number of queued, sent and failed messages.
    #[schema(value_type = Object)]
    counts: watchglass_notify::outbox::Counts,
    /// Delivery attempts, newest first, at most 200.
    #[schema(value_type = Vec<Object>)]
    deliveries: Vec<watchglass_notify::outbox::Delivery>,
    /// Failed messages without further retries, newest first.
    #[schema(value_type = Vec<Object>)]
    dead_letters: Vec<watchglass_notify::outbox::DeadLetter>,
    /// Write error of the outbox; `null` without one.
    problem: Option<String>,
}

/// Message to resend.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResendBody {
    /// Message id.
    id: String,
    /// Channel name.
    channel: String,
    /// Name for the notification log. Required, unless `who` is set.
    author: Option<String>,
    /// Deprecated: use `author`.
    #[schema(deprecated)]
    who: Option<String>,
}

/// Result of sending.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sent {
    /// Always true.
    sent: bool,
}

/// Lists the notification channels.
#[utoipa::path(
    get,
    path = "/api/admin/channels",
    tag = "alerts",
    responses((status = 200, description = "The channels", body = Envelope<Vec<ChannelRow>>))
)]
pub(crate) async fn channels(
    State(notifications): State<Arc<Notifications>>,
) -> Result<Json<Envelope<Vec<ChannelRow>>>, ApiError> {
    let channels = overview(Arc::clone(&notifications)).await?.channels.into_iter();
    let row = |(name, to): (String, String)| ChannelRow { kind: notifications.channel_kind(&name), name, to };
    Ok(Envelope::of(channels.map(row).collect()))
}

/// Returns the notification log.
#[utoipa::path(
    get,
    path = "/api/admin/deliveries",
    tag = "alerts",
    responses((status = 200, description = "The notification log", body = Envelope<Deliveries>))
)]
pub(crate) async fn deliveries(
    State(notifications): State<Arc<Notifications>>,
) -> Result<Json<Envelope<Deliveries>>, ApiError> {
    let Overview { counts, deliveries, dead_letters, problem, .. } = overview(notifications).await?;
    Ok(Envelope::of(Deliveries { counts, deliveries, dead_letters, problem }))
}

/// Sends a test message to a channel, and returns the result.
#[utoipa::path(
    post,
    path = "/api/admin/channels/{name}/test",
    tag = "alerts",
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 200, description = "Test message sent", body = Envelope<Sent>),
        (status = 404, description = "Unknown channel", body = Failure),
        (status = 502, description = "Sending failed; the error message has the reason", body = Failure),
        (status = 503, description = "The outbox is busy", body = Failure)
    )
)]
pub(crate) async fn test(
    State(notifications): State<NotificationService>,
    actor: Actor,
    Path(name): Path<String>,
) -> Result<Json<Envelope<Sent>>, ApiError> {
    run_blocking(move || notifications.test_channel(&actor, &name)).await??;
    Ok(Envelope::of(Sent { sent: true }))
}

/// Resends a message to one of its channels.
#[utoipa::path(
    post,
    path = "/api/admin/deliveries/resend",
    tag = "alerts",
    request_body = ResendBody,
    responses(
        (status = 200, description = "The message is queued", body = Envelope<Sent>),
        (status = 400, description = "Already queued", body = Failure),
        (status = 404, description = "Unknown message", body = Failure),
        (status = 503, description = "The outbox is busy", body = Failure),
        BodyErrors
    )
)]
pub(crate) async fn resend(
    State(notifications): State<NotificationService>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<Sent>>, ApiError> {
    let ResendBody { id, channel, author, who } =
        body::read(&headers, body, MAX_BODY_BYTES, "Invalid resend request").await?;
    let author = required(("author", author), ("who", who))?;
    run_blocking(move || notifications.resend(&actor, (&id, &channel), &author)).await??;
    Ok(Envelope::of(Sent { sent: true }))
}

async fn overview(notifications: Arc<Notifications>) -> Result<Overview, ApiError> {
    Ok(run_blocking(move || notifications.overview()).await?.map_err(NotificationError::from)?)
}
