//! Notification of an alert group.

use super::acknowledgement::Acknowledgement;
use super::hash::Hash128;
use serde::{Deserialize, Serialize};
use watchglass_model::Timestamp;
use watchglass_rules::{Alert, AlertKey, Phase, Severity};

/// Maximum number of alerts in one notification; the rest is counted.
pub const MAX_ALERTS: usize = 100;

/// A notification, sent once to all of its channels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notification {
    /// 32 hexadecimal digits, derived from the content but not the time: the same notification, made again after a
    /// crash or by a second server, has the same id, and no other has it.
    pub id: String,
    /// Why it is sent now.
    pub reason: Reason,
    /// The alerts, the most severe first; at most [`MAX_ALERTS`]. Empty only for a silence without firing alerts.
    pub alerts: Vec<Alert>,
    /// Number of further alerts.
    pub more: usize,
    /// Inhibited alerts: among `alerts`, or inhibited by one of them.
    #[serde(rename = "because_of")]
    pub inhibited: Vec<Inhibition>,
    /// Acknowledgements of these alerts.
    pub acknowledged: Vec<Acknowledgement>,
    /// Flapping summary of each alert, for [`Reason::Digest`].
    pub flapping: Vec<FlappingSummary>,
    /// The silence, for [`Reason::SilenceEnding`].
    pub silence: Option<ExpiringSilence>,
    /// Highest severity of its alerts.
    pub severity: Severity,
    /// Route name.
    pub route: String,
    /// Channels, sorted; `*` is all of them.
    pub channels: Vec<String>,
    /// Time of the step that created it.
    pub time: Timestamp,
}

impl Notification {
    /// Whether everything in it has resolved, so that an incident opened by an earlier notification can be closed.
    pub fn is_resolved(&self) -> bool {
        match self.reason {
            Reason::Resolved => true,
            Reason::Digest => {
                self.flapping.iter().all(|flapped| flapped.ended)
                    && self.alerts.iter().all(|alert| alert.phase == Phase::Resolved)
            }
            _ => false,
        }
    }
}

/// Reason of a notification.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// Resolved.
    Resolved,
    /// Flapping started or stopped. Nothing is sent between these two. An alert that has resolved when flapping stops
    /// is reported as such here, without a separate resolution.
    Digest,
    /// Firing.
    Fired,
    /// Severity increased.
    Worsened,
    /// Not acknowledged in time.
    Escalated,
    /// Still firing and not acknowledged.
    Repeat,
    /// A silence expires soon.
    SilenceEnding,
}

/// An inhibited alert and its cause.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Inhibition {
    /// Inhibited alert.
    pub alert: AlertKey,
    /// Alert that inhibits it.
    pub cause: AlertKey,
}

/// Flapping summary of an alert.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlappingSummary {
    /// Alert.
    pub alert: AlertKey,
    /// Start of the flapping.
    pub since: Timestamp,
    /// Number of firings since then.
    pub firings: u32,
    /// Whether the flapping has ended.
    pub ended: bool,
}

/// A silence that expires soon.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ExpiringSilence {
    /// Its id.
    pub id: String,
    /// Name; may be empty.
    pub name: String,
    /// Author.
    pub author: String,
    /// Reason given by the author.
    pub reason: String,
    /// End.
    pub end: Timestamp,
}

/// An alert of a notification, with what distinguishes it from the same alert in another one.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct NotificationPart {
    pub(super) alert: Alert,
    /// Dedup key, if peers may find the same alert: the id is then the same on all servers.
    pub(super) dedup_key: Option<String>,
    /// Start of the firing.
    pub(super) opened: Option<Timestamp>,
    /// Number of the repeat or escalation.
    pub(super) ordinal: u32,
    pub(super) inhibited_by: Option<AlertKey>,
    pub(super) acknowledged: Option<Acknowledgement>,
    pub(super) flapping: Option<FlappingSummary>,
}

