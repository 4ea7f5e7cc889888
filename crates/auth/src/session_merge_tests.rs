//! Session replication, by example and as properties.

use super::*;
use crate::testing::{DAY, accounts, at, secret};
use crate::{Credential, PasswordHash, Role, Secret};
use proptest::prelude::*;

fn is_in(accounts: &Accounts, number: u8, now: u64) -> bool {
    accounts.authenticate(Credential::Session(secret(number).digest()), at(now)).is_ok()
}

/// A server with a signed-in user ada.
fn signed_in(number: u8, now: u64) -> Accounts {
    let mut accounts = accounts();
    accounts.sign_in("ada", &secret(number), None, at(now)).unwrap();
    accounts
}

fn begun(user: &str, created: u64, used: u64) -> SessionRecord {
    SessionRecord::Active {
        user: user.to_owned(),
        created: at(created),
        used: at(used),
        second_factor: false,
    }
}

fn one(number: u8, word: SessionRecord) -> SessionReplica {
    let mut replica = SessionReplica::default();
    replica.apply(secret(number).digest(), word);
    replica
}

#[test]
fn sessions_are_replicated_until_revoked() {
    let (mut here, mut there) = (signed_in(5, 10), accounts());
    there.set_role("ada", Role::Admin, at(1)).unwrap();
    assert_eq!(there.apply_sessions(&here.session_replica(at(11)), at(11)), MergeOutcome::Changed);
    assert_eq!(there.apply_sessions(&here.session_replica(at(11)), at(11)), MergeOutcome::Unchanged);
    // With the role of the user on that server.
    let pass = there.authenticate(Credential::Session(secret(5).digest()), at(11)).unwrap();
    assert_eq!((pass.name.as_str(), pass.role), ("ada", Role::Admin));
    assert!(here.record_use(Credential::Session(secret(5).digest()), at(100)));
    assert_eq!(there.apply_sessions(&here.session_replica(at(100)), at(100)), MergeOutcome::LastUsedChanged);
    assert_eq!(there.sessions(at(100))[0].used, at(100));
    let stale = there.session_replica(at(100));
    assert!(there.sign_out(secret(5).digest()));
    assert_eq!(here.apply_sessions(&there.session_replica(at(101)), at(101)), MergeOutcome::Changed);
    assert!(!is_in(&here, 5, 101));
    // A stale active record changes nothing, and the tombstone is saved.
    assert_eq!(here.apply_sessions(&stale, at(102)), MergeOutcome::Unchanged);
    let mut again = Accounts::from_json(&here.to_json()).unwrap();
    assert_eq!(again, here);
    again.apply_sessions(&one(5, begun("ada", 10, 110)), at(110));
    assert!(!is_in(&again, 5, 110));
}

#[test]
fn session_is_accepted_if_its_user_is_unchanged() {
    for (what, expected) in
        [("", true), ("password", false), ("role", false), ("disabled", false), ("enabled", false)]
    {
        let mut there = accounts();
        match what {
            "password" => there.set_password("ada", PasswordHash::unmatchable(), at(20)).unwrap(),
            "role" => there.set_role("ada", Role::Admin, at(20)).unwrap(),
            "disabled" => there.set_disabled("ada", true, at(20)).unwrap(),
            "enabled" => {
                there.set_disabled("ada", true, at(5)).unwrap();
                there.set_disabled("ada", false, at(20)).unwrap();
            }
            _ => {}
        }
        let outcome = there.apply_sessions(&one(5, begun("ada", 19, 19)), at(30));
        assert_eq!((outcome == MergeOutcome::Changed, is_in(&there, 5, 30)), (expected, expected), "{what}");
        there.apply_sessions(&one(6, begun("ada", 20, 20)), at(30));
        assert_eq!(is_in(&there, 6, 30), what != "disabled", "{what}");
    }
    let mut there = accounts();
    for word in [
        begun("bob", 10, 10),
        // Before the user was created here.
        SessionRecord::Active {
            user: "ada".to_owned(),
            created: at(0) - Duration::from_millis(1),
            used: at(0),
            second_factor: false,
        },
        begun("ada", 30 + 301, 30 + 301),
    ] {
        assert_eq!(there.apply_sessions(&one(5, word.clone()), at(30)), MergeOutcome::Unchanged, "{word:?}");
    }
    // Clock skew is tolerated; no use is later than now.
    assert_eq!(there.apply_sessions(&one(5, begun("ada", 60, 3 * DAY)), at(30)), MergeOutcome::Changed);
    assert_eq!(there.sessions(at(30))[0].used, at(30));
}

#[test]
fn session_user_cannot_be_changed_remotely() {
    let mut here = signed_in(5, 10);
    for word in [begun("admin", 10, 20), begun("ada", 5, 20), begun("admin", 5, 20)] {
        assert_eq!(here.apply_sessions(&one(5, word), at(30)), MergeOutcome::Unchanged);
        assert_eq!(here.authenticate(Credential::Session(secret(5).digest()), at(30)).unwrap().name, "ada");
    }
}

#[test]
fn idle_and_old_sessions_expire_everywhere() {
    let mut there = accounts();
    let hours = |hours: u64| hours * 3600;
    assert_eq!(there.apply_sessions(&one(5, begun("ada", 0, 0)), at(hours(12))), MergeOutcome::Unchanged);
    there.apply_sessions(&one(5, begun("ada", 0, 0)), at(hours(12) - 1));
    assert!(is_in(&there, 5, hours(12) - 1) && !is_in(&there, 5, hours(12)));
    // It was used on another server meanwhile.
    there.remove_expired(at(hours(13)));
    there.apply_sessions(&one(5, begun("ada", 0, hours(11))), at(hours(13)));
    assert!(is_in(&there, 5, hours(13)));
    let month = 30 * DAY;
    assert_eq!(there.apply_sessions(&one(6, begun("ada", 0, month)), at(month)), MergeOutcome::Unchanged);
}

