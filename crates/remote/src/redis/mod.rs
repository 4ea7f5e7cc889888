//! Redis: connection target, connection, and reconnecting client.

mod client;
mod cluster_nodes;
mod connection;
mod pipeline;
mod target;

pub use client::RedisClient;
pub use connection::{Connection, error_text, unexpected_response};
pub use pipeline::{Argument, Pipeline, as_bytes, as_integer, as_list, first_error};
/// Redis reply.
pub use redis::Value;
pub use target::Target;
