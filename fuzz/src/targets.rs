//! Fuzz targets. A panic is a bug; round trips that differ panic.

use crate::corpus::{
    alerts_examples, answers_examples, browser_cookie_examples, columns_examples, host_files_examples,
    ingest_examples, kernel_examples, live_connection_examples, live_examples, redis_examples,
    shared_examples, stored_examples, words_examples,
};
use crate::examples::{files, numbered, requests};
use crate::stores;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::OnceLock;
use watchglass::fuzzing as server;
use watchglass_auth::{Accounts, PasswordHash, Secret, check_token_name, normalise_user_name};
use watchglass_dispatch::{
    DispatchSettings, Dispatcher, DispatcherState, NotificationLog, PastAlerts, PeerStatus,
};
use watchglass_instrument::report::Report;
use watchglass_live::{Frame, decode, encode};
use watchglass_model::{Timestamp, Unit};
use watchglass_rules::rule_replica::RuleVersion;
use watchglass_rules::{Engine, EngineState, Rule, builtin};

/// Fuzz target.
#[derive(Clone, Copy)]
pub(crate) struct Target {
    /// Name on the command line.
    pub(crate) name: &'static str,
    /// Runs the target.
    pub(crate) run: fn(&[u8]),
    /// Seed corpus.
    pub(crate) examples: fn() -> Vec<Vec<u8>>,
}

const GOLDEN_OUTBOXES: [&str; 2] = ["crates/notify/golden/outbox.1", "crates/notify/golden/outbox-v3.bin"];
const GOLDEN_SEGMENTS: [&str; 6] = [
    "crates/tsdb/golden/raw-1700006400.seg",
    "crates/tsdb/golden/minute-1700006400.seg",
    "crates/tsdb/golden/quarter-1700006400.seg",
    "crates/tsdb/golden-v1/raw-1700006400.seg",
    "crates/tsdb/golden-v1/minute-1700006400.seg",
    "crates/tsdb/golden-v1/quarter-1700006400.seg",
];

/// All targets.
pub(crate) const TARGETS: [Target; 23] = [
    Target { name: "access", run: access, examples: || files(&["crates/auth/golden/access.json"]) },
    Target { name: "alerts", run: alerts, examples: alerts_examples },
    Target { name: "answers", run: watchglass_notify::fuzzing::http_answer, examples: answers_examples },
    Target { name: "backup", run: backup, examples: || files(&["crates/backup/golden/backup.tar"]) },
    Target { name: "browser-cookie", run: browser_cookie, examples: browser_cookie_examples },
    Target { name: "configuration", run: configuration, examples: || files(&["server/src/hostile.toml"]) },
    Target { name: "histograms", run: stores::histograms, examples: stores::histogram_examples },
    Target { name: "history-columns", run: watchglass_tsdb::fuzzing::columns, examples: columns_examples },
    Target { name: "history-log", run: history_log, examples: || files(&["crates/tsdb/golden/log-0.wal"]) },
    Target { name: "history-segment", run: history_segment, examples: || numbered(files(&GOLDEN_SEGMENTS)) },
    Target { name: "history-shared", run: watchglass_tsdb::fuzzing::shared, examples: shared_examples },
    Target { name: "host-files", run: host_files, examples: host_files_examples },
    Target { name: "ingest", run: watchglass_probes::fuzzing::ingest, examples: ingest_examples },
    Target { name: "kernel", run: kernel, examples: kernel_examples },
    Target { name: "live", run: live, examples: live_examples },
    Target {
        name: "live-connection",
        run: watchglass_live::fuzzing::connection,
        examples: live_connection_examples,
    },
    Target { name: "outbox", run: outbox, examples: || files(&GOLDEN_OUTBOXES) },
    Target { name: "records", run: stores::records, examples: stores::numbered_record_examples },
    Target { name: "redis", run: redis, examples: redis_examples },
    Target { name: "report", run: report, examples: || files(&["crates/instrument/golden/report-v1.json"]) },
    Target { name: "requests", run: request, examples: requests },
    Target { name: "stored", run: stored, examples: stored_examples },
    Target { name: "words", run: words, examples: words_examples },
];

/// Folder for files of test cases: `WATCHGLASS_FUZZ_FOLDER`, or a temporary folder.
pub(crate) fn folder() -> &'static PathBuf {
    static FOLDER: OnceLock<PathBuf> = OnceLock::new();
    FOLDER.get_or_init(|| {
        let named = std::env::var_os("WATCHGLASS_FUZZ_FOLDER").map(PathBuf::from);
        let folder = named.unwrap_or_else(|| std::env::temp_dir().join("watchglass-fuzz"));
        std::fs::create_dir_all(folder.join("below")).expect("there is a folder for files");
        folder
    })
}

fn access(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    if let Ok(mut accounts) = Accounts::from_json(&text) {
        let written = accounts.to_json();
        assert_eq!(Accounts::from_json(&written).map(|accounts| accounts.to_json()).ok(), Some(written));
        let now = Timestamp::from_millis(1_700_000_000_000);
        let _: Vec<_> = accounts.sessions(now).iter().map(|session| session.expires_at()).collect();
        let _: Vec<_> = accounts.tokens().iter().map(|token| token.state(now)).collect();
        accounts.remove_expired(now);
    }
}

