//! Commands `watchglass token …` and `watchglass user …`, which work whether the server runs or not. Secrets go to standard
//! output, alone and once.

use crate::access::{Access, AccessError, generate_password};
use crate::audit::{Actor, AuditLog};
use crate::clock;
use crate::config::path_flag;
use crate::console::{print_result, print_warning};
use crate::persist::data_dir::{self, default_path};
use crate::services::{AccountError, MAX_TOKEN_DAYS, TokenService, UserChange, UserService};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use std::error::Error;
use std::fmt::Write as _;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use watchglass_auth::{Accounts, Password, Role};
use watchglass_model::Timestamp;
use watchglass_model::time_text::format_seconds;

/// The longest password that is read from standard input in bytes, with its line end.
const MAX_INPUT_BYTES: u64 = 1024;

/// An action on the accounts of a data directory.
#[derive(Debug)]
pub(crate) struct AccountCommand {
    folder: Option<PathBuf>,
    action: Action,
}

#[derive(Debug)]
enum Action {
    CreateToken { name: String, role: Role, days: Option<u32> },
    ListTokens,
    RevokeToken { which: String },
    AddUser { name: String, role: Role, typed: bool },
    SetPassword { name: String, typed: bool },
    SetDisabled { name: String, disabled: bool },
    RemoveFactor { name: String },
    ListUsers,
}

/// The subcommands `token` and `user`.
pub(crate) fn commands() -> [Command; 2] {
    let name =
        |help: &'static str| Arg::new("name").long("name").value_name("NAME").required(true).help(help);
    let role = |help: &'static str| {
        let read = |text: &str| text.parse::<Role>().map_err(|error| error.to_string());
        Arg::new("role").long("role").value_name("ROLE").required(true).value_parser(read).help(help)
    };
    let typed = Arg::new("password-stdin").long("password-stdin").action(ArgAction::SetTrue);
    let typed = typed.help("Read the password from standard input instead of generating one");
    let days = Arg::new("days")
        .long("days")
        .value_name("DAYS")
        .value_parser(value_parser!(u32).range(1..=i64::from(MAX_TOKEN_DAYS)));
    let command = |name: &'static str, about: &'static str| {
        let folder = path_flag("data-dir", "DIR", "WATCHGLASS_DATA_DIR");
        Command::new(name)
            .about(about)
            .arg(folder.help("Data directory of the server [default: same as serve]"))
    };
    let create = command("create", "Create an API token and print it; it is not shown again")
        .arg(name("Name of the token, such as what uses it"))
        .arg(role("admin (full access), viewer (read-only) or ingest (write metrics)"))
        .arg(days.help("Lifetime in days [default: until revoked]"));
    let revoke = command("revoke", "Revoke a token").arg(name("Name or ID of the token"));
    let add = command("add", "Add a user and print the password unless it is given")
        .arg(name("User name"))
        .arg(role("admin or viewer"))
        .arg(typed.clone());
    let password =
        command("password", "Set a new password and end all sessions").arg(name("User name")).arg(typed);
    let group = |name: &'static str, about: &'static str| {
        Command::new(name).about(about).subcommand_required(true).arg_required_else_help(true)
    };
    [
        group("token", "Manage API tokens").subcommands([create, command("list", "List tokens"), revoke]),
        group("user", "Manage users").subcommands([
            add,
            password,
            command("disable", "Disable a user and end all sessions").arg(name("User name")),
            command("enable", "Enable a disabled user").arg(name("User name")),
            command("totp-off", "Turn off two-factor authentication").arg(name("User name")),
            command("list", "List users"),
        ]),
    ]
}

/// Parses the arguments of one of these commands; `None` for other commands.
pub(crate) fn parse_command(group: &str, found: &ArgMatches) -> Option<AccountCommand> {
    let (verb, found) = found.subcommand()?;
    let name = || found.get_one::<String>("name").cloned();
    let role = || found.get_one::<Role>("role").copied();
    let typed = || found.get_flag("password-stdin");
    let action = match (group, verb) {
        ("token", "create") => {
            Action::CreateToken { name: name()?, role: role()?, days: found.get_one::<u32>("days").copied() }
        }
        ("token", "list") => Action::ListTokens,
        ("token", "revoke") => Action::RevokeToken { which: name()? },
        ("user", "add") => Action::AddUser { name: name()?, role: role()?, typed: typed() },
        ("user", "password") => Action::SetPassword { name: name()?, typed: typed() },
        ("user", "disable") => Action::SetDisabled { name: name()?, disabled: true },
        ("user", "enable") => Action::SetDisabled { name: name()?, disabled: false },
        ("user", "totp-off") => Action::RemoveFactor { name: name()? },
        ("user", "list") => Action::ListUsers,
        _ => return None,
    };
    Some(AccountCommand { folder: found.get_one::<PathBuf>("data-dir").cloned(), action })
}

