//! Well-behaved live connection.

use super::{Server, TestToken, within};
use futures_util::StreamExt;
use serde_json::Value;
use std::net::SocketAddr;
use tokio::net::TcpStream;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::{Message, http};
use tokio_tungstenite::{WebSocketStream, client_async};
use watchglass_live::{Frame, Joiner, Metrics};

/// The JSON subprotocol.
pub(crate) const JSON: &str = "watchglass.json.v1";
/// The binary subprotocol of pages.
pub(crate) const BINARY: &str = "watchglass.binary.v1";

/// A live connection with the newest state.
pub(crate) struct Socket {
    stream: WebSocketStream<TcpStream>,
    /// The subprotocol that the server agreed to.
    pub(crate) agreed: Option<String>,
    /// The newest message of type `state`.
    pub(crate) state: Value,
    /// All messages of type `alert` so far, in order.
    pub(crate) alerts: Vec<Value>,
    /// All types of message so far, in order.
    pub(crate) seen: Vec<String>,
    /// Size of the largest message so far.
    pub(crate) largest: usize,
    joiner: Joiner,
}

impl Socket {
    /// Connects with a list of subprotocols.
    pub(crate) async fn open(address: SocketAddr, protocols: Option<&str>) -> Self {
        Self::open_as(("authorization", &TestToken::Admin.bearer()), address, protocols).await
    }

