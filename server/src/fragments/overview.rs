//! The head of the overview: whether we are fine, from what is judged and what fires.

use crate::core::Core;
use app::fragments::{Overview, Reason, Spark, State, Threshold, Vital, Watched, Wrong};
use std::cmp::Reverse;
use std::time::Duration;
use watchglass_alerts::{Alert, Comparison, Condition, Rule, judge};
use watchglass_export::cards::{CARDS, Card, Several};
use watchglass_export::judgement::Component;
use watchglass_history::Columns;
use watchglass_model::{Severity, TimeRange, Timestamp, Unit};

/// How far back the small charts look.
const SPARK: Duration = Duration::from_secs(900);
/// Milliseconds of a point of them.
const SPARK_STEP: i64 = 10_000;
/// The most alerts that are named.
const MOST_WRONG: usize = 5;
/// After so many milliseconds without a tick it is said that nothing is measured.
const SILENT: i64 = 10_000;

/// The head of the overview, by the clock `now`.
pub(super) fn overview(core: &Core, now: Timestamp) -> Overview {
    let Some(measured) = core.measured() else { return Overview::default() };
    let silent = Some(now.millis_since(measured)).filter(|millis| *millis > SILENT);
    let components = core.components();
    let health = judge(components.iter().map(|component| component.load));
    let rules: Vec<Rule> =
        core.rules().into_iter().map(|(rule, _)| rule).filter(|rule| rule.enabled).collect();
    let own = core.active_alerts();
    let (wrong, worst, more) = wrong(core, measured, &own);
    let judged = components.iter().map(|component| state_of(component.condition)).max();
    Overview {
        now: Some(measured),
        silent,
        state: judged.into_iter().chain([worst, State::Good]).max().unwrap_or_default(),
        score: health.score,
        reasons: reasons(&components),
        wrong,
        more,
        watched: Watched { rules: rules.len(), series: core.watched(), last_over: None },
        cards: CARDS.iter().map(|card| vital(core, card, measured, &components, &rules, &own)).collect(),
        // The page adds it, which knows its address.
        save: None,
    }
}

/// What fires on all servers, the worst first, how bad that is, and how much more there is.
fn wrong(core: &Core, now: Timestamp, own: &[Alert]) -> (Vec<Wrong>, State, usize) {
    let mut alerts = core.all_active_alerts();
    alerts.sort_by_key(|alert| Reverse(alert.severity));
    let worst = alerts.first().map_or(State::Good, |alert| state_of_severity(alert.severity));
    let more = alerts.len().saturating_sub(MOST_WRONG);
    alerts.truncate(MOST_WRONG);
    let telling = core.telling();
    let acknowledged = telling.acknowledgements();
    let named = alerts.into_iter().map(|alert| {
        let is_own = own.iter().any(|one| one.key == alert.key);
        let host = alert.key.labels.get("host").filter(|_| !is_own).map(|host| format!("on {host}"));
        let (silence, because_of) = telling.quiet(&alert, now);
        let known = acknowledged.iter().find(|one| one.key == alert.key);
        let known = known.map(|one| format!("{} looks after it", one.who));
        let quiet = match (silence, because_of) {
            (Some(_), _) => Some("silenced".to_owned()),
            (None, Some(_)) => Some("because of another".to_owned()),
            (None, None) => None,
        };
        Wrong {
            severity: alert.severity,
            since: alert.fired.unwrap_or(alert.since),
            message: alert.message,
            rule: alert.key.rule,
            note: [host, known, quiet].into_iter().flatten().collect::<Vec<_>>().join(", "),
        }
    });
    (named.collect(), worst, more)
}

/// Why the score is what it is, the worst first.
fn reasons(components: &[Component]) -> Vec<Reason> {
    let mut bad: Vec<&Component> = components
        .iter()
        .filter(|component| matches!(component.condition, Condition::Warning | Condition::Critical))
        .collect();
    bad.sort_by_key(|component| Reverse(component.condition));
    let reason = |component: &Component| {
        let title = title_of(component.name);
        let text = match component.load.filter(|load| load.is_finite()) {
            Some(load) => format!("{title}: {} of what it can bear", Unit::Ratio.text(load)),
            None => format!("{title}: down"),
        };
        Reason { state: state_of(component.condition), text }
    };
    bad.into_iter().map(reason).collect()
}

fn title_of(component: &str) -> &str {
    match component {
        "cpu" => "Processors",
        "memory" => "Memory",
        "disk" => "Disk",
        "database" => "Database",
        "redis" => "Redis",
        "requests" => "Latency",
        "errors" => "Errors",
        other => other,
    }
}

