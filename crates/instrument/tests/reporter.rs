//! Tests of the reporter with a minimal server that accepts, rejects, hangs or is down.
#![expect(
    clippy::unwrap_used,
    reason = "what must not happen ends a test; the functions that several tests share are not known as tests"
)]

use http::Method;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use watchglass_instrument::push::{Destination, Reporter, StartError};
use watchglass_instrument::report::Report;
use watchglass_instrument::requests::{Recorder, StatusClass};

const ACCEPTED: &str = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

/// Fails after 60 s.
async fn within<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(60), future).await.unwrap()
}

fn answer(recorder: &Recorder, count: u64) {
    for _ in 0..count {
        let ticket = recorder.start(Some("/a"), &Method::GET);
        recorder.answered(ticket, StatusClass::Success, Duration::from_millis(10));
    }
}

/// Reads one request: headers and report.
async fn read(listener: &TcpListener) -> (TcpStream, String, Report) {
    let (mut stream, _) = within(listener.accept()).await.unwrap();
    let (head, report) = read_from(&mut stream).await;
    (stream, head, report)
}

async fn read_from(stream: &mut TcpStream) -> (String, Report) {
    let mut bytes = Vec::new();
    loop {
        within(stream.read_buf(&mut bytes)).await.unwrap();
        let text = String::from_utf8(bytes.clone()).unwrap();
        let Some((head, body)) = text.split_once("\r\n\r\n") else { continue };
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")).unwrap();
        if body.len() == length.parse::<usize>().unwrap() {
            return (head.to_owned(), Report::parse(body.as_bytes()).unwrap());
        }
    }
}

async fn respond(mut stream: TcpStream, answer: &str) {
    stream.write_all(answer.as_bytes()).await.unwrap();
    stream.shutdown().await.unwrap();
}

fn ended(report: &Report) -> u64 {
    report.routes.iter().flat_map(|route| &route.methods).map(|(_, counts)| counts.ended()).sum()
}

async fn start(recorder: &Arc<Recorder>) -> (TcpListener, SocketAddr, Reporter) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let destination = Destination::parse(&format!("http://{address}")).unwrap().with_token("t0k").unwrap();
    let reporter = Reporter::start(Arc::clone(recorder), "shop", destination).unwrap();
    (listener, address, reporter)
}

#[tokio::test]
async fn reports_increments_and_deregisters() {
    let recorder = Arc::new(Recorder::default());
    answer(&recorder, 3);
    let (listener, _, reporter) = start(&recorder).await;
    let (stream, head, first) = read(&listener).await;
    assert!(head.starts_with("POST /api/ingest HTTP/1.1\r\n"), "{head}");
    assert!(head.contains("\r\nauthorization: Bearer t0k\r\n"), "{head}");
    assert_eq!((first.app.as_str(), ended(&first), first.leaving), ("shop", 3, false));
    respond(stream, ACCEPTED).await;

    answer(&recorder, 2);
    let (stream, _, second) = read(&listener).await;
    assert_eq!((ended(&second), second.instance.len()), (2, 16));
    assert_eq!(second.instance, first.instance);
    respond(stream, ACCEPTED).await;

    answer(&recorder, 1);
    let stopped = tokio::spawn(reporter.stop());
    // A report may have been in progress.
    let mut left = 0;
    loop {
        let (stream, _, report) = read(&listener).await;
        left += ended(&report);
        respond(stream, ACCEPTED).await;
        if report.leaving {
            break;
        }
    }
    assert_eq!(left, 1);
    within(stopped).await.unwrap();
}

#[tokio::test]
async fn rejected_reports_are_kept_and_unanswered_ones_are_not_resent() {
    let recorder = Arc::new(Recorder::default());
    answer(&recorder, 1);
    let (listener, _, reporter) = start(&recorder).await;
    let (stream, ..) = read(&listener).await;
    respond(stream, "HTTP/1.1 429 Too Many\r\n\r\n{\"error\":{\"message\":\"enough\"}}").await;
    answer(&recorder, 10);
    let (stream, _, second) = read(&listener).await;
    assert_eq!(ended(&second), 11);
    let problem = reporter.status().problem.unwrap();
    assert!(problem.ends_with("rejected the report: enough (status 429)"), "{problem}");
    // The server reads the report and closes the connection without a response.
    drop(stream);
    answer(&recorder, 100);
    let (stream, _, third) = read(&listener).await;
    assert_eq!(ended(&third), 100);
    assert_eq!((reporter.status().delivered, reporter.status().uncertain), (0, 1));
    respond(stream, ACCEPTED).await;
    let (_stream, _, fourth) = read(&listener).await;
    assert_eq!(ended(&fourth), 0);
    let status = reporter.status();
    assert_eq!((status.delivered, status.problem), (1, None));
}

#[tokio::test]
async fn one_connection_serves_many_reports_and_is_replaced() {
    let recorder = Arc::new(Recorder::default());
    let (listener, _, reporter) = start(&recorder).await;
    let (mut stream, ..) = read(&listener).await;
    for count in 1..3 {
        answer(&recorder, count);
        stream.write_all(ACCEPTED.as_bytes()).await.unwrap();
        assert_eq!(ended(&read_from(&mut stream).await.1), count);
    }
    // The server closes the connection while it is idle, as before a restart.
    answer(&recorder, 3);
    respond(stream, ACCEPTED).await;
    let (_stream, _, report) = read(&listener).await;
    assert_eq!(ended(&report), 3);
    assert_eq!(reporter.status().uncertain, 0);
}

#[tokio::test]
async fn nothing_is_lost_while_the_server_is_down() {
    let recorder = Arc::new(Recorder::default());
    let (listener, address, reporter) = start(&recorder).await;
    let (stream, ..) = read(&listener).await;
    respond(stream, ACCEPTED).await;
    drop(listener);
    answer(&recorder, 5);
    within(async {
        while reporter.status().problem.is_none() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert!(reporter.status().problem.unwrap().starts_with("cannot connect to http://127.0.0.1:"));
    answer(&recorder, 5);
    let listener = TcpListener::bind(address).await.unwrap();
    let (stream, _, report) = read(&listener).await;
    assert_eq!(ended(&report), 10);
    respond(stream, ACCEPTED).await;
}

#[tokio::test]
async fn dropping_the_reporter_stops_it_at_once() {
    let recorder = Arc::new(Recorder::default());
    let (listener, _, reporter) = start(&recorder).await;
    let (mut stream, ..) = read(&listener).await;
    drop(reporter);
    assert_eq!(within(stream.read(&mut [0; 1])).await.unwrap(), 0, "its connection is closed");
    within(async {
        while Arc::strong_count(&recorder) > 1 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

#[test]
fn start_requires_a_valid_name_and_a_runtime() {
    let start = |name| {
        Reporter::start(Arc::default(), name, Destination::parse("http://127.0.0.1:1").unwrap()).map(drop)
    };
    assert_eq!(start("a b"), Err(StartError::Name));
    assert_eq!(start("shop"), Err(StartError::NoRuntime));
}
