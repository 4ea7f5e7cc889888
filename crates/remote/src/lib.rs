//! Connections to other servers with deadlines, secret handling, and a Redis client.
//!
//! Used by the probes and by the Redis history store; neither may block when the other side hangs. The HTTP client and
//! the notification channels use its secrets and its TLS configuration.

mod address;
mod deadline;
mod error;
mod one_line;
#[cfg(feature = "redis")]
pub mod redis;
mod secret;
mod target_error;
#[cfg(feature = "tls")]
pub mod tls;

pub use address::{Address, DeadlineStream, Socket, is_printable};
pub use deadline::{Deadline, is_timeout};
pub use error::RemoteError;
pub use one_line::one_line;
pub use secret::Secret;
pub use target_error::{TargetError, has_unescaped_at};
