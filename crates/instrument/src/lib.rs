//! Instrumentation library for applications.
//!
//! [`requests`]: a tower layer that counts and times requests by route.
//! [`sketch`]: percentiles of durations with 1 % relative error in a few kilobytes.
#![cfg_attr(feature = "report", doc = "[`report`]: request reports sent to a server.")]
#![cfg_attr(feature = "push", doc = "[`push`]: sends a report every second.")]
//!
//! Independent of the server crates, except for the HTTP client of `push`.

#[cfg(feature = "push")]
pub mod push;
#[cfg(feature = "report")]
pub mod report;
pub mod requests;
pub mod sketch;
