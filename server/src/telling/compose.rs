//! From a notice to a message: what happened, since when, what it means, and what to do first.

use std::collections::HashMap;
use std::sync::{PoisonError, RwLock};
use watchglass_alerts::telling::{Notice, Reason};
use watchglass_alerts::{Alert, Rule};
use watchglass_export::written;
use watchglass_notify::{Line, Message};

/// The most alerts that a message has a line for. It counts the rest.
const MOST_LINES: usize = 10;

/// The sentences of the rules, by their ids.
#[derive(Debug, Default)]
pub(super) struct Texts(RwLock<HashMap<String, Rule>>);

impl Texts {
    pub(super) fn new(rules: impl IntoIterator<Item = Rule>) -> Self {
        let texts = Self::default();
        texts.set(rules);
        texts
    }

    /// Has these rules' in place of the others'.
    pub(super) fn set(&self, rules: impl IntoIterator<Item = Rule>) {
        let rules = rules.into_iter().map(|rule| (rule.id.clone(), rule)).collect();
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = rules;
    }

    /// The rule with that id.
    pub(super) fn rule(&self, id: &str) -> Option<Rule> {
        self.0.read().unwrap_or_else(PoisonError::into_inner).get(id).cloned()
    }

    /// What is told to people, without links and chart.
    pub(super) fn compose(&self, notice: Notice) -> Message {
        let mut lines: Vec<Line> = notice.alerts.iter().take(MOST_LINES).map(alert_line).collect();
        let rest = notice.alerts.len().saturating_sub(MOST_LINES) + notice.more;
        if rest > 0 {
            lines.push(line("And", format!("{rest} more alerts")));
        }
        if let Some(alert) = notice.alerts.first() {
            lines.push(line("Since", written(alert.fired.unwrap_or(alert.since))));
            if notice.reason != Reason::Resolved {
                lines.extend(self.advice(alert));
            }
        }
        for because in &notice.because_of {
            lines.push(line("Because of", format!("{}{}", because.cause.rule, because.cause.labels)));
        }
        for acknowledged in &notice.acknowledged {
            lines.push(line("Acknowledged", format!("by {}: {}", acknowledged.who, acknowledged.why)));
        }
        for flapped in &notice.flapping {
            lines.push(line("Fired", format!("{} times since {}", flapped.firings, written(flapped.since))));
        }
        if let Some(silence) = &notice.silence {
            lines.push(line("Silenced", format!("by {}: {}", silence.author, silence.reason)));
        }
        Message {
            title: title(&notice),
            severity: notice.severity,
            id: notice.id,
            time: notice.time,
            lines,
            links: Vec::new(),
            chart_svg: None,
        }
    }

    fn advice(&self, alert: &Alert) -> Vec<Line> {
        let Some(rule) = self.rule(&alert.key.rule) else { return Vec::new() };
        let said = [("What it means", &rule.summary), ("What to do first", &rule.action)];
        let said = said.into_iter().filter(|(_, text)| !text.is_empty());
        let mut lines: Vec<Line> = said.map(|(label, text)| line(label, text.clone())).collect();
        lines.extend(rule.runbook.iter().map(|runbook| line("Runbook", runbook.clone())));
        lines
    }
}

fn title(notice: &Notice) -> String {
    if let Some(silence) = &notice.silence {
        let name = if silence.name.is_empty() { &silence.id } else { &silence.name };
        return format!("The silence {name} ends at {}", written(silence.end));
    }
    let first = notice.alerts.first().map_or("", |alert| alert.message.as_str());
    let all = notice.alerts.len() + notice.more;
    let what = if all > 1 { format!("{all} alerts, first: {first}") } else { first.to_owned() };
    match notice.reason {
        Reason::Fired => what,
        Reason::Resolved => format!("Over: {what}"),
        Reason::Digest => format!("Comes and goes: {what}"),
        Reason::Worsened => format!("Worse: {what}"),
        Reason::Escalated => format!("Not acknowledged: {what}"),
        Reason::Repeat => format!("Still: {what}"),
        Reason::SilenceEnding => format!("A silence ends: {what}"),
    }
}

fn alert_line(alert: &Alert) -> Line {
    line(alert.severity.title(), alert.message.clone())
}

fn line(label: &str, text: String) -> Line {
    Line { label: label.to_owned(), text }
}
