//! Tests of `INFO` parsing and of misbehaving servers.

mod unexpected;

use super::*;
use crate::testing::rows;
use proptest::prelude::*;
use std::io::{Read, Write};
use std::net::TcpListener;
use std::thread;

const MASTER: &str = include_str!("../../fixtures/redis/7.0-master");
const REPLICA: &str = include_str!("../../fixtures/redis/7.0-replica");
const INTERVAL: Duration = Duration::from_secs(5);

/// What is recorded of `text`, as `metric labels value`.
fn recorded(text: &str) -> Vec<String> {
    let mut samples = SampleBuffer::new();
    let info = Info::parse(text, &mut samples);
    record(&info, &mut traffic::Before::default(), "i", &mut samples);
    let line = |(metric, labels, value): (String, String, String)| {
        let value = value.trim_end_matches('0').trim_end_matches('.').to_owned();
        format!("{metric} {labels} {value}")
    };
    rows(&samples).into_iter().map(line).collect()
}

#[test]
fn reads_what_a_master_writes() {
    let found = recorded(&MASTER.replace("offset=157", "offset=100"));
    for expected in [
        "redis_memory_used_bytes i 1112712",
        "redis_memory_max_bytes i 67108864",
        "redis_memory_used_ratio i 0.016581",
        "redis_keys i db0 2",
        "redis_keys i db3 1",
        "redis_keys_expiring i db0 1",
        "redis_keyspace_hits_total i 1",
        "redis_keyspace_misses_total i 1",
        "redis_clients_max i 10000",
        "redis_evicted_keys_total i 0",
        "redis_replicas i 1",
        "redis_replication_lag_bytes i 127.0.0.1:17302 57",
        "redis_replication_lag_seconds i 127.0.0.1:17302 1",
        "redis_rdb_save_age_seconds i 7.781591",
        "redis_rdb_last_save_ok i 1",
        "redis_aof_enabled i 1",
        "redis_aof_last_write_ok i 1",
        "redis_aof_size_bytes i 157",
    ] {
        // A value of zero has lost its zeros too.
        let expected = expected.strip_suffix(" 0").map_or(expected.to_owned(), |rest| format!("{rest} 0"));
        assert!(found.contains(&expected), "{expected} in {found:#?}");
    }
    assert!(!found.iter().any(|line| line.starts_with("redis_replication_link_up")), "{found:#?}");
}

#[test]
fn reads_what_a_replica_writes_and_leaves_out_what_is_not_known() {
    let found = recorded(REPLICA);
    for expected in
        ["redis_replication_link_up i 1", "redis_replication_silent_seconds i 2", "redis_replicas i 0"]
    {
        assert!(found.contains(&expected.to_owned()), "{expected} in {found:#?}");
    }
    let lost = REPLICA
        .replace("master_link_status:up", "master_link_status:down\nmaster_link_down_since_seconds:9")
        .replace("master_last_io_seconds_ago:2", "master_last_io_seconds_ago:-1")
        .replace("server_time_usec", "no_time");
    let found = recorded(&lost);
    for expected in ["redis_replication_link_up i 0", "redis_replication_link_down_seconds i 9"] {
        assert!(found.contains(&expected.to_owned()), "{expected} in {found:#?}");
    }
    for missing in [
        "redis_replication_silent_seconds",
        "redis_memory_max_bytes",
        "redis_memory_used_ratio",
        "redis_aof_last_write_ok",
        "redis_aof_size_bytes",
        "redis_rdb_save_age_seconds",
        "redis_hit_ratio",
    ] {
        assert!(!found.iter().any(|line| line.starts_with(missing)), "{missing} in {found:#?}");
    }
}

#[test]
fn whatever_it_records_it_declares_and_names_end_as_they_should() {
    let mut names: Vec<_> = METRICS.iter().map(|metric| metric.name).collect();
    for metric in METRICS.iter() {
        assert!(
            metric.name.starts_with("redis_") && metric.labels.first() == Some(&"instance"),
            "{metric:?}"
        );
        let is_counter = metric.kind == watchglass_model::Kind::Counter;
        assert_eq!(metric.name.ends_with("_total"), is_counter, "{}", metric.name);
    }
    names.sort_unstable();
    names.dedup();
    assert_eq!(names.len(), METRICS.len());
}

