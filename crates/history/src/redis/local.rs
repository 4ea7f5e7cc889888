//! What this server's own store adds to the hours that are put together from it and from Redis.

use super::shared::Shared;
use super::table::Table;
use crate::head::HOUR;
use crate::samples::Samples;
use crate::{History, Selector, StoredSeries};
use std::collections::BTreeMap;
use std::sync::Arc;
use watchglass_model::{TimeRange, Timestamp};

/// What this server's own store has of some hours.
pub(crate) type LocalHours = BTreeMap<i64, Vec<(Arc<StoredSeries>, Samples)>>;

/// All that it has of an hour.
pub(crate) fn local_samples(
    shared: &Shared,
    selector: &Selector,
    hour: i64,
) -> Vec<(Arc<StoredSeries>, Samples)> {
    let start = Timestamp::from_millis(hour.saturating_mul(HOUR));
    let end = Timestamp::from_millis(hour.saturating_add(1).saturating_mul(HOUR));
    let mut found = Vec::new();
    let mut visit = |series: &StoredSeries, samples: &[(Timestamp, f64)]| {
        let samples = samples.iter().map(|&(time, value)| (time.millis(), value)).collect();
        found.push((Arc::new(series.clone()), samples));
    };
    // The selector was compiled before: it can be.
    let _ = shared.local.raw(selector, TimeRange { start, end }, &mut visit);
    found
}

/// Its samples of an hour, by the numbers that a source gives to their series.
pub(crate) fn local_of<'a>(
    table: &'a Table,
    local: &'a LocalHours,
    hour: i64,
) -> impl Iterator<Item = (u32, &'a Samples)> {
    let samples = local.get(&hour).into_iter().flatten();
    samples.filter_map(|(series, samples)| Some((table.number(series)?, samples)))
}
