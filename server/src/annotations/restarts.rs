//! Restart detection: an uptime that falls. No I/O.

use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_model::{Catalogue, PanelRole, Series, Timestamp};
use watchglass_reports::Current;

/// How much an uptime may fall without a restart, in seconds: clock corrections and response times.
const TOLERANCE_SECONDS: f64 = 2.0;

/// Number of uptimes from which on those of ended series are forgotten.
const MAX_UPTIMES: usize = 1000;

/// Last known uptimes.
#[derive(Debug, Default)]
pub(super) struct RestartDetector {
    /// By name of what they belong to: ids are reused.
    last_uptimes: BTreeMap<String, f64>,
    /// Uptime series with the name of what they belong to; updated when the list of series changes.
    uptime_series: Vec<(Series, String)>,
    /// Version of the list of series at the last update of `uptime_series`.
    version: Option<u32>,
}

impl RestartDetector {
    /// Restarts since the last call: name and start time.
    pub(super) fn observe(&mut self, current: &Current<'_>) -> Vec<(String, Timestamp)> {
        if self.version != Some(current.version) {
            self.uptime_series = uptime_series(current.catalogue, current.series);
            // A server that was away for long is still compared with its uptime before.
            if self.last_uptimes.len() > MAX_UPTIMES {
                self.last_uptimes.retain(|name, _| self.uptime_series.iter().any(|(_, known)| known == name));
            }
            self.version = Some(current.version);
        }
        let mut found = Vec::new();
        for (series, name) in &self.uptime_series {
            let Some(newest) = current.newest(series).filter(|newest| newest.value >= 0.0) else { continue };
            let before = self.last_uptimes.insert(name.clone(), newest.value);
            if before.is_some_and(|before| newest.value < before - TOLERANCE_SECONDS) {
                let uptime = Duration::try_from_secs_f64(newest.value).unwrap_or_default();
                found.push((name.clone(), newest.time - uptime));
            }
        }
        found
    }
}

/// Uptime series, each with a name of panel section and labels: `PostgreSQL 127.0.0.1:5432`.
fn uptime_series(catalogue: &Catalogue, series: &[Series]) -> Vec<(Series, String)> {
    let uptime_series = series.iter().filter_map(|series| {
        let metric = catalogue.metric(&series.metric)?;
        let (panel, PanelRole::Uptime) = metric.panel.as_ref()? else { return None };
        let section = catalogue.panel(panel)?.section.as_str();
        let labels = metric.labels.iter().filter_map(|name| series.labels.get(name));
        let name: Vec<&str> = std::iter::once(section).chain(labels).collect();
        Some((series.clone(), name.join(" ")))
    });
    uptime_series.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_model::{Batch, Declaration, Kind, PanelDeclaration, Sample, SeriesId, Style, Unit};
    use watchglass_tsdb::Latest;

    static PANEL: PanelDeclaration = PanelDeclaration {
        id: "p",
        section: "Redis",
        title: "Test",
        style: Style::Line,
        unit: Unit::Count,
        ceiling: None,
        description: "",
    };

    const fn metric(name: &'static str, role: PanelRole) -> Declaration {
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

    static METRICS: [Declaration; 2] =
        [metric("uptime", PanelRole::Uptime), metric("age", PanelRole::Detail)];

    #[test]
    fn falling_uptimes_are_restarts() {
        let mut catalogue = Catalogue::default();
        METRICS.iter().for_each(|metric| catalogue.declare(metric).unwrap());
        let series = |id, metric: &str| Series {
            id: SeriesId(id),
            metric: metric.to_owned(),
            labels: [("host", "h"), ("instance", "a:1")].into_iter().collect(),
        };
        let series = [series(0, "uptime"), series(1, "age")];
        let mut restarts = RestartDetector::default();
        let mut latest = Latest::default();
        let paces = BTreeMap::new();
        let mut found = Vec::new();
        // Down between 100 and 200; a clock set back by a second is not a restart.
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
                version: 1,
                latest: &latest,
                tick_millis: 1000,
                intervals: &paces,
            };
            found.extend(restarts.observe(&current));
        }
        assert_eq!(found, [("Redis a:1".to_owned(), Timestamp::from_millis(195_500))]);
    }
}
