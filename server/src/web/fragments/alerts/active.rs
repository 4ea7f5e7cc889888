//! Active, pending and past alerts.

use crate::app_state::AppState;
use crate::query::alerts;
use crate::query::catalogue;
use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use watchglass_dispatch::{Acknowledgement, Silence};
use watchglass_model::{APP, Labels, Timestamp};
use watchglass_pages::alerts::{
    AckSummary, ActiveAlerts, AlertCard, AlertHistory, PastAlert, PendingAlerts, PendingRow, RuleCoverage,
    SilenceSummary,
};
use watchglass_pages::ui::FormValues;
use watchglass_rules::{Alert, AlertKey, PendingAlert, Rule};

/// Maximum number of alerts on a page.
const MAX_CARDS: usize = 100;
/// Maximum number of pending alerts shown.
const MAX_PENDING: usize = 50;
/// Alerts per page of the history.
const PAGE_SIZE: usize = 50;

/// Page of the active alerts, and pending alerts, of one `rule` or of all; the last page if there are fewer.
pub(super) fn active(
    state: &AppState,
    now: Timestamp,
    mut alerts: Vec<Alert>,
    (rule, page): (Option<String>, usize),
    typed: FormValues,
) -> ActiveAlerts {
    if let Some(rule) = &rule {
        alerts.retain(|alert| alert.key.rule == *rule);
    }
    let rules: HashMap<String, Rule> =
        state.rules.rules().into_iter().map(|(rule, _)| (rule.id.clone(), rule)).collect();
    let watched = RuleCoverage {
        rules: rules.values().filter(|rule| rule.enabled).count(),
        series: state.rules.series_count(),
        last_resolved: alerts::all_resolved(&state.rules, &state.notifications)
            .first()
            .and_then(|alert| alert.resolved),
    };
    // The sort is stable: alerts of one severity stay in their order, the newest first.
    alerts.sort_by_key(|alert| Reverse(alert.severity));
    let total = alerts.len();
    let pages = total.div_ceil(MAX_CARDS).max(1);
    let page = page.clamp(1, pages);
    let alerts: Vec<Alert> = alerts.into_iter().skip((page - 1) * MAX_CARDS).take(MAX_CARDS).collect();
    let notifications = &state.notifications;
    let silences = notifications.silences();
    let acknowledged = notifications.acknowledgements();
    let without_data = state.rules.without_data();
    let mut cards: Vec<AlertCard> = alerts
        .into_iter()
        .map(|alert| {
            let (silence, because_of) = notifications.suppressed_by(&alert, now);
            AlertCard {
                silenced: silence.and_then(|id| silences.iter().find(|one| one.id == id)).map(silenced),
                acknowledged: acknowledged.iter().find(|one| one.key == alert.key).map(self::acknowledged),
                no_data_since: without_data.get(&alert.key).copied(),
                inhibited_by: because_of.map(|id| rules.get(&id).map_or(id, |rule| rule.name.clone())),
                ..alert_card(state, alert, &rules)
            }
        })
        .collect();
    // Within a severity, unhandled alerts come first.
    let is_handled = |card: &AlertCard| {
        card.silenced.is_some() || card.acknowledged.is_some() || card.inhibited_by.is_some()
    };
    cards.sort_by_key(|card| (Reverse(card.severity), is_handled(card)));
    let waiting = pending_alerts(state, rule.as_deref(), &rules);
    ActiveAlerts {
        now,
        cards,
        total,
        page,
        pages,
        pending: waiting,
        rule_filter: rule,
        coverage: watched,
        form_values: typed,
    }
}

/// Pending alerts of one rule or of all.
fn pending_alerts(state: &AppState, only: Option<&str>, rules: &HashMap<String, Rule>) -> PendingAlerts {
    let mut pending = state.rules.pending();
    pending.retain(|one| only.is_none_or(|rule| one.alert.key.rule == rule));
    let more = pending.len().saturating_sub(MAX_PENDING);
    let rows =
        pending.into_iter().take(MAX_PENDING).map(|PendingAlert { alert, fires_at: fires }| PendingRow {
            severity: alert.severity,
            message: alert.message,
            since: alert.since,
            fires_at: fires,
            host: host(&alert.key.labels),
            rule_name: rules.get(&alert.key.rule).map(|rule| rule.name.clone()).unwrap_or_default(),
            rule: alert.key.rule,
        });
    PendingAlerts { rows: rows.collect(), more }
}

