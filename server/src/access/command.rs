//! `watchglass token …` and `watchglass user …`: change who may call, whether the server runs or not. What is secret goes to
//! standard output, alone and once.

use super::error::AccessError;
use super::random::random;
use super::store;
use crate::audit::{self, By as Through, Entry, What};
use crate::data_dir::{self, default_path};
use crate::{say, ticker};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use serde_json::json;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};
use watchglass_access::{Book, Password, PasswordHash, Role, Secret};
use watchglass_model::Timestamp;

/// The longest text that is read as a password: a password, and the end of its line.
const LONGEST_INPUT: u64 = 1024;

/// What is to be done, and where.
#[derive(Debug)]
pub(crate) struct Order {
    folder: Option<PathBuf>,
    deed: Deed,
}

#[derive(Debug)]
enum Deed {
    CreateToken { name: String, role: Role, days: Option<u64> },
    ListTokens,
    RevokeToken { which: String },
    AddUser { name: String, role: Role, typed: bool },
    SetPassword { name: String, typed: bool },
    SetDisabled { name: String, disabled: bool },
    RemoveFactor { name: String },
    ListUsers,
}

/// The commands as the command line has them.
pub(crate) fn commands() -> [Command; 2] {
    let name =
        |help: &'static str| Arg::new("name").long("name").value_name("NAME").required(true).help(help);
    let role = |help: &'static str| {
        let read = |text: &str| text.parse::<Role>().map_err(|error| error.to_string());
        Arg::new("role").long("role").value_name("ROLE").required(true).value_parser(read).help(help)
    };
    let typed = Arg::new("password-stdin").long("password-stdin").action(ArgAction::SetTrue);
    let typed = typed.help("Read the password from standard input, in place of making one");
    let days =
        Arg::new("days").long("days").value_name("DAYS").value_parser(value_parser!(u64).range(1..=3650));
    let command = |name: &'static str, about: &'static str| {
        let folder = Arg::new("data-dir").long("data-dir").value_name("DIR").env("WATCHGLASS_DATA_DIR");
        let folder = folder.value_parser(value_parser!(PathBuf));
        Command::new(name)
            .about(about)
            .arg(folder.help("The data folder of the server [default: as for serve]"))
    };
    let create = command("create", "Make a token and print it: it is shown this once")
        .arg(name("What it is for"))
        .arg(role("admin changes everything, viewer sees everything, ingest delivers reports"))
        .arg(days.help("How long it is good [default: until it is revoked]"));
    let revoke = command("revoke", "Take a token back").arg(name("Its name, or its id"));
    let add = command("add", "Add somebody, and print the password unless it is given")
        .arg(name("By which they sign in"))
        .arg(role("admin or viewer"))
        .arg(typed.clone());
    let password =
        command("password", "Set a new password and end all sessions").arg(name("Whose")).arg(typed);
    let group = |name: &'static str, about: &'static str| {
        Command::new(name).about(about).subcommand_required(true).arg_required_else_help(true)
    };
    [
        group("token", "Tokens, with which programs prove themselves").subcommands([
            create,
            command("list", "List tokens"),
            revoke,
        ]),
        group("user", "People who sign in").subcommands([
            add,
            password,
            command("disable", "Forbid somebody to sign in and end all sessions").arg(name("Whom")),
            command("enable", "Allow somebody to sign in again").arg(name("Whom")),
            command("totp-off", "Remove a second factor: the password is enough again").arg(name("Whose")),
            command("list", "List people"),
        ]),
    ]
}

/// What the arguments of one of the commands ask for; `None` of another command's.
pub(crate) fn order(group: &str, found: &ArgMatches) -> Option<Order> {
    let (verb, found) = found.subcommand()?;
    let name = || found.get_one::<String>("name").cloned();
    let role = || found.get_one::<Role>("role").copied();
    let typed = || found.get_flag("password-stdin");
    let deed = match (group, verb) {
        ("token", "create") => {
            Deed::CreateToken { name: name()?, role: role()?, days: found.get_one::<u64>("days").copied() }
        }
        ("token", "list") => Deed::ListTokens,
        ("token", "revoke") => Deed::RevokeToken { which: name()? },
        ("user", "add") => Deed::AddUser { name: name()?, role: role()?, typed: typed() },
        ("user", "password") => Deed::SetPassword { name: name()?, typed: typed() },
        ("user", "disable") => Deed::SetDisabled { name: name()?, disabled: true },
        ("user", "enable") => Deed::SetDisabled { name: name()?, disabled: false },
        ("user", "totp-off") => Deed::RemoveFactor { name: name()? },
        ("user", "list") => Deed::ListUsers,
        _ => return None,
    };
    Some(Order { folder: found.get_one::<PathBuf>("data-dir").cloned(), deed })
}

