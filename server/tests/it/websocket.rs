//! Live connection with well-behaved clients.

use crate::support::{
    BINARY, Connection, JSON, Masking, RawSocket, Server, Socket, frame, get, request, request_text, within,
};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use watchglass_live::PROTOCOL_VERSION;

#[tokio::test]
async fn connections_start_with_hello_and_state_before_metrics() {
    let server = Server::start_with(&["--host-name", "test-host"], &[]).await;
    let mut socket = Socket::open(server.address, Some(JSON)).await;
    let hello = socket.text().await;
    let build = hello["build"].as_str().unwrap();
    assert!(build.starts_with(env!("CARGO_PKG_VERSION")), "{build}");
    let expected = json!({
        "type": "hello",
        "version": PROTOCOL_VERSION,
        "protocol": JSON,
        "server": env!("CARGO_PKG_VERSION"),
        "build": build,
        "interval_ms": 1000,
    });
    assert_eq!(hello, expected);

    let last = socket.in_a_row(4).await;
    assert_eq!(socket.seen[..3], ["hello", "state", "metrics"]);
    // The state is sent once, and again only if a probe was late or new series appeared.
    assert!(socket.seen.iter().filter(|kind| *kind == "metrics").count() >= 4, "{:?}", socket.seen);
    assert_eq!(last["time"].as_i64().unwrap() % 1000, 0);
    server.stop().await;
}

#[tokio::test]
async fn frames_have_whole_second_times() {
    let server = Server::start().await;
    let mut socket = Socket::json(server.address).await;
    let mut before = socket.metrics().await["time"].as_i64().unwrap();
    for _ in 0..3 {
        let time = socket.metrics().await["time"].as_i64().unwrap();
        assert!(time > before && time % 1000 == 0, "{time} after {before}");
        before = time;
    }
    server.stop().await;
}

