//! Tests of authentication while file and memory change.

use super::sign_in::SignedIn;
use super::*;
use crate::clock::Moment;
use std::net::{IpAddr, Ipv4Addr};
use watchglass_auth::{Password, PasswordHash, Role, SecondFactor, Secret, TotpSecret};

pub(super) const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);
pub(super) const HERE: IpAddr = IpAddr::V4(Ipv4Addr::LOCALHOST);

pub(super) fn token(number: u8) -> Secret {
    Secret::new([number; 32])
}

pub(super) fn by(number: u8) -> Credential {
    Credential::Token(token(number).digest())
}

pub(super) fn add(folder: &Path, number: u8) {
    let name = number.to_string();
    store::change(folder, Accounts::default, |accounts| {
        Ok(accounts.add_token(&name, Role::Viewer, None, &token(number), NOW)?)
    })
    .unwrap();
}

#[test]
fn token_of_a_command_is_valid_at_once_and_revoked_at_the_next_poll() {
    let folder = tempfile::tempdir().unwrap();
    let access = Access::open(folder.path()).unwrap();
    let changes = access.changes();
    assert_eq!(access.authenticate(by(1), NOW), Err(AuthError::UnknownToken));
    add(folder.path(), 1);
    assert!(access.authenticate(by(1), NOW).is_ok());
    assert!(changes.has_changed().unwrap());
    store::change(folder.path(), Accounts::default, |accounts| Ok(accounts.revoke_token("1", NOW)?)).unwrap();
    access.refresh_and_save(NOW, false);
    assert_eq!(access.authenticate(by(1), NOW), Err(AuthError::Revoked));
}

#[test]
fn last_used_times_are_saved_after_a_minute_or_at_the_stop() {
    let folder = tempfile::tempdir().unwrap();
    let used = || store::read(folder.path()).unwrap().0.tokens()[0].used;
    for (later, is_stopping, expected) in [(59, false, None), (0, true, Some(NOW)), (60, false, Some(NOW))] {
        let path = folder.path().join("access.json");
        // An error means that the file does not exist yet.
        let _ = std::fs::remove_file(path);
        add(folder.path(), 1);
        let access = Access::open(folder.path()).unwrap();
        access.authenticate(by(1), NOW).unwrap();
        access.refresh_and_save(NOW + Duration::from_secs(later), is_stopping);
        assert_eq!(used(), expected, "{later}");
    }
}

#[test]
fn damaged_file_changes_nothing_while_the_server_runs() {
    let folder = tempfile::tempdir().unwrap();
    add(folder.path(), 1);
    let access = Access::open(folder.path()).unwrap();
    std::fs::write(folder.path().join("access.json"), "{").unwrap();
    access.refresh_and_save(NOW, false);
    assert!(access.authenticate(by(1), NOW).is_ok());
    assert_eq!(access.authenticate(by(2), NOW), Err(AuthError::UnknownToken));
    assert!(Access::open(folder.path()).is_err());
}

#[test]
fn first_administrator_is_created_once() {
    let folder = tempfile::tempdir().unwrap();
    let access = Access::open(folder.path()).unwrap();
    let given = |_: &str| Some("correct horse".to_owned());
    let short = access.create_first_admin(|_| Some("short".to_owned()), NOW).unwrap_err().to_string();
    assert!(short.contains("WATCHGLASS_ADMIN_PASSWORD") && short.contains("8 to 256"), "{short}");
    assert!(matches!(access.create_first_admin(given, NOW).unwrap(), FirstPassword::FromEnvironment));
    assert!(matches!(access.create_first_admin(given, NOW).unwrap(), FirstPassword::NotNeeded));
    let made = tempfile::tempdir().unwrap();
    let access = Access::open(made.path()).unwrap();
    let FirstPassword::Generated(password) = access.create_first_admin(|_| None, NOW).unwrap() else {
        panic!("not generated")
    };
    let held = access.loaded();
    let admin = held.accounts.user("admin").unwrap();
    assert!(admin.password.verify(&password) && admin.role == Role::Admin);
}

/// A sign-in from a browser that is not known.
pub(super) fn from(address: IpAddr) -> SignInOrigin {
    SignInOrigin { address, browser: None, before: None }
}

pub(super) fn moment(time: Timestamp) -> Moment {
    let uptime = Duration::from_millis(u64::try_from(time.millis_since(NOW)).unwrap());
    Moment { time, uptime }
}

/// A password without a code.
pub(super) fn typed(password: &str) -> (String, String) {
    (password.to_owned(), String::new())
}

