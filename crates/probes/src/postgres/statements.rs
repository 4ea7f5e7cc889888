//! The statements of PostgreSQL that take most time, where the extension
//! [`pg_stat_statements`](https://www.postgresql.org/docs/current/pgstatstatements.html) is there.

use super::privacy::without_literals;
use super::row::{Row, RowError};
use crate::remote::MOST_DETAILS;
use watchglass_model::TopStatement;

/// The most characters of a statement that are shown, and that are asked for: what is left out takes room too.
const MOST_OF_QUERY: usize = 300;
const MOST_ASKED_FOR: usize = 1500;

/// Where the view is, quoted, and whether it tells planning and execution apart, as it does from its version 1.8 on.
/// No row where the extension was not created in the connected database.
pub(super) const WHERE_SQL: &str = "SELECT quote_ident(n.nspname), (SELECT count(*) FROM pg_attribute a \
     JOIN pg_class c ON c.oid = a.attrelid WHERE c.relnamespace = n.oid AND c.relname = 'pg_stat_statements' \
     AND a.attname = 'total_exec_time') \
     FROM pg_extension e JOIN pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'";

/// The question for the statements, from the answer to [`WHERE_SQL`]; `None` where there is no extension.
///
/// Statements of this program are left out: they would say nothing of the application.
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
        "SELECT left(query, {MOST_ASKED_FOR}), calls, total_{time} / 1000, mean_{time} / 1000, rows \
         FROM {schema}.pg_stat_statements WHERE userid <> (SELECT oid FROM pg_roles WHERE rolname = current_user) \
         ORDER BY total_{time} DESC LIMIT {MOST_DETAILS}"
    )))
}

/// Reads the answer to [`sql`]. Statements are stored without literals, except for those that define or set something.
pub(super) fn statements(rows: &[Row]) -> Result<Vec<TopStatement>, RowError> {
    let entry = |row: &Row| {
        let mut values = row.values();
        Ok(TopStatement {
            query: without_literals(values.text("query")?.unwrap_or_default(), MOST_OF_QUERY),
            calls: values.whole("calls")?,
            total_seconds: values.number("total time")?.unwrap_or_default(),
            mean_seconds: values.number("mean time")?.unwrap_or_default(),
            rows: values.whole("rows")?,
        })
    };
    rows.iter().take(MOST_DETAILS).map(entry).collect()
}

#[cfg(test)]
mod tests {
    use super::super::row::rows as given;
    use super::*;

    #[test]
    fn the_question_fits_the_version_of_the_extension() {
        let question = |answer: &[&str]| sql(&given(answer)).unwrap();
        assert_eq!(question(&[]), None);
        let new = question(&[r#""my schema"|1"#]).unwrap();
        assert!(new.contains("total_exec_time") && new.contains(r#"FROM "my schema".pg_stat"#), "{new}");
        let old = question(&["public|0"]).unwrap();
        assert!(old.contains("total_time") && !old.contains("exec"), "{old}");
    }

    #[test]
    fn statements_are_read_without_literals() {
        let found = statements(&given(&["SELECT $1|7|0.5|0.1|9", "CREATE ROLE a PASSWORD 'sesame'|1|0|0|0"]))
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
        assert!(statements(&given(&["SELECT 1|many|0|0|0"])).is_err());
    }
}
