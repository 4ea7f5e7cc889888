//! The newest sample of every series, for what asks about now: it needs no search through the history.

use watchglass_model::{Batch, Kind, SeriesId, Timestamp};

/// The newest sample of every series, with what people are shown of it.
#[derive(Clone, Debug, Default)]
pub struct Latest {
    time: Option<Timestamp>,
    entries: Vec<Option<Newest>>,
}

/// The newest sample of a series.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Newest {
    /// When it was measured.
    pub time: Timestamp,
    /// The value as it was measured.
    pub value: f64,
    /// A gauge's value, a counter's rate per second since the sample before; `None` where there is none.
    pub reading: Option<f64>,
}

impl Latest {
    /// Takes over a batch. `kind` tells how the values of a series move.
    pub fn update(&mut self, batch: &Batch, kind: impl Fn(SeriesId) -> Kind) {
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
            *entry = Some(Newest { time: batch.time, value: sample.value, reading });
        }
    }

    /// Time of the newest batch; `None` before the first.
    pub fn time(&self) -> Option<Timestamp> {
        self.time
    }

    /// The newest sample of `series`, unless it is more than `most_millis` older than the newest batch.
    pub fn get(&self, series: SeriesId, most_millis: i64) -> Option<Newest> {
        let newest = (*self.entries.get(series.0 as usize)?)?;
        (self.time?.millis_since(newest.time) <= most_millis).then_some(newest)
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
    fn knows_the_newest_value_and_its_reading_until_it_is_too_old() {
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
    fn a_counter_that_restarted_has_a_value_and_no_reading() {
        let mut latest = Latest::default();
        latest.update(&batch(1, &[(0, 100.0)]), |_| Kind::Counter);
        latest.update(&batch(2, &[(0, 5.0)]), |_| Kind::Counter);
        let newest = latest.get(SeriesId(0), 0).unwrap();
        assert_eq!((newest.value, newest.reading), (5.0, None));
    }
}
