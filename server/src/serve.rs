//! `watchglass serve`: from settings to a running server, and its end.

use crate::access::{Access, FirstPassword};
use crate::annotations::Annotations;
use crate::arranging::Layouts;
use crate::audit::Audit;
use crate::core::Core;
use crate::data_dir::{DataDir, default_path};
use crate::judging::Judging;
use crate::limits::Limiter;
use crate::services::Services;
use crate::settings::{Settings, Shown};
use crate::sharing::Exchange;
use crate::store_probe::StoreProbe;
use crate::telling::{Archive, Links, Telling};
use crate::ticker::Ticker;
use crate::{assets, edge, guard, logging, routes, say, ticker};
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
use watchglass_history::{EmbeddedHistory, History, Options, RedisHistory, RedisOptions};
use watchglass_instrument::requests::Recorder;
use watchglass_model::Catalogue;
use watchglass_probes::{
    Applications, Collector, HostFacts, HostRoots, Probe, Reported, Requests, Vitals, host_probes, own_probes,
};
use watchglass_remote::redis::Target;

/// The most series that one server keeps.
const MOST_SERIES: usize = 10_000;
const DAY: Duration = Duration::from_secs(86_400);
/// Days for which every minute is kept, unless every second is kept longer.
const MINUTES_KEPT: u32 = 35;
/// How long a shared Redis keeps samples: 10,080 minutes.
const SHARED_FOR: Duration = Duration::from_secs(7 * 86_400);
/// Files that are not for connections: of the history, of probes, and what is sent.
const OWN_FILES: u64 = 500;
/// How long open connections may take to end once the server stops.
const GRACE: Duration = Duration::from_secs(5);

/// Why the server cannot answer where it was told to.
#[derive(Debug, Error)]
enum ListenError {
    #[error(
        "{0} is taken: another program, or another watchglass, answers there; stop it, or choose another address with --listen"
    )]
    Taken(SocketAddr),
    #[error("the server cannot listen on {address}: {source}")]
    Failed { address: SocketAddr, source: io::Error },
}