pub(super) fn with_ada(folder: &Path) -> Arc<Access> {
    let password = Password::new("correct horse".to_owned()).unwrap();
    let hash = PasswordHash::new(&password, &[1; 16]);
    store::change(folder, Accounts::default, |accounts| {
        Ok(accounts.add_user("ada", Role::Viewer, hash, NOW)?)
    })
    .unwrap();
    Arc::new(Access::open(folder).unwrap())
}

#[tokio::test]
async fn right_password_signs_in_and_sign_out_ends_the_session() {
    let folder = tempfile::tempdir().unwrap();
    let access = with_ada(folder.path());
    let changes = access.changes();
    let SignedIn { secret, principal, .. } =
        access.sign_in("ADA", typed("correct horse"), from(HERE), moment(NOW)).await.unwrap();
    assert_eq!((principal.name.as_str(), principal.role), ("ada", Role::Viewer));
    let by = Credential::Session(secret.digest());
    assert_eq!(access.authenticate(by, NOW), Ok(principal));
    // Another process reads the session as well.
    assert!(Access::open(folder.path()).unwrap().authenticate(by, NOW).is_ok());
    access
        .change(|accounts| {
            accounts.sign_out(secret.digest());
            Ok(())
        })
        .unwrap();
    assert_eq!(access.authenticate(by, NOW), Err(AuthError::SessionExpired));
    assert!(changes.has_changed().unwrap());
}

#[tokio::test]
async fn failed_sign_ins_are_throttled() {
    let folder = tempfile::tempdir().unwrap();
    let access = with_ada(folder.path());
    let long = "x".repeat(1000);
    for (name, password) in
        [("ada", "wrong horse"), ("ada", ""), ("ada", &long), ("bob", "x"), ("b\u{0}", "x")]
    {
        let refused = access.sign_in(name, typed(password), from(HERE), moment(NOW)).await.unwrap_err();
        assert!(matches!(refused, SignInError::BadCredentials), "{name}: {refused:?}");
    }
    let right = || typed("correct horse");
    let refused = access.sign_in("ada", right(), from(HERE), moment(NOW)).await.unwrap_err();
    assert!(matches!(refused, SignInError::Throttled(wait) if wait == Duration::from_secs(1)), "{refused:?}");
    let elsewhere = IpAddr::V4(Ipv4Addr::new(127, 0, 0, 2));
    access.sign_in("ada", right(), from(elsewhere), moment(NOW)).await.unwrap();
    access.sign_in("ada", right(), from(HERE), moment(NOW + Duration::from_secs(1))).await.unwrap();
}

#[tokio::test]
async fn delays_do_not_follow_a_clock_that_is_set_back() {
    let folder = tempfile::tempdir().unwrap();
    let access = with_ada(folder.path());
    let sign_in = async |password: &str, time: Timestamp, seconds: u64| {
        let moment = Moment { time, uptime: Duration::from_secs(seconds) };
        access.sign_in("ada", typed(password), from(HERE), moment).await
    };
    for _ in 0..3 {
        let refused = sign_in("wrong horse", NOW, 10).await.unwrap_err();
        assert!(matches!(refused, SignInError::BadCredentials), "{refused:?}");
    }
    let three_hours_ago = NOW - Duration::from_secs(3 * 3600);
    let refused = sign_in("correct horse", three_hours_ago, 10).await.unwrap_err();
    assert!(matches!(refused, SignInError::Throttled(wait) if wait == Duration::from_secs(1)), "{refused:?}");
    assert!(sign_in("correct horse", three_hours_ago, 11).await.is_ok());
}

