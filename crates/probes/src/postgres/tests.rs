//! Tests of the probe with misbehaving servers.

use super::*;
use crate::testing::recent_host;
use crate::{Collector, host_probes};
use proptest::prelude::*;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

const INTERVAL: Duration = Duration::from_secs(5);

/// A server that sends one of `answers` per received message, and then nothing more.
fn server(answers: Vec<Vec<u8>>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("postgresql://user:sesame@{}/app", listener.local_addr().unwrap());
    // Ends when the probe disconnects.
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 4096];
        for answer in answers {
            let _ = stream.read(&mut buffer);
            let _ = stream.write_all(&answer);
        }
        let _ = stream.shutdown(std::net::Shutdown::Write);
        while matches!(stream.read(&mut buffer), Ok(1..)) {}
    });
    url
}

/// A message of [PostgreSQL's protocol](https://www.postgresql.org/docs/current/protocol-message-formats.html).
fn message(kind: u8, body: &[u8]) -> Vec<u8> {
    let length = u32::try_from(body.len() + 4).unwrap();
    [&[kind], &length.to_be_bytes()[..], body].concat()
}

fn error(code: &str, text: &str) -> Vec<u8> {
    message(b'E', format!("SFATAL\0C{code}\0M{text}\0\0").as_bytes())
}

/// Authentication OK and ready for queries.
fn welcome() -> Vec<u8> {
    [message(b'R', &[0; 4]), message(b'Z', b"I")].concat()
}

/// The error of a round with a server that sends `answers`.
fn failure(answers: Vec<Vec<u8>>) -> String {
    let mut probe = Postgres::new(&server(answers), INTERVAL).unwrap();
    let error = probe.collect(&mut SampleBuffer::new()).unwrap_err().to_string();
    assert!(!error.contains("sesame"), "{error}");
    error.replace(&probe.target.instance, "it")
}

#[test]
fn servers_that_misbehave_are_described_without_secrets() {
    let cases = [
        (vec![], "connection to it lost: "),
        (vec![b"HTTP/1.1 400 Bad Request\r\n\r\n".to_vec()], "connection to it lost: "),
        (vec![error("28P01", "password sesame\nis wrong")], "it rejected the request: password … is wrong"),
        (vec![error("3D000", "no such database")], "it rejected the request: no such database"),
        (vec![welcome(), error("42501", "not for sesame")], "it rejected the request: not for …"),
        (
            vec![welcome(), [message(b'C', b"SET\0"), message(b'Z', b"I")].concat()],
            "unexpected response from it: server version: version should be present",
        ),
    ];
    for (answers, expected) in cases {
        let found = failure(answers);
        assert!(found.starts_with(expected), "{found:?} instead of {expected:?}");
    }
}

#[test]
fn endless_responses_are_limited() {
    let mut endless = vec![b'D', 0x30, 0, 0, 0];
    endless.resize(5 << 20, 0);
    assert_eq!(failure(vec![welcome(), endless]), "unexpected response from it: response larger than 4 MiB");
}

#[test]
fn metric_names_follow_the_conventions() {
    let mut names: Vec<_> = METRICS.iter().map(|metric| metric.name).collect();
    for metric in METRICS.iter() {
        assert!(
            metric.name.starts_with("postgresql_") && metric.labels.first() == Some(&"instance"),
            "{metric:?}"
        );
        let is_counter = metric.kind == watchglass_model::Kind::Counter;
        assert_eq!(metric.name.ends_with("_total"), is_counter, "{}", metric.name);
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), METRICS.len());
}

#[test]
fn slow_parts_alternate() {
    for (every, rounds) in [(5, 12), (1, 60), (60, 3), (3600, 3)] {
        let probe = Postgres::new("postgresql://me@db/app", Duration::from_secs(every)).unwrap();
        assert_eq!(probe.slow_rounds(), rounds, "{every}");
        let pace = |name: &str| {
            let metric = METRICS.iter().find(|metric| metric.name == name).unwrap();
            probe.interval_of(metric).as_secs()
        };
        assert_eq!(pace("postgresql_response_seconds"), every);
        assert_eq!(pace("postgresql_database_size_bytes"), every * rounds);
        assert_eq!(pace("postgresql_dead_rows"), every * rounds);
    }
}

#[test]
fn several_servers_form_a_valid_catalogue() {
    let mut probes = host_probes(&recent_host());
    let of_host = probes.len();
    for host in ["a", "b"] {
        let url = format!("postgresql://me:sesame@{host}/app");
        probes.push(Box::new(Postgres::new(&url, INTERVAL).unwrap()));
        probes.push(Box::new(crate::Redis::new(&format!("redis://:sesame@{host}"), INTERVAL).unwrap()));
    }
    let names: Vec<String> = probes.iter().map(|probe| probe.name().to_owned()).collect();
    assert_eq!(
        names[of_host..],
        ["postgres:a:5432/app", "redis:a:6379", "postgres:b:5432/app", "redis:b:6379"]
    );
    let collector = Collector::new(probes, &[("host", "h")], 1000).unwrap();
    let panels = |section: &str| {
        collector.catalogue().panels().iter().filter(|panel| panel.section == section).count()
    };
    assert_eq!((panels("PostgreSQL"), panels("Redis")), (13, 10));
    assert_eq!(collector.interval_of("postgresql_dead_rows"), Some(Duration::from_secs(60)));
    assert_eq!(collector.interval_of("redis_clients"), Some(INTERVAL));
    assert!(!format!("{collector:?}").contains("sesame"));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arbitrary_bytes_are_an_error(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        messages in prop::collection::vec(("[RZSKNETDC]", prop::collection::vec(any::<u8>(), 0..30)), 0..8),
    ) {
        let messages: Vec<u8> =
            messages.iter().flat_map(|(kind, body)| message(kind.as_bytes()[0], body)).collect();
        for answers in [vec![bytes], vec![messages.clone()], vec![welcome(), messages]] {
            let mut probe = Postgres::new(&server(answers), INTERVAL).unwrap();
            prop_assert!(probe.collect(&mut SampleBuffer::new()).is_err());
        }
    }
}
