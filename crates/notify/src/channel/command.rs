//! Command: runs a program with the message as JSON on standard input and its main fields as environment variables.
//!
//! There is no shell. The program has its own process group, which is killed at the deadline. It gets no variable of
//! this server but `PATH`, `HOME`, `LANG`, `TZ` and those of `pass_env`: the others may be secrets. Exit status 0 means
//! delivered; 64 and 78 (`EX_USAGE` and `EX_CONFIG` of
//! [sysexits](https://man.openbsd.org/sysexits.3)) mean that a retry is useless; all others are retried.

mod process;

use super::Context;
use crate::secrets::Secrets;
use crate::{Channel, Message, SendError, SendFuture, SettingsError, body};
use process::{Ended, Process};
use serde::{Deserialize, Serialize};
use std::fmt;
use std::path::Path;
use std::process::Command as System;
use std::time::Duration;
use watchglass_model::Timestamp;
use watchglass_model::time_text::format_millis;

/// Maximum words of a command.
const MAX_WORDS: usize = 50;
/// Maximum bytes of a word.
const MAX_WORD: usize = 4096;
/// Maximum passed variables.
const MAX_VARIABLES: usize = 20;
/// Deadline in seconds: default and maximum. A send may take a minute in all.
const DEFAULT_TIMEOUT: u32 = 30;
const MAX_TIMEOUT: u32 = 50;
/// Variables of this server that each program gets.
const PASSED: [&str; 4] = ["PATH", "HOME", "LANG", "TZ"];
/// Exit statuses with which a retry is useless.
const PERMANENT: [i32; 2] = [64, 78];

/// Settings of a command channel.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CommandSettings {
    /// Absolute path of the program, then its arguments.
    pub command: Vec<String>,
    /// Environment variables of this server that the program gets as well, such as those with its secrets.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub pass_env: Vec<String>,
    /// Deadline in seconds, 1 to 50; the default is 30.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_seconds: Option<u32>,
}

impl CommandSettings {
    pub(crate) fn check(&self) -> Result<(), SettingsError> {
        let invalid = |field, problem: String, hint: &str| Err(SettingsError::new(field, problem, hint));
        let Some(program) = self.command.first() else {
            return invalid(
                "command",
                "is empty".to_owned(),
                "give a program and its arguments: [\"/usr/local/bin/notify\", \"ops\"]",
            );
        };
        if !Path::new(program).is_absolute() {
            let hint = "give its absolute path; there is no shell and no search in PATH";
            return invalid("command", format!("starts with {program:?}"), hint);
        }
        let is_word = |word: &String| word.len() <= MAX_WORD && !word.contains('\0');
        if self.command.len() > MAX_WORDS || !self.command.iter().all(is_word) {
            let hint = "use at most 50 words of at most 4,096 bytes, without zero bytes";
            return invalid("command", "is too long or has zero bytes".to_owned(), hint);
        }
        let is_name = |name: &String| {
            (1..=255).contains(&name.len())
                && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'_')
        };
        if self.pass_env.len() > MAX_VARIABLES || !self.pass_env.iter().all(is_name) {
            let hint = "give at most 20 names of environment variables, of letters, digits and _";
            return invalid("pass_env", "has an invalid name or too many".to_owned(), hint);
        }
        match self.timeout_seconds {
            Some(seconds) if !(1..=MAX_TIMEOUT).contains(&seconds) => {
                invalid("timeout_seconds", format!("is {seconds}"), "give 1 to 50 seconds")
            }
            _ => Ok(()),
        }
    }
}

/// Command channel.
pub(crate) struct Command {
    words: Vec<String>,
    /// Names and values of passed variables.
    variables: Vec<(String, String)>,
    name: String,
    deadline: Duration,
    secrets: Secrets,
}

impl fmt::Debug for Command {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // Arguments and variables may be secrets.
        f.debug_tuple("Command").field(&self.words.first()).finish()
    }
}

impl Command {
    pub(crate) fn open(settings: &CommandSettings, context: Context<'_>) -> Result<Self, SettingsError> {
        let mut variables = Vec::new();
        for name in PASSED {
            variables.extend((context.environment)(name).map(|value| (name.to_owned(), value)));
        }
        let mut secrets = Vec::new();
        for name in &settings.pass_env {
            let value = (context.environment)(name);
            let value = value.ok_or_else(|| {
                let problem = format!("{name} is not set");
                SettingsError::new("pass_env", problem, "set this environment variable")
            })?;
            secrets.push(value.clone());
            variables.push((name.clone(), value));
        }
        let seconds = settings.timeout_seconds.unwrap_or(DEFAULT_TIMEOUT);
        Ok(Self {
            words: settings.command.clone(),
            variables,
            name: context.name.to_owned(),
            deadline: Duration::from_secs(seconds.into()),
            secrets: Secrets::of(secrets.iter().map(String::as_str)),
        })
    }

    /// Overrides the deadline.
    #[cfg(test)]
    pub(crate) fn with_deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    fn system_command(&self, message: &Message) -> System {
        let mut words = self.words.iter();
        let mut command = System::new(words.next().map_or("", String::as_str));
        let text = |name: &str, value: &str| (name.to_owned(), value.replace('\0', ""));
        let link = message.links.first().map_or("", |link| link.url.as_str());
        command.args(words).env_clear().envs(self.variables.iter().cloned()).envs([
            text("WATCHGLASS_CHANNEL", &self.name),
            text("WATCHGLASS_MESSAGE_ID", &message.id),
            text("WATCHGLASS_STATUS", message.status().as_str()),
            text("WATCHGLASS_SEVERITY", message.severity.as_str()),
            text("WATCHGLASS_TITLE", &message.title),
            text("WATCHGLASS_TIME", &format_millis(message.time)),
            text("WATCHGLASS_LINK", link),
        ]);
        command
    }

    async fn deliver(&self, message: &Message) -> Result<(), SendError> {
        let program = self.program();
        let input = body::json(message)?;
        let process = Process::start(self.system_command(message), input).map_err(|error| {
            let reason = format!("cannot start {program}: {error}");
            match error.kind() {
                std::io::ErrorKind::NotFound | std::io::ErrorKind::PermissionDenied => {
                    SendError::permanent(reason)
                }
                _ => SendError::temporary(reason),
            }
        })?;
        match process.wait(self.deadline).await {
            Ended::Exited { status, .. } if status.success() => Ok(()),
            Ended::Exited { status, output } => {
                let output = self.secrets.redact(&String::from_utf8_lossy(&output));
                let output = if output.is_empty() { output } else { format!(": {output}") };
                let reason = format!("{program} ended with {status}{output}");
                match status.code() {
                    Some(code) if PERMANENT.contains(&code) => Err(SendError::permanent(reason)),
                    _ => Err(SendError::temporary(reason)),
                }
            }
            Ended::Killed => {
                let seconds = self.deadline.as_secs_f64();
                Err(SendError::temporary(format!("{program} was killed after {seconds} s")))
            }
            Ended::Lost(error) => Err(SendError::temporary(format!("cannot wait for {program}: {error}"))),
        }
    }

    fn program(&self) -> &str {
        self.words.first().map_or("", String::as_str)
    }
}

impl Channel for Command {
    fn to(&self) -> String {
        self.program().to_owned()
    }

    fn send<'a>(&'a self, message: &'a Message, _now: Timestamp) -> SendFuture<'a> {
        Box::pin(self.deliver(message))
    }
}

#[cfg(test)]
mod tests;
