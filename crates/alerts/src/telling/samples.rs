//! What tests are made of.

use super::{Desk, Notice, Route, Routes, Silence, TellingSettings, Weekday, Weekly};
use crate::Severity;
use crate::alert::{Alert, AlertKey, Change, Phase};
use crate::{Matcher, Operator};
use std::collections::BTreeMap;
use watchglass_model::{Labels, Timestamp, Unit};

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1000)
}

/// A moment that is written as RFC 3339 has it.
pub(super) fn moment(written: &str) -> Timestamp {
    Timestamp::from_millis(written.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

/// A warning that fires since second 0.
pub(super) fn alert(rule: &str, labels: &[(&str, &str)]) -> Alert {
    Alert {
        key: AlertKey { rule: rule.to_owned(), labels: labels.iter().copied().collect() },
        phase: Phase::Firing,
        severity: Severity::Warning,
        component: "cpu".to_owned(),
        subject: String::new(),
        value: Some(0.875),
        threshold: 0.75,
        unit: Unit::Ratio,
        message: format!("{rule} is 87.5 %, above 75 %"),
        since: at(0),
        fired: Some(at(0)),
        resolved: None,
        flapping: false,
        labels: Labels::default(),
    }
}

/// The same, but critical.
pub(super) fn critical(rule: &str, labels: &[(&str, &str)]) -> Alert {
    Alert { severity: Severity::Critical, ..alert(rule, labels) }
}

/// A critical alert that says that something is down.
pub(super) fn down(rule: &str, component: &str, labels: &[(&str, &str)], fired: i64) -> Alert {
    let mut alert = alert(rule, labels);
    alert.severity = Severity::Critical;
    alert.component = component.to_owned();
    alert.fired = Some(at(fired));
    alert.labels = [("down", "true")].into_iter().collect();
    alert
}

pub(super) fn matcher(label: &str, operator: Operator, value: &str) -> Matcher {
    Matcher { label: label.to_owned(), operator, value: value.to_owned() }
}

pub(super) fn weekly(days: &[Weekday], from: &str, to: &str, zone: &str) -> Weekly {
    let time = |written: &str| written.to_owned().try_into().unwrap();
    Weekly { days: days.to_vec(), from: time(from), to: time(to), zone: zone.to_owned() }
}

/// About every alert, from one second to another.
pub(super) fn silence(id: &str, start: i64, end: i64) -> Silence {
    Silence {
        id: id.to_owned(),
        name: String::new(),
        matchers: vec![matcher("rule", Operator::Regex, ".+")],
        start: at(start),
        end: Some(at(end)),
        weekly: None,
        author: "Ann".to_owned(),
        reason: "moving to another rack".to_owned(),
    }
}

pub(super) fn route(name: &str, channels: &[&str]) -> Route {
    Route {
        name: name.to_owned(),
        channels: channels.iter().map(|&channel| channel.to_owned()).collect(),
        ..Route::fallback()
    }
}

/// Alerts that come and go, and a desk that is asked every second.
pub(super) struct World {
    pub(super) desk: Desk,
    settings: TellingSettings,
    /// In seconds.
    pub(super) now: i64,
    pub(super) changes: Vec<Change>,
    pub(super) active: BTreeMap<AlertKey, Alert>,
    flapping: BTreeMap<AlertKey, Alert>,
}

impl World {
    pub(super) fn new(settings: TellingSettings) -> Self {
        let desk = Desk::new(settings.clone()).unwrap();
        let (active, flapping) = (BTreeMap::new(), BTreeMap::new());
        Self { desk, settings, now: 0, changes: Vec::new(), active, flapping }
    }

    /// Fires, or becomes as severe as `alert` is.
    pub(super) fn fire(&mut self, alert: &Alert) {
        let mut alert = alert.clone();
        alert.flapping = self.flapping.contains_key(&alert.key);
        alert.fired = Some(at(self.now));
        let change = match self.active.get(&alert.key) {
            Some(before) if before.severity >= alert.severity => return,
            Some(before) => {
                alert.fired = before.fired;
                Change::Worsened(alert.clone())
            }
            None => Change::Fired(alert.clone()),
        };
        self.changes.push(change);
        self.active.insert(alert.key.clone(), alert);
    }

    fn key(&self, rule: &str) -> Option<AlertKey> {
        self.active.keys().chain(self.flapping.keys()).find(|key| key.rule == rule).cloned()
    }

    pub(super) fn resolve(&mut self, rule: &str) {
        let Some(mut alert) = self.key(rule).and_then(|key| self.active.remove(&key)) else { return };
        (alert.phase, alert.resolved) = (Phase::Resolved, Some(at(self.now)));
        if let Some(last) = self.flapping.get_mut(&alert.key) {
            last.clone_from(&alert);
        }
        self.changes.push(Change::Resolved(alert));
    }

    /// Begins to flap while it fires, or ceases to flap.
    pub(super) fn flap(&mut self, rule: &str, begins: bool) {
        let Some(key) = self.key(rule).filter(|key| self.flapping.contains_key(key) != begins) else {
            return;
        };
        let Some(mut alert) = self.active.get(&key).or(self.flapping.get(&key)).cloned() else { return };
        alert.flapping = begins;
        if let Some(active) = self.active.get_mut(&key) {
            active.flapping = begins;
        }
        if begins {
            self.flapping.insert(key, alert.clone());
            self.changes.push(Change::FlappingBegan(alert));
        } else {
            self.flapping.remove(&key);
            self.changes.push(Change::FlappingEnded(alert));
        }
    }

    pub(super) fn step(&mut self) -> Vec<Notice> {
        let active: Vec<Alert> = self.active.values().cloned().collect();
        self.desk.step(at(self.now), &std::mem::take(&mut self.changes), &active)
    }

    /// Asks at every second before `second`, which then is the present.
    pub(super) fn until(&mut self, second: i64) -> Vec<(i64, Notice)> {
        self.until_by(1, second)
    }

    /// Asks every `pace` seconds before `second`, which then is the present.
    pub(super) fn until_by(&mut self, pace: i64, second: i64) -> Vec<(i64, Notice)> {
        let mut all = Vec::new();
        while self.now < second {
            all.extend(self.step().into_iter().map(|notice| (self.now, notice)));
            self.now = (self.now + pace).min(second);
        }
        all
    }

    /// What has changed is not heard of; as far as it can be seen in what fires, it is noticed all the same.
    pub(super) fn lose_changes(&mut self) {
        self.changes.clear();
    }

    /// Written and read, as if the program had been started anew.
    pub(super) fn restart(&mut self) {
        let written = serde_json::to_string(&self.desk.state()).unwrap();
        let state = serde_json::from_str(&written).unwrap();
        self.desk = Desk::restore(self.settings.clone(), state).unwrap();
    }
}

/// With these routes, and all else as it is where nothing is said.
pub(super) fn world(routes: Vec<Route>) -> World {
    World::new(TellingSettings { routes: Routes(routes), ..TellingSettings::default() })
}

/// `10 Fired ops mail: cpu disk`: when, why, by which route and channels, and of which rules.
pub(super) fn told(notices: &[(i64, Notice)]) -> Vec<String> {
    let line = |(second, notice): &(i64, Notice)| {
        let rules: Vec<&str> = notice.alerts.iter().map(|alert| alert.key.rule.as_str()).collect();
        let flapped = notice
            .flapping
            .iter()
            .map(|one| format!(" ({} firings{})", one.firings, if one.ended { ", ended" } else { "" }));
        let flapped: String = flapped.collect();
        let channels = notice.channels.join(",");
        let (reason, route) = (notice.reason, &notice.route);
        assert_eq!(notice.time, at(*second));
        format!("{second} {reason:?} {route} {channels}: {}{flapped}", rules.join(" "))
    };
    notices.iter().map(line).collect()
}
