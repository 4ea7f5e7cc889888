//! Two servers with the same Redis, as behind one name: who is signed in at one is so at the other, until it is ended at either.

use crate::access::{cookie_of, sign_in};
use crate::support::{JSON, Server, Socket, data, request, run, send, until};
use serde_json::json;
use watchglass_test_servers::RedisServer;

const PASSWORD: &str = "correct horse battery";

/// A server at which ada and bob can sign in.
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
async fn who_signs_in_at_one_is_signed_in_at_the_other_until_it_is_ended_at_either() {
    let redis = RedisServer::start(&[]).unwrap();
    let (one, two) = (start(&redis, "one", &[]).await, start(&redis, "two", &[]).await);
    let ada = cookie(&one, "ada").await;
    // The very next request, at the other: nobody is sent to sign in again.
    assert_eq!(status(&two, "/", &ada).await, 200);
    assert_eq!(status(&two, "/api/admin/users", &ada).await, 200);
    assert_eq!(sessions(&two).await, 1);
    let mut socket = Socket::open_as(("cookie", &ada), two.address, Some(JSON)).await;
    assert_eq!(socket.text().await["type"], "hello");
    // Signed out at one: the live connection at the other ends.
    let out = [("Authorization", ""), ("Cookie", ada.as_str()), ("Content-Length", "0")];
    assert_eq!(request(one.address, "POST", "/api/logout", &out).await.status, 200);
    assert_eq!(socket.closed().await.0, 4401);
    assert_eq!(status(&two, "/", &ada).await, 303);

    // An administrator ends a session where it was not begun.
    let bob = cookie(&two, "bob").await;
    assert_eq!(status(&one, "/", &bob).await, 200);
    let mut socket = Socket::open_as(("cookie", &bob), two.address, Some(JSON)).await;
    let list = data(one.address, "/api/admin/sessions").await;
    let path = format!("/api/admin/sessions/{}", list[0]["id"].as_str().unwrap());
    assert_eq!(request(one.address, "DELETE", &path, &[]).await.status, 200);
    assert_eq!(socket.closed().await.0, 4401);
    assert_eq!(status(&two, "/", &bob).await, 303);

    // A command on one machine.
    let bob = cookie(&two, "bob").await;
    assert_eq!(status(&one, "/", &bob).await, 200);
    let mut socket = Socket::open_as(("cookie", &bob), two.address, Some(JSON)).await;
    let folder = one.home().join(".local/share/watchglass");
    let flags = ["user", "password", "--name", "bob", "--data-dir", folder.to_str().unwrap()];
    assert_eq!(run(&flags, &[]).await.code, Some(0));
    assert_eq!(socket.closed().await.0, 4401);
    // Neither the token of a session nor a password is in Redis.
    let all = redis.run(&["HGETALL", "{watchglass}:access:sessions"]);
    assert!(all.contains("until") && !all.contains("wg_") && !all.contains(PASSWORD), "{all}");
    for server in [one, two] {
        let finished = server.stop().await;
        assert!(!finished.stderr.contains("sessions are not shared"), "{}", finished.stderr);
    }
}

#[tokio::test]
async fn a_session_counts_where_its_person_is_known_with_the_role_there() {
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
    // A person who is let in again there has to sign in again as well.
    change(&two, "bob", json!({ "disabled": false })).await;
    assert_eq!(status(&two, "/", &bob).await, 303);
    for server in [one, two, alone] {
        server.stop().await;
    }
}

#[tokio::test]
async fn while_redis_is_away_each_goes_on_and_an_end_is_told_when_it_is_back_with_nothing_in_it() {
    let mut redis = RedisServer::start(&[]).unwrap();
    let (mut one, mut two) = (start(&redis, "one", &[]).await, start(&redis, "two", &[]).await);
    let (ada, bob) = (cookie(&one, "ada").await, cookie(&one, "bob").await);
    assert_eq!((status(&two, "/", &ada).await, status(&two, "/", &bob).await), (200, 200));
    redis.kill();
    for server in [&mut one, &mut two] {
        server.logged("sessions are not shared").await;
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
        assert_eq!(finished.stderr.matches("sessions are not shared").count(), 1, "{}", finished.stderr);
    }
}
