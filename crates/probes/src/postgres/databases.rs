//! PostgreSQL databases: activity, size and transaction ID age.

use super::row::{Row, bytes_sql};
use crate::declare::{INSTANCE, PanelRef, counter, gauge, panel};
use crate::reading::OrSkip;
use crate::remote::{HitRatio, MAX_DATABASES};
use watchglass_model::{Declaration, PanelDeclaration, PanelRole, SampleBuffer, Style, Unit};

const LABELS: &[&str] = &["instance", "database"];

static TRANSACTIONS: PanelDeclaration =
    panel("PostgreSQL", "postgresql-transactions", "Transactions", Style::Line, Unit::PerSecond).description(
    "A drop at constant request rate means that transactions wait: check locks. More rollbacks are application errors.",
);
static CACHE: PanelDeclaration =
    panel("PostgreSQL", "postgresql-cache", "Cache hit rate", Style::Line, Unit::Ratio).description(
    "Below 99 % the working set no longer fits into memory, or a query reads a whole table: check the top queries.",
);
static ROWS_PANEL: PanelDeclaration = panel(
    "PostgreSQL",
    "postgresql-rows",
    "Row operations",
    Style::Line,
    Unit::PerSecond,
)
.description(
    "Many rows returned by scans and few fetched by index indicate sequential scans: check the top queries.",
);
// Bars: spills are bursts between seconds without any; stacked, because the total of all databases matters.
static TEMPORARY: PanelDeclaration =
    panel("PostgreSQL", "postgresql-temporary", "Temporary files", Style::Bars, Unit::BytesPerSecond).description(
    "Sorts and joins that exceed work_mem spill to disk. Bursts coincide with a report or an inefficient query.",
);
static SIZE_PANEL: PanelDeclaration =
    panel("PostgreSQL", "postgresql-size", "Database size", Style::Stacked, Unit::Bytes).description(
    "Extrapolate the slope to see when the disk is full. Growth without new data is bloat: check dead tuples and vacuum.",
);
static AGE_PANEL: PanelDeclaration =
    panel("PostgreSQL", "postgresql-age", "Transaction ID age", Style::Line, Unit::Count).description(
    "Drops with each vacuum freeze. A line that only rises ends in a wraparound shutdown: look for old transactions.",
);

/// Counter per database.
const fn count(name: &'static str, help: &'static str, panel: PanelRef, legend: &'static str) -> Declaration {
    counter(name, Unit::Count, LABELS, help, panel, legend)
}

static COMMITS: Declaration = count(
    "postgresql_commits_total",
    "Committed transactions.",
    Some((&TRANSACTIONS, PanelRole::HeadlineAndChart)),
    "committed",
);
static ROLLBACKS: Declaration = count(
    "postgresql_rollbacks_total",
    "Rolled back transactions.",
    Some((&TRANSACTIONS, PanelRole::HeadlineAndChart)),
    "rolled back",
);
static DEADLOCKS: Declaration = count(
    "postgresql_deadlocks_total",
    "Deadlocks; each one aborted a transaction.",
    Some((&TRANSACTIONS, PanelRole::Detail)),
    "deadlocks",
);
static HIT_RATIO: Declaration = gauge(
    "postgresql_cache_hit_ratio",
    Unit::Ratio,
    INSTANCE,
    "Share of block reads since the previous sample found in shared buffers, over all databases. Excludes the OS \
     cache. Missing without reads.",
    Some((&CACHE, PanelRole::HeadlineAndChart)),
    "",
);
static HITS: Declaration = count(
    "postgresql_blocks_hit_total",
    "Block reads found in shared buffers.",
    Some((&CACHE, PanelRole::Detail)),
    "hits",
);
static READS: Declaration = count(
    "postgresql_blocks_read_total",
    "Block reads not found in shared buffers.",
    Some((&CACHE, PanelRole::Detail)),
    "reads",
);
static ROWS: Declaration = counter(
    "postgresql_rows_total",
    Unit::Count,
    &["instance", "database", "operation"],
    "Rows by operation: returned by scans, fetched by index, inserted, updated, deleted.",
    Some((&ROWS_PANEL, PanelRole::Chart)),
    "",
);
static TEMPORARY_FILES: Declaration = count(
    "postgresql_temporary_files_total",
    "Temporary files written by queries that exceeded work_mem.",
    Some((&TEMPORARY, PanelRole::Detail)),
    "files",
);
static TEMPORARY_BYTES: Declaration = counter(
    "postgresql_temporary_bytes_total",
    Unit::Bytes,
    LABELS,
    "Bytes written to temporary files by queries.",
    Some((&TEMPORARY, PanelRole::HeadlineAndChart)),
    "",
);
static SIZE: Declaration = gauge(
    "postgresql_database_size_bytes",
    Unit::Bytes,
    LABELS,
    "Size of a database on disk.",
    Some((&SIZE_PANEL, PanelRole::HeadlineAndChart)),
    "",
);
static AGE: Declaration = gauge(
    "postgresql_transaction_id_age",
    Unit::Count,
    LABELS,
    "Age of the oldest unfrozen transaction ID of a database. The server stops accepting writes shortly before 2,147 \
     million (wraparound); autovacuum freezes from 200 million on.",
    Some((&AGE_PANEL, PanelRole::HeadlineAndChart)),
    "",
);

