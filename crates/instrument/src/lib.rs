//! What an application adds to be seen.
//!
//! [`requests`]: a tower layer that counts an application's requests and times them by route.
//! [`sketch`]: any percentile of durations, to one percent, in a few kilobytes.
#![cfg_attr(feature = "report", doc = "[`report`]: what an application tells a server of its requests.")]
#![cfg_attr(feature = "push", doc = "[`push`]: tells it, once a second.")]
//!
//! Usable by any program: nothing here knows the server.

#[cfg(feature = "push")]
pub mod push;
#[cfg(feature = "report")]
pub mod report;
pub mod requests;
pub mod sketch;
