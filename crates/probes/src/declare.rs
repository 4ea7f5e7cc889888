//! Helper functions for declarations.

use watchglass_model::{Declaration, Kind, PanelDeclaration, PanelRole, Style, Unit};

/// Panel of a metric and its role there.
pub(crate) type PanelRef = Option<(&'static PanelDeclaration, PanelRole)>;

/// Label of every metric of a monitored server.
pub(crate) const INSTANCE: &[&str] = &["instance"];

/// Metric with a single series.
pub(crate) const fn metric(
    name: &'static str,
    kind: Kind,
    unit: Unit,
    help: &'static str,
    panel: PanelRef,
    legend: &'static str,
) -> Declaration {
    Declaration { name, kind, unit, help, labels: &[], panel, legend }
}

/// Gauge.
pub(crate) const fn gauge(
    name: &'static str,
    unit: Unit,
    labels: &'static [&'static str],
    help: &'static str,
    panel: PanelRef,
    legend: &'static str,
) -> Declaration {
    Declaration { name, kind: Kind::Gauge, unit, help, labels, panel, legend }
}

/// Counter.
pub(crate) const fn counter(
    name: &'static str,
    unit: Unit,
    labels: &'static [&'static str],
    help: &'static str,
    panel: PanelRef,
    legend: &'static str,
) -> Declaration {
    Declaration { name, kind: Kind::Counter, unit, help, labels, panel, legend }
}

/// Panel of a section; the axis of a ratio ends at 1.
pub(crate) const fn panel(
    section: &'static str,
    id: &'static str,
    title: &'static str,
    style: Style,
    unit: Unit,
) -> PanelDeclaration {
    let ceiling = if matches!(unit, Unit::Ratio) { Some(1.0) } else { None };
    PanelDeclaration { id, section, title, style, unit, ceiling, description: "" }
}
