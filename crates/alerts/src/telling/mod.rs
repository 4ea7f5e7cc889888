//! Who is told what, and when. Pure: time is passed in, nothing is sent, and what is recorded never changes.
//!
//! At each tick [`Desk::step`] is given what has changed and what fires, and answers with the [`Notice`]s that must be
//! told now, each to the channels it names. In this order:
//!
//! 1. `intake.rs`: each firing becomes a case (`case.rs`) that lasts until its end has been told. One that flaps is one
//!    case, however often it fires.
//! 2. Quiet is what a silence (`silence.rs`) is about, and what is because of something that is down (`dependency.rs`).
//!    That holds back that something begins, becomes worse, is repeated or escalated; never that it is over, to those
//!    who were told that it had begun. What began and was over in silence is told to nobody. What still fires when the
//!    silence ends is told then.
//! 3. Routes (`route.rs`) are chosen when a case is first told, and once more each time it becomes worse.
//! 4. `tell.rs`: cases of one group are told together. The first waits for others; later ones wait for an interval.
//! 5. `ending.rs`: silences that end soon.
//!
//! Where several servers find the same, one of them tells: `sharing/mod.rs` says which.
//!
//! No message is queued. What is so is compared with what was told, and the difference is told; so a restart, a lost
//! change or a clock that steps back needs no care of its own. Notices have ids that do not depend on the moment: what
//! is told again after a crash can be recognised.

mod acknowledgement;
mod case;
mod dependency;
mod desk;
mod ending;
mod error;
mod hash;
mod intake;
mod leg;
mod matcher;
mod notice;
mod route;
mod settings;
mod sharing;
mod silence;
mod state;
mod tell;
mod weekly;

#[cfg(test)]
mod flapping_tests;
#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod property_tests;
#[cfg(test)]
mod rules_tests;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod silencing_tests;
#[cfg(test)]
mod telling_tests;

pub use acknowledgement::{AcknowledgeError, Acknowledgement};
pub use dependency::{DOWN, Dependency};
pub use desk::Desk;
pub use error::FieldError;
pub use notice::{BecauseOf, EndingSilence, Flapped, MOST_ALERTS, Notice, Reason};
pub use route::{ALL_CHANNELS, DEFAULT_ROUTE, Route, Routes};
pub use settings::TellingSettings;
pub use sharing::{Board, Ledger, LedgerError, Offer, PATIENCE, Past, Place, Seen, Standing, spans_hosts};
pub use silence::Silence;
pub use state::{DeskState, RestoreError};
pub use weekly::{TimeOfDay, Weekday, Weekly};
