//! Series of a chart that have ended: they get ids for one reply.

use app::api::FIRST_ENDED;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::sync::Arc;
use watchglass_model::{Series, SeriesId};
use watchglass_tsdb::{Column, Columns, StoredSeries};

/// Maximum number of ended series of a metric: the newest ones.
const MAX_PER_METRIC: usize = 20;
/// Maximum number of ended series of a reply.
const MAX_ENDED: usize = 200;

/// Ended series of a reply.
#[derive(Debug, Default)]
pub(super) struct EndedSeries {
    ids: HashMap<Arc<StoredSeries>, SeriesId>,
    series: Vec<Series>,
}

impl EndedSeries {
    /// Adds the ended series of a metric.
    pub(super) fn add(&mut self, columns: &Columns) {
        let last = |column: &Column| column.count.iter().rposition(|count| *count > 0);
        let mut ended: Vec<&Column> = columns.columns.iter().filter(|column| column.id.is_none()).collect();
        ended.sort_by_key(|column| Reverse(last(column)));
        let room = MAX_ENDED.saturating_sub(self.series.len()).min(MAX_PER_METRIC);
        for (column, number) in ended.into_iter().take(room).zip(self.series.len()..) {
            let Ok(number) = u32::try_from(number) else { return };
            let id = SeriesId(FIRST_ENDED.saturating_add(number));
            self.ids.insert(Arc::clone(&column.series), id);
            let StoredSeries { metric, labels, .. } = column.series.as_ref();
            self.series.push(Series { id, metric: metric.clone(), labels: labels.clone() });
        }
    }

    /// Id of the series of a column: its own, or the one in this reply if it has ended.
    pub(super) fn id(&self, column: &Column) -> Option<SeriesId> {
        column.id.or_else(|| self.ids.get(&column.series).copied())
    }

    /// The ended series.
    pub(super) fn into_series(self) -> Vec<Series> {
        self.series
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_model::{Kind, Timestamp};

    #[test]
    fn newest_ended_series_of_each_metric_are_kept() {
        let column = |id: Option<u32>, n: usize, last: usize| Column {
            series: Arc::new(StoredSeries {
                metric: "m".to_owned(),
                labels: [("n", n.to_string())].into_iter().collect(),
                kind: Kind::Gauge,
            }),
            id: id.map(SeriesId),
            low: vec![0.0; 40],
            high: vec![0.0; 40],
            mean: vec![0.0; 40],
            count: (0..40).map(|row| u32::from(row <= last)).collect(),
            increase: Vec::new(),
        };
        let mut columns: Vec<Column> = (0..30).map(|n| column(None, n, n)).collect();
        columns.push(column(Some(7), 99, 3));
        let columns = Columns { start: Timestamp::default(), step_millis: 1000, rows: 40, columns };
        let mut ended = EndedSeries::default();
        ended.add(&columns);
        assert_eq!(ended.id(&columns.columns[30]), Some(SeriesId(7)));
        assert_eq!(ended.id(&columns.columns[29]), Some(SeriesId(FIRST_ENDED)));
        assert_eq!((ended.id(&columns.columns[9]), ended.id(&columns.columns[10]).is_some()), (None, true));
        (0..20).for_each(|_| ended.add(&columns));
        assert_eq!(ended.into_series().len(), MAX_ENDED);
    }
}