#[tokio::test]
async fn second_factor_is_required_and_wrong_codes_count_like_wrong_passwords() {
    let folder = tempfile::tempdir().unwrap();
    let access = with_ada(folder.path());
    let secret = TotpSecret::new([7; 20]);
    let random = std::array::from_fn(|row| [u8::try_from(row).unwrap(); 16]);
    let (factor, codes) = SecondFactor::enrol(secret.clone(), &secret.code_at(NOW), &random, NOW).unwrap();
    access.change(|accounts| Ok(accounts.enable_second_factor("ada", factor, None, NOW)?)).unwrap();
    let later = |seconds: u64| NOW + Duration::from_secs(seconds);
    let sign_in = async |password: &str, code: &str, now: Timestamp| {
        let typed = (password.to_owned(), code.to_owned());
        access.sign_in("ada", typed, from(HERE), moment(now)).await
    };
    let code = secret.code_at(later(60));
    for (password, typed) in
        [("correct horse", ""), ("wrong horse", code.as_str()), ("correct horse", "000000")]
    {
        let refused = sign_in(password, typed, later(60)).await.unwrap_err();
        assert!(matches!(refused, SignInError::BadCredentials), "{password} {typed}: {refused:?}");
    }
    let refused = sign_in("correct horse", &code, later(60)).await.unwrap_err();
    assert!(matches!(refused, SignInError::Throttled(_)), "{refused:?}");
    let signed = sign_in("correct horse", &code, later(80)).await.unwrap();
    assert!(access.authenticate(Credential::Session(signed.secret.digest()), later(80)).is_ok());
    let again = sign_in("correct horse", &code, later(81)).await.unwrap_err();
    assert!(matches!(again, SignInError::BadCredentials), "{again:?}");
    sign_in("correct horse", &codes[0], later(82)).await.unwrap();
    assert!(sign_in("correct horse", &codes[0], later(83)).await.is_err());
    // Of two sign-ins with the same code at the same time one succeeds.
    let code = secret.code_at(later(200));
    let both = tokio::join!(
        sign_in("correct horse", &code, later(200)),
        sign_in("correct horse", &code, later(200))
    );
    assert_eq!(usize::from(both.0.is_ok()) + usize::from(both.1.is_ok()), 1);
}

#[tokio::test]
async fn sessions_that_cannot_be_saved_are_kept_in_memory_and_saved_later() {
    let folder = tempfile::tempdir().unwrap();
    let access = with_ada(folder.path());
    let sign_in = async |seconds: u64| {
        let now = NOW + Duration::from_secs(seconds);
        access.sign_in("ada", typed("correct horse"), from(HERE), moment(now)).await.unwrap()
    };
    let [saved, ended] = [sign_in(0).await, sign_in(0).await];
    assert!(saved.not_saved.is_none() && access.unsaved_sessions().is_none());
    // In place of the temporary file that a change writes.
    let obstacle = folder.path().join("access.json.new");
    std::fs::create_dir(&obstacle).unwrap();
    let kept = sign_in(1).await;
    access.sign_out(ended.secret.digest(), NOW + Duration::from_secs(2)).unwrap();
    assert!(kept.not_saved.is_some_and(|reason| reason.reason().contains("access.json")));
    let are_in = |access: &Access| {
        [&saved.secret, &ended.secret, &kept.secret]
            .map(|secret| access.authenticate(Credential::Session(secret.digest()), NOW).is_ok())
    };
    assert_eq!(are_in(&access), [true, false, true]);
    // Other changes fail as before, and a change of the file by a command keeps what is in memory.
    assert!(access.change(|accounts| Ok(accounts.set_disabled("ada", true, NOW)?)).is_err());
    let mut file = store::read(folder.path()).unwrap().0;
    file.add_token("laptop", Role::Viewer, None, &token(1), NOW).unwrap();
    std::fs::write(folder.path().join("access.json"), file.to_json()).unwrap();
    access.refresh_and_save(NOW, false);
    assert!(access.authenticate(by(1), NOW).is_ok() && access.unsaved_sessions().is_some());
    assert_eq!(are_in(&access), [true, false, true]);

    std::fs::remove_dir(obstacle).unwrap();
    access.refresh_and_save(NOW, false);
    assert!(access.unsaved_sessions().is_none());
    assert_eq!(are_in(&access), [true, false, true]);
    assert_eq!(are_in(&Access::open(folder.path()).unwrap()), [true, false, true]);
}

#[tokio::test]
async fn codes_used_while_nothing_can_be_saved_stay_used() {
    let folder = tempfile::tempdir().unwrap();
    let access = with_ada(folder.path());
    let secret = TotpSecret::new([7; 20]);
    let random = std::array::from_fn(|row| [u8::try_from(row).unwrap(); 16]);
    let (factor, codes) = SecondFactor::enrol(secret.clone(), &secret.code_at(NOW), &random, NOW).unwrap();
    access.change(|accounts| Ok(accounts.enable_second_factor("ada", factor, None, NOW)?)).unwrap();
    let obstacle = folder.path().join("access.json.new");
    std::fs::create_dir(&obstacle).unwrap();
    let sign_in = async || {
        let typed = ("correct horse".to_owned(), codes[0].clone());
        access.sign_in("ada", typed, from(HERE), moment(NOW + Duration::from_secs(1))).await
    };
    assert!(sign_in().await.unwrap().not_saved.is_some());
    assert!(sign_in().await.is_err(), "used in memory");
    std::fs::remove_dir(obstacle).unwrap();
    access.refresh_and_save(NOW, false);
    assert!(access.unsaved_sessions().is_none());
    assert!(sign_in().await.is_err(), "used in the file");
}