/// Runs a command and prints its output.
///
/// # Errors
/// The command failed, or the audit log cannot be written.
pub(crate) fn run(order: AccountCommand) -> Result<(), Box<dyn Error>> {
    let folder = match order.folder {
        Some(folder) => folder,
        None => default_path(|name| std::env::var(name).ok())?,
    };
    open_folder(&folder, &order.action)?;
    let audit = Arc::new(AuditLog::for_command(&folder));
    // The process has no other name that cannot be forged: an environment variable could be set to anything.
    let actor = Actor::command(Arc::clone(&audit), format!("uid {}", rustix::process::getuid().as_raw()));
    // Passwords are hashed on threads of a runtime.
    let runtime = tokio::runtime::Builder::new_current_thread().build()?;
    let _entered = runtime.enter();
    let output = execute(&folder, &actor, order.action, clock::now())?;
    if !output.is_empty() {
        print_result(output.trim_end());
    }
    // Printed first: a secret that is shown once must not be lost because the audit log fails.
    Ok(audit.result().map_err(|error| AccessError::NotAudited(folder, error))?)
}

/// Creates a missing data directory if the first user or token is to be created, as before the first start of a server.
/// With any other action, or when the server already runs, its path is a mistake: the warning says so.
fn open_folder(folder: &Path, action: &Action) -> Result<(), AccessError> {
    if folder.is_dir() {
        return Ok(());
    }
    if !matches!(action, Action::CreateToken { .. } | Action::AddUser { .. }) {
        return Err(AccessError::NoDataDirectory(folder.to_owned()));
    }
    data_dir::create(folder).map_err(|source| AccessError::File { path: folder.to_owned(), source })?;
    print_warning(&format_args!(
        "{} did not exist and was created: start the server with the same --data-dir",
        folder.display()
    ));
    Ok(())
}

fn execute(folder: &Path, actor: &Actor, action: Action, now: Timestamp) -> Result<String, AccountError> {
    let access = Arc::new(Access::for_command(folder)?);
    let tokens = TokenService { access: Arc::clone(&access) };
    let users = UserService { access: Arc::clone(&access) };
    let change = |name: &str, change| users.change(actor, name, change, now);
    match action {
        Action::CreateToken { name, role, days } => {
            return Ok(tokens.create(actor, &name, role, days, now)?.text());
        }
        Action::RevokeToken { which } => tokens.revoke(actor, &which, now)?,
        Action::AddUser { name, role, typed } => {
            let (password, output) = password(typed)?;
            users.add(actor, &name, role, password, now)?;
            return Ok(output);
        }
        Action::SetPassword { name, typed } => {
            let (password, output) = password(typed)?;
            change(&name, UserChange { password: Some(password), ..UserChange::default() })?;
            return Ok(output);
        }
        Action::SetDisabled { name, disabled } => {
            change(&name, UserChange { disabled: Some(disabled), ..UserChange::default() })?;
        }
        Action::RemoveFactor { name } => {
            change(&name, UserChange { remove_second_factor: true, ..UserChange::default() })?;
        }
        Action::ListTokens => return Ok(access.with_accounts(|accounts| token_table(accounts, now))),
        Action::ListUsers => return Ok(access.with_accounts(user_table)),
    }
    Ok(String::new())
}

/// The typed password, or a generated one with the text to print.
fn password(typed: bool) -> Result<(String, String), AccessError> {
    if !typed {
        let generated = generate_password()?.text().to_owned();
        return Ok((generated.clone(), generated));
    }
    let mut text = String::new();
    std::io::stdin().take(MAX_INPUT_BYTES).read_to_string(&mut text)?;
    // The line end is not part of the password.
    let text = text.strip_suffix('\n').map_or(text.as_str(), |text| text.strip_suffix('\r').unwrap_or(text));
    let wrong = |source| AccessError::Password { origin: "the password on standard input", source };
    Password::new(text.to_owned()).map_err(wrong)?;
    Ok((text.to_owned(), String::new()))
}

fn token_table(accounts: &Accounts, now: Timestamp) -> String {
    let mut list =
        format!("{:8}  {:7}  {:7}  {:20}  {:20}  NAME\n", "ID", "ROLE", "STATE", "CREATED", "LAST USED");
    for token in accounts.tokens() {
        let used = token.used.map_or("never".to_owned(), format_seconds);
        let (id, state) = (token.digest.short(), token.state(now));
        // Writing to a string cannot fail.
        let _ = writeln!(
            list,
            "{id:8}  {:7}  {state:7}  {:20}  {used:20}  {}",
            token.role,
            format_seconds(token.created),
            token.name
        );
    }
    list
}

fn user_table(accounts: &Accounts) -> String {
    let mut list = format!("{:7}  {:8}  {:20}  NAME\n", "ROLE", "STATE", "CREATED");
    for user in accounts.users() {
        let state = if user.disabled { "disabled" } else { "active" };
        let _ =
            writeln!(list, "{:7}  {state:8}  {:20}  {}", user.role, format_seconds(user.created), user.name);
    }
    list
}

#[cfg(test)]
#[path = "account_commands_tests.rs"]
mod tests;
