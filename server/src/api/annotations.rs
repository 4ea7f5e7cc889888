//! `/api/annotations` and `/api/admin/annotations`: annotations of charts.

use crate::annotations::{Annotations, MAX_LISTED, NewAnnotation};
use crate::audit::Actor;
use crate::http::{
    ApiError, BodyErrors, Done, Envelope, Failure, Parameters, bad_request, body, run_blocking,
};
use crate::services::AnnotationService;
use axum::Json;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::sync::Arc;
use utoipa::{IntoParams, ToSchema};
use watchglass_model::{Annotation, AnnotationKind, TimeRange, Timestamp};
use watchglass_reports::parse_time;

/// Body size limit, in bytes.
const MAX_BODY_BYTES: usize = 16 << 10;
/// Prefix of form fields that are tags.
const TAG_PREFIX: &str = "tag.";

/// Annotation to add to all charts.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnnotationBody {
    /// Text, at most 200 characters.
    #[schema(example = "deploy 1.4.2")]
    text: String,
    /// Start, in milliseconds since 1970; defaults to now.
    #[serde(default)]
    time: Option<i64>,
    /// End, in milliseconds since 1970; without it the annotation is a point in time.
    #[serde(default)]
    end: Option<i64>,
    /// `deploy`, `restart` or `note` (default).
    #[serde(default)]
    kind: Option<String>,
    /// Tags; in a form, fields such as `tag.version`.
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

/// Annotation of all charts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnnotationRow {
    /// Id.
    id: u64,
    /// Start, in milliseconds since 1970.
    time: i64,
    /// End; `null` for a point in time.
    end: Option<i64>,
    /// `deploy`, `restart` or `note`.
    kind: &'static str,
    /// Text.
    text: String,
    /// Tags.
    tags: BTreeMap<String, String>,
    /// User or token that added it; empty for restarts that this server detected.
    author: String,
}

impl From<Annotation> for AnnotationRow {
    fn from(annotation: Annotation) -> Self {
        Self {
            id: annotation.id,
            time: annotation.time.millis(),
            end: annotation.end.map(Timestamp::millis),
            kind: annotation.kind.as_str(),
            text: annotation.text,
            tags: annotation.tags,
            author: annotation.author,
        }
    }
}

/// Query parameters.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct AnnotationQuery {
    /// Start of the time range: RFC 3339, or seconds since 1970.
    #[param(example = "2026-11-22T02:00:00Z")]
    start: Option<String>,
    /// End of the time range.
    end: Option<String>,
    /// Kind: `deploy`, `restart` or `note`.
    kind: Option<String>,
}

/// Lists annotations of a time range, newest first; all stored ones without a range.
#[utoipa::path(
    get,
    path = "/api/admin/annotations",
    tag = "annotations",
    params(AnnotationQuery),
    responses(
        (status = 200, description = "The annotations", body = Envelope<Vec<AnnotationRow>>),
        (status = 400, description = "Invalid parameter", body = Failure)
    )
)]
pub(crate) async fn annotations(
    State(annotations): State<Arc<Annotations>>,
    Parameters(query): Parameters<AnnotationQuery>,
) -> Result<Json<Envelope<Vec<AnnotationRow>>>, ApiError> {
    let time = |name: &str, text: Option<&str>, default: i64| match text {
        Some(text) => parse_time(text).map_err(|error| bad_request(format!("{name}: {error}"))),
        None => Ok(Timestamp::from_millis(default)),
    };
    let range = TimeRange {
        start: time("start", query.start.as_deref(), i64::MIN)?,
        end: time("end", query.end.as_deref(), i64::MAX)?,
    };
    let kind = query.kind.as_deref().map(kind).transpose()?;
    let found = annotations.in_range(range, MAX_LISTED).into_iter();
    let found = found.filter(|annotation| kind.is_none_or(|kind| kind == annotation.kind));
    Ok(Envelope::of(found.map(AnnotationRow::from).collect()))
}

