//! Golden files of stored formats. Update them with `UPDATE_GOLDEN=1 cargo test`.

use crate::testing::{self, accounts, at, secret};
use crate::{
    Accounts, BrowserKey, Credential, Digest, KnownBrowser, Role, SecondFactor, SessionRecord,
    SessionReplica, TotpSecret,
};
use std::path::Path;

#[test]
fn accounts_match_the_golden_file() {
    let mut accounts = accounts();
    accounts.add_token("for a day", Role::Viewer, Some(at(86_400)), &secret(4), at(4)).unwrap();
    accounts.revoke_token("ingest", at(100)).unwrap();
    accounts.sign_in("ada", &secret(5), None, at(10)).unwrap();
    accounts.record_use(Credential::Token(secret(1).digest()), at(120));
    accounts.add_user("bob", Role::Admin, crate::PasswordHash::unmatchable(), at(9)).unwrap();
    accounts.set_disabled("bob", true, at(20)).unwrap();
    accounts.sign_in("ada", &secret(6), None, at(11)).unwrap();
    accounts.sign_out(secret(6).digest());
    let secret = TotpSecret::new(*b"12345678901234567890");
    let random = std::array::from_fn(|row| [u8::try_from(row).unwrap(); 16]);
    let (factor, _) = SecondFactor::enrol(secret.clone(), &secret.code_at(at(30)), &random, at(30)).unwrap();
    accounts.enable_second_factor("admin", factor, None, at(30)).unwrap();
    accounts.sign_in("admin", &testing::secret(7), None, at(40)).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/access.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, accounts.to_json()).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert_eq!(accounts.to_json(), golden);
    assert_eq!(Accounts::from_json(&golden).unwrap(), accounts);
}

#[test]
fn version_1_is_read_and_written_as_version_2() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/access-v1.json");
    let accounts = Accounts::from_json(&std::fs::read_to_string(path).unwrap()).unwrap();
    assert_eq!(
        (accounts.users().count(), accounts.tokens().len(), accounts.sessions(at(11)).len()),
        (3, 4, 1)
    );
    assert!(accounts.user("bob").is_none() && accounts.user("ada").is_some());
    assert_eq!(Accounts::from_json(&accounts.to_json()).unwrap(), accounts);
    assert!(accounts.to_json().contains("\"version\": 2"));
}

#[test]
fn session_records_match_the_golden_file() {
    let mut accounts = accounts();
    accounts.sign_in("ada", &secret(5), None, at(10)).unwrap();
    accounts.sign_in("admin", &secret(6), None, at(11)).unwrap();
    accounts.sign_out(secret(6).digest());
    let replica = accounts.session_replica(at(12));
    let mut text = String::new();
    for (session, word) in &replica {
        // A field of the hash in Redis, and its value.
        text.push_str(&format!("{}\n{session}\n", word.to_json()));
    }
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/sessions.jsonl");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, &text).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert_eq!(text, golden);
    let mut read = SessionReplica::default();
    let lines: Vec<&str> = golden.lines().collect();
    for pair in lines.chunks(2) {
        read.apply(Digest::parse(pair[1]).unwrap(), SessionRecord::from_json(pair[0].as_bytes()).unwrap());
    }
    assert_eq!(read, replica);
}

/// Browsers keep the cookie for a year, so later versions must accept it.
#[test]
fn browser_cookie_matches_the_golden_file() {
    let browser = KnownBrowser::new([7; 16], at(0)).signed_in("ada", at(10)).signed_in("b.o-b_@x", at(20));
    let key = BrowserKey::new(&[1; 32]);
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/browser-cookie.txt");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, key.sign(&browser) + "\n").unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert_eq!(key.sign(&browser), golden.trim_end());
    assert_eq!(key.verify(golden.trim_end(), at(30)), Some(browser));
}

#[test]
fn invalid_files_are_rejected_with_the_reason() {
    let empty = r#""users":[],"tokens":[],"sessions":[]"#;
    let user = r#"{"name":"a","role":"admin","password":"x","created":1}"#;
    for (text, expected) in [
        (String::new(), "EOF"),
        (r#"{"version":1}"#.to_owned(), "missing field `users`"),
        (format!(r#"{{"version":3,{empty}}}"#), "unsupported version 3 (supported: 1 to 2)"),
        (format!(r#"{{"version":0,{empty}}}"#), "version 0"),
        (format!(r#"{{"version":1,{empty},"more":1}}"#), "unknown field `more`"),
        (format!(r#"{{"version":1,"users":[{user}],"tokens":[],"sessions":[]}}"#), "password hash of a"),
        (
            r#"{"version":1,"users":[],"tokens":[],"sessions":[{"digest":"00","user":"a","created":1,"used":1}]}"#.to_owned(),
            "64 hexadecimal digits",
        ),
    ] {
        let error = Accounts::from_json(&text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    assert_eq!(Accounts::from_json(&format!(r#"{{"version":1,{empty}}}"#)).unwrap(), Accounts::default());
}
