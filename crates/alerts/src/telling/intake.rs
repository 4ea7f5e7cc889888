//! What the desk takes in at each step: what fires, what is over, what stays quiet and why, and which way it goes.

use super::case::{Case, storable};
use super::dependency::Causes;
use super::desk::Desk;
use super::matcher::Facts;
use super::silence::Ready;
use crate::alert::{Alert, AlertKey, Change, Phase};
use std::time::Duration;
use watchglass_model::Timestamp;

/// The most alerts that are told of at a time.
pub(super) const MOST_CASES: usize = 10_000;
/// One that has not fired for so long flaps no more, even if nobody says so.
const FORGOTTEN: Duration = Duration::from_secs(3600);

impl Desk {
    /// Brings what is known up to date.
    pub(super) fn take_in(&mut self, now: Timestamp, changes: &[Change], active: &[Alert]) {
        for change in changes {
            match change {
                Change::Fired(alert) | Change::Worsened(alert) => self.see(alert, now),
                Change::FlappingBegan(alert) => self.see_flapping(alert, now),
                Change::FlappingEnded(alert) => self.see_calm(alert, now),
                Change::Resolved(alert) => self.see_over(alert, now),
            }
        }
        self.open.values_mut().for_each(|case| case.memo.is_seen = false);
        self.left_out = 0;
        for alert in active.iter().filter(|alert| alert.phase == Phase::Firing) {
            match self.open.get_mut(&alert.key) {
                // Almost always nothing but the value is new.
                Some(case) if case.is_as(alert) => case.update(alert, now),
                Some(case) if case.flapping.is_some() && !alert.flapping => self.see_calm(alert, now),
                _ if alert.flapping => self.see_flapping(alert, now),
                _ => self.see(alert, now),
            }
            if let Some(case) = self.open.get_mut(&alert.key) {
                case.memo.is_seen = true;
            }
        }
        let missing = self.open.values().filter(|case| !case.memo.is_seen);
        let missing: Vec<Alert> = missing.map(|case| case.alert.clone()).collect();
        for mut alert in missing {
            if alert.phase != Phase::Resolved {
                (alert.phase, alert.resolved) = (Phase::Resolved, Some(now));
            }
            self.see_over(&alert, now);
        }
        self.forget(now);
    }

    fn see(&mut self, alert: &Alert, now: Timestamp) {
        match self.open.get_mut(&alert.key) {
            Some(case) if case.flapping.is_some() || case.alert.fired == alert.fired => {
                case.update(alert, now)
            }
            Some(case) => {
                // The end of the firing before was missed.
                let mut ended = case.alert.clone();
                (ended.phase, ended.resolved) = (Phase::Resolved, Some(now));
                self.close(&ended, now);
                self.begin(alert, now);
            }
            None => self.begin(alert, now),
        }
    }

    fn begin(&mut self, alert: &Alert, now: Timestamp) {
        if self.open.len() + self.over.len() >= MOST_CASES {
            self.left_out += 1;
            return;
        }
        let facts = Facts::from(alert);
        let shared = self.settings.group_by.iter().map(|name| format!("{name}={}", facts.get(name)));
        let group = shared.collect::<Vec<_>>().join(" ");
        let mut case = Case::new(storable(alert), group, now);
        case.memo.incident = self.colleagues.as_ref().and_then(|colleagues| colleagues.incident(alert));
        self.open.insert(alert.key.clone(), case);
    }

    fn see_flapping(&mut self, alert: &Alert, now: Timestamp) {
        self.see(alert, now);
        if let Some(case) = self.open.get_mut(&alert.key) {
            case.begin_flapping(now);
        }
    }

    fn see_calm(&mut self, alert: &Alert, now: Timestamp) {
        if let Some(case) = self.open.get_mut(&alert.key) {
            case.update(alert, now);
            case.end_flapping(now);
        }
        if alert.phase != Phase::Firing {
            self.close(alert, now);
        }
    }

    fn see_over(&mut self, alert: &Alert, now: Timestamp) {
        match self.open.get_mut(&alert.key) {
            // It will be back.
            Some(case) if case.flapping.is_some() && alert.flapping => case.update(alert, now),
            Some(_) => self.see_calm(alert, now),
            None => {}
        }
    }

    /// Keeps what is over until that has been told; what was never told of is not.
    fn close(&mut self, alert: &Alert, now: Timestamp) {
        let Some(mut case) = self.open.remove(&alert.key) else { return };
        case.update(alert, now);
        case.alert.phase = Phase::Resolved;
        // One that ceases to flap may have been pending.
        case.alert.resolved.get_or_insert(now);
        case.changed = now;
        case.forget_untold();
        if !case.legs.is_empty() {
            self.over.push(case);
        }
    }

    fn forget(&mut self, now: Timestamp) {
        let is_gone = |case: &&Case| {
            case.alert.phase != Phase::Firing
                && case.flapping.as_ref().is_some_and(|flapping| flapping.seen + FORGOTTEN <= now)
        };
        let gone = self.open.values().filter(is_gone).map(|case| case.alert.clone());
        for alert in gone.collect::<Vec<_>>() {
            self.see_calm(&alert, now);
        }
    }

    /// Finds out what is to be quiet, and chooses the routes of what is not.
    pub(super) fn quieten(&mut self, now: Timestamp) {
        let settle = self.settle();
        let holding: Vec<&Ready> =
            self.silences.values().filter(|silence| silence.span(now).is_some()).collect();
        let ids = || holding.iter().map(|ready| &ready.silence.id);
        // Expressions are compared when silences or what is known of an alert change, and not at every tick.
        let is_as_before = self.holding.as_ref().is_some_and(|before| ids().eq(before));
        if !is_as_before {
            self.holding = Some(ids().cloned().collect());
        }
        let colleagues = self.colleagues.as_ref();
        let is_held = |case: &Case| {
            colleagues.is_some_and(|colleagues| colleagues.hold(case.memo.incident.as_ref(), now))
        };
        for case in &mut self.over {
            case.hold(is_held(case));
        }
        let active = self.open.values().filter(|case| case.is_active()).map(|case| &case.alert);
        let causes = Causes::new(&self.settings.dependencies, active);
        let because_of: Vec<Option<AlertKey>> =
            self.open.values().map(|case| causes.of(&case.alert).cloned()).collect();
        for (case, because_of) in self.open.values_mut().zip(because_of) {
            let facts = Facts::from(&case.alert);
            let find_out = || holding.iter().any(|silence| silence.is_about(&facts));
            let is_silenced = case.memo.is_silenced.filter(|_| is_as_before).unwrap_or_else(find_out);
            case.memo.is_silenced = Some(is_silenced);
            case.quieten(is_silenced, because_of, settle, now);
            case.hold(is_held(case));
            if case.needs_routes() {
                let routes = self.plan.of(&Facts::from(&case.alert), now);
                case.add_routes(&routes);
            }
        }
    }
}
