//! A second factor: switched on with an app, asked for by pages and programs, and switched off by whoever may.

use crate::people::{PASSWORD, cookie, form, seen, sent, with_people};
use crate::support::{Answer, Server, data, exchange, request_text, run, send};
use serde_json::json;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use url::form_urlencoded;
use watchglass_access::TotpSecret;
use watchglass_model::Timestamp;

/// What the app shows, or will show so many steps from now: a code is good once, and the next one already.
fn code(secret: &TotpSecret, steps: u32) -> String {
    let now = SystemTime::now() + Duration::from_secs(30) * steps;
    let since = now.duration_since(UNIX_EPOCH).unwrap();
    secret.code_at(Timestamp::from_millis(i64::try_from(since.as_millis()).unwrap()))
}

async fn sign_in(server: &Server, code: &str) -> Answer {
    let body = json!({ "username": "ada", "password": PASSWORD, "code": code }).to_string();
    send(server.address, "POST", "/api/login", &body).await
}

/// The same as the form of the page sends it.
async fn sign_in_by_form(server: &Server, code: &str) -> Answer {
    let fields = [("username", "ada"), ("password", PASSWORD), ("code", code), ("next", "/alerts")];
    let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let length = body.len().to_string();
    let kind = "application/x-www-form-urlencoded";
    let headers = [("Authorization", ""), ("Content-Type", kind), ("Content-Length", length.as_str())];
    let text = request_text(server.address, "POST", "/api/login", &headers) + &body;
    exchange(server.address, text.as_bytes()).await.unwrap()
}

/// What stands between two parts of a page.
fn between<'a>(html: &'a str, before: &str, after: &str) -> &'a str {
    let rest = html.split_once(before).unwrap_or_else(|| panic!("{before}: {html}")).1;
    rest.split_once(after).unwrap().0
}

/// Switches it on. Gives the secret, the codes for when the app is lost, and all that was answered.
async fn switch_on(server: &Server, ada: &str) -> (TotpSecret, Vec<String>, String) {
    let begun = sent(server, ada, &[("do", "factor-begin")], 200, "Nothing is changed yet").await;
    let shown = between(&begun, "name=\"secret\" value=\"", "\"").to_owned();
    let secret = TotpSecret::parse(&shown).unwrap();
    assert!(begun.contains("otpauth://totp/Watchglass:ada?secret="), "{begun}");
    let on = |code: String, password: &'static str| {
        [
            ("do", "factor-on".to_owned()),
            ("secret", shown.clone()),
            ("code", code),
            ("password", password.to_owned()),
        ]
    };
    for (fields, status, says) in [
        (on("12345".to_owned(), PASSWORD), 400, "not what the app should show"),
        (on(code(&secret, 0), "another one"), 403, "is another one"),
    ] {
        let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
        // What the app was told is still there.
        assert!(sent(server, ada, &fields, status, says).await.contains(&shown), "{says}");
    }
    let fields = on(code(&secret, 0), PASSWORD);
    let fields: Vec<(&str, &str)> = fields.iter().map(|(name, value)| (*name, value.as_str())).collect();
    let made = form(server, ada, &fields).await;
    assert_eq!((made.status, made.header("cache-control")), (200, Some("no-store")), "{}", made.html());
    let html = made.html();
    let codes: Vec<String> =
        between(&html, "<pre><code>", "</code>").split_whitespace().map(str::to_owned).collect();
    assert_eq!(codes.len(), 8, "{html}");
    (secret, codes, shown)
}

#[tokio::test]
async fn it_is_asked_for_until_it_is_switched_off() {
    let server = with_people().await;
    let [ada, there] =
        [cookie(server.address, "ada", PASSWORD).await, cookie(server.address, "ada", PASSWORD).await];
    let (secret, codes, shown) = switch_on(&server, &ada).await;
    assert_eq!((seen(&server, &ada, "/").await.status, seen(&server, &there, "/").await.status), (200, 303));
    let account = seen(&server, &ada, "/settings?view=account").await.html();
    assert!(account.contains("8\u{a0}codes") && account.contains("value=\"factor-off\""), "{account}");
    for hidden in [&shown, &codes[0]] {
        assert!(!account.contains(hidden), "{account}");
    }
    // Nobody learns that the password was right.
    let refused = sign_in(&server, "").await;
    assert_eq!(refused.status, 401);
    assert_eq!(refused.error("bad_credentials"), "The name, the password or the code is wrong");
    let next = code(&secret, 1);
    assert_eq!(sign_in(&server, &next).await.status, 200);
    assert_eq!(sign_in(&server, &next).await.status, 401, "a second time");
    let entered = sign_in_by_form(&server, &codes[0]).await;
    assert_eq!((entered.status, entered.header("location")), (303, Some("/alerts")));
    let refused = sign_in_by_form(&server, &codes[0]).await;
    assert_eq!(refused.status, 401);
    assert!(
        refused.html().contains("name=\"code\"") && !refused.html().contains(&codes[0]),
        "{}",
        refused.html()
    );
    let off = [("do", "factor-off"), ("code", "00000"), ("password", PASSWORD)];
    sent(&server, &ada, &off, 403, "or the code is another one").await;
    let again = [("do", "factor-on"), ("secret", shown.as_str()), ("code", "1"), ("password", PASSWORD)];
    sent(&server, &ada, &again, 400, "not what the app should show").await;
    let fields = [("do", "factor-off"), ("code", codes[1].as_str()), ("password", PASSWORD)];
    sent(&server, &ada, &fields, 200, "your password is enough").await;
    assert_eq!(sign_in(&server, "").await.status, 200);
    let finished = server.stop().await;
    for hidden in [&shown, &codes[0], &codes[1]] {
        assert!(!finished.stderr.contains(hidden), "{}", finished.stderr);
    }
}

#[tokio::test]
async fn an_administrator_and_a_command_remove_it() {
    let server = with_people().await;
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
    assert!(patch(false).await.error("second_factor").contains("ada has no second factor"));
    let ada = cookie(server.address, "ada", PASSWORD).await;
    switch_on(&server, &ada).await;
    // In the browser, by somebody else.
    let bob = json!({ "role": "admin" }).to_string();
    assert_eq!(send(server.address, "PATCH", "/api/admin/users/bob", &bob).await.status, 200);
    let bob = cookie(server.address, "bob", PASSWORD).await;
    let people = seen(&server, &bob, "/settings?view=people").await.html();
    assert_eq!(people.matches("value=\"user-factor-off\"").count(), 1, "{people}");
    let remove = [("do", "user-factor-off"), ("name", "ada")];
    sent(&server, &bob, &remove, 200, "second factor is removed").await;
    sent(&server, &bob, &remove, 409, "no second factor").await;
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