const fn state_of(condition: Condition) -> State {
    match condition {
        Condition::NotConfigured => State::Absent,
        Condition::Unknown => State::Unknown,
        Condition::Healthy => State::Good,
        Condition::Warning => State::Near,
        Condition::Critical => State::Bad,
    }
}

const fn state_of_severity(severity: Severity) -> State {
    match severity {
        Severity::Critical => State::Bad,
        Severity::Warning => State::Near,
        Severity::Info => State::Good,
    }
}

fn vital(
    core: &Core,
    card: &'static Card,
    measured: Timestamp,
    components: &[Component],
    rules: &[Rule],
    own: &[Alert],
) -> Vital {
    let now = core.card_now(card);
    let about = |rule: &&Rule| rule.metric == card.figure.metric;
    let judged = components.iter().filter(|component| card.components.contains(&component.name));
    let judged = judged.map(|component| state_of(component.condition)).max();
    let usual = if now.number.is_some() { State::Good } else { State::Unknown };
    let fires = own.iter().filter(|alert| {
        card.components.contains(&alert.component.as_str())
            || rules.iter().filter(about).any(|rule| rule.id == alert.key.rule)
    });
    let fires = fires.map(|alert| state_of_severity(alert.severity)).max();
    let state = match (now.unit, judged) {
        (None, _) | (_, Some(State::Absent)) => State::Absent,
        (_, judged) => judged.unwrap_or(usual).max(fires.unwrap_or_default()),
    };
    let spark = now.unit.filter(|_| state != State::Absent).and_then(|_| {
        let range = TimeRange::before(measured + Duration::from_millis(1), SPARK);
        let columns = core.ask(card.figure.metric, range, SPARK_STEP).ok()?;
        spark(&columns, card.figure.several, measured)
    });
    Vital {
        id: card.id,
        title: card.title,
        page: page_of(card.id),
        state,
        number: now.number,
        unit: now.unit.unwrap_or(Unit::Count),
        word: match (now.count, card.figure.several) {
            (2.., Several::Largest) => format!("{}, worst of {}", card.figure.word, now.count),
            (2.., Several::Sum) => format!("{}, {} together", card.figure.word, now.count),
            _ => card.figure.word.to_owned(),
        },
        facts: now.beside,
        spark,
        threshold: rules
            .iter()
            .filter(|_| state != State::Absent)
            .filter(about)
            .filter_map(threshold)
            .reduce(nearer),
        note: note(card.id, state, now.number.is_some()).to_owned(),
        flag: match card.id {
            "database" if state == State::Absent => "--postgres-url",
            "redis" if state == State::Absent => "--redis-watch",
            _ => "",
        },
    }
}

/// The page that tells more of what is on a card.
fn page_of(card: &str) -> &'static str {
    match card {
        "host" => "/processes",
        "database" => "/database",
        "redis" => "/cache",
        _ => "/performance",
    }
}

/// What is said in place of a number, or to do next.
fn note(card: &str, state: State, has_number: bool) -> &'static str {
    match (card, state) {
        ("database", State::Absent) => "No PostgreSQL is watched.",
        ("redis", State::Absent) => "No Redis is watched.",
        (_, State::Absent) => "Nobody measures this here.",
        _ if has_number => "",
        ("database" | "redis", State::Bad) => "It does not answer.",
        ("database" | "redis", _) => "It has not answered yet.",
        ("errors" | "latency", _) => "No request was answered in the last minute.",
        _ => "Nothing is measured now.",
    }
}

/// The first level that a rule has on the good side.
fn threshold(rule: &Rule) -> Option<Threshold> {
    // A rule about some of the series says nothing of the others.
    let levels = rule.levels().filter(|_| rule.matchers.is_empty()).map(|(_, level)| level);
    let level = match rule.comparison {
        Comparison::Above => levels.reduce(f64::min),
        Comparison::Below => levels.reduce(f64::max),
    };
    Some(Threshold { level: level?, comparison: rule.comparison.word(), rule: rule.id.clone() })
}

/// Of the thresholds of several rules the one that is met first; those on the same side as the first rule.
fn nearer(one: Threshold, other: Threshold) -> Threshold {
    let is_nearer = one.comparison == other.comparison
        && if one.comparison == Comparison::Above.word() {
            other.level < one.level
        } else {
            other.level > one.level
        };
    if is_nearer { other } else { one }
}

