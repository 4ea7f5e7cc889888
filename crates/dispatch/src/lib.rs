//! Dispatch of alert notifications: routing, grouping, deduplication, silences, inhibition, repeats and escalation.
//!
//! Pure: time is passed in and nothing is sent. At each tick [`Dispatcher::step`] takes the alert changes and the firing
//! alerts, and returns the [`Notification`]s to send now, each with its channels. Steps:
//!
//! 1. `ingest.rs`: each firing becomes a tracked alert (`tracked_alert.rs`) that lasts until its resolution has been
//!    notified. A flapping alert is one tracked alert, however often it fires.
//! 2. Silenced (`silence.rs`) and inhibited (`inhibit.rs`) alerts are suppressed: no firing, worsened, repeat or
//!    escalation notifications. Resolved notifications still go to the channels that were notified of the firing. An alert that
//!    started and resolved while suppressed sends nothing. An alert that still fires when the silence ends is notified
//!    then.
//! 3. Routes (`route.rs`) are chosen when an alert is first notified, and again each time its severity increases.
//! 4. `flush.rs`: alerts of one group are notified together. The first notification waits for `group_wait`; later ones
//!    for `group_interval`.
//! 5. `silence_expiry.rs`: reminders of silences that end soon.
//!
//! Of several servers that find the same alert, one notifies: see `ha/mod.rs`.
//!
//! There is no queue: the current state is compared with what was notified, and the difference is sent. Restarts, lost
//! changes and clock steps therefore need no special handling. Notification ids do not depend on the time, so a
//! notification that is sent again after a crash can be recognised.

mod acknowledgement;
mod dispatcher;
mod error;
mod flush;
mod ha;
mod hash;
mod ingest;
mod inhibit;
mod matcher;
mod notification;
mod route;
mod route_state;
mod settings;
mod silence;
mod silence_expiry;
mod state;
mod time_interval;
mod tracked_alert;

#[cfg(test)]
mod dispatch_tests;
#[cfg(test)]
mod fixtures;
#[cfg(test)]
mod flapping_tests;
#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod rules_tests;
#[cfg(test)]
mod silencing_tests;

pub use acknowledgement::{AcknowledgeError, Acknowledgement};
pub use dispatcher::Dispatcher;
pub use error::FieldError;
pub use ha::{
    AlertStanding, HostIdentity, NotificationLog, PastAlerts, PeerSnapshot, PeerStatus, Proposal,
    SYNC_TIMEOUT, SharedDataError, spans_hosts,
};
pub use inhibit::{DOWN, InhibitRule};
pub use notification::{ExpiringSilence, FlappingSummary, Inhibition, MAX_ALERTS, Notification, Reason};
pub use route::{ALL_CHANNELS, DEFAULT_ROUTE, Route, Routes};
pub use settings::DispatchSettings;
pub use silence::Silence;
pub use state::{DispatcherState, RestoreError};
pub use time_interval::{TimeInterval, TimeOfDay, Weekday};