/// Does it, and prints what there is to show.
///
/// # Errors
/// Whatever keeps it from being done.
pub(crate) fn run(order: Order) -> Result<(), Box<dyn Error>> {
    let folder = match order.folder {
        Some(folder) => folder,
        None => default_path(|name| std::env::var(name).ok())?,
    };
    data_dir::make(&folder).map_err(|source| AccessError::File { path: folder.clone(), source })?;
    let now = ticker::now();
    let noted = noted(&order.deed, now);
    let said = carry_out(&folder, order.deed, now)?;
    if !said.is_empty() {
        say(said.trim_end());
    }
    // It is done: what was shown once must not be lost because this fails.
    if let Some(entry) = noted {
        audit::write(&folder, &entry).map_err(|error| AccessError::NotNoted(folder, error))?;
    }
    Ok(())
}

/// What the audit log says of it. Who it was is the number of the system's user: names of variables can be anybody's.
fn noted(deed: &Deed, now: Timestamp) -> Option<Entry> {
    let (what, word, subject, to) = match deed {
        Deed::CreateToken { name, role, days } => {
            (What::Token, "added", name, Some(json!({ "role": role, "days": days })))
        }
        Deed::RevokeToken { which } => (What::Token, "revoked", which, None),
        Deed::AddUser { name, role, .. } => {
            (What::User, "added", name, Some(json!({ "role": role, "disabled": false })))
        }
        Deed::SetPassword { name, .. } => {
            (What::User, "changed", name, Some(json!({ "password": "another one" })))
        }
        Deed::SetDisabled { name, disabled } => {
            (What::User, "changed", name, Some(json!({ "disabled": disabled })))
        }
        Deed::RemoveFactor { name } => (What::User, "changed", name, Some(json!({ "second_factor": false }))),
        Deed::ListTokens | Deed::ListUsers => return None,
    };
    let who = format!("uid {}", rustix::process::getuid().as_raw());
    Some(Entry::new(now, (Through::Command, &who, None), (what, word, subject), (None, to)))
}

fn carry_out(folder: &Path, deed: Deed, now: Timestamp) -> Result<String, AccessError> {
    let change = |change: &dyn Fn(&mut Book) -> Result<(), AccessError>| {
        store::change(folder, |book| {
            book.forget(now);
            change(book)
        })
    };
    match deed {
        Deed::CreateToken { name, role, days } => {
            let secret = Secret::new(random()?);
            let expires = days.map(|days| now + Duration::from_secs(days * 86_400));
            change(&|book| Ok(book.add_token(&name, role, expires, &secret, now)?))?;
            Ok(secret.text())
        }
        Deed::RevokeToken { which } => {
            change(&|book| Ok(book.revoke_token(&which, now)?))?;
            Ok(String::new())
        }
        Deed::AddUser { name, role, typed } => {
            let (password, said) = password(typed)?;
            let hash = PasswordHash::of(&password, &random()?);
            change(&|book| Ok(book.add_user(&name, role, hash.clone(), now)?))?;
            Ok(said)
        }
        Deed::SetPassword { name, typed } => {
            let (password, said) = password(typed)?;
            let hash = PasswordHash::of(&password, &random()?);
            change(&|book| Ok(book.set_password(&name, hash.clone(), now)?))?;
            Ok(said)
        }
        Deed::SetDisabled { name, disabled } => {
            change(&|book| Ok(book.set_disabled(&name, disabled, now)?))?;
            Ok(String::new())
        }
        Deed::RemoveFactor { name } => {
            change(&|book| Ok(book.remove_factor(&name, now)?))?;
            Ok(String::new())
        }
        Deed::ListTokens => Ok(list_of_tokens(&store::read(folder)?.0, now)),
        Deed::ListUsers => Ok(list_of_users(&store::read(folder)?.0)),
    }
}

/// The password that is typed, or one that is made and is to be shown.
fn password(typed: bool) -> Result<(Password, String), AccessError> {
    if !typed {
        let made = Password::made(&random()?);
        let said = made.text().to_owned();
        return Ok((made, said));
    }
    let mut text = String::new();
    std::io::stdin().take(LONGEST_INPUT).read_to_string(&mut text)?;
    // The end of the line is not part of it.
    let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    let wrong = |source| AccessError::Password { place: "the password on standard input", source };
    Ok((Password::new(text.to_owned()).map_err(wrong)?, String::new()))
}

