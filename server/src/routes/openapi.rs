//! `GET /api/openapi.json`: the API described for programs, made from the handlers themselves.

use super::{
    annotations, audit, channels, doors, ingest, live_state, login, offline, rules, scrape, silences, system,
    tokens, users,
};
use axum::Json;
use axum::http::Method;
use serde_json::{Value, json};
use std::sync::LazyLock;
use utoipa::OpenApi;
use watchglass_access::Door;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Watchglass",
        description = "What this server measures and keeps. Answers are `{\"success\":true,\"data\":…}`, errors \
            `{\"success\":false,\"error\":{\"code\",\"message\"}}` with a status that fits.",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(
        live_state::live,
        login::login,
        login::logout,
        scrape::scrape,
        ingest::ingest,
        system::system_metrics,
        system::system_health,
        system::system_alerts,
        system::system_history,
        offline::snapshot,
        rules::rules,
        rules::preview,
        rules::rule,
        rules::changes::create_rule,
        rules::changes::put_rule,
        rules::changes::enable_rule,
        rules::changes::delete_rule,
        silences::silences,
        silences::add_silence,
        silences::end_silence,
        silences::acknowledge,
        silences::withdraw,
        annotations::annotations,
        annotations::add_annotation,
        annotations::add_annotation_as_admin,
        annotations::remove_annotation,
        channels::channels,
        channels::test,
        channels::deliveries,
        channels::resend,
        users::users,
        users::add_user,
        users::change_user,
        tokens::tokens,
        tokens::add_token,
        tokens::revoke_token,
        tokens::sessions,
        tokens::end_session,
        audit::audit,
        openapi
    ),
    components(schemas(system::Format, audit::LogFormat)),
    tags(
        (name = "system", description = "The newest values, the health, alerts and the past"),
        (name = "alerts", description = "What is an alert"),
        (name = "annotations", description = "What explains charts: deploys, restarts, notes"),
        (name = "metrics", description = "For scrapers"),
        (name = "access", description = "Who may call"),
        (name = "applications", description = "What other applications report"),
        (name = "server", description = "About the server itself")
    )
)]
struct Api;

/// The description; the addresses that older clients know are in it as well.
pub(super) static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let mut document = serde_json::to_value(Api::openapi()).unwrap_or_default();
    if let Some(paths) = document.get_mut("paths").and_then(Value::as_object_mut) {
        let older: Vec<(String, Value)> = paths
            .iter()
            .filter_map(|(path, item)| {
                let rest = path.strip_prefix("/api/admin/").filter(|rest| rest.starts_with("system/"))?;
                let mut item = item.clone();
                if let Some(id) = item.pointer_mut("/get/operationId") {
                    *id = format!("core_{}", id.as_str().unwrap_or_default()).into();
                }
                Some((format!("/api/core/admin/{rest}"), item))
            })
            .collect();
        paths.extend(older);
        paths.iter_mut().for_each(|(path, item)| add_doors(path, item));
    }
    if let Some(document) = document.as_object_mut() {
        document.insert("security".to_owned(), json!([{ "token": [] }, { "session": [] }]));
    }
    if let Some(components) = document.pointer_mut("/components").and_then(Value::as_object_mut) {
        let schemes = json!({
            "token": { "type": "http", "scheme": "bearer", "description": "From `watchglass token create`" },
            "session": { "type": "apiKey", "in": "cookie", "name": "watchglass", "description": "From `POST /api/login`" }
        });
        components.insert("securitySchemes".to_owned(), schemes);
    }
    document
});

const LIMITED: &str =
    "Whoever asks has used up a limit, which the message names: Retry-After says how long to wait";

/// Says of each operation what it needs, and how it answers whoever does not have that.
fn add_doors(path: &str, item: &mut Value) {
    for (method, operation) in item.as_object_mut().into_iter().flatten() {
        let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).unwrap_or_default();
        let needed = doors::of(path, &method).and_then(Door::least);
        let Some(operation) = operation.as_object_mut() else { continue };
        let mut answers = vec![("429", LIMITED.to_owned())];
        match needed {
            None => drop(operation.insert("security".to_owned(), json!([]))),
            Some(role) => answers.extend([
                ("401", "There is no session or token, or it is good no more".to_owned()),
                ("403", format!("Whoever asks has not the role {role}")),
            ]),
        }
        if let Some(responses) = operation.get_mut("responses").and_then(Value::as_object_mut) {
            let content =
                json!({ "application/json": { "schema": { "$ref": "#/components/schemas/Failure" } } });
            for (status, text) in answers {
                responses
                    .entry(status)
                    .or_insert_with(|| json!({ "description": text, "content": content.clone() }));
            }
        }
    }
}

/// This description.
#[utoipa::path(
    get,
    path = "/api/openapi.json",
    tag = "server",
    responses((status = 200, description = "An OpenAPI document", body = Object))
)]
pub(crate) async fn openapi() -> Json<&'static Value> {
    Json(&DOCUMENT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_route_of_the_api_is_described() {
        let paths = DOCUMENT["paths"].as_object().unwrap();
        let described: Vec<&str> = paths.keys().map(String::as_str).collect();
        assert_eq!(described, super::super::DESCRIBED);
    }

    #[test]
    fn every_operation_has_its_own_name() {
        let paths = DOCUMENT["paths"].as_object().unwrap();
        let operations = paths.values().flat_map(|item| item.as_object().unwrap().values());
        let mut names: Vec<&str> =
            operations.map(|operation| operation["operationId"].as_str().unwrap()).collect();
        let all = names.len();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), all);
    }

    #[test]
    fn every_operation_says_who_may_use_it() {
        let paths = DOCUMENT["paths"].as_object().unwrap();
        for (path, item) in paths {
            for (method, operation) in item.as_object().unwrap() {
                let is_open = ["/api/live", "/api/login", "/api/logout"].contains(&path.as_str());
                assert_eq!(operation.get("security").is_some(), is_open, "{method} {path}");
                assert!(is_open || operation["responses"]["403"].is_object(), "{method} {path}");
                assert!(operation["responses"]["429"].is_object(), "{method} {path}");
            }
        }
        assert_eq!(DOCUMENT["security"][0], serde_json::json!({ "token": [] }));
    }

    #[test]
    fn every_reference_leads_somewhere() {
        let text = DOCUMENT.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(DOCUMENT.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
