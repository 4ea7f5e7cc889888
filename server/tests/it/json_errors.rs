//! Errors about JSON bodies: status, code, and a message that names the field, what was found and what is accepted.

use crate::support::{Server, request, send};

/// Words of the parser, which no message has.
const PARSER_WORDS: [&str; 8] =
    ["invalid type", "expected", "missing field", "unknown field `", "EOF", "struct", " u32", "`"];

#[tokio::test]
async fn invalid_bodies_are_rejected_in_plain_words() {
    let server = Server::start().await;
    let (silences, tokens, users) = ("/api/admin/silences", "/api/admin/tokens", "/api/admin/users");
    let (rules, ingest, heartbeats) = ("/api/admin/rules/preview", "/api/ingest", "/api/admin/heartbeats");
    let long = format!(r#"{{"name":"{}"}}"#, "x".repeat(100_000));
    for (path, body, status, code, expected) in [
        // Missing and unknown fields.
        (tokens, r#"{"role":"viewer"}"#, 400, "bad_parameter", "Invalid request: name is missing"),
        (heartbeats, "{}", 400, "bad_parameter", "Invalid heartbeat: name is missing"),
        (silences, "{}", 400, "bad_parameter", "Invalid silence: matchers is missing"),
        (
            tokens,
            r#"{"name":"a","role":"viewer","dyas":3}"#,
            400,
            "bad_parameter",
            "unknown field dyas: known are name, role or days",
        ),
        (
            ingest,
            r#"{"version":1,"app":"a","routes":[{"route":"/","methods":{}},{"rout":"/b"}]}"#,
            400,
            "bad_report",
            "unknown field routes[1].rout: known are route, methods, latency or durations",
        ),
        // Another type, an unknown choice, a number out of range; also below the first level.
        (silences, r#"{"matchers":3}"#, 400, "bad_parameter", "matchers is 3: must be a list"),
        (
            silences,
            r#"{"matchers":[{"label":"a","operator":"=","value":"b"},{"label":"a","operator":"is","value":"b"}]}"#,
            400,
            "bad_parameter",
            r#"matchers[1].operator is "is": must be =, !=, =~ or !~"#,
        ),
        (
            rules,
            r#"{"id":"a","name":"A","metric":"m","component":"c","for_seconds":"5m"}"#,
            400,
            "bad_parameter",
            r#"Invalid rule: for_seconds is "5m": must be a whole number from 0 to 4294967295"#,
        ),
        (
            rules,
            r#"{"id":"a","name":"A","metric":"m","component":"c","for_seconds":-1}"#,
            400,
            "bad_parameter",
            "for_seconds is -1: must be a whole number from 0 to 4294967295",
        ),
        (
            rules,
            r#"{"id":"a","name":"A","metric":"m","component":"c","comparison":"over"}"#,
            400,
            "bad_parameter",
            r#"comparison is "over": must be above or below"#,
        ),
        (
            rules,
            r#"{"id":"a","name":"A","metric":"m","component":"c","matchers":[{"label":1}]}"#,
            400,
            "bad_parameter",
            "matchers[0].label is 1: must be text",
        ),
        (rules, "[]", 400, "bad_parameter", "the value is a list: must be an object"),
        (
            ingest,
            r#"{"version":1,"app":"a","routes":[{"route":"/","methods":{"GET":{"2xx":-1}}}]}"#,
            400,
            "bad_report",
            "routes[0].methods.GET.2xx is -1: must be a whole number, not negative",
        ),
        // Values of users may be passwords.
        (
            users,
            r#"{"name":"ada","role":"sesame","password":"x"}"#,
            400,
            "bad_parameter",
            "Invalid request: role must be admin, viewer or ingest",
        ),
        (
            users,
            r#"{"name":"ada","role":"viewer","password":31415926}"#,
            400,
            "bad_parameter",
            "password must be text",
        ),
        // Not JSON, cut off, too large.
        (tokens, "name=a&role=viewer", 400, "bad_parameter", "not valid JSON at line 1, column 2"),
        (tokens, "{\n\"name\": 'a'}", 400, "bad_parameter", "not valid JSON at line 2, column 9: a value"),
        (
            tokens,
            r#"{"name":"a","#,
            400,
            "bad_parameter",
            "the JSON is incomplete: it ends at line 1, column 12",
        ),
        (tokens, "", 400, "bad_parameter", "the JSON is empty"),
        (tokens, long.as_str(), 413, "too_long", "longer than"),
    ] {
        let answer = send(server.address, "POST", path, body).await;
        assert_eq!(answer.status, status, "{path} {body}: {}", answer.text());
        let message = answer.error(code);
        assert!(message.contains(expected), "{path} {body}: {message}");
        for word in PARSER_WORDS {
            assert!(!message.replace("is expected", "").contains(word), "{word}: {message}");
        }
        assert!(!message.contains("sesame") && !message.contains("31415926"), "{message}");
    }
    let kind = [("Content-Type", "text/plain"), ("Content-Length", "0")];
    let answer = request(server.address, "POST", tokens, &kind).await;
    assert_eq!(answer.status, 415);
    assert!(answer.error("wrong_content_type").contains("must be application/json"));
    server.stop().await;
}
