//! `/api/annotations` and `/api/admin/annotations`: what explains charts.

use super::{ApiError, Done, Envelope, Failure, Parameters, Shared, bad, body};
use crate::annotations::NewAnnotation;
use crate::audit::{Actor, What};
use crate::ticker;
use axum::body::Body;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::http::header::CONTENT_TYPE;
use axum::{Extension, Json};
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use utoipa::{IntoParams, ToSchema};
use watchglass_access::Pass;
use watchglass_export::parse_time;
use watchglass_model::{Annotation, AnnotationKind, TimeRange, Timestamp};

/// The longest body that is read, in bytes.
const LONGEST: usize = 16 << 10;
/// What begins the names of fields that are tags, in a form.
const TAG: &str = "tag.";

/// What is to be marked on all charts.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct AnnotationBody {
    /// What people are told, at most 200 characters.
    #[schema(example = "deploy 1.4.2")]
    text: String,
    /// When it was, or began, in milliseconds since 1970; now when it is missing.
    #[serde(default)]
    time: Option<i64>,
    /// When it was over, in milliseconds since 1970; a moment when it is missing.
    #[serde(default)]
    end: Option<i64>,
    /// `deploy`, `restart` or `note`, which it is when this is missing.
    #[serde(default)]
    kind: Option<String>,
    /// Anything else that is known of it; in a form, fields such as `tag.version`.
    #[serde(default)]
    tags: BTreeMap<String, String>,
}

/// What is marked on all charts.
#[derive(Debug, Serialize, ToSchema)]
pub(crate) struct AnnotationRow {
    /// What it is referred to by.
    id: u64,
    /// When it was, or began, in milliseconds since 1970.
    time: i64,
    /// When it was over; `null` for a moment.
    end: Option<i64>,
    /// `deploy`, `restart` or `note`.
    kind: &'static str,
    /// What people are told.
    text: String,
    /// Anything else that is known of it.
    tags: BTreeMap<String, String>,
    /// The person or token that said so; empty for what this server has seen by itself.
    author: String,
}

impl From<Annotation> for AnnotationRow {
    fn from(annotation: Annotation) -> Self {
        Self {
            id: annotation.id,
            time: annotation.time.millis(),
            end: annotation.end.map(Timestamp::millis),
            kind: annotation.kind.word(),
            text: annotation.text,
            tags: annotation.tags,
            author: annotation.author,
        }
    }
}

/// Which annotations.
#[derive(Debug, Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
pub(crate) struct Question {
    /// Those that were not over before: RFC 3339 in UTC, or seconds since 1970.
    #[param(example = "2026-11-22T02:00:00Z")]
    start: Option<String>,
    /// Those that had begun by then.
    end: Option<String>,
    /// Those of this kind: `deploy`, `restart` or `note`.
    kind: Option<String>,
}

/// The annotations of a stretch of time, the latest first; all that are kept, unless it is given.
#[utoipa::path(
    get,
    path = "/api/admin/annotations",
    tag = "annotations",
    params(Question),
    responses(
        (status = 200, description = "The annotations", body = Envelope<Vec<AnnotationRow>>),
        (status = 400, description = "A parameter that cannot be understood", body = Failure)
    )
)]
pub(crate) async fn annotations(
    State(shared): State<Shared>,
    Parameters(question): Parameters<Question>,
) -> Result<Json<Envelope<Vec<AnnotationRow>>>, ApiError> {
    let time = |name: &str, text: Option<&str>, otherwise: i64| match text {
        Some(text) => parse_time(text).map_err(|error| bad(format!("{name}: {error}"))),
        None => Ok(Timestamp::from_millis(otherwise)),
    };
    let range = TimeRange {
        start: time("start", question.start.as_deref(), i64::MIN)?,
        end: time("end", question.end.as_deref(), i64::MAX)?,
    };
    let kind = question.kind.as_deref().map(kind).transpose()?;
    let found = shared.core.annotations_within(range).into_iter();
    let found = found.filter(|annotation| kind.is_none_or(|kind| kind == annotation.kind));
    Ok(Envelope::of(found.map(AnnotationRow::from).collect()))
}

