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
pub(crate) const KEY: &str = "link.key";
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
    /// URL of the overview, without a slash at the end.
    root: String,
    key: SigningKey,
    action_lock: Mutex<()>,
}

impl Links {
    /// Links to `public` with the base path `base`, signed with the key in `folder`. A missing key is generated; an invalid one is quarantined, scope
    /// invalidates the links of earlier messages.
    ///
    /// # Errors
    /// The folder cannot be read or written, or the system's random source fails.
    pub(crate) fn open(public: &PublicUrl, base: &str, folder: &Path) -> Result<Self, LinksError> {
        let key = key(folder).map_err(LinksError)?;
        Ok(Self { root: format!("{}{base}", public.origin()), key, action_lock: Mutex::default() })
    }

    /// URL of this server, without a slash at the end.
    pub(super) fn root(&self) -> &str {
        &self.root
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
            let url = format!("{}{}", self.root, charts_url(since, notification.time));
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
        let mut url = format!("{}/alerts?view={view}", self.root);
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
        format!("{}/action/{}", self.root, self.key.sign(&token))
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
#[path = "links_tests.rs"]
mod tests;
