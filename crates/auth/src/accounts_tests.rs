//! Tests of users, tokens and sessions, by example and as properties.

use crate::testing::{DAY, accounts, at, secret};
use crate::{Accounts, AccountsError, AuthError, Credential, PasswordHash, Role, Secret};
use proptest::prelude::*;
use std::time::Duration;

fn token(number: u8) -> Credential {
    Credential::Token(secret(number).digest())
}

fn session(number: u8) -> Credential {
    Credential::Session(secret(number).digest())
}

#[test]
fn token_is_valid_until_it_expires_or_is_revoked() {
    let mut accounts = accounts();
    accounts.add_token("short", Role::Viewer, Some(at(100)), &secret(9), at(0)).unwrap();
    assert_eq!(accounts.authenticate(token(9), at(99)).unwrap().role, Role::Viewer);
    assert_eq!(accounts.authenticate(token(9), at(100)), Err(AuthError::Expired));
    assert_eq!(accounts.authenticate(token(1), at(0)).unwrap().name, "admin");
    let id = secret(1).digest().short();
    accounts.revoke_token(&id, at(5)).unwrap();
    assert_eq!(accounts.authenticate(token(1), at(5)), Err(AuthError::Revoked));
    assert_eq!(accounts.revoke_token(&id, at(6)), Err(AccountsError::UnknownToken(id)));
    assert_eq!(accounts.authenticate(token(200), at(0)), Err(AuthError::UnknownToken));
    // A token is not a session, and vice versa.
    assert_eq!(accounts.authenticate(session(2), at(0)), Err(AuthError::SessionExpired));
}

#[test]
fn tokens_of_one_name_are_revoked_by_id() {
    let mut accounts = accounts();
    accounts.add_token("viewer", Role::Viewer, None, &secret(9), at(0)).unwrap();
    let error = accounts.revoke_token("viewer", at(1)).unwrap_err();
    assert_eq!(error, AccountsError::AmbiguousToken { name: "viewer".to_owned(), count: 2 });
    accounts.revoke_token(&secret(9).digest().short(), at(1)).unwrap();
    accounts.revoke_token("viewer", at(1)).unwrap();
    assert_eq!(accounts.authenticate(token(2), at(1)), Err(AuthError::Revoked));
}

#[test]
fn session_ends_when_idle_old_or_signed_out() {
    let (mut idle, mut old, mut out) = (accounts(), accounts(), accounts());
    for accounts in [&mut idle, &mut old, &mut out] {
        accounts.sign_in("ADA", &secret(5), None, at(0)).unwrap();
        assert_eq!(accounts.authenticate(session(5), at(1)).unwrap().name, "ada");
    }
    let hours = |hours: u64| at(hours * 3600);
    assert!(idle.record_use(session(5), hours(1)));
    assert!(idle.authenticate(session(5), at(13 * 3600 - 1)).is_ok());
    assert_eq!(idle.authenticate(session(5), hours(13)), Err(AuthError::SessionExpired));
    for day in 0..60 {
        old.record_use(session(5), at(day * DAY / 2));
    }
    assert!(old.authenticate(session(5), at(30 * DAY - 1)).is_ok());
    assert_eq!(old.authenticate(session(5), at(30 * DAY)), Err(AuthError::SessionExpired));
    assert!(out.sign_out(secret(5).digest()) && !out.sign_out(secret(5).digest()));
    assert_eq!(out.authenticate(session(5), at(1)), Err(AuthError::SessionExpired));
}

#[test]
fn sign_in_replaces_previous_and_oldest_sessions() {
    let mut accounts = accounts();
    accounts.sign_in("ada", &secret(50), None, at(0)).unwrap();
    accounts.sign_in("ada", &secret(51), Some(secret(50).digest()), at(1)).unwrap();
    assert!(
        accounts.authenticate(session(50), at(1)).is_err()
            && accounts.authenticate(session(51), at(1)).is_ok()
    );
    for number in 60..80 {
        accounts.sign_in("ada", &secret(number), None, at(u64::from(number))).unwrap();
    }
    assert_eq!(accounts.sessions(at(80)).len(), 20);
    assert!(
        accounts.authenticate(session(51), at(80)).is_err()
            && accounts.authenticate(session(60), at(80)).is_ok()
    );
}

#[test]
fn password_change_and_disabling_revoke_sessions() {
    for disable in [true, false] {
        let mut accounts = accounts();
        accounts.sign_in("ada", &secret(5), None, at(0)).unwrap();
        accounts.sign_in("admin", &secret(6), None, at(0)).unwrap();
        if disable {
            accounts.set_disabled("Ada", true, at(0)).unwrap();
            assert_eq!(
                accounts.sign_in("ada", &secret(7), None, at(1)),
                Err(AccountsError::UnknownUser("ada".to_owned()))
            );
            accounts.set_disabled("ada", false, at(0)).unwrap();
        } else {
            accounts.set_password("Ada", PasswordHash::unmatchable(), at(0)).unwrap();
        }
        assert!(
            accounts.authenticate(session(5), at(1)).is_err()
                && accounts.authenticate(session(6), at(1)).is_ok(),
            "{disable}"
        );
        accounts.sign_in("ada", &secret(7), None, at(1)).unwrap();
    }
}

