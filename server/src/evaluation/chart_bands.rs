//! Chart bands of alerts, and threshold lines of rules.

use super::RuleEvaluator;
use super::live_events::with_host;
use super::rule_set::RuleSet;
use app::api::ChartBand;
use std::cmp::Reverse;
use std::sync::Arc;
use watchglass_dispatch::{PastAlerts, PeerStatus};
use watchglass_model::{Catalogue, PanelRole, TimeRange, Timestamp};
use watchglass_rules::{Alert, Rule};

/// Maximum number of bands per page, the latest; more are indistinguishable.
const MAX_BANDS: usize = 100;
/// Maximum number of peer alerts considered.
const MAX_PEER_ALERTS: usize = 1000;
/// Maximum number of threshold lines per panel; more are indistinguishable.
const MAX_THRESHOLDS: usize = 4;

impl RuleEvaluator {
    /// Bands of the alerts within `window` on the panels of `catalogue`, the latest first: local ones, and those of `peers`,
    /// firing or past, with their host.
    pub(crate) fn chart_bands(
        &self,
        catalogue: &Catalogue,
        window: TimeRange,
        peers: &[PeerStatus],
        past: &[Arc<PastAlerts>],
    ) -> Vec<ChartBand> {
        let rules = self.current_rules().get();
        let state = self.lock();
        let active = state.engine.active();
        let is_near = |alert: &&Alert| {
            alert.resolved.is_none_or(|end| end >= window.start)
                && alert.fired.is_some_and(|start| start < window.end)
        };
        let own = active.iter().chain(state.engine.past()).filter(is_near);
        let mut marks: Vec<ChartBand> =
            own.filter_map(|alert| alert_band(alert, &rules, catalogue)).take(MAX_BANDS).collect();
        let firing = peers.iter().flat_map(|peer| &peer.alerts);
        let past = past.iter().flat_map(|past| &past.alerts);
        let theirs = firing.chain(past).filter(is_near).take(MAX_PEER_ALERTS);
        marks.extend(theirs.filter_map(|alert| {
            let mark = alert_band(alert, &rules, catalogue)?;
            let host = alert.key.labels.get("host").unwrap_or_default();
            Some(ChartBand { text: with_host(host, &mark.text), ..mark })
        }));
        marks.sort_by_key(|mark| (mark.end.is_some(), Reverse(mark.start)));
        marks.truncate(MAX_BANDS);
        marks.extend(threshold_lines(rules.rules(), catalogue));
        marks
    }
}

/// Band of an alert; `None` without a chart.
fn alert_band(alert: &Alert, rules: &RuleSet, catalogue: &Catalogue) -> Option<ChartBand> {
    let (rule, _) = rules.find(&alert.key.rule)?;
    let (panel, _) = catalogue.metric(&rule.metric)?.panel.as_ref()?;
    Some(ChartBand {
        panel: panel.clone(),
        start: alert.fired?,
        end: alert.resolved,
        severity: alert.severity,
        text: alert.message.clone(),
        threshold: None,
        annotation: String::new(),
    })
}

/// Threshold lines of the rules: per panel the most severe ones, each value once. Skipped for rules on some series
/// only, because the chart shows the others as well, and for charts without lines at their values: stacked charts,
/// bars and heat maps.
fn threshold_lines<'a>(rules: impl Iterator<Item = &'a Rule>, catalogue: &Catalogue) -> Vec<ChartBand> {
    let mut levels: Vec<ChartBand> = rules.flat_map(|rule| threshold_lines_of(rule, catalogue)).collect();
    levels.sort_by(|one, two| (&one.panel, Reverse(one.severity)).cmp(&(&two.panel, Reverse(two.severity))));
    let mut kept: Vec<ChartBand> = Vec::new();
    for level in levels {
        let mut same_panel = kept.iter().filter(|kept| kept.panel == level.panel);
        if same_panel.clone().count() < MAX_THRESHOLDS
            && !same_panel.any(|kept| kept.threshold == level.threshold)
        {
            kept.push(level);
        }
    }
    kept
}

