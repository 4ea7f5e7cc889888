//! The desk where notices are made: what it knows, and what people say to it.

use super::acknowledgement::{AcknowledgeError, Acknowledgement};
use super::case::Case;
use super::error::{self, FieldError};
use super::matcher::Facts;
use super::notice::{BecauseOf, Notice};
use super::route::Plan;
use super::settings::TellingSettings;
use super::sharing::{Colleagues, Remark};
use super::silence::{MOST_SILENCES, Ready, Silence};
use crate::alert::{Alert, AlertKey, Change};
use std::collections::BTreeMap;
use std::time::Duration;
use watchglass_model::Timestamp;

/// How long a silence that is over is still listed.
const KEPT: Duration = Duration::from_secs(7 * 86_400);

/// Decides who is told what, and when. It never changes what is recorded.
#[derive(Clone, Debug)]
pub struct Desk {
    pub(super) settings: TellingSettings,
    pub(super) plan: Plan,
    pub(super) silences: BTreeMap<String, Ready>,
    /// What fires or flaps.
    pub(super) open: BTreeMap<AlertKey, Case>,
    /// What is over, until that has been told.
    pub(super) over: Vec<Case>,
    /// The silences that held at the last step; `None` when some are new.
    pub(super) holding: Option<Vec<String>>,
    /// When a route was last told something new of a group.
    pub(super) said: BTreeMap<(String, String), Timestamp>,
    /// For which end a silence has given its warning.
    pub(super) warned: BTreeMap<String, Timestamp>,
    /// The warnings that another server may give, by what they are called among servers.
    pub(super) endings: BTreeMap<String, (String, Timestamp)>,
    /// The moment of the last step.
    pub(super) last: Option<Timestamp>,
    pub(super) left_out: usize,
    /// Those that it shares with; `None` when it does not.
    pub(super) colleagues: Option<Colleagues>,
    /// Where silences are shared: when one, which may be gone, was last changed.
    pub(super) changed: BTreeMap<String, Timestamp>,
    /// Of incidents that others find as well: the times of it whose end was told here, until all know.
    pub(super) concluded: BTreeMap<String, String>,
    /// What was said here to alerts of other servers.
    pub(super) remarks: Vec<Remark>,
}

impl Default for Desk {
    /// A desk with the usual settings that knows of nothing yet.
    fn default() -> Self {
        Self {
            plan: Plan::default(),
            settings: TellingSettings::default(),
            silences: BTreeMap::new(),
            open: BTreeMap::new(),
            over: Vec::new(),
            holding: None,
            said: BTreeMap::new(),
            warned: BTreeMap::new(),
            endings: BTreeMap::new(),
            last: None,
            left_out: 0,
            colleagues: None,
            changed: BTreeMap::new(),
            concluded: BTreeMap::new(),
            remarks: Vec::new(),
        }
    }
}

impl Desk {
    /// A desk that knows of nothing yet.
    ///
    /// # Errors
    /// The first setting that can't be used, what is wrong with it, and what would be right.
    pub fn new(settings: TellingSettings) -> Result<Self, FieldError> {
        Ok(Self { plan: settings.plan()?, settings, ..Self::default() })
    }

    /// Changes the settings. Who was told that something fires will be told of its end, whatever the new routes say.
    ///
    /// # Errors
    /// As [`Desk::new`]; nothing is changed then.
    pub fn set_settings(&mut self, settings: TellingSettings) -> Result<(), FieldError> {
        self.plan = settings.plan()?;
        self.settings = settings;
        Ok(())
    }

    /// What must be told at `now`, given what has changed since the last step and what fires. To be called at each tick.
    ///
    /// `active` is believed where it and `changes` differ: a change may have been lost in a restart.
    pub fn step(&mut self, now: Timestamp, changes: &[Change], active: &[Alert]) -> Vec<Notice> {
        if self.last.is_some_and(|last| now < last) {
            self.step_back(now);
        }
        self.last = Some(now);
        self.take_in(now, changes, active);
        self.quieten(now);
        let mut notices = self.tell(now);
        notices.extend(self.warn_of_endings(now));
        notices
    }

    /// Notes that somebody looks after an alert: it is not repeated or escalated until it is over. That it becomes worse
    /// is still told. Who acknowledges again takes over.
    ///
    /// # Errors
    /// It does not fire, or `who` (1 to 100 characters) or `why` (at most 500) can't be used.
    pub fn acknowledge(
        &mut self,
        key: &AlertKey,
        who: &str,
        why: &str,
        now: Timestamp,
    ) -> Result<(), AcknowledgeError> {
        error::text("who", who, 1, 100)?;
        error::text("why", why, 0, 500)?;
        let case = self.open.get_mut(key).ok_or_else(|| AcknowledgeError::NotFiring(key.clone()))?;
        let (who, why) = (who.to_owned(), why.to_owned());
        // Whatever the clock says, it is after what was taken back.
        let time = case.withdrawn.take().map_or(now, |before| now.max(before + Duration::from_millis(1)));
        case.acknowledged = Some(Acknowledgement { key: key.clone(), who, why, time });
        Ok(())
    }

