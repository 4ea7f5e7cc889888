//! Links in messages: to the page, and signed ones that acknowledge and silence.

use super::Telling;
use super::letter::Extras;
use crate::files;
use crate::settings::PublicUrl;
use app::fragments::charts_of;
use std::io;
use std::path::Path;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use thiserror::Error;
use watchglass_alerts::telling::Notice;
use watchglass_alerts::{Alert, AlertKey};
use watchglass_model::Timestamp;
use watchglass_notify::{Action, AlertMark, Deed, DeedError, DeedKey, Link, MOST_MARKS};

/// The file in the data folder with the key that links are signed with.
const KEY: &str = "link.key";
/// How long a signed link is good after its message was made.
pub(crate) const GOOD_FOR: Duration = Duration::from_secs(24 * 3600);
/// How long the link in a message silences.
const SILENCE_MINUTES: u16 = 120;

/// Why there can be no links.
#[derive(Debug, Error)]
#[error("the key that links are signed with cannot be kept in {KEY} of the data folder: {0}")]
pub(crate) struct LinksError(#[source] io::Error);

/// Makes and reads links.
#[derive(Debug)]
pub(crate) struct Links {
    origin: String,
    key: DeedKey,
    turn: Mutex<()>,
}

impl Links {
    /// Links to `public`, signed with the key in `folder`. Where there is none one is made; one that cannot be read is set
    /// aside, and then links of messages that were sent before do nothing any more.
    ///
    /// # Errors
    /// The folder cannot be read or written to, or the system has no random numbers.
    pub(crate) fn open(public: &PublicUrl, folder: &Path) -> Result<Self, LinksError> {
        let key = key(folder).map_err(LinksError)?;
        Ok(Self { origin: public.origin().to_owned(), key, turn: Mutex::default() })
    }

    /// What a token does.
    ///
    /// # Errors
    /// It is not one of this server, or is good no more.
    pub(crate) fn read(&self, token: &str, now: Timestamp) -> Result<Deed, DeedError> {
        self.key.read(token, now)
    }

    /// Whoever holds this does what a link says, and nobody else meanwhile: of two who press the same button at once, the
    /// second is told of the first.
    pub(crate) fn turn(&self) -> MutexGuard<'_, ()> {
        self.turn.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The links of a message, the most important first.
    pub(super) fn of(&self, notice: &Notice) -> Vec<Link> {
        let mut links = vec![Link { label: "Open".to_owned(), url: self.page(notice) }];
        if let Some(since) = notice.alerts.iter().map(|alert| alert.since).min() {
            let url = format!("{}{}", self.origin, charts_of(since, notice.time));
            links.push(Link { label: "Charts of that time".to_owned(), url });
        }
        if notice.is_end() || notice.alerts.is_empty() {
            return links;
        }
        let which = match (notice.alerts.len(), notice.more) {
            (1, 0) => String::new(),
            (count @ ..=MOST_MARKS, 0) => format!(" all {count}"),
            (count, _) => format!(" the first {}", count.min(MOST_MARKS)),
        };
        let is_acknowledged =
            |alert: &Alert| notice.acknowledged.iter().any(|acknowledged| acknowledged.key == alert.key);
        if !notice.alerts.iter().all(is_acknowledged) {
            let url = self.deed(notice, Action::Acknowledge);
            links.push(Link { label: format!("Acknowledge{which}"), url });
        }
        let label = format!("Silence{which} for {} hours", SILENCE_MINUTES / 60);
        links.push(Link { label, url: self.deed(notice, Action::Silence { minutes: SILENCE_MINUTES }) });
        links
    }

    /// The page that shows what a message is about.
    fn page(&self, notice: &Notice) -> String {
        let view = match notice.alerts.first() {
            None => "silences",
            Some(_) if notice.is_end() => "history",
            Some(_) => "active",
        };
        let mut url = format!("{}/alerts?view={view}", self.origin);
        let mut rules = notice.alerts.iter().map(|alert| &alert.key.rule);
        // The ids of rules have nothing in them that an address could not have.
        if let Some(rule) = rules.next()
            && rules.all(|other| other == rule)
        {
            url.push_str("&rule=");
            url.push_str(rule);
        }
        url
    }

    fn deed(&self, notice: &Notice, action: Action) -> String {
        let marks = notice.alerts.iter().take(MOST_MARKS).map(|alert| mark(&alert.key));
        let deed = Deed { action, marks: marks.collect(), expires: notice.time + GOOD_FOR };
        format!("{}/do/{}", self.origin, self.key.sign(&deed))
    }
}

impl Telling {
    /// The same, with links in messages.
    pub(crate) fn with_links(self, links: Option<Links>) -> Self {
        Self { extras: Extras { links, ..self.extras }, ..self }
    }

    /// What makes and reads links; `None` where nobody said how people reach this server.
    pub(crate) fn links(&self) -> Option<&Links> {
        self.extras.links.as_ref()
    }
}

/// What stands for an alert in a link.
pub(crate) fn mark(key: &AlertKey) -> AlertMark {
    AlertMark::new(&key.rule, &key.labels)
}

fn key(folder: &Path) -> io::Result<DeedKey> {
    if let Some(text) = files::read(folder, KEY)? {
        if let Some(key) = DeedKey::parse(&text) {
            return Ok(key);
        }
        files::set_aside(folder, KEY, "it is no key: links of messages sent before do nothing any more")?;
    }
    let text = DeedKey::random_text()?;
    files::replace(folder, KEY, text.as_bytes())?;
    DeedKey::parse(&text).ok_or_else(|| io::Error::other("a new key for links cannot be read"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;
    use watchglass_alerts::telling::{Acknowledgement, Reason};
    use watchglass_alerts::{Phase, Severity};
    use watchglass_model::Unit;

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

    fn notice(reason: Reason, alerts: Vec<Alert>) -> Notice {
        Notice {
            id: "id".to_owned(),
            reason,
            alerts,
            more: 0,
            because_of: Vec::new(),
            acknowledged: Vec::new(),
            flapping: Vec::new(),
            silence: None,
            severity: Severity::Critical,
            route: "default".to_owned(),
            channels: Vec::new(),
            time: Timestamp::from_millis(5000),
        }
    }

    fn told(links: &Links, notice: &Notice) -> Vec<(String, String)> {
        let found = links.of(notice).into_iter();
        found.map(|link| (link.label, link.url.replace("https://watch.example", ""))).collect()
    }

    #[test]
    fn a_message_leads_to_the_page_and_to_what_can_be_done() {
        let folder = tempfile::tempdir().unwrap();
        let links = links(folder.path());
        let told_of = told(&links, &notice(Reason::Fired, vec![alert("cpu", 1)]));
        let labels: Vec<&str> = told_of.iter().map(|(label, _)| label.as_str()).collect();
        assert_eq!(labels, ["Open", "Charts of that time", "Acknowledge", "Silence for 2 hours"]);
        assert_eq!(told_of[0].1, "/alerts?view=active&rule=cpu");
        assert_eq!(told_of[1].1, "/trends?from=0&to=905000&at=1000");
        for ((_, path), action) in
            told_of[2..].iter().zip([Action::Acknowledge, Action::Silence { minutes: 120 }])
        {
            let token = path.strip_prefix("/do/").unwrap();
            let expires = Timestamp::from_millis(5000) + GOOD_FOR;
            let deed = links.read(token, expires - Duration::from_millis(1)).unwrap();
            assert_eq!(deed, Deed { action, marks: vec![mark(&alert("cpu", 1).key)], expires });
            assert_eq!(links.read(token, expires), Err(DeedError::Expired { since: expires }));
        }
    }

    #[test]
    fn what_can_be_done_depends_on_what_is_told() {
        let folder = tempfile::tempdir().unwrap();
        let links = links(folder.path());
        let many = |count| (0..count).map(|host| alert("cpu", host)).collect::<Vec<_>>();
        let acknowledgement = Acknowledgement {
            key: alert("cpu", 0).key,
            who: "ada".to_owned(),
            why: String::new(),
            time: Timestamp::default(),
        };
        let acknowledged = |notice: Notice| Notice { acknowledged: vec![acknowledgement.clone()], ..notice };
        let mixed = vec![alert("cpu", 1), alert("disk", 1)];
        for (notice, page, labels) in [
            (notice(Reason::Resolved, many(1)), "history&rule=cpu", "Open, Charts of that time"),
            (notice(Reason::SilenceEnding, Vec::new()), "silences", "Open"),
            (
                notice(Reason::Fired, mixed),
                "active",
                "Open, Charts of that time, Acknowledge all 2, Silence all 2 for 2 hours",
            ),
            (
                notice(Reason::Fired, many(10)),
                "active&rule=cpu",
                "Open, Charts of that time, Acknowledge all 10, Silence all 10 for 2 hours",
            ),
            (
                Notice { more: 3, ..notice(Reason::Fired, many(100)) },
                "active&rule=cpu",
                "Open, Charts of that time, Acknowledge the first 10, Silence the first 10 for 2 hours",
            ),
            (
                acknowledged(notice(Reason::Worsened, many(1))),
                "active&rule=cpu",
                "Open, Charts of that time, Silence for 2 hours",
            ),
            (
                acknowledged(notice(Reason::Fired, many(2))),
                "active&rule=cpu",
                "Open, Charts of that time, Acknowledge all 2, Silence all 2 for 2 hours",
            ),
        ] {
            let told = told(&links, &notice);
            let found: Vec<&str> = told.iter().map(|(label, _)| label.as_str()).collect();
            assert_eq!(found.join(", "), labels);
            assert_eq!(told[0].1, format!("/alerts?view={page}"), "{labels}");
            assert!(told.iter().all(|(_, path)| path.len() < 300), "{told:?}");
        }
    }

    #[test]
    fn the_key_is_made_once_for_its_owner_alone_and_a_damaged_one_is_set_aside() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join(KEY);
        let token = |links: &Links| {
            told(links, &notice(Reason::Fired, vec![alert("cpu", 1)]))[2].1.replace("/do/", "")
        };
        let first = token(&links(folder.path()));
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(token(&links(folder.path())), first);
        std::fs::write(&path, "rubbish").unwrap();
        let renewed = links(folder.path());
        assert_eq!(renewed.read(&first, Timestamp::default()), Err(DeedError::NotOurs));
        assert_eq!(std::fs::read_to_string(folder.path().join("link.key.damaged")).unwrap(), "rubbish");
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        assert_eq!(token(&links(folder.path())), token(&renewed));
    }
}
