//! Listening socket with TLS and the connection limit.

use crate::config::Settings;
use crate::edge::{ConnectionLimiter, HttpListener, Tls, TrustedProxies};
use std::error::Error;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Instant;
use thiserror::Error;
use tokio::net::TcpListener;

/// Open files reserved for the history, probes and outgoing messages.
const RESERVED_FILES: u64 = 500;

/// Error of binding the listen address.
#[derive(Debug, Error)]
enum BindError {
    #[error(
        "{0} is already in use by another program or another watchglass; stop it, or choose another address with --listen"
    )]
    AddressInUse(SocketAddr),
    #[error("cannot listen on {address}: {source}")]
    Failed { address: SocketAddr, source: io::Error },
}

/// Binds the listen address and reads the TLS certificate. `open_files` is the open-file limit of this process.
///
/// # Errors
/// An unusable certificate, or an address that cannot be bound.
pub(super) async fn listen(settings: &Settings, open_files: u64) -> Result<HttpListener, Box<dyn Error>> {
    let files = settings.edge.certificate();
    let tls = files.map(|files| Tls::open(files, Instant::now())).transpose()?.map(Arc::new);
    Ok(HttpListener {
        listener: bind(settings.listen).await?,
        tls,
        connection_limiter: Arc::new(connection_limiter(settings, open_files)),
        proxies: TrustedProxies::new(&settings.edge.trusted_proxies, settings.proxies_only()),
    })
}

async fn bind(address: SocketAddr) -> Result<TcpListener, BindError> {
    TcpListener::bind(address).await.map_err(|source| match source.kind() {
        io::ErrorKind::AddrInUse => BindError::AddressInUse(address),
        _ => BindError::Failed { address, source },
    })
}

/// Connection limiter: the configured limit, lowered to the open-file limit.
fn connection_limiter(settings: &Settings, open_files: u64) -> ConnectionLimiter {
    let set = settings.edge.max_connections;
    let files = u32::try_from(open_files.saturating_sub(RESERVED_FILES)).unwrap_or(u32::MAX).max(1);
    if files < set {
        tracing::warn!(
            configured = set,
            max_connections = files,
            "max_connections lowered to the open-file limit"
        );
    }
    let count = |most: u32| usize::try_from(most).unwrap_or(usize::MAX);
    ConnectionLimiter::new(count(set.min(files)), count(settings.edge.max_connections_per_address))
}
