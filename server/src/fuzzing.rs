//! Fuzzing entry points: configuration files, stored files and HTTP requests. A panic or a 500 response is a bug.

use crate::access::Access;
use crate::annotations::Annotations;
use crate::app_state::AppState;
use crate::audit::{Actor, AuditLog, Filter};
use crate::clock::now;
use crate::config::{PublicUrl, Settings, check, read_file};
use crate::edge::{Exposure, Peer, TrustedProxies};
use crate::evaluation::RuleEvaluator;
use crate::heartbeats::Heartbeats;
use crate::host_origin::HostGuard;
use crate::layouts::Layouts;
use crate::metric_store::{Collected, MetricStore};
use crate::notifications::{Links, MessageContext, Notifications};
use crate::pipeline::Pipeline;
use crate::rate_limit::{LimitClass, RateLimiter, RateLimits};
use crate::routes::{self, AuthLayer};
use crate::services::TokenService;
use axum::Router;
use axum::body::Body;
use axum::http::header::{AUTHORIZATION, HOST};
use axum::http::{HeaderValue, Request, StatusCode};
use std::collections::BTreeMap;
use std::error::Error;
use std::fs;
use std::net::Ipv4Addr;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::runtime::Runtime;
use tokio::sync::watch;
use tower::ServiceExt;
use watchglass_auth::Role;
use watchglass_dispatch::DispatchSettings;
use watchglass_probes::{Collector, HostRoots, host_probes};
use watchglass_tsdb::MemoryHistory;

/// A request with this header is sent without the admin token.
const ANONYMOUS: &str = "x-nobody";
/// Files of the data directory that [`stored`] reads; the first input byte selects one.
pub const FILES: [&str; 9] = [
    "access.json",
    "rules.json",
    "annotations.json",
    "layouts.json",
    "audit.jsonl",
    "alerts.json",
    "alerts-past.jsonl",
    "link.key",
    "heartbeats.json",
];

/// Reads the input as a configuration file, written to `folder` first.
pub fn configuration(bytes: &[u8], folder: &Path) {
    let file = folder.join("watchglass.toml");
    let mut settings = Settings::default();
    if fs::write(&file, bytes).is_ok() {
        match read_file(&file, &mut settings) {
            Ok(()) => drop(check(&settings)),
            Err(error) => assert!(error.to_string().starts_with(&file.display().to_string()), "{error}"),
        }
    }
}

/// Reads the input as a file of the data directory, written to `folder` first.
pub fn stored(bytes: &[u8], folder: &Path) {
    let Some((&which, bytes)) = bytes.split_first() else { return };
    let name = FILES.get(usize::from(which) % FILES.len()).copied().unwrap_or_default();
    // Files of the previous run would be read too.
    let _ = fs::remove_dir_all(folder);
    if fs::create_dir_all(folder).is_err() || fs::write(folder.join(name), bytes).is_err() {
        return;
    }
    match name {
        "access.json" => {
            drop(Access::open(folder).map(|access| access.with_accounts(|accounts| accounts.to_json())))
        }
        "rules.json" | "alerts.json" | "alerts-past.jsonl" => {
            if let Ok(rules) = RuleEvaluator::open(Vec::new(), folder) {
                let _ = (rules.rules(), rules.active(), rules.pending(), rules.past());
                let _ = rules.close();
            }
        }
        "annotations.json" => {
            if let Ok(annotations) = Annotations::open(folder, Duration::from_secs(86_400), None) {
                let _ = annotations.close();
            }
        }
        "heartbeats.json" => {
            if let Ok(heartbeats) = Heartbeats::open(folder, &[], now()) {
                let _ = heartbeats.list(now());
                drop(heartbeats.close());
            }
        }
        "layouts.json" => drop(Layouts::open(folder).map(|layouts| layouts.get("ada"))),
        "audit.jsonl" => {
            if let Ok(audit) = AuditLog::open(folder) {
                let _ = audit.read(&Filter::default(), 0, 100);
                let _ = audit.close();
            }
        }
        _ => {
            let url = PublicUrl::parse("https://watch.example");
            let _ = url.map(|url| Links::open(&url, url.path(), folder));
        }
    }
}

/// Server without connections, and the token of its admin.
pub struct Server {
    router: Router,
    runtime: Runtime,
    authorization: String,
    /// Dropping it ends long-lived responses.
    _stop: watch::Sender<bool>,
}

impl Server {
    /// Server with two collected ticks and its data in `folder`.
    ///
    /// # Errors
    /// Any failure during startup.
    pub fn new(folder: &Path) -> Result<Self, Box<dyn Error>> {
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(1).enable_all().build()?;
        let _ = any_spawner::Executor::init_tokio();
        let (stop, stopping) = watch::channel(false);
        let mut limits = RateLimits::default();
        for limit in LimitClass::ALL {
            limits.set(limit, "off")?;
        }
        let limiter = Arc::new(RateLimiter::new(&limits));
        let state = AppState { stopping, limiter, ..state(folder)? };
        let actor = Actor::command(Arc::clone(&state.audit), "fuzzer".to_owned());
        let tokens = TokenService { access: Arc::clone(&state.access) };
        let secret = tokens.create(&actor, "fuzzer", Role::Admin, None, now())?;
        let auth = AuthLayer::new(&state, false);
        let router =
            routes::router(state, TrustedProxies::new(&[], Exposure::Local), HostGuard::new(&[]), auth);
        Ok(Self { router, runtime, authorization: format!("Bearer {}", secret.text()), _stop: stop })
    }

