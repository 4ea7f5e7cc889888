//! Redis: which one, a connection to it, and a link that mends itself.

mod commands;
mod connection;
mod link;
mod target;

pub use commands::{Argument, Commands, bytes, first_error, list, number};
pub use connection::{Connection, unexpected, words};
pub use link::Link;
/// An answer of Redis.
pub use redis::Value;
pub use target::Target;
