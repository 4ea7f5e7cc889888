//! View model of the head of the overview: health of the components and firing alerts.

use super::OVERVIEW_PATH;
use super::skipped_values::notes;
use crate::app_state::AppState;
use crate::query::alerts;
use crate::query::cards::card_values;
use crate::query::system;
use std::cmp::Reverse;
use std::time::Duration;
use watchglass_model::{Severity, TimeRange, Timestamp, Unit};
use watchglass_pages::alerts::RuleCoverage;
use watchglass_pages::overview::{FiringAlert, Overview, Reason, StatCard, Threshold};
use watchglass_pages::ui::{HealthState, Sparkline};
use watchglass_reports::cards::{Aggregation, CARDS, Card};
use watchglass_reports::health::Component;
use watchglass_rules::{Alert, Comparison, HealthStatus, Rule, overall_health};
use watchglass_tsdb::Columns;

/// Time range of the sparklines.
const SPARK_RANGE: Duration = Duration::from_secs(900);
/// Step of the sparklines, in milliseconds.
const SPARK_STEP: i64 = 10_000;
/// Maximum number of alerts shown.
const MAX_ALERTS: usize = 5;
/// Milliseconds without new data before a warning is shown.
const STALE_AFTER: i64 = 10_000;

/// Head of the overview; `now` is the current time.
pub(super) fn overview(state: &AppState, now: Timestamp) -> Overview {
    let Some(measured) = state.metrics.last_collected() else { return Overview::default() };
    let silent = Some(now.millis_since(measured)).filter(|millis| *millis > STALE_AFTER);
    let components = system::components(&state.metrics, &state.rules);
    let health = overall_health(components.iter().map(|component| component.load));
    let rules: Vec<Rule> =
        state.rules.rules().into_iter().map(|(rule, _)| rule).filter(|rule| rule.enabled).collect();
    let own = state.rules.active();
    let (wrong, worst, more) = firing_alerts(state, measured, &own);
    let evaluated = components.iter().map(|component| state_of(component.condition)).max();
    Overview {
        now: Some(measured),
        stale_millis: silent,
        state: evaluated.into_iter().chain([worst, HealthState::Ok]).max().unwrap_or_default(),
        score: health.score,
        reasons: reasons(&components),
        firing: wrong,
        more,
        coverage: RuleCoverage {
            rules: rules.len(),
            series: state.rules.series_count(),
            last_resolved: None,
        },
        cards: CARDS.iter().map(|card| stat_card(state, card, measured, &components, &rules, &own)).collect(),
        notes: notes(&state.metrics, OVERVIEW_PATH),
        // Added by the caller, which knows the URL.
        snapshot_url: None,
    }
}

/// Firing alerts of all servers, the most severe first; the state of the worst; and how many more there are.
fn firing_alerts(state: &AppState, now: Timestamp, own: &[Alert]) -> (Vec<FiringAlert>, HealthState, usize) {
    let mut alerts = alerts::all_active(&state.rules, &state.notifications);
    alerts.sort_by_key(|alert| Reverse(alert.severity));
    let worst = alerts.first().map_or(HealthState::Ok, |alert| state_of_severity(alert.severity));
    let more = alerts.len().saturating_sub(MAX_ALERTS);
    alerts.truncate(MAX_ALERTS);
    let notifications = &state.notifications;
    let acknowledged = notifications.acknowledgements();
    let named = alerts.into_iter().map(|alert| {
        let is_own = own.iter().any(|one| one.key == alert.key);
        let host = alert.key.labels.get("host").filter(|_| !is_own).map(|host| format!("on {host}"));
        let (silence, because_of) = notifications.suppressed_by(&alert, now);
        let known = acknowledged.iter().find(|one| one.key == alert.key);
        let known = known.map(|one| format!("acknowledged by {}", one.who));
        let quiet = match (silence, because_of) {
            (Some(_), _) => Some("silenced".to_owned()),
            (None, Some(_)) => Some("inhibited".to_owned()),
            (None, None) => None,
        };
        FiringAlert {
            severity: alert.severity,
            firing_since: alert.fired.unwrap_or(alert.since),
            message: alert.message,
            rule: alert.key.rule,
            note: [host, known, quiet].into_iter().flatten().collect::<Vec<_>>().join(", "),
        }
    });
    (named.collect(), worst, more)
}

/// Components that lower the score, the worst first.
fn reasons(components: &[Component]) -> Vec<Reason> {
    let mut bad: Vec<&Component> = components
        .iter()
        .filter(|component| matches!(component.condition, HealthStatus::Warning | HealthStatus::Critical))
        .collect();
    bad.sort_by_key(|component| Reverse(component.condition));
    let reason = |component: &Component| {
        let title = title_of(component.name);
        let text = match component.load.filter(|load| load.is_finite()) {
            Some(load) => format!("{title} at {} of its limit", Unit::Ratio.format(load)),
            None => format!("{title}: down"),
        };
        Reason { state: state_of(component.condition), text }
    };
    bad.into_iter().map(reason).collect()
}

fn title_of(component: &str) -> &str {
    match component {
        "cpu" => "CPU",
        "memory" => "Memory",
        "disk" => "Disk",
        "database" => "Database",
        "redis" => "Redis",
        "requests" => "Latency",
        "errors" => "Errors",
        other => other,
    }
}

const fn state_of(condition: HealthStatus) -> HealthState {
    match condition {
        HealthStatus::NotConfigured => HealthState::NotConfigured,
        HealthStatus::Unknown => HealthState::NoData,
        HealthStatus::Healthy => HealthState::Ok,
        HealthStatus::Warning => HealthState::Warning,
        HealthStatus::Critical => HealthState::Critical,
    }
}

