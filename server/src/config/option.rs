//! A setting: its names as key, flag and environment variable, its type and its effect.

use super::Settings;
use super::renamed::former_name;

/// Type of a value.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ValueKind {
    /// A string.
    String,
    /// A whole number.
    Number,
    /// A whole number, or `off`.
    Limit,
    /// A duration such as `5m`, or a number of seconds.
    Duration,
    /// True or false.
    Bool,
    /// A list in the file; elsewhere items are separated by commas.
    CommaList,
    /// A list or a single string in the file; elsewhere items are separated by spaces, which URLs cannot contain.
    SpaceList,
}

impl ValueKind {
    /// The accepted form, for error messages.
    pub(crate) fn accepted_form(self) -> &'static str {
        match self {
            Self::String => "a string",
            Self::Number => "a whole number",
            Self::Limit => "a whole number or \"off\"",
            Self::Duration => "a duration such as \"5m\", or a whole number of seconds",
            Self::Bool => "true or false",
            Self::CommaList => "a list of strings",
            Self::SpaceList => "a string or a list of strings",
        }
    }
}

/// A setting.
pub(crate) struct ConfigOption {
    /// Key in the file; a dot separates table and key.
    pub(crate) name: &'static str,
    /// Placeholder of the value in help texts.
    pub(crate) placeholder: &'static str,
    /// The default value, or a description of it where it depends on the machine.
    pub(crate) default: &'static str,
    /// Description in help texts.
    pub(crate) help: &'static str,
    /// Type of the value.
    pub(crate) kind: ValueKind,
    /// Sets a value, or returns the accepted form.
    pub(crate) set: fn(&mut Settings, &str) -> Result<(), String>,
}

impl ConfigOption {
    /// Name of the flag without dashes: `log-format`.
    pub(crate) fn flag(&self) -> String {
        flag_of(self.name)
    }

    /// Name of the environment variable: `WATCHGLASS_LOG_FORMAT`.
    pub(crate) fn variable(&self) -> String {
        variable_of(self.name)
    }

    /// Former name of the flag, if it was renamed.
    pub(crate) fn former_flag(&self) -> Option<String> {
        former_name(self.name).map(flag_of)
    }

    /// Former name of the environment variable, if it was renamed.
    pub(crate) fn former_variable(&self) -> Option<String> {
        former_name(self.name).map(variable_of)
    }
}

fn flag_of(name: &str) -> String {
    name.replace(['.', '_'], "-")
}

fn variable_of(name: &str) -> String {
    format!("WATCHGLASS_{}", name.replace('.', "_").to_uppercase())
}
