//! `/api/admin/channels` and `/api/admin/deliveries`: how people are reached, and what became of it.

use super::{ApiError, Envelope, Failure, Shared, body};
use crate::audit::{Actor, What};
use crate::core::Core;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;
use watchglass_notify::{Overview, PostError};

/// The longest body that is read, in bytes.
const LONGEST: usize = 4 << 10;

/// A way to reach people.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct ChannelRow {
    /// Its name, as the configuration file has it.
    name: String,
    /// Whom it reaches. Secrets are never shown.
    to: String,
}

/// What happened to messages.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Deliveries {
    /// How many wait, were delivered, and were given up.
    #[schema(value_type = Object)]
    counts: watchglass_notify::outbox::Counts,
    /// What happened, the newest first, at most 200.
    #[schema(value_type = Vec<Object>)]
    deliveries: Vec<watchglass_notify::outbox::Delivery>,
    /// What did not arrive and is tried no more, the newest first.
    #[schema(value_type = Vec<Object>)]
    dead_letters: Vec<watchglass_notify::outbox::DeadLetter>,
    /// What keeps the outbox from writing; `null` when nothing does.
    problem: Option<String>,
}

/// A message that is to be sent again.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct ResendBody {
    /// Its id.
    id: String,
    /// Over which channel.
    channel: String,
    /// Who asks for it.
    who: String,
}

/// What was done.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct Sent {
    /// Always true.
    sent: bool,
}

/// The channels.
#[utoipa::path(
    get,
    path = "/api/admin/channels",
    tag = "alerts",
    responses((status = 200, description = "The channels", body = Envelope<Vec<ChannelRow>>))
)]
pub(crate) async fn channels(
    State(shared): State<Shared>,
) -> Result<Json<Envelope<Vec<ChannelRow>>>, ApiError> {
    let channels = overview(&shared).await?.channels;
    Ok(Envelope::of(channels.into_iter().map(|(name, to)| ChannelRow { name, to }).collect()))
}

/// What became of messages.
#[utoipa::path(
    get,
    path = "/api/admin/deliveries",
    tag = "alerts",
    responses((status = 200, description = "The delivery log", body = Envelope<Deliveries>))
)]
pub(crate) async fn deliveries(State(shared): State<Shared>) -> Result<Json<Envelope<Deliveries>>, ApiError> {
    let Overview { counts, deliveries, dead_letters, problem, .. } = overview(&shared).await?;
    Ok(Envelope::of(Deliveries { counts, deliveries, dead_letters, problem }))
}

/// Sends a test message over a channel, and tells what became of it.
#[utoipa::path(
    post,
    path = "/api/admin/channels/{name}/test",
    tag = "alerts",
    params(("name" = String, Path, description = "Name of the channel")),
    responses(
        (status = 200, description = "The other side took it", body = Envelope<Sent>),
        (status = 404, description = "There is no such channel", body = Failure),
        (status = 502, description = "It did not arrive; the message says why", body = Failure),
        (status = 503, description = "The outbox is busy", body = Failure)
    )
)]
pub(crate) async fn test(
    State(shared): State<Shared>,
    actor: Actor,
    Path(name): Path<String>,
) -> Result<Json<Envelope<Sent>>, ApiError> {
    let tested = name.clone();
    ask(&shared, move |core| core.telling().test(&name)).await?;
    actor.note(What::Channel, "tested", &tested, (None, None));
    Ok(Envelope::of(Sent { sent: true }))
}

/// Sends a message again over a channel that it was on.
#[utoipa::path(
    post,
    path = "/api/admin/deliveries/resend",
    tag = "alerts",
    request_body = ResendBody,
    responses(
        (status = 200, description = "It will be sent", body = Envelope<Sent>),
        (status = 400, description = "There is no such message, or it waits already", body = Failure),
        (status = 408, description = "It did not come within ten seconds", body = Failure),
        (status = 413, description = "It is longer than 4 KiB", body = Failure),
        (status = 415, description = "Its Content-Type is not application/json", body = Failure),
        (status = 503, description = "The outbox is busy", body = Failure)
    )
)]
pub(crate) async fn resend(
    State(shared): State<Shared>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<Sent>>, ApiError> {
    let ResendBody { id, channel, who } =
        body::read(&headers, body, LONGEST, "This names no message").await?;
    let (sent, to) = (id.clone(), serde_json::json!({ "channel": channel, "who": who }));
    ask(&shared, move |core| core.telling().resend(&id, &channel, &who)).await?;
    actor.note(What::Delivery, "sent again", &sent, (None, Some(to)));
    Ok(Envelope::of(Sent { sent: true }))
}

async fn overview(shared: &Shared) -> Result<Overview, ApiError> {
    ask(shared, |core| core.telling().overview()).await
}

async fn ask<T: Send + 'static>(
    shared: &Shared,
    ask: impl FnOnce(&Core) -> Result<T, PostError> + Send + 'static,
) -> Result<T, ApiError> {
    shared.ask(ask).await?.map_err(|error| {
        let (status, code) = match &error {
            PostError::NoChannel { .. } => (StatusCode::NOT_FOUND, "no_channel"),
            PostError::Outbox(_) => (StatusCode::BAD_REQUEST, "no_message"),
            PostError::Send(_) => (StatusCode::BAD_GATEWAY, "not_sent"),
            _ => (StatusCode::SERVICE_UNAVAILABLE, "busy"),
        };
        ApiError::new(status, code, error.to_string())
    })
}
