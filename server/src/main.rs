//! Binary of the server.

use std::process::ExitCode;

fn main() -> ExitCode {
    watchglass::run()
}