/// Runs until SIGINT or SIGTERM.
///
/// # Errors
/// Whatever keeps the server from starting.
pub(crate) fn run(settings: &Settings) -> Result<(), Box<dyn Error>> {
    logging::start(settings);
    let raised = raise_open_files();
    let data = match &settings.data_dir {
        Some(path) => path.clone(),
        None => default_path(|name| std::env::var(name).ok())?,
    };
    let data = DataDir::open(data)?;
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build()?;
    // Pages render on the same workers. An error means that this was said before, which does no harm.
    let _ = any_spawner::Executor::init_tokio();
    let tls = settings
        .edge
        .certificate()
        .map(|files| edge::Tls::open(files, Instant::now()))
        .transpose()?
        .map(Arc::new);
    let listener = runtime.block_on(listen(settings.listen))?;
    let address = listener.local_addr()?;

    let facts = HostFacts::read();
    let name = settings.host_name.clone().unwrap_or_else(|| facts.hostname.clone());
    let local = Arc::new(EmbeddedHistory::open(&data.path().join("history"), keep(settings))?);
    let before = local.newest();
    let history = share(settings, &local, &name)?;
    let (vitals, requests) = (Arc::<Vitals>::default(), Arc::<Recorder>::default());
    let mut probes =
        host_probes(&HostRoots { proc: settings.host_proc.clone(), sys: settings.host_sys.clone() });
    let (services, probes_of_services) = Services::watch(settings)?;
    probes.extend(probes_of_services);
    let applications = Arc::<Applications>::default();
    probes.push(Box::new(Requests::new(Arc::clone(&requests))));
    probes.push(Box::new(Reported::new(Arc::clone(&applications))));
    probes.extend(own_probes(&vitals));
    probes.extend(tls.clone().map(|tls| Box::new(edge::TlsProbe(tls)) as Box<dyn Probe>));
    probes.push(Box::new(StoreProbe { history: Arc::clone(&history), vitals: Arc::clone(&vitals) }));
    let collector = Collector::new(probes, &[("host", &name)], MOST_SERIES)?;
    let core = Core::new(
        host_info(name.clone(), facts),
        collector.catalogue().clone(),
        paces(collector.catalogue(), &collector),
        assets::page_assets().build,
        Arc::clone(&history),
        vitals,
        requests,
    );
    let judging = Judging::open(settings.rules.clone(), data.path())?;
    let rules = judging.rules().into_iter().map(|(rule, _)| rule);
    let telling = Telling::open(settings.telling.clone(), &settings.channels, rules, data.path())?;
    let links = settings.public_url.as_ref().map(|url| Links::open(url, data.path())).transpose()?;
    let telling = telling.with_links(links).with_archive(Archive {
        history: local.clone(),
        catalogue: collector.catalogue().clone(),
        paces: paces(collector.catalogue(), &collector),
    });
    let core = core.with_local(local).with_applications(applications).with_services(services);
    let annotations = Annotations::open(data.path(), keep(settings).quarter_retention, before)?;
    let core = core.with_annotations(annotations);
    let core = core.with_settings(Shown::new(settings, data.path(), &keep(settings)));
    let core = core.with_layouts(Layouts::open(data.path())?);
    let core = Arc::new(core.with_judging(judging, telling));
    let access = Arc::new(Access::open(data.path())?);
    let audit = Arc::new(Audit::open(data.path())?);
    let first = access.make_first(|name| std::env::var(name).ok(), ticker::now())?;
    let exchange = Exchange::start(settings, &core, &access, &name, data.path())?;
    let edge = edge::Edge {
        listener,
        room: Arc::new(room(settings, raised)),
        proxies: edge::Proxies::new(&settings.edge.trusted_proxies, settings.proxies_only()),
        tls,
    };
    // Before anybody is told that the server runs: a signal must never find it unprepared.
    let signals = runtime.block_on(async { Signals::listen() })?;
    let ticker = Ticker::start(Arc::clone(&core), collector, runtime.handle().clone())?;
    announce(&name, &origin(address, edge.tls.is_some()), &data, &first);
    tracing::info!(%address, data_dir = %data.path().display(), open_files = raised, "started");
    if let Some(warning) = settings.lacks_name() {
        tracing::warn!("{warning}");
    }

    let closing = Arc::clone(&core);
    let who_calls = (access, Arc::clone(&audit));
    runtime.block_on(answer(edge, core, who_calls, settings, signals));
    ticker.stop();
    exchange.stop();
    closing.close_judging();
    audit.close();
    history.close();
    runtime.shutdown_timeout(Duration::from_secs(1));
    tracing::info!("stopped");
    Ok(())
}

/// The history, shared with other servers where a Redis is given for that.
fn share(
    settings: &Settings,
    local: &Arc<EmbeddedHistory>,
    host: &str,
) -> Result<Arc<dyn History>, Box<dyn Error>> {
    let local = Arc::clone(local);
    let Some(url) = &settings.redis_url else { return Ok(local) };
    let target = Target::parse(url)?;
    tracing::info!(redis = target.instance, prefix = settings.redis_prefix, "the history is shared");
    let options = RedisOptions {
        prefix: settings.redis_prefix.clone(),
        source: host.to_owned(),
        retention: SHARED_FOR,
    };
    Ok(Arc::new(RedisHistory::open(local, target, &options)?))
}

/// How much the history keeps.
fn keep(settings: &Settings) -> Options {
    let days = |days: u32| DAY * days;
    let raw_retention = days(settings.history_days);
    let quarter_retention = days(settings.rollup_days).max(raw_retention);
    Options {
        raw_retention,
        minute_retention: days(MINUTES_KEPT).clamp(raw_retention, quarter_retention.max(raw_retention)),
        quarter_retention,
        series_limit: MOST_SERIES,
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, ListenError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => ListenError::Taken(address),
        _ => ListenError::Failed { address, source },
    })
}

