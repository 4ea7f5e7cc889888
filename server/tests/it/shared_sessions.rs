//! Two servers with the same Redis, as behind a load balancer: sessions are valid on both until they are ended on either.

use crate::access::{cookie_of, sign_in};
use crate::support::{JSON, Server, Socket, data, request, run, send, until};
use serde_json::json;
use watchglass_test_servers::RedisServer;

const PASSWORD: &str = "correct horse battery";

/// A server with the users ada and bob.
async fn start(redis: &RedisServer, host: &str, flags: &[&str]) -> Server {
    let url = redis.url();
    let mut all = vec!["--redis-url", &url, "--host-name", host];
    all.extend(flags);
    let server = Server::start_with(&all, &[]).await;
    for (name, role) in [("ada", "admin"), ("bob", "viewer")] {
        let body = json!({ "name": name, "role": role, "password": PASSWORD }).to_string();
        let answer = send(server.address, "POST", "/api/admin/users", &body).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    }
    server
}

async fn cookie(server: &Server, name: &str) -> String {
    let answer = sign_in(server.address, name, PASSWORD).await;
    assert_eq!(answer.status, 200, "{}", answer.text());
    cookie_of(&answer)
}

async fn status(server: &Server, path: &str, cookie: &str) -> u16 {
    request(server.address, "GET", path, &[("Authorization", ""), ("Cookie", cookie)]).await.status
}

async fn sessions(server: &Server) -> usize {
    data(server.address, "/api/admin/sessions").await.as_array().unwrap().len()
}

#[tokio::test]
async fn sessions_are_valid_on_both_servers_until_ended_on_either() {
    let redis = RedisServer::start(&[]).unwrap();
    let (one, two) = (start(&redis, "one", &[]).await, start(&redis, "two", &[]).await);
    let ada = cookie(&one, "ada").await;
    // The very next request to the other server is authenticated.
    assert_eq!(status(&two, "/", &ada).await, 200);
    assert_eq!(status(&two, "/api/admin/users", &ada).await, 200);
    assert_eq!(sessions(&two).await, 1);
    let mut socket = Socket::open_as(("cookie", &ada), two.address, Some(JSON)).await;
    assert_eq!(socket.text().await["type"], "hello");
    // Signing out on one ends the live connection on the other.
    let out = [("Authorization", ""), ("Cookie", ada.as_str()), ("Content-Length", "0")];
    assert_eq!(request(one.address, "POST", "/api/logout", &out).await.status, 200);
    assert_eq!(socket.closed().await.0, 4401);
    assert_eq!(status(&two, "/", &ada).await, 303);

    // An administrator ends a session that was created on the other server.
    let bob = cookie(&two, "bob").await;
    assert_eq!(status(&one, "/", &bob).await, 200);
    let mut socket = Socket::open_as(("cookie", &bob), two.address, Some(JSON)).await;
    let list = data(one.address, "/api/admin/sessions").await;
    let path = format!("/api/admin/sessions/{}", list[0]["id"].as_str().unwrap());
    assert_eq!(request(one.address, "DELETE", &path, &[]).await.status, 200);
    assert_eq!(socket.closed().await.0, 4401);
    assert_eq!(status(&two, "/", &bob).await, 303);

    // A command on one machine ends sessions on both.
    let bob = cookie(&two, "bob").await;
    assert_eq!(status(&one, "/", &bob).await, 200);
    let mut socket = Socket::open_as(("cookie", &bob), two.address, Some(JSON)).await;
    let folder = one.home().join(".local/share/watchglass");
    let flags = ["user", "password", "--name", "bob", "--data-dir", folder.to_str().unwrap()];
    assert_eq!(run(&flags, &[]).await.code, Some(0));
    assert_eq!(socket.closed().await.0, 4401);
    // Neither session tokens nor passwords are in Redis.
    let all = redis.run(&["HGETALL", "{watchglass}:access:sessions"]);
    assert!(all.contains("until") && !all.contains("wg_") && !all.contains(PASSWORD), "{all}");
    for server in [one, two] {
        let finished = server.stop().await;
        assert!(!finished.stderr.contains("session sync failed"), "{}", finished.stderr);
    }
}

#[tokio::test]
async fn sessions_are_valid_where_the_user_exists_with_the_local_role() {
    let redis = RedisServer::start(&[]).unwrap();
    let (one, two) = (start(&redis, "one", &[]).await, start(&redis, "two", &[]).await);
    let alone = start(&redis, "three", &["--redis-sessions", "false"]).await;
    let change = async |server: &Server, name: &str, body: serde_json::Value| {
        let path = format!("/api/admin/users/{name}");
        let answer = send(server.address, "PATCH", &path, &body.to_string()).await;
        assert_eq!(answer.status, 200, "{}", answer.text());
    };
    change(&two, "ada", json!({ "role": "viewer" })).await;
    change(&two, "bob", json!({ "disabled": true })).await;
    let body = json!({ "name": "eve", "role": "viewer", "password": PASSWORD }).to_string();
    assert_eq!(send(one.address, "POST", "/api/admin/users", &body).await.status, 200);
    let (ada, bob, eve) = (cookie(&one, "ada").await, cookie(&one, "bob").await, cookie(&one, "eve").await);
    assert_eq!(status(&two, "/", &ada).await, 200);
    assert_eq!(status(&one, "/api/admin/users", &ada).await, 200);
    assert_eq!(status(&two, "/api/admin/users", &ada).await, 403);
    for cookie in [&bob, &eve] {
        assert_eq!((status(&one, "/", cookie).await, status(&two, "/", cookie).await), (200, 303));
    }
    for cookie in [&ada, &bob] {
        assert_eq!(status(&alone, "/", cookie).await, 303);
    }
    // A user who is enabled again has to sign in again.
    change(&two, "bob", json!({ "disabled": false })).await;
    assert_eq!(status(&two, "/", &bob).await, 303);
    for server in [one, two, alone] {
        server.stop().await;
    }
}

#[tokio::test]
async fn sessions_work_without_redis_and_sync_when_it_is_back_empty() {
    let mut redis = RedisServer::start(&[]).unwrap();
    let (mut one, mut two) = (start(&redis, "one", &[]).await, start(&redis, "two", &[]).await);
    let (ada, bob) = (cookie(&one, "ada").await, cookie(&one, "bob").await);
    assert_eq!((status(&two, "/", &ada).await, status(&two, "/", &bob).await), (200, 200));
    redis.kill();
    for server in [&mut one, &mut two] {
        server.logged("session sync failed").await;
    }
    assert_eq!((status(&one, "/", &ada).await, status(&two, "/", &ada).await), (200, 200));
    let out = [("Authorization", ""), ("Cookie", bob.as_str()), ("Content-Length", "0")];
    assert_eq!(request(one.address, "POST", "/api/logout", &out).await.status, 200);
    assert_eq!((status(&one, "/", &bob).await, status(&two, "/", &bob).await), (303, 200));
    let late = cookie(&two, "bob").await;
    assert_eq!((status(&one, "/", &late).await, status(&two, "/", &late).await), (303, 200));
    redis.restart();
    until("the end at the other", &two, async || status(&two, "/", &bob).await == 303).await;
    until("the session of the other", &one, async || status(&one, "/", &late).await == 200).await;
    assert_eq!((status(&one, "/", &ada).await, status(&two, "/", &ada).await), (200, 200));
    for server in [one, two] {
        let finished = server.stop().await;
        assert_eq!(finished.stderr.matches("session sync failed").count(), 1, "{}", finished.stderr);
    }
}