#[tokio::test]
async fn values_belong_to_series_of_the_state() {
    let server = Server::start_with(&["--host-name", "test \"host\""], &[]).await;
    let mut socket = Socket::json(server.address).await;
    for _ in 0..3 {
        let frame = socket.metrics().await;
        let known = socket.series_keys();
        let values = frame["values"].as_object().unwrap();
        assert!(values.len() > 10, "{frame}");
        for (key, value) in values {
            assert!(known.contains(key), "{key} is not in the state");
            assert!(key.contains(r#"host="test \"host\"""#), "{key} does not say which host");
            assert!(value.is_number(), "{key}: {value}");
        }
        assert_eq!(values.get(r#"up{host="test \"host\"",probe="memory"}"#), Some(&json!(1.0)));
    }
    server.stop().await;
}

#[tokio::test]
async fn json_and_binary_frames_are_equivalent() {
    let server = Server::start().await;
    let mut readable = Socket::open(server.address, Some(JSON)).await;
    let mut compact = Socket::open(server.address, Some(BINARY)).await;
    assert_eq!((readable.agreed.as_deref(), compact.agreed.as_deref()), (Some(JSON), Some(BINARY)));
    for (socket, protocol) in [(&mut readable, JSON), (&mut compact, BINARY)] {
        let hello = socket.text().await;
        assert_eq!((&hello["type"], &hello["protocol"]), (&json!("hello"), &json!(protocol)));
    }
    // Either side may skip frames on a busy machine: the first three frames that both got are compared.
    let (mut texts, mut binaries, mut same) = (BTreeMap::new(), BTreeMap::new(), 0);
    within("frames on both sides", async {
        while same < 3 {
            let text = readable.metrics().await;
            texts.insert(text["seq"].as_u64().unwrap(), text);
            let binary = compact.binary_metrics().await;
            assert_eq!(compact.state["version"], binary.state, "the frame is of another state");
            let keys = compact.series_keys();
            let values: serde_json::Map<String, Value> = binary
                .batch
                .samples
                .iter()
                // Serialised and parsed like the other side, so that both are rounded the same way.
                .map(|sample| (keys[sample.series.0 as usize].clone(), sample.value))
                .map(|(key, value)| (key, serde_json::from_str(&json!(value).to_string()).unwrap()))
                .collect();
            let time = binary.batch.time.millis();
            let written = json!({ "type": "metrics", "seq": binary.seq, "time": time, "values": values });
            binaries.insert(binary.seq, written);
            while let Some(seq) = texts.keys().find(|seq| binaries.contains_key(seq)).copied() {
                assert_eq!(texts.remove(&seq), binaries.remove(&seq));
                same += 1;
            }
        }
    })
    .await;
    server.stop().await;
}

#[tokio::test]
async fn subprotocol_is_negotiated_with_json_as_default() {
    let server = Server::start().await;
    let both = format!("{BINARY}, {JSON}");
    let with_unknown = format!("chat, {JSON}");
    for (asked, agreed, spoken) in [
        (None, None, JSON),
        (Some(JSON), Some(JSON), JSON),
        (Some(BINARY), Some(BINARY), BINARY),
        (Some(with_unknown.as_str()), Some(JSON), JSON),
    ] {
        let mut socket = Socket::open(server.address, asked).await;
        assert_eq!(socket.agreed.as_deref(), agreed, "{asked:?}");
        assert_eq!(socket.text().await["protocol"], spoken, "{asked:?}");
    }
    // Of two known subprotocols the server may choose either, but must use the one it agreed to.
    let mut socket = Socket::open(server.address, Some(&both)).await;
    let agreed = socket.agreed.clone().unwrap();
    assert_eq!(socket.text().await["protocol"], agreed);
    server.stop().await;
}

/// Name of the case, header that is left out, header that replaces it, status and code of the error.
type BadUpgrade = (&'static str, &'static str, Option<(&'static str, &'static str)>, u16, &'static str);

/// Headers of a valid upgrade.
const UPGRADE: [(&str, &str); 4] = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

#[tokio::test]
async fn invalid_upgrades_are_rejected_with_a_reason() {
    let server = Server::start().await;
    let own = format!("http://{}", server.address);
    // Each case leaves out one header and adds its own.
    let cases: &[BadUpgrade] = &[
        ("no upgrade", "Upgrade", None, 426, "not_a_websocket"),
        ("another upgrade", "Upgrade", Some(("Upgrade", "h2c")), 426, "not_a_websocket"),
        ("no connection header", "Connection", None, 426, "not_a_websocket"),
        ("no version", "Sec-WebSocket-Version", None, 426, "not_a_websocket"),
        (
            "an old version",
            "Sec-WebSocket-Version",
            Some(("Sec-WebSocket-Version", "8")),
            426,
            "not_a_websocket",
        ),
        ("no key", "Sec-WebSocket-Key", None, 400, "not_a_websocket"),
        ("a short key", "Sec-WebSocket-Key", Some(("Sec-WebSocket-Key", "c2hvcnQ=")), 400, "not_a_websocket"),
        (
            "a key that is no base64",
            "Sec-WebSocket-Key",
            Some(("Sec-WebSocket-Key", "key")),
            400,
            "not_a_websocket",
        ),
        ("two keys", "", Some(UPGRADE[3]), 400, "not_a_websocket"),
        ("an unknown subprotocol", "", Some(("Sec-WebSocket-Protocol", "chat")), 400, "unknown_subprotocol"),
        ("an empty subprotocol", "", Some(("Sec-WebSocket-Protocol", "")), 400, "unknown_subprotocol"),
        (
            "another version",
            "",
            Some(("Sec-WebSocket-Protocol", "watchglass.json.v2")),
            400,
            "unknown_subprotocol",
        ),
        ("another site", "", Some(("Origin", "http://other.example")), 403, "bad_origin"),
        ("a sandboxed page", "", Some(("Origin", "null")), 403, "bad_origin"),
        ("another host", "", Some(("Host", "other.example")), 421, "unknown_host"),
    ];
    for (case, without, with, status, code) in cases {
        let mut headers: Vec<_> = UPGRADE.into_iter().filter(|(name, _)| name != without).collect();
        headers.extend(*with);
        let answer = request(server.address, "GET", "/ws/live", &headers).await;
        let message = answer.error(code);
        assert_eq!(answer.status, *status, "{case}: {message}");
        if *code == "unknown_subprotocol" {
            assert!(message.contains(JSON) && message.contains(BINARY), "{case}: {message}");
        }
        // RFC 6455, section 4.4; RFC 9110, section 15.5.22.
        let offered = ["sec-websocket-version", "upgrade", "connection"].map(|name| answer.header(name));
        if *status == 426 {
            let [version, upgrade, connection] = offered;
            assert_eq!((version, upgrade), (Some("13"), Some("websocket")), "{case}");
            assert!(connection.is_some_and(|value| value.eq_ignore_ascii_case("upgrade")), "{case}");
        } else {
            assert_eq!(offered[0], None, "{case}");
        }
    }
    // The same headers are accepted from a page of this server.
    let headers: Vec<_> = UPGRADE.into_iter().chain([("Origin", own.as_str())]).collect();
    assert_eq!(request(server.address, "GET", "/ws/live", &headers).await.status, 101);
    // A browser that opens the URL gets an explanation.
    assert!(get(server.address, "/ws/live").await.error("not_a_websocket").contains("WebSocket"));
    server.stop().await;
}

#[tokio::test]
async fn only_get_opens_a_live_connection() {
    let server = Server::start().await;
    for method in ["HEAD", "POST", "PUT", "OPTIONS"] {
        let mut connection = Connection::open(server.address).await;
        connection.send(request_text(server.address, method, "/ws/live", &UPGRADE).as_bytes()).await;
        let answer = connection.head().await.unwrap();
        assert_eq!((answer.status, answer.header("allow")), (405, Some("GET")), "{method}");
    }
    server.stop().await;
}

#[tokio::test]
async fn pings_are_answered_with_their_payload() {
    let server = Server::start().await;
    let mut socket = RawSocket::open(server.address).await;
    for payload in [&b""[..], b"a", &[0xff; 125]] {
        assert!(socket.send(&frame(0x89, Masking::Masked, payload)).await);
        assert_eq!(socket.next_with(0x8a).await.unwrap(), payload);
    }
    // An unsolicited pong is allowed.
    assert!(socket.send(&frame(0x8a, Masking::Masked, b"unasked")).await);
    assert!(socket.next_with(0x81).await.is_some());
    server.stop().await;
}

#[tokio::test]
async fn close_frames_are_answered() {
    let server = Server::start().await;
    for (payload, code) in [
        (&b""[..], None),
        (b"\x03\xe8", Some(1000)),
        (b"\x03\xe9going away", Some(1001)),
        // A reserved code that must not be sent: RFC 6455, section 7.4.1.
        (b"\x03\xed", Some(1002)),
    ] {
        let mut socket = RawSocket::open(server.address).await;
        assert!(socket.send(&frame(0x88, Masking::Masked, payload)).await);
        let answer = socket.next_with(0x88).await.unwrap_or_else(|| panic!("no answer to {payload:?}"));
        let answered = answer.first_chunk().map(|code| u16::from_be_bytes(*code));
        assert_eq!(answered, code, "{payload:?}");
        socket.ended().await;
    }
    server.stop().await;
}

#[tokio::test]
async fn closing_does_not_affect_other_connections() {
    let server = Server::start().await;
    let mut witness = Socket::json(server.address).await;
    for payload in [&b""[..], b"\x03\xe8", b"\x03\xe9going away"] {
        let mut socket = RawSocket::open(server.address).await;
        assert!(socket.send(&frame(0x88, Masking::Masked, payload)).await);
        socket.ended().await;
    }
    witness.in_a_row(3).await;
    server.stop().await;
}
