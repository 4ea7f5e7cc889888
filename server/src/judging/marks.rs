//! Alerts as charts show them, and the levels of rules.

use super::Judging;
use super::announce::with_host;
use crate::telling::Others;
use app::api::{Alerts, Mark};
use std::cmp::Reverse;
use watchglass_alerts::{Alert, Engine, Rule};
use watchglass_model::{Catalogue, Role, TimeRange, Timestamp};

/// How many a page is given at most, the latest. More in an hour nobody can tell apart.
const MOST: usize = 100;
/// How many alerts of other servers are looked at.
const MOST_LOOKED_AT: usize = 1000;
/// The most levels of a panel: more lines nobody can tell apart.
const MOST_LEVELS: usize = 4;

impl Judging {
    /// How many alerts fire, and those that fired within `window` on the panels of `catalogue`, the latest first: those of this
    /// server and of others, these with their host.
    pub(crate) fn marks(&self, catalogue: &Catalogue, window: TimeRange, others: &Others) -> Alerts {
        let state = self.lock();
        let active = state.engine.active();
        let is_near = |alert: &&Alert| {
            alert.resolved.is_none_or(|end| end >= window.start)
                && alert.fired.is_some_and(|start| start < window.end)
        };
        let own = active.iter().chain(state.engine.past()).filter(is_near);
        let mut marks: Vec<Mark> =
            own.filter_map(|alert| mark(alert, &state.engine, catalogue)).take(MOST).collect();
        let boards = others.boards.iter().flat_map(|board| &board.alerts);
        let past = others.past.iter().flat_map(|past| &past.alerts);
        let theirs = boards.chain(past).filter(is_near).take(MOST_LOOKED_AT);
        marks.extend(theirs.filter_map(|alert| {
            let mark = mark(alert, &state.engine, catalogue)?;
            let host = alert.key.labels.get("host").unwrap_or_default();
            Some(Mark { text: with_host(host, &mark.text), ..mark })
        }));
        marks.sort_by_key(|mark| (mark.end.is_some(), Reverse(mark.start)));
        marks.truncate(MOST);
        marks.extend(levels(state.engine.rules(), catalogue));
        let elsewhere: usize = others.boards.iter().map(|board| board.alerts.len() + board.more).sum();
        Alerts { firing: active.len() + elsewhere, marks }
    }
}

/// `None` for what no chart shows.
fn mark(alert: &Alert, engine: &Engine, catalogue: &Catalogue) -> Option<Mark> {
    let rule = engine.rules().find(|rule| rule.id == alert.key.rule)?;
    let (panel, _) = catalogue.metric(&rule.metric)?.panel.as_ref()?;
    Some(Mark {
        panel: panel.clone(),
        start: alert.fired?,
        end: alert.resolved,
        severity: alert.severity,
        text: alert.message.clone(),
        value: None,
        sign: String::new(),
    })
}

/// The levels of the rules on the panels whose lines can pass them: of each panel those of the worst severity, and of the same
/// value once. Rules that are about some series only have none, for the chart shows the others as well; nor have those of charts
/// where no line is at the height of its value: stacked ones, bars and heat maps.
fn levels<'a>(rules: impl Iterator<Item = &'a Rule>, catalogue: &Catalogue) -> Vec<Mark> {
    let mut levels: Vec<Mark> = rules.flat_map(|rule| levels_of(rule, catalogue)).collect();
    levels.sort_by(|one, two| (&one.panel, Reverse(one.severity)).cmp(&(&two.panel, Reverse(two.severity))));
    let mut kept: Vec<Mark> = Vec::new();
    for level in levels {
        let mut same_panel = kept.iter().filter(|kept| kept.panel == level.panel);
        if same_panel.clone().count() < MOST_LEVELS && !same_panel.any(|kept| kept.value == level.value) {
            kept.push(level);
        }
    }
    kept
}

