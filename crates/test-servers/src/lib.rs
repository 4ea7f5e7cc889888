//! Test servers: Redis, PostgreSQL and certificates in temporary folders, on free ports.
//!
//! For tests only: it panics on any unexpected error.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "a test stops at the first surprise"
)]

mod certificates;
mod postgres_server;
mod process;
mod redis_server;

pub use certificates::{Certificates, SERVER_NAME};
pub use postgres_server::PostgresServer;
pub use process::{CONTINUE, Process, STOP, find_program, free_port, signal, wait_until};
pub use redis_server::RedisServer;