/// Builds a notification from its parts.
pub(super) fn compose(
    reason: Reason,
    (route, channels): (String, Vec<String>),
    mut parts: Vec<NotificationPart>,
    now: Timestamp,
) -> Notification {
    parts.sort_by(|a, b| {
        let order = |part: &NotificationPart| (std::cmp::Reverse(part.alert.severity), part.alert.fired);
        order(a).cmp(&order(b)).then_with(|| a.alert.key.cmp(&b.alert.key))
    });
    let id = notification_id(reason, &route, &channels, &parts);
    let severity = parts.iter().map(|part| part.alert.severity).max().unwrap_or(Severity::Info);
    let more = parts.len().saturating_sub(MAX_ALERTS);
    parts.truncate(MAX_ALERTS);
    let because_of = parts.iter().filter_map(|part| {
        let (alert, cause) = (part.alert.key.clone(), part.inhibited_by.clone()?);
        Some(Inhibition { alert, cause })
    });
    Notification {
        id,
        reason,
        more,
        inhibited: because_of.collect(),
        acknowledged: parts.iter().filter_map(|part| part.acknowledged.clone()).collect(),
        flapping: parts.iter().filter_map(|part| part.flapping.clone()).collect(),
        silence: None,
        severity,
        route,
        channels,
        time: now,
        alerts: parts.into_iter().map(|part| part.alert).collect(),
    }
}

fn notification_id(reason: Reason, route: &str, channels: &[String], parts: &[NotificationPart]) -> String {
    let mut hash = Hash128::new(reason as u8);
    hash.text(route);
    channels.iter().for_each(|channel| hash.text(channel));
    let mut parts: Vec<&NotificationPart> = parts.iter().collect();
    parts.sort_by(|a, b| a.alert.key.cmp(&b.alert.key));
    for part in parts {
        match &part.dedup_key {
            Some(incident) => hash.text(incident),
            None => {
                hash.text(&part.alert.key.rule);
                hash.text(&part.alert.key.labels.to_string());
            }
        }
        hash.number(part.opened.map_or(i64::MIN, Timestamp::millis));
        hash.number(part.ordinal.into());
        if reason == Reason::Worsened {
            hash.number(part.alert.severity as i64);
        }
        if let Some(flapped) = &part.flapping {
            hash.number(flapped.since.millis());
            hash.number(flapped.ended.into());
        }
    }
    hash.finish()
}

/// Turns it into the reminder of an expiring silence.
pub(super) fn silence_reminder(mut notification: Notification, silence: ExpiringSilence) -> Notification {
    // The silenced alerts may change every second; silence and end do not.
    let mut hash = Hash128::new(notification.reason as u8);
    hash.text(&notification.route);
    hash.text(&silence.id);
    hash.number(silence.end.millis());
    notification.id = hash.finish();
    notification.silence = Some(silence);
    notification
}

#[cfg(test)]
mod tests {
    use super::super::fixtures::{alert, at};
    use super::*;

    fn part(rule: &str, severity: Severity) -> NotificationPart {
        let mut alert = alert(rule, &[("host", "h")]);
        alert.severity = severity;
        let opened = alert.fired;
        NotificationPart {
            alert,
            dedup_key: None,
            opened,
            ordinal: 0,
            inhibited_by: None,
            acknowledged: None,
            flapping: None,
        }
    }

    fn made(reason: Reason, parts: &[NotificationPart], second: i64) -> Notification {
        compose(reason, ("ops".to_owned(), vec!["mail".to_owned()]), parts.to_vec(), at(second))
    }

    #[test]
    fn most_severe_comes_first_and_the_rest_is_counted() {
        let mut parts: Vec<NotificationPart> =
            (0..120).map(|n| part(&format!("rule-{n}"), Severity::Info)).collect();
        parts.push(part("zzz", Severity::Critical));
        let notification = made(Reason::Fired, &parts, 1);
        assert_eq!(
            (notification.alerts.len(), notification.more, notification.severity),
            (100, 21, Severity::Critical)
        );
        assert_eq!(notification.alerts[0].key.rule, "zzz");
    }

    #[test]
    fn id_depends_on_content_but_not_on_time() {
        let (a, b) = (part("a", Severity::Info), part("b", Severity::Warning));
        let id = made(Reason::Fired, &[a.clone(), b.clone()], 1).id;
        assert_eq!(id.len(), 32);
        assert_eq!(made(Reason::Fired, &[b.clone(), a.clone()], 99).id, id);
        let mut later = a.clone();
        later.opened = Some(at(7));
        let mut again = a.clone();
        again.ordinal = 1;
        for (reason, parts) in [
            (Reason::Resolved, vec![a.clone(), b.clone()]),
            (Reason::Fired, vec![a.clone()]),
            (Reason::Fired, vec![later, b.clone()]),
            (Reason::Fired, vec![again, b.clone()]),
        ] {
            assert_ne!(made(reason, &parts, 1).id, id, "{reason:?} {parts:?}");
        }
        let worse = made(Reason::Worsened, &[part("a", Severity::Critical)], 1).id;
        assert_ne!(worse, made(Reason::Worsened, &[part("a", Severity::Warning)], 1).id);
    }
}
