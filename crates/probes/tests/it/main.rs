//! Tests of the probes against real servers, which each test starts for itself on free loopback ports: of PostgreSQL and
//! Redis, and an exporter that measures the same host.
//!
//! No test waits for time to pass: each waits for what must come, for as long as it takes. A test
//! whose programs are not installed fails and says how to install them.
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
