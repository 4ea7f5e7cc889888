//! The edge of the server: who may connect, how, and for how long. `listen.rs` takes connections; `tls.rs` encrypts them, `expiry.rs` knows until when; `room.rs` counts
//! them; `headers.rs` says what browsers may do; `pace.rs` cuts those that are slow; `client.rs` knows who is at the other end.

mod client;
mod expiry;
mod headers;
mod listen;
mod networks;
mod pace;
mod probe;
mod room;
mod stream;
mod tls;

pub(crate) use client::{Client, Peer, Proxies, identify};
pub(crate) use headers::{dress, living_page};
pub(crate) use listen::Edge;
pub(crate) use networks::Network;
pub(crate) use probe::TlsProbe;
pub(crate) use room::Room;
pub(crate) use tls::{CertificateFiles, Tls};
