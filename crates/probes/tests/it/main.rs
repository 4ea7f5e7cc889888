//! Tests of the probes against real servers on free loopback ports: PostgreSQL, Redis, and a node exporter on the same
//! host.
//!
//! No test sleeps for a fixed time: each waits for a condition. A test whose programs are not installed fails and says
//! how to install them.
#![expect(
    clippy::unwrap_used,
    reason = "what must not happen ends a test; the functions that several tests share are not known as tests"
)]

#[cfg(feature = "tls")]
mod encrypted;
mod node_exporter;
mod postgres;
mod postgres_faults;
mod redis;
mod redis_faults;
mod support;
