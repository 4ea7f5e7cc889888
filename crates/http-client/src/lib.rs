//! HTTP/1.1 client of everything in Watchglass that sends requests to other servers.
//!
//! [hyper](https://hyper.rs) speaks the protocol and keeps the connections. This crate adds [`Limits`], [`Proxies`],
//! TLS (feature `tls`), and one piece of knowledge: whether a failed request may have arrived ([`Delivery`]).
//!
//! - **Redirects are never followed**, because they could send a secret to another host, and there are no cookies.
//! - **A request is sent once.** It is repeated only if the connection from the pool had closed before any byte was
//!   written.
//! - **Errors contain no URL and no header**, because both may be secrets. They name the proxy, if there is one.

mod body;
mod client;
mod connection;
mod connector;
mod error;
mod proxies;
mod response;
#[cfg(test)]
mod tests;

pub use client::{Client, Limits};
pub use error::{Delivery, Error};
pub use hyper::body::Bytes;
pub use proxies::{InvalidProxy, Proxies};
pub use response::Response;
