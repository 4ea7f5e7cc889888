//! Metric declarations: name, kind, unit and panel.

use crate::PanelDeclaration;
use serde::{Deserialize, Serialize};

/// Base unit in which a metric's values are stored. Multiples are chosen when a value is formatted.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// Ratio from 0 to 1; shown as a percentage.
    Ratio,
    /// Bytes; shown in powers of 1,024 (KiB, MiB, …), as by `free -h` and `df -h`.
    Bytes,
    /// Bytes per second.
    BytesPerSecond,
    /// Seconds; shown as nanoseconds to days.
    Seconds,
    /// Counts: processes, connections, packets.
    Count,
    /// Counts per second.
    PerSecond,
    /// Degrees Celsius, the base unit of temperature in Prometheus.
    Celsius,
    /// Hertz.
    Hertz,
}

impl Unit {
    /// All units.
    pub const ALL: [Self; 8] = [
        Self::Ratio,
        Self::Bytes,
        Self::BytesPerSecond,
        Self::Seconds,
        Self::Count,
        Self::PerSecond,
        Self::Celsius,
        Self::Hertz,
    ];

    /// The unit of the per-second rate of a counter in this unit.
    pub const fn rate(self) -> Self {
        match self {
            Self::Bytes => Self::BytesPerSecond,
            Self::Count => Self::PerSecond,
            // Seconds per second: share of time.
            Self::Seconds => Self::Ratio,
            Self::Ratio | Self::BytesPerSecond | Self::PerSecond | Self::Celsius | Self::Hertz => self,
        }
    }

    /// Kind and base unit of a metric that is not in the catalogue, by the suffixes of its name:
    /// <https://prometheus.io/docs/practices/naming/>.
    pub fn of_name(name: &str) -> (Kind, Self) {
        let (kind, name) = match name.strip_suffix("_total") {
            Some(name) => (Kind::Counter, name),
            None => (Kind::Gauge, name),
        };
        let suffixes = [
            ("_bytes_per_second", Self::BytesPerSecond),
            ("_per_second", Self::PerSecond),
            ("_seconds", Self::Seconds),
            ("_bytes", Self::Bytes),
            ("_ratio", Self::Ratio),
            ("_rate", Self::Ratio),
            ("_celsius", Self::Celsius),
            ("_hertz", Self::Hertz),
        ];
        let unit = suffixes.into_iter().find(|(suffix, _)| name.ends_with(suffix));
        (kind, unit.map_or(Self::Count, |(_, unit)| unit))
    }
}

/// Metric type, as in Prometheus.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// Value that goes up and down; shown as is.
    Gauge,
    /// Value that only increases until its source restarts from zero; shown as a per-second rate.
    Counter,
}

impl Kind {
    /// The displayed value (reading) at `now`: a gauge's value, or a counter's rate per second since `before`.
    ///
    /// Both arguments are `(milliseconds, value)`. A counter has no reading without a previous value, after a counter
    /// reset (the previous value is larger), or when no time has passed: missing data stays missing, never zero.
    pub fn reading(self, before: Option<(i64, f64)>, now: (i64, f64)) -> Option<f64> {
        let (now_millis, now_value) = now;
        match self {
            Self::Gauge => now_value.is_finite().then_some(now_value),
            Self::Counter => {
                let (before_millis, before_value) = before?;
                let seconds = now_millis.saturating_sub(before_millis) as f64 / 1e3;
                let grown = now_value - before_value;
                (seconds > 0.0 && grown >= 0.0).then(|| grown / seconds)
            }
        }
    }
}

/// How a metric appears in its panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum PanelRole {
    /// The panel's large number.
    Headline,
    /// The panel's large number and a line of its chart.
    HeadlineAndChart,
    /// A line of the panel's chart.
    Chart,
    /// A small number next to the headline, such as a total.
    Detail,
    /// A detail with the uptime of the source, a gauge in seconds. A drop means that the source was restarted.
    Uptime,
}

