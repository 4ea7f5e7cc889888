use super::*;
use watchglass_model::{Severity, Unit};
use watchglass_rules::AlertKey;

fn resolved(name: &str, second: i64) -> Alert {
    let at = Timestamp::from_millis(second * 1000);
    Alert {
        key: AlertKey { rule: name.to_owned(), labels: Labels::default() },
        phase: Phase::Resolved,
        severity: Severity::Info,
        component: String::new(),
        subject: String::new(),
        value: None,
        threshold: 0.0,
        unit: Unit::Count,
        message: String::new(),
        since: at,
        fired: Some(at),
        resolved: Some(at),
        flapping: false,
        labels: Labels::default(),
    }
}

/// Follows `next` while an alert resolves after each page.
#[test]
fn pages_of_the_history_neither_skip_nor_repeat_alerts() {
    let mut all: Vec<Alert> = [9, 8, 8, 8, 7, 3, 3, 1]
        .into_iter()
        .enumerate()
        .map(|(number, second)| resolved(&number.to_string(), second))
        .collect();
    for limit in 1..=9 {
        let (mut end, mut skip, mut found) = (None, 0, Vec::new());
        for page in 0.. {
            let shown: Vec<&Alert> =
                all.iter().filter(|alert| end.is_none_or(|end| alert.resolved <= Some(end))).collect();
            found.extend(shown.iter().skip(skip).take(limit).map(|alert| alert.key.rule.clone()));
            let next = next_resolved(&shown, skip, limit);
            all.insert(0, resolved("newer", 100 + page));
            let Some(next) = next else { break };
            let value = |name: &str| next.split(['?', '&']).find_map(|part| part.strip_prefix(name)).unwrap();
            end = Some(parse_time(value("end=")).unwrap());
            skip = value("skip=").parse().unwrap();
        }
        found.retain(|name| name != "newer");
        assert_eq!(found, ["0", "1", "2", "3", "4", "5", "6", "7"], "{limit}");
        all.retain(|alert| alert.key.rule != "newer");
    }
}
