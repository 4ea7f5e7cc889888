//! Opens the parts of the server: probes, history, rules, notifications, users.

use super::probes::MetricSources;
use crate::access::Access;
use crate::annotations::Annotations;
use crate::app_state::AppState;
use crate::assets::PAGE_ASSETS;
use crate::audit::AuditLog;
use crate::clock::{self, TICK, TICK_MILLIS};
use crate::config::{EffectiveConfig, Settings};
use crate::edge::Tls;
use crate::evaluation::RuleEvaluator;
use crate::heartbeats::{HeartbeatSender, Heartbeats, OutgoingHeartbeatProbe, Progress, SendTiming};
use crate::layouts::Layouts;
use crate::metric_store::{Collected, MetricStore};
use crate::notifications::{ChartSource, Links, MessageContext, Notifications, smtp_name};
use crate::persist::DataDirState;
use crate::pipeline::TickTimes;
use crate::processes::{ProcessRecorder, ProcessTables};
use crate::rate_limit::RateLimiter;
use crate::record_store;
use crate::targets::Targets;
use crate::work_limit::WorkLimiter;
use app::api::HostInfo;
use std::collections::BTreeMap;
use std::error::Error;
use std::hash::{BuildHasher, Hasher, RandomState};
use std::io;
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Handle;
use tokio::sync::watch;
use watchglass_instrument::requests::Recorder;
use watchglass_live::{Hello, Hub, PROTOCOL_VERSION};
use watchglass_probes::{Applications, Collector, HostRoots, SystemInfo};
use watchglass_records::RecordStore;
use watchglass_remote::redis::Target;
use watchglass_tsdb::{EmbeddedHistory, History, Instance, Options, RedisHistory, RedisOptions};

/// Series limit of one server.
const MAX_SERIES: usize = 10_000;
/// Limit of series with samples in the newest hours: those that have ended count until their block is written.
const MAX_STORED_SERIES: usize = 4 * MAX_SERIES;
const DAY: Duration = Duration::from_secs(86_400);
/// Retention of 1-minute rows in days, unless raw samples are kept longer.
const MINUTE_RETENTION_DAYS: u32 = 35;
/// Retention of samples in the shared Redis: 10,080 minutes.
const SHARED_RETENTION: Duration = Duration::from_secs(7 * 86_400);

/// Opened parts.
pub(super) struct Parts {
    pub(super) state: AppState,
    pub(super) collector: Collector,
    /// Filled by the ticker.
    pub(super) tick_times: Arc<TickTimes>,
    /// Filled by the ticker.
    pub(super) progress: Arc<Progress>,
    /// Sender of heartbeats, if a URL is set.
    pub(super) heartbeat: Option<HeartbeatSender>,
    /// Filled by the check of the data directory.
    pub(super) data_dir: DataDirState,
    /// Reads the processes.
    pub(super) process_recorder: ProcessRecorder,
    /// Closed after all that writes to it.
    pub(super) records: Arc<RecordStore>,
    /// Closed last.
    pub(super) history: Arc<dyn History>,
}

