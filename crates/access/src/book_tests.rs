//! What a book promises, by example and whatever happens.

use crate::testing::{DAY, at, book, secret};
use crate::{Book, BookError, By, PasswordHash, Refusal, Role, Secret};
use proptest::prelude::*;
use std::time::Duration;

fn token(number: u8) -> By {
    By::Token(secret(number).digest())
}

fn session(number: u8) -> By {
    By::Session(secret(number).digest())
}

#[test]
fn a_token_is_good_until_it_expires_or_is_revoked() {
    let mut book = book();
    book.add_token("short", Role::Viewer, Some(at(100)), &secret(9), at(0)).unwrap();
    assert_eq!(book.pass(token(9), at(99)).unwrap().role, Role::Viewer);
    assert_eq!(book.pass(token(9), at(100)), Err(Refusal::Expired));
    assert_eq!(book.pass(token(1), at(0)).unwrap().name, "admin");
    let id = secret(1).digest().short();
    book.revoke_token(&id, at(5)).unwrap();
    assert_eq!(book.pass(token(1), at(5)), Err(Refusal::Revoked));
    assert_eq!(book.revoke_token(&id, at(6)), Err(BookError::NoToken(id)));
    assert_eq!(book.pass(token(200), at(0)), Err(Refusal::UnknownToken));
    // A token is no session, nor the other way round.
    assert_eq!(book.pass(session(2), at(0)), Err(Refusal::NoSession));
}

#[test]
fn tokens_of_one_name_are_told_apart_by_their_ids() {
    let mut book = book();
    book.add_token("viewer", Role::Viewer, None, &secret(9), at(0)).unwrap();
    let error = book.revoke_token("viewer", at(1)).unwrap_err();
    assert_eq!(error, BookError::SeveralTokens { name: "viewer".to_owned(), count: 2 });
    book.revoke_token(&secret(9).digest().short(), at(1)).unwrap();
    book.revoke_token("viewer", at(1)).unwrap();
    assert_eq!(book.pass(token(2), at(1)), Err(Refusal::Revoked));
}

#[test]
fn a_session_ends_unused_old_or_by_will() {
    let (mut idle, mut old, mut out) = (book(), book(), book());
    for book in [&mut idle, &mut old, &mut out] {
        book.sign_in("ADA", &secret(5), None, at(0)).unwrap();
        assert_eq!(book.pass(session(5), at(1)).unwrap().name, "ada");
    }
    let hours = |hours: u64| at(hours * 3600);
    assert!(idle.note(session(5), hours(1)));
    assert!(idle.pass(session(5), at(13 * 3600 - 1)).is_ok());
    assert_eq!(idle.pass(session(5), hours(13)), Err(Refusal::NoSession));
    for day in 0..60 {
        old.note(session(5), at(day * DAY / 2));
    }
    assert!(old.pass(session(5), at(30 * DAY - 1)).is_ok());
    assert_eq!(old.pass(session(5), at(30 * DAY)), Err(Refusal::NoSession));
    assert!(out.sign_out(secret(5).digest()) && !out.sign_out(secret(5).digest()));
    assert_eq!(out.pass(session(5), at(1)), Err(Refusal::NoSession));
}

#[test]
fn signing_in_again_replaces_the_session_of_the_browser_and_the_oldest_of_too_many() {
    let mut book = book();
    book.sign_in("ada", &secret(50), None, at(0)).unwrap();
    book.sign_in("ada", &secret(51), Some(secret(50).digest()), at(1)).unwrap();
    assert!(book.pass(session(50), at(1)).is_err() && book.pass(session(51), at(1)).is_ok());
    for number in 60..80 {
        book.sign_in("ada", &secret(number), None, at(u64::from(number))).unwrap();
    }
    assert_eq!(book.sessions(at(80)).len(), 20);
    assert!(book.pass(session(51), at(80)).is_err() && book.pass(session(60), at(80)).is_ok());
}

#[test]
fn a_new_password_and_a_ban_end_all_sessions() {
    for ban in [true, false] {
        let mut book = book();
        book.sign_in("ada", &secret(5), None, at(0)).unwrap();
        book.sign_in("admin", &secret(6), None, at(0)).unwrap();
        if ban {
            book.set_disabled("Ada", true, at(0)).unwrap();
            assert_eq!(
                book.sign_in("ada", &secret(7), None, at(1)),
                Err(BookError::NoUser("ada".to_owned()))
            );
            book.set_disabled("ada", false, at(0)).unwrap();
        } else {
            book.set_password("Ada", PasswordHash::nobody(), at(0)).unwrap();
        }
        assert!(book.pass(session(5), at(1)).is_err() && book.pass(session(6), at(1)).is_ok(), "{ban}");
        book.sign_in("ada", &secret(7), None, at(1)).unwrap();
    }
}

