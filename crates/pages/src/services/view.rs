//! View model of the pages of databases and caches.

use crate::ui::{Cell, Column, Row, Sort, code_column, number_column, text_column, time_column};
use app::api::{Service, Services};
use watchglass_model::{BlockedSession, PostgresDetails, RedisDetails, SlowLogEntry, TopStatement, Unit};

/// Monitored instance, as its page shows it.
#[derive(Clone, Debug, Default, PartialEq)]
pub(super) struct ServiceView {
    /// Probe name, as in problems.
    pub(super) probe: String,
    /// Instance name.
    pub(super) instance: String,
    /// Whether any data has arrived since it was last down.
    pub(super) is_known: bool,
    /// Version and role.
    pub(super) facts: String,
    /// What cannot be read, and which permission or setting is missing.
    pub(super) notes: Vec<String>,
    /// Lists, the same for every instance of a kind.
    pub(super) lists: Vec<ListView>,
}

/// List of an instance.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct ListView {
    /// Kind.
    pub(super) kind: &'static ListKind,
    /// Rows; `None` if unknown.
    pub(super) rows: Option<Vec<Row>>,
}

/// Title, columns and texts of a kind of list.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct ListKind {
    /// Title.
    pub(super) title: &'static str,
    /// Columns.
    pub(super) columns: &'static [Column],
    /// Default order.
    pub(super) sort: Sort,
    /// Shown if there are no rows.
    pub(super) empty: &'static str,
    /// Shown if it has not been queried yet.
    pub(super) not_queried: &'static str,
}

impl ServiceView {
    /// Element id of one of its lists.
    pub(super) fn anchor(&self, kind: &ListKind) -> String {
        format!("{} {}", kind.title, self.instance).replace(' ', "-").to_ascii_lowercase()
    }
}

static BLOCKED: ListKind = ListKind {
    title: "Blocking sessions",
    columns: &[
        number_column("Wait time"),
        number_column("PID"),
        text_column("Blocked by"),
        text_column("Database"),
        code_column("Waiting query"),
    ],
    sort: Sort::largest_first(0),
    empty: "No lock waits.",
    not_queried: "Locks have not been queried yet.",
};

static STATEMENTS: ListKind = ListKind {
    title: "Top queries",
    columns: &[
        number_column("Total"),
        number_column("Calls"),
        number_column("Mean"),
        number_column("Rows"),
        code_column("Query"),
    ],
    sort: Sort::largest_first(0),
    empty: "No queries recorded yet. Queries of Watchglass itself are left out.",
    not_queried: "Queries are read once a minute, first a few seconds after connecting.",
};

static SLOW_LOG: ListKind = ListKind {
    title: "Slow log",
    columns: &[time_column("When"), number_column("Took"), code_column("Command and key")],
    sort: Sort::largest_first(0),
    empty: "Slow log is empty. The server setting slowlog-log-slower-than is its threshold.",
    not_queried: "The slow log has not been read yet.",
};

/// All PostgreSQL instances.
pub(super) fn databases(services: &Services) -> Vec<ServiceView> {
    services.postgres.iter().map(postgres).collect()
}

/// All Redis instances.
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
    // Redis still reports the old role name of what its documentation calls a replica.
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

/// Such as `Redis 7.0.15 · master`; empty if unknown.
fn facts(program: &str, version: Option<&str>, role: Option<&str>) -> String {
    let version = version.map(|version| format!("{program} {version}"));
    [version.as_deref(), role].into_iter().flatten().collect::<Vec<_>>().join(" · ")
}

fn list<T>(kind: &'static ListKind, entries: Option<&[T]>, row: fn(&T) -> Row) -> ListView {
    ListView { kind, rows: entries.map(|entries| entries.iter().map(row).collect()) }
}

fn blocked(entry: &BlockedSession) -> Row {
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
    fn instances_without_data_are_unknown_and_so_are_their_lists() {
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
    fn postgresql_shows_lock_waits_and_top_queries() {
        let details = PostgresDetails {
            instance: "db:5432/app".to_owned(),
            version: Some("15.8".to_owned()),
            notes: vec!["a note".to_owned()],
            blocked: Some(vec![BlockedSession {
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
        assert_eq!(view.anchor(blocked.kind), "blocking-sessions-db:5432/app");
        assert_eq!(texts(blocked), [["1.5 min", "7", "8, a prepared transaction", "app", "UPDATE t"]]);
        assert_eq!(texts(statements), [["500 ms", "20.0 k", "25.0 µs", "3", "SELECT $1"]]);
    }

    #[test]
    fn redis_shows_version_role_and_slow_log() {
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
    fn rows_match_the_columns_and_the_sort_column_exists() {
        let blocked_row = blocked(&BlockedSession {
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
                assert!(cell.fits(column.kind), "{} {}", kind.title, column.title);
            }
        }
    }
}
