//! Heartbeats: those that this server expects from jobs, and those that it sends to another monitoring service, which alerts
//! when this server stops.

mod expected;
mod incoming;
mod incoming_probe;
mod outgoing;
mod outgoing_probe;
mod progress;
mod store;

pub(crate) use expected::{DurationText, FieldError, Heartbeat, HeartbeatStatus, NewHeartbeat, check_name};
pub(crate) use incoming::{AddError, HeartbeatState, Heartbeats, MAX_HEARTBEATS, RemoveError};
pub(crate) use incoming_probe::HeartbeatsProbe;
pub(crate) use outgoing::{HeartbeatSender, SendTiming};
pub(crate) use outgoing_probe::OutgoingHeartbeatProbe;
pub(crate) use progress::Progress;