/// Answers until a signal comes, then gives open connections a while to end.
async fn answer(
    edge: edge::Edge,
    core: Arc<Core>,
    (access, audit): (Arc<Access>, Arc<Audit>),
    settings: &Settings,
    mut signals: Signals,
) {
    let (stop, stopping) = watch::channel(false);
    let following = tokio::spawn(Arc::clone(&access).follow(stopping.clone()));
    let guard = guard::Guard::new(&settings.host_names());
    let limiter = Arc::new(Limiter::new(&settings.limits));
    let doors = routes::Doors { access, audit, metrics_open: settings.metrics_open, limiter };
    let proxies = edge.proxies.clone();
    let router = routes::router(core, proxies, guard, doors, settings.public_url.clone(), stopping.clone());
    let mut server = pin!(edge.serve(router, stopping));
    tokio::select! {
        () = &mut server => return,
        signal = signals.wait() => tracing::info!(signal, "stopping"),
    }
    let _ = stop.send(true);
    if tokio::time::timeout(GRACE, server).await.is_err() {
        tracing::warn!(seconds = GRACE.as_secs(), "some connections did not end in time and are cut");
    }
    if tokio::time::timeout(GRACE, following).await.is_err() {
        tracing::warn!("it was not written down in time who was here");
    }
}

/// The signals that stop the server.
struct Signals {
    interrupt: Signal,
    terminate: Signal,
}

impl Signals {
    /// Catches them from now on.
    fn listen() -> io::Result<Self> {
        Ok(Self { interrupt: signal(SignalKind::interrupt())?, terminate: signal(SignalKind::terminate())? })
    }

    /// The name of the first that comes.
    async fn wait(&mut self) -> &'static str {
        tokio::select! {
            _ = self.interrupt.recv() => "SIGINT",
            _ = self.terminate.recv() => "SIGTERM",
        }
    }
}

/// Each open page needs a file. Returns the limit that now holds; failing to raise it is no reason not to start.
pub(crate) fn raise_open_files() -> u64 {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    let now = if setrlimit(Resource::Nofile, raised).is_ok() { limit.maximum } else { limit.current };
    now.unwrap_or(u64::MAX)
}

/// Room for as many connections as are set, and as there are files for.
fn room(settings: &Settings, open_files: u64) -> edge::Room {
    let set = settings.edge.max_connections;
    let files = u32::try_from(open_files.saturating_sub(OWN_FILES)).unwrap_or(u32::MAX).max(1);
    if files < set {
        tracing::warn!(
            max_connections = set,
            files,
            "the system allows fewer open files: so many connections can be"
        );
    }
    let count = |most: u32| usize::try_from(most).unwrap_or(usize::MAX);
    edge::Room::new(count(set.min(files)), count(settings.edge.max_connections_per_address))
}

/// What the server's address begins with.
fn origin(address: SocketAddr, is_encrypted: bool) -> String {
    format!("{}://{address}", if is_encrypted { "https" } else { "http" })
}

fn host_info(name: String, facts: HostFacts) -> HostInfo {
    let cores = (facts.cores > 0).then_some(facts.cores);
    HostInfo { name, os: facts.os, kernel: facts.kernel, cpu: facts.cpu_model, cores }
}

/// Milliseconds between the values of the metrics that do not come with every tick.
fn paces(catalogue: &Catalogue, collector: &Collector) -> BTreeMap<String, u32> {
    let pace = |name: &str| collector.pace_of(name).filter(|&pace| pace > crate::core::TICK);
    let slower =
        catalogue.metrics().iter().filter_map(|metric| Some((metric.name.clone(), pace(&metric.name)?)));
    slower.map(|(name, pace)| (name, u32::try_from(pace.as_millis()).unwrap_or(u32::MAX))).collect()
}

fn announce(name: &str, origin: &str, data: &DataDir, first: &FirstPassword) {
    if let FirstPassword::Made(password) = first {
        say_once(password.text());
    }
    let version = env!("CARGO_PKG_VERSION");
    say(&format!(
        "Watchglass {version} watches {name}\n\
         \x20 open      {origin}/\n\
         \x20 sign in   {first}\n\
         \x20 data      {}",
        data.path().display()
    ));
    if assets::page_assets().program.is_none() {
        tracing::warn!("this build has no front end: pages stay still; build with `cargo xtask build`");
    }
}

#[expect(
    clippy::print_stderr,
    reason = "no level of the log hides it, and no collector of logs is meant to keep it"
)]
fn say_once(password: &str) {
    eprintln!("watchglass: the first administrator is admin, with the password {password}");
}