/// The columns as one line; `None` where there is no row.
fn spark(columns: &Columns, several: Several, end: Timestamp) -> Option<Spark> {
    let together = |values: fn(&watchglass_history::Column) -> &Vec<f64>| -> Vec<f64> {
        (0..columns.rows)
            .map(|row| {
                let row = columns.columns.iter().filter_map(|column| values(column).get(row).copied());
                let finite = row.filter(|value| value.is_finite());
                finite.reduce(|left, right| several.of(left, right)).unwrap_or(f64::NAN)
            })
            .collect()
    };
    let (low, high) = (together(|column| &column.low), together(|column| &column.high));
    let start = columns.start.millis();
    let times: Vec<i64> = (0..).map(|row| start + row * columns.step_millis).take(columns.rows).collect();
    let first = Timestamp::from_millis(*times.first()?);
    let last = Timestamp::from_millis(*times.last()?).max(first).min(end);
    Some(Spark {
        window: TimeRange { start: first, end: last },
        step_millis: columns.step_millis,
        times,
        low,
        high,
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;
    use watchglass_history::{Column, StoredSeries};
    use watchglass_model::Kind;

    #[test]
    fn the_first_level_that_is_met_is_the_threshold() {
        let rule = |id: &str, comparison, warning, critical| Rule {
            comparison,
            warning,
            critical,
            ..Rule::new(id, "", "m", "c")
        };
        let (above, below) = (Comparison::Above, Comparison::Below);
        for (rules, expected) in [
            (vec![], None),
            (vec![rule("a", above, None, None)], None),
            (
                vec![rule("a", above, Some(2.0), None), rule("b", above, Some(1.0), Some(3.0))],
                Some(("b", 1.0)),
            ),
            (
                vec![rule("a", below, Some(0.8), Some(0.6)), rule("b", below, Some(0.9), None)],
                Some(("b", 0.9)),
            ),
            (vec![rule("a", above, Some(2.0), None), rule("b", below, Some(1.0), None)], Some(("a", 2.0))),
        ] {
            let found = rules.iter().filter_map(threshold).reduce(nearer);
            let found = found.as_ref().map(|found| (found.rule.as_str(), found.level));
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn what_is_wrong_with_the_parts_is_said_the_worst_first() {
        let part = |name, load| Component { name, load, condition: Condition::of_load(load) };
        let found = reasons(&[
            part("cpu", Some(0.2)),
            part("disk", Some(0.75)),
            part("database", Some(f64::INFINITY)),
            part("redis", None),
        ]);
        let found: Vec<_> =
            found.iter().map(|reason| (reason.state, reason.text.replace('\u{a0}', " "))).collect();
        assert_eq!(
            found,
            [
                (State::Bad, "Database: down".to_owned()),
                (State::Near, "Disk: 75.0 % of what it can bear".to_owned())
            ]
        );
    }

    #[test]
    fn several_series_become_one_line_and_a_gap_stays_one() {
        let column = |values: &[f64]| Column {
            series: Arc::new(StoredSeries {
                metric: "m".to_owned(),
                labels: Default::default(),
                kind: Kind::Gauge,
            }),
            id: None,
            low: values.to_vec(),
            high: values.to_vec(),
            mean: values.to_vec(),
            count: vec![1; values.len()],
            increase: Vec::new(),
        };
        let columns = |columns, rows| Columns {
            start: Timestamp::from_millis(10_000),
            step_millis: 10_000,
            rows,
            columns,
        };
        let two = columns(vec![column(&[1.0, f64::NAN, 3.0]), column(&[2.0, f64::NAN, f64::NAN])], 3);
        for (several, expected) in [(Several::Largest, [2.0, 3.0]), (Several::Sum, [3.0, 3.0])] {
            let spark = spark(&two, several, Timestamp::from_millis(35_000)).unwrap();
            assert!(spark.high[1].is_nan());
            assert_eq!([spark.high[0], spark.low[2]], expected);
            assert_eq!(
                (spark.times.as_slice(), spark.window.end.millis()),
                (&[10_000, 20_000, 30_000][..], 30_000)
            );
        }
        assert!(spark(&columns(Vec::new(), 0), Several::Sum, Timestamp::default()).is_none());
    }

    #[test]
    fn a_card_without_a_number_says_what_is_so_or_what_to_do() {
        for (card, state, has_number, expected) in [
            ("database", State::Absent, false, "No PostgreSQL"),
            ("redis", State::Absent, false, "No Redis"),
            ("redis", State::Bad, false, "does not answer"),
            ("database", State::Unknown, false, "not answered yet"),
            ("latency", State::Unknown, false, "No request"),
            ("host", State::Unknown, false, "Nothing is measured"),
        ] {
            assert!(note(card, state, has_number).contains(expected), "{card} {state:?}");
        }
        assert_eq!(note("host", State::Near, true), "");
    }
}
