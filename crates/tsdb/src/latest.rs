//! Latest sample of every series, for current values without a history query.

use watchglass_model::{Batch, Kind, SeriesId, Timestamp};

/// Latest sample of every series, with its displayed value.
#[derive(Clone, Debug, Default)]
pub struct Latest {
    time: Option<Timestamp>,
    entries: Vec<Option<LatestSample>>,
}

/// Latest sample of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct LatestSample {
    /// Time of the sample.
    pub time: Timestamp,
    /// Measured value.
    pub value: f64,
    /// Displayed value: a gauge's value, or a counter's rate per second since the previous sample, if any.
    pub reading: Option<f64>,
}

impl Latest {
    /// Applies a batch. `kind` returns the metric type of a series.
    pub fn update(&mut self, batch: &Batch, mut kind: impl FnMut(SeriesId) -> Kind) {
        self.time = Some(batch.time);
        for sample in &batch.samples {
            let place = sample.series.0 as usize;
            if place >= self.entries.len() {
                self.entries.resize(place + 1, None);
            }
            let Some(entry) = self.entries.get_mut(place) else { continue };
            let before = entry.map(|before| (before.time.millis(), before.value));
            let now = (batch.time.millis(), sample.value);
            let reading = kind(sample.series).reading(before, now);
            *entry = Some(LatestSample { time: batch.time, value: sample.value, reading });
        }
    }

    /// Forgets series that have ended: their ids may belong to other series from the next batch on.
    pub fn end_series(&mut self, ended: &[SeriesId]) {
        for id in ended {
            if let Some(entry) = self.entries.get_mut(id.0 as usize) {
                *entry = None;
            }
        }
    }

    /// Time of the latest batch; `None` before the first.
    pub fn time(&self) -> Option<Timestamp> {
        self.time
    }

    /// The latest sample of `series`, unless it is more than `max_age_millis` older than the latest batch.
    pub fn get(&self, series: SeriesId, max_age_millis: i64) -> Option<LatestSample> {
        let newest = (*self.entries.get(series.0 as usize)?)?;
        (self.time?.millis_since(newest.time) <= max_age_millis).then_some(newest)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_model::Sample;

    fn batch(second: i64, values: &[(u32, f64)]) -> Batch {
        let samples = values.iter().map(|&(id, value)| Sample { series: SeriesId(id), value }).collect();
        Batch { time: Timestamp::from_millis(second * 1000), samples }
    }

    #[test]
    fn stale_samples_are_none() {
        let kind = |SeriesId(id)| if id == 0 { Kind::Gauge } else { Kind::Counter };
        let mut latest = Latest::default();
        assert_eq!((latest.time(), latest.get(SeriesId(0), 1000)), (None, None));
        latest.update(&batch(10, &[(0, 5.0), (2, 100.0)]), kind);
        latest.update(&batch(12, &[(2, 150.0)]), kind);
        let shown = |id, most| latest.get(SeriesId(id), most).map(|newest| (newest.value, newest.reading));
        assert_eq!(shown(0, 2000), Some((5.0, Some(5.0))));
        assert_eq!(shown(0, 1999), None);
        assert_eq!(shown(1, 9999), None);
        assert_eq!(shown(2, 0), Some((150.0, Some(25.0))));
        assert_eq!(shown(3, 9999), None);
    }

    #[test]
    fn counter_with_the_id_of_an_ended_series_has_no_rate_at_first() {
        let mut latest = Latest::default();
        latest.update(&batch(1, &[(0, 100.0)]), |_| Kind::Counter);
        latest.end_series(&[SeriesId(0), SeriesId(9)]);
        assert_eq!(latest.get(SeriesId(0), 1000), None);
        latest.update(&batch(2, &[(0, 105.0)]), |_| Kind::Counter);
        assert_eq!(latest.get(SeriesId(0), 0).unwrap().reading, None);
    }

    #[test]
    fn counter_reset_has_no_displayed_value() {
        let mut latest = Latest::default();
        latest.update(&batch(1, &[(0, 100.0)]), |_| Kind::Counter);
        latest.update(&batch(2, &[(0, 5.0)]), |_| Kind::Counter);
        let newest = latest.get(SeriesId(0), 0).unwrap();
        assert_eq!((newest.value, newest.reading), (5.0, None));
    }
}
