//! What an application adds to be seen.
//!
//! [`requests`]: a tower layer that counts an application's requests and times them by route.
//! [`sketch`]: any percentile of durations, to one percent, in a few kilobytes.
//!
//! Usable by any program: nothing here knows the server.

pub mod requests;
pub mod sketch;