const fn state_of_severity(severity: Severity) -> HealthState {
    match severity {
        Severity::Critical => HealthState::Critical,
        Severity::Warning => HealthState::Warning,
        Severity::Info => HealthState::Ok,
    }
}

fn stat_card(
    state: &AppState,
    card: &'static Card,
    measured: Timestamp,
    components: &[Component],
    rules: &[Rule],
    own: &[Alert],
) -> StatCard {
    let metrics = &state.metrics;
    let now = card_values(metrics, card);
    let about = |rule: &&Rule| rule.metric == card.main.metric;
    let evaluated = components.iter().filter(|component| card.components.contains(&component.name));
    let evaluated = evaluated.map(|component| state_of(component.condition)).max();
    let usual = if now.value.is_some() { HealthState::Ok } else { HealthState::NoData };
    let fires = own.iter().filter(|alert| {
        card.components.contains(&alert.component.as_str())
            || rules.iter().filter(about).any(|rule| rule.id == alert.key.rule)
    });
    let fires = fires.map(|alert| state_of_severity(alert.severity)).max();
    let state = match (now.unit, evaluated) {
        (None, _) | (_, Some(HealthState::NotConfigured)) => HealthState::NotConfigured,
        (_, evaluated) => evaluated.unwrap_or(usual).max(fires.unwrap_or_default()),
    };
    let spark = now.unit.filter(|_| state != HealthState::NotConfigured).and_then(|_| {
        let range = TimeRange::ending_at(measured + Duration::from_millis(1), SPARK_RANGE);
        let columns = metrics.query_local(card.main.metric, range, SPARK_STEP).ok()?;
        sparkline(&columns, card.main.aggregation, measured)
    });
    StatCard {
        id: card.id,
        title: card.title,
        page: page_of(card.id),
        state,
        value: now.value,
        unit: now.unit.unwrap_or(Unit::Count),
        label: match (now.series_count, card.main.aggregation) {
            (2.., Aggregation::Max) => format!("{} (worst of {})", card.main.label, now.series_count),
            (2.., Aggregation::Sum) => format!("{} (sum of {})", card.main.label, now.series_count),
            _ => card.main.label.to_owned(),
        },
        details: now.secondary,
        sparkline: spark,
        threshold: rules
            .iter()
            .filter(|_| state != HealthState::NotConfigured)
            .filter(about)
            .filter_map(threshold)
            .reduce(reached_first),
        note: note(card.id, state, now.value.is_some()).to_owned(),
        setting: match card.id {
            "database" if state == HealthState::NotConfigured => "postgres.url",
            "redis" if state == HealthState::NotConfigured => "redis.targets",
            _ => "",
        },
    }
}

/// Page with the details of a card.
fn page_of(card: &str) -> &'static str {
    match card {
        "host" => "/processes",
        "database" => "/database",
        "redis" => "/cache",
        _ => "/performance",
    }
}

/// Text that replaces a missing value; empty if there is one.
fn note(card: &str, state: HealthState, has_number: bool) -> &'static str {
    match (card, state) {
        ("database", HealthState::NotConfigured) => "PostgreSQL is not monitored.",
        ("redis", HealthState::NotConfigured) => "Redis is not monitored.",
        (_, HealthState::NotConfigured) => "Not monitored on this server.",
        _ if has_number => "",
        ("database" | "redis", HealthState::Critical) => "Unreachable.",
        ("database" | "redis", _) => "Waiting for the first response.",
        ("errors" | "latency", _) => "No requests in the last minute.",
        _ => "No current value.",
    }
}

/// Threshold of a rule that is reached first.
fn threshold(rule: &Rule) -> Option<Threshold> {
    // A rule with matchers covers only some of the series.
    let levels = rule.thresholds().filter(|_| rule.matchers.is_empty()).map(|(_, level)| level);
    let level = match rule.comparison {
        Comparison::Above => levels.reduce(f64::min),
        Comparison::Below => levels.reduce(f64::max),
    };
    Some(Threshold { value: level?, comparison: rule.comparison.name(), rule: rule.id.clone() })
}

/// Threshold that is reached first; one with another comparison than the first is ignored.
fn reached_first(one: Threshold, other: Threshold) -> Threshold {
    let is_nearer = one.comparison == other.comparison
        && if one.comparison == Comparison::Above.name() {
            other.value < one.value
        } else {
            other.value > one.value
        };
    if is_nearer { other } else { one }
}

/// Columns merged into one sparkline; `None` if there are no rows.
fn sparkline(columns: &Columns, several: Aggregation, end: Timestamp) -> Option<Sparkline> {
    let merge = |values: fn(&watchglass_tsdb::Column) -> &Vec<f64>| -> Vec<f64> {
        (0..columns.rows)
            .map(|row| {
                let row = columns.columns.iter().filter_map(|column| values(column).get(row).copied());
                let finite = row.filter(|value| value.is_finite());
                finite.reduce(|left, right| several.combine(left, right)).unwrap_or(f64::NAN)
            })
            .collect()
    };
    let (low, high) = (merge(|column| &column.low), merge(|column| &column.high));
    let start = columns.start.millis();
    let times: Vec<i64> = (0..).map(|row| start + row * columns.step_millis).take(columns.rows).collect();
    let first = Timestamp::from_millis(*times.first()?);
    let last = Timestamp::from_millis(*times.last()?).max(first).min(end);
    Some(Sparkline {
        window: TimeRange { start: first, end: last },
        step_millis: columns.step_millis,
        times,
        low,
        high,
    })
}

#[cfg(test)]
#[path = "overview_tests.rs"]
mod tests;
