//! Two servers that share their history through a Redis.

use crate::support::{Server, Socket, get};
use serde_json::{Value, json};
use std::collections::BTreeSet;
use watchglass_test_servers::{Certificates, RedisServer, free_port};

const HISTORY: &str = "/api/admin/system/history/?metric=host_memory_used_bytes&period=1h&step=1s";

async fn ticked(redis: &RedisServer, host: &str) -> Server {
    let server = Server::start_with(&["--redis-url", &redis.url(), "--host-name", host], &[]).await;
    Socket::json(server.address).await.in_a_row(3).await;
    server
}

/// The hosts for which a server has memory data.
async fn hosts(server: &Server) -> BTreeSet<String> {
    let answer = get(server.address, HISTORY).await.json();
    let series = answer["data"]["series"].as_array().unwrap();
    let has_values = |series: &&Value| series["avg"].as_array().unwrap().iter().any(Value::is_number);
    let host = |series: &Value| series["labels"]["host"].as_str().unwrap().to_owned();
    series.iter().filter(has_values).map(host).collect()
}

#[tokio::test]
async fn history_of_one_server_is_shown_by_another() {
    let redis = RedisServer::start(&["--save", ""]).unwrap();
    let one = ticked(&redis, "one").await;
    // A stopping server uploads its pending data.
    one.stop().await;
    let two = ticked(&redis, "two").await;
    assert_eq!(hosts(&two).await, BTreeSet::from(["one".to_owned(), "two".to_owned()]));
    two.stop().await;
    // A server with an empty data directory gets its own data back.
    let one = ticked(&redis, "one").await;
    assert_eq!(hosts(&one).await, BTreeSet::from(["one".to_owned(), "two".to_owned()]));
    one.stop().await;
}

#[tokio::test]
async fn two_servers_with_one_host_name_both_report_it() {
    let redis = RedisServer::start(&["--save", ""]).unwrap();
    let (mut one, mut two) = (ticked(&redis, "same").await, ticked(&redis, "same").await);
    let addresses = [two.address, one.address];
    for (server, other) in [&mut one, &mut two].into_iter().zip(addresses) {
        let line = server.logged("the host name same is used by another server").await;
        assert!(line.contains("WARN") && line.contains(&other.to_string()), "{line}");
        // Measured with the next tick.
        let mut socket = Socket::json(server.address).await;
        let conflict = "watchglass_host_name_conflicts{host=\"same\"}";
        socket.metrics_where("the conflict", |values| values[conflict] == json!(1.0)).await;
        assert!(get(server.address, "/").await.text().contains("is used by another server"));
    }
    const UNSENT: &str = "history not sent to Redis";
    let log = two.stop().await.stderr;
    let lines: Vec<&str> = log.lines().filter(|line| line.contains(UNSENT)).collect();
    let [line] = lines[..] else { panic!("{log}") };
    assert!(line.contains("WARN") && line.contains("from=") && line.contains("to="), "{line}");
    assert!(line.contains("this one does not share its history"), "{line}");
    assert!(!one.stop().await.stderr.contains(UNSENT));
}

#[tokio::test]
async fn server_without_its_redis_reports_it_and_works() {
    let mut redis = RedisServer::start(&["--save", ""]).unwrap();
    let server = ticked(&redis, "one").await;
    redis.kill();
    assert_eq!(hosts(&server).await, BTreeSet::from(["one".to_owned()]));
    let mut socket = Socket::json(server.address).await;
    while !get(server.address, "/").await.text().contains("history is not shared: cannot connect") {
        socket.in_a_row(1).await;
    }
    server.stop().await;
}

#[tokio::test]
async fn shared_history_uses_tls_with_a_rediss_url() {
    let certificates = Certificates::generate().unwrap();
    let file = |path: &std::path::Path| path.to_str().unwrap().to_owned();
    let [certificate, key, authority] =
        [&certificates.server, &certificates.key, &certificates.authority].map(|path| file(path));
    let port = free_port().to_string();
    let words = "--save  --tls-auth-clients no --tls-port";
    let mut arguments: Vec<&str> = words.split(' ').collect();
    arguments.extend([
        &port,
        "--tls-cert-file",
        &certificate,
        "--tls-key-file",
        &key,
        "--tls-ca-cert-file",
        &authority,
    ]);
    let redis = RedisServer::start(&arguments).unwrap();
    let url = format!("rediss://127.0.0.1:{port}");
    let flags = |host| ["--redis-url", &url, "--host-name", host];
    for host in ["one", "two"] {
        let server = Server::start_with(&flags(host), &[("SSL_CERT_FILE", &authority)]).await;
        Socket::json(server.address).await.in_a_row(3).await;
        if host == "two" {
            assert_eq!(hosts(&server).await, BTreeSet::from(["one".to_owned(), "two".to_owned()]));
        }
        server.stop().await;
    }
    assert_ne!(redis.run(&["DBSIZE"]), "0");
}
