//! Top PostgreSQL queries by total time, from the extension
//! [`pg_stat_statements`](https://www.postgresql.org/docs/current/pgstatstatements.html).

use super::redact::redact_literals;
use super::row::Row;
use crate::reading::OrSkip;
use crate::remote::MAX_DETAIL_ROWS;
use std::collections::HashMap;
use std::time::Duration;
use watchglass_model::{SampleBuffer, TopStatement};

/// Maximum length of a displayed query; more is fetched, because literals are removed.
const MAX_QUERY_CHARS: usize = 300;
const MAX_FETCHED_CHARS: usize = 1500;

/// Shown in place of a text that is not known.
pub(super) const NO_TEXT: &str = "(text not available)";

/// Quoted schema of the view, and whether it separates planning and execution time (since version 1.8). No row if the
/// extension does not exist in the connected database.
pub(super) const VIEW_SQL: &str = "SELECT quote_ident(n.nspname), (SELECT count(*) FROM pg_attribute a \
     JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = n.oid AND c.relname = 'pg_stat_statements' \
     AND a.attname = 'total_exec_time') \
     FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'";

/// Installed extension.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Extension {
    /// Quoted schema.
    schema: String,
    /// Suffix of the columns of the execution time.
    time: &'static str,
}

/// The extension, from the result of [`VIEW_SQL`]; `None` without it.
pub(super) fn extension(found: &[Row], samples: &mut SampleBuffer) -> Option<Extension> {
    let mut values = found.first()?.values();
    let schema = values.text("schema").or_skip(samples)??.to_owned();
    let has_columns = values.take("columns", samples).is_some_and(|count| count > 0.0);
    Some(Extension { schema, time: if has_columns { "exec_time" } else { "time" } })
}

/// Identifies a query: `queryid`, `userid`, `dbid`.
type Key = (i64, u32, u32);

/// Statistics of a query.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Statistics {
    key: Key,
    calls: u64,
    total_seconds: f64,
    mean_seconds: f64,
    rows: u64,
}

impl Extension {
    /// Statistics of the top queries, without their texts: reading any text makes the server read the file of all texts,
    /// which can have hundreds of megabytes. Excludes Watchglass's own queries.
    pub(super) fn statistics_sql(&self) -> String {
        let Self { schema, time } = self;
        format!(
            "SELECT queryid, userid, dbid, calls, total_{time} / 1000, mean_{time} / 1000, rows \
             FROM {schema}.pg_stat_statements(false) WHERE queryid IS NOT NULL \
             AND userid <> (SELECT oid FROM pg_roles WHERE rolname = current_user) \
             ORDER BY total_{time} DESC LIMIT {MAX_DETAIL_ROWS}"
        )
    }

    /// Texts of these queries.
    fn texts_sql(&self, keys: &[Key]) -> String {
        let keys: Vec<String> =
            keys.iter().map(|(query, user, database)| format!("({query},{user},{database})")).collect();
        format!(
            "SELECT queryid, userid, dbid, left(query, {MAX_FETCHED_CHARS}) FROM {}.pg_stat_statements(true) \
             WHERE (queryid, userid, dbid) IN ({}) LIMIT {}",
            self.schema,
            keys.join(", "),
            2 * MAX_DETAIL_ROWS
        )
    }
}

/// Parses the result of [`Extension::statistics_sql`], without rows that cannot be used.
pub(super) fn statistics(rows: &[Row], samples: &mut SampleBuffer) -> Vec<Statistics> {
    let mut entry = |row: &Row| {
        let mut values = row.values();
        let mut read = || {
            Ok(Statistics {
                key: (values.integer("queryid")?, values.integer("userid")?, values.integer("dbid")?),
                calls: values.integer("calls")?,
                total_seconds: values.number("total time")?.unwrap_or_default(),
                mean_seconds: values.number("mean time")?.unwrap_or_default(),
                rows: values.integer("rows")?,
            })
        };
        let read: Result<_, super::row::RowError> = read();
        read.or_skip(samples)
    };
    rows.iter().take(MAX_DETAIL_ROWS).filter_map(&mut entry).collect()
}

/// Texts of the top queries, without literals.
#[derive(Debug, Default)]
pub(super) struct Texts {
    known: HashMap<Key, String>,
    /// Number of calls of [`Texts::sql`] until texts may be read again.
    pause: u32,
}

/// Duration from which reading the texts is expensive.
const EXPENSIVE: Duration = Duration::from_millis(100);
/// Pause after an expensive or failed read.
const PAUSE: u32 = 9;

impl Texts {
    /// The query for the texts that are not known yet; `None` if all are known, or the last read was expensive and recent.
    pub(super) fn sql(&mut self, extension: &Extension, top: &[Statistics]) -> Option<String> {
        self.known.retain(|key, _| top.iter().any(|query| query.key == *key));
        let mut unknown: Vec<Key> =
            top.iter().map(|query| query.key).filter(|key| !self.known.contains_key(key)).collect();
        unknown.sort_unstable();
        unknown.dedup();
        if self.pause > 0 {
            self.pause -= 1;
            return None;
        }
        (!unknown.is_empty()).then(|| extension.texts_sql(&unknown))
    }

