//! Users and tokens: sign-in and sign-out, commands while the server runs, revocation.

use crate::support::{
    JSON, Response, Server, Socket, TestToken, exchange, get, request, request_text, run, within,
};
use std::net::SocketAddr;
use std::os::unix::fs::PermissionsExt;

pub(crate) const PASSWORD: &str = "correct horse battery";

/// A server whose administrator has a known password.
pub(crate) async fn server() -> Server {
    Server::unseeded(&[("WATCHGLASS_ADMIN_PASSWORD", PASSWORD)]).await
}

pub(crate) async fn send(address: SocketAddr, path: &str, kind: &str, cookie: &str, body: &str) -> Response {
    let length = body.len().to_string();
    let headers =
        [("Authorization", ""), ("Content-Type", kind), ("Content-Length", &length), ("Cookie", cookie)];
    let text = request_text(address, "POST", path, &headers) + body;
    exchange(address, text.as_bytes()).await.unwrap()
}

pub(crate) async fn sign_in(address: SocketAddr, name: &str, password: &str) -> Response {
    let body = serde_json::json!({ "username": name, "password": password }).to_string();
    send(address, "/api/login", "application/json", "", &body).await
}

/// Whether a cookie is a session.
pub(crate) async fn is_signed_in(server: &Server, cookie: &str) -> bool {
    let headers = [("Authorization", ""), ("Cookie", cookie)];
    request(server.address, "GET", "/api/docs", &headers).await.status == 200
}

/// The cookie that a response sets, as a browser sends it back.
pub(crate) fn cookie_of(answer: &Response) -> String {
    answer.session_cookie().unwrap().split(';').next().unwrap().to_owned()
}

async fn status(address: SocketAddr, path: &str, proof: (&str, &str)) -> u16 {
    request(address, "GET", path, &[("Authorization", ""), proof]).await.status
}

/// Runs a command on the server's data directory.
async fn command(server: &Server, arguments: &[&str]) -> String {
    let folder = server.home().join(".local/share/watchglass");
    let flags = ["--data-dir", folder.to_str().unwrap()];
    let finished = run(&[arguments, &flags].concat(), &[]).await;
    assert_eq!(finished.code, Some(0), "{finished:?}");
    finished.stdout
}

#[tokio::test]
async fn users_sign_in_and_out() {
    let server = server().await;
    let address = server.address;
    assert_eq!(status(address, "/", ("X", "")).await, 303);
    let answer = sign_in(address, "Admin", PASSWORD).await;
    assert_eq!(answer.status, 200, "{answer:?}");
    let expected = serde_json::json!({ "success": true, "data": { "user": "admin", "role": "admin" } });
    assert_eq!(answer.json(), expected);
    let set = answer.session_cookie().unwrap();
    // A loopback address has no TLS: the cookie is neither Secure nor `__Host-`.
    assert!(set.starts_with("watchglass=") && set.contains("; HttpOnly; SameSite=Lax"), "{set}");
    assert!(!set.contains("Secure"), "{set}");
    let cookie = cookie_of(&answer);
    for path in ["/", "/alerts", "/api/admin/rules", "/metrics"] {
        assert_eq!(status(address, path, ("Cookie", &cookie)).await, 200, "{path}");
    }
    // The sign-in page redirects signed-in users.
    let page =
        request(address, "GET", "/login?next=/alerts", &[("Authorization", ""), ("Cookie", &cookie)]).await;
    assert_eq!((page.status, page.header("location")), (303, Some("/alerts")));
    let page = request(address, "GET", "/login", &[("Authorization", ""), ("Cookie", &cookie)]).await;
    assert!(page.text().contains("Signed in as admin (role admin)"), "{}", page.text());
    assert!(page.text().contains("action=\"/api/logout\""), "{}", page.text());
    let mut socket = Socket::open_as(("cookie", &cookie), address, Some(JSON)).await;
    assert_eq!(socket.text().await["type"], "hello");
    let out = send(address, "/api/logout", "application/json", &cookie, "").await;
    assert_eq!(out.status, 200);
    assert!(out.session_cookie().unwrap().starts_with("watchglass=; Path=/; Max-Age=0"), "{out:?}");
    // The live connection of the page is closed at once.
    assert_eq!(socket.closed().await.0, 4401);
    assert_eq!(status(address, "/", ("Cookie", &cookie)).await, 303);
    assert_eq!(status(address, "/api/admin/rules", ("Cookie", &cookie)).await, 401);
    server.stop().await;
}