fn levels_of(rule: &Rule, catalogue: &Catalogue) -> Vec<Mark> {
    let is_whole = rule.enabled && rule.matchers.is_empty() && rule.phrase.is_none();
    let panel = catalogue.metric(&rule.metric).filter(|_| is_whole).and_then(|metric| {
        let (panel, role) = metric.panel.as_ref()?;
        let panel = catalogue.panel(panel)?;
        let is_drawn = matches!(role, Role::Chart | Role::HeadlineAndChart) && panel.style.has_levels();
        (is_drawn && rule.aggregation.unit(metric) == panel.unit).then_some(panel)
    });
    let Some(panel) = panel else { return Vec::new() };
    let mark = |(severity, value): (watchglass_model::Severity, f64)| Mark {
        panel: panel.id.clone(),
        start: Timestamp::default(),
        end: None,
        severity,
        text: format!("{} {} {}", severity.word(), rule.comparison.word(), panel.unit.text(value)),
        value: Some(value),
        sign: String::new(),
    };
    rule.levels().map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_alerts::{Aggregation, Comparison};
    use watchglass_model::{Declaration, Kind, PanelDeclaration, Severity, Style, Unit};

    const fn panel(id: &'static str, style: Style) -> PanelDeclaration {
        PanelDeclaration {
            id,
            section: "Test",
            title: "Test",
            style,
            unit: Unit::Ratio,
            ceiling: None,
            meaning: "",
        }
    }

    static LINES: PanelDeclaration = panel("lines", Style::Line);
    static STACK: PanelDeclaration = panel("stack", Style::Stacked);

    const fn metric(name: &'static str, panel: Option<(&'static PanelDeclaration, Role)>) -> Declaration {
        Declaration { name, kind: Kind::Gauge, unit: Unit::Ratio, help: "", labels: &[], panel, legend: "" }
    }

    static METRICS: [Declaration; 4] = [
        metric("drawn", Some((&LINES, Role::Chart))),
        metric("told", Some((&LINES, Role::Headline))),
        metric("stacked", Some((&STACK, Role::Chart))),
        metric("hidden", None),
    ];

    #[test]
    fn levels_are_on_the_charts_whose_lines_can_pass_them() {
        let mut catalogue = Catalogue::default();
        METRICS.iter().for_each(|metric| catalogue.declare(metric).unwrap());
        let rule = |metric: &str| Rule {
            warning: Some(0.8),
            critical: Some(0.9),
            ..Rule::new("r", "Rule", metric, "cpu")
        };
        let found = |rules: &[Rule]| {
            let levels = levels(rules.iter(), &catalogue).into_iter();
            levels.map(|mark| (mark.panel, mark.text.replace('\u{a0}', " "))).collect::<Vec<_>>()
        };
        let on = |texts: &[&str]| {
            texts.iter().map(|text| ("lines".to_owned(), (*text).to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(found(&[rule("drawn")]), on(&["critical above 90.0 %", "warning above 80.0 %"]));
        let below = Rule { comparison: Comparison::Below, critical: Some(0.6), ..rule("drawn") };
        // What is said twice is drawn once, as the worse of both.
        let same = Rule { warning: None, critical: Some(0.8), ..rule("drawn") };
        assert_eq!(found(&[below, same]), on(&["critical below 60.0 %", "critical above 80.0 %"]));
        let matchers = vec![watchglass_alerts::Matcher {
            label: "a".to_owned(),
            operator: watchglass_alerts::Operator::Equal,
            value: "b".to_owned(),
        }];
        for other in [
            rule("told"),
            rule("stacked"),
            rule("hidden"),
            rule("unknown"),
            Rule { enabled: false, ..rule("drawn") },
            Rule { matchers, ..rule("drawn") },
            Rule { phrase: Some("is down".to_owned()), ..rule("drawn") },
            Rule { aggregation: Aggregation::Count, window_seconds: 9, ..rule("drawn") },
        ] {
            assert_eq!(found(std::slice::from_ref(&other)), [], "{other:?}");
        }
        let many: Vec<Rule> =
            (0..9).map(|number| Rule { warning: Some(f64::from(number) / 10.0), ..rule("drawn") }).collect();
        assert_eq!(found(&many).len(), MOST_LEVELS);
        assert!(levels(many.iter(), &catalogue).iter().all(|mark| mark.severity >= Severity::Warning));
    }
}