#[test]
fn invalid_changes_are_rejected() {
    let mut accounts = accounts();
    let hash = PasswordHash::unmatchable;
    for (error, expected) in [
        (accounts.add_user("ADA", Role::Viewer, hash(), at(0)), "user ada already exists"),
        (accounts.add_user("a b", Role::Viewer, hash(), at(0)), "invalid user name \"a b\""),
        (accounts.add_user("shop", Role::Ingest, hash(), at(0)), "watchglass token create"),
        (accounts.set_password("bob", hash(), at(0)), "unknown user bob"),
        (accounts.set_disabled("admin", true, at(0)), "admin is the only administrator"),
        (accounts.add_token("", Role::Admin, None, &secret(1), at(0)), "invalid token name"),
        (accounts.revoke_token("x", at(0)), "no active token \"x\""),
    ] {
        let error = error.unwrap_err().to_string();
        assert!(error.contains(expected), "{error}");
    }
    accounts.add_user("eve", Role::Admin, hash(), at(0)).unwrap();
    accounts.set_disabled("admin", true, at(0)).unwrap();
    assert_eq!(
        accounts.set_disabled("eve", true, at(0)),
        Err(AccountsError::LastAdministrator("eve".to_owned()))
    );
}

#[test]
fn last_used_times_are_per_minute_and_survive_file_changes() {
    let mut memory = accounts();
    memory.sign_in("ada", &secret(5), None, at(0)).unwrap();
    let mut file = memory.clone();
    assert!(
        memory.record_use(token(1), at(100))
            && !memory.record_use(token(1), at(159))
            && memory.record_use(token(1), at(160))
    );
    assert!(!memory.record_use(session(5), at(59)) && memory.record_use(session(5), at(60)));
    assert!(!memory.record_use(token(99), at(100)));
    file.revoke_token("viewer", at(50)).unwrap();
    file.merge_last_used(&memory);
    assert_eq!(file.tokens()[0].used, Some(at(160)));
    assert_eq!(file.sessions(at(60))[0].used, at(60));
    assert_eq!(file.authenticate(token(2), at(60)), Err(AuthError::Revoked));
}

#[test]
fn expired_entries_are_removed() {
    let mut accounts = accounts();
    accounts.sign_in("ada", &secret(5), None, at(0)).unwrap();
    accounts.revoke_token("viewer", at(0)).unwrap();
    accounts.remove_expired(at(30 * DAY - 1));
    assert_eq!((accounts.tokens().len(), accounts.sessions.len()), (3, 0));
    accounts.remove_expired(at(30 * DAY));
    assert_eq!(accounts.authenticate(token(2), at(30 * DAY)), Err(AuthError::UnknownToken));
    assert_eq!(accounts.tokens().len(), 2);
}

/// Operation on the accounts.
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
    /// A session is valid exactly while a simple model says so, whatever happens in between, restarts included.
    #[test]
    fn valid_session_was_signed_in_and_not_ended(events in prop::collection::vec(event(), 1..80)) {
        let mut accounts = accounts();
        let mut model: Vec<(u8, u64, u64)> = Vec::new();
        let (mut time, mut disabled, mut revoked) = (0, false, Vec::new());
        for event in events {
            match event {
                Event::SignIn(number) => {
                    let done = accounts.sign_in("ada", &secret(number), Some(secret(number).digest()), at(time)).is_ok();
                    prop_assert_eq!(done, !disabled);
                    if done {
                        model.retain(|known| known.0 != number);
                        model.push((number, time, time));
                    }
                }
                Event::SignOut(number) => {
                    accounts.sign_out(secret(number).digest());
                    model.retain(|known| known.0 != number);
                }
                Event::Note(number) => {
                    // As in the server: only authenticated requests update the last-used time.
                    if accounts.authenticate(session(number), at(time)).is_ok() {
                        accounts.record_use(session(number), at(time));
                    }
                    for known in model.iter_mut().filter(|known| known.0 == number && known.2 + 60 <= time) {
                        known.2 = time;
                    }
                }
                Event::Revoke(number) => {
                    let role = Role::ALL[usize::from(number) - 1];
                    prop_assert_eq!(accounts.revoke_token(role.name(), at(time)).is_ok(), !revoked.contains(&number));
                    revoked.push(number);
                }
                Event::Disable(value) => {
                    accounts.set_disabled("ada", value, at(time)).unwrap();
                    disabled = value;
                    if disabled {
                        model.clear();
                    }
                }
                Event::Password => {
                    accounts.set_password("ada", PasswordHash::unmatchable(), at(time)).unwrap();
                    model.clear();
                }
                Event::Forget => accounts.remove_expired(at(time)),
                Event::Restart => accounts = Accounts::from_json(&accounts.to_json()).unwrap(),
                Event::Wait(seconds) => time += seconds,
            }
            model.retain(|known| known.2 + 12 * 3600 > time && known.1 + 30 * DAY > time);
            for number in 10..14 {
                let is_good = model.iter().any(|known| known.0 == number);
                prop_assert_eq!(accounts.authenticate(session(number), at(time)).is_ok(), is_good);
            }
            for number in 1..4 {
                prop_assert_eq!(accounts.authenticate(token(number), at(time)).is_ok(), !revoked.contains(&number));
            }
            prop_assert!(accounts.users().count() == 2);
        }
    }

    #[test]
    fn unknown_secret_is_rejected(bytes: [u8; 32]) {
        let digest = Secret::new(bytes).digest();
        let mut accounts = accounts();
        accounts.sign_in("ada", &secret(5), None, at(0)).unwrap();
        let known = (1..4).chain([5]).any(|number| secret(number).digest() == digest);
        let now = at(0) + Duration::from_secs(1);
        prop_assert_eq!(accounts.authenticate(Credential::Token(digest), now).is_ok() || accounts.authenticate(Credential::Session(digest), now).is_ok(), known);
    }
}
