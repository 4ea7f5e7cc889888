//! Who is let in while file and memory change.

use super::sign_in::SignedIn;
use super::*;
use std::net::{IpAddr, Ipv4Addr};
use watchglass_access::{Password, PasswordHash, Role, Secret};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

fn token(number: u8) -> Secret {
    Secret::new([number; 32])
}

fn by(number: u8) -> By {
    By::Token(token(number).digest())
}

fn add(folder: &Path, number: u8) {
    let name = number.to_string();
    store::change(folder, |book| Ok(book.add_token(&name, Role::Viewer, None, &token(number), NOW)?))
        .unwrap();
}

#[test]
fn a_token_of_a_command_is_good_at_once_and_one_taken_back_within_a_look() {
    let folder = tempfile::tempdir().unwrap();
    let access = Access::open(folder.path()).unwrap();
    let changes = access.changes();
    assert_eq!(access.pass(by(1), NOW), Err(Refusal::UnknownToken));
    add(folder.path(), 1);
    assert!(access.pass(by(1), NOW).is_ok());
    assert!(changes.has_changed().unwrap());
    store::change(folder.path(), |book| Ok(book.revoke_token("1", NOW)?)).unwrap();
    access.look(NOW, false);
    assert_eq!(access.pass(by(1), NOW), Err(Refusal::Revoked));
}

#[test]
fn who_was_here_is_written_down_after_a_minute_or_at_the_end() {
    let folder = tempfile::tempdir().unwrap();
    let used = || store::read(folder.path()).unwrap().0.tokens()[0].used;
    for (later, is_over, expected) in [(59, false, None), (0, true, Some(NOW)), (60, false, Some(NOW))] {
        let path = folder.path().join("access.json");
        // An error means that this is the first time.
        let _ = std::fs::remove_file(path);
        add(folder.path(), 1);
        let access = Access::open(folder.path()).unwrap();
        access.pass(by(1), NOW).unwrap();
        access.look(NOW + Duration::from_secs(later), is_over);
        assert_eq!(used(), expected, "{later}");
    }
}

#[test]
fn a_damaged_file_changes_nothing_while_the_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    add(folder.path(), 1);
    let access = Access::open(folder.path()).unwrap();
    std::fs::write(folder.path().join("access.json"), "{").unwrap();
    access.look(NOW, false);
    assert!(access.pass(by(1), NOW).is_ok());
    assert_eq!(access.pass(by(2), NOW), Err(Refusal::UnknownToken));
    assert!(Access::open(folder.path()).is_err());
}

#[test]
fn the_first_administrator_is_made_once() {
    let folder = tempfile::tempdir().unwrap();
    let access = Access::open(folder.path()).unwrap();
    let given = |_: &str| Some("correct horse".to_owned());
    let short = access.make_first(|_| Some("short".to_owned()), NOW).unwrap_err().to_string();
    assert!(short.contains("WATCHGLASS_ADMIN_PASSWORD") && short.contains("8 to 256"), "{short}");
    assert!(matches!(access.make_first(given, NOW).unwrap(), FirstPassword::Given));
    assert!(matches!(access.make_first(given, NOW).unwrap(), FirstPassword::None));
    let made = tempfile::tempdir().unwrap();
    let access = Access::open(made.path()).unwrap();
    let FirstPassword::Made(password) = access.make_first(|_| None, NOW).unwrap() else { panic!("not made") };
    let held = access.held();
    let admin = held.book.user("admin").unwrap();
    assert!(admin.password.fits(&password) && admin.role == Role::Admin);
}

fn with_ada(folder: &Path) -> Arc<Access> {
    let password = Password::new("correct horse".to_owned()).unwrap();
    let hash = PasswordHash::of(&password, &[1; 16]);
    store::change(folder, |book| Ok(book.add_user("ada", Role::Viewer, hash, NOW)?)).unwrap();
    Arc::new(Access::open(folder).unwrap())
}

#[tokio::test]
async fn who_knows_the_password_is_signed_in_and_out_again() {
    let folder = tempfile::tempdir().unwrap();
    let access = with_ada(folder.path());
    let changes = access.changes();
    let SignedIn { secret, pass } =
        access.sign_in("ADA", "correct horse".to_owned(), HERE, None, NOW).await.unwrap();
    assert_eq!((pass.name.as_str(), pass.role), ("ada", Role::Viewer));
    let by = By::Session(secret.digest());
    assert_eq!(access.pass(by, NOW), Ok(pass));
    // Another server process finds it as well.
    assert!(Access::open(folder.path()).unwrap().pass(by, NOW).is_ok());
    access.sign_out(by).unwrap();
    assert_eq!(access.pass(by, NOW), Err(Refusal::NoSession));
    assert!(changes.has_changed().unwrap());
}

#[tokio::test]
async fn who_does_not_know_it_waits_longer_and_longer() {
    let folder = tempfile::tempdir().unwrap();
    let access = with_ada(folder.path());
    let long = "x".repeat(1000);
    for (name, password) in
        [("ada", "wrong horse"), ("ada", ""), ("ada", &long), ("bob", "x"), ("b\u{0}", "x")]
    {
        let refused = access.sign_in(name, password.to_owned(), HERE, None, NOW).await.unwrap_err();
        assert!(matches!(refused, SignInError::Wrong), "{name}: {refused:?}");
    }
    let right = || "correct horse".to_owned();
    let refused = access.sign_in("ada", right(), HERE, None, NOW).await.unwrap_err();
    assert!(matches!(refused, SignInError::Wait(wait) if wait == Duration::from_secs(1)), "{refused:?}");
    let elsewhere = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
    access.sign_in("ada", right(), elsewhere, None, NOW).await.unwrap();
    access.sign_in("ada", right(), HERE, None, NOW + Duration::from_secs(1)).await.unwrap();
}
