//! The golden file: what is written down stays as it was, until `UPDATE_GOLDEN=1 cargo test` says otherwise.

use crate::testing::{at, book, secret};
use crate::{Book, By, Role};
use std::path::Path;

#[test]
fn a_book_is_written_as_before_and_read_again() {
    let mut book = book();
    book.add_token("for a day", Role::Viewer, Some(at(86_400)), &secret(4), at(4)).unwrap();
    book.revoke_token("ingest", at(100)).unwrap();
    book.sign_in("ada", &secret(5), None, at(10)).unwrap();
    book.note(By::Token(secret(1).digest()), at(120));
    book.add_user("bob", Role::Admin, crate::PasswordHash::nobody(), at(9)).unwrap();
    book.set_disabled("bob", true).unwrap();
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("golden/access.json");
    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(&path, book.written()).unwrap();
    }
    let golden = std::fs::read_to_string(&path).unwrap();
    assert_eq!(book.written(), golden);
    assert_eq!(Book::read(&golden).unwrap(), book);
}

#[test]
fn other_texts_are_refused_with_the_reason() {
    let empty = r#""users":[],"tokens":[],"sessions":[]"#;
    let user = r#"{"name":"a","role":"admin","password":"x","created":1}"#;
    for (text, expected) in [
        (String::new(), "EOF"),
        (r#"{"version":1}"#.to_owned(), "missing field `users`"),
        (format!(r#"{{"version":2,{empty}}}"#), "version 2"),
        (format!(r#"{{"version":1,{empty},"more":1}}"#), "unknown field `more`"),
        (format!(r#"{{"version":1,"users":[{user}],"tokens":[],"sessions":[]}}"#), "password of a"),
        (
            r#"{"version":1,"users":[],"tokens":[],"sessions":[{"digest":"00","user":"a","created":1,"used":1}]}"#.to_owned(),
            "64 hexadecimal digits",
        ),
    ] {
        let error = Book::read(&text).unwrap_err().to_string();
        assert!(error.contains(expected), "{text}: {error}");
    }
    assert_eq!(Book::read(&format!(r#"{{"version":1,{empty}}}"#)).unwrap(), Book::default());
}
