//! What of other servers' sessions is believed, by example and whatever happens.

use super::*;
use crate::testing::{DAY, at, book, secret};
use crate::{By, PasswordHash, Role, Secret};
use proptest::prelude::*;

fn is_in(book: &Book, number: u8, now: u64) -> bool {
    book.pass(By::Session(secret(number).digest()), at(now)).is_ok()
}

/// A server at which ada has signed in.
fn signed_in(number: u8, now: u64) -> Book {
    let mut book = book();
    book.sign_in("ada", &secret(number), None, at(now)).unwrap();
    book
}

fn begun(user: &str, created: u64, used: u64) -> Word {
    Word::Begun { user: user.to_owned(), created: at(created), used: at(used), second: false }
}

fn one(number: u8, word: Word) -> Roll {
    let mut roll = Roll::default();
    roll.hear(secret(number).digest(), word);
    roll
}

#[test]
fn who_signed_in_at_one_is_signed_in_at_the_other_until_it_is_ended() {
    let (mut here, mut there) = (signed_in(5, 10), book());
    there.set_role("ada", Role::Admin, at(1)).unwrap();
    assert_eq!(there.hear(&here.roll(at(11)), at(11)), Heard::Change);
    assert_eq!(there.hear(&here.roll(at(11)), at(11)), Heard::Nothing);
    // With the role that they have there.
    let pass = there.pass(By::Session(secret(5).digest()), at(11)).unwrap();
    assert_eq!((pass.name.as_str(), pass.role), ("ada", Role::Admin));
    assert!(here.note(By::Session(secret(5).digest()), at(100)));
    assert_eq!(there.hear(&here.roll(at(100)), at(100)), Heard::Use);
    assert_eq!(there.sessions(at(100))[0].used, at(100));
    let stale = there.roll(at(100));
    assert!(there.sign_out(secret(5).digest()));
    assert_eq!(here.hear(&there.roll(at(101)), at(101)), Heard::Change);
    assert!(!is_in(&here, 5, 101));
    // What somebody says who does not know of the end changes nothing, and the end is written down.
    assert_eq!(here.hear(&stale, at(102)), Heard::Nothing);
    let mut again = Book::read(&here.written()).unwrap();
    assert_eq!(again, here);
    again.hear(&one(5, begun("ada", 10, 110)), at(110));
    assert!(!is_in(&again, 5, 110));
}

#[test]
fn a_session_is_believed_where_its_person_is_the_same_since_before_it_began() {
    for (what, expected) in
        [("", true), ("password", false), ("role", false), ("banned", false), ("back", false)]
    {
        let mut there = book();
        match what {
            "password" => there.set_password("ada", PasswordHash::nobody(), at(20)).unwrap(),
            "role" => there.set_role("ada", Role::Admin, at(20)).unwrap(),
            "banned" => there.set_disabled("ada", true, at(20)).unwrap(),
            "back" => {
                there.set_disabled("ada", true, at(5)).unwrap();
                there.set_disabled("ada", false, at(20)).unwrap();
            }
            _ => {}
        }
        let heard = there.hear(&one(5, begun("ada", 19, 19)), at(30));
        assert_eq!((heard == Heard::Change, is_in(&there, 5, 30)), (expected, expected), "{what}");
        there.hear(&one(6, begun("ada", 20, 20)), at(30));
        assert_eq!(is_in(&there, 6, 30), what != "banned", "{what}");
    }
    let mut there = book();
    for word in [
        begun("bob", 10, 10),
        // Before there was an ada here.
        Word::Begun {
            user: "ada".to_owned(),
            created: at(0) - Duration::from_millis(1),
            used: at(0),
            second: false,
        },
        begun("ada", 30 + 301, 30 + 301),
    ] {
        assert_eq!(there.hear(&one(5, word.clone()), at(30)), Heard::Nothing, "{word:?}");
    }
    // A clock may be ahead; no use is later than now.
    assert_eq!(there.hear(&one(5, begun("ada", 60, 3 * DAY)), at(30)), Heard::Change);
    assert_eq!(there.sessions(at(30))[0].used, at(30));
}

#[test]
fn whose_a_session_is_cannot_be_changed_from_elsewhere() {
    let mut here = signed_in(5, 10);
    for word in [begun("admin", 10, 20), begun("ada", 5, 20), begun("admin", 5, 20)] {
        assert_eq!(here.hear(&one(5, word), at(30)), Heard::Nothing);
        assert_eq!(here.pass(By::Session(secret(5).digest()), at(30)).unwrap().name, "ada");
    }
}

#[test]
fn idle_and_old_sessions_are_over_everywhere() {
    let mut there = book();
    let hours = |hours: u64| hours * 3600;
    assert_eq!(there.hear(&one(5, begun("ada", 0, 0)), at(hours(12))), Heard::Nothing);
    there.hear(&one(5, begun("ada", 0, 0)), at(hours(12) - 1));
    assert!(is_in(&there, 5, hours(12) - 1) && !is_in(&there, 5, hours(12)));
    // It was used elsewhere meanwhile.
    there.forget(at(hours(13)));
    there.hear(&one(5, begun("ada", 0, hours(11))), at(hours(13)));
    assert!(is_in(&there, 5, hours(13)));
    let month = 30 * DAY;
    assert_eq!(there.hear(&one(6, begun("ada", 0, month)), at(month)), Heard::Nothing);
}

