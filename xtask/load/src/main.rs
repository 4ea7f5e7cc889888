//! Opens many live connections from a process of its own and reports how they fare.
//!
//! It speaks to a server on this machine only: the latency it prints is the difference of two readings of one
//! clock, and a flood of connections is nobody else's business.

mod arguments;
mod attack;
mod error;
mod frame;
mod measure;
mod open_files;
mod server_process;
mod socket;
mod summary;
mod target;

use arguments::{HELP, Request};
use error::LoadError;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run() {
        Ok(text) => {
            let _ = writeln!(std::io::stdout(), "{text}");
            ExitCode::SUCCESS
        }
        Err(error) => {
            let _ = writeln!(std::io::stderr(), "watchglass-load: {error}");
            ExitCode::FAILURE
        }
    }
}

fn run() -> Result<String, LoadError> {
    let request = Request::parse(std::env::args().skip(1))?;
    let (Request::Measure(plan) | Request::Attack(plan)) = &request else { return Ok(HELP.to_owned()) };
    open_files::allow(plan.sockets)?;
    let token = std::env::var("WATCHGLASS_TOKEN").ok().filter(|token| !token.is_empty());
    // One thread is what leaves most of a small machine to the server.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(LoadError::Runtime)?;
    if matches!(request, Request::Attack(_)) {
        return runtime.block_on(attack::attack(plan, token.as_deref()));
    }
    let summary = runtime.block_on(measure::measure(plan, token.as_deref()))?;
    Ok(summary.to_string())
}
