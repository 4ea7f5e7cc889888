//! Startup and shutdown of `watchglass serve`.

use crate::access::{Access, FirstPassword};
use crate::annotations::Annotations;
use crate::app_state::AppState;
use crate::audit::AuditLog;
use crate::cluster::ClusterSync;
use crate::config::{EffectiveConfig, Settings};
use crate::data_dir::{DataDir, default_path};
use crate::evaluation::RuleEvaluator;
use crate::history_probe::HistoryProbe;
use crate::layouts::Layouts;
use crate::notifications::{ChartSource, Links, Notifications};
use crate::rate_limit::RateLimiter;
use crate::targets::Targets;
use crate::ticker::Ticker;
use crate::{assets, edge, host_origin, logging, print_line, routes, ticker};
use app::api::HostInfo;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use std::collections::BTreeMap;
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::time::{Duration, Instant};
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::sync::watch;
use watchglass_instrument::requests::Recorder;
use watchglass_model::Catalogue;
use watchglass_probes::{
    Applications, ApplicationsProbe, Collector, HostRoots, Probe, Requests, ServerStats, SystemInfo,
    host_probes, self_monitoring_probes,
};
use watchglass_remote::redis::Target;
use watchglass_tsdb::{EmbeddedHistory, History, Options, RedisHistory, RedisOptions};

/// Series limit of one server.
const MAX_SERIES: usize = 10_000;
const DAY: Duration = Duration::from_secs(86_400);
/// Retention of 1-minute rows in days, unless raw samples are kept longer.
const MINUTE_RETENTION_DAYS: u32 = 35;
/// Retention of samples in the shared Redis: 10,080 minutes.
const SHARED_RETENTION: Duration = Duration::from_secs(7 * 86_400);
/// Open files reserved for the history, probes and outgoing messages.
const RESERVED_FILES: u64 = 500;
/// Time that open connections have to end during shutdown.
const SHUTDOWN_GRACE: Duration = Duration::from_secs(5);

/// Error of binding the listen address.
#[derive(Debug, Error)]
enum BindError {
    #[error(
        "{0} is already in use by another program or another watchglass; stop it, or choose another address with --listen"
    )]
    AddressInUse(SocketAddr),
    #[error("cannot listen on {address}: {source}")]
    Failed { address: SocketAddr, source: io::Error },
}

