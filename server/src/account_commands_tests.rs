//! Tests of the commands on accounts.

use super::*;
use std::time::Duration;
use watchglass_auth::{Credential, SecondFactor, Secret, TotpSecret};

const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

fn execute(folder: &Path, action: Action, now: Timestamp) -> Result<String, AccountError> {
    let audit = Arc::new(AuditLog::for_command(folder));
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let _entered = runtime.enter();
    let output = super::execute(folder, &Actor::command(audit.clone(), "uid 0".to_owned()), action, now);
    audit.result().unwrap();
    output
}

fn access(folder: &Path) -> Access {
    Access::for_command(folder).unwrap()
}

fn create(folder: &Path, name: &str, days: Option<u32>) -> Secret {
    let action = Action::CreateToken { name: name.to_owned(), role: Role::Viewer, days };
    Secret::parse(&execute(folder, action, NOW).unwrap()).unwrap()
}

#[test]
fn only_creating_commands_create_a_missing_data_directory() {
    let parent = tempfile::tempdir().unwrap();
    let missing = parent.path().join("missing");
    let error = open_folder(&missing, &Action::ListTokens).unwrap_err().to_string();
    assert!(error.contains("missing is not a directory: set --data-dir"), "{error}");
    assert!(!missing.exists());
    let create = Action::CreateToken { name: "ci".to_owned(), role: Role::Viewer, days: None };
    open_folder(&missing, &create).unwrap();
    assert!(missing.is_dir());
    open_folder(&missing, &Action::ListTokens).unwrap();
}

#[test]
fn tokens_are_created_listed_and_revoked() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let (short, long) = (create(path, "short", Some(1)), create(path, "long", None));
    let principal = access(path).authenticate(Credential::Token(long.digest()), NOW).unwrap();
    assert_eq!(principal.role, Role::Viewer);
    let later = NOW + Duration::from_secs(86_400);
    execute(path, Action::RevokeToken { which: "long".to_owned() }, later).unwrap();
    let list = execute(path, Action::ListTokens, later).unwrap();
    let lines: Vec<Vec<&str>> = list.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
    let expected = |secret: &Secret, state: &'static str| {
        [secret.digest().short(), "viewer".to_owned(), state.to_owned(), "2023-11-14T22:13:20Z".to_owned()]
    };
    for (secret, state) in [(&short, "expired"), (&long, "revoked")] {
        assert!(lines.iter().any(|line| line[..4] == expected(secret, state)), "{state}: {list}");
        assert!(!list.contains(&secret.text()));
    }
}

#[test]
fn users_are_added_disabled_and_given_passwords() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path();
    let name = || "Ada".to_owned();
    let add = || Action::AddUser { name: name(), role: Role::Admin, typed: false };
    let first = execute(path, add(), NOW).unwrap();
    assert!(execute(path, add(), NOW).is_err());
    let fits = |text: &str| {
        let password = Password::from_input(text.to_owned()).unwrap();
        access(path).with_accounts(|accounts| accounts.user("ada").unwrap().password.verify(&password))
    };
    assert!(fits(&first));
    let second = execute(path, Action::SetPassword { name: name(), typed: false }, NOW).unwrap();
    assert!(fits(&second) && !fits(&first));
    let ban = |disabled| execute(path, Action::SetDisabled { name: name(), disabled }, NOW);
    assert!(ban(true).unwrap_err().to_string().contains("only administrator"));
    execute(path, Action::AddUser { name: "bob".to_owned(), role: Role::Admin, typed: false }, NOW).unwrap();
    assert_eq!(ban(true).unwrap(), "");
    let list = execute(path, Action::ListUsers, NOW).unwrap();
    assert!(list.lines().any(|line| line.contains("disabled") && line.ends_with(" ada")), "{list}");
    let off = || execute(path, Action::RemoveFactor { name: name() }, NOW);
    assert!(off().unwrap_err().to_string().contains("two-factor authentication is not enabled for ada"));
    let secret = TotpSecret::new([7; 20]);
    let (factor, _) = SecondFactor::enrol(secret.clone(), &secret.code_at(NOW), &[[1; 16]; 8], NOW).unwrap();
    access(path).change(|accounts| Ok(accounts.enable_second_factor("ada", factor, None, NOW)?)).unwrap();
    assert_eq!(off().unwrap(), "");
    access(path).with_accounts(|accounts| {
        assert!(accounts.users().all(|user| user.second_factor.is_none()));
    });
}
