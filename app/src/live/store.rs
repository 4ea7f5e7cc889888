//! What a page knows: the catalogue, the series, their newest readings, and their tracks over the window.

use crate::api::{History, HostInfo, Snapshot};
use crate::live::Track;
use std::collections::BTreeMap;
use watchglass_live::{Metrics, State};
use watchglass_model::{Catalogue, Kind, SeriesId, TimeRange, Timestamp};

/// Everything that a page shows is read from here, on the server and in the browser alike.
#[derive(Clone, Debug, Default)]
pub(crate) struct LiveStore {
    host: HostInfo,
    catalogue: Catalogue,
    paces: BTreeMap<String, u32>,
    interval: i64,
    state: State,
    window_seconds: u32,
    step: i64,
    newest: Option<Timestamp>,
    series: Vec<Known>,
}

/// One series, by its number.
#[derive(Clone, Debug, Default)]
struct Known {
    kind: Option<Kind>,
    pace: i64,
    raw: Option<(i64, f64)>,
    reading: Option<(i64, f64)>,
    track: Track,
}

impl LiveStore {
    /// Begins anew with what the server rendered.
    pub(crate) fn load(&mut self, snapshot: &Snapshot) {
        // The live connection may have been quicker.
        let state =
            if self.state.version > snapshot.state.version { &self.state } else { &snapshot.state }.clone();
        *self = Self {
            host: snapshot.host.clone(),
            catalogue: snapshot.catalogue.clone(),
            paces: snapshot.paces.clone(),
            interval: i64::from(snapshot.interval_ms).max(1),
            newest: snapshot.time,
            ..Self::default()
        };
        self.set_state(state);
        for reading in &snapshot.readings {
            if let Some(known) = self.series.get_mut(reading.series.0 as usize) {
                known.reading = Some((reading.time.millis(), reading.value));
            }
        }
        self.set_history(&snapshot.history);
    }

    /// Takes over a new list of series and problems.
    pub(crate) fn set_state(&mut self, state: State) {
        self.series.resize_with(state.series.len(), Known::default);
        for (place, (known, series)) in self.series.iter_mut().zip(&state.series).enumerate() {
            // A server that was restarted may have numbered its series anew.
            if self.state.series.get(place).is_some_and(|before| before != series) {
                *known = Known::default();
            }
            known.kind = self.catalogue.metric(&series.metric).map(|metric| metric.kind);
            known.pace = self.paces.get(&series.metric).map_or(self.interval, |&pace| i64::from(pace));
        }
        self.state = state;
    }

    /// Takes over a history. What arrived live since then stays.
    pub(crate) fn set_history(&mut self, history: &History) {
        let same = history.window_seconds == self.window_seconds && history.step_millis == self.step;
        self.window_seconds = history.window_seconds;
        self.step = history.step_millis.max(1);
        if !same {
            self.series.iter_mut().for_each(|known| known.track = Track::default());
        }
        for given in &history.tracks {
            let Some(known) = self.series.get_mut(given.series.0 as usize) else { continue };
            let high = if given.high.is_empty() { &given.low } else { &given.high };
            let mut track = Track::default();
            let mut time = history.start.millis();
            for (low, high) in given.low.iter().zip(high) {
                if let (Some(low), Some(high)) = (low, high) {
                    track.push(time, f64::from(*low), f64::from(*high));
                }
                time += self.step;
            }
            known.track.merge(&track);
        }
    }

    /// Takes over a live frame. One whose numbers belong to another state is left out: the state follows.
    pub(crate) fn push(&mut self, metrics: &Metrics) {
        if metrics.state != self.state.version
            || self.newest.is_some_and(|newest| metrics.batch.time <= newest)
        {
            return;
        }
        let time = metrics.batch.time;
        self.newest = Some(time);
        let row = time.floor(self.step.max(1)).millis();
        for sample in &metrics.batch.samples {
            let Some(known) = self.series.get_mut(sample.series.0 as usize) else { continue };
            let now = (time.millis(), sample.value);
            if let Some(reading) = known.kind.and_then(|kind| kind.reading(known.raw, now)) {
                known.reading = Some((time.millis(), reading));
                known.track.add(row, reading);
            }
            known.raw = Some(now);
        }
        let start = self.window().start.millis();
        self.series.iter_mut().for_each(|known| known.track.forget_before(start));
    }

