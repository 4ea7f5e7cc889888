//! `GET /api/openapi.json`: OpenAPI document, generated from the handlers.

use super::{
    annotations, audit, authorize, channels, ingest, liveness, login, rules, scrape, silences, snapshot,
    system, tokens, users,
};
use axum::Json;
use axum::http::Method;
use serde_json::{Value, json};
use std::sync::LazyLock;
use utoipa::OpenApi;
use watchglass_auth::Permission;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Watchglass",
        description = "API of a Watchglass monitoring server. Responses are `{\"success\":true,\"data\":…}`, errors \
            `{\"success\":false,\"error\":{\"code\",\"message\"}}` with the matching status.",
        license(name = "MIT OR Apache-2.0")
    ),
    paths(
        liveness::live,
        login::login,
        login::logout,
        scrape::scrape,
        ingest::ingest,
        system::system_metrics,
        system::system_health,
        system::system_alerts,
        system::system_history,
        snapshot::snapshot,
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
        silences::unacknowledge,
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
        (name = "system", description = "Current values, health, alerts and history"),
        (name = "alerts", description = "Rules, silences, acknowledgements and notifications"),
        (name = "annotations", description = "Annotations of charts: deploys, restarts, notes"),
        (name = "metrics", description = "Prometheus metrics"),
        (name = "access", description = "Users, tokens, sessions and the audit log"),
        (name = "applications", description = "Reports of other applications"),
        (name = "server", description = "The server itself")
    )
)]
struct Api;

/// OpenAPI document, including the path aliases of older clients.
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
        paths.iter_mut().for_each(|(path, item)| add_permissions(path, item));
    }
    if let Some(document) = document.as_object_mut() {
        document.insert("security".to_owned(), json!([{ "token": [] }, { "session": [] }]));
    }
    if let Some(components) = document.pointer_mut("/components").and_then(Value::as_object_mut) {
        let schemes = json!({
            "token": { "type": "http", "scheme": "bearer", "description": "Created with `watchglass token create`" },
            "session": { "type": "apiKey", "in": "cookie", "name": "watchglass", "description": "From `POST /api/login`" }
        });
        components.insert("securitySchemes".to_owned(), schemes);
    }
    document
});

const LIMITED: &str = "Rate limit exceeded; the message names the limit, Retry-After has the time to wait";

/// Adds the permission of each operation, and the responses for missing authorization and exceeded rate limits.
fn add_permissions(path: &str, item: &mut Value) {
    for (method, operation) in item.as_object_mut().into_iter().flatten() {
        let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).unwrap_or_default();
        let needed = authorize::route_permission(path, &method).and_then(Permission::required_role);
        let Some(operation) = operation.as_object_mut() else { continue };
        let mut answers = vec![("429", LIMITED.to_owned())];
        match needed {
            None => drop(operation.insert("security".to_owned(), json!([]))),
            Some(role) => answers.extend([
                ("401", "Session or token missing, expired or revoked".to_owned()),
                ("403", format!("Missing role {role}")),
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

/// Returns this document.
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
        assert_eq!(described, super::super::DOCUMENTED_PATHS);
    }

    #[test]
    fn operation_ids_are_unique() {
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
    fn every_operation_has_its_security_and_errors() {
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
    fn every_reference_exists() {
        let text = DOCUMENT.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(DOCUMENT.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