#[test]
fn applied_sessions_and_tombstones_are_bounded() {
    let mut here = signed_in(5, 1000);
    let mut replica = SessionReplica::default();
    for number in 0..30_u8 {
        replica.apply(secret(100 + number).digest(), begun("ada", u64::from(number), u64::from(number)));
    }
    assert_eq!(here.apply_sessions(&replica, at(1000)), MergeOutcome::Changed);
    assert_eq!(here.sessions(at(1000)).len(), MAX_SESSIONS);
    assert!(is_in(&here, 5, 1000) && is_in(&here, 129, 1000) && !is_in(&here, 100, 1000));
    assert_eq!(here.apply_sessions(&replica, at(1000)), MergeOutcome::Unchanged);
    let mut replica = SessionReplica::default();
    for number in 0..=u32::try_from(MAX_REVOKED).unwrap() {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&number.to_le_bytes());
        replica.apply(
            Secret::new(bytes).digest(),
            SessionRecord::Revoked { until: at(2000) + Duration::from_secs(number.into()) },
        );
    }
    assert_eq!(here.apply_sessions(&replica, at(1000)), MergeOutcome::Changed);
    assert_eq!(here.revoked.len(), MAX_REVOKED);
    assert_eq!(here.apply_sessions(&replica, at(1000)), MergeOutcome::Unchanged);
    here.apply_sessions(&one(200, SessionRecord::Revoked { until: at(9000 * DAY) }), at(1000));
    assert_eq!(here.revoked.get(&secret(200).digest()), Some(&at(1000 + 30 * DAY)));
    here.remove_expired(at(1000 + 30 * DAY));
    assert_eq!(here.revoked.len(), 0);
}

/// Operation on one of two servers.
#[derive(Clone, Debug)]
enum Operation {
    SignIn(usize, u8),
    SignOut(usize, u8),
    Use(usize, u8),
    Password(usize),
    Disable(usize, bool),
    Restart(usize),
    /// One server applies the records of the other.
    Apply(usize),
    Wait(u64),
}

fn operation() -> impl Strategy<Value = Operation> {
    let (which, number) = (0..2_usize, 10..16_u8);
    prop_oneof![
        3 => (which.clone(), number.clone()).prop_map(|(which, number)| Operation::SignIn(which, number)),
        2 => (which.clone(), number.clone()).prop_map(|(which, number)| Operation::SignOut(which, number)),
        3 => (which.clone(), number).prop_map(|(which, number)| Operation::Use(which, number)),
        1 => which.clone().prop_map(Operation::Password),
        1 => (which.clone(), any::<bool>()).prop_map(|(which, disabled)| Operation::Disable(which, disabled)),
        1 => which.clone().prop_map(Operation::Restart),
        4 => which.prop_map(Operation::Apply),
        1 => (0..50_000_u64).prop_map(Operation::Wait),
    ]
}

proptest! {
    #[test]
    fn revoked_session_is_invalid_on_both_after_sync(
        operations in prop::collection::vec(operation(), 1..60),
    ) {
        let mut pair = [accounts(), accounts()];
        let (mut time, mut ended, mut begun) = (1_u64, Vec::new(), Vec::new());
        for operation in operations {
            time += 1;
            let now = at(time);
            match operation {
                // Secrets are unique.
                Operation::SignIn(which, number) if !begun.contains(&number) => {
                    if pair[which].sign_in("ada", &secret(number), None, now).is_ok() {
                        begun.push(number);
                    }
                }
                Operation::SignIn(..) => {}
                Operation::SignOut(which, number) => {
                    if pair[which].sign_out(secret(number).digest()) {
                        ended.push(number);
                    }
                }
                Operation::Use(which, number) => {
                    let by = Credential::Session(secret(number).digest());
                    if pair[which].authenticate(by, now).is_ok() {
                        pair[which].record_use(by, now);
                    }
                }
                Operation::Password(which) => pair[which].set_password("ada", PasswordHash::unmatchable(), now).unwrap(),
                Operation::Disable(which, disabled) => pair[which].set_disabled("ada", disabled, now).unwrap(),
                Operation::Restart(which) => pair[which] = Accounts::from_json(&pair[which].to_json()).unwrap(),
                Operation::Apply(which) => {
                    let replica = pair[1 - which].session_replica(now);
                    pair[which].apply_sessions(&replica, now);
                    prop_assert_eq!(pair[which].apply_sessions(&replica, now), MergeOutcome::Unchanged);
                }
                Operation::Wait(seconds) => time += seconds,
            }
        }
        for which in [0, 1, 0] {
            let replica = pair[1 - which].session_replica(at(time));
            pair[which].apply_sessions(&replica, at(time));
        }
        for number in 10..16 {
            let known = [is_in(&pair[0], number, time), is_in(&pair[1], number, time)];
            prop_assert!(!ended.contains(&number) || known == [false, false]);
            prop_assert!(begun.contains(&number) || known == [false, false]);
        }
        // Neither has a record that would change the other.
        for which in [0, 1] {
            let replica = pair[1 - which].session_replica(at(time));
            prop_assert_eq!(pair[which].apply_sessions(&replica, at(time)), MergeOutcome::Unchanged);
        }
    }
}
