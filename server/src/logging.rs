//! Logging to standard error, as text or JSON.

use crate::config::{LogFormat, Settings};
use tracing_subscriber::filter::{LevelFilter, Targets};
use tracing_subscriber::fmt;
use tracing_subscriber::layer::{Layer as _, SubscriberExt as _};
use tracing_subscriber::util::SubscriberInitExt as _;

/// Sets up logging, including panics. A second call has no effect.
pub(crate) fn start(settings: &Settings) {
    // Dependencies log warnings only, unless the level is debug or lower.
    let ours = settings.log_level.parse().unwrap_or(LevelFilter::INFO);
    let others = if ours >= LevelFilter::DEBUG { LevelFilter::INFO } else { LevelFilter::WARN };
    // Targets match by prefix: `watchglass` covers all crates of the project.
    let filter = Targets::new().with_default(others).with_target("watchglass", ours).with_target("app", ours);
    let lines = fmt::layer().with_writer(std::io::stderr);
    let lines = match settings.log_format {
        LogFormat::Json => lines.json().flatten_event(true).boxed(),
        LogFormat::Text => {
            let colour = std::io::IsTerminal::is_terminal(&std::io::stderr());
            lines.with_ansi(colour).with_target(false).boxed()
        }
    };
    let started = tracing_subscriber::registry().with(lines.with_filter(filter)).try_init();
    if let Err(error) = started {
        tracing::warn!(%error, "logging already set up");
    }
    std::panic::set_hook(Box::new(|panic| {
        let place = panic.location().map(ToString::to_string);
        tracing::error!(place, reason = panic.payload_as_str(), "panic");
    }));
}
