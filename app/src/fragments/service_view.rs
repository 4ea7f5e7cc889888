//! From what is known of a server to what its page shows.

use super::table::{Cell, Column, Row, Sort, numbers, words};
use crate::api::{Service, Services};
use watchglass_model::{BlockedBy, PostgresDetails, RedisDetails, SlowLogEntry, TopStatement, Unit};

/// A server, as its page shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ServiceView {
    /// Name of its probe, as problems have it.
    pub(super) probe: String,
    /// Which server.
    pub(super) instance: String,
    /// Whether it has told anything since it was last down.
    pub(super) is_known: bool,
    /// What it is: version and role.
    pub(super) facts: String,
    /// What is left out, and what would let it be read.
    pub(super) notes: Vec<String>,
    /// Its lists, the same ones for every server of a kind.
    pub(super) lists: Vec<ListView>,
}

/// A list of a server.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ListView {
    /// What it is.
    pub(super) kind: &'static ListKind,
    /// Its rows; `None` when they are not known.
    pub(super) rows: Option<Vec<Row>>,
}

/// What is the same in all lists of a kind.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ListKind {
    /// What a person calls it.
    pub(super) title: &'static str,
    /// Its columns.
    pub(super) columns: &'static [Column],
    /// How it is ordered before the reader chooses.
    pub(super) sort: Sort,
    /// What is said when nothing is in it.
    pub(super) empty: &'static str,
    /// What is said when it was not asked for yet.
    pub(super) not_yet: &'static str,
}

impl ServiceView {
    /// The address within the page of one of its lists.
    pub(super) fn anchor(&self, kind: &ListKind) -> String {
        format!("{} {}", kind.title, self.instance).replace(' ', "-").to_ascii_lowercase()
    }
}

static BLOCKED: ListKind = ListKind {
    title: "Who blocks whom",
    columns: &[
        numbers("Waits for"),
        numbers("Process"),
        words("Blocked by"),
        words("Database"),
        words("Statement that waits"),
    ],
    sort: Sort::largest(0),
    empty: "Nobody waits for a lock.",
    not_yet: "Locks have not been asked for yet.",
};

static STATEMENTS: ListKind = ListKind {
    title: "Top statements",
    columns: &[numbers("Total"), numbers("Calls"), numbers("Mean"), numbers("Rows"), words("Statement")],
    sort: Sort::largest(0),
    empty: "No statement has been counted yet. Those of Watchglass itself are left out.",
    not_yet: "Statements are asked for once a minute, the first time some seconds after the server is reached.",
};

static SLOW_LOG: ListKind = ListKind {
    title: "Slow log",
    columns: &[numbers("When"), numbers("Took"), words("Command and key")],
    sort: Sort::largest(0),
    empty: "No command was slow. What counts as slow is the server's setting slowlog-log-slower-than.",
    not_yet: "The slow log has not been asked for yet.",
};

/// Each PostgreSQL.
pub(super) fn databases(services: &Services) -> Vec<ServiceView> {
    services.postgres.iter().map(postgres).collect()
}

/// Each Redis.
pub(super) fn caches(services: &Services) -> Vec<ServiceView> {
    services.redis.iter().map(redis).collect()
}

fn postgres(service: &Service<PostgresDetails>) -> ServiceView {
    let details = &service.details;
    let nothing = PostgresDetails { instance: details.instance.clone(), ..PostgresDetails::default() };
    ServiceView {
        probe: service.probe.clone(),
        instance: details.instance.clone(),
        is_known: *details != nothing,
        facts: facts("PostgreSQL", details.version.as_deref(), None),
        notes: details.notes.clone(),
        lists: vec![
            list(&BLOCKED, details.blocked.as_deref(), blocked),
            list(&STATEMENTS, details.statements.as_deref(), statement),
        ],
    }
}

fn redis(service: &Service<RedisDetails>) -> ServiceView {
    let details = &service.details;
    let nothing = RedisDetails { instance: details.instance.clone(), ..RedisDetails::default() };
    // Redis still calls by the old word what its documentation calls a replica.
    let role = details.role.as_deref().map(|role| if role == "slave" { "replica" } else { role });
    ServiceView {
        probe: service.probe.clone(),
        instance: details.instance.clone(),
        is_known: *details != nothing,
        facts: facts("Redis", details.version.as_deref(), role),
        notes: details.notes.clone(),
        lists: vec![list(&SLOW_LOG, details.slow_log.as_deref(), slow_command)],
    }
}

