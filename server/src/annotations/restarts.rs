//! Sees from what is measured that something was started again: its uptime is less than it was. Pure.

use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_export::Current;
use watchglass_model::{Catalogue, Role, Series, SeriesId, Timestamp};

/// By how much an uptime may fall without a restart, in seconds: clocks are set, and answers take their time.
const SLACK: f64 = 2.0;

/// The uptimes that were seen last.
#[derive(Debug, Default)]
pub(super) struct Restarts {
    seen: BTreeMap<SeriesId, f64>,
    /// The series that tell an uptime, and what they are about; found anew when there are more series.
    watched: Vec<(Series, String)>,
    /// How many series there were then.
    looked_at: usize,
}

impl Restarts {
    /// What was started again since this was last asked, and when.
    pub(super) fn observe(&mut self, current: &Current<'_>) -> Vec<(String, Timestamp)> {
        if self.looked_at != current.series.len() {
            self.watched = watched(current.catalogue, current.series);
            self.looked_at = current.series.len();
        }
        let mut found = Vec::new();
        for (series, name) in &self.watched {
            let Some(newest) = current.newest(series).filter(|newest| newest.value >= 0.0) else { continue };
            let before = self.seen.insert(series.id, newest.value);
            if before.is_some_and(|before| newest.value < before - SLACK) {
                let uptime = Duration::try_from_secs_f64(newest.value).unwrap_or_default();
                found.push((name.clone(), newest.time - uptime));
            }
        }
        found
    }
}

/// The series of uptimes, with the section of their panel and their own labels: `PostgreSQL 127.0.0.1:5432`.
fn watched(catalogue: &Catalogue, series: &[Series]) -> Vec<(Series, String)> {
    let watched = series.iter().filter_map(|series| {
        let metric = catalogue.metric(&series.metric)?;
        let (panel, Role::Uptime) = metric.panel.as_ref()? else { return None };
        let section = catalogue.panel(panel)?.section.as_str();
        let labels = metric.labels.iter().filter_map(|name| series.labels.get(name));
        let name: Vec<&str> = std::iter::once(section).chain(labels).collect();
        Some((series.clone(), name.join(" ")))
    });
    watched.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_history::Latest;
    use watchglass_model::{Batch, Declaration, Kind, PanelDeclaration, Sample, Style, Unit};

    static PANEL: PanelDeclaration = PanelDeclaration {
        id: "p",
        section: "Redis",
        title: "Test",
        style: Style::Line,
        unit: Unit::Count,
        ceiling: None,
        meaning: "",
    };

    const fn metric(name: &'static str, role: Role) -> Declaration {
        Declaration {
            name,
            kind: Kind::Gauge,
            unit: Unit::Seconds,
            help: "",
            labels: &["instance"],
            panel: Some((&PANEL, role)),
            legend: "",
        }
    }

    static METRICS: [Declaration; 2] = [metric("uptime", Role::Uptime), metric("age", Role::Detail)];

    #[test]
    fn an_uptime_that_falls_is_a_restart_and_nothing_else_is() {
        let mut catalogue = Catalogue::default();
        METRICS.iter().for_each(|metric| catalogue.declare(metric).unwrap());
        let series = |id, metric: &str| Series {
            id: SeriesId(id),
            metric: metric.to_owned(),
            labels: [("host", "h"), ("instance", "a:1")].into_iter().collect(),
        };
        let series = [series(0, "uptime"), series(1, "age")];
        let mut restarts = Restarts::default();
        let mut latest = Latest::default();
        let paces = BTreeMap::new();
        let mut seen = Vec::new();
        // Down between 100 and 200; a clock that is set back by a second is no restart.
        for (second, uptime) in
            [(90, Some(900.0)), (100, None), (200, Some(4.5)), (201, Some(5.5)), (202, Some(4.5))]
        {
            let sample = |id, value| Sample { series: SeriesId(id), value };
            let mut samples = vec![sample(1, if second < 100 { 9.0 } else { 1.0 })];
            samples.extend(uptime.map(|uptime| sample(0, uptime)));
            latest.update(&Batch { time: Timestamp::from_millis(second * 1000), samples }, |_| Kind::Gauge);
            let current = Current {
                catalogue: &catalogue,
                series: &series,
                latest: &latest,
                tick_millis: 1000,
                paces: &paces,
            };
            seen.extend(restarts.observe(&current));
        }
        assert_eq!(seen, [("Redis a:1".to_owned(), Timestamp::from_millis(195_500))]);
    }
}
