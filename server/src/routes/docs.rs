//! `GET /api/docs`: API reference page, generated from the OpenAPI document.

use super::openapi::DOCUMENT;
use crate::assets::PAGE_ASSETS;
use crate::http::html::{self, escaped};
use app::url;
use axum::response::Html;
use serde_json::Value;
use std::fmt::Write as _;
use std::sync::LazyLock;

static PAGE: LazyLock<String> = LazyLock::new(|| page(&DOCUMENT, &PAGE_ASSETS.styles));

/// Returns the API reference page.
pub(crate) async fn docs() -> Html<&'static str> {
    Html(&PAGE)
}

fn page(document: &Value, styles: &[String]) -> String {
    let mut body = format!(
        "<h1>Watchglass API</h1><p class=\"facts\">{}</p><p>OpenAPI document: <a href=\"{}\">openapi.json</a></p>",
        with_code_tags(text(document, "/info/description")),
        url("/api/openapi.json")
    );
    let paths = document.get("paths").and_then(Value::as_object);
    for (path, item) in paths.into_iter().flatten() {
        // Aliases of older paths are left out.
        if !path.starts_with("/api/core/") {
            for (method, what) in item.as_object().into_iter().flatten() {
                operation(&mut body, document, &method.to_ascii_uppercase(), path, what);
            }
        }
    }
    let body = format!("<main class=\"document\">{body}<p><a href=\"{}\">Overview</a></p></main>", url("/"));
    html::document("API", styles, None, &body)
}

fn operation(body: &mut String, document: &Value, method: &str, path: &str, operation: &Value) {
    // Writing to a string cannot fail.
    let _ = write!(
        body,
        "<section><h2><code>{} {}</code></h2><p>{}</p>",
        escaped(method),
        escaped(path),
        with_code_tags(text(operation, "/summary"))
    );
    let parameters = operation.get("parameters").and_then(Value::as_array).into_iter().flatten();
    let parameters = parameters
        .map(|parameter| (text(parameter, "/name").to_owned(), text(parameter, "/description").to_owned()));
    table(body, "Parameter", parameters.collect());
    let _ = match text(operation, "/requestBody/description") {
        "" => Ok(()),
        what => write!(body, "<p>Request body: {}.</p>", with_code_tags(what)),
    };
    table(body, "Request field", request_fields(document, operation));
    table(body, "Response field", response_fields(document, operation));
    body.push_str("</section>");
}

/// Table of names and descriptions; nothing without rows.
fn table(body: &mut String, heading: &str, rows: Vec<(String, String)>) {
    if rows.is_empty() {
        return;
    }
    let _ = write!(body, "<table><thead><tr><th>{heading}</th><th>Description</th></tr></thead><tbody>");
    for (name, what) in rows {
        let _ = write!(
            body,
            "<tr><td><code>{}</code></td><td>{}</td></tr>",
            escaped(&name),
            with_code_tags(&what)
        );
    }
    body.push_str("</tbody></table>");
}

/// Nesting limit of listed fields, against recursive schemas.
const MAX_DEPTH: usize = 4;

/// Fields of the request body with descriptions; nested fields have a dotted path.
fn request_fields(document: &Value, operation: &Value) -> Vec<(String, String)> {
    let mut found = Vec::new();
    if let Some(schema) = operation.pointer("/requestBody/content/application~1json/schema") {
        collect(document, schema, "", MAX_DEPTH, &mut found);
    }
    found
}

/// Fields of the response data with descriptions.
fn response_fields(document: &Value, operation: &Value) -> Vec<(String, String)> {
    let schema = operation.pointer("/responses/200/content/application~1json/schema").unwrap_or(&Value::Null);
    let schema = resolved(document, schema);
    let mut found = Vec::new();
    if let Some(data) = schema.pointer("/properties/data") {
        collect(document, data, "", MAX_DEPTH, &mut found);
    }
    found
}

fn collect(document: &Value, schema: &Value, prefix: &str, depth: usize, found: &mut Vec<(String, String)>) {
    let schema = resolved(document, schema);
    for forms in ["oneOf", "anyOf", "allOf"] {
        for form in schema.get(forms).and_then(Value::as_array).into_iter().flatten() {
            collect(document, form, prefix, depth, found);
        }
    }
    if depth == 0 {
        return;
    }
    if let Some(items) = schema.get("items") {
        collect(document, items, prefix, depth - 1, found);
    }
    for (name, property) in schema.get("properties").and_then(Value::as_object).into_iter().flatten() {
        let path = if prefix.is_empty() { name.clone() } else { format!("{prefix}.{name}") };
        found.push((path.clone(), text(property, "/description").to_owned()));
        collect(document, property, &path, depth - 1, found);
    }
}

fn resolved<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let reference =
        schema.get("$ref").and_then(Value::as_str).and_then(|reference| reference.strip_prefix('#'));
    reference.and_then(|pointer| document.pointer(pointer)).unwrap_or(schema)
}

fn text<'a>(value: &'a Value, pointer: &str) -> &'a str {
    value.pointer(pointer).and_then(Value::as_str).unwrap_or_default()
}

/// Description text as HTML, with backticks as `<code>`.
fn with_code_tags(text: &str) -> String {
    let parts = text.split('`').enumerate();
    parts
        .map(|(place, part)| match place % 2 {
            0 => escaped(part),
            _ => format!("<code>{}</code>", escaped(part)),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn page_lists_paths_and_fields() {
        let page = page(&DOCUMENT, &["/a.css".to_owned()]);
        for expected in [
            "GET /metrics",
            "POST /api/ingest",
            "GET /api/admin/system/history",
            "<code>page_size</code>",
            "<th>Request field</th>",
            "<td>User who creates it.</td>",
            "<code>cpu.avg_5min_percent</code>",
            "<code>data_points.cpu_percent</code>",
            "href=\"/a.css\"",
        ] {
            assert!(page.contains(expected), "{expected} in {page}");
        }
    }

    #[test]
    fn descriptions_are_escaped() {
        let document = serde_json::json!({ "info": { "description": "<b>\"&" } });
        assert!(page(&document, &[]).contains("&lt;b&gt;&quot;&amp;"));
        assert_eq!(with_code_tags("`<a>` or <b>"), "<code>&lt;a&gt;</code> or &lt;b&gt;");
    }
}