    /// The machine.
    pub(crate) fn host(&self) -> &HostInfo {
        &self.host
    }

    /// All metrics and panels.
    pub(crate) fn catalogue(&self) -> &Catalogue {
        &self.catalogue
    }

    /// Series and failing probes.
    pub(crate) fn state(&self) -> &State {
        &self.state
    }

    /// Time of the newest values.
    pub(crate) fn newest(&self) -> Option<Timestamp> {
        self.newest
    }

    /// The stretch that charts show: it ends with the newest values.
    pub(crate) fn window(&self) -> TimeRange {
        let end = self.newest.unwrap_or_default();
        TimeRange::before(end, std::time::Duration::from_secs(u64::from(self.window_seconds)))
    }

    /// The newest reading of a series, unless a newer one is overdue.
    pub(crate) fn reading(&self, series: SeriesId) -> Option<f64> {
        let known = self.series.get(series.0 as usize)?;
        let (time, reading) = known.reading?;
        (self.newest?.millis() - time <= known.pace * 5 / 2).then_some(reading)
    }

    /// The reading of a series at a moment of the window: the row that holds it, if it is no gap. Of a row with
    /// several readings, the largest.
    pub(crate) fn reading_at(&self, series: SeriesId, moment: i64) -> Option<f64> {
        let known = self.series.get(series.0 as usize)?;
        let after = known.track.times.partition_point(|&time| time <= moment);
        let place = after.checked_sub(1)?;
        let time = known.track.times.get(place)?;
        (moment - time < self.gap_after(series)).then(|| known.track.high.get(place).copied()).flatten()
    }

    /// The readings of a series over the window.
    pub(crate) fn track(&self, series: SeriesId) -> Option<&Track> {
        self.series.get(series.0 as usize).map(|known| &known.track)
    }