    /// Connects with other credentials than the administrator's: name and value of a header.
    pub(crate) async fn open_as(
        proof: (&'static str, &str),
        address: SocketAddr,
        protocols: Option<&str>,
    ) -> Self {
        Self::open_below("", proof, address, protocols).await
    }

    /// The same below a base path.
    pub(crate) async fn open_below(
        base: &str,
        proof: (&'static str, &str),
        address: SocketAddr,
        protocols: Option<&str>,
    ) -> Self {
        let mut request = format!("ws://{address}{base}/ws/live").into_client_request().unwrap();
        request.headers_mut().insert(proof.0, proof.1.parse().unwrap());
        if let Some(protocols) = protocols {
            request.headers_mut().insert(http::header::SEC_WEBSOCKET_PROTOCOL, protocols.parse().unwrap());
        }
        let stream = within("a connection", TcpStream::connect(address)).await.unwrap();
        let (stream, answer) = within("an upgrade", client_async(request, stream)).await.unwrap();
        let agreed = answer.headers().get(http::header::SEC_WEBSOCKET_PROTOCOL);
        let agreed = agreed.map(|name| name.to_str().unwrap().to_owned());
        Self {
            stream,
            agreed,
            state: Value::Null,
            alerts: Vec::new(),
            seen: Vec::new(),
            largest: 0,
            joiner: Joiner::default(),
        }
    }

    /// Connects with the JSON subprotocol and reads the hello message.
    pub(crate) async fn json(address: SocketAddr) -> Self {
        let mut socket = Self::open(address, Some(JSON)).await;
        assert_eq!(socket.text().await["type"], "hello");
        socket
    }

    /// The next message that is not a ping.
    pub(crate) async fn message(&mut self) -> Message {
        loop {
            match within("a message", self.stream.next()).await {
                Some(Ok(Message::Ping(_))) => {}
                Some(Ok(message)) => {
                    self.largest = self.largest.max(message.len());
                    return message;
                }
                other => panic!("the connection ended without a close: {other:?}"),
            }
        }
    }

    /// The next message, which must not be binary metrics.
    pub(crate) async fn text(&mut self) -> Value {
        let message: Value = match self.message().await {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            Message::Binary(bytes) => self.named(Frame::read(&bytes).unwrap()).unwrap(),
            other => panic!("not a message: {other:?}"),
        };
        self.note(&message);
        message
    }

    /// The next metrics frame in JSON. States and alerts before it are stored.
    pub(crate) async fn metrics(&mut self) -> Value {
        loop {
            let message = self.text().await;
            match message["type"].as_str() {
                Some("metrics") => return message,
                Some("state" | "state_part" | "alert" | "annotation") => {}
                other => panic!("{other:?} is not expected here"),
            }
        }
    }

    /// The next binary metrics frame. States and alerts before it are stored.
    pub(crate) async fn binary_metrics(&mut self) -> Metrics {
        loop {
            let Message::Binary(bytes) = self.message().await else { panic!("not a binary message") };
            match self.named(Frame::read(&bytes).unwrap()) {
                Ok(message) => self.note(&message),
                Err(part) => {
                    if let Some(metrics) = self.joiner.metrics(part) {
                        return metrics;
                    }
                }
            }
        }
    }

    /// The next alert that satisfies `is_it`. Messages before it are stored.
    pub(crate) async fn alert_where(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        within(what, async {
            loop {
                let message = self.text().await;
                if message["type"] == "alert" && is_it(&message) {
                    return message;
                }
            }
        })
        .await
    }

    /// The next metrics frame that satisfies `is_it`.
    pub(crate) async fn metrics_where(&mut self, what: &str, is_it: impl Fn(&Value) -> bool) -> Value {
        within(what, async {
            loop {
                let frame = self.metrics().await;
                if is_it(&frame["values"]) {
                    return frame;
                }
            }
        })
        .await
    }

    /// Reads until `count` consecutive frames have arrived, and returns the last.
    ///
    /// On a busy machine the server may skip single frames; a blocked server never gets to `count` in a row. Sequence
    /// numbers must never go back.
    pub(crate) async fn in_a_row(&mut self, count: u64) -> Value {
        let mut last = self.metrics().await;
        let mut row = 1;
        for _ in 0..count * 10 {
            if row == count {
                return last;
            }
            let next = self.metrics().await;
            let (before, now) = (last["seq"].as_u64().unwrap(), next["seq"].as_u64().unwrap());
            assert!(now > before, "frame {now} after frame {before}");
            row = if now == before + 1 { row + 1 } else { 1 };
            last = next;
        }
        panic!("never {count} frames in a row");
    }

    /// Reads until the server closes, and returns code and reason.
    pub(crate) async fn closed(&mut self) -> (u16, String) {
        loop {
            match self.message().await {
                Message::Close(Some(close)) => return (close.code.into(), close.reason.to_string()),
                Message::Close(None) => panic!("a close without a code"),
                _ => {}
            }
        }
    }

    /// Keys of all series of the newest state, in the order of their numbers.
    pub(crate) fn series_keys(&self) -> Vec<String> {
        let series: Vec<watchglass_model::Series> =
            serde_json::from_value(self.state["series"].clone()).unwrap();
        for (number, series) in series.iter().enumerate() {
            assert_eq!(series.id.0 as usize, number);
        }
        series.iter().map(watchglass_model::Series::key).collect()
    }

    fn note(&mut self, message: &Value) {
        let kind = message["type"].as_str().unwrap();
        if kind == "state" {
            self.state = message.clone();
        }
        if kind == "state_part"
            && let Value::Array(more) = message["series"].clone()
        {
            assert_eq!(self.state["version"], message["version"]);
            self.state["series"].as_array_mut().unwrap().extend(more);
        }
        if kind == "alert" {
            self.alerts.push(message.clone());
        }
        self.seen.push(kind.to_owned());
    }

    /// A binary message as JSON. Metrics have no names without their state.
    fn named(&mut self, frame: Frame) -> Result<Value, Metrics> {
        let (name, value) = match frame {
            Frame::Hello(hello) => ("hello", serde_json::to_value(hello)),
            Frame::State(part) => match self.joiner.state(part) {
                Some(state) => ("state", serde_json::to_value(state)),
                // The whole state follows.
                None => ("state_part", Ok(serde_json::json!({}))),
            },
            Frame::Alert(alert) => ("alert", serde_json::to_value(alert)),
            Frame::AnnotationsChanged => ("annotation", serde_json::to_value(())),
            Frame::Metrics(metrics) => return Err(metrics),
        };
        let mut value = value.unwrap();
        value["type"] = name.into();
        Ok(value)
    }
}

/// Checks after each frame until `look` returns true.
pub(crate) async fn until(what: &str, server: &Server, look: impl AsyncFn() -> bool) {
    let mut socket = Socket::json(server.address).await;
    within(what, async {
        while !look().await {
            socket.in_a_row(1).await;
        }
    })
    .await;
}