pub(super) static METRICS: [&Declaration; 11] = [
    &COMMITS,
    &ROLLBACKS,
    &DEADLOCKS,
    &HIT_RATIO,
    &HITS,
    &READS,
    &ROWS,
    &TEMPORARY_BYTES,
    &TEMPORARY_FILES,
    &SIZE,
    &AGE,
];

/// Metrics measured only in slow rounds.
pub(super) static SLOW: [&Declaration; 2] = [&SIZE, &AGE];

/// One more than the limit, to detect more databases. Oldest first, so that the selection is stable.
const LIMIT: usize = MAX_DATABASES + 1;

/// Name, transactions committed and rolled back, deadlocks, blocks hit and read, temporary files and bytes, and rows
/// by operation.
///
/// <https://www.postgresql.org/docs/current/monitoring-stats.html#MONITORING-PG-STAT-DATABASE-VIEW>
pub(super) fn sql() -> String {
    format!(
        "SELECT {}, s.xact_commit, s.xact_rollback, s.deadlocks, s.blks_hit, s.blks_read, s.temp_files, \
         s.temp_bytes, s.tup_returned, s.tup_fetched, s.tup_inserted, s.tup_updated, s.tup_deleted \
         FROM pg_stat_database s JOIN pg_database d ON d.oid = s.datid \
         WHERE d.datallowconn AND NOT d.datistemplate ORDER BY d.oid LIMIT {LIMIT}",
        bytes_sql("d.datname")
    )
}

/// Records the result of [`sql`], and returns a note if there are too many databases. `ratio` keeps the previous round. A
/// value that cannot be used costs what is computed from it.
pub(super) fn record(
    rows: &[Row],
    ratio: &mut HitRatio,
    instance: &str,
    samples: &mut SampleBuffer,
) -> Option<String> {
    let mut all = Some((0.0, 0.0));
    for row in rows.iter().take(MAX_DATABASES) {
        let mut values = row.values();
        let Some(name) = values.bytes_name("database").or_skip(samples) else {
            all = None;
            continue;
        };
        let labels = [instance, &name];
        let mut counter = |metric: &'static Declaration, field| {
            let value = values.number(field).or_skip(samples);
            if let Some(Some(value)) = value {
                samples.record(metric, &labels, value);
            }
            value.map(Option::unwrap_or_default)
        };
        counter(&COMMITS, "transactions committed");
        counter(&ROLLBACKS, "transactions rolled back");
        counter(&DEADLOCKS, "deadlocks");
        let blocks = counter(&HITS, "blocks hit").zip(counter(&READS, "blocks read"));
        all = all.zip(blocks).map(|((hits, reads), (hit, read))| (hits + hit, reads + read));
        counter(&TEMPORARY_FILES, "temporary files");
        counter(&TEMPORARY_BYTES, "temporary bytes");
        for operation in ["returned", "fetched", "inserted", "updated", "deleted"] {
            if let Some(value) = values.take("rows", samples) {
                samples.record(&ROWS, &[instance, &name, operation], value);
            }
        }
    }
    match all {
        Some((hits, reads)) => {
            if let Some(ratio) = ratio.since_last(hits, reads) {
                samples.record(&HIT_RATIO, &[instance], ratio);
            }
        }
        None => ratio.reset(),
    }
    (rows.len() > MAX_DATABASES).then(|| format!("only the first {MAX_DATABASES} databases are monitored"))
}

/// Name, size if permitted, and age of the oldest transaction ID.
pub(super) fn sizes_sql() -> String {
    format!(
        "SELECT {}, CASE WHEN has_database_privilege(oid, 'CONNECT') \
         OR pg_has_role('pg_read_all_stats', 'USAGE') THEN pg_database_size(oid) END, age(datfrozenxid) \
         FROM pg_database WHERE datallowconn AND NOT datistemplate ORDER BY oid LIMIT {MAX_DATABASES}",
        bytes_sql("datname")
    )
}

/// Records the result of [`sizes_sql`].
pub(super) fn record_sizes(rows: &[Row], instance: &str, samples: &mut SampleBuffer) {
    for row in rows.iter().take(MAX_DATABASES) {
        let mut values = row.values();
        let Some(name) = values.bytes_name("database").or_skip(samples) else { continue };
        for (metric, field) in [(&SIZE, "size"), (&AGE, "age of transaction ids")] {
            if let Some(value) = values.take(field, samples) {
                samples.record(metric, &[instance, &name], value);
            }
        }
    }
}

#[cfg(test)]
#[path = "databases_tests.rs"]
mod tests;