    /// Two rows of this series further apart than this many milliseconds have a gap between them.
    pub(crate) fn gap_after(&self, series: SeriesId) -> i64 {
        let pace = self.series.get(series.0 as usize).map_or(self.interval, |known| known.pace);
        // What is slower than the tick is handed over by a thread of its own, at times a tick late.
        let pace = if pace > self.interval { pace + self.interval } else { pace.max(1) };
        let step = self.step.max(1);
        // The rows of two values that follow each other are at most this many steps apart; half a step more, and one
        // is missing.
        (pace + step - 1) / step * step + step / 2
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::api::{Reading, TrackHistory};
    use watchglass_model::{Batch, Declaration, Sample, Series, Unit};

    fn catalogue() -> Catalogue {
        let metric = |name, kind| Declaration {
            name,
            kind,
            unit: Unit::Bytes,
            help: "",
            labels: &[],
            panel: None,
            legend: "",
        };
        let mut catalogue = Catalogue::default();
        catalogue.declare(&metric("gauge", Kind::Gauge)).unwrap();
        catalogue.declare(&metric("counter", Kind::Counter)).unwrap();
        catalogue
    }

    fn state(version: u32) -> State {
        let series = |id, metric: &str| Series {
            id: SeriesId(id),
            metric: metric.to_owned(),
            labels: Default::default(),
        };
        State { version, series: vec![series(0, "gauge"), series(1, "counter")], problems: Vec::new() }
    }

    fn store() -> LiveStore {
        let history = History {
            window_seconds: 10,
            start: Timestamp::from_millis(1_000),
            step_millis: 1_000,
            tracks: vec![TrackHistory {
                series: SeriesId(0),
                low: vec![Some(1.0), None, Some(3.0)],
                high: vec![],
            }],
        };
        let mut store = LiveStore::default();
        store.load(&Snapshot {
            time: Some(Timestamp::from_millis(3_000)),
            interval_ms: 1_000,
            host: HostInfo::default(),
            catalogue: catalogue(),
            paces: BTreeMap::new(),
            state: state(1),
            readings: vec![Reading { series: SeriesId(0), time: Timestamp::from_millis(3_000), value: 3.0 }],
            history,
        });
        store
    }

    fn metrics(state: u32, time: i64, values: &[(u32, f64)]) -> Metrics {
        let samples = values.iter().map(|&(id, value)| Sample { series: SeriesId(id), value }).collect();
        Metrics { state, seq: 1, batch: Batch { time: Timestamp::from_millis(time), samples } }
    }

    fn times(store: &LiveStore, id: u32) -> Vec<i64> {
        store.track(SeriesId(id)).unwrap().times.clone()
    }

    #[test]
    fn shows_what_the_server_rendered() {
        let store = store();
        assert_eq!((store.reading(SeriesId(0)), store.reading(SeriesId(1))), (Some(3.0), None));
        assert_eq!(times(&store, 0), [1_000, 3_000]);
        assert_eq!(store.reading_at(SeriesId(0), 1_400), Some(1.0));
        assert_eq!(store.reading_at(SeriesId(0), 2_600), None);
        assert_eq!(store.reading_at(SeriesId(0), 900), None);
    }

    #[test]
    fn a_counter_shows_a_rate_from_its_second_frame_on() {
        let mut store = store();
        store.push(&metrics(1, 4_000, &[(0, 4.0), (1, 100.0)]));
        assert_eq!((store.reading(SeriesId(0)), store.reading(SeriesId(1))), (Some(4.0), None));
        store.push(&metrics(1, 6_000, &[(0, 5.0), (1, 150.0)]));
        assert_eq!(store.reading(SeriesId(1)), Some(25.0));
        assert_eq!(times(&store, 0), [1_000, 3_000, 4_000, 6_000]);
    }

    #[test]
    fn a_series_that_stops_has_no_reading_after_two_missed_ticks() {
        let mut store = store();
        store.push(&metrics(1, 5_000, &[]));
        assert_eq!(store.reading(SeriesId(0)), Some(3.0));
        store.push(&metrics(1, 6_000, &[]));
        assert_eq!(store.reading(SeriesId(0)), None);
    }

    #[test]
    fn frames_of_another_state_or_from_the_past_are_left_out() {
        let mut store = store();
        store.push(&metrics(2, 4_000, &[(0, 9.0)]));
        store.push(&metrics(1, 3_000, &[(0, 9.0)]));
        assert_eq!((store.newest().unwrap().millis(), times(&store, 0)), (3_000, vec![1_000, 3_000]));
        store.set_state(state(2));
        store.push(&metrics(2, 4_000, &[(0, 9.0)]));
        assert_eq!(store.reading(SeriesId(0)), Some(9.0));
    }

    #[test]
    fn a_history_fills_what_was_missed_and_keeps_what_is_newer() {
        let mut store = store();
        store.push(&metrics(1, 6_000, &[(0, 6.0)]));
        let low = vec![Some(3.0), Some(4.0), Some(5.0)];
        store.set_history(&History {
            window_seconds: 10,
            start: Timestamp::from_millis(3_000),
            step_millis: 1_000,
            tracks: vec![TrackHistory { series: SeriesId(0), low, high: vec![] }],
        });
        assert_eq!(times(&store, 0), [1_000, 3_000, 4_000, 5_000, 6_000]);
    }

    #[test]
    fn a_number_that_means_another_series_after_a_restart_begins_anew() {
        let mut store = store();
        store.push(&metrics(1, 4_000, &[(0, 4.0), (1, 100.0)]));
        let mut other = state(1);
        other.series.swap(0, 1);
        for (id, series) in (0..).zip(&mut other.series) {
            series.id = SeriesId(id);
        }
        store.set_state(other);
        assert_eq!((store.reading(SeriesId(0)), times(&store, 0)), (None, vec![]));
        store.push(&metrics(1, 5_000, &[(0, 900.0), (1, 5.0)]));
        assert_eq!((store.reading(SeriesId(0)), store.reading(SeriesId(1))), (None, Some(5.0)));
    }

    #[test]
    fn a_gap_is_where_a_value_is_missing_whatever_the_rows() {
        for (pace, step, expected) in
            [(1_000, 1_000, 1_500), (5_000, 1_000, 6_500), (5_000, 4_000, 10_000), (1_000, 4_000, 6_000)]
        {
            let mut store = store();
            (store.step, store.series[0].pace) = (step, pace);
            assert_eq!(store.gap_after(SeriesId(0)), expected, "{pace} {step}");
        }
    }

    #[test]
    fn what_leaves_the_window_is_forgotten() {
        let mut store = store();
        for second in 4..40 {
            store.push(&metrics(1, second * 1_000, &[(0, 1.0)]));
        }
        assert!(times(&store, 0).len() <= 16, "{:?}", times(&store, 0));
    }
}