/// `Redis 7.0.15 · master`; empty when nothing is known.
fn facts(program: &str, version: Option<&str>, role: Option<&str>) -> String {
    let version = version.map(|version| format!("{program} {version}"));
    [version.as_deref(), role].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn list<T>(kind: &'static ListKind, entries: Option<&[T]>, row: fn(&T) -> Row) -> ListView {
    ListView { kind, rows: entries.map(|entries| entries.iter().map(row).collect()) }
}

fn blocked(entry: &BlockedBy) -> Row {
    let by = |&pid: &i32| match pid {
        0 => "a prepared transaction".to_owned(),
        pid => pid.to_string(),
    };
    vec![
        Cell::Number(Unit::Seconds, entry.wait_seconds),
        Cell::Id(u64::from(entry.blocked_pid.unsigned_abs())),
        Cell::Text(entry.blocking_pids.iter().map(by).collect::<Vec<_>>().join(", ")),
        Cell::Text(entry.database.clone()),
        Cell::Code(entry.query.clone()),
    ]
}

fn statement(entry: &TopStatement) -> Row {
    vec![
        Cell::Number(Unit::Seconds, entry.total_seconds),
        Cell::Number(Unit::Count, entry.calls as f64),
        Cell::Number(Unit::Seconds, entry.mean_seconds),
        Cell::Number(Unit::Count, entry.rows as f64),
        Cell::Code(entry.query.clone()),
    ]
}

fn slow_command(entry: &SlowLogEntry) -> Row {
    vec![
        Cell::Time(entry.time),
        Cell::Number(Unit::Seconds, entry.seconds),
        Cell::Code(entry.command.clone()),
    ]
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_model::Timestamp;

    fn service<T>(probe: &str, details: T) -> Service<T> {
        Service { probe: probe.to_owned(), details }
    }

    fn texts(list: &ListView) -> Vec<Vec<String>> {
        let rows = list.rows.as_ref().unwrap();
        let text = |cell: &Cell| cell.text().replace('\u{a0}', " ");
        rows.iter().map(|row| row.iter().map(text).collect()).collect()
    }

    #[test]
    fn a_server_that_said_nothing_is_not_known_and_neither_are_its_lists() {
        let services = Services {
            postgres: vec![service(
                "postgres:db:5432/app",
                PostgresDetails { instance: "db:5432/app".to_owned(), ..PostgresDetails::default() },
            )],
            redis: vec![service(
                "redis:cache:6379",
                RedisDetails { instance: "cache:6379".to_owned(), ..RedisDetails::default() },
            )],
        };
        for (view, instance) in [(databases(&services), "db:5432/app"), (caches(&services), "cache:6379")]
            .map(|(v, i)| (v[0].clone(), i))
        {
            assert_eq!((view.instance.as_str(), view.is_known, view.facts.as_str()), (instance, false, ""));
            assert!(view.lists.iter().all(|list| list.rows.is_none()));
        }
    }

    #[test]
    fn postgresql_shows_who_waits_and_what_takes_time() {
        let details = PostgresDetails {
            instance: "db:5432/app".to_owned(),
            version: Some("15.8".to_owned()),
            notes: vec!["a note".to_owned()],
            blocked: Some(vec![BlockedBy {
                blocked_pid: 7,
                blocking_pids: vec![8, 0],
                database: "app".to_owned(),
                query: "UPDATE t".to_owned(),
                wait_seconds: 90.0,
            }]),
            statements: Some(vec![TopStatement {
                query: "SELECT $1".to_owned(),
                calls: 20_000,
                total_seconds: 0.5,
                mean_seconds: 0.000_025,
                rows: 3,
            }]),
        };
        let services = Services { postgres: vec![service("p", details)], redis: Vec::new() };
        let view = databases(&services).remove(0);
        assert_eq!((view.is_known, view.facts.as_str(), view.notes.len()), (true, "PostgreSQL 15.8", 1));
        let [blocked, statements] = view.lists.as_slice() else { panic!("{view:?}") };
        assert_eq!(view.anchor(blocked.kind), "who-blocks-whom-db:5432/app");
        assert_eq!(texts(blocked), [["1.5 min", "7", "8, a prepared transaction", "app", "UPDATE t"]]);
        assert_eq!(texts(statements), [["500 ms", "20.0 k", "25.0 µs", "3", "SELECT $1"]]);
    }

    #[test]
    fn redis_shows_what_it_is_and_what_was_slow() {
        for (version, role, facts) in [
            (Some("7.0.15"), Some("master"), "Redis 7.0.15 · master"),
            (Some("7.0.15"), Some("slave"), "Redis 7.0.15 · replica"),
            (None, Some("master"), "master"),
        ] {
            let details = RedisDetails {
                version: version.map(str::to_owned),
                role: role.map(str::to_owned),
                slow_log: Some(vec![SlowLogEntry {
                    id: 3,
                    time: Timestamp::from_millis(1000),
                    seconds: 0.02,
                    command: "GET a".to_owned(),
                }]),
                ..RedisDetails::default()
            };
            let services = Services { postgres: Vec::new(), redis: vec![service("r", details)] };
            let view = caches(&services).remove(0);
            assert_eq!((view.is_known, view.facts.as_str()), (true, facts));
            assert_eq!(texts(&view.lists[0]), [["1 Jan 00:00:01 UTC", "20.0 ms", "GET a"]]);
        }
    }

    #[test]
    fn every_row_has_a_cell_for_each_column_and_the_order_is_by_one_of_them() {
        let blocked_row = blocked(&BlockedBy {
            blocked_pid: 1,
            blocking_pids: Vec::new(),
            database: String::new(),
            query: String::new(),
            wait_seconds: 0.0,
        });
        let statement_row = statement(&TopStatement {
            query: String::new(),
            calls: 0,
            total_seconds: 0.0,
            mean_seconds: 0.0,
            rows: 0,
        });
        let slow_row = slow_command(&SlowLogEntry {
            id: 0,
            time: Timestamp::from_millis(0),
            seconds: 0.0,
            command: String::new(),
        });
        for (kind, row) in [(&BLOCKED, blocked_row), (&STATEMENTS, statement_row), (&SLOW_LOG, slow_row)] {
            assert_eq!(row.len(), kind.columns.len(), "{}", kind.title);
            assert!(kind.sort.column < row.len());
            for (cell, column) in row.iter().zip(kind.columns) {
                assert_eq!(cell.class() == "number", column.is_number, "{} {}", kind.title, column.title);
            }
        }
    }
}