/// Opens all parts with their files in `folder`.
///
/// # Errors
/// Unusable files or settings.
pub(super) fn open_parts(
    settings: &Settings,
    folder: &Path,
    (address, tls): (SocketAddr, Option<&Arc<Tls>>),
    stopping: watch::Receiver<bool>,
    runtime: &Handle,
) -> Result<Parts, Box<dyn Error>> {
    let system = SystemInfo::read();
    let system_hostname = system.hostname.clone();
    let host = settings.host_name.clone().unwrap_or_else(|| system_hostname.clone());
    let options = history_options(settings);
    let local = Arc::new(EmbeddedHistory::open(&folder.join("history"), options.clone())?);
    let previous_run = local.newest();
    let instance = instance(&system_hostname, address);
    let history = shared_history(settings, &local, &host, instance)?;
    let records = record_store::open(folder)?;

    let (requests, applications) = (Arc::<Recorder>::default(), Arc::<Applications>::default());
    let (hub, tick_times) = (Arc::new(Hub::new(hello())), Arc::<TickTimes>::default());
    let (data_dir, work_limiter) = (DataDirState::default(), WorkLimiter::default());
    let (targets, target_probes) = Targets::from_settings(settings)?;
    let progress = Arc::<Progress>::default();
    let heartbeat = heartbeat_sender(settings, &progress)?;
    let heartbeats = Arc::new(Heartbeats::open(folder, &settings.heartbeats, clock::now())?);
    let sources = MetricSources {
        targets: target_probes,
        heartbeat: heartbeat.as_ref().map(OutgoingHeartbeatProbe::of),
        requests: Arc::clone(&requests),
        applications: Arc::clone(&applications),
        tls: tls.cloned(),
        history: Arc::clone(&history),
        records: Arc::clone(&records),
        data_dir: data_dir.clone(),
        tick_times: Arc::clone(&tick_times),
        hub: Arc::clone(&hub),
        work_limiter: work_limiter.clone(),
        heartbeats: Arc::clone(&heartbeats),
        runtime: runtime.clone(),
    };
    let roots = HostRoots { proc: settings.host_proc.clone(), sys: settings.host_sys.clone() };
    let processes = Arc::new(ProcessTables::new(&host, Arc::clone(&records)));
    let process_recorder = ProcessRecorder::start(&roots, Arc::clone(&processes))?;
    let collector = Collector::new(sources.probes(&roots), &[("host", &host)], MAX_SERIES)?;
    let collected = Collected {
        host: host_info(host, system),
        catalogue: collector.catalogue().clone(),
        intervals: collection_intervals(&collector),
        sections: collector.sections(),
        sources: collector.sources(),
    };

    let rules = RuleEvaluator::open(settings.rules.clone(), folder)?;
    let message_context = MessageContext {
        rules: rules.current_rules().clone(),
        links: settings
            .public_url
            .as_ref()
            .map(|url| Links::open(url, settings.base_path(), folder))
            .transpose()?,
        chart_source: Some(Arc::new(ChartSource {
            history: local.clone(),
            catalogue: collected.catalogue.clone(),
            intervals: collected.intervals.clone(),
        })),
        helo: smtp_name(settings, &system_hostname),
    };
    let notifications =
        Notifications::open(settings.notifications.clone(), &settings.channels, message_context, folder)?;
    rules.resume(notifications.firing());
    let state = AppState {
        metrics: Arc::new(MetricStore::new(collected, Arc::clone(&history), local)),
        hub,
        rules: Arc::new(rules),
        notifications: Arc::new(notifications),
        heartbeats,
        annotations: Arc::new(Annotations::open(folder, options.quarter_retention, previous_run)?),
        layouts: Arc::new(Layouts::open(folder)?),
        targets: Arc::new(targets),
        processes,
        applications,
        requests,
        config: Arc::new(EffectiveConfig::new(settings, folder, &options)),
        access: Arc::new(Access::open(folder)?),
        audit: Arc::new(AuditLog::open(folder)?),
        work_limiter,
        limiter: Arc::new(RateLimiter::new(&settings.limits)),
        public_url: settings.public_url.clone(),
        stopping,
    };
    Ok(Parts {
        state,
        collector,
        tick_times,
        progress,
        data_dir,
        heartbeat,
        process_recorder,
        records,
        history,
    })
}

/// Sender of heartbeats, if a URL is set.
fn heartbeat_sender(settings: &Settings, progress: &Arc<Progress>) -> io::Result<Option<HeartbeatSender>> {
    let Some(url) = settings.heartbeat_url.clone() else { return Ok(None) };
    let timing = SendTiming::every(settings.heartbeat_interval);
    HeartbeatSender::new(url, timing, Arc::clone(progress)).map(Some)
}

/// First message of live connections.
pub(super) fn hello() -> Hello {
    Hello {
        version: PROTOCOL_VERSION,
        protocol: String::new(),
        server: env!("CARGO_PKG_VERSION").to_owned(),
        build: PAGE_ASSETS.build.clone(),
        interval_ms: TICK_MILLIS,
    }
}

/// History, shared with other servers if a Redis URL is set.
fn shared_history(
    settings: &Settings,
    local: &Arc<EmbeddedHistory>,
    host: &str,
    instance: Instance,
) -> Result<Arc<dyn History>, Box<dyn Error>> {
    let local = Arc::clone(local);
    let Some(url) = &settings.redis_url else { return Ok(local) };
    let target = Target::parse(url)?;
    tracing::info!(redis = target.addresses(), prefix = settings.redis_prefix, "history sharing enabled");
    let options = RedisOptions {
        prefix: settings.redis_prefix.clone(),
        source: host.to_owned(),
        retention: SHARED_RETENTION,
        instance: Some(instance),
    };
    Ok(Arc::new(RedisHistory::open(local, target, &options)?))
}

/// This run of the server, by which another one with the same host name finds it.
fn instance(machine: &str, address: SocketAddr) -> Instance {
    let process = std::process::id();
    Instance {
        // The hashers of the standard library have random keys.
        id: format!("{:016x}", RandomState::new().build_hasher().finish()),
        started: clock::now(),
        place: format!("{machine} at {address} (process {process})"),
    }
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
        series_limit: MAX_STORED_SERIES,
    }
}

fn host_info(name: String, facts: SystemInfo) -> HostInfo {
    let cores = (facts.cores > 0).then_some(facts.cores);
    HostInfo { name, os: facts.os, kernel: facts.kernel, cpu: facts.cpu_model, cores }
}

/// Collection intervals in milliseconds of the metrics that are slower than the tick.
fn collection_intervals(collector: &Collector) -> BTreeMap<String, u32> {
    let pace = |name: &str| collector.interval_of(name).filter(|&pace| pace > TICK);
    let slower = collector
        .catalogue()
        .metrics()
        .iter()
        .filter_map(|metric| Some((metric.name.clone(), pace(&metric.name)?)));
    slower.map(|(name, pace)| (name, u32::try_from(pace.as_millis()).unwrap_or(u32::MAX))).collect()
}
