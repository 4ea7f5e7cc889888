//! What can be measured: a metric's name, kind, unit and place on the page.

use crate::PanelDeclaration;
use serde::{Deserialize, Serialize};

/// The base unit that a metric's values are kept in. Larger and smaller units are made when a value is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unit {
    /// A part of a whole, 0 to 1; written as a percentage.
    Ratio,
    /// Bytes; written in powers of 1,024 (KiB, MiB, …), as `free -h` and `df -h` do.
    Bytes,
    /// Bytes a second.
    BytesPerSecond,
    /// Seconds; written from nanoseconds to days.
    Seconds,
    /// Things that are counted: processes, connections, packets.
    Count,
    /// Counted things a second.
    PerSecond,
    /// Degrees Celsius: Prometheus takes them for the base unit of temperature.
    Celsius,
    /// Cycles a second.
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

    /// The unit of the rate per second of a counter kept in this unit.
    pub const fn rate(self) -> Self {
        match self {
            Self::Bytes => Self::BytesPerSecond,
            Self::Count => Self::PerSecond,
            // Seconds of something per second: the part of the time it took.
            Self::Seconds => Self::Ratio,
            Self::Ratio | Self::BytesPerSecond | Self::PerSecond | Self::Celsius | Self::Hertz => self,
        }
    }
}

/// How a metric's value moves.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// It goes up and down; the value itself is shown.
    Gauge,
    /// It only grows, until its source restarts from zero; its rate per second is shown.
    Counter,
}

impl Kind {
    /// What people are shown at `now`: a gauge's value, a counter's rate per second since `before`.
    ///
    /// Both are `(milliseconds, value)`. A counter has no reading without a value before, after one that is
    /// larger (its source restarted), or when no time has passed: missing is missing, never a zero.
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

/// Where a metric appears in its panel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Role {
    /// The panel's large number.
    Headline,
    /// The panel's large number and a line of its chart.
    HeadlineAndChart,
    /// A line of the panel's chart.
    Chart,
    /// A small number beside the headline, such as a total.
    Detail,
    /// The same: for how long its source has been running, as a gauge in seconds. Where it falls, the source was restarted.
    Uptime,
}

/// A metric as a probe declares it, once, in the file that measures it.
///
/// Names follow the [Prometheus conventions](https://prometheus.io/docs/practices/naming/): base unit as suffix,
/// `_total` for counters.
#[derive(Debug, PartialEq)]
pub struct Declaration {
    /// The metric's name, such as `host_memory_used_bytes`.
    pub name: &'static str,
    /// How its value moves.
    pub kind: Kind,
    /// The unit its values are kept in.
    pub unit: Unit,
    /// One sentence for a person who meets the name for the first time.
    pub help: &'static str,
    /// Names of its own labels, in the order in which a probe gives their values. An empty value is no label, as in
    /// Prometheus. `host` is added to every series.
    pub labels: &'static [&'static str],
    /// The panel that shows it and the part it plays there; `None` keeps it off the pages.
    pub panel: Option<(&'static PanelDeclaration, Role)>,
    /// What its values are called in a legend, such as `received`.
    pub legend: &'static str,
}

/// An entry of the catalogue: a [`Declaration`] in a form that can be sent to the page.
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
    /// Id of the panel that shows it, and its part there.
    pub panel: Option<(String, Role)>,
    /// See [`Declaration::legend`].
    pub legend: String,
}

impl Metric {
    /// The unit of what people are shown: a gauge's own, a counter's per second.
    pub fn reading_unit(&self) -> Unit {
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
    fn readings() {
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
    fn a_counter_of_seconds_reads_as_a_part_of_the_time() {
        assert_eq!(Unit::Seconds.rate(), Unit::Ratio);
        assert_eq!(Unit::Bytes.rate(), Unit::BytesPerSecond);
        assert_eq!(Unit::Count.rate(), Unit::PerSecond);
    }
}