    /// Takes back what [`Desk::acknowledge`] noted, and gives it: the alert is repeated and escalated again, after as long
    /// as if it had been told at `now`. Who was told by an escalation before stays so.
    ///
    /// # Errors
    /// It does not fire, or nobody has acknowledged it.
    pub fn withdraw(&mut self, key: &AlertKey, now: Timestamp) -> Result<Acknowledgement, AcknowledgeError> {
        let case = self.open.get_mut(key).ok_or_else(|| AcknowledgeError::NotFiring(key.clone()))?;
        let taken_back = case.withdraw(now).ok_or_else(|| AcknowledgeError::NotAcknowledged(key.clone()))?;
        case.withdrawn = self.colleagues.as_ref().map(|_| now.max(taken_back.time));
        Ok(taken_back)
    }

    /// What is acknowledged, by the order of the keys.
    pub fn acknowledgements(&self) -> impl Iterator<Item = &Acknowledgement> {
        self.open.values().filter_map(|case| case.acknowledged.as_ref())
    }

    /// Adds a silence, or replaces the one with the same id.
    ///
    /// # Errors
    /// A field that can't be used, or there are 200 already that are not over.
    pub fn put_silence(&mut self, silence: Silence, now: Timestamp) -> Result<(), FieldError> {
        let ready = Ready::new(silence)?;
        self.silences.retain(|_, other| !other.is_over(now - KEPT));
        if self.silences.len() >= MOST_SILENCES && !self.silences.contains_key(&ready.silence.id) {
            self.silences.retain(|_, other| !other.is_over(now));
            if self.silences.len() >= MOST_SILENCES {
                let right = "ending one that is no longer needed is right";
                return Err(FieldError::new(
                    "id",
                    format!("there are {MOST_SILENCES} silences already"),
                    right,
                ));
            }
        }
        self.note_change(&ready.silence.id.clone(), now);
        self.silences.insert(ready.silence.id.clone(), ready);
        self.holding = None;
        Ok(())
    }

    /// Ends a silence now; one that has not begun yet is removed. False when there is none with that id, or it is over.
    pub fn end_silence(&mut self, id: &str, now: Timestamp) -> bool {
        match self.silences.get_mut(id) {
            Some(ready) if ready.silence.start >= now => drop(self.silences.remove(id)),
            Some(ready) if !ready.is_over(now) => ready.silence.end = Some(now),
            _ => return false,
        }
        self.note_change(id, now);
        true
    }

    /// All silences, by id: those that hold, those to come, and those that were over within seven days of when the
    /// last one was added.
    pub fn silences(&self) -> impl Iterator<Item = &Silence> {
        self.silences.values().map(|ready| &ready.silence)
    }

    /// A silence that holds at `now` and is about `alert`.
    pub fn silence_of(&self, alert: &Alert, now: Timestamp) -> Option<&Silence> {
        let facts = Facts::from(alert);
        let mut holding = self.silences.values().filter(|ready| ready.span(now).is_some());
        holding.find(|ready| ready.is_about(&facts)).map(|ready| &ready.silence)
    }

    /// What a firing alert is because of, as of the last step.
    pub fn because_of(&self, key: &AlertKey) -> Option<&AlertKey> {
        self.open.get(key)?.because_of.as_ref()
    }

    /// What is because of what, as of the last step.
    pub(super) fn dependents(&self) -> impl Iterator<Item = BecauseOf> {
        self.open.iter().filter_map(|(key, case)| {
            let cause = case.because_of.clone()?;
            Some(BecauseOf { alert: key.clone(), cause })
        })
    }

    /// How many alerts could not be told of at the last step, because there are too many: ten thousand are the most.
    pub fn left_out(&self) -> usize {
        self.left_out
    }

    /// The clock has stepped back: nothing waits for longer than it would have.
    fn step_back(&mut self, now: Timestamp) {
        let settle = self.settle();
        self.open.values_mut().chain(&mut self.over).for_each(|case| case.step_back(now, settle));
        self.said.values_mut().for_each(|said| *said = (*said).min(now));
        if let Some(colleagues) = &mut self.colleagues {
            colleagues.step_back(now);
        }
    }

    pub(super) fn settle(&self) -> Duration {
        Duration::from_secs(self.settings.settle_seconds.into())
    }
}
