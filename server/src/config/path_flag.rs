//! Flags with a path, which an environment variable can set as well.

use super::values::path;
use clap::Arg;
use clap::builder::{OsStringValueParser, TypedValueParser as _};
use std::path::PathBuf;

/// The flag `--name`, or the environment variable `variable`. As for all settings, an empty variable counts as unset.
pub(crate) fn path_flag(name: &'static str, placeholder: &'static str, variable: &'static str) -> Arg {
    // A path that is not Unicode is not one that is typed.
    let parser = OsStringValueParser::new()
        .try_map(|value| value.to_str().map_or_else(|| Ok(PathBuf::from(&value)), path));
    let flag = Arg::new(name).long(name).value_name(placeholder).value_parser(parser);
    let is_empty = std::env::var_os(variable).is_some_and(|value| value.is_empty());
    if is_empty { flag } else { flag.env(variable) }
}
