//! Top PostgreSQL queries by total time, from the extension
//! [`pg_stat_statements`](https://www.postgresql.org/docs/current/pgstatstatements.html).

use super::redact::redact_literals;
use super::row::{Row, RowError};
use crate::remote::MAX_DETAIL_ROWS;
use watchglass_model::TopStatement;

/// Maximum length of a displayed query; more is fetched, because literals are removed.
const MAX_QUERY_CHARS: usize = 300;
const MAX_FETCHED_CHARS: usize = 1500;

/// Quoted schema of the view, and whether it separates planning and execution time (since version 1.8). No row if the
/// extension does not exist in the connected database.
pub(super) const VIEW_SQL: &str = "SELECT quote_ident(n.nspname), (SELECT count(*) FROM pg_attribute a \
     JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = n.oid AND c.relname = 'pg_stat_statements' \
     AND a.attname = 'total_exec_time') \
     FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'";

/// The query for the top queries, from the result of [`VIEW_SQL`]; `None` without the extension.
///
/// Excludes Watchglass's own queries.
pub(super) fn sql(found: &[Row]) -> Result<Option<String>, RowError> {
    let Some(row) = found.first() else {
        return Ok(None);
    };
    let mut values = row.values();
    let schema = values.text("schema")?.unwrap_or_default();
    let time = match values.number("columns")? {
        Some(count) if count > 0.0 => "exec_time",
        _ => "time",
    };
    Ok(Some(format!(
        "SELECT left(query, {MAX_FETCHED_CHARS}), calls, total_{time} / 1000, mean_{time} / 1000, rows \
         FROM {schema}.pg_stat_statements WHERE userid <> (SELECT oid FROM pg_roles WHERE rolname = current_user) \
         ORDER BY total_{time} DESC LIMIT {MAX_DETAIL_ROWS}"
    )))
}

/// Parses the result of [`sql`]. PostgreSQL stores queries without literals, except for utility commands.
pub(super) fn top_queries(rows: &[Row]) -> Result<Vec<TopStatement>, RowError> {
    let entry = |row: &Row| {
        let mut values = row.values();
        Ok(TopStatement {
            query: redact_literals(values.text("query")?.unwrap_or_default(), MAX_QUERY_CHARS),
            calls: values.integer("calls")?,
            total_seconds: values.number("total time")?.unwrap_or_default(),
            mean_seconds: values.number("mean time")?.unwrap_or_default(),
            rows: values.integer("rows")?,
        })
    };
    rows.iter().take(MAX_DETAIL_ROWS).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::super::row::rows as given;
    use super::*;

    #[test]
    fn sql_depends_on_the_extension_version() {
        let question = |answer: &[&str]| sql(&given(answer)).unwrap();
        assert_eq!(question(&[]), None);
        let new = question(&[r#""my schema"|1"#]).unwrap();
        assert!(new.contains("total_exec_time") && new.contains(r#"FROM "my schema".pg_stat"#), "{new}");
        let old = question(&["public|0"]).unwrap();
        assert!(old.contains("total_time") && !old.contains("exec"), "{old}");
    }

    #[test]
    fn top_queries_are_read_without_literals() {
        let found =
            top_queries(&given(&["SELECT $1|7|0.5|0.1|9", "CREATE ROLE a PASSWORD 'sesame'|1|0|0|0"]))
                .unwrap();
        let expected = TopStatement {
            query: "SELECT $1".to_owned(),
            calls: 7,
            total_seconds: 0.5,
            mean_seconds: 0.1,
            rows: 9,
        };
        assert_eq!(found[0], expected);
        assert_eq!(found[1].query, "CREATE ROLE a PASSWORD ?");
        assert!(top_queries(&given(&["SELECT 1|many|0|0|0"])).is_err());
    }
}