fn alert_card(state: &AppState, alert: Alert, rules: &HashMap<String, Rule>) -> AlertCard {
    let rule = rules.get(&alert.key.rule);
    let text = |text: fn(&Rule) -> &String| rule.map(text).cloned().unwrap_or_default();
    let section = rule.and_then(|rule| catalogue::section_of(&state.metrics, &rule.metric));
    AlertCard {
        id: element_id(&alert.key),
        severity: alert.severity,
        message: alert.message,
        firing_since: alert.fired.unwrap_or(alert.since),
        component: match alert.subject.as_str() {
            "" => alert.component,
            subject => format!("{} {subject}", alert.component),
        },
        host: host(&alert.key.labels),
        rule_name: text(|rule| &rule.name),
        labels: serde_json::to_string(&alert.key.labels).unwrap_or_default(),
        rule: alert.key.rule,
        no_data_since: None,
        inhibited_by: None,
        is_flapping: alert.flapping,
        silenced: None,
        acknowledged: None,
        summary: text(|rule| &rule.summary),
        next_steps: text(|rule| &rule.next_steps),
        runbook: rule.and_then(|rule| rule.runbook.clone()),
        charts_page: section.map(page_of),
    }
}

/// Page that shows a section. The overview has all of them.
fn page_of(section: &str) -> &'static str {
    match section {
        "PostgreSQL" => "/database",
        "Redis" => "/cache",
        "Requests" | "Watchglass" => "/performance",
        "Processes" => "/processes",
        _ => "/",
    }
}

/// Element id of an alert, stable while the server runs.
fn element_id(key: &AlertKey) -> String {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    format!("alert-{:016x}", hasher.finish())
}

fn host(labels: &Labels) -> String {
    let parts = [labels.get(APP), labels.get("host")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" on ")
}

fn silenced(silence: &Silence) -> SilenceSummary {
    let until = silence.end.filter(|_| silence.weekly.is_none());
    SilenceSummary { author: silence.author.clone(), reason: silence.reason.clone(), until }
}

fn acknowledged(one: &Acknowledgement) -> AckSummary {
    AckSummary { author: one.who.clone(), comment: one.why.clone(), time: one.time }
}

/// Page of past alerts of one `rule` or of all; the last page if there are fewer.
pub(super) fn history(state: &AppState, rule: Option<String>, page: usize) -> AlertHistory {
    let mut past = alerts::all_resolved(&state.rules, &state.notifications);
    let mut rules: Vec<(String, String)> =
        state.rules.rules().into_iter().map(|(rule, _)| (rule.id, rule.name)).collect();
    // A deleted rule still has a history.
    for alert in &past {
        if !rules.iter().any(|(id, _)| *id == alert.key.rule) {
            rules.push((alert.key.rule.clone(), alert.key.rule.clone()));
        }
    }
    if let Some(rule) = &rule {
        past.retain(|alert| alert.key.rule == *rule);
    }
    let all = past.len();
    let pages = all.div_ceil(PAGE_SIZE).max(1);
    let page = page.clamp(1, pages);
    let rows = past.into_iter().skip((page - 1) * PAGE_SIZE).take(PAGE_SIZE).map(|alert| PastAlert {
        severity: alert.severity,
        resolved_at: alert.resolved.unwrap_or(alert.since),
        since: alert.since,
        component: alert.component,
        host: host(&alert.key.labels),
        rule: alert.key.rule,
        message: alert.message,
    });
    AlertHistory { rows: rows.collect(), total: all, page, pages, rule_filter: rule, rules }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn element_ids_are_stable_and_unique() {
        let key = |rule: &str, host: &str| AlertKey {
            rule: rule.to_owned(),
            labels: [("host", host)].into_iter().collect(),
        };
        assert_eq!(element_id(&key("cpu", "a")), element_id(&key("cpu", "a")));
        assert_ne!(element_id(&key("cpu", "a")), element_id(&key("cpu", "b")));
        assert_ne!(element_id(&key("cpu", "a")), element_id(&key("disk", "a")));
    }

    #[test]
    fn host_names_the_application_too() {
        for (labels, expected) in [
            (&[("host", "web-1")][..], "web-1"),
            (&[("host", "web-1"), ("app", "shop")][..], "shop on web-1"),
            (&[][..], ""),
        ] {
            assert_eq!(host(&labels.iter().copied().collect()), expected);
        }
    }
}
