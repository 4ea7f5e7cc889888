//! The live connection, as those use it who keep to the rules.

use crate::support::{BINARY, JSON, Masking, RawSocket, Server, Socket, frame, get, request, within};
use serde_json::{Value, json};
use std::collections::BTreeMap;
use watchglass_live::PROTOCOL_VERSION;

#[tokio::test]
async fn a_connection_begins_with_hello_and_state_and_goes_on_with_metrics() {
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
    // Nothing has changed since, unless a probe was late or new series came: then the state came again.
    assert!(socket.seen.iter().filter(|kind| *kind == "metrics").count() >= 4, "{:?}", socket.seen);
    assert_eq!(last["time"].as_i64().unwrap() % 1000, 0);
    server.stop().await;
}

#[tokio::test]
async fn time_goes_on_in_whole_seconds() {
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
async fn every_value_is_of_a_series_that_the_state_names() {
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
async fn both_forms_of_a_frame_say_the_same() {
    let server = Server::start().await;
    let mut readable = Socket::open(server.address, Some(JSON)).await;
    let mut compact = Socket::open(server.address, Some(BINARY)).await;
    assert_eq!((readable.agreed.as_deref(), compact.agreed.as_deref()), (Some(JSON), Some(BINARY)));
    for (socket, protocol) in [(&mut readable, JSON), (&mut compact, BINARY)] {
        let hello = socket.text().await;
        assert_eq!((&hello["type"], &hello["protocol"]), (&json!("hello"), &json!(protocol)));
    }
    // A frame may be skipped on either side when the machine is busy: the first three that both got are compared.
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
                // Written and read like the other side's, so that both went through the same rounding.
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
async fn the_subprotocol_is_the_clients_choice_and_json_without_one() {
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
    // Of two that the server knows it may take either, but must speak what it agreed to.
    let mut socket = Socket::open(server.address, Some(&both)).await;
    let agreed = socket.agreed.clone().unwrap();
    assert_eq!(socket.text().await["protocol"], agreed);
    server.stop().await;
}

/// What is wrong with an upgrade, the header it lacks, the one it has instead, and the code of the refusal.
type BadUpgrade = (&'static str, &'static str, Option<(&'static str, &'static str)>, &'static str);

/// The headers of a good upgrade.
const UPGRADE: [(&str, &str); 4] = [
    ("Connection", "Upgrade"),
    ("Upgrade", "websocket"),
    ("Sec-WebSocket-Version", "13"),
    ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
];

#[tokio::test]
async fn what_is_not_a_good_upgrade_is_refused_with_a_reason() {
    let server = Server::start().await;
    let own = format!("http://{}", server.address);
    // Each case leaves out the header that it names, and adds its own.
    let cases: &[BadUpgrade] = &[
        ("no upgrade", "Upgrade", None, "not_a_websocket"),
        ("another upgrade", "Upgrade", Some(("Upgrade", "h2c")), "not_a_websocket"),
        ("no connection header", "Connection", None, "not_a_websocket"),
        ("no version", "Sec-WebSocket-Version", None, "not_a_websocket"),
        ("an old version", "Sec-WebSocket-Version", Some(("Sec-WebSocket-Version", "8")), "not_a_websocket"),
        ("no key", "Sec-WebSocket-Key", None, "not_a_websocket"),
        ("an unknown subprotocol", "", Some(("Sec-WebSocket-Protocol", "chat")), "unknown_subprotocol"),
        ("an empty subprotocol", "", Some(("Sec-WebSocket-Protocol", "")), "unknown_subprotocol"),
        (
            "another version",
            "",
            Some(("Sec-WebSocket-Protocol", "watchglass.json.v2")),
            "unknown_subprotocol",
        ),
        ("another site", "", Some(("Origin", "http://other.example")), "bad_origin"),
        ("a sandboxed page", "", Some(("Origin", "null")), "bad_origin"),
        ("another host", "", Some(("Host", "other.example")), "unknown_host"),
    ];
    for (case, without, with, code) in cases {
        let mut headers: Vec<_> = UPGRADE.into_iter().filter(|(name, _)| name != without).collect();
        headers.extend(*with);
        let answer = request(server.address, "GET", "/ws/live", &headers).await;
        let message = answer.error(code);
        let expected = match *code {
            "bad_origin" => 403..404,
            "unknown_host" => 421..422,
            "unknown_subprotocol" => 400..401,
            _ => 400..500,
        };
        assert!(expected.contains(&answer.status), "{case}: {} {message}", answer.status);
        if *code == "unknown_subprotocol" {
            assert!(message.contains(JSON) && message.contains(BINARY), "{case}: {message}");
        }
    }
    // The same headers, with nothing wrong, from a page of the server's own.
    let headers: Vec<_> = UPGRADE.into_iter().chain([("Origin", own.as_str())]).collect();
    assert_eq!(request(server.address, "GET", "/ws/live", &headers).await.status, 101);
    // Somebody who types the address into a browser is told what it is for.
    assert!(get(server.address, "/ws/live").await.error("not_a_websocket").contains("WebSocket"));
    server.stop().await;
}

#[tokio::test]
async fn pings_are_answered_with_what_they_carry() {
    let server = Server::start().await;
    let mut socket = RawSocket::open(server.address).await;
    for payload in [&b""[..], b"a", &[0xff; 125]] {
        assert!(socket.send(&frame(0x89, Masking::Masked, payload)).await);
        assert_eq!(socket.next_with(0x8a).await.unwrap(), payload);
    }
    // A pong that nobody asked for is no mistake.
    assert!(socket.send(&frame(0x8a, Masking::Masked, b"unasked")).await);
    assert!(socket.next_with(0x81).await.is_some());
    server.stop().await;
}

#[tokio::test]
async fn a_close_is_answered_with_a_close() {
    let server = Server::start().await;
    for (payload, code) in [
        (&b""[..], None),
        (b"\x03\xe8", Some(1000)),
        (b"\x03\xe9going away", Some(1001)),
        // A code that only programs may use among themselves: section 7.4.1.
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
async fn one_that_closes_is_forgotten_and_nobody_else() {
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