/// Marks something on all charts: a deploy, for one, with a token of the role `ingest`. Open pages show it within a second.
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
        (status = 400, description = "A field that cannot be used", body = Failure),
        (status = 408, description = "It did not come within ten seconds", body = Failure),
        (status = 413, description = "It is longer than 16 KiB", body = Failure),
        (status = 415, description = "Its Content-Type is neither JSON nor that of a form", body = Failure)
    )
)]
pub(crate) async fn add_annotation(
    state: State<Shared>,
    pass: Extension<Pass>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<AnnotationRow>>, ApiError> {
    add(state, pass, actor, headers, body).await
}

/// The same, for administrators.
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
        (status = 400, description = "A field that cannot be used", body = Failure),
        (status = 408, description = "It did not come within ten seconds", body = Failure),
        (status = 413, description = "It is longer than 16 KiB", body = Failure),
        (status = 415, description = "Its Content-Type is neither JSON nor that of a form", body = Failure)
    )
)]
pub(crate) async fn add_annotation_as_admin(
    state: State<Shared>,
    pass: Extension<Pass>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<AnnotationRow>>, ApiError> {
    add(state, pass, actor, headers, body).await
}

async fn add(
    State(shared): State<Shared>,
    Extension(pass): Extension<Pass>,
    actor: Actor,
    headers: HeaderMap,
    body: Body,
) -> Result<Json<Envelope<AnnotationRow>>, ApiError> {
    let kind_of_body = headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    let asked = if kind_of_body.starts_with("application/x-www-form-urlencoded") {
        from_form(body::read_form(&headers, body, LONGEST).await?)?
    } else {
        body::read(&headers, body, LONGEST, "This is no annotation").await?
    };
    let new = NewAnnotation {
        text: asked.text,
        kind: asked.kind.as_deref().map(kind).transpose()?.unwrap_or_default(),
        time: asked.time.map(Timestamp::from_millis),
        end: asked.end.map(Timestamp::from_millis),
        tags: asked.tags,
        author: pass.name,
    };
    let added = shared.core.annotate(new, ticker::now()).map_err(|error| bad(error.to_string()))?;
    actor.note(What::Annotation, "added", &added.id.to_string(), (None, as_noted(&added)));
    tracing::info!(id = added.id, author = added.author, says = added.text, "an annotation was added");
    Ok(Envelope::of(added.into()))
}

/// Takes an annotation away.
#[utoipa::path(
    delete,
    path = "/api/admin/annotations/{id}",
    tag = "annotations",
    params(("id" = u64, Path, description = "Id of the annotation")),
    responses(
        (status = 200, description = "It is gone", body = Envelope<Done>),
        (status = 404, description = "There is none with that id", body = Failure)
    )
)]
pub(crate) async fn remove_annotation(
    State(shared): State<Shared>,
    actor: Actor,
    Path(id): Path<String>,
) -> Result<Json<Envelope<Done>>, ApiError> {
    let removed = id.parse().ok().and_then(|id| shared.core.remove_annotation(id));
    let removed = removed.ok_or_else(|| ApiError::not_found(&format!("/api/admin/annotations/{id}")))?;
    actor.note(What::Annotation, "removed", &id, (as_noted(&removed), None));
    tracing::info!(id = removed.id, says = removed.text, "an annotation was removed");
    Ok(Envelope::of(Done::default()))
}

/// What the audit log tells of it.
fn as_noted(annotation: &Annotation) -> Option<Value> {
    Some(json!({ "kind": annotation.kind.word(), "text": annotation.text }))
}

fn kind(text: &str) -> Result<AnnotationKind, ApiError> {
    text.parse().map_err(|error: watchglass_model::AnnotationKindError| bad(format!("kind: {error}")))
}

fn from_form(fields: Vec<(String, String)>) -> Result<AnnotationBody, ApiError> {
    let mut asked = AnnotationBody::default();
    let millis = |name: &str, text: &str| {
        text.parse().map(Some).map_err(|_| bad(format!("{name}: it must be milliseconds since 1970")))
    };
    for (name, value) in fields {
        match name.as_str() {
            "text" => asked.text = value,
            "kind" => asked.kind = Some(value),
            "time" => asked.time = millis("time", &value)?,
            "end" => asked.end = millis("end", &value)?,
            _ => {
                let Some(tag) = name.strip_prefix(TAG) else {
                    let shown: String = name.chars().take(40).collect();
                    let known = "there are text, kind, time, end, and tag.NAME for tags";
                    return Err(bad(format!("{shown:?} is no field of an annotation: {known}")));
                };
                asked.tags.insert(tag.to_owned(), value);
            }
        }
    }
    Ok(asked)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(fields: &[(&str, &str)]) -> Result<AnnotationBody, ApiError> {
        from_form(fields.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect())
    }

    #[test]
    fn a_form_says_the_same_as_json() {
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
    fn odd_fields_are_refused() {
        for fields in [&[("time", "now")][..], &[("end", "")], &[("what", "x")], &[("tag", "x")]] {
            assert!(form(fields).is_err(), "{fields:?}");
        }
        assert!(kind("deployment").is_err());
    }
}
