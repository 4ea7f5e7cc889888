//! Tests of the remote probes against real servers, which each test starts for itself on free loopback ports.
//!
//! No test waits for time to pass: each waits for what must come, for as long as it takes. Where the programs of
//! PostgreSQL or Redis are not installed, the tests that need them say so and do nothing.
#![expect(
    clippy::unwrap_used,
    reason = "what must not happen ends a test; the functions that several tests share are not known as tests"
)]

#[cfg(feature = "tls")]
mod encrypted;
mod postgres;
mod postgres_faults;
mod redis;
mod redis_faults;
mod support;
