//! The data that a running server has: what every route and page reads.

mod answers;
mod lists;
mod rules;

use crate::judging::{Judging, announce};
use crate::services::Services;
use crate::telling::Telling;
use app::Backend;
use app::api::{self, History, HostInfo, Reading, Snapshot, TrackHistory};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use watchglass_export::{Current, Judgeable};
use watchglass_history::{self as history, Columns, Latest, Query, QueryError, Selector};
use watchglass_instrument::requests::Recorder;
use watchglass_live::{Hello, Hub, PROTOCOL_VERSION, State};
use watchglass_model::{Batch, Catalogue, Kind, Metric, Role, Series, TimeRange};
use watchglass_probes::{Applications, Vitals};

/// Time between ticks.
pub(crate) const TICK: Duration = Duration::from_secs(1);

/// Shared by the ticking thread, which writes, and the routes, which read.
#[derive(Debug)]
pub(crate) struct Core {
    pub(crate) hub: Hub,
    /// What the parts of this program tell of themselves.
    pub(crate) vitals: Arc<Vitals>,
    /// Every request that was answered.
    pub(crate) requests: Arc<Recorder>,
    /// What other applications report.
    pub(crate) applications: Arc<Applications>,
    host: HostInfo,
    catalogue: Catalogue,
    paces: BTreeMap<String, u32>,
    services: Services,
    /// Takes in what is measured, and answers for all servers that share it.
    history: Arc<dyn history::History>,
    /// Answers for this server alone, and waits for no other: live pages and the tick ask here.
    local: Arc<dyn history::History>,
    newest: RwLock<Newest>,
    judging: Judging,
    telling: Telling,
    state: RwLock<Arc<State>>,
}

/// The newest samples, and the kinds of all series in the order of their numbers.
#[derive(Debug, Default)]
struct Newest {
    latest: Latest,
    kinds: Vec<Kind>,
}

impl Core {
    /// A core without data. `paces` are the milliseconds between the values of metrics slower than the tick.
    pub(crate) fn new(
        host: HostInfo,
        catalogue: Catalogue,
        paces: BTreeMap<String, u32>,
        build: String,
        history: Arc<dyn history::History>,
        vitals: Arc<Vitals>,
        requests: Arc<Recorder>,
    ) -> Self {
        let hello = Hello {
            version: PROTOCOL_VERSION,
            protocol: String::new(),
            server: env!("CARGO_PKG_VERSION").to_owned(),
            build,
            interval_ms: millis(TICK),
        };
        Self {
            hub: Hub::new(hello),
            vitals,
            requests,
            applications: Arc::default(),
            host,
            catalogue,
            paces,
            services: Services::default(),
            local: Arc::clone(&history),
            history,
            newest: RwLock::default(),
            judging: Judging::default(),
            telling: Telling::default(),
            state: RwLock::default(),
        }
    }

    /// The same core with a history that is shared, of which this server's own part is `local`.
    pub(crate) fn with_local(self, local: Arc<dyn history::History>) -> Self {
        Self { local, ..self }
    }

    /// The same core with rules and alerts of before, and with those who are told.
    pub(crate) fn with_judging(self, judging: Judging, telling: Telling) -> Self {
        Self { judging, telling, ..self }
    }

    /// The same core, told by `applications` what other applications report.
    pub(crate) fn with_applications(self, applications: Arc<Applications>) -> Self {
        Self { applications, ..self }
    }

    /// The same core, which tells of the servers that are watched as well.
    pub(crate) fn with_services(self, services: Services) -> Self {
        Self { services, ..self }
    }

    /// Takes over what one tick gave: stores it, shows it, judges it, and tells what is wrong. `state` is asked for only
    /// when its version is new, and told the one before.
    pub(crate) fn accept(
        &self,
        batch: Batch,
        series: &[Series],
        version: u32,
        state: impl FnOnce(&State) -> State,
    ) {
        self.history.append(&batch, series, &self.catalogue);
        self.remember(&batch, series);
        let before = self.read_state();
        if before.version != version {
            *self.state.write().unwrap_or_else(PoisonError::into_inner) = Arc::new(state(&before));
        }
        let time = batch.time;
        self.hub.publish(batch, version, || State::clone(&self.read_state()));
        let changes = self.look(|current, state| {
            self.judging.observe(time, &Judgeable { current: *current, problems: &state.problems })
        });
        self.hub.announce(announce::messages(time, &changes));
        self.telling.step(time, &changes, &self.judging.active());
    }

    /// Writes down what is wrong and who was told. What is judged afterwards is not kept.
    pub(crate) fn close_judging(&self) {
        self.judging.close();
        self.telling.close();
    }