/// A server that reads what comes, sends `answer` once and then says no more.
fn server(answer: Vec<u8>) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("redis://user:sesame@{}", listener.local_addr().unwrap());
    // It ends when the probe hangs up.
    thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut buffer = [0; 4096];
        let _ = stream.read(&mut buffer);
        let _ = stream.write_all(&answer);
        let _ = stream.shutdown(std::net::Shutdown::Write);
        while matches!(stream.read(&mut buffer), Ok(1..)) {}
    });
    url
}

/// The error of a round with a server that sends `answer`.
fn failure(answer: &[u8]) -> String {
    let mut probe = Redis::new(&server(answer.to_vec()), INTERVAL).unwrap();
    let mut samples = SampleBuffer::new();
    let error = probe.collect(&mut samples).unwrap_err().to_string();
    assert!(!error.contains("sesame") && !error.contains("user:"), "{error}");
    error.replace(&probe.target.instance, "it")
}

#[test]
fn servers_that_misbehave_are_described_without_secrets() {
    let refused = "it rejected the request: invalid user name or password";
    let odd = "unexpected response from it: ";
    let cases: [(&[u8], String); 9] = [
        (b"", "connection to it lost: closed by the server".to_owned()),
        (b"-WRONGPASS invalid sesame\r\n", format!("{refused} (WRONGPASS)")),
        (b"-ERR unknown command `AUTH`, with args beginning with: `sesame`\r\n", format!("{refused} (ERR)")),
        (b"-sesame\r\n", format!("{refused} (ERR)")),
        (
            b"+OK\r\n-NOAUTH needs sesame\r\n-NOAUTH needs sesame\r\n-NOAUTH\r\n-NOAUTH\r\n",
            "it rejected the request: NOAUTH needs …".to_owned(),
        ),
        (b"HTTP/1.1 400 Bad Request\r\n\r\n", format!("{odd}not the Redis protocol")),
        (
            b"+OK\r\n+PONG\r\n-NOPERM no sesame\r\n:1\r\n*0\r\n",
            "it rejected the request: NOPERM no …".to_owned(),
        ),
        (b"+OK\r\n+PONG\r\n:1\r\n:1\r\n*0\r\n", format!("{odd}INFO is not text")),
        (b"+OK\r\n+PONG\r\n+used_memory:x\r\n:1\r\n*0\r\n", format!("{odd}INFO has no usable value")),
    ];
    for (answer, expected) in cases {
        assert_eq!(failure(answer), expected, "{}", String::from_utf8_lossy(answer));
    }
}

#[test]
fn endless_responses_are_limited() {
    let mut endless = b"+OK\r\n+PONG\r\n$900000000\r\n".to_vec();
    endless.resize(33 << 20, b'x');
    assert_eq!(failure(&endless), "unexpected response from it: response larger than 32 MiB");
    for promise in [&b"*9223372036854775807\r\n"[..], b"%9223372036854775807\r\n", b"$-9\r\n", b"=-9\r\n"] {
        let answer = [b"+OK\r\n+PONG\r\n", promise].concat();
        let error = failure(&answer);
        assert!(error.starts_with("connection to it lost") || error.contains("protocol"), "{error}");
    }
    assert!(failure(&b"*1\r\n".repeat(100_000)).contains("protocol"));
}

#[test]
fn forbidden_commands_become_notes() {
    let answer = b"+OK\r\n+PONG\r\n+used_memory:7\r\n-NOPERM no slowlog\r\n-NOPERM no slowlog\r\n";
    let mut probe = Redis::new(&server(answer.to_vec()), INTERVAL).unwrap();
    let mut samples = SampleBuffer::new();
    probe.collect(&mut samples).unwrap();
    assert!(rows(&samples).iter().any(|(metric, ..)| metric == "redis_memory_used_bytes"));
    let details = probe.details().get();
    assert_eq!(details.notes, ["slow log: not available: NOPERM no slowlog"]);
    assert_eq!(details.slow_log, None);
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn arbitrary_bytes_are_an_error(
        bytes in prop::collection::vec(any::<u8>(), 0..200),
        protocol in "([-+:$*%~>=!#(|][0-9a-z-]{0,4}\r\n){0,20}",
    ) {
        for answer in [bytes, [b"+OK\r\n+PONG\r\n", protocol.as_bytes()].concat()] {
            let mut probe = Redis::new(&server(answer), INTERVAL).unwrap();
            let _ = probe.collect(&mut SampleBuffer::new());
        }
    }
}
