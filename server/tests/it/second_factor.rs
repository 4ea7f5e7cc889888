//! Second factor: enabled with an app, required in browser and API, disabled by the user or an administrator.

use crate::support::{Response, Server, data, exchange, request_text, run, send};
use crate::users::{PASSWORD, cookie, form, get_page, start_with_users, submit};
use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use url::form_urlencoded;
use watchglass_auth::TotpSecret;
use watchglass_model::Timestamp;

/// The code of the app, `steps` from now: each code is valid once, and the next one is accepted already.
fn code(secret: &TotpSecret, steps: u32) -> String {
    let now = SystemTime::now() + Duration::from_secs(30) * steps;
    let since = now.duration_since(UNIX_EPOCH).unwrap();
    secret.code_at(Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap()))
}

async fn sign_in(server: &Server, code: &str) -> Response {
    let body = json!({ "username": "ada", "password": PASSWORD, "code": code }).to_string();
    send(server.address, "POST", "/api/login", &body).await
}

/// The same with the form of the page.
async fn sign_in_by_form(server: &Server, code: &str) -> Response {
    let fields = [("username", "ada"), ("password", PASSWORD), ("code", code), ("next", "/alerts")];
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let length = body.len().to_string();
    let kind = "application/x-www-form-urlencoded";
    let headers = [("Authorization", ""), ("Content-Type", kind), ("Content-Length", length.as_str())];
    let text = request_text(server.address, "POST", "/api/login", &headers) + &body;
    exchange(server.address, text.as_bytes()).await.unwrap()
}

/// Enables the second factor. Returns the secret, the recovery codes and the secret as shown.
async fn switch_on(server: &Server, ada: &str) -> (TotpSecret, Vec<String>, String) {
    let begun = submit(server, ada, &[("do", "factor-begin")], 200, "Enter the code of your app").await;
    let shown = begun.attr("[name=secret]", "value").unwrap().to_owned();
    let secret = TotpSecret::parse(&shown).unwrap();
    begun.assert_has("a[href^='otpauth://totp/Watchglass:ada?secret=']");
    let on = |code: String, password: &'static str| {
        [
            ("do", "factor-on".to_owned()),
            ("secret", shown.clone()),
            ("code", code),
            ("password", password.to_owned()),
        ]
    };
    for (fields, status, says) in [
        (on("12345".to_owned(), PASSWORD), 400, "the code does not match"),
        (on(code(&secret, 0), "another one"), 403, "is wrong"),
    ] {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        // The secret is still shown.
        let again = submit(server, ada, &fields, status, says).await;
        assert_eq!(again.attr("[name=secret]", "value"), Some(shown.as_str()), "{says}");
    }
    let fields = on(code(&secret, 0), PASSWORD);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let made = form(server, ada, &fields).await;
    assert_eq!((made.status, made.header("cache-control")), (200, Some("no-store")), "{}", made.html());
    let codes = made.dom().text("#factor-made pre code");
    let codes: Vec<String> = codes.split_whitespace().map(str::to_owned).collect();
    assert_eq!(codes.len(), 8, "{codes:?}");
    (secret, codes, shown)
}

