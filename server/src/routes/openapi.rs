//! `GET /api/openapi.json`: the API described for programs, made from the handlers themselves.

use super::{channels, ingest, live_state, rules, scrape, silences, system};
use axum::Json;
use serde_json::Value;
use std::sync::LazyLock;
use utoipa::OpenApi;

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
        scrape::scrape,
        ingest::ingest,
        system::system_metrics,
        system::system_health,
        system::system_alerts,
        system::system_history,
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
        channels::channels,
        channels::test,
        channels::deliveries,
        channels::resend,
        openapi
    ),
    components(schemas(system::Format)),
    tags(
        (name = "system", description = "The newest values, the health, alerts and the past"),
        (name = "alerts", description = "What is an alert"),
        (name = "metrics", description = "For scrapers"),
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
    }
    document
});

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
    fn every_reference_leads_somewhere() {
        let text = DOCUMENT.to_string();
        for reference in text.split("\"$ref\":\"#").skip(1) {
            let pointer = reference.split('"').next().unwrap();
            assert!(DOCUMENT.pointer(pointer).is_some(), "{pointer}");
        }
    }
}