/// Runs the server until SIGINT or SIGTERM.
///
/// # Errors
/// Any failure during startup.
pub(crate) fn run(settings: &Settings) -> Result<(), Box<dyn Error>> {
    logging::start(settings);
    let raised = raise_open_file_limit();
    let data = match &settings.data_dir {
        Some(path) => path.clone(),
        None => default_path(|name| std::env::var(name).ok())?,
    };
    let data = DataDir::open(data)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // Pages render on the same workers. It fails only if an executor is already set, which is harmless.
    let _ = any_spawner::Executor::init_tokio();
    let tls = settings
        .edge
        .certificate()
        .map(|files| edge::Tls::open(files, Instant::now()))
        .transpose()?
        .map(Arc::new);
    let listener = runtime.block_on(bind(settings.listen))?;
    let address = listener.local_addr()?;

    let facts = SystemInfo::read();
    let name = settings.host_name.clone().unwrap_or_else(|| facts.hostname.clone());
    let local = Arc::new(EmbeddedHistory::open(&data.path().join("history"), history_options(settings))?);
    let before = local.newest();
    let history = shared_history(settings, &local, &name)?;
    let (server_stats, requests) = (Arc::<ServerStats>::default(), Arc::<Recorder>::default());
    let mut probes =
        host_probes(&HostRoots { proc: settings.host_proc.clone(), sys: settings.host_sys.clone() });
    let (services, probes_of_services) = Targets::from_settings(settings)?;
    probes.extend(probes_of_services);
    let applications = Arc::<Applications>::default();
    probes.push(Box::new(Requests::new(Arc::clone(&requests))));
    probes.push(Box::new(ApplicationsProbe::new(Arc::clone(&applications))));
    probes.extend(self_monitoring_probes(&server_stats));
    probes.extend(tls.clone().map(|tls| Box::new(edge::TlsProbe(tls)) as Box<dyn Probe>));
    probes.push(Box::new(HistoryProbe {
        history: Arc::clone(&history),
        server_stats: Arc::clone(&server_stats),
    }));
    let collector = Collector::new(probes, &[("host", &name)], MAX_SERIES)?;
    let core = AppState::new(
        host_info(name.clone(), facts),
        collector.catalogue().clone(),
        collection_intervals(collector.catalogue(), &collector),
        assets::page_assets().build,
        Arc::clone(&history),
        server_stats,
        requests,
    );
    let rule_evaluator = RuleEvaluator::open(settings.rules.clone(), data.path())?;
    let rules = rule_evaluator.rules().into_iter().map(|(rule, _)| rule);
    let notifications =
        Notifications::open(settings.notifications.clone(), &settings.channels, rules, data.path())?;
    let links = settings.public_url.as_ref().map(|url| Links::open(url, data.path())).transpose()?;
    let notifications = notifications.with_links(links).with_charts(ChartSource {
        history: local.clone(),
        catalogue: collector.catalogue().clone(),
        intervals: collection_intervals(collector.catalogue(), &collector),
    });
    let core = core.with_local_history(local).with_applications(applications).with_targets(services);
    let annotations = Annotations::open(data.path(), history_options(settings).quarter_retention, before)?;
    let core = core.with_annotations(annotations);
    let core = core.with_settings(EffectiveConfig::new(settings, data.path(), &history_options(settings)));
    let core = core.with_layouts(Layouts::open(data.path())?);
    let core = Arc::new(core.with_alerting(rule_evaluator, notifications));
    let access = Arc::new(Access::open(data.path())?);
    let audit = Arc::new(AuditLog::open(data.path())?);
    let first = access.create_first_admin(|name| std::env::var(name).ok(), ticker::now())?;
    let exchange = ClusterSync::start(settings, &core, &access, &name, data.path())?;
    let edge = edge::HttpListener {
        listener,
        connection_limiter: Arc::new(connection_limiter(settings, raised)),
        proxies: edge::TrustedProxies::new(&settings.edge.trusted_proxies, settings.proxies_only()),
        tls,
    };
    // Before the startup banner: a signal that follows it must be handled.
    let signals = runtime.block_on(async { Signals::install() })?;
    let ticker = Ticker::start(Arc::clone(&core), collector, runtime.handle().clone())?;
    print_banner(&name, &origin(address, edge.tls.is_some()), &data, &first);
    tracing::info!(%address, data_dir = %data.path().display(), open_files = raised, "server started");
    if let Some(warning) = settings.missing_host_name_warning() {
        tracing::warn!("{warning}");
    }

    let closing = Arc::clone(&core);
    let access_and_audit = (access, Arc::clone(&audit));
    runtime.block_on(serve_until_signal(edge, core, access_and_audit, settings, signals));
    ticker.stop();
    exchange.stop();
    closing.save_and_close();
    audit.close();
    history.close();
    runtime.shutdown_timeout(Duration::from_secs(1));
    tracing::info!("server stopped");
    Ok(())
}

/// History, shared with other servers if a Redis URL is set.
fn shared_history(
    settings: &Settings,
    local: &Arc<EmbeddedHistory>,
    host: &str,
) -> Result<Arc<dyn History>, Box<dyn Error>> {
    let local = Arc::clone(local);
    let Some(url) = &settings.redis_url else { return Ok(local) };
    let target = Target::parse(url)?;
    tracing::info!(redis = target.instance, prefix = settings.redis_prefix, "history sharing enabled");
    let options = RedisOptions {
        prefix: settings.redis_prefix.clone(),
        source: host.to_owned(),
        retention: SHARED_RETENTION,
    };
    Ok(Arc::new(RedisHistory::open(local, target, &options)?))
}

/// Retention and limits of the history.
fn history_options(settings: &Settings) -> Options {
    let days = |days: u32| DAY * days;
    let raw_retention = days(settings.history_days);
    let quarter_retention = days(settings.rollup_days).max(raw_retention);
    Options {
        raw_retention,
        minute_retention: days(MINUTE_RETENTION_DAYS)
            .clamp(raw_retention, quarter_retention.max(raw_retention)),
        quarter_retention,
        series_limit: MAX_SERIES,
    }
}

async fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => BindError::AddressInUse(address),
        _ => BindError::Failed { address, source },
    })
}

/// Serves requests until a signal arrives, then waits for open connections to end.
async fn serve_until_signal(
    edge: edge::HttpListener,
    core: Arc<AppState>,
    (access, audit): (Arc<Access>, Arc<AuditLog>),
    settings: &Settings,
    mut signals: Signals,
) {
    let (stop, stopping) = watch::channel(false);
    let access_task = tokio::spawn(Arc::clone(&access).watch_file(stopping.clone()));
    let guard = host_origin::HostGuard::new(&settings.host_names());
    let limiter = Arc::new(RateLimiter::new(&settings.limits));
    let auth_layer = routes::AuthLayer { access, audit, metrics_open: settings.metrics_open, limiter };
    let proxies = edge.proxies.clone();
    let router =
        routes::router(core, proxies, guard, auth_layer, settings.public_url.clone(), stopping.clone());
    let mut server = pin!(edge.serve(router, stopping));
    tokio::select! {
        () = &mut server => return,
        signal = signals.wait() => tracing::info!(signal, "shutdown started"),
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

/// Handlers of the signals that stop the server.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Installs the signal handlers.
    fn install() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// Waits for a signal, and returns its name.
    async fn wait(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

/// Raises the open-file limit, since each connection needs one file. Returns the resulting limit; a failure to raise it is
/// not fatal.
pub(crate) fn raise_open_file_limit() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let now = if setrlimit(Resource::Nofile, raised).is_ok() { limit.maximum } else { limit.current };
    now.unwrap_or(u64::MAX)
}

/// Connection limiter: the configured limit, lowered to the open-file limit.
fn connection_limiter(settings: &Settings, open_files: u64) -> edge::ConnectionLimiter {
    let set = settings.edge.max_connections;
    let files = u32::try_from(open_files.saturating_sub(RESERVED_FILES)).unwrap_or(u32::MAX).max(1);
    if files < set {
        tracing::warn!(
            configured = set,
            max_connections = files,
            "max_connections lowered to the open-file limit"
        );
    }
    let count = |most: u32| usize::try_from(most).unwrap_or(usize::MAX);
    edge::ConnectionLimiter::new(count(set.min(files)), count(settings.edge.max_connections_per_address))
}

/// Origin of the server: scheme and address.
fn origin(address: SocketAddr, is_encrypted: bool) -> String {
    format!("{}://{address}", if is_encrypted { "https" } else { "http" })
}

fn host_info(name: String, facts: SystemInfo) -> HostInfo {
    let cores = (facts.cores > 0).then_some(facts.cores);
    HostInfo { name, os: facts.os, kernel: facts.kernel, cpu: facts.cpu_model, cores }
}

/// Collection intervals in milliseconds of the metrics that are slower than the tick.
fn collection_intervals(catalogue: &Catalogue, collector: &Collector) -> BTreeMap<String, u32> {
    let pace = |name: &str| collector.interval_of(name).filter(|&pace| pace > crate::app_state::TICK);
    let slower =
        catalogue.metrics().iter().filter_map(|metric| Some((metric.name.clone(), pace(&metric.name)?)));
    slower.map(|(name, pace)| (name, u32::try_from(pace.as_millis()).unwrap_or(u32::MAX))).collect()
}

fn print_banner(name: &str, origin: &str, data: &DataDir, first: &FirstPassword) {
    if let FirstPassword::Generated(password) = first {
        print_first_password(password.text());
    }
    let version = env!("CARGO_PKG_VERSION");
    print_line(&format!(
        "Watchglass {version} monitoring {name}\n\
         \x20 open      {origin}/\n\
         \x20 sign in   {first}\n\
         \x20 data      {}",
        data.path().display()
    ));
    if assets::page_assets().wasm.is_none() {
        tracing::warn!(
            "front end missing in this build, pages do not update; build with `cargo xtask build`"
        );
    }
}

#[expect(clippy::print_stderr, reason = "no log level may hide it, and no log collector may store it")]
fn print_first_password(password: &str) {
    eprintln!("watchglass: the first administrator is admin, with the password {password}");
}
