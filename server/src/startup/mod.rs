//! Startup and shutdown of `watchglass serve`.

mod listen;
mod parts;
mod probes;
mod shutdown;
mod signals;

use crate::access::{BROWSER_KEY, FirstPassword};
use crate::app_state::AppState;
use crate::cluster::{ClusterParts, ClusterSync, SERVER_ID};
use crate::config::Settings;
use crate::console::{print_line, print_secret};
use crate::edge::{Exposure, HttpListener, SELF_SIGNED_FILES};
use crate::host_origin::HostGuard;
use crate::notifications::LINK_KEY;
use crate::open_files::raise_open_file_limit;
use crate::persist::data_dir::{DataDir, default_path};
use crate::persist::{DataDirCheck, KeptFiles};
use crate::pipeline::{Pipeline, Ticker};
use crate::record_store::RecordRetention;
use crate::routes::{self, AuthLayer};
use crate::services::RuleService;
use crate::{assets, clock, logging};
use axum::extract::FromRef;
use listen::{Listening, listen};
use parts::{Parts, open_parts};
use signals::Signals;
use std::error::Error;
use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::watch;

/// Time that open connections have to end during shutdown.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// Runs the server until SIGINT or SIGTERM.
///
/// # Errors
/// Any failure during startup.
pub(crate) fn run(settings: &Settings) -> Result<(), Box<dyn Error>> {
    logging::start(settings);
    app::set_base_path(settings.base_path());
    let open_files = raise_open_file_limit();
    let data = match &settings.data_dir {
        Some(path) => path.clone(),
        None => default_path(|name| std::env::var(name).ok())?,
    };
    let data = DataDir::open(data)?;
    if let Some(mode) = data.public_mode()? {
        let mode = format!("{mode:o}");
        tracing::warn!(data_dir = %data.path().display(), mode, "other users can read the data directory: set its mode to 700");
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // Pages render on the same workers. It fails only if an executor is already set, which is harmless.
    let _ = any_spawner::Executor::init_tokio();
    let Listening { http: listener, self_signed } =
        runtime.block_on(listen(settings, data.path(), open_files))?;
    let address = listener.listener.local_addr()?;
    let scheme = if listener.tls.is_some() { "https" } else { "http" };

    let (stop, stopping) = watch::channel(false);
    let Parts {
        state,
        collector,
        tick_times,
        progress,
        data_dir,
        heartbeat,
        process_recorder,
        records,
        history,
    } = open_parts(settings, data.path(), (address, listener.tls.as_ref()), stopping, runtime.handle())?;
    let host = &state.metrics.host().name;
    let first = state.access.create_first_admin(|name| std::env::var(name).ok(), clock::now())?;
    state.access.open_browser_key()?;
    let shared = ClusterParts {
        rules: RuleService::from_ref(&state),
        notifications: Arc::clone(&state.notifications),
        hub: Arc::clone(&state.hub),
        access: Arc::clone(&state.access),
    };
    let cluster = ClusterSync::start(settings, shared, host, data.path())?;
    // Before the startup banner: a signal that follows it must be handled.
    let signals = runtime.block_on(async { Signals::install() })?;
    let saved = state.clone();
    let kept = KeptFiles::read(data.path(), &kept_files());
    let data_dir_check = DataDirCheck::start(data.clone(), data_dir, move || save_all(&saved, &kept))?;
    let record_retention = RecordRetention::start(Arc::clone(&records), settings)?;
    let pipeline = Pipeline::new(&state, progress);
    let ticker = Ticker::start(pipeline, collector, tick_times, history.newest())?;
    if let Some(sender) = heartbeat {
        runtime.spawn(sender.run(state.stopping.clone()));
    }
    print_banner(
        host,
        &format!("{scheme}://{address}{}", app::url("/")),
        self_signed.as_deref(),
        &data,
        &first,
    );
    tracing::info!(%address, data_dir = %data.path().display(), open_files, "server started");
    if settings.exposure() == Exposure::PlainHttp {
        tracing::warn!(%address, "insecure_http: passwords and data of other machines are sent unencrypted");
    }
    for former_name in &settings.former_names {
        tracing::warn!("{former_name}");
    }
    for rule_warning in &settings.rule_warnings {
        tracing::warn!("{rule_warning}");
    }
    for label_warning in &settings.label_warnings {
        tracing::warn!("{label_warning}");
    }
    for companion in settings.missing_companions() {
        tracing::warn!("{companion}");
    }

    runtime.block_on(serve_until_signal(listener, state.clone(), settings, stop, signals));

    ticker.stop();
    cluster.stop();
    process_recorder.stop();
    drop((data_dir_check, record_retention));
    let outcome = shutdown::close(&state, &records, history.as_ref());
    runtime.shutdown_timeout(Duration::from_secs(1));
    tracing::info!("server stopped");
    Ok(outcome?)
}

/// Names of the files that are written only at a start.
fn kept_files() -> Vec<&'static str> {
    [LINK_KEY, BROWSER_KEY, SERVER_ID].into_iter().chain(SELF_SIGNED_FILES).collect()
}