    /// Adds the result of [`Texts::sql`].
    pub(super) fn add(&mut self, rows: &[Row], samples: &mut SampleBuffer) {
        for row in rows {
            let mut values = row.values();
            let keys = (values.integer("queryid"), values.integer("userid"), values.integer("dbid"));
            let (Ok(query), Ok(user), Ok(database)) = keys else { continue };
            let text = values.text("query").or_skip(samples).flatten();
            let text = text.map_or(NO_TEXT.to_owned(), |text| redact_literals(text, MAX_QUERY_CHARS));
            self.known.insert((query, user, database), text);
        }
    }

    /// Ends a read that took `elapsed`.
    pub(super) fn end(&mut self, is_read: bool, elapsed: Duration) {
        self.pause = if is_read && elapsed < EXPENSIVE { 0 } else { PAUSE };
    }

    /// The top queries with their texts. PostgreSQL stores queries without literals, except for utility commands.
    pub(super) fn top_queries(&self, top: Vec<Statistics>) -> Vec<TopStatement> {
        let entry = |query: Statistics| TopStatement {
            query: self.known.get(&query.key).cloned().unwrap_or(NO_TEXT.to_owned()),
            calls: query.calls,
            total_seconds: query.total_seconds,
            mean_seconds: query.mean_seconds,
            rows: query.rows,
        };
        top.into_iter().map(entry).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::super::row::rows as given;
    use super::*;
    use crate::testing::skipped;

    #[test]
    fn sql_depends_on_the_extension_version() {
        let sql = |answer: &[&str]| {
            let found = extension(&given(answer), &mut SampleBuffer::new());
            found.map(|extension| extension.statistics_sql())
        };
        assert_eq!(sql(&[]), None);
        let new = sql(&[r#""my schema"|1"#]).unwrap();
        assert!(
            new.contains("total_exec_time") && new.contains(r#"FROM "my schema".pg_stat_statements(false)"#),
            "{new}"
        );
        let old = sql(&["public|0"]).unwrap();
        assert!(old.contains("total_time") && !old.contains("exec"), "{old}");
    }

    #[test]
    fn texts_of_the_top_queries_are_read_once_and_without_literals() {
        let mut samples = SampleBuffer::new();
        let lines = ["-7|10|5|7|0.5|0.1|9", "8|10|5|1|0|0|0", "x|10|5|1|0|0|0", "9|10|5|many|0|0|0"];
        let top = statistics(&given(&lines), &mut samples);
        assert_eq!(skipped(&samples), ["queryid not a number", "calls not a number"]);
        let extension = extension(&given(&["public|1"]), &mut samples).unwrap();
        let mut texts = Texts::default();
        let sql = texts.sql(&extension, &top).unwrap();
        assert!(
            sql.contains("pg_stat_statements(true)") && sql.contains("IN ((-7,10,5), (8,10,5))"),
            "{sql}"
        );
        texts.add(&given(&["-7|10|5|SELECT $1"]), &mut samples);
        texts.end(true, Duration::from_millis(5));
        let sql = texts.sql(&extension, &top).unwrap();
        assert!(sql.contains("IN ((8,10,5))"), "{sql}");
        texts.add(&given(&["8|10|5|CREATE ROLE a PASSWORD 'sesame'"]), &mut samples);
        texts.end(true, Duration::from_millis(5));
        assert_eq!(texts.sql(&extension, &top), None);
        let found = texts.top_queries(top.clone());
        let expected = TopStatement {
            query: "SELECT $1".to_owned(),
            calls: 7,
            total_seconds: 0.5,
            mean_seconds: 0.1,
            rows: 9,
        };
        assert_eq!(found[0], expected);
        assert_eq!(found[1].query, "CREATE ROLE a PASSWORD ?");
        assert_eq!(texts.sql(&extension, &[]), None);
        assert_eq!(texts.top_queries(top)[0].query, NO_TEXT, "only texts of the top queries are kept");
    }

    #[test]
    fn expensive_and_failed_reads_are_followed_by_a_pause() {
        let mut samples = SampleBuffer::new();
        let top = statistics(&given(&["8|10|5|1|0|0|0"]), &mut samples);
        let extension = extension(&given(&["public|1"]), &mut samples).unwrap();
        for (is_read, millis, pause) in [(true, 5, 0), (true, 900, 9), (false, 5, 9)] {
            let mut texts = Texts::default();
            assert!(texts.sql(&extension, &top).is_some());
            texts.end(is_read, Duration::from_millis(millis));
            let pauses = (0..20).take_while(|_| texts.sql(&extension, &top).is_none()).count();
            assert_eq!(pauses, pause, "{is_read} {millis}");
        }
    }
}