#[test]
fn whatever_is_heard_there_are_so_many_sessions_and_ends() {
    let mut here = signed_in(5, 1000);
    let mut roll = Roll::default();
    for number in 0..30_u8 {
        roll.hear(secret(100 + number).digest(), begun("ada", u64::from(number), u64::from(number)));
    }
    assert_eq!(here.hear(&roll, at(1000)), Heard::Change);
    assert_eq!(here.sessions(at(1000)).len(), MOST_SESSIONS);
    assert!(is_in(&here, 5, 1000) && is_in(&here, 129, 1000) && !is_in(&here, 100, 1000));
    assert_eq!(here.hear(&roll, at(1000)), Heard::Nothing);
    let mut roll = Roll::default();
    for number in 0..=u32::try_from(MOST_ENDED).unwrap() {
        let mut bytes = [0; 32];
        bytes[..4].copy_from_slice(&number.to_le_bytes());
        roll.hear(
            Secret::new(bytes).digest(),
            Word::Ended { until: at(2000) + Duration::from_secs(number.into()) },
        );
    }
    assert_eq!(here.hear(&roll, at(1000)), Heard::Change);
    assert_eq!(here.ended.len(), MOST_ENDED);
    assert_eq!(here.hear(&roll, at(1000)), Heard::Nothing);
    here.hear(&one(200, Word::Ended { until: at(9000 * DAY) }), at(1000));
    assert_eq!(here.ended.get(&secret(200).digest()), Some(&at(1000 + 30 * DAY)));
    here.forget(at(1000 + 30 * DAY));
    assert_eq!(here.ended.len(), 0);
}

/// What happens to one of two servers.
#[derive(Clone, Debug)]
enum Act {
    SignIn(usize, u8),
    SignOut(usize, u8),
    Use(usize, u8),
    Password(usize),
    Disable(usize, bool),
    Restart(usize),
    /// One hears the other.
    Hear(usize),
    Wait(u64),
}

fn act() -> impl Strategy<Value = Act> {
    let (which, number) = (0..2_usize, 10..16_u8);
    prop_oneof![
        3 => (which.clone(), number.clone()).prop_map(|(which, number)| Act::SignIn(which, number)),
        2 => (which.clone(), number.clone()).prop_map(|(which, number)| Act::SignOut(which, number)),
        3 => (which.clone(), number).prop_map(|(which, number)| Act::Use(which, number)),
        1 => which.clone().prop_map(Act::Password),
        1 => (which.clone(), any::<bool>()).prop_map(|(which, disabled)| Act::Disable(which, disabled)),
        1 => which.clone().prop_map(Act::Restart),
        4 => which.prop_map(Act::Hear),
        1 => (0..50_000_u64).prop_map(Act::Wait),
    ]
}

proptest! {
    #[test]
    fn whatever_happens_what_was_ended_at_one_is_over_at_both_once_they_have_met(
        acts in prop::collection::vec(act(), 1..60),
    ) {
        let mut books = [book(), book()];
        let (mut time, mut ended, mut begun) = (1_u64, Vec::new(), Vec::new());
        for act in acts {
            time += 1;
            let now = at(time);
            match act {
                // No secret is made twice.
                Act::SignIn(which, number) if !begun.contains(&number) => {
                    if books[which].sign_in("ada", &secret(number), None, now).is_ok() {
                        begun.push(number);
                    }
                }
                Act::SignIn(..) => {}
                Act::SignOut(which, number) => {
                    if books[which].sign_out(secret(number).digest()) {
                        ended.push(number);
                    }
                }
                Act::Use(which, number) => {
                    let by = By::Session(secret(number).digest());
                    if books[which].pass(by, now).is_ok() {
                        books[which].note(by, now);
                    }
                }
                Act::Password(which) => books[which].set_password("ada", PasswordHash::nobody(), now).unwrap(),
                Act::Disable(which, disabled) => books[which].set_disabled("ada", disabled, now).unwrap(),
                Act::Restart(which) => books[which] = Book::read(&books[which].written()).unwrap(),
                Act::Hear(which) => {
                    let roll = books[1 - which].roll(now);
                    books[which].hear(&roll, now);
                    prop_assert_eq!(books[which].hear(&roll, now), Heard::Nothing);
                }
                Act::Wait(seconds) => time += seconds,
            }
        }
        for which in [0, 1, 0] {
            let roll = books[1 - which].roll(at(time));
            books[which].hear(&roll, at(time));
        }
        for number in 10..16 {
            let known = [is_in(&books[0], number, time), is_in(&books[1], number, time)];
            prop_assert!(!ended.contains(&number) || known == [false, false]);
            prop_assert!(begun.contains(&number) || known == [false, false]);
        }
        // Neither says anything that is news to the other and would change it.
        for which in [0, 1] {
            let roll = books[1 - which].roll(at(time));
            prop_assert_eq!(books[which].hear(&roll, at(time)), Heard::Nothing);
        }
    }
}