/// Adds an annotation to all charts, such as a deploy, with a token of the role `ingest`. Open pages show it within a second.
#[utoipa::path(
    post,
    path = "/api/annotations",
    tag = "annotations",
    request_body(content(
        (AnnotationBody = "application/json"),
        (AnnotationBody = "application/x-www-form-urlencoded")
    )),
    responses(
        (status = 200, description = "The annotation", body = Envelope<AnnotationRow>),
        (status = 400, description = "Invalid field", body = Failure),
        (status = 507, description = "In effect, but saved in memory only", body = Failure),
        BodyErrors
    )
)]
pub(crate) async fn add_annotation(
    annotations: State<AnnotationService>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<AnnotationRow>>, ApiError> {
    add(annotations, actor, headers, body).await
}

/// Adds an annotation, for admins.
#[utoipa::path(
    post,
    path = "/api/admin/annotations",
    tag = "annotations",
    request_body(content(
        (AnnotationBody = "application/json"),
        (AnnotationBody = "application/x-www-form-urlencoded")
    )),
    responses(
        (status = 200, description = "The annotation", body = Envelope<AnnotationRow>),
        (status = 400, description = "Invalid field", body = Failure),
        (status = 507, description = "In effect, but saved in memory only", body = Failure),
        BodyErrors
    )
)]
pub(crate) async fn add_annotation_as_admin(
    annotations: State<AnnotationService>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<AnnotationRow>>, ApiError> {
    add(annotations, actor, headers, body).await
}

async fn add(
    State(annotations): State<AnnotationService>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<AnnotationRow>>, ApiError> {
    let content_type = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let request = if content_type.starts_with("application/x-www-form-urlencoded") {
        from_form(body::read_form(&headers, body, MAX_BODY_BYTES).await?)?
    } else {
        body::read(&headers, body, MAX_BODY_BYTES, "Invalid annotation").await?
    };
    let new = NewAnnotation {
        text: request.text,
        kind: request.kind.as_deref().map(kind).transpose()?.unwrap_or_default(),
        time: request.time.map(Timestamp::from_millis),
        end: request.end.map(Timestamp::from_millis),
        tags: request.tags,
        author: String::new(),
    };
    let added = run_blocking(move || annotations.add(&actor, new)).await??;
    Ok(Envelope::of(added.into()))
}

/// Removes an annotation.
#[utoipa::path(
    delete,
    path = "/api/admin/annotations/{id}",
    tag = "annotations",
    params(("id" = u64, Path, description = "Id of the annotation")),
    responses(
        (status = 200, description = "The annotation is removed", body = Envelope<Done>),
        (status = 404, description = "Unknown id", body = Failure),
        (status = 507, description = "In effect, but saved in memory only", body = Failure)
    )
)]
pub(crate) async fn remove_annotation(
    State(annotations): State<AnnotationService>,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Json<Envelope<Done>>, ApiError> {
    run_blocking(move || annotations.remove(&actor, &id)).await??;
    Ok(Envelope::of(Done::default()))
}

fn kind(text: &str) -> Result<AnnotationKind, ApiError> {
    text.parse().map_err(|error: watchglass_model::AnnotationKindError| bad_request(format!("kind: {error}")))
}

fn from_form(fields: Vec<(String, String)>) -> Result<AnnotationBody, ApiError> {
    let mut request = AnnotationBody::default();
    let millis = |name: &str, text: &str| {
        text.parse().map(Some).map_err(|_| bad_request(format!("{name}: must be milliseconds since 1970")))
    };
    for (name, value) in fields {
        match name.as_str() {
            "text" => request.text = value,
            "kind" => request.kind = Some(value),
            "time" => request.time = millis("time", &value)?,
            "end" => request.end = millis("end", &value)?,
            _ => {
                let Some(tag) = name.strip_prefix(TAG_PREFIX) else {
                    let shown: String = name.chars().take(40).collect();
                    let known = "expected text, kind, time, end or tag.NAME";
                    return Err(bad_request(format!("unknown field {shown:?}: {known}")));
                };
                request.tags.insert(tag.to_owned(), value);
            }
        }
    }
    Ok(request)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> Result<AnnotationBody, ApiError> {
        from_form(fields.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    #[test]
    fn form_and_json_are_equivalent() {
        let fields = [
            ("text", "deploy 1.4.2"),
            ("kind", "deploy"),
            ("time", "5"),
            ("end", "6"),
            ("tag.version", "1.4.2"),
        ];
        let json = r#"{"text":"deploy 1.4.2","kind":"deploy","time":5,"end":6,"tags":{"version":"1.4.2"}}"#;
        let (form, json) = (form(&fields).unwrap(), serde_json::from_str::<AnnotationBody>(json).unwrap());
        assert_eq!(format!("{form:?}"), format!("{json:?}"));
    }

    #[test]
    fn invalid_fields_are_rejected() {
        for fields in [&[("time", "now")][..], &[("end", "")], &[("what", "x")], &[("tag", "x")]] {
            assert!(form(fields).is_err(), "{fields:?}");
        }
        assert!(kind("deployment").is_err());
    }
}
