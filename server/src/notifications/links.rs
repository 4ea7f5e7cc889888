//! Links in messages: to pages, and signed action links (acknowledge, silence).

use super::Notifications;
use crate::config::PublicUrl;
use crate::persist::atomic_file;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use thiserror::Error;
use watchglass_dispatch::Notification;
use watchglass_model::Timestamp;
use watchglass_notify::{
    ActionToken, ActionTokenError, AlertFingerprint, Link, LinkAction, MAX_FINGERPRINTS, SigningKey,
};
use watchglass_pages::ui::charts_url;
use watchglass_rules::{Alert, AlertKey};

/// File in the data directory with the signing key.
const KEY: &str = "link.key";
/// Lifetime of a signed link.
pub(crate) const LINK_TTL: Duration = Duration::from_secs(24 * 3600);
/// Duration of a silence created by a link.
const SILENCE_MINUTES: u16 = 120;

/// The signing key cannot be read or saved.
#[derive(Debug, Error)]
#[error("cannot read or save the signing key of action links in {KEY} of the data directory: {0}")]
pub(crate) struct LinksError(#[source] io::Error);

/// Link builder and verifier.
#[derive(Debug)]
pub(crate) struct Links {
    origin: String,
    key: SigningKey,
    action_lock: Mutex<()>,
}

impl Links {
    /// Links to `public`, signed with the key in `folder`. A missing key is generated; an invalid one is quarantined, scope
    /// invalidates the links of earlier messages.
    ///
    /// # Errors
    /// The folder cannot be read or written, or the system's random source fails.
    pub(crate) fn open(public: &PublicUrl, folder: &Path) -> Result<Self, LinksError> {
        let key = key(folder).map_err(LinksError)?;
        Ok(Self { origin: public.origin().to_owned(), key, action_lock: Mutex::default() })
    }

    /// URL of this server, without a path.
    pub(super) fn origin(&self) -> &str {
        &self.origin
    }

    /// Verifies a token.
    ///
    /// # Errors
    /// The token is invalid or expired.
    pub(crate) fn verify(&self, token: &str, now: Timestamp) -> Result<ActionToken, ActionTokenError> {
        self.key.verify(token, now)
    }

    /// Serialises actions of links: if two users use the same link at once, the second one sees the result of the first.
    pub(crate) fn lock_actions(&self) -> MutexGuard<'_, ()> {
        self.action_lock.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Links of a message, most important first.
    pub(super) fn of(&self, notification: &Notification) -> Vec<Link> {
        let mut links = vec![Link { label: "Open".to_owned(), url: self.page(notification) }];
        if let Some(since) = notification.alerts.iter().map(|alert| alert.since).min() {
            let url = format!("{}{}", self.origin, charts_url(since, notification.time));
            links.push(Link { label: "Open charts".to_owned(), url });
        }
        if notification.is_resolved() || notification.alerts.is_empty() {
            return links;
        }
        let scope = match (notification.alerts.len(), notification.more) {
            (1, 0) => String::new(),
            (count @ ..=MAX_FINGERPRINTS, 0) => format!(" all {count}"),
            (count, _) => format!(" the first {}", count.min(MAX_FINGERPRINTS)),
        };
        let is_acknowledged = |alert: &Alert| {
            notification.acknowledged.iter().any(|acknowledged| acknowledged.key == alert.key)
        };
        if !notification.alerts.iter().all(is_acknowledged) {
            let url = self.action_url(notification, LinkAction::Acknowledge);
            links.push(Link { label: format!("Acknowledge{scope}"), url });
        }
        let label = format!("Silence{scope} for {} hours", SILENCE_MINUTES / 60);
        links.push(Link {
            label,
            url: self.action_url(notification, LinkAction::Silence { minutes: SILENCE_MINUTES }),
        });
        links
    }

    /// Page of the alerts of a message.
    fn page(&self, notification: &Notification) -> String {
        let view = match notification.alerts.first() {
            None => "silences",
            Some(_) if notification.is_resolved() => "history",
            Some(_) => "active",
        };
        let mut url = format!("{}/alerts?view={view}", self.origin);
        let mut rules = notification.alerts.iter().map(|alert| &alert.key.rule);
        // Rule ids are URL-safe.
        if let Some(rule) = rules.next()
            && rules.all(|other| other == rule)
        {
            url.push_str("&rule=");
            url.push_str(rule);
        }
        url
    }

    fn action_url(&self, notification: &Notification, action: LinkAction) -> String {
        let marks =
            notification.alerts.iter().take(MAX_FINGERPRINTS).map(|alert| alert_fingerprint(&alert.key));
        let token =
            ActionToken { action, fingerprints: marks.collect(), expires_at: notification.time + LINK_TTL };
        format!("{}/action/{}", self.origin, self.key.sign(&token))
    }
}

impl Notifications {
    /// Link builder and verifier; `None` without a public URL.
    pub(crate) fn links(&self) -> Option<&Links> {
        self.message_context.links.as_ref()
    }
}

/// Fingerprint of an alert in a link.
pub(crate) fn alert_fingerprint(key: &AlertKey) -> AlertFingerprint {
    AlertFingerprint::new(&key.rule, &key.labels)
}

fn key(folder: &Path) -> io::Result<SigningKey> {
    if let Some(text) = atomic_file::read(folder, KEY)? {
        if let Some(key) = SigningKey::parse(&text) {
            return Ok(key);
        }
        atomic_file::quarantine(
            folder,
            KEY,
            "invalid signing key: links of earlier messages no longer work",
        )?;
    }
    let text = SigningKey::generate()?;
    atomic_file::replace(folder, KEY, text.as_bytes())?;
    SigningKey::parse(&text).ok_or_else(|| io::Error::other("the generated signing key is invalid"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use watchglass_dispatch::{Acknowledgement, Reason};
    use watchglass_model::Unit;
    use watchglass_rules::{Phase, Severity};

    fn links(folder: &Path) -> Links {
        Links::open(&PublicUrl::parse("https://watch.example").unwrap(), folder).unwrap()
    }

    fn alert(rule: &str, host: usize) -> Alert {
        Alert {
            key: AlertKey {
                rule: rule.to_owned(),
                labels: [("host", format!("web-{host}"))].into_iter().collect(),
            },
            phase: Phase::Firing,
            severity: Severity::Critical,
            component: "cpu".to_owned(),
            subject: String::new(),
            value: Some(0.9),
            threshold: 0.8,
            unit: Unit::Ratio,
            message: "CPU is 90.0 %, above 80.0 %".to_owned(),
            since: Timestamp::from_millis(1000),
            fired: Some(Timestamp::from_millis(1000)),
            resolved: None,
            flapping: false,
            labels: Default::default(),
        }
    }

    fn notification(reason: Reason, alerts: Vec<Alert>) -> Notification {
        Notification {
            id: "id".to_owned(),
            reason,
            alerts,
            more: 0,
            inhibited: Vec::new(),
            acknowledged: Vec::new(),
            flapping: Vec::new(),
            silence: None,
            severity: Severity::Critical,
            route: "default".to_owned(),
            channels: Vec::new(),
            time: Timestamp::from_millis(5000),
        }
    }

    fn labels_and_paths(links: &Links, notification: &Notification) -> Vec<(String, String)> {
        let found = links.of(notification).into_iter();
        found.map(|link| (link.label, link.url.replace("https://watch.example", ""))).collect()
    }

    #[test]
    fn message_links_to_pages_and_actions() {
        let folder = tempfile::tempdir().unwrap();
        let links = links(folder.path());
        let links_of = labels_and_paths(&links, &notification(Reason::Fired, vec![alert("cpu", 1)]));
        let labels: Vec<&str> = links_of.iter().map(|(label, _)| label.as_str()).collect();
        assert_eq!(labels, ["Open", "Open charts", "Acknowledge", "Silence for 2 hours"]);
        assert_eq!(links_of[0].1, "/alerts?view=active&rule=cpu");
        assert_eq!(links_of[1].1, "/trends?from=0&to=905000&at=1000");
        for ((_, path), action) in
            links_of[2..].iter().zip([LinkAction::Acknowledge, LinkAction::Silence { minutes: 120 }])
        {
            let token = path.strip_prefix("/action/").unwrap();
            let expires_at = Timestamp::from_millis(5000) + LINK_TTL;
            let verified = links.verify(token, expires_at - Duration::from_millis(1)).unwrap();
            assert_eq!(
                verified,
                ActionToken {
                    action,
                    fingerprints: vec![alert_fingerprint(&alert("cpu", 1).key)],
                    expires_at
                }
            );
            assert_eq!(
                links.verify(token, expires_at),
                Err(ActionTokenError::Expired { expired_at: expires_at })
            );
        }
    }

    #[test]
    fn actions_depend_on_the_notification() {
        let folder = tempfile::tempdir().unwrap();
        let links = links(folder.path());
        let many = |count| (0..count).map(|host| alert("cpu", host)).collect::<Vec<_>>();
        let acknowledgement = Acknowledgement {
            key: alert("cpu", 0).key,
            who: "ada".to_owned(),
            why: String::new(),
            time: Timestamp::default(),
        };
        let acknowledged = |notification: Notification| Notification {
            acknowledged: vec![acknowledgement.clone()],
            ..notification
        };
        let mixed = vec![alert("cpu", 1), alert("disk", 1)];
        for (notification, page, labels) in [
            (notification(Reason::Resolved, many(1)), "history&rule=cpu", "Open, Open charts"),
            (notification(Reason::SilenceEnding, Vec::new()), "silences", "Open"),
            (
                notification(Reason::Fired, mixed),
                "active",
                "Open, Open charts, Acknowledge all 2, Silence all 2 for 2 hours",
            ),
            (
                notification(Reason::Fired, many(10)),
                "active&rule=cpu",
                "Open, Open charts, Acknowledge all 10, Silence all 10 for 2 hours",
            ),
            (
                Notification { more: 3, ..notification(Reason::Fired, many(100)) },
                "active&rule=cpu",
                "Open, Open charts, Acknowledge the first 10, Silence the first 10 for 2 hours",
            ),
            (
                acknowledged(notification(Reason::Worsened, many(1))),
                "active&rule=cpu",
                "Open, Open charts, Silence for 2 hours",
            ),
            (
                acknowledged(notification(Reason::Fired, many(2))),
                "active&rule=cpu",
                "Open, Open charts, Acknowledge all 2, Silence all 2 for 2 hours",
            ),
        ] {
            let labels_and_paths = labels_and_paths(&links, &notification);
            let found: Vec<&str> = labels_and_paths.iter().map(|(label, _)| label.as_str()).collect();
            assert_eq!(found.join(", "), labels);
            assert_eq!(labels_and_paths[0].1, format!("/alerts?view={page}"), "{labels}");
            assert!(labels_and_paths.iter().all(|(_, path)| path.len() < 300), "{labels_and_paths:?}");
        }
    }

    #[test]
    fn key_is_generated_once_and_quarantined_if_damaged() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(KEY);
        let token = |links: &Links| {
            labels_and_paths(links, &notification(Reason::Fired, vec![alert("cpu", 1)]))[2]
                .1
                .replace("/action/", "")
        };
        let first = token(&links(folder.path()));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(token(&links(folder.path())), first);
        std::fs::write(&path, "garbage").unwrap();
        let renewed = links(folder.path());
        assert_eq!(renewed.verify(&first, Timestamp::default()), Err(ActionTokenError::Invalid));
        assert_eq!(std::fs::read_to_string(folder.path().join("link.key.damaged")).unwrap(), "garbage");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(token(&links(folder.path())), token(&renewed));
    }
}
