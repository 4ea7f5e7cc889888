//! Which silences end soon, so that nobody is surprised by what they have hidden.

use super::case::Case;
use super::desk::Desk;
use super::hash::Hash128;
use super::matcher::Facts;
use super::notice::{EndingSilence, Notice, Part, Reason, compose, ending};
use super::route::{Route, listed};
use super::silence::Ready;
use super::tell::part;
use crate::Severity;
use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_model::{Labels, TimeRange, Timestamp};

/// What the end of a silence is called among servers.
fn name(id: &str, end: Timestamp) -> String {
    let mut hash = Hash128::new(1);
    hash.text(id);
    hash.number(end.millis());
    hash.finish()
}

impl Desk {
    /// Warns, once before each end, of the silences that hold once, and of those that come back every week if they hide
    /// something.
    ///
    /// Those who would be told of what is hidden are told. Where nothing is, routes are asked for an alert of the rule and
    /// the component `silence`, as severe as `info`.
    pub(super) fn warn_of_endings(&mut self, now: Timestamp) -> Vec<Notice> {
        let warning = Duration::from_secs(self.settings.silence_warning_seconds.into());
        self.warned.retain(|_, end| *end > now);
        self.endings.retain(|_, (_, end)| *end > now);
        let mut notices = Vec::new();
        for (id, ready) in &self.silences {
            let Some(TimeRange { start, end }) = ready.span(now) else { continue };
            // One that is shorter than the warning says it all when it is made.
            let is_time = end <= now + warning && start + warning < end;
            if !is_time || self.warned.get(id) == Some(&end) {
                continue;
            }
            let sheets = self.hidden(ready, now);
            if sheets.is_empty() {
                continue;
            }
            let incident = name(id, end);
            if self.colleagues.as_ref().is_some_and(|colleagues| colleagues.hold(Some(&incident), now)) {
                self.endings.insert(incident, (id.clone(), end));
                continue;
            }
            self.endings.remove(&incident);
            self.warned.insert(id.clone(), end);
            let silence = &ready.silence;
            let silence = EndingSilence {
                id: id.clone(),
                name: silence.name.clone(),
                author: silence.author.clone(),
                reason: silence.reason.clone(),
                end,
            };
            let sheets = sheets.into_iter().filter(|((_, channels), _)| !channels.is_empty());
            notices.extend(sheets.map(|(way, parts)| {
                ending(compose(Reason::SilenceEnding, way, parts, now), silence.clone())
            }));
        }
        notices
    }

    /// What a silence hides, by the routes and channels that would be told of it.
    fn hidden(&self, ready: &Ready, now: Timestamp) -> BTreeMap<(String, Vec<String>), Vec<Part>> {
        let way = |route: &Route| (route.name.clone(), listed(route.channels.iter().cloned().collect()));
        let mut sheets: BTreeMap<_, Vec<Part>> = BTreeMap::new();
        let is_hidden = |case: &&Case| ready.is_about(&Facts::from(&case.alert));
        for case in self.open.values().filter(is_hidden) {
            for route in self.plan.of(&Facts::from(&case.alert), now) {
                sheets.entry(way(route)).or_default().push(part(case, Reason::SilenceEnding, 0));
            }
        }
        if sheets.is_empty() && ready.silence.weekly.is_none() {
            let none = Labels::default();
            let (rule, component) = ("silence", "silence");
            let facts = Facts {
                rule,
                severity: Severity::Info,
                component,
                subject: "",
                of_series: &none,
                of_rule: &none,
            };
            sheets.extend(self.plan.of(&facts, now).into_iter().map(|route| (way(route), Vec::new())));
        }
        sheets
    }
}