/// Saves what is in memory into a new data directory, and returns whether it succeeded. The history and the accounts do so by
/// themselves.
fn save_all(state: &AppState, kept: &KeptFiles) -> bool {
    state.annotations.save_all();
    state.heartbeats.save_all();
    state.notifications.save_all();
    let results = [
        ("keys and server id", kept.write_missing()),
        ("rules", state.rules.save_all()),
        ("layouts", state.layouts.save_all()),
    ];
    let mut is_saved = true;
    for (part, result) in results {
        if let Err(error) = result {
            is_saved = false;
            tracing::warn!(part, %error, "write failed; changes would be lost at a restart");
        }
    }
    is_saved
}

/// Serves requests until a signal arrives, then waits for open connections to end.
async fn serve_until_signal(
    listener: HttpListener,
    state: AppState,
    settings: &Settings,
    stop: watch::Sender<bool>,
    mut signals: Signals,
) {
    let stopping = state.stopping.clone();
    let access_task = tokio::spawn(Arc::clone(&state.access).watch_file(stopping.clone()));
    let host_guard = HostGuard::new(&settings.host_names());
    let auth = AuthLayer::new(&state, settings.metrics_anonymous);
    let router = routes::router(state, listener.proxies.clone(), host_guard, auth);
    let tls = listener.tls.clone();
    let mut server = pin!(listener.serve(router, stopping));
    tokio::select! {
        () = &mut server => return,
        signal = signals.wait(tls) => tracing::info!(signal, "shutdown started"),
    }
    let _ = stop.send(true);
    if tokio::time::timeout(SHUTDOWN_GRACE, server).await.is_err() {
        tracing::warn!(
            timeout_seconds = SHUTDOWN_GRACE.as_secs(),
            "connections closed after the shutdown grace period"
        );
    }
    if tokio::time::timeout(SHUTDOWN_GRACE, access_task).await.is_err() {
        tracing::warn!("timed out saving session last-used times");
    }
}

/// Prints where to open the pages. `self_signed` is the fingerprint of a self-signed certificate, which the user compares with
/// that in the warning of the browser.
fn print_banner(
    name: &str,
    overview: &str,
    self_signed: Option<&str>,
    data: &DataDir,
    first: &FirstPassword,
) {
    if let FirstPassword::Generated(password) = first {
        print_secret(&format!("the first administrator is admin, with the password {}", password.text()));
    }
    let version = env!("CARGO_PKG_VERSION");
    let certificate = self_signed.map_or_else(String::new, |fingerprint| {
        format!("\n\x20 TLS       self-signed certificate, SHA-256 {fingerprint}")
    });
    print_line(&format!(
        "Watchglass {version} monitoring {name}\n\
         \x20 open      {overview}\n\
         \x20 sign in   {first}\n\
         \x20 data      {}{certificate}",
        data.path().display()
    ));
    if assets::PAGE_ASSETS.wasm.is_none() {
        tracing::warn!(
            "front end missing in this build, pages do not update; build with `cargo xtask build`"
        );
    }
}