#[tokio::test]
async fn second_factor_is_required_until_it_is_disabled() {
    let server = start_with_users().await;
    let [ada, there] =
        [cookie(server.address, "ada", PASSWORD).await, cookie(server.address, "ada", PASSWORD).await];
    let (secret, codes, shown) = switch_on(&server, &ada).await;
    assert_eq!(
        (get_page(&server, &ada, "/").await.status, get_page(&server, &there, "/").await.status),
        (200, 303)
    );
    let account = get_page(&server, &ada, "/settings?view=account").await;
    account.dom().assert_says("section", "8 recovery codes");
    account.dom().assert_has("button[value=factor-off]");
    for hidden in [&shown, &codes[0]] {
        assert!(!account.text().contains(hidden), "{}", account.text());
    }
    // The error does not reveal that the password was right.
    let refused = sign_in(&server, "").await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.error("bad_credentials"), "Wrong username, password or two-factor code");
    let next = code(&secret, 1);
    assert_eq!(sign_in(&server, &next).await.status, 200);
    assert_eq!(sign_in(&server, &next).await.status, 401, "a second time");
    let entered = sign_in_by_form(&server, &codes[0]).await;
    assert_eq!((entered.status, entered.header("location")), (303, Some("/alerts")));
    let refused = sign_in_by_form(&server, &codes[0]).await;
    assert_eq!(refused.status, 401);
    refused.dom().assert_has("[name=code]");
    assert!(!refused.text().contains(&codes[0]), "{}", refused.text());
    let off = [("do", "factor-off"), ("code", "00000"), ("password", PASSWORD)];
    submit(&server, &ada, &off, 403, "or the code is wrong").await;
    let again = [("do", "factor-on"), ("secret", shown.as_str()), ("code", "1"), ("password", PASSWORD)];
    submit(&server, &ada, &again, 400, "the code does not match").await;
    let fields = [("do", "factor-off"), ("code", codes[1].as_str()), ("password", PASSWORD)];
    submit(&server, &ada, &fields, 200, "Two-factor authentication disabled").await;
    assert_eq!(sign_in(&server, "").await.status, 200);
    let finished = server.stop().await;
    for hidden in [&shown, &codes[0], &codes[1]] {
        assert!(!finished.stderr.contains(hidden), "{}", finished.stderr);
    }
}

#[tokio::test]
async fn second_factor_is_removed_by_an_administrator_or_a_command() {
    let server = start_with_users().await;
    let ada = cookie(server.address, "ada", PASSWORD).await;
    let (_, codes, shown) = switch_on(&server, &ada).await;
    let users = data(server.address, "/api/admin/users").await;
    let of =
        |name: &str| users.as_array().unwrap().iter().find(|user| user["name"] == name).cloned().unwrap();
    assert_eq!((&of("ada")["second_factor"], &of("bob")["second_factor"]), (&json!(true), &json!(false)));
    let patch = async |value: bool| {
        let body = json!({ "second_factor": value }).to_string();
        send(server.address, "PATCH", "/api/admin/users/ada", &body).await
    };
    assert!(patch(true).await.error("bad_parameter").contains("can only be false"));
    assert_eq!(patch(false).await.json()["data"]["second_factor"], false);
    assert!(
        patch(false)
            .await
            .error("second_factor")
            .contains("two-factor authentication is not enabled for ada")
    );
    let ada = cookie(server.address, "ada", PASSWORD).await;
    switch_on(&server, &ada).await;
    // By an administrator, in the browser.
    let bob = json!({ "role": "admin" }).to_string();
    assert_eq!(send(server.address, "PATCH", "/api/admin/users/bob", &bob).await.status, 200);
    let bob = cookie(server.address, "bob", PASSWORD).await;
    let people = get_page(&server, &bob, "/settings?view=users").await.dom();
    assert_eq!(people.count("button[value=user-factor-off]"), 1);
    let remove = [("do", "user-factor-off"), ("name", "ada")];
    submit(&server, &bob, &remove, 200, "Two-factor authentication removed").await;
    submit(&server, &bob, &remove, 409, "not enabled for ada").await;
    let ada = cookie(server.address, "ada", PASSWORD).await;
    switch_on(&server, &ada).await;
    let folder = server.home().join(".local/share/watchglass");
    let flags = ["user", "totp-off", "--name", "ada", "--data-dir", folder.to_str().unwrap()];
    let finished = run(&flags, &[]).await;
    assert_eq!((finished.code, finished.stdout.as_str()), (Some(0), ""), "{finished:?}");
    crate::support::within("signing in with the password alone", async {
        while sign_in(&server, "").await.status != 200 {}
    })
    .await;
    let audit = data(server.address, "/api/admin/audit?what=user").await.to_string();
    assert!(audit.contains("second_factor"), "{audit}");
    for hidden in [&shown, &codes[0]] {
        assert!(!audit.contains(hidden), "{audit}");
    }
    server.stop().await;
}
