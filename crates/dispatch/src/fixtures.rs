//! Test fixtures of the dispatch tests.

use super::{DispatchSettings, Dispatcher, Notification, Route, Routes, Silence, TimeInterval, Weekday};
use std::collections::BTreeMap;
use watchglass_model::{Labels, Timestamp, Unit};
use watchglass_rules::{Alert, AlertKey, Change, Matcher, Operator, Phase, Severity};

pub(super) fn at(second: i64) -> Timestamp {
    Timestamp::from_millis(second * 1000)
}

/// Parses an RFC 3339 time.
pub(super) fn moment(written: &str) -> Timestamp {
    Timestamp::from_millis(written.parse::<jiff::Timestamp>().unwrap().as_millisecond())
}

/// A warning that has fired since second 0.
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

/// A critical alert.
pub(super) fn critical(rule: &str, labels: &[(&str, &str)]) -> Alert {
    Alert { severity: Severity::Critical, ..alert(rule, labels) }
}

/// A critical alert that inhibits others.
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

pub(super) fn weekly(days: &[Weekday], from: &str, to: &str, zone: &str) -> TimeInterval {
    let time = |written: &str| written.to_owned().try_into().unwrap();
    TimeInterval { days: days.to_vec(), from: time(from), to: time(to), zone: zone.to_owned() }
}

/// A silence of all alerts, from `start` to `end` in seconds.
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

/// Simulated alerts, and a dispatcher that is stepped every second.
pub(super) struct World {
    pub(super) dispatcher: Dispatcher,
    settings: DispatchSettings,
    /// In seconds.
    pub(super) now: i64,
    pub(super) changes: Vec<Change>,
    pub(super) active: BTreeMap<AlertKey, Alert>,
    flapping: BTreeMap<AlertKey, Alert>,
}

impl World {
    pub(super) fn new(settings: DispatchSettings) -> Self {
        let dispatcher = Dispatcher::new(settings.clone()).unwrap();
        let (active, flapping) = (BTreeMap::new(), BTreeMap::new());
        Self { dispatcher, settings, now: 0, changes: Vec::new(), active, flapping }
    }

    /// Fires the alert, or raises its severity.
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

    /// Starts or stops flapping.
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

    pub(super) fn step(&mut self) -> Vec<Notification> {
        let active: Vec<Alert> = self.active.values().cloned().collect();
        self.dispatcher.step(at(self.now), &std::mem::take(&mut self.changes), &active)
    }

    /// Steps every second before `second`, which then is the current time.
    pub(super) fn until(&mut self, second: i64) -> Vec<(i64, Notification)> {
        self.until_by(1, second)
    }

    /// Steps every `pace` seconds before `second`, which then is the current time.
    pub(super) fn until_by(&mut self, pace: i64, second: i64) -> Vec<(i64, Notification)> {
        let mut all = Vec::new();
        while self.now < second {
            all.extend(self.step().into_iter().map(|notification| (self.now, notification)));
            self.now = (self.now + pace).min(second);
        }
        all
    }

    /// Drops the changes; what can be derived from the firing alerts is still detected.
    pub(super) fn lose_changes(&mut self) {
        self.changes.clear();
    }

    /// Saves and restores the state, as a restart does.
    pub(super) fn restart(&mut self) {
        let written = serde_json::to_string(&self.dispatcher.state()).unwrap();
        let state = serde_json::from_str(&written).unwrap();
        self.dispatcher = Dispatcher::restore(self.settings.clone(), state).unwrap();
    }
}

/// A world with these routes and default settings.
pub(super) fn world(routes: Vec<Route>) -> World {
    World::new(DispatchSettings { routes: Routes(routes), ..DispatchSettings::default() })
}

/// `10 Fired ops mail: cpu disk`: time, reason, route, channels and rules of each notification.
pub(super) fn transcript(notifications: &[(i64, Notification)]) -> Vec<String> {
    let line = |(second, notification): &(i64, Notification)| {
        let rules: Vec<&str> = notification.alerts.iter().map(|alert| alert.key.rule.as_str()).collect();
        let flapped = notification
            .flapping
            .iter()
            .map(|one| format!(" ({} firings{})", one.firings, if one.ended { ", ended" } else { "" }));
        let flapped: String = flapped.collect();
        let channels = notification.channels.join(",");
        let (reason, route) = (notification.reason, &notification.route);
        assert_eq!(notification.time, at(*second));
        format!("{second} {reason:?} {route} {channels}: {}{flapped}", rules.join(" "))
    };
    notifications.iter().map(line).collect()
}