#[test]
fn changes_that_cannot_be_are_named() {
    let mut book = book();
    let hash = PasswordHash::nobody;
    for (error, expected) in [
        (book.add_user("ADA", Role::Viewer, hash(), at(0)), "there is a user ada already"),
        (book.add_user("a b", Role::Viewer, hash(), at(0)), "\"a b\" cannot be the name of a user"),
        (book.add_user("shop", Role::Ingest, hash(), at(0)), "watchglass token create"),
        (book.set_password("bob", hash(), at(0)), "there is no user bob"),
        (book.set_disabled("admin", true, at(0)), "admin is the only administrator"),
        (book.add_token("", Role::Admin, None, &secret(1), at(0)), "name of a token"),
        (book.revoke_token("x", at(0)), "no token \"x\""),
    ] {
        let error = error.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    book.add_user("eve", Role::Admin, hash(), at(0)).unwrap();
    book.set_disabled("admin", true, at(0)).unwrap();
    assert_eq!(book.set_disabled("eve", true, at(0)), Err(BookError::LastAdministrator("eve".to_owned())));
}

#[test]
fn uses_are_noted_to_the_minute_and_survive_a_change_of_the_file() {
    let mut memory = book();
    memory.sign_in("ada", &secret(5), None, at(0)).unwrap();
    let mut file = memory.clone();
    assert!(
        memory.note(token(1), at(100)) && !memory.note(token(1), at(159)) && memory.note(token(1), at(160))
    );
    assert!(!memory.note(session(5), at(59)) && memory.note(session(5), at(60)));
    assert!(!memory.note(token(99), at(100)));
    file.revoke_token("viewer", at(50)).unwrap();
    file.merge_uses(&memory);
    assert_eq!(file.tokens()[0].used, Some(at(160)));
    assert_eq!(file.sessions(at(60))[0].used, at(60));
    assert_eq!(file.pass(token(2), at(60)), Err(Refusal::Revoked));
}

#[test]
fn what_is_over_is_forgotten_in_time() {
    let mut book = book();
    book.sign_in("ada", &secret(5), None, at(0)).unwrap();
    book.revoke_token("viewer", at(0)).unwrap();
    book.forget(at(30 * DAY - 1));
    assert_eq!((book.tokens().len(), book.sessions.len()), (3, 0));
    book.forget(at(30 * DAY));
    assert_eq!(book.pass(token(2), at(30 * DAY)), Err(Refusal::UnknownToken));
    assert_eq!(book.tokens().len(), 2);
}

/// What may happen to a book.
#[derive(Clone, Debug)]
enum Event {
    SignIn(u8),
    SignOut(u8),
    Note(u8),
    Revoke(u8),
    Disable(bool),
    Password,
    Forget,
    Restart,
    Wait(u64),
}

fn event() -> impl Strategy<Value = Event> {
    let number = 10_u8..14;
    prop_oneof![
        number.clone().prop_map(Event::SignIn),
        number.clone().prop_map(Event::SignOut),
        number.prop_map(Event::Note),
        (1_u8..4).prop_map(Event::Revoke),
        any::<bool>().prop_map(Event::Disable),
        Just(Event::Password),
        Just(Event::Forget),
        Just(Event::Restart),
        (1_u64..20 * 3600).prop_map(Event::Wait),
    ]
}

proptest! {
    /// A session passes exactly while a simple model says so, whatever happens in between, restarts included.
    #[test]
    fn whoever_passes_has_signed_in_and_nothing_ended_it(events in prop::collection::vec(event(), 1..80)) {
        let mut book = book();
        let mut model: Vec<(u8, u64, u64)> = Vec::new();
        let (mut time, mut disabled, mut revoked) = (0, false, Vec::new());
        for event in events {
            match event {
                Event::SignIn(number) => {
                    let done = book.sign_in("ada", &secret(number), Some(secret(number).digest()), at(time)).is_ok();
                    prop_assert_eq!(done, !disabled);
                    if done {
                        model.retain(|known| known.0 != number);
                        model.push((number, time, time));
                    }
                }
                Event::SignOut(number) => {
                    book.sign_out(secret(number).digest());
                    model.retain(|known| known.0 != number);
                }
                Event::Note(number) => {
                    // As the server does: only who has passed is noted.
                    if book.pass(session(number), at(time)).is_ok() {
                        book.note(session(number), at(time));
                    }
                    for known in model.iter_mut().filter(|known| known.0 == number && known.2 + 60 <= time) {
                        known.2 = time;
                    }
                }
                Event::Revoke(number) => {
                    let role = Role::ALL[usize::from(number) - 1];
                    prop_assert_eq!(book.revoke_token(role.name(), at(time)).is_ok(), !revoked.contains(&number));
                    revoked.push(number);
                }
                Event::Disable(value) => {
                    book.set_disabled("ada", value, at(time)).unwrap();
                    disabled = value;
                    if disabled {
                        model.clear();
                    }
                }
                Event::Password => {
                    book.set_password("ada", PasswordHash::nobody(), at(time)).unwrap();
                    model.clear();
                }
                Event::Forget => book.forget(at(time)),
                Event::Restart => book = Book::read(&book.written()).unwrap(),
                Event::Wait(seconds) => time += seconds,
            }
            model.retain(|known| known.2 + 12 * 3600 > time && known.1 + 30 * DAY > time);
            for number in 10..14 {
                let is_good = model.iter().any(|known| known.0 == number);
                prop_assert_eq!(book.pass(session(number), at(time)).is_ok(), is_good);
            }
            for number in 1..4 {
                prop_assert_eq!(book.pass(token(number), at(time)).is_ok(), !revoked.contains(&number));
            }
            prop_assert!(book.users().count() == 2);
        }
    }

    #[test]
    fn no_other_secret_passes(bytes: [u8; 32]) {
        let digest = Secret::new(bytes).digest();
        let mut book = book();
        book.sign_in("ada", &secret(5), None, at(0)).unwrap();
        let known = (1..4).chain([5]).any(|number| secret(number).digest() == digest);
        let now = at(0) + Duration::from_secs(1);
        prop_assert_eq!(book.pass(By::Token(digest), now).is_ok() || book.pass(By::Session(digest), now).is_ok(), known);
    }
}
