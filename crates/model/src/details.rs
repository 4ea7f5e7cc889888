//! What is known of a database or a cache at the moment and is no time series: who waits for whom, and what was slow.
//!
//! Texts of queries and commands may hold secrets. What stands here is free of literals and of arguments other than
//! keys.

use crate::Timestamp;
use serde::{Deserialize, Serialize};

/// What PostgreSQL tells of this moment. A list that is `None` is not known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PostgresDetails {
    /// Which server: host, port and database.
    pub instance: String,
    /// Version of the server, such as `15.8`.
    pub version: Option<String>,
    /// What is left out, and what would let it be read. Free of secrets.
    pub notes: Vec<String>,
    /// Who waits for whom, the longest wait first; at most 20.
    pub blocked: Option<Vec<BlockedBy>>,
    /// The statements that took most time since their statistics began, the largest sum first; at most 20.
    pub statements: Option<Vec<TopStatement>>,
}

/// A session of PostgreSQL that waits for a lock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct BlockedBy {
    /// Process number of the session that waits.
    pub blocked_pid: i32,
    /// Process numbers of those it waits for; 0 is a prepared transaction.
    pub blocking_pids: Vec<i32>,
    /// The database it works in.
    pub database: String,
    /// Beginning of its query, without literals; at most 200 characters.
    pub query: String,
    /// How long it has waited; since its query began, where PostgreSQL is older than 14.
    pub wait_seconds: f64,
}

/// A statement of `pg_stat_statements`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct TopStatement {
    /// Its text without literals; at most 300 characters.
    pub query: String,
    /// How often it was run.
    pub calls: u64,
    /// Time it took altogether.
    pub total_seconds: f64,
    /// Time it took in the mean.
    pub mean_seconds: f64,
    /// Rows it gave or changed altogether.
    pub rows: u64,
}

/// What Redis tells of this moment. A list that is `None` is not known.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RedisDetails {
    /// Which server: host and port.
    pub instance: String,
    /// Version of the server, such as `7.0.15`.
    pub version: Option<String>,
    /// `master` or `slave`, as Redis calls it.
    pub role: Option<String>,
    /// What is left out, and what would let it be read. Free of secrets.
    pub notes: Vec<String>,
    /// Commands that were slow, the latest first; at most 20.
    pub slow_log: Option<Vec<SlowLogEntry>>,
}

/// An entry of Redis's slow log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SlowLogEntry {
    /// Its number, which grows by one with each.
    pub id: u64,
    /// When the command was run, to the second.
    pub time: Timestamp,
    /// How long it took.
    pub seconds: f64,
    /// The command and, of commands whose first argument is a key, that key: `GET session:1`.
    pub command: String,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn are_sent_as_they_were() {
        let postgres = PostgresDetails {
            instance: "db:5432/app".to_owned(),
            version: Some("15.8".to_owned()),
            notes: vec!["a note".to_owned()],
            blocked: Some(vec![BlockedBy {
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
