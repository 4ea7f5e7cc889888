//! Output of commands and of the start. `println!` would panic if the output is a closed pipe or a file on a full disk.

use std::error::Error;
use std::fmt::Display;
use std::io::{self, ErrorKind, Write};

/// Prints the result of a command to standard output. If that fails, the command fails: the result is lost. A closed pipe, as
/// that of `head`, is no error.
pub(crate) fn print_result(text: &str) {
    let mut output = io::stdout();
    match writeln!(output, "{text}").and_then(|()| output.flush()) {
        Err(error) if error.kind() != ErrorKind::BrokenPipe => {
            write_error(&format_args!("cannot write to standard output: {error}"));
            std::process::exit(1);
        }
        _ => {}
    }
}

/// Prints a line of the server to standard output. The server goes on if nobody can read it.
pub(crate) fn print_line(text: &str) {
    let mut output = io::stdout();
    let _ = writeln!(output, "{text}").and_then(|()| output.flush());
}

/// Prints a fatal error to standard error.
pub(crate) fn print_error(error: &dyn Error) {
    write_error(&error);
}

/// Prints a line that contains a secret to standard error: no log level may hide it, and no log collector may store it.
pub(crate) fn print_secret(text: &str) {
    write_error(&text);
}

/// Prints a warning to standard error: standard output has the result alone.
pub(crate) fn print_warning(warning: &impl Display) {
    write_error(&format_args!("warning: {warning}"));
}

/// There is no other place to report a failure to.
fn write_error(text: &dyn Display) {
    let _ = writeln!(io::stderr(), "watchglass: {text}");
}