/// Metric declaration of a probe, made once in the file that measures it.
///
/// Names follow the [Prometheus conventions](https://prometheus.io/docs/practices/naming/): base unit as suffix,
/// `_total` for counters.
#[derive(Debug, PartialEq)]
pub struct Declaration {
    /// Metric name, such as `host_memory_used_bytes`.
    pub name: &'static str,
    /// Metric type.
    pub kind: Kind,
    /// Unit of the stored values.
    pub unit: Unit,
    /// Description in one sentence, as `HELP` in Prometheus.
    pub help: &'static str,
    /// Label names, in the order in which a probe passes their values. An empty value means no label, as in Prometheus.
    /// `host` is added to every series.
    pub labels: &'static [&'static str],
    /// The panel that shows it and its role there; `None` if no panel shows it.
    pub panel: Option<(&'static PanelDeclaration, PanelRole)>,
    /// Legend text, such as `received`.
    pub legend: &'static str,
}

/// Catalogue entry: an owned [`Declaration`] that can be sent to the browser.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Metric {
    /// See [`Declaration::name`].
    pub name: String,
    /// See [`Declaration::kind`].
    pub kind: Kind,
    /// See [`Declaration::unit`].
    pub unit: Unit,
    /// See [`Declaration::help`].
    pub help: String,
    /// See [`Declaration::labels`].
    pub labels: Vec<String>,
    /// Id of the panel that shows it, and its role there.
    pub panel: Option<(String, PanelRole)>,
    /// See [`Declaration::legend`].
    pub legend: String,
}

impl Metric {
    /// The displayed unit: that of a gauge, or per second for a counter.
    pub fn display_unit(&self) -> Unit {
        match self.kind {
            Kind::Gauge => self.unit,
            Kind::Counter => self.unit.rate(),
        }
    }
}

impl From<&Declaration> for Metric {
    fn from(declaration: &Declaration) -> Self {
        Self {
            name: declaration.name.to_owned(),
            kind: declaration.kind,
            unit: declaration.unit,
            help: declaration.help.to_owned(),
            labels: declaration.labels.iter().map(|&label| label.to_owned()).collect(),
            panel: declaration.panel.map(|(panel, role)| (panel.id.to_owned(), role)),
            legend: declaration.legend.to_owned(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn displayed_values() {
        for (kind, before, now, expected) in [
            (Kind::Gauge, None, (1000, 5.0), Some(5.0)),
            (Kind::Gauge, Some((0, 9.0)), (1000, 5.0), Some(5.0)),
            (Kind::Gauge, None, (1000, f64::NAN), None),
            (Kind::Counter, None, (1000, 5.0), None),
            (Kind::Counter, Some((0, 5.0)), (2000, 15.0), Some(5.0)),
            (Kind::Counter, Some((0, 5.0)), (1000, 5.0), Some(0.0)),
            (Kind::Counter, Some((0, 15.0)), (1000, 5.0), None),
            (Kind::Counter, Some((1000, 5.0)), (1000, 6.0), None),
            (Kind::Counter, Some((2000, 5.0)), (1000, 6.0), None),
            (Kind::Counter, Some((0, f64::NAN)), (1000, 6.0), None),
        ] {
            assert_eq!(kind.reading(before, now), expected, "{kind:?} {before:?} {now:?}");
        }
    }

    #[test]
    fn the_rate_of_a_seconds_counter_is_a_ratio() {
        assert_eq!(Unit::Seconds.rate(), Unit::Ratio);
        assert_eq!(Unit::Bytes.rate(), Unit::BytesPerSecond);
        assert_eq!(Unit::Count.rate(), Unit::PerSecond);
    }

    #[test]
    fn units_of_unknown_metrics_follow_their_names() {
        for (name, expected) in [
            ("http_request_duration_p95_seconds", (Kind::Gauge, Unit::Seconds)),
            ("host_filesystem_used_ratio", (Kind::Gauge, Unit::Ratio)),
            ("host_network_receive_bytes_total", (Kind::Counter, Unit::Bytes)),
            ("host_disk_read_bytes_per_second", (Kind::Gauge, Unit::BytesPerSecond)),
            ("chat_messages_created_total", (Kind::Counter, Unit::Count)),
            ("host_load1", (Kind::Gauge, Unit::Count)),
            ("", (Kind::Gauge, Unit::Count)),
        ] {
            assert_eq!(Unit::of_name(name), expected, "{name}");
        }
    }
}
