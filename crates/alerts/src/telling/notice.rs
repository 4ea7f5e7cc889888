//! What is to be told: of which alerts, why now, to whom.

use super::acknowledgement::Acknowledgement;
use super::hash::Hash128;
use crate::Severity;
use crate::alert::{Alert, AlertKey, Phase};
use serde::{Deserialize, Serialize};
use watchglass_model::Timestamp;

/// The most alerts that one notice carries; it counts the rest.
pub const MOST_ALERTS: usize = 100;

/// Something to be told, once, to all of its channels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Notice {
    /// 32 hexadecimal digits, made of what the notice says and not of when: the same notice, made again after a crash or
    /// by a second server, has the same id, and no other has it.
    pub id: String,
    /// Why now.
    pub reason: Reason,
    /// The alerts it is about, the most severe first; at most [`MOST_ALERTS`]. Empty only for a silence that hides nothing.
    pub alerts: Vec<Alert>,
    /// How many more alerts it is about.
    pub more: usize,
    /// Of these alerts, which are because of something else; and what stays quiet because of one of these.
    pub because_of: Vec<BecauseOf>,
    /// Who has acknowledged which of these alerts.
    pub acknowledged: Vec<Acknowledgement>,
    /// Of a digest: what it says of each alert.
    pub flapping: Vec<Flapped>,
    /// Of a silence that is about to end: which.
    pub silence: Option<EndingSilence>,
    /// The worst of its alerts.
    pub severity: Severity,
    /// The route.
    pub route: String,
    /// The channels, sorted; `*` is all of them.
    pub channels: Vec<String>,
    /// The moment of the step that made it.
    pub time: Timestamp,
}

impl Notice {
    /// Whether all that it is about is over, so that what was opened by an earlier notice can be closed.
    pub fn is_end(&self) -> bool {
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

/// Why something is told now.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Reason {
    /// It is over.
    Resolved,
    /// It comes and goes, or does so no more. Nothing is told between these two. One that is over when it ceases to flap
    /// is told of as such, and not a second time as resolved.
    Digest,
    /// It has begun.
    Fired,
    /// It has become more severe.
    Worsened,
    /// Nobody has acknowledged it in time.
    Escalated,
    /// It still fires, and nobody has acknowledged it.
    Repeat,
    /// A silence is about to end.
    SilenceEnding,
}

/// What is because of what.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct BecauseOf {
    /// The alert that stays quiet.
    pub alert: AlertKey,
    /// What it depends on.
    pub cause: AlertKey,
}

/// How an alert came and went.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Flapped {
    /// Which.
    pub alert: AlertKey,
    /// Since when.
    pub since: Timestamp,
    /// How often it has fired since then.
    pub firings: u32,
    /// Whether it does so no more.
    pub ended: bool,
}

/// A silence that is about to end.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EndingSilence {
    /// Its id.
    pub id: String,
    /// Its name; may be empty.
    pub name: String,
    /// Who wanted it.
    pub author: String,
    /// Why.
    pub reason: String,
    /// When it ends.
    pub end: Timestamp,
}

/// What distinguishes an alert in one notice from the same alert in another with the same reason.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Part {
    pub(super) alert: Alert,
    /// What other servers may find as well: then the id is the same whoever tells.
    pub(super) incident: Option<String>,
    /// When the episode began that is told of.
    pub(super) opened: Option<Timestamp>,
    /// Which repetition, or which escalation.
    pub(super) ordinal: u32,
    pub(super) because_of: Option<AlertKey>,
    pub(super) acknowledged: Option<Acknowledgement>,
    pub(super) flapped: Option<Flapped>,
}

/// Makes a notice of its parts.
pub(super) fn compose(
    reason: Reason,
    (route, channels): (String, Vec<String>),
    mut parts: Vec<Part>,
    now: Timestamp,
) -> Notice {
    parts.sort_by(|a, b| {
        let order = |part: &Part| (std::cmp::Reverse(part.alert.severity), part.alert.fired);
        order(a).cmp(&order(b)).then_with(|| a.alert.key.cmp(&b.alert.key))
    });
    let id = identify(reason, &route, &channels, &parts);
    let severity = parts.iter().map(|part| part.alert.severity).max().unwrap_or(Severity::Info);
    let more = parts.len().saturating_sub(MOST_ALERTS);
    parts.truncate(MOST_ALERTS);
    let because_of = parts.iter().filter_map(|part| {
        let (alert, cause) = (part.alert.key.clone(), part.because_of.clone()?);
        Some(BecauseOf { alert, cause })
    });
    Notice {
        id,
        reason,
        more,
        because_of: because_of.collect(),
        acknowledged: parts.iter().filter_map(|part| part.acknowledged.clone()).collect(),
        flapping: parts.iter().filter_map(|part| part.flapped.clone()).collect(),
        silence: None,
        severity,
        route,
        channels,
        time: now,
        alerts: parts.into_iter().map(|part| part.alert).collect(),
    }
}

fn identify(reason: Reason, route: &str, channels: &[String], parts: &[Part]) -> String {
    let mut hash = Hash128::new(reason as u8);
    hash.text(route);
    channels.iter().for_each(|channel| hash.text(channel));
    let mut parts: Vec<&Part> = parts.iter().collect();
    parts.sort_by(|a, b| a.alert.key.cmp(&b.alert.key));
    for part in parts {
        match &part.incident {
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
        if let Some(flapped) = &part.flapped {
            hash.number(flapped.since.millis());
            hash.number(flapped.ended.into());
        }
    }
    hash.finish()
}

/// Makes the notice that a silence ends.
pub(super) fn ending(mut notice: Notice, silence: EndingSilence) -> Notice {
    // Which alerts it hides may change from one second to the next; which silence ends when does not.
    let mut hash = Hash128::new(notice.reason as u8);
    hash.text(&notice.route);
    hash.text(&silence.id);
    hash.number(silence.end.millis());
    notice.id = hash.finish();
    notice.silence = Some(silence);
    notice
}

#[cfg(test)]
mod tests {
    use super::super::samples::{alert, at};
    use super::*;

    fn part(rule: &str, severity: Severity) -> Part {
        let mut alert = alert(rule, &[("host", "h")]);
        alert.severity = severity;
        let opened = alert.fired;
        Part {
            alert,
            incident: None,
            opened,
            ordinal: 0,
            because_of: None,
            acknowledged: None,
            flapped: None,
        }
    }

    fn made(reason: Reason, parts: &[Part], second: i64) -> Notice {
        compose(reason, ("ops".to_owned(), vec!["mail".to_owned()]), parts.to_vec(), at(second))
    }

    #[test]
    fn the_most_severe_comes_first_and_the_rest_is_counted() {
        let mut parts: Vec<Part> = (0..120).map(|n| part(&format!("rule-{n}"), Severity::Info)).collect();
        parts.push(part("zzz", Severity::Critical));
        let notice = made(Reason::Fired, &parts, 1);
        assert_eq!((notice.alerts.len(), notice.more, notice.severity), (100, 21, Severity::Critical));
        assert_eq!(notice.alerts[0].key.rule, "zzz");
    }

    #[test]
    fn the_id_says_what_is_told_and_not_when() {
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
