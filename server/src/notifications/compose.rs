//! Composes the message of a notification.

use watchglass_dispatch::{Notification, Reason};
use watchglass_notify::{Line, Message};
use watchglass_reports::format_rfc3339;
use watchglass_rules::{Alert, Rule};

/// Maximum alerts with a line of their own. The rest is only counted.
const MAX_LINES: usize = 10;

/// Message of a notification, without links, chart and group. `rule` is that of its first alert, if it still exists.
pub(super) fn compose(notification: Notification, rule: Option<&Rule>) -> Message {
    let mut lines: Vec<Line> = notification.alerts.iter().take(MAX_LINES).map(alert_line).collect();
    let rest = notification.alerts.len().saturating_sub(MAX_LINES) + notification.more;
    if rest > 0 {
        lines.push(line("More", format!("{rest} more alerts")));
    }
    if let Some(alert) = notification.alerts.first() {
        lines.push(line("Since", format_rfc3339(alert.fired.unwrap_or(alert.since))));
        if notification.reason != Reason::Resolved {
            lines.extend(rule.into_iter().flat_map(advice));
        }
    }
    for inhibited in &notification.inhibited {
        lines.push(line("Inhibited by", format!("{}{}", inhibited.cause.rule, inhibited.cause.labels)));
    }
    for acknowledged in &notification.acknowledged {
        lines.push(line("Acknowledged", format!("by {}: {}", acknowledged.who, acknowledged.why)));
    }
    for flapped in &notification.flapping {
        lines.push(line(
            "Fired",
            format!("{} times since {}", flapped.firings, format_rfc3339(flapped.since)),
        ));
    }
    if let Some(silence) = &notification.silence {
        lines.push(line("Silenced", format!("by {}: {}", silence.author, silence.reason)));
    }
    Message {
        title: title(&notification),
        severity: notification.severity,
        id: notification.id,
        time: notification.time,
        lines,
        links: Vec::new(),
        chart_svg: None,
        group: None,
    }
}

fn advice(rule: &Rule) -> Vec<Line> {
    let texts = [("Summary", &rule.summary), ("Next steps", &rule.next_steps)];
    let texts = texts.into_iter().filter(|(_, text)| !text.is_empty());
    let mut lines: Vec<Line> = texts.map(|(label, text)| line(label, text.clone())).collect();
    lines.extend(rule.runbook.iter().map(|runbook| line("Runbook", runbook.clone())));
    lines
}

fn title(notification: &Notification) -> String {
    if let Some(silence) = &notification.silence {
        let name = if silence.name.is_empty() { &silence.id } else { &silence.name };
        return format!("Silence {name} expires at {}", format_rfc3339(silence.end));
    }
    let first = notification.alerts.first().map_or("", |alert| alert.message.as_str());
    let all = notification.alerts.len() + notification.more;
    let what = if all > 1 { format!("{all} alerts, first: {first}") } else { first.to_owned() };
    match notification.reason {
        Reason::Fired => what,
        Reason::Resolved => format!("[RESOLVED] {what}"),
        Reason::Digest => format!("[FLAPPING] {what}"),
        Reason::Worsened => format!("[WORSENED] {what}"),
        Reason::Escalated => format!("[ESCALATED] {what}"),
        Reason::Repeat => format!("[REMINDER] {what}"),
        Reason::SilenceEnding => format!("Silence expires: {what}"),
    }
}

fn alert_line(alert: &Alert) -> Line {
    line(alert.severity.title(), alert.message.clone())
}

fn line(label: &str, text: String) -> Line {
    Line { label: label.to_owned(), text }
}
