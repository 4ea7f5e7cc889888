//! Property tests of malformed configuration files and URLs: they must give a readable error and nothing worse. Other parsers of
//! external input have such tests in their own files.

use crate::app_state::AppState;
use crate::audit::Actor;
use crate::config::{Settings, read_file};
use crate::metric_store::{Collected, MetricStore};
use crate::web::{PageContext, fragments};
use proptest::prelude::*;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use watchglass_auth::{Credential, Principal, Role, Secret};
use watchglass_tsdb::MemoryHistory;

/// Configuration with every kind of entry.
const EXAMPLE: &str = include_str!("hostile.toml");

/// Query strings of pages with lists and forms.
const QUERIES: [&str; 6] = [
    "view=active&state=all&severity=critical&q=disk",
    "view=rule&id=disk&warning=0.8&matchers=a%3Db",
    "view=silences&start=2026-01-01T00:00&end=2026-01-02T00:00&days=monday",
    "range=24h&sort=cpu&order=desc&all=1",
    "from=1700000000&to=1700003600&compare=1&step=60",
    "app=shop&route=%2Fcart&method=GET&sort=p95",
];

/// Mutation of a text: replaces `length` bytes at `at`.
#[derive(Clone, Debug)]
struct Mutation {
    at: usize,
    length: usize,
    replacement: Vec<u8>,
}

fn mutations() -> impl Strategy<Value = Vec<Mutation>> {
    let replacement = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..6),
        "[\\[\\]{}=,.'\"#\n0-9a-z&%+-]{0,6}".prop_map(String::into_bytes),
        Just(b"99999999999999999999".to_vec()),
        Just("[[[[[[[[[[".into()),
    ];
    let mutation = (any::<usize>(), 0_usize..8, replacement).prop_map(|(at, length, replacement)| Mutation {
        at,
        length,
        replacement,
    });
    prop::collection::vec(mutation, 1..5)
}

fn mutated(text: &str, mutations: Vec<Mutation>) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for Mutation { at, length, replacement } in mutations {
        let at = at % (bytes.len() + 1);
        let end = (at + length).min(bytes.len());
        bytes.splice(at..end, replacement);
    }
    bytes
}

/// Page context of an admin, who sees the most.
fn visit() -> PageContext {
    static STATE: LazyLock<AppState> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let history = Arc::new(MemoryHistory::new(Duration::from_secs(3660), 100));
        let metrics = MetricStore::new(Collected::default(), history.clone(), history);
        AppState::for_tests(folder.path(), metrics).unwrap()
    });
    let by = Credential::Session(Secret::new([1; 32]).digest());
    let pass = Principal { role: Role::Admin, name: "ada".to_owned(), credential: by };
    PageContext {
        actor: Actor::new(Arc::clone(&STATE.audit), Some(&pass), None),
        state: STATE.clone(),
        principal: pass,
    }
}

#[test]
fn example_is_valid() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, EXAMPLE).unwrap();
    read_file(file.path(), &mut Settings::default()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn malformed_configurations_give_an_error(mutations in mutations()) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, mutated(EXAMPLE, mutations)).unwrap();
        if let Err(error) = read_file(file.path(), &mut Settings::default()) {
            prop_assert!(error.to_string().starts_with(&file.path().display().to_string()));
        }
    }

    #[test]
    fn malformed_urls_give_an_error(which in 0..QUERIES.len(), mutations in mutations()) {
        let visit = visit();
        let query = String::from_utf8_lossy(&mutated(QUERIES[which], mutations)).into_owned();
        for path in ["/", "/alerts", "/trends", "/performance", "/processes", "/settings", "/database", "/cache", "/none"] {
            if let Err(error) = fragments::page(&visit, path, &query) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}
