//! `watchglass backup` and `watchglass restore`: the data folder in one file, and back.
//!
//! No server is asked: its files are written so that a crash at any moment loses nothing, and a backup takes them as a crash
//! would leave them.

mod error;
mod restore;
mod snapshot;
mod write;

#[cfg(test)]
mod tests;

use crate::data_dir::default_path;
use crate::{say, ticker};
use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};
use error::BackupError;
use std::error::Error;
use std::path::PathBuf;
use std::time::{Duration, SystemTime};
use watchglass_backup::Manifest;

/// What is to be done.
#[derive(Debug)]
pub(crate) enum Order {
    /// Write an archive of the folder.
    Write { file: PathBuf, folder: Option<PathBuf> },
    /// Look whether an archive is whole.
    Verify { file: PathBuf },
    /// Make the folder what it was.
    Restore { file: PathBuf, folder: Option<PathBuf>, replace: bool },
}

/// The commands as the command line has them.
pub(crate) fn commands() -> [Command; 2] {
    let command = |name: &'static str, about: &'static str, help: &'static str| {
        let folder = Arg::new("data-dir").long("data-dir").value_name("DIR").env("WATCHGLASS_DATA_DIR");
        let file = Arg::new("FILE").required(true).value_parser(value_parser!(PathBuf));
        Command::new(name).about(about).arg(file.help(help)).arg(
            folder
                .value_parser(value_parser!(PathBuf))
                .help("The data folder of the server [default: as for serve]"),
        )
    };
    let flag = |name: &'static str, help: &'static str| {
        Arg::new(name).long(name).action(ArgAction::SetTrue).help(help)
    };
    [
        command(
            "backup",
            "Write everything that a server keeps to one file, whether it runs or not",
            "The archive to write, in place of one that is there",
        )
        .arg(flag("verify", "Write nothing: look whether the archive is whole")),
        command(
            "restore",
            "Make a data folder of a backup, having verified all of it",
            "The archive, as `watchglass backup` wrote it",
        )
        .arg(flag("replace", "If the folder is not empty, rename it and put the backup in its place")),
    ]
}

/// What the arguments of one of the commands ask for; `None` of another command's.
pub(crate) fn order(name: &str, found: &ArgMatches) -> Option<Order> {
    if !["backup", "restore"].contains(&name) {
        return None;
    }
    let file = found.get_one::<PathBuf>("FILE")?.clone();
    let folder = found.get_one::<PathBuf>("data-dir").cloned();
    Some(match name {
        "restore" => Order::Restore { file, folder, replace: found.get_flag("replace") },
        _ if found.get_flag("verify") => Order::Verify { file },
        _ => Order::Write { file, folder },
    })
}

/// Does it, and says what was done.
///
/// # Errors
/// Whatever keeps it from being done. Then nothing has been changed.
pub(crate) fn run(order: Order) -> Result<(), Box<dyn Error>> {
    let place = |folder: Option<PathBuf>| match folder {
        Some(folder) => Ok(folder),
        None => default_path(|name| std::env::var(name).ok()),
    };
    match order {
        Order::Write { file, folder } => {
            let written = write::write(&place(folder)?, &file, ticker::now())?;
            let mut text = format!("{}: {}", file.display(), described(&written.manifest));
            for name in written.left_out {
                text.push_str(&format!("\nleft out, as no server writes it: {name}"));
            }
            say(&text);
        }
        Order::Verify { file } => {
            let manifest = restore::verify(&file)?;
            say(&format!("{}: no mistakes; {}", file.display(), described(&manifest)));
        }
        Order::Restore { file, folder, replace } => {
            let folder = place(folder)?;
            let restored = restore::restore(&file, &folder, replace, ticker::now())?;
            let mut text = format!("{}: {}", folder.display(), described(&restored.manifest));
            if let Some(aside) = restored.aside {
                text.push_str(&format!("\nwhat was there before is now in {}", aside.display()));
            }
            say(&text);
        }
    }
    Ok(())
}

fn described(manifest: &Manifest) -> String {
    let made = SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(manifest.made));
    let made = made.map_or_else(String::new, |made| humantime::format_rfc3339_seconds(made).to_string());
    format!("{} files, {} bytes, of {made} by {}", manifest.files.len(), manifest.bytes(), manifest.program)
}
