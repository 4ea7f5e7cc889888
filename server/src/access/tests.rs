//! Who is let in while file and memory change.

use super::sign_in::SignedIn;
use super::*;
use std::net::{IpAddr, Ipv4Addr};
use watchglass_access::{Factor, Password, PasswordHash, Role, Secret, TotpSecret};

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

/// A password, and no code.
fn typed(password: &str) -> (String, String) {
    (password.to_owned(), String::new())
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
        access.sign_in("ADA", typed("correct horse"), HERE, None, NOW).await.unwrap();
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
        let refused = access.sign_in(name, typed(password), HERE, None, NOW).await.unwrap_err();
        assert!(matches!(refused, SignInError::Wrong), "{name}: {refused:?}");
    }
    let right = || typed("correct horse");
    let refused = access.sign_in("ada", right(), HERE, None, NOW).await.unwrap_err();
    assert!(matches!(refused, SignInError::Wait(wait) if wait == Duration::from_secs(1)), "{refused:?}");
    let elsewhere = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
    access.sign_in("ada", right(), elsewhere, None, NOW).await.unwrap();
    access.sign_in("ada", right(), HERE, None, NOW + Duration::from_secs(1)).await.unwrap();
}

#[tokio::test]
async fn who_has_a_second_factor_needs_both_and_a_wrong_code_counts_as_a_wrong_password() {
    let folder = tempfile::tempdir().unwrap();
    let access = with_ada(folder.path());
    let secret = TotpSecret::new([7; 20]);
    let random = std::array::from_fn(|row| [u8::try_from(row).unwrap(); 16]);
    let (factor, codes) = Factor::begin(secret.clone(), &secret.code_at(NOW), &random, NOW).unwrap();
    access.change(|book| Ok(book.set_factor("ada", factor, None, NOW)?)).unwrap();
    let later = |seconds: u64| NOW + Duration::from_secs(seconds);
    let sign_in = async |password: &str, code: &str, now: Timestamp| {
        let typed = (password.to_owned(), code.to_owned());
        access.sign_in("ada", typed, HERE, None, now).await
    };
    let code = secret.code_at(later(60));
    for (password, typed) in
        [("correct horse", ""), ("wrong horse", code.as_str()), ("correct horse", "000000")]
    {
        let refused = sign_in(password, typed, later(60)).await.unwrap_err();
        assert!(matches!(refused, SignInError::Wrong), "{password} {typed}: {refused:?}");
    }
    let refused = sign_in("correct horse", &code, later(60)).await.unwrap_err();
    assert!(matches!(refused, SignInError::Wait(_)), "{refused:?}");
    let signed = sign_in("correct horse", &code, later(80)).await.unwrap();
    assert!(access.pass(By::Session(signed.secret.digest()), later(80)).is_ok());
    let again = sign_in("correct horse", &code, later(81)).await.unwrap_err();
    assert!(matches!(again, SignInError::Wrong), "{again:?}");
    sign_in("correct horse", &codes[0], later(82)).await.unwrap();
    assert!(sign_in("correct horse", &codes[0], later(83)).await.is_err());
    // Of two who come with the same code at the same time one is let in.
    let code = secret.code_at(later(200));
    let both = tokio::join!(
        sign_in("correct horse", &code, later(200)),
        sign_in("correct horse", &code, later(200))
    );
    assert_eq!(usize::from(both.0.is_ok()) + usize::from(both.1.is_ok()), 1);
}
