//! Completes the OpenAPI document: what the attributes of handlers and types cannot say, or would have to repeat.

use super::choices::choices;
use serde_json::{Map, Value, json};

/// Schemas of bodies whose types belong to crates without knowledge of OpenAPI.
const BODIES: &str = include_str!("bodies.json");
/// Requests with these bodies: method, path, schema.
const REQUESTS: [(&str, &str, &str); 4] = [
    ("post", "/api/admin/rules", "Rule"),
    ("post", "/api/admin/rules/preview", "Rule"),
    ("put", "/api/admin/rules/{id}", "RuleFields"),
    ("post", "/api/ingest", "IngestReport"),
];
const REFERENCE: &str = "#/components/schemas/";

/// Schemas of [`BODIES`], by name.
pub(super) fn bodies() -> Map<String, Value> {
    serde_json::from_str(BODIES).unwrap_or_default()
}

/// Completes `document`.
pub(super) fn finish(document: &mut Value) {
    // Paths follow it with a slash of their own.
    let root = Some(app::base_path()).filter(|base| !base.is_empty()).unwrap_or("/");
    set(document, &["servers"], json!([{ "url": root, "description": "This server" }]));
    set(document, &["info", "contact"], json!({ "name": "Watchglass" }));
    set(document, &["info", "license", "identifier"], json!("MIT OR Apache-2.0"));
    if let Some(schemas) = document.pointer_mut("/components/schemas").and_then(Value::as_object_mut) {
        schemas.extend(bodies());
        for schema in schemas.values_mut() {
            describe_values(schema);
        }
        refer(schemas);
    }
    for (method, path, name) in REQUESTS {
        let body = ["requestBody", "content", "application/json", "schema"];
        set(document, &[&["paths", path, method][..], &body].concat(), reference(name));
    }
    let paths = document.get_mut("paths").and_then(Value::as_object_mut);
    let operations = paths.into_iter().flat_map(Map::values_mut);
    for operation in operations.filter_map(Value::as_object_mut).flat_map(Map::values_mut) {
        describe_operation(operation);
    }
}

/// Sets the value at a path of keys, with objects on the way.
pub(super) fn set(value: &mut Value, path: &[&str], new: Value) {
    let mut place = value;
    for key in path {
        let Some(object) = place.as_object_mut() else { return };
        place = object.entry(*key).or_insert_with(|| json!({}));
    }
    *place = new;
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("{REFERENCE}{name}") })
}

/// Replaces copies of named schemas in the envelopes by references, and label matchers by their type.
fn refer(schemas: &mut Map<String, Value>) {
    let named: Vec<(String, Value)> = schemas
        .iter()
        .filter(|(name, _)| !name.starts_with("Envelope_"))
        .map(|(name, schema)| (name.clone(), schema.clone()))
        .collect();
    let replace = |schema: &mut Value| {
        if let Some((name, _)) = named.iter().find(|(_, known)| known == schema) {
            *schema = reference(name);
        }
    };
    // Its own fields follow those of the rule.
    if let Some(rule) = schemas.get_mut("RuleRow").and_then(|row| row.pointer_mut("/allOf/0")) {
        *rule = reference("RuleFields");
    }
    for (name, schema) in schemas.iter_mut() {
        if let Some(data) = schema.pointer_mut("/properties/data").filter(|_| name.starts_with("Envelope_")) {
            replace(data);
            if let Some(items) = data.get_mut("items") {
                replace(items);
            }
        }
        if let Some(items) = schema.pointer_mut("/properties/matchers/items") {
            *items = reference("Matcher");
        }
    }
}

/// Adds formats and choices that a description names to the properties of a schema, at any depth.
fn describe_values(schema: &mut Value) {
    if let Some(properties) = schema.get_mut("properties").and_then(Value::as_object_mut) {
        for property in properties.values_mut() {
            let description =
                property.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
            describe_value(property, &description);
            describe_values(property);
        }
    }
    for part in schema.get_mut("allOf").and_then(Value::as_array_mut).into_iter().flatten() {
        describe_values(part);
    }
    for part in ["items", "data"] {
        if let Some(inner) = schema.get_mut(part) {
            describe_values(inner);
        }
    }
}

/// Adds format and choices to the schema of a text.
fn describe_value(schema: &mut Value, description: &str) {
    let Some(is_nullable) = schema.get("type").and_then(|kind| {
        let is_nullable = kind.as_array().is_some_and(|kinds| kinds.contains(&json!("string")));
        (is_nullable || kind == "string").then_some(is_nullable)
    }) else {
        return;
    };
    if schema.get("enum").is_some() {
        return;
    }
    if let Some(choices) = choices(description) {
        let null = is_nullable.then_some(Value::Null);
        set(schema, &["enum"], choices.into_iter().map(Value::from).chain(null).collect());
    } else if description.contains("in RFC 3339") && !description.contains("seconds since") {
        set(schema, &["format"], json!("date-time"));
    }
}

