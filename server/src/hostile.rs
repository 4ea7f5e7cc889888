//! Configurations and addresses that are not what they should be: an error that can be read, and nothing worse. What else reads
//! bytes from outside has such tests beside it.

use crate::access::Access;
use crate::audit::{Actor, Audit};
use crate::core::Core;
use crate::fragments::{self, Visit};
use crate::settings::{Settings, read_file};
use app::api::HostInfo;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::net::Ipv4Addr;
use std::sync::{Arc, LazyLock};
use std::time::Duration;
use watchglass_access::{By, Pass, Role, Secret};
use watchglass_history::MemoryHistory;
use watchglass_model::Catalogue;

/// Something of everything.
const EXAMPLE: &str = include_str!("hostile.toml");

/// What pages of lists and forms are asked for.
const QUERIES: [&str; 6] = [
    "view=active&state=all&severity=critical&q=disk",
    "view=rule&id=disk&warning=0.8&matchers=a%3Db",
    "view=silences&start=2026-01-01T00:00&end=2026-01-02T00:00&days=monday",
    "range=24h&sort=cpu&order=desc&all=1",
    "from=1700000000&to=1700003600&compare=1&step=60",
    "app=shop&route=%2Fcart&method=GET&sort=p95",
];

/// Bytes of a text put elsewhere, changed, or left out.
#[derive(Clone, Debug)]
struct Change {
    at: usize,
    length: usize,
    instead: Vec<u8>,
}

fn changes() -> impl Strategy<Value = Vec<Change>> {
    let instead = prop_oneof![
        prop::collection::vec(any::<u8>(), 0..6),
        "[\\[\\]{}=,.'\"#\n0-9a-z&%+-]{0,6}".prop_map(String::into_bytes),
        Just(b"99999999999999999999".to_vec()),
        Just("[[[[[[[[[[".into()),
    ];
    let change = (any::<usize>(), 0_usize..8, instead).prop_map(|(at, length, instead)| Change {
        at,
        length,
        instead,
    });
    prop::collection::vec(change, 1..5)
}

fn changed(text: &str, changes: Vec<Change>) -> Vec<u8> {
    let mut bytes = text.as_bytes().to_vec();
    for Change { at, length, instead } in changes {
        let at = at % (bytes.len() + 1);
        let end = (at + length).min(bytes.len());
        bytes.splice(at..end, instead);
    }
    bytes
}

/// An administrator, who is shown the most.
fn visit() -> Visit {
    static BOOKS: LazyLock<(Arc<Access>, Arc<Audit>)> = LazyLock::new(|| {
        let folder = tempfile::tempdir().unwrap();
        let audit = Audit::open(folder.path()).unwrap();
        (Arc::new(Access::open(folder.path()).unwrap()), Arc::new(audit))
    });
    let (access, audit) = BOOKS.clone();
    let by = By::Session(Secret::new([1; 32]).digest());
    let pass = Pass { role: Role::Admin, name: "ada".to_owned(), by };
    let actor = Actor::new(Arc::clone(&audit), Some(&pass), None);
    Visit { core: Arc::new(core()), access, pass, address: Ipv4Addr::LOCALHOST.into(), actor, audit }
}

fn core() -> Core {
    Core::new(
        HostInfo::default(),
        Catalogue::default(),
        BTreeMap::new(),
        "b".to_owned(),
        Arc::new(MemoryHistory::new(Duration::from_secs(3660), 100)),
        Arc::default(),
        Arc::default(),
    )
}

#[test]
fn the_example_is_right() {
    let file = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(&file, EXAMPLE).unwrap();
    read_file(file.path(), &mut Settings::default()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1000))]

    #[test]
    fn configurations(changes in changes()) {
        let file = tempfile::NamedTempFile::new().unwrap();
        std::fs::write(&file, changed(EXAMPLE, changes)).unwrap();
        if let Err(error) = read_file(file.path(), &mut Settings::default()) {
            prop_assert!(error.to_string().starts_with(&file.path().display().to_string()));
        }
    }

    #[test]
    fn addresses(which in 0..QUERIES.len(), changes in changes()) {
        let visit = visit();
        let query = String::from_utf8_lossy(&changed(QUERIES[which], changes)).into_owned();
        for path in ["/", "/alerts", "/trends", "/performance", "/processes", "/settings", "/database", "/cache", "/none"] {
            if let Err(error) = fragments::page(&visit, path, &query) {
                prop_assert!(!error.to_string().is_empty());
            }
        }
    }
}