fn alerts(bytes: &[u8]) {
    let Some((which, bytes)) = bytes.split_first() else { return };
    let text = String::from_utf8_lossy(bytes);
    let now = Timestamp::from_millis(1_700_000_000_000);
    match which % 7 {
        0 => {
            if let Ok(state) = EngineState::from_json(&text) {
                let mut engine = Engine::new(builtin::rules(), 100).expect("valid built-in rules");
                engine.restore(state);
                let written = engine.state().to_json().expect("it can be written");
                assert!(EngineState::from_json(&written).is_ok(), "{written}");
                let _ = (engine.active(), engine.pending());
            }
        }
        1 => {
            let state = json::<DispatcherState>(&text).ok();
            let restored =
                state.and_then(|state| Dispatcher::restore(DispatchSettings::default(), state).ok());
            if let Some(mut dispatcher) = restored {
                dispatcher.step(now, &[], &[]);
                dispatcher.step(Timestamp::from_millis(1_700_100_000_000), &[], &[]);
                let _ = dispatcher.state();
            }
        }
        2 => {
            if let Ok(peer_status) = PeerStatus::from_json(bytes) {
                assert!(PeerStatus::from_json(peer_status.to_json().as_bytes()).is_ok());
            }
        }
        3 => {
            if let Ok(past) = PastAlerts::from_json(bytes) {
                assert!(PastAlerts::from_json(past.to_json().as_bytes()).is_ok());
            }
        }
        4 => {
            if let Ok(log) = NotificationLog::from_json(bytes) {
                assert!(NotificationLog::from_json(log.to_json().as_bytes()).is_ok());
            }
        }
        5 => {
            if let Ok(rule_version) = RuleVersion::from_json(bytes) {
                let _ = rule_version.rule("disk");
                assert!(RuleVersion::from_json(rule_version.to_json().as_bytes()).is_ok());
            }
        }
        _ => {
            let rule: Result<Rule, _> = json(&text);
            if let Ok(rule) = rule
                && rule.check().is_ok()
            {
                assert!(Engine::new(vec![rule], 10).is_ok(), "a rule that is right can be judged");
            }
        }
    }
}

fn json<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(text)
}

fn backup(bytes: &[u8]) {
    let _ = watchglass_backup::read(bytes, &mut watchglass_backup::Discard);
}

fn browser_cookie(bytes: &[u8]) {
    watchglass_auth::fuzzing::browser_cookie(&String::from_utf8_lossy(bytes));
}

fn configuration(bytes: &[u8]) {
    server::configuration(bytes, folder());
}

fn history_log(bytes: &[u8]) {
    watchglass_tsdb::fuzzing::wal(bytes, folder());
}

fn history_segment(bytes: &[u8]) {
    watchglass_tsdb::fuzzing::block(bytes, folder());
}

fn host_files(bytes: &[u8]) {
    watchglass_probes::fuzzing::host_files(bytes, &folder().join("below"));
}

fn kernel(bytes: &[u8]) {
    watchglass_probes::fuzzing::kernel(&String::from_utf8_lossy(bytes));
}

fn live(bytes: &[u8]) {
    if let Ok(Frame::Metrics(metrics)) = Frame::read(bytes) {
        let written = encode(metrics.state, metrics.seq, metrics.remaining, &metrics.batch);
        assert_eq!(decode(&written), Ok(metrics));
    }
}

fn outbox(bytes: &[u8]) {
    watchglass_notify::fuzzing::outbox(bytes, &folder().join("below"));
}

fn redis(bytes: &[u8]) {
    watchglass_probes::fuzzing::info(&String::from_utf8_lossy(bytes));
    watchglass_probes::fuzzing::slow_log(bytes);
}

fn report(bytes: &[u8]) {
    if let Ok(report) = Report::parse(bytes) {
        let _ = report.to_json();
    }
}

fn request(bytes: &[u8]) {
    thread_local! {
        static SERVER: server::Server = server::Server::new(&folder().join("below")).expect("a server can be made");
    }
    SERVER.with(|server| server.answer(bytes));
}

fn stored(bytes: &[u8]) {
    server::stored(bytes, &folder().join("below"));
}

/// Short inputs: names, times, numbers, links, regular expressions, chart state.
fn words(bytes: &[u8]) {
    let text = String::from_utf8_lossy(bytes);
    watchglass_notify::fuzzing::action_link(&text);
    watchglass_tsdb::fuzzing::selector(&text);
    let _ = Secret::parse(&text).map(|secret| assert_eq!(secret.text(), text));
    let _ = (normalise_user_name(&text), check_token_name(&text));
    let _: Result<PasswordHash, _> = serde_json::from_slice(bytes);
    let _ = watchglass_reports::parse_time(&text);
    let _ = [Unit::Bytes, Unit::Seconds, Unit::Ratio].map(|unit| unit.parse(&text));
    let pairs = text.split('&').filter_map(|pair| pair.split_once('='));
    let fields: Vec<_> = pairs.map(|(name, value)| (name.to_owned(), value.to_owned())).collect();
    let by_name: BTreeMap<&str, &str> =
        fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let get = |name| by_name.get(name).copied();
    let _ = app::parse_range_query(get("window"), get("from"), get("to"));
    let _ = app::snapshot::SnapshotRequest::parse(&fields).map(|request| request.range());
}
