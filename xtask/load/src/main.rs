//! Load generator: opens many live connections to a server and reports latency and lost frames.
//!
//! It connects to loopback addresses only: latencies are differences of two readings of one clock.

mod arguments;
mod attack;
mod attack_kind;
mod error;
mod frame;
mod measure;
mod open_files;
mod server_process;
mod socket;
mod summary;
mod target;

use arguments::{Arguments, Mode};
use clap::Parser;
use error::LoadError;
use std::io::Write;
use std::process::ExitCode;

fn main() -> ExitCode {
    match run(Arguments::parse()) {
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

fn run(arguments: Arguments) -> Result<String, LoadError> {
    let mut plan = arguments.validate()?;
    match plan.default_sockets() {
        Some(default) => plan.set_sockets(open_files::allow_up_to(default)?),
        None => open_files::allow(plan.sockets())?,
    }
    let token = |name| std::env::var(name).ok().filter(|token| !token.is_empty());
    let viewer = token("WATCHGLASS_TOKEN");
    // One thread leaves most of a small machine to the server.
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(LoadError::Runtime)?;
    match plan.mode {
        Mode::Attacks => {
            let ingest = token("WATCHGLASS_INGEST_TOKEN").unwrap_or_default();
            let tokens = attack_kind::Tokens { viewer: viewer.unwrap_or_default(), ingest };
            runtime.block_on(attack::attack(&plan, &tokens))
        }
        Mode::Connections => Ok(runtime.block_on(measure::measure(&plan, viewer.as_deref()))?.to_string()),
    }
}
