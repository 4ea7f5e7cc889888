//! High availability: of several servers that find the same alert, one notifies.
//!
//! Pure: what was read of the peers is passed in, and what is to be written is returned.
//!
//! - `dedup_key.rs`: which alerts of several servers are the same. Alerts about a host belong to that host alone.
//! - `peer_status.rs`: heartbeat of a server with its active alerts. A server without one is dead.
//! - `notification_log.rs`: shared log: for each dedup key the owner and what was notified (`notification_entry.rs`),
//!   and the replicated silences and acknowledgements (`shared_silences.rs`).
//! - `reconcile.rs`: a server reads all heartbeats and the log and writes both; the log is written only if nobody
//!   wrote it in between. The first server that finds an alert takes the lease, and only the owner notifies. Only a
//!   live owner gives a lease away, to a server that still finds the alert when the owner does not; the lease of a
//!   dead owner is taken over, and what it notified counts as notified.
//! - `silence_replication.rs`: silences and acknowledgements of the peers.
//! - `ownership.rs`: effect on the dispatcher. Alerts of other owners are held back as if silenced, and so are their
//!   resolutions. A server that reaches no peer for [`SYNC_TIMEOUT`] notifies everything itself: a duplicate is better
//!   than no notification.

mod dedup_key;
mod notification_entry;
mod notification_log;
mod ownership;
mod peer_status;
mod reconcile;
mod shared_silences;
mod silence_replication;

#[cfg(test)]
mod chaos_tests;
#[cfg(test)]
mod golden_tests;
#[cfg(test)]
mod law_tests;
#[cfg(test)]
mod pair;
#[cfg(test)]
mod pair_tests;

pub use dedup_key::{HostIdentity, spans_hosts};
pub use notification_log::{NotificationLog, SharedDataError};
pub(super) use ownership::Cluster;
pub use ownership::SYNC_TIMEOUT;
pub use peer_status::{AlertStanding, PastAlerts, PeerStatus};
pub use reconcile::{PeerSnapshot, Proposal};
pub(super) use shared_silences::RemoteAck;