    /// Who is told what.
    pub(crate) fn telling(&self) -> &Telling {
        &self.telling
    }

    fn remember(&self, batch: &Batch, series: &[Series]) {
        let mut newest = self.newest.write().unwrap_or_else(PoisonError::into_inner);
        let Newest { latest, kinds } = &mut *newest;
        for new in series.iter().skip(kinds.len()) {
            kinds.push(self.catalogue.metric(&new.metric).map_or(Kind::Gauge, |metric| metric.kind));
        }
        latest.update(batch, |id| kinds.get(id.0 as usize).copied().unwrap_or(Kind::Gauge));
    }

    /// Tells the vitals how many look on.
    pub(crate) fn tell_vitals(&self) {
        self.vitals.set_connections(self.hub.subscribers());
        // What a client was too slow for, of whatever kind: an alert is a frame of the WebSocket as well.
        self.vitals.set_frames_skipped(self.hub.skipped() + self.hub.missed());
    }

    fn read_state(&self) -> Arc<State> {
        Arc::clone(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    /// Hands the newest values to `ask`.
    fn look<T>(&self, ask: impl FnOnce(&Current<'_>, &State) -> T) -> T {
        let state = self.read_state();
        let newest = self.newest.read().unwrap_or_else(PoisonError::into_inner);
        let current = Current {
            catalogue: &self.catalogue,
            series: &state.series,
            latest: &newest.latest,
            tick_millis: millis(TICK),
            paces: &self.paces,
        };
        ask(&current, &state)
    }

    /// The past of a metric on this server.
    fn ask(&self, metric: &str, range: TimeRange, step_millis: i64) -> Result<Columns, QueryError> {
        self.local.query(&Query { selector: Selector::metric(metric), range, step_millis })
    }

    /// The past of a metric on all servers that share their history.
    fn ask_all(&self, metric: &str, range: TimeRange, step_millis: i64) -> Result<Columns, QueryError> {
        self.history.query(&Query { selector: Selector::metric(metric), range, step_millis })
    }

    /// The newest readings of what the pages show, as far as they are not overdue.
    fn readings(&self) -> Vec<Reading> {
        self.look(|current, state| {
            let shown = |series: &&Series| {
                self.catalogue.metric(&series.metric).is_some_and(|metric| metric.panel.is_some())
            };
            let readings = state.series.iter().filter(shown).filter_map(|series| {
                let newest = current.newest(series)?;
                Some(Reading { series: series.id, time: newest.time, value: newest.reading? })
            });
            readings.collect()
        })
    }
}

impl Backend for Core {
    fn snapshot(&self, window_seconds: u32, rows: u32) -> Snapshot {
        Snapshot {
            time: self.history.newest(),
            interval_ms: millis(TICK),
            host: self.host.clone(),
            catalogue: self.catalogue.clone(),
            paces: self.paces.clone(),
            state: State::clone(&self.read_state()),
            readings: self.readings(),
            // A page without its small charts is better than no page.
            history: self.history(window_seconds, rows).unwrap_or_default(),
            alerts: Backend::alerts(self, window_seconds),
        }
    }

    fn history(&self, window_seconds: u32, rows: u32) -> Result<History, String> {
        let tick = i64::from(millis(TICK));
        // Rows are whole ticks long, so that each holds the same number of them.
        let ticks =
            (u64::from(window_seconds) * 1000).div_ceil(u64::from(rows.max(1)) * u64::from(millis(TICK)));
        let step_millis = tick * i64::try_from(ticks).unwrap_or(i64::MAX / tick);
        let end = self.history.newest().unwrap_or_default() + Duration::from_millis(1);
        let range = TimeRange::before(end, Duration::from_secs(u64::from(window_seconds)));
        let mut history = History {
            window_seconds,
            start: range.start.floor(step_millis),
            step_millis,
            tracks: Vec::new(),
        };
        let charted =
            |metric: &&Metric| matches!(metric.panel, Some((_, Role::Chart | Role::HeadlineAndChart)));
        for metric in self.catalogue.metrics().iter().filter(charted) {
            let columns = self.ask(&metric.name, range, step_millis).map_err(|error| error.to_string())?;
            // What was not measured since the start is not on a live page.
            history.tracks.extend(columns.columns.into_iter().filter_map(|column| {
                let high = if same(&column.low, &column.high) { Vec::new() } else { brief(&column.high) };
                Some(TrackHistory { series: column.id?, low: brief(&column.low), high })
            }));
        }
        Ok(history)
    }

    fn alerts(&self, window_seconds: u32) -> api::Alerts {
        let end = self.history.newest().unwrap_or_default();
        let window = TimeRange::before(end, Duration::from_secs(u64::from(window_seconds)));
        self.judging.marks(&self.catalogue, window)
    }

    fn services(&self) -> api::Services {
        self.services.known()
    }

    fn fragment(&self, path: &str, query: &str) -> Result<String, String> {
        crate::fragments::page(self, path, query).map_err(|error| error.to_string())
    }
}

fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}

fn same(left: &[f64], right: &[f64]) -> bool {
    left.iter().zip(right).all(|(left, right)| left == right || (left.is_nan() && right.is_nan()))
}

/// Four digits are more than a chart can show, and half of what would be sent without rounding.
fn brief(values: &[f64]) -> Vec<Option<f32>> {
    values.iter().map(|&value| value.is_finite().then(|| four_digits(value) as f32)).collect()
}

fn four_digits(value: f64) -> f64 {
    if value == 0.0 {
        return value;
    }
    let digits = 3 - value.abs().log10().floor() as i32;
    // Dividing by a whole power of ten is exact where multiplying by its inverse is not.
    if digits >= 0 {
        let power = 10_f64.powi(digits);
        (value * power).round() / power
    } else {
        let power = 10_f64.powi(-digits);
        (value / power).round() * power
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_model::{Declaration, Kind, PanelDeclaration, Sample, SeriesId, Style, Timestamp, Unit};

    static PANEL: PanelDeclaration = PanelDeclaration {
        id: "p",
        section: "Test",
        title: "Test",
        style: Style::Line,
        unit: Unit::Count,
        ceiling: None,
    };
    static GAUGE: Declaration = Declaration {
        name: "gauge",
        kind: Kind::Gauge,
        unit: Unit::Count,
        help: "",
        labels: &[],
        panel: Some((&PANEL, Role::Chart)),
        legend: "",
    };

    fn core(seconds: std::ops::Range<i64>) -> Core {
        let mut catalogue = Catalogue::default();
        catalogue.declare(&GAUGE).unwrap();
        let history = Arc::new(history::MemoryHistory::new(Duration::from_secs(3660), 100));
        let core = Core::new(
            HostInfo::default(),
            catalogue,
            BTreeMap::new(),
            "b".to_owned(),
            history,
            Arc::default(),
            Arc::default(),
        );
        let series = [Series { id: SeriesId(0), metric: "gauge".to_owned(), labels: Default::default() }];
        for second in seconds {
            let samples = vec![Sample { series: SeriesId(0), value: second as f64 }];
            let batch = Batch { time: Timestamp::from_millis(second * 1000), samples };
            core.accept(batch, &series, 1, |_| State {
                version: 1,
                series: series.to_vec(),
                problems: Vec::new(),
            });
        }
        core
    }

    #[test]
    fn a_snapshot_before_the_first_tick_is_empty() {
        let snapshot = core(0..0).snapshot(300, 75);
        assert_eq!((snapshot.time, snapshot.readings.len(), snapshot.history.tracks.len()), (None, 0, 0));
    }

    #[test]
    fn a_snapshot_has_the_newest_readings_and_a_thinned_history() {
        let snapshot = core(1000..1400).snapshot(300, 75);
        assert_eq!(snapshot.readings[0].value, 1399.0);
        assert_eq!(snapshot.readings[0].time, Timestamp::from_millis(1_399_000));
        let history = &snapshot.history;
        assert_eq!((history.step_millis, history.start.millis()), (4_000, 1_096_000));
        assert_eq!((history.tracks[0].low[1], history.tracks[0].high[1]), (Some(1100.0), Some(1103.0)));
    }

    #[test]
    fn a_history_at_full_resolution_sends_its_readings_once() {
        let history = core(1000..1400).history(300, 900).unwrap();
        assert_eq!((history.step_millis, history.tracks[0].high.len()), (1_000, 0));
        assert_eq!(history.tracks[0].low.last(), Some(&Some(1399.0)));
    }

    #[test]
    fn no_answer_has_more_rows_than_were_asked_for() {
        let core = core(1000..1400);
        for (window, rows) in [(300, 75), (300, 299), (10, 2), (3600, 900), (3600, 7)] {
            let history = core.history(window, rows).unwrap();
            // The rows are aligned to multiples of the step, so that one more may be begun at either end.
            assert!(history.tracks[0].low.len() <= rows as usize + 1, "{window} {rows}");
        }
    }

    #[test]
    fn four_digits_are_kept() {
        for (value, expected) in
            [(0.0, 0.0), (0.123456, 0.1235), (123456.0, 123500.0), (-9.99999, -10.0), (1.5e-9, 1.5e-9)]
        {
            assert!((four_digits(value) - expected).abs() < 1e-12, "{value} {}", four_digits(value));
        }
    }
}
