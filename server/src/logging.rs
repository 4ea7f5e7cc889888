//! Log lines go to standard error, for people or as JSON.

use crate::settings::{LogFormat, Settings};
use tracing_subscriber::EnvFilter;
use tracing_subscriber::fmt;

/// Starts logging, of panics too. A second call changes nothing.
pub(crate) fn start(settings: &Settings) {
    // The libraries below speak only when something is wrong, unless everything is asked for.
    let others = if matches!(settings.log_level.as_str(), "debug" | "trace") { "info" } else { "warn" };
    let filter = EnvFilter::new(format!("{others},watchglass={0},app={0}", settings.log_level));
    let builder = fmt().with_env_filter(filter).with_writer(std::io::stderr);
    let started = match settings.log_format {
        LogFormat::Json => builder.json().flatten_event(true).try_init(),
        LogFormat::Text => {
            let colour = std::io::IsTerminal::is_terminal(&std::io::stderr());
            builder.with_ansi(colour).with_target(false).try_init()
        }
    };
    if let Err(error) = started {
        tracing::warn!(%error, "logging was started already");
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, reason = panic.payload_as_str(), "a panic: this is a fault of the program");
    }));
}
