//! What is wrong now, and what was.

use crate::core::Core;
use app::fragments::{
    Acknowledged, Active, Card, History, PastAlert, Silenced, Typed, Waiting, WaitingRow, Watched,
};
use std::cmp::Reverse;
use std::collections::HashMap;
use std::hash::{DefaultHasher, Hash, Hasher};
use watchglass_alerts::telling::{Acknowledgement, Silence};
use watchglass_alerts::{Alert, AlertKey, Pending, Rule};
use watchglass_model::{APP, Labels, Timestamp};

/// The most alerts that are shown at once.
const MOST_CARDS: usize = 200;
/// The most alerts that do not fire yet and are shown.
const MOST_WAITING: usize = 50;
/// Alerts on a page of the history.
const ON_A_PAGE: usize = 50;

/// What is wrong now, of one `rule` or of all.
pub(super) fn active(
    core: &Core,
    now: Timestamp,
    mut alerts: Vec<Alert>,
    rule: Option<String>,
    typed: Typed,
) -> Active {
    if let Some(rule) = &rule {
        alerts.retain(|alert| alert.key.rule == *rule);
    }
    let rules: HashMap<String, Rule> =
        core.rules().into_iter().map(|(rule, _)| (rule.id.clone(), rule)).collect();
    let watched = Watched {
        rules: rules.values().filter(|rule| rule.enabled).count(),
        series: core.watched(),
        last_over: core.all_past_alerts().first().and_then(|alert| alert.resolved),
    };
    // Of the equally bad the newest stand first, as they come; that sort keeps their order.
    alerts.sort_by_key(|alert| Reverse(alert.severity));
    let more = alerts.len().saturating_sub(MOST_CARDS);
    alerts.truncate(MOST_CARDS);
    let telling = core.telling();
    let silences = telling.silences();
    let acknowledged = telling.acknowledgements();
    let mut cards: Vec<Card> = alerts
        .into_iter()
        .map(|alert| {
            let (silence, because_of) = telling.quiet(&alert, now);
            Card {
                silenced: silence.and_then(|id| silences.iter().find(|one| one.id == id)).map(silenced),
                acknowledged: acknowledged.iter().find(|one| one.key == alert.key).map(self::acknowledged),
                because_of: because_of.map(|id| rules.get(&id).map_or(id, |rule| rule.name.clone())),
                ..card(core, alert, &rules)
            }
        })
        .collect();
    // What somebody looks after can wait behind what is as bad and new.
    let is_known =
        |card: &Card| card.silenced.is_some() || card.acknowledged.is_some() || card.because_of.is_some();
    cards.sort_by_key(|card| (Reverse(card.severity), is_known(card)));
    let waiting = waiting(core, rule.as_deref(), &rules);
    Active { now, cards, more, waiting, only: rule, watched, typed }
}

/// What does not fire yet, of one rule or of all.
fn waiting(core: &Core, only: Option<&str>, rules: &HashMap<String, Rule>) -> Waiting {
    let mut pending = core.pending_alerts();
    pending.retain(|one| only.is_none_or(|rule| one.alert.key.rule == rule));
    let more = pending.len().saturating_sub(MOST_WAITING);
    let rows = pending.into_iter().take(MOST_WAITING).map(|Pending { alert, fires }| WaitingRow {
        severity: alert.severity,
        message: alert.message,
        since: alert.since,
        fires,
        host: host(&alert.key.labels),
        rule_name: rules.get(&alert.key.rule).map(|rule| rule.name.clone()).unwrap_or_default(),
        rule: alert.key.rule,
    });
    Waiting { rows: rows.collect(), more }
}

