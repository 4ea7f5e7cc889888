//! Annotations as marks on charts.

use super::Annotations;
use app::api::{ChartBand, RangeQuery};
use watchglass_model::{Severity, TimeRange, Timestamp};

/// Limit of marks per page; the latest are kept. More could not be told apart on a chart.
const MAX_MARKS: usize = 50;

impl Annotations {
    /// Chart marks of a time window that covers `range`. A window that ends now also has the annotations of the future.
    pub(crate) fn chart_marks(&self, window: RangeQuery, range: TimeRange) -> Vec<ChartBand> {
        let end = if window.end.is_some() { range.end } else { Timestamp::from_millis(i64::MAX) };
        let annotations = self.in_range(TimeRange { end, ..range }, MAX_MARKS);
        let mark = |annotation: watchglass_model::Annotation| ChartBand {
            panel: String::new(),
            start: annotation.time,
            end: Some(annotation.end.unwrap_or(annotation.time)),
            severity: Severity::Info,
            text: annotation.text,
            threshold: None,
            annotation: annotation.kind.title().to_owned(),
        };
        annotations.into_iter().map(mark).collect()
    }
}
