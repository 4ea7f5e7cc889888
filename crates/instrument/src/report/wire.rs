//! JSON format of a report, version 1.

use super::{
    MAX_REPORT_BYTES, MAX_REPORT_DURATION, MAX_ROUTE_BYTES, Report, ReportError, RouteReport, VERSION,
    is_app_name,
};
use crate::requests::{CLASSES, Counts, METHODS, StatusClass};
use crate::sketch::{BINS, SketchDelta, bin, nanos};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_json::UniqueMap;

/// Largest integer that every JSON parser represents exactly: 2^53.
const MAX_EXACT_INTEGER: u64 = 1 << 53;
/// Outcome name of cancelled requests.
const CANCELLED: &str = "cancelled";

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireReport {
    version: u64,
    app: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    instance: String,
    #[serde(default = "one_second")]
    seconds: f64,
    #[serde(default)]
    in_flight: u64,
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    leaving: bool,
    #[serde(default)]
    routes: Vec<WireRoute>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireRoute {
    route: String,
    methods: UniqueMap<UniqueMap<u64>>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    latency: Option<WireLatency>,
    /// Alternative to bins: each duration in seconds.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    durations: Vec<f64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct WireLatency {
    sum: f64,
    bins: Vec<(u16, u32)>,
}

/// The fields common to all versions.
#[derive(Deserialize)]
struct Versioned {
    version: u64,
}

fn one_second() -> f64 {
    1.0
}

impl Report {
    /// Parses a report.
    ///
    /// # Errors
    /// Invalid field, with its location and accepted form.
    pub fn parse(body: &[u8]) -> Result<Self, ReportError> {
        if body.len() > MAX_REPORT_BYTES {
            return Err(ReportError::TooLong);
        }
        let malformed = |error: watchglass_json::JsonError| ReportError::Malformed(error.to_string());
        // Checked first: other versions may have other fields.
        let Versioned { version } = watchglass_json::from_slice(body).map_err(malformed)?;
        if version != u64::from(VERSION) {
            return Err(ReportError::Version { found: version });
        }
        let wire: WireReport = watchglass_json::from_slice(body).map_err(malformed)?;
        if !is_app_name(&wire.app) {
            return Err(ReportError::Name { field: "app" });
        }
        if !wire.instance.is_empty() && !is_app_name(&wire.instance) {
            return Err(ReportError::Name { field: "instance" });
        }
        at_most("in_flight", wire.in_flight)?;
        let covers = seconds(wire.seconds).ok_or_else(|| ReportError::Number {
            field: "seconds".to_owned(),
            least: 0,
            most: MAX_REPORT_DURATION.as_secs(),
        })?;
        let routes = wire.routes.into_iter().enumerate().map(|(place, route)| read_route(place, route));
        Ok(Self {
            app: wire.app,
            instance: wire.instance,
            covers,
            in_flight: wire.in_flight,
            leaving: wire.leaving,
            routes: routes.collect::<Result<_, _>>()?,
        })
    }

    /// Serialises the report as JSON.
    pub fn to_json(&self) -> String {
        let wire = WireReport {
            version: u64::from(VERSION),
            app: self.app.clone(),
            instance: self.instance.clone(),
            seconds: self.covers.as_secs_f64(),
            in_flight: self.in_flight,
            leaving: self.leaving,
            routes: self.routes.iter().map(write_route).collect(),
        };
        // Cannot fail: all map keys are strings and all numbers are finite.
        serde_json::to_string(&wire).unwrap_or_default()
    }
}

fn read_route(place: usize, wire: WireRoute) -> Result<RouteReport, ReportError> {
    let length = wire.route.len();
    if !(1..=MAX_ROUTE_BYTES).contains(&length) || wire.route.chars().any(char::is_control) {
        return Err(ReportError::Route { place });
    }
    let mut methods: Vec<(&'static str, Counts)> = Vec::new();
    for (name, outcomes) in &wire.methods.0 {
        let counts = read_counts(place, &outcomes.0)?;
        let name = METHODS.into_iter().find(|known| known == name).unwrap_or("other");
        match methods.iter_mut().find(|(known, _)| *known == name) {
            Some((_, known)) => *known = known.plus(&counts),
            None => methods.push((name, counts)),
        }
    }
    let mut latency =
        wire.latency.map_or(Ok(SketchDelta::default()), |latency| read_latency(place, latency))?;
    for duration in wire.durations {
        let duration = seconds(duration).ok_or_else(|| ReportError::Number {
            field: format!("routes[{place}].durations"),
            least: 0,
            most: MAX_REPORT_DURATION.as_secs(),
        })?;
        let nanos = nanos(duration);
        latency.bins.extend(u16::try_from(bin(nanos)).map(|bin| (bin, 1)));
        latency.sum_nanos = latency.sum_nanos.saturating_add(nanos);
    }
    Ok(RouteReport { route: wire.route, methods, latency })
}

fn read_counts(place: usize, outcomes: &BTreeMap<String, u64>) -> Result<Counts, ReportError> {
    let (mut answered, mut cancelled) = ([0; CLASSES], 0);
    for (outcome, &count) in outcomes {
        at_most(&format!("routes[{place}].methods: each number"), count)?;
        if outcome == CANCELLED {
            cancelled = count;
            continue;
        }
        let class = StatusClass::from_label(outcome).ok_or(ReportError::Outcome { place })?;
        if let Some(known) = answered.get_mut(class as usize) {
            *known = count;
        }
    }
    Ok(Counts::new(answered, cancelled))
}

fn read_latency(place: usize, wire: WireLatency) -> Result<SketchDelta, ReportError> {
    if wire.bins.iter().any(|(bin, _)| usize::from(*bin) >= BINS) {
        return Err(ReportError::Bin { place });
    }
    if wire.sum < 0.0 {
        let field = format!("routes[{place}].latency.sum");
        return Err(ReportError::Number { field, least: 0, most: u64::MAX });
    }
    // The cast saturates.
    Ok(SketchDelta { bins: wire.bins, sum_nanos: (wire.sum * 1e9).round() as u64 })
}

fn write_route(route: &RouteReport) -> WireRoute {
    let outcomes = |counts: &Counts| -> UniqueMap<u64> {
        let outcomes = StatusClass::ALL
            .into_iter()
            .map(|class| (class.as_str(), counts.of(class)))
            .chain([(CANCELLED, counts.cancelled())])
            .filter(|(_, count)| *count > 0)
            .map(|(outcome, count)| (outcome.to_owned(), count));
        UniqueMap(outcomes.collect())
    };
    let latency = (!route.latency.bins.is_empty())
        .then(|| WireLatency { sum: route.latency.sum_nanos as f64 / 1e9, bins: route.latency.bins.clone() });
    WireRoute {
        route: route.route.clone(),
        methods: UniqueMap(
            route.methods.iter().map(|(name, counts)| ((*name).to_owned(), outcomes(counts))).collect(),
        ),
        latency,
        durations: Vec::new(),
    }
}

fn at_most(field: &str, number: u64) -> Result<(), ReportError> {
    if number <= MAX_EXACT_INTEGER {
        return Ok(());
    }
    Err(ReportError::Number { field: field.to_owned(), least: 0, most: MAX_EXACT_INTEGER })
}

/// A duration in the allowed range.
fn seconds(seconds: f64) -> Option<Duration> {
    Duration::try_from_secs_f64(seconds).ok().filter(|duration| *duration <= MAX_REPORT_DURATION)
}
