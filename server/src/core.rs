//! The data that a running server has: what every route and page reads.

mod annotations;
mod answers;
mod figures;
mod lists;
mod panel;
mod past;
mod rules;
mod statistics;

pub(crate) use panel::PanelPast;

use crate::annotations::Annotations;
use crate::arranging::Layouts;
use crate::judging::{Judging, announce};
use crate::services::Services;
use crate::settings::Shown;
use crate::telling::Telling;
use app::Backend;
use app::api::{self, History, HostInfo, Reading, Snapshot, Stretch};
use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;
use watchglass_export::{Current, Judgeable};
use watchglass_history::{self as history, Columns, Latest, Query, QueryError, Selector};
use watchglass_instrument::requests::Recorder;
use watchglass_live::{Hello, Hub, PROTOCOL_VERSION, State};
use watchglass_model::{Batch, Catalogue, Kind, Series, TimeRange};
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
    /// How people have arranged the panels.
    pub(crate) layouts: Layouts,
    host: HostInfo,
    catalogue: Catalogue,
    paces: BTreeMap<String, u32>,
    services: Services,
    settings: Shown,
    /// Takes in what is measured, and answers for all servers that share it.
    history: Arc<dyn history::History>,
    /// Answers for this server alone, and waits for no other: live pages and the tick ask here.
    local: Arc<dyn history::History>,
    newest: RwLock<Newest>,
    judging: Judging,
    telling: Telling,
    annotations: Annotations,
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
            layouts: Layouts::default(),
            host,
            catalogue,
            paces,
            services: Services::default(),
            settings: Shown::default(),
            local: Arc::clone(&history),
            history,
            newest: RwLock::default(),
            judging: Judging::default(),
            telling: Telling::default(),
            annotations: Annotations::default(),
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

    /// The same core with what people have arranged.
    pub(crate) fn with_layouts(self, layouts: Layouts) -> Self {
        Self { layouts, ..self }
    }

    /// The same core, which says with which settings it runs.
    pub(crate) fn with_settings(self, settings: Shown) -> Self {
        Self { settings, ..self }
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
        self.mark_restarts(time);
    }

    /// Writes down what is wrong, who was told, and what is marked. What is judged afterwards is not kept.
    pub(crate) fn close_judging(&self) {
        self.judging.close();
        self.telling.close();
        self.annotations.close();
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

    /// The past of a metric on this server. It waits for no other.
    ///
    /// # Errors
    /// Whatever makes the question impossible.
    pub(crate) fn ask(
        &self,
        metric: &str,
        range: TimeRange,
        step_millis: i64,
    ) -> Result<Columns, QueryError> {
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
    fn snapshot(&self, stretch: Stretch, rows: u32, detail: u32) -> Snapshot {
        Snapshot {
            time: self.history.newest(),
            interval_ms: millis(TICK),
            host: self.host.clone(),
            catalogue: self.catalogue.clone(),
            paces: self.paces.clone(),
            state: State::clone(&self.read_state()),
            readings: self.readings(),
            // A page without its small charts is better than no page.
            history: self.history(stretch, rows, detail).unwrap_or_default(),
            alerts: Backend::alerts(self, stretch),
        }
    }

    fn history(&self, stretch: Stretch, rows: u32, detail: u32) -> Result<History, String> {
        // A week is read from files, and asked for by the threads that send live frames.
        let past = tokio::task::block_in_place(|| self.past(stretch, rows, detail));
        past.map_err(|error| error.to_string())
    }

    fn alerts(&self, stretch: Stretch) -> api::Alerts {
        let mut alerts = self.judging.marks(&self.catalogue, self.range(stretch), &self.telling.others());
        alerts.marks.extend(self.annotation_marks(stretch));
        alerts
    }

    fn services(&self) -> api::Services {
        self.services.known()
    }
}

fn millis(duration: Duration) -> u32 {
    u32::try_from(duration.as_millis()).unwrap_or(u32::MAX)
}