#[tokio::test]
async fn sign_in_form_works_without_scripts() {
    let server = server().await;
    let address = server.address;
    let form = |fields: &'static str| async move {
        send(address, "/api/login", "application/x-www-form-urlencoded", "", fields).await
    };
    let page =
        request(address, "GET", "/login?next=%2Falerts%3Fview%3Drules", &[("Authorization", "")]).await;
    assert_eq!(page.status, 200);
    for part in
        ["<title>Sign in", "action=\"/api/login\"", "value=\"/alerts?view=rules\"", "type=\"password\""]
    {
        assert!(page.text().contains(part), "{part}: {}", page.text());
    }
    let wrong = form("username=a%22%3Cb&password=wrong&next=/alerts").await;
    assert_eq!(wrong.status, 401);
    for part in ["Wrong username, password or two-factor code", "a&quot;&lt;b", "value=\"/alerts\""] {
        assert!(wrong.text().contains(part), "{part}: {}", wrong.text());
    }
    assert!(wrong.session_cookie().is_none());
    for (fields, place) in [
        ("username=admin&password=correct+horse+battery&next=/alerts?view=rules", "/alerts?view=rules"),
        ("username=admin&password=correct+horse+battery&next=//evil.example", "/"),
        ("username=admin&password=correct+horse+battery", "/"),
    ] {
        let right = form(fields).await;
        assert_eq!((right.status, right.header("location")), (303, Some(place)), "{fields}");
        assert_eq!(status(address, "/", ("Cookie", &cookie_of(&right))).await, 200);
    }
    let out = send(address, "/api/logout", "application/x-www-form-urlencoded", "", "").await;
    assert_eq!((out.status, out.header("location")), (303, Some("/login")));
    server.stop().await;
}

#[tokio::test]
async fn failed_sign_ins_are_throttled() {
    let server = server().await;
    let address = server.address;
    for _ in 0..3 {
        let answer = sign_in(address, "admin", "guess").await;
        assert_eq!(answer.status, 401);
        answer.error("bad_credentials");
    }
    // However slow hashing is here: soon an attempt comes too early.
    let answer = within("a refusal", async {
        loop {
            let answer = sign_in(address, "admin", "guess").await;
            if answer.status == 429 {
                return answer;
            }
            assert_eq!(answer.status, 401);
        }
    })
    .await;
    assert!(answer.error("too_many_attempts").contains("try again in"));
    assert!(answer.header("retry-after").unwrap().parse::<u32>().unwrap() >= 1);
    for body in ["", "{}", "{\"username\":\"a\"}", "{\"username\":\"a\",\"password\":1}"] {
        let answer = send(address, "/api/login", "application/json", "", body).await;
        assert_eq!(answer.status, 400, "{body}");
    }
    server.stop().await;
}

#[tokio::test]
async fn tokens_of_the_command_are_valid_until_they_are_revoked() {
    let server = Server::start().await;
    let address = server.address;
    let created = command(&server, &["token", "create", "--name", "ci", "--role", "viewer"]).await;
    let token = created.strip_suffix('\n').unwrap();
    assert!(!token.contains(char::is_whitespace), "{created:?}");
    let bearer = format!("Bearer {token}");
    let as_ci = [("Authorization", bearer.as_str())];
    assert_eq!(request(address, "GET", "/api/admin/rules", &as_ci).await.status, 200);
    assert_eq!(request(address, "POST", "/api/admin/rules", &as_ci).await.status, 403);
    let mut socket = Socket::open_as(("authorization", &bearer), address, Some(JSON)).await;
    assert_eq!(socket.text().await["type"], "hello");
    let list = command(&server, &["token", "list"]).await;
    assert!(list.lines().any(|line| line.contains("good") && line.ends_with(" ci")), "{list}");
    assert!(!list.contains(token));
    assert_eq!(command(&server, &["token", "revoke", "--name", "ci"]).await, "");
    assert_eq!(socket.closed().await.0, 4401);
    let answer = request(address, "GET", "/api/admin/rules", &as_ci).await;
    assert_eq!(answer.status, 401);
    assert!(answer.error("unauthorized").contains("revoked"));
    let folder = server.home().join(".local/share/watchglass");
    let mode = std::fs::metadata(folder.join("access.json")).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    let finished = server.stop().await;
    assert!(!finished.stderr.contains(token) && !finished.stdout.contains(token), "{finished:?}");
}

