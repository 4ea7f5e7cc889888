//! Reaches other servers in time, keeps their secrets, and speaks with Redis.
//!
//! Probes and the shared history stand on it: both must go on whatever the other side does.

mod address;
mod deadline;
mod error;
mod one_line;
pub mod redis;
mod secret;
mod target_error;
#[cfg(feature = "tls")]
pub mod tls;

pub use address::{Address, Channel, Socket, is_printable};
pub use deadline::{Deadline, is_timeout};
pub use error::RemoteError;
pub use one_line::one_line;
pub use secret::Secret;
pub use target_error::{TargetError, hides_user};
