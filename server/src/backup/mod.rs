//! `watchglass backup` and `watchglass restore`: copy the data directory to one file and back.
//!
//! The server is not involved: its files are crash-consistent at any time, and a backup copies them as a crash would leave
//! them.

mod error;
mod restore;
mod snapshot;
mod write;

#[cfg(test)]
mod tests;

use crate::clock;
use crate::config::path_flag;
use crate::console::print_result;
use crate::persist::data_dir::default_path;
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use error::BackupError;
use std::error::Error;
use std::path::PathBuf;
use watchglass_backup::Manifest;
use watchglass_model::Timestamp;
use watchglass_model::time_text::format_seconds;

/// Parsed command.
#[derive(Debug)]
pub(crate) enum BackupCommand {
    /// Write an archive of the folder.
    Write { file: PathBuf, folder: Option<PathBuf> },
    /// Verify an archive.
    Verify { file: PathBuf },
    /// Restore the folder.
    Restore { file: PathBuf, folder: Option<PathBuf>, replace: bool },
}

/// Definitions of the commands.
pub(crate) fn commands() -> [Command; 2] {
    let command = |name: &'static str, about: &'static str, help: &'static str| {
        let folder = path_flag("data-dir", "DIR", "WATCHGLASS_DATA_DIR");
        let file = Arg::new("FILE").required(true).value_parser(value_parser!(PathBuf));
        Command::new(name)
            .about(about)
            .arg(file.help(help))
            .arg(folder.help("Data directory of the server [default: same as serve]"))
    };
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    [
        command(
            "backup",
            "Back up the data directory to one file; the server may be running",
            "Archive to write; an existing file is replaced",
        )
        .arg(flag("verify", "Only verify an existing archive; write nothing")),
        command(
            "restore",
            "Restore a data directory from a fully verified backup",
            "Archive written by `watchglass backup`",
        )
        .arg(flag("replace", "If the folder is not empty, rename it and put the backup in its place")),
    ]
}

/// Parses the arguments of a command; `None` for other commands.
pub(crate) fn parse_command(name: &str, found: &ArgMatches) -> Option<BackupCommand> {
    if !["backup", "restore"].contains(&name) {
        return None;
    }
    let file = found.get_one::<PathBuf>("FILE")?.clone();
    let folder = found.get_one::<PathBuf>("data-dir").cloned();
    Some(match name {
        "restore" => BackupCommand::Restore { file, folder, replace: found.get_flag("replace") },
        _ if found.get_flag("verify") => BackupCommand::Verify { file },
        _ => BackupCommand::Write { file, folder },
    })
}

/// Runs a command and prints the result.
///
/// # Errors
/// The command failed, and nothing was changed.
pub(crate) fn run(order: BackupCommand) -> Result<(), Box<dyn Error>> {
    let resolve = |folder: Option<PathBuf>| match folder {
        Some(folder) => Ok(folder),
        None => default_path(|name| std::env::var(name).ok()),
    };
    match order {
        BackupCommand::Write { file, folder } => {
            let written = write::write(&resolve(folder)?, &file, clock::now())?;
            let mut text = format!("{}: {}", file.display(), summary(&written.manifest));
            for name in written.skipped {
                text.push_str(&format!("\nskipped (not written by Watchglass): {name}"));
            }
            print_result(&text);
        }
        BackupCommand::Verify { file } => {
            let manifest = restore::verify(&file)?;
            print_result(&format!("{}: OK; {}", file.display(), summary(&manifest)));
        }
        BackupCommand::Restore { file, folder, replace } => {
            let folder = resolve(folder)?;
            let restored = restore::restore(&file, &folder, replace, clock::now())?;
            let mut text = format!("{}: {}", folder.display(), summary(&restored.manifest));
            if let Some(aside) = restored.previous {
                text.push_str(&format!("\nthe previous folder was renamed to {}", aside.display()));
            }
            print_result(&text);
        }
    }
    Ok(())
}

fn summary(manifest: &Manifest) -> String {
    let made = format_seconds(Timestamp::from_millis(i64::try_from(manifest.created).unwrap_or(i64::MAX)));
    format!(
        "{} files, {} bytes, created {made} by {}",
        manifest.files.len(),
        manifest.total_bytes(),
        manifest.program
    )
}