fn card(core: &Core, alert: Alert, rules: &HashMap<String, Rule>) -> Card {
    let rule = rules.get(&alert.key.rule);
    let text = |text: fn(&Rule) -> &String| rule.map(text).cloned().unwrap_or_default();
    let section = rule.and_then(|rule| core.section_of(&rule.metric));
    Card {
        id: id(&alert.key),
        severity: alert.severity,
        message: alert.message,
        since: alert.fired.unwrap_or(alert.since),
        component: match alert.subject.as_str() {
            "" => alert.component,
            subject => format!("{} {subject}", alert.component),
        },
        host: host(&alert.key.labels),
        rule_name: text(|rule| &rule.name),
        labels: serde_json::to_string(&alert.key.labels).unwrap_or_default(),
        rule: alert.key.rule,
        because_of: None,
        is_flapping: alert.flapping,
        silenced: None,
        acknowledged: None,
        summary: text(|rule| &rule.summary),
        action: text(|rule| &rule.action),
        runbook: rule.and_then(|rule| rule.runbook.clone()),
        charts: section.map(page_of),
    }
}

/// The page that shows a section. The overview has them all.
fn page_of(section: &str) -> &'static str {
    match section {
        "PostgreSQL" => "/database",
        "Redis" => "/cache",
        "Requests" | "Watchglass" => "/performance",
        "Processes" => "/processes",
        _ => "/",
    }
}

/// The same for the same alert as long as the program runs.
fn id(key: &AlertKey) -> String {
    let mut hasher = DefaultHasher::new();
    key.hash(&mut hasher);
    format!("alert-{:016x}", hasher.finish())
}

fn host(labels: &Labels) -> String {
    let parts = [labels.get(APP), labels.get("host")];
    parts.into_iter().flatten().collect::<Vec<_>>().join(" on ")
}

fn silenced(silence: &Silence) -> Silenced {
    let until = silence.end.filter(|_| silence.weekly.is_none());
    Silenced { author: silence.author.clone(), reason: silence.reason.clone(), until }
}

fn acknowledged(one: &Acknowledgement) -> Acknowledged {
    Acknowledged { who: one.who.clone(), why: one.why.clone(), time: one.time }
}

/// A page of what was wrong, of one `rule` or of all; the last page where there are fewer.
pub(super) fn history(core: &Core, rule: Option<String>, page: usize) -> History {
    let mut past = core.all_past_alerts();
    let mut rules: Vec<(String, String)> =
        core.rules().into_iter().map(|(rule, _)| (rule.id, rule.name)).collect();
    // A rule that is gone has a history still.
    for alert in &past {
        if !rules.iter().any(|(id, _)| *id == alert.key.rule) {
            rules.push((alert.key.rule.clone(), alert.key.rule.clone()));
        }
    }
    if let Some(rule) = &rule {
        past.retain(|alert| alert.key.rule == *rule);
    }
    let all = past.len();
    let pages = all.div_ceil(ON_A_PAGE).max(1);
    let page = page.clamp(1, pages);
    let rows = past.into_iter().skip((page - 1) * ON_A_PAGE).take(ON_A_PAGE).map(|alert| PastAlert {
        severity: alert.severity,
        over: alert.resolved.unwrap_or(alert.since),
        since: alert.since,
        component: alert.component,
        host: host(&alert.key.labels),
        rule: alert.key.rule,
        message: alert.message,
    });
    History { rows: rows.collect(), all, page, pages, rule, rules }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alert_keeps_its_id_and_no_other_has_it() {
        let key = |rule: &str, host: &str| AlertKey {
            rule: rule.to_owned(),
            labels: [("host", host)].into_iter().collect(),
        };
        assert_eq!(id(&key("cpu", "a")), id(&key("cpu", "a")));
        assert_ne!(id(&key("cpu", "a")), id(&key("cpu", "b")));
        assert_ne!(id(&key("cpu", "a")), id(&key("disk", "a")));
    }

    #[test]
    fn it_is_said_whose_series_it_is() {
        for (labels, expected) in [
            (&[("host", "web-1")][..], "web-1"),
            (&[("host", "web-1"), ("app", "shop")][..], "shop on web-1"),
            (&[][..], ""),
        ] {
            assert_eq!(host(&labels.iter().copied().collect()), expected);
        }
    }
}
