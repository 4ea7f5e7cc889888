//! `GET /api/openapi.json`: OpenAPI document, generated from the route table and its documented handlers.

mod choices;
mod finish;

use super::route::Route;
use super::table;
use crate::api::{audit, live, system};
use axum::Json;
use serde_json::{Value, json};
use std::sync::LazyLock;
use utoipa::OpenApi;
use utoipa::openapi::path::Operation;
use utoipa::openapi::{Content, Ref, Response, ResponseBuilder};
use watchglass_auth::Permission;

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Watchglass",
        description = "API of a Watchglass monitoring server. Responses are `{\"success\":true,\"data\":…}`, errors \
            `{\"success\":false,\"error\":{\"code\",\"message\"}}` with the matching status.",
        license(name = "MIT OR Apache-2.0")
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

/// OpenAPI document of the route table.
pub(super) static DOCUMENT: LazyLock<Value> = LazyLock::new(|| document(&table::routes()));

fn document(routes: &[Route]) -> Value {
    let mut document = Api::openapi();
    let mut components = document.components.take().unwrap_or_default();
    for route in routes {
        route.describe(&mut document.paths, |operation| add_checks(operation, route.policy().permission));
        components.schemas.extend(route.schemas());
    }
    document.components = Some(components);
    let mut document = serde_json::to_value(document).unwrap_or_default();
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
    finish::set(&mut document, &["paths", live::PATH, "get"], live_connection());
    finish::finish(&mut document);
    document
}

/// The live connection: OpenAPI has no words for its frames.
fn live_connection() -> Value {
    let failure = |text: &str| {
        let schema = json!({ "$ref": "#/components/schemas/Failure" });
        json!({ "description": text, "content": { "application/json": { "schema": schema } } })
    };
    json!({
        "tags": ["metrics"],
        "summary": "Live connection (WebSocket)",
        "description": "Opens a WebSocket (RFC 6455) with the subprotocol `watchglass.json.v1` or none; docs/live.md \
            describes its messages. Needs the role viewer.",
        "operationId": "live_connection",
        "responses": {
            "101": { "description": "The connection is open" },
            "400": failure("Invalid Sec-WebSocket-Key, or unknown subprotocol"),
            "401": failure("Session or token missing, expired or revoked"),
            "403": failure("Missing role viewer, or another origin"),
            "426": failure("No upgrade to a WebSocket of version 13"),
            "429": failure(LIMITED),
            "503": failure("Limit of live connections reached"),
        },
    })
}

const LIMITED: &str = "Rate limit exceeded; the message names the limit, Retry-After has the time to wait";

/// Adds the permission of an operation, and the responses for missing authorization and exceeded rate limits.
fn add_checks(operation: &mut Operation, permission: Permission) {
    let mut answers = vec![("429", LIMITED.to_owned())];
    match permission.required_role() {
        None => operation.security = Some(Vec::new()),
        Some(role) => answers.extend([
            ("401", "Session or token missing, expired or revoked".to_owned()),
            ("403", format!("Missing role {role}")),
        ]),
    }
    for (status, text) in answers {
        let responses = &mut operation.responses.responses;
        responses.entry(status.to_owned()).or_insert_with(|| failure(text).into());
    }
}

fn failure(description: String) -> Response {
    let content = Content::new(Some(Ref::from_schema_name("Failure")));
    ResponseBuilder::new().description(description).content("application/json", content).build()
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
    fn every_operation_that_saves_something_has_the_answer_of_a_full_disk() {
        // These save nothing, or in the outbox, which reports its problems itself.
        let exempt =
            ["/api/admin/rules/preview", "/api/admin/channels/{name}/test", "/api/admin/deliveries/resend"];
        for (path, item) in DOCUMENT["paths"].as_object().unwrap() {
            for (method, operation) in item.as_object().unwrap() {
                let saves = path.starts_with("/api/admin/") && method != "get" && !exempt.contains(&&**path);
                let responses = operation["responses"].as_object().unwrap();
                assert!(!saves || responses.contains_key("507"), "{method} {path}");
                assert!(!responses.contains_key("500"), "{method} {path}");
            }
        }
    }

    #[test]
    fn only_the_replaced_operation_is_deprecated() {
        let paths = DOCUMENT["paths"].as_object().unwrap();
        let operations = paths.values().flat_map(|item| item.as_object().unwrap().values());
        let deprecated: Vec<&Value> = operations
            .filter(|operation| operation["deprecated"] == true)
            .map(|one| &one["operationId"])
            .collect();
        assert_eq!(deprecated, ["withdraw"]);
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
