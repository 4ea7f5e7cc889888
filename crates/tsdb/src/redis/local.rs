//! Local samples for hours merged from the local store and Redis.

use super::series_dict::SeriesDict;
use super::state::SharedState;
use crate::head::HOUR;
use crate::samples::Samples;
use crate::{History, Selector, StoredSeries};
use std::collections::BTreeMap;
use std::sync::Arc;
use watchglass_model::{TimeRange, Timestamp};

/// Local samples by hour.
pub(crate) type LocalHours = BTreeMap<i64, Vec<(Arc<StoredSeries>, Samples)>>;

/// All local samples of an hour.
pub(crate) fn local_samples(
    shared: &SharedState,
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
    // Cannot fail: the selector was compiled before.
    let _ = shared.local.raw(selector, TimeRange { start, end }, &mut visit);
    found
}

/// Local samples of an hour by the series numbers of a source.
pub(crate) fn local_of<'a>(
    table: &'a SeriesDict,
    local: &'a LocalHours,
    hour: i64,
) -> impl Iterator<Item = (u32, &'a Samples)> {
    let samples = local.get(&hour).into_iter().flatten();
    samples.filter_map(|(series, samples)| Some((table.number(series)?, samples)))
}
