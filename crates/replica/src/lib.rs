//! Last-writer-wins maps that several servers share.
//!
//! Must not know what is in a map: which of two values wins, when a value expires and how it is stored is defined by
//! the crate of the value, with [`Replicated`] and [`StoredValue`].
//!
//! [`ReplicatedMap`] is pure: time is passed in. Merging is commutative, associative and idempotent, also for full
//! maps. `RedisReplica` (feature `redis`) syncs the map of a server with a Redis hash. `testing` (feature `testing`)
//! checks the laws for a type of values.

mod map;
#[cfg(feature = "redis")]
mod redis;
#[cfg(any(test, feature = "testing"))]
pub mod testing;
mod value;

#[cfg(test)]
mod law_tests;
#[cfg(test)]
mod map_tests;
#[cfg(test)]
mod test_value;

pub use map::ReplicatedMap;
#[cfg(feature = "redis")]
pub use redis::{HashSettings, LocalReplica, RedisReplica, SyncError};
pub use value::{DecodeError, Replicated, ReplicatedKey, StoredValue};
