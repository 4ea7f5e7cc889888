//! Current details of PostgreSQL and Redis that are not time series: blocking sessions, top queries, slow log.
//!
//! Query and command texts may contain secrets: literals, and arguments other than keys, are removed before they
//! get here.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// Current details of a PostgreSQL server. A list that is `None` is unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PostgresDetails {
    /// Server: host, port and database.
    pub instance: String,
    /// Server version, such as `15.8`.
    pub version: Option<String>,
    /// What is left out, and what would let it be read. Free of secrets.
    pub notes: Vec<String>,
    /// Sessions that wait for a lock, longest wait first; at most 20.
    pub blocked: Option<Vec<BlockedSession>>,
    /// Queries with the highest total time since the statistics were reset, highest first; at most 20.
    pub statements: Option<Vec<TopStatement>>,
}

/// PostgreSQL session that waits for a lock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockedSession {
    /// PID of the waiting session.
    pub blocked_pid: i32,
    /// PIDs of the sessions that block it; 0 is a prepared transaction.
    pub blocking_pids: Vec<i32>,
    /// Database of the session.
    pub database: String,
    /// Start of its query, without literals; at most 200 characters.
    pub query: String,
    /// Wait time in seconds; before PostgreSQL 14, the time since its query started.
    pub wait_seconds: f64,
}

/// Query from `pg_stat_statements`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopStatement {
    /// Query text without literals; at most 300 characters.
    pub query: String,
    /// Number of executions.
    pub calls: u64,
    /// Total execution time in seconds.
    pub total_seconds: f64,
    /// Mean execution time in seconds.
    pub mean_seconds: f64,
    /// Total rows returned or changed.
    pub rows: u64,
}

/// Current details of a Redis server. A list that is `None` is unknown.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RedisDetails {
    /// Server: host and port.
    pub instance: String,
    /// Server version, such as `7.0.15`.
    pub version: Option<String>,
    /// Replication role as Redis reports it: `master` or `slave`.
    pub role: Option<String>,
    /// What is left out, and what would let it be read. Free of secrets.
    pub notes: Vec<String>,
    /// Slow commands, latest first; at most 20.
    pub slow_log: Option<Vec<SlowLogEntry>>,
}

/// Entry of the Redis slow log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlowLogEntry {
    /// Sequence number of the entry.
    pub id: u64,
    /// When the command ran, in whole seconds.
    pub time: Timestamp,
    /// Execution time in seconds.
    pub seconds: f64,
    /// The command and, if its first argument is a key, that key: `GET session:1`.
    pub command: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn details_round_trip_through_json() {
        let postgres = PostgresDetails {
            instance: "db:5432/app".to_owned(),
            version: Some("15.8".to_owned()),
            notes: vec!["a note".to_owned()],
            blocked: Some(vec![BlockedSession {
                blocked_pid: 7,
                blocking_pids: vec![8, 0],
                database: "app".to_owned(),
                query: "SELECT ?".to_owned(),
                wait_seconds: 1.5,
            }]),
            statements: Some(vec![TopStatement {
                query: "SELECT $1".to_owned(),
                calls: 2,
                total_seconds: 0.5,
                mean_seconds: 0.25,
                rows: 2,
            }]),
        };
        let sent = concat!(
            r#"{"instance":"db:5432/app","version":"15.8","notes":["a note"],"#,
            r#""blocked":[{"blocked_pid":7,"blocking_pids":[8,0],"database":"app","query":"SELECT ?","#,
            r#""wait_seconds":1.5}],"statements":[{"query":"SELECT $1","calls":2,"total_seconds":0.5,"#,
            r#""mean_seconds":0.25,"rows":2}]}"#
        );
        assert_eq!(serde_json::to_string(&postgres).unwrap(), sent);
        assert_eq!(serde_json::from_str::<PostgresDetails>(sent).unwrap(), postgres);

        let redis = RedisDetails {
            instance: "cache:6379".to_owned(),
            version: None,
            role: Some("master".to_owned()),
            notes: Vec::new(),
            slow_log: Some(vec![SlowLogEntry {
                id: 3,
                time: Timestamp::from_millis(1000),
                seconds: 0.02,
                command: "GET a".to_owned(),
            }]),
        };
        let sent = concat!(
            r#"{"instance":"cache:6379","version":null,"role":"master","notes":[],"#,
            r#""slow_log":[{"id":3,"time":1000,"seconds":0.02,"command":"GET a"}]}"#
        );
        assert_eq!(serde_json::to_string(&redis).unwrap(), sent);
        assert_eq!(serde_json::from_str::<RedisDetails>(sent).unwrap(), redis);
    }
}
