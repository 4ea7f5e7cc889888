//! Shorter words for declarations.

use watchglass_model::{Declaration, Kind, PanelDeclaration, Role, Style, Unit};

/// The panel of a metric and its part there.
pub(crate) type Place = Option<(&'static PanelDeclaration, Role)>;

/// The label that every metric of a server has: which one.
pub(crate) const INSTANCE: &[&str] = &["instance"];

/// A metric of which there is one series.
pub(crate) const fn metric(
    name: &'static str,
    kind: Kind,
    unit: Unit,
    help: &'static str,
    panel: Place,
    legend: &'static str,
) -> Declaration {
    Declaration { name, kind, unit, help, labels: &[], panel, legend }
}

/// A metric whose value goes up and down.
pub(crate) const fn gauge(
    name: &'static str,
    unit: Unit,
    labels: &'static [&'static str],
    help: &'static str,
    panel: Place,
    legend: &'static str,
) -> Declaration {
    Declaration { name, kind: Kind::Gauge, unit, help, labels, panel, legend }
}

/// A metric whose value only grows.
pub(crate) const fn counter(
    name: &'static str,
    unit: Unit,
    labels: &'static [&'static str],
    help: &'static str,
    panel: Place,
    legend: &'static str,
) -> Declaration {
    Declaration { name, kind: Kind::Counter, unit, help, labels, panel, legend }
}

/// A panel of the section; one of ratios ends at 1.
pub(crate) const fn panel(
    section: &'static str,
    id: &'static str,
    title: &'static str,
    style: Style,
    unit: Unit,
) -> PanelDeclaration {
    let ceiling = if matches!(unit, Unit::Ratio) { Some(1.0) } else { None };
    PanelDeclaration { id, section, title, style, unit, ceiling, meaning: "" }
}
