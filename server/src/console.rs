//! Output of commands.

/// Prints a line to standard output.
#[expect(clippy::print_stdout, reason = "the output of a command goes to standard output")]
pub(crate) fn print_line(text: &str) {
    println!("{text}");
}

/// Prints a fatal error to standard error.
#[expect(clippy::print_stderr, reason = "fatal errors are printed even before logging is set up")]
pub(crate) fn print_error(error: &dyn std::error::Error) {
    eprintln!("watchglass: {error}");
}

/// Prints a line that contains a secret to standard error.
#[expect(clippy::print_stderr, reason = "no log level may hide it, and no log collector may store it")]
pub(crate) fn print_secret(text: &str) {
    eprintln!("watchglass: {text}");
}

/// Prints a warning to standard error.
#[expect(clippy::print_stderr, reason = "standard output has the result alone")]
pub(crate) fn print_warning(warning: &impl std::fmt::Display) {
    eprintln!("watchglass: warning: {warning}");
}