fn list_of_tokens(book: &Book, now: Timestamp) -> String {
    let mut list =
        format!("{:8}  {:7}  {:7}  {:20}  {:20}  NAME\n", "ID", "ROLE", "STATE", "CREATED", "LAST USED");
    for token in book.tokens() {
        let used = token.used.map_or("never".to_owned(), moment);
        let (id, state) = (token.digest.short(), token.standing(now));
        // Writing to a string cannot fail.
        let _ = writeln!(
            list,
            "{id:8}  {:7}  {state:7}  {:20}  {used:20}  {}",
            token.role,
            moment(token.created),
            token.name
        );
    }
    list
}

fn list_of_users(book: &Book) -> String {
    let mut list = format!("{:7}  {:8}  {:20}  NAME\n", "ROLE", "STATE", "CREATED");
    for user in book.users() {
        let state = if user.disabled { "disabled" } else { "good" };
        let _ = writeln!(list, "{:7}  {state:8}  {:20}  {}", user.role, moment(user.created), user.name);
    }
    list
}

/// UTC, to the second.
fn moment(time: Timestamp) -> String {
    let since = Duration::from_millis(u64::try_from(time.millis()).unwrap_or(0));
    SystemTime::UNIX_EPOCH
        .checked_add(since)
        .map_or_else(String::new, |time| humantime::format_rfc3339_seconds(time).to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_access::{By, Factor, TotpSecret};

    const NOW: Timestamp = Timestamp::from_millis(1_700_000_000_000);

    fn create(folder: &Path, name: &str, days: Option<u64>) -> Secret {
        let deed = Deed::CreateToken { name: name.to_owned(), role: Role::Viewer, days };
        Secret::parse(&carry_out(folder, deed, NOW).unwrap()).unwrap()
    }

    #[test]
    fn a_token_is_made_listed_and_revoked() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let (short, long) = (create(path, "short", Some(1)), create(path, "long", None));
        let book = || store::read(path).unwrap().0;
        assert_eq!(book().pass(By::Token(long.digest()), NOW).unwrap().role, Role::Viewer);
        let later = NOW + Duration::from_secs(86_400);
        carry_out(path, Deed::RevokeToken { which: "long".to_owned() }, later).unwrap();
        let list = carry_out(path, Deed::ListTokens, later).unwrap();
        let lines: Vec<Vec<&str>> =
            list.lines().skip(1).map(|line| line.split_whitespace().collect()).collect();
        let expected = |secret: &Secret, state: &'static str| {
            [
                secret.digest().short(),
                "viewer".to_owned(),
                state.to_owned(),
                "2023-11-14T22:13:20Z".to_owned(),
            ]
        };
        for (secret, state) in [(&short, "expired"), (&long, "revoked")] {
            assert!(lines.iter().any(|line| line[..4] == expected(secret, state)), "{state}: {list}");
            assert!(!list.contains(&secret.text()));
        }
    }

    #[test]
    fn people_are_added_banned_and_given_passwords() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path();
        let name = || "Ada".to_owned();
        let add = || Deed::AddUser { name: name(), role: Role::Admin, typed: false };
        let first = carry_out(path, add(), NOW).unwrap();
        assert!(carry_out(path, add(), NOW).is_err());
        let fits = |text: &str| {
            let (book, _) = store::read(path).unwrap();
            let password = Password::typed(text.to_owned()).unwrap();
            book.users().any(|user| user.name == "ada" && user.password.fits(&password))
        };
        assert!(fits(&first));
        let second = carry_out(path, Deed::SetPassword { name: name(), typed: false }, NOW).unwrap();
        assert!(fits(&second) && !fits(&first));
        let ban = |disabled| carry_out(path, Deed::SetDisabled { name: name(), disabled }, NOW);
        assert!(ban(true).unwrap_err().to_string().contains("only administrator"));
        carry_out(path, Deed::AddUser { name: "bob".to_owned(), role: Role::Admin, typed: false }, NOW)
            .unwrap();
        assert_eq!(ban(true).unwrap(), "");
        let list = carry_out(path, Deed::ListUsers, NOW).unwrap();
        assert!(list.lines().any(|line| line.contains("disabled") && line.ends_with(" ada")), "{list}");
        let off = || carry_out(path, Deed::RemoveFactor { name: name() }, NOW);
        assert!(off().unwrap_err().to_string().contains("ada has no second factor"));
        let secret = TotpSecret::new([7; 20]);
        let (factor, _) = Factor::begin(secret.clone(), &secret.code_at(NOW), &[[1; 16]; 8], NOW).unwrap();
        store::change(path, |book| Ok(book.set_factor("ada", factor, None, NOW)?)).unwrap();
        assert_eq!(off().unwrap(), "");
        assert!(store::read(path).unwrap().0.users().all(|user| user.factor.is_none()));
    }
}