    /// Sends a request: a line of method and URL, header lines, an empty line, and a body. Input that is not valid HTTP is
    /// skipped: hyper rejects it and has its own tests.
    pub fn answer(&self, bytes: &[u8]) {
        let Some(mut request) = request(bytes) else { return };
        let headers = request.headers_mut();
        headers.entry(HOST).or_insert(HeaderValue::from_static("localhost"));
        if !headers.contains_key(ANONYMOUS)
            && let Ok(authorization) = self.authorization.parse()
        {
            headers.entry(AUTHORIZATION).or_insert(authorization);
        }
        let peer = Peer { address: Ipv4Addr::LOCALHOST.into(), is_encrypted: false };
        request.extensions_mut().insert(peer);
        let shown = format!("{} {}", request.method(), request.uri());
        let router = self.router.clone();
        let status = self.runtime.block_on(async {
            let Ok(response) = router.oneshot(request).await;
            let status = response.status();
            let whole = axum::body::to_bytes(response.into_body(), 16 << 20);
            let whole = tokio::time::timeout(Duration::from_secs(5), whole).await;
            assert!(whole.is_ok_and(|whole| whole.is_ok()), "{shown}: the response does not end");
            status
        });
        assert!(status != StatusCode::INTERNAL_SERVER_ERROR, "{shown}: {status}");
    }
}

fn request(bytes: &[u8]) -> Option<Request<Body>> {
    let end = bytes.windows(2).position(|pair| pair == b"\n\n");
    let (head, body) = end.map_or((bytes, &b""[..]), |end| {
        (bytes.get(..end).unwrap_or_default(), bytes.get(end + 2..).unwrap_or_default())
    });
    let mut lines = head.split(|&byte| byte == b'\n');
    let (method, address) = std::str::from_utf8(lines.next()?).ok()?.split_once(' ')?;
    // A password check takes 0.1 s and would use up the fuzzing time.
    if address.starts_with("/api/login") {
        return None;
    }
    let mut builder = Request::builder().method(method).uri(address);
    for line in lines.take(20) {
        let colon = line.iter().position(|&byte| byte == b':')?;
        let (name, value) = line.split_at_checked(colon)?;
        builder = builder.header(name, value.strip_prefix(b": ")?);
    }
    builder.body(Body::from(body.to_vec())).ok()
}

/// State with two collected ticks.
fn state(folder: &Path) -> Result<AppState, Box<dyn Error>> {
    let roots = HostRoots { proc: "/proc".into(), sys: "/sys".into() };
    let mut collector = Collector::new(host_probes(&roots), &[("host", "fuzzed")], 1000)?;
    let collected = Collected { catalogue: collector.catalogue().clone(), ..Collected::default() };
    let history = Arc::new(MemoryHistory::new(Duration::from_secs(3660), 1000));
    let rules = RuleEvaluator::open(Vec::new(), folder)?;
    let context = MessageContext { rules: rules.current_rules().clone(), ..MessageContext::default() };
    let notifications = Notifications::open(DispatchSettings::default(), &BTreeMap::new(), context, folder)?;
    let state = AppState {
        rules: Arc::new(rules),
        notifications: Arc::new(notifications),
        layouts: Arc::new(Layouts::open(folder)?),
        ..AppState::for_tests(folder, MetricStore::new(collected, history.clone(), history))?
    };
    let pipeline = Pipeline::new(&state, Arc::default());
    for before in [2, 1] {
        pipeline.run(&mut collector, now() - Duration::from_secs(before));
    }
    Ok(state)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The golden file of each file of the data directory, and its prefixes.
    #[test]
    fn prefixes_of_stored_files_are_read() {
        let root = Path::new(env!("CARGO_MANIFEST_DIR"));
        let folder = tempfile::tempdir().unwrap();
        for (name, golden) in [
            ("alerts.json", "../crates/rules/golden/engine.json"),
            ("heartbeats.json", "golden/heartbeats.json"),
            ("rules.json", "golden/rules.json"),
            ("annotations.json", "golden/annotations.json"),
        ] {
            let which = FILES.iter().position(|known| *known == name).unwrap();
            let bytes = fs::read(root.join(golden)).unwrap();
            for end in (0..bytes.len()).step_by(bytes.len() / 12 + 1).chain([bytes.len()]) {
                let input = [&[u8::try_from(which).unwrap()][..], &bytes[..end]].concat();
                stored(&input, &folder.path().join("data"));
            }
        }
    }
}
