//! Flags with a path, which an environment variable can set as well.

use clap::{Arg, value_parser};
use std::path::PathBuf;

/// The flag `--name`, or the environment variable `variable`. As for all settings, an empty variable counts as unset.
pub(crate) fn path_flag(name: &'static str, placeholder: &'static str, variable: &'static str) -> Arg {
    let flag = Arg::new(name).long(name).value_name(placeholder).value_parser(value_parser!(PathBuf));
    let is_empty = std::env::var_os(variable).is_some_and(|value| value.is_empty());
    if is_empty { flag } else { flag.env(variable) }
}