fn threshold_lines_of(rule: &Rule, catalogue: &Catalogue) -> Vec<ChartBand> {
    let is_whole = rule.enabled && rule.matchers.is_empty() && rule.message.is_none();
    let panel = catalogue.metric(&rule.metric).filter(|_| is_whole).and_then(|metric| {
        let (panel, role) = metric.panel.as_ref()?;
        let panel = catalogue.panel(panel)?;
        let is_drawn = matches!(role, PanelRole::Chart | PanelRole::HeadlineAndChart)
            && panel.style.supports_thresholds();
        (is_drawn && rule.aggregation.unit(metric) == panel.unit).then_some(panel)
    });
    let Some(panel) = panel else { return Vec::new() };
    let mark = |(severity, value): (watchglass_model::Severity, f64)| ChartBand {
        panel: panel.id.clone(),
        start: Timestamp::default(),
        end: None,
        severity,
        text: format!("{} {} {}", severity.as_str(), rule.comparison.name(), panel.unit.format(value)),
        threshold: Some(value),
        annotation: String::new(),
    };
    rule.thresholds().map(mark).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use watchglass_model::{Declaration, Kind, PanelDeclaration, Severity, Style, Unit};
    use watchglass_rules::{Aggregation, Comparison};

    const fn panel(id: &'static str, style: Style) -> PanelDeclaration {
        PanelDeclaration {
            id,
            section: "Test",
            title: "Test",
            style,
            unit: Unit::Ratio,
            ceiling: None,
            description: "",
        }
    }

    static LINES: PanelDeclaration = panel("lines", Style::Line);
    static STACK: PanelDeclaration = panel("stack", Style::Stacked);

    const fn metric(
        name: &'static str,
        panel: Option<(&'static PanelDeclaration, PanelRole)>,
    ) -> Declaration {
        Declaration { name, kind: Kind::Gauge, unit: Unit::Ratio, help: "", labels: &[], panel, legend: "" }
    }

    static METRICS: [Declaration; 4] = [
        metric("drawn", Some((&LINES, PanelRole::Chart))),
        metric("headline", Some((&LINES, PanelRole::Headline))),
        metric("stacked", Some((&STACK, PanelRole::Chart))),
        metric("hidden", None),
    ];

    #[test]
    fn thresholds_are_drawn_on_line_charts_only() {
        let mut catalogue = Catalogue::default();
        METRICS.iter().for_each(|metric| catalogue.declare(metric).unwrap());
        let rule = |metric: &str| Rule {
            warning: Some(0.8),
            critical: Some(0.9),
            ..Rule::new("r", "Rule", metric, "cpu")
        };
        let found = |rules: &[Rule]| {
            let levels = threshold_lines(rules.iter(), &catalogue).into_iter();
            levels.map(|mark| (mark.panel, mark.text.replace('\u{a0}', " "))).collect::<Vec<_>>()
        };
        let on = |texts: &[&str]| {
            texts.iter().map(|text| ("lines".to_owned(), (*text).to_owned())).collect::<Vec<_>>()
        };
        assert_eq!(found(&[rule("drawn")]), on(&["critical above 90.0 %", "warning above 80.0 %"]));
        let below = Rule { comparison: Comparison::Below, critical: Some(0.6), ..rule("drawn") };
        // Equal values are drawn once, with the higher severity.
        let same = Rule { warning: None, critical: Some(0.8), ..rule("drawn") };
        assert_eq!(found(&[below, same]), on(&["critical below 60.0 %", "critical above 80.0 %"]));
        let matchers = vec![watchglass_rules::Matcher {
            label: "a".to_owned(),
            operator: watchglass_rules::Operator::Equal,
            value: "b".to_owned(),
        }];
        for other in [
            rule("headline"),
            rule("stacked"),
            rule("hidden"),
            rule("unknown"),
            Rule { enabled: false, ..rule("drawn") },
            Rule { matchers, ..rule("drawn") },
            Rule { message: Some("is down".to_owned()), ..rule("drawn") },
            Rule { aggregation: Aggregation::Count, window_seconds: 9, ..rule("drawn") },
        ] {
            assert_eq!(found(std::slice::from_ref(&other)), [], "{other:?}");
        }
        let many: Vec<Rule> =
            (0..9).map(|number| Rule { warning: Some(f64::from(number) / 10.0), ..rule("drawn") }).collect();
        assert_eq!(found(&many).len(), MAX_THRESHOLDS);
        assert!(
            threshold_lines(many.iter(), &catalogue).iter().all(|mark| mark.severity >= Severity::Warning)
        );
    }
}