#[tokio::test]
async fn disabling_a_user_or_changing_the_password_ends_sessions() {
    let server = server().await;
    let address = server.address;
    let made = command(&server, &["user", "add", "--name", "ada", "--role", "viewer"]).await;
    for arguments in [["user", "password", "--name", "ada"], ["user", "disable", "--name", "ada"]] {
        let password = if arguments[1] == "password" {
            made.trim_end().to_owned()
        } else {
            command(&server, &["user", "password", "--name", "ada"]).await.trim_end().to_owned()
        };
        // The server reads the changed file within one second.
        let answer = within("signing in", async {
            loop {
                let answer = sign_in(address, "ada", &password).await;
                if answer.status == 200 {
                    return answer;
                }
            }
        })
        .await;
        let cookie = cookie_of(&answer);
        let mut socket = Socket::open_as(("cookie", &cookie), address, Some(JSON)).await;
        command(&server, &arguments).await;
        assert_eq!(socket.closed().await.0, 4401, "{arguments:?}");
        assert_eq!(status(address, "/", ("Cookie", &cookie)).await, 303);
    }
    let list = command(&server, &["user", "list"]).await;
    assert!(list.lines().any(|line| line.contains("disabled") && line.ends_with(" ada")), "{list}");
    server.stop().await;
}

#[tokio::test]
async fn first_password_is_generated_and_shown_once() {
    let mut server = Server::unseeded(&[]).await;
    let line = server.logged("the first administrator is admin").await;
    let password = line.rsplit(' ').next().unwrap().to_owned();
    assert_eq!(sign_in(server.address, "admin", &password).await.status, 200);
    assert!(server.announcement().contains("as admin"), "{}", server.announcement());
    let data = server.home().join(".local/share/watchglass");
    let copy = tempfile::tempdir().unwrap();
    std::fs::copy(data.join("access.json"), copy.path().join("access.json")).unwrap();
    let finished = server.stop().await;
    assert!(!finished.stdout.contains(&password));
    let again = Server::start_with(
        &["--data-dir", copy.path().to_str().unwrap()],
        &[("WATCHGLASS_ADMIN_PASSWORD", PASSWORD)],
    )
    .await;
    assert_eq!(sign_in(again.address, "admin", &password).await.status, 200);
    assert_eq!(sign_in(again.address, "admin", PASSWORD).await.status, 401);
    let finished = again.stop().await;
    assert!(!finished.stderr.contains("first administrator"), "{}", finished.stderr);
}

#[tokio::test]
async fn invalid_arguments_are_rejected_with_the_reason() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().to_str().unwrap();
    for (arguments, named) in [
        (
            vec!["token", "create", "--name", "a", "--role", "root", "--data-dir", path],
            "admin, viewer, ingest",
        ),
        (vec!["token", "create", "--role", "admin", "--data-dir", path], "--name"),
        (vec!["token", "revoke", "--name", "none", "--data-dir", path], "no active token \"none\""),
        (vec!["user", "add", "--name", "a b", "--role", "admin", "--data-dir", path], "invalid user name"),
        (vec!["user", "add", "--name", "a", "--role", "ingest", "--data-dir", path], "token create"),
        (vec!["user", "password", "--name", "none", "--data-dir", path], "unknown user none"),
        (
            vec!["user", "add", "--name", "a", "--role", "admin", "--password-stdin", "--data-dir", path],
            "8 to 256 bytes",
        ),
    ] {
        let finished = run(&arguments, &[]).await;
        assert!(finished.code.is_some_and(|code| code != 0), "{arguments:?}: {finished:?}");
        assert_eq!(finished.stdout, "", "{arguments:?}");
        assert!(finished.stderr.contains(named), "{arguments:?}: {}", finished.stderr);
    }
    std::fs::write(folder.path().join("access.json"), "{").unwrap();
    let finished = run(&["serve", "--listen", "127.0.0.1:0", "--data-dir", path], &[]).await;
    assert!(
        finished.code.is_some_and(|code| code != 0) && finished.stderr.contains("access.json"),
        "{finished:?}"
    );
    let short = [("WATCHGLASS_ADMIN_PASSWORD", "short")];
    let finished = run(&["serve", "--listen", "127.0.0.1:0"], &short).await;
    assert!(
        finished.stderr.contains("WATCHGLASS_ADMIN_PASSWORD: invalid password of 5 bytes: use 8"),
        "{finished:?}"
    );
}

#[tokio::test]
async fn metrics_anonymous_opens_nothing_else() {
    let server = Server::start_with(&["--metrics-anonymous", "true"], &[]).await;
    assert_eq!(status(server.address, "/metrics", ("X", "")).await, 200);
    assert_eq!(status(server.address, "/api/admin/rules", ("X", "")).await, 401);
    server.stop().await;
}

#[tokio::test]
async fn viewers_see_in_the_browser_why_nothing_was_changed() {
    let server = Server::start().await;
    let bearer = TestToken::Viewer.bearer();
    let headers = [("Authorization", bearer.as_str()), ("Accept", "text/html")];
    let answer = request(server.address, "POST", "/alerts", &headers).await;
    assert_eq!(answer.status, 403);
    assert!(
        answer.text().contains("This needs the role admin; Viewer has the role viewer."),
        "{}",
        answer.text()
    );
    assert_eq!(get(server.address, "/alerts").await.status, 200);
    server.stop().await;
}