/// Adds a description, choices of parameters and headers of responses.
fn describe_operation(operation: &mut Value) {
    if operation.get("description").is_none() {
        let is_public = operation.get("security").is_some();
        let text = if is_public { "Needs no authorization." } else { "Needs a session or a token." };
        set(operation, &["description"], json!(text));
    }
    for parameter in operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten() {
        let description = parameter.get("description").and_then(Value::as_str).unwrap_or_default().to_owned();
        if let Some(schema) = parameter.get_mut("schema") {
            describe_value(schema, &description);
            if description == "Id of the rule" {
                set(schema, &["pattern"], json!("^[a-z0-9-]{1,64}$"));
            }
        }
    }
    let is_deprecated = operation.get("deprecated").and_then(Value::as_bool) == Some(true);
    let responses = operation.get_mut("responses").and_then(Value::as_object_mut);
    for (status, response) in responses.into_iter().flatten() {
        let mut headers = Map::new();
        let mut add = |name: &str, kind: &str, text: &str| {
            headers.insert(name.to_owned(), json!({ "description": text, "schema": { "type": kind } }));
        };
        if status == "429" {
            add("Retry-After", "integer", "Seconds to wait");
        }
        if status == "429" || status.starts_with('2') {
            add("RateLimit-Limit", "integer", "Requests per time window, if the route has a limit");
            add("RateLimit-Remaining", "integer", "Requests left");
            add("RateLimit-Reset", "integer", "Seconds until the full quota is available");
        }
        if is_deprecated {
            add("Deprecation", "string", "Date of the deprecation, as in RFC 9745");
            add("Link", "string", "The successor");
        }
        if !headers.is_empty() {
            set(response, &["headers"], Value::Object(headers));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::DOCUMENT;
    use super::*;
    use watchglass_instrument::report::Report;
    use watchglass_rules::Rule;

    fn operations() -> Vec<&'static Value> {
        let paths = DOCUMENT["paths"].as_object().unwrap();
        paths.values().flat_map(|item| item.as_object().unwrap().values()).collect()
    }

    #[test]
    fn no_schema_is_a_copy_or_unused() {
        let text = DOCUMENT.to_string();
        let schemas = DOCUMENT["components"]["schemas"].as_object().unwrap();
        for name in schemas.keys() {
            assert!(text.contains(&format!("\"{REFERENCE}{name}\"")), "{name} is not used");
        }
        for (name, schema) in schemas.iter().filter(|(name, _)| name.starts_with("Envelope_")) {
            let data = &schema["properties"]["data"];
            let refers = data["$ref"].is_string() || data["items"]["$ref"].is_string();
            assert!(refers || data.get("oneOf").is_some(), "{name}: {data}");
        }
    }

    #[test]
    fn requests_with_bodies_have_typed_bodies() {
        for operation in operations() {
            for (_, content) in operation["requestBody"]["content"].as_object().into_iter().flatten() {
                assert!(content["schema"]["$ref"].is_string(), "{}", operation["operationId"]);
            }
        }
    }

    #[test]
    fn operations_have_descriptions_and_paths_no_slash_at_the_end() {
        assert!(DOCUMENT["paths"].as_object().unwrap().keys().all(|path| !path.ends_with('/')));
        for operation in operations() {
            assert!(operation["description"].is_string(), "{operation}");
        }
        assert_eq!(DOCUMENT["paths"]["/ws/live"]["get"]["operationId"], "live_connection");
    }

    #[test]
    fn texts_have_choices_and_formats() {
        let alert = &DOCUMENT["components"]["schemas"]["AlertRow"]["properties"];
        assert_eq!(alert["severity"]["enum"], json!(["info", "warning", "critical"]));
        assert_eq!(alert["timestamp"]["format"], "date-time");
        let preview = &DOCUMENT["paths"]["/api/admin/rules/{id}"]["put"]["parameters"][0];
        assert_eq!(preview["schema"]["pattern"], "^[a-z0-9-]{1,64}$");
        let limited = &DOCUMENT["paths"]["/api/admin/rules"]["get"]["responses"]["429"];
        assert!(limited["headers"]["Retry-After"].is_object());
    }

    #[test]
    fn rule_has_the_fields_of_its_schema() {
        let mut rule = json!({});
        for (name, schema) in bodies()["RuleFields"]["properties"].as_object().unwrap() {
            let kind = schema["type"].as_array().map_or(&schema["type"], |kinds| &kinds[0]);
            rule[name] = match kind.as_str().unwrap() {
                "string" => schema["enum"].get(0).cloned().unwrap_or_else(|| json!("http://a")),
                "boolean" => json!(name != "enabled"),
                "array" => json!([{ "label": "a", "operator": "=", "value": "b" }]),
                "object" => json!({ "a": "b" }),
                _ => json!(1),
            };
        }
        let parsed: Rule = serde_json::from_value(rule.clone()).unwrap();
        let written = serde_json::to_value(parsed).unwrap();
        for name in written.as_object().unwrap().keys() {
            assert!(rule.get(name).is_some(), "{name} is not in the schema");
        }
    }

    #[test]
    fn report_has_the_fields_of_its_schema() {
        let text = json!({
            "version": 1, "app": "shop", "instance": "a", "seconds": 1, "in_flight": 0, "leaving": false,
            "routes": [{ "route": "/", "methods": { "GET": { "2xx": 1 } }, "durations": [0.1] }],
        });
        let schemas = bodies();
        for (name, body) in [("IngestReport", &text), ("IngestRoute", &text["routes"][0])] {
            for field in body.as_object().unwrap().keys() {
                assert!(schemas[name]["properties"].get(field).is_some(), "{field}");
            }
        }
        assert!(Report::parse(text.to_string().as_bytes()).is_ok());
    }
}
