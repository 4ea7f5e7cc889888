//! HTTP edge: accepting connections, TLS and certificate expiry, connection limit, timeouts, client address and security
//! headers.

mod certificate_expiry;
mod client_ip;
mod connection_limit;
mod headers;
mod listener;
mod networks;
mod probe;
mod self_signed;
mod stream;
mod timeouts;
mod tls;

pub(crate) use client_ip::{Client, Exposure, Peer, TrustedProxies, identify};
pub(crate) use connection_limit::ConnectionLimiter;
pub(crate) use headers::{hydrated_csp, security_headers};
pub(crate) use listener::HttpListener;
pub(crate) use networks::Network;
#[cfg(test)]
pub(crate) use probe::METRICS as CERTIFICATE_METRICS;
pub(crate) use probe::TlsProbe;
pub(crate) use self_signed::{FILES as SELF_SIGNED_FILES, self_signed};
pub(crate) use tls::{CertificateFiles, Tls};
