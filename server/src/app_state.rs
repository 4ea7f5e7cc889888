//! Shared state of a running server: its parts, each behind an `Arc`. Built once at the start.

use crate::access::Access;
use crate::annotations::Annotations;
use crate::audit::AuditLog;
use crate::config::{EffectiveConfig, PublicUrl};
use crate::evaluation::RuleEvaluator;
use crate::heartbeats::Heartbeats;
use crate::layouts::Layouts;
use crate::metric_store::MetricStore;
use crate::notifications::Notifications;
use crate::processes::ProcessTables;
use crate::rate_limit::RateLimiter;
#[cfg(any(test, feature = "fuzzing"))]
use crate::rate_limit::RateLimits;
use crate::services::{
    AcknowledgementService, ActionLinkService, AlertService, AnnotationService, HeartbeatService,
    LayoutService, NotificationService, OwnAccountService, ProcessService, RuleService, SessionService,
    SilenceService, TokenService, UserService,
};
use crate::targets::Targets;
use crate::work_limit::WorkLimiter;
use axum::extract::FromRef;
use std::sync::Arc;
use tokio::sync::watch;
use watchglass_instrument::requests::Recorder;
use watchglass_live::Hub;
use watchglass_probes::Applications;

/// Application state. Handlers take it as a whole, or the parts that they name.
#[derive(Clone, Debug)]
pub(crate) struct AppState {
    /// Catalogue, history and newest samples.
    pub(crate) metrics: Arc<MetricStore>,
    /// Fan-out to live connections.
    pub(crate) hub: Arc<Hub>,
    pub(crate) rules: Arc<RuleEvaluator>,
    pub(crate) notifications: Arc<Notifications>,
    pub(crate) annotations: Arc<Annotations>,
    /// Heartbeats that jobs send.
    pub(crate) heartbeats: Arc<Heartbeats>,
    /// Dashboard layouts per user.
    pub(crate) layouts: Arc<Layouts>,
    /// Monitored PostgreSQL and Redis servers.
    pub(crate) targets: Arc<Targets>,
    /// Processes of this host.
    pub(crate) processes: Arc<ProcessTables>,
    /// Request statistics reported by other applications.
    pub(crate) applications: Arc<Applications>,
    /// Counts every HTTP request that was answered.
    pub(crate) requests: Arc<Recorder>,
    /// Effective configuration, without secrets.
    pub(crate) config: Arc<EffectiveConfig>,
    /// Users, tokens and sessions.
    pub(crate) access: Arc<Access>,
    pub(crate) audit: Arc<AuditLog>,
    /// Limit of concurrent pages, snapshots and queries.
    pub(crate) work_limiter: WorkLimiter,
    pub(crate) limiter: Arc<RateLimiter>,
    /// Configured public URL, if any.
    pub(crate) public_url: Option<PublicUrl>,
    /// True during shutdown; long-lived connections then end.
    pub(crate) stopping: watch::Receiver<bool>,
}

/// Lets handlers take a part of the state by its type.
macro_rules! parts {
    ($($field:ident: $part:ty),+ $(,)?) => {
        $(impl FromRef<AppState> for $part {
            fn from_ref(state: &AppState) -> Self {
                state.$field.clone()
            }
        })+
    };
}

parts! {
    metrics: Arc<MetricStore>,
    hub: Arc<Hub>,
    rules: Arc<RuleEvaluator>,
    notifications: Arc<Notifications>,
    annotations: Arc<Annotations>,
    heartbeats: Arc<Heartbeats>,
    layouts: Arc<Layouts>,
    targets: Arc<Targets>,
    applications: Arc<Applications>,
    processes: Arc<ProcessTables>,
    config: Arc<EffectiveConfig>,
    access: Arc<Access>,
    audit: Arc<AuditLog>,
    limiter: Arc<RateLimiter>,
    public_url: Option<PublicUrl>,
}

/// Lets handlers take a service, made of parts of the state.
macro_rules! services {
    ($($service:ident { $($field:ident),+ })+) => {
        $(impl FromRef<AppState> for $service {
            fn from_ref(state: &AppState) -> Self {
                Self { $($field: FromRef::from_ref(state)),+ }
            }
        })+
    };
}

services! {
    AcknowledgementService { metrics, notifications }
    ActionLinkService { rules, silences, acknowledgements }
    AlertService { metrics, rules }
    AnnotationService { metrics, annotations, hub }
    HeartbeatService { heartbeats }
    LayoutService { metrics, layouts }
    NotificationService { notifications }
    OwnAccountService { access }
    ProcessService { processes }
    RuleService { metrics, rules }
    SessionService { access, limiter }
    SilenceService { metrics, notifications }
    TokenService { access }
    UserService { access }
}

impl AppState {
    /// A service, for code that has the whole state.
    pub(crate) fn service<T: FromRef<Self>>(&self) -> T {
        T::from_ref(self)
    }
}

#[cfg(any(test, feature = "fuzzing"))]
impl AppState {
    /// State of a server that keeps its users and its audit log in `folder`, sends no notifications and saves nothing else.
    ///
    /// # Errors
    /// The folder cannot be used.
    pub(crate) fn for_tests(folder: &std::path::Path, metrics: MetricStore) -> std::io::Result<Self> {
        let hello = watchglass_live::Hello {
            version: watchglass_live::PROTOCOL_VERSION,
            protocol: String::new(),
            server: String::new(),
            build: "b".to_owned(),
            interval_ms: crate::clock::TICK_MILLIS,
        };
        Ok(Self {
            metrics: Arc::new(metrics),
            hub: Arc::new(Hub::new(hello)),
            rules: Arc::default(),
            notifications: Arc::default(),
            annotations: Arc::default(),
            heartbeats: Arc::default(),
            layouts: Arc::default(),
            targets: Arc::default(),
            processes: Arc::default(),
            applications: Arc::default(),
            requests: Arc::default(),
            config: Arc::default(),
            access: Arc::new(Access::open(folder).map_err(std::io::Error::other)?),
            audit: Arc::new(AuditLog::open(folder)?),
            work_limiter: WorkLimiter::default(),
            limiter: Arc::new(RateLimiter::new(&RateLimits::default())),
            public_url: None,
            stopping: watch::channel(false).1,
        })
    }
}
