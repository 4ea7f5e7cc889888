//! Listening socket with TLS and the connection limit.

use crate::clock;
use crate::config::Settings;
use crate::edge::{ConnectionLimiter, Exposure, HttpListener, Tls, TrustedProxies, self_signed};
use std::error::Error;
use std::io;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;
use std::time::Instant;
use thiserror::Error;
use tokio::net::TcpListener;
use watchglass_probes::SystemInfo;

/// Open files reserved for the history, probes and outgoing messages; half of all, if there are fewer than twice as many.
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

/// Listening socket, and the fingerprint of its certificate if it is self-signed.
pub(super) struct Listening {
    pub(super) http: HttpListener,
    pub(super) self_signed: Option<String>,
}

/// Binds the listen address and reads the TLS certificate, or makes one in the data directory `data`. `open_files` is the
/// open-file limit of this process.
///
/// # Errors
/// An unusable certificate, or an address that cannot be bound.
pub(super) async fn listen(
    settings: &Settings,
    data: &Path,
    open_files: u64,
) -> Result<Listening, Box<dyn Error>> {
    let exposure = settings.exposure();
    let mut fingerprint = None;
    let files = if exposure == Exposure::SelfSigned {
        let names = [SystemInfo::read().hostname.to_ascii_lowercase(), "localhost".to_owned()];
        let loopback = [IpAddr::V4(Ipv4Addr::LOCALHOST), IpAddr::V6(Ipv6Addr::LOCALHOST)];
        let own = Some(settings.listen.ip()).filter(|address| !address.is_unspecified());
        let addresses: Vec<IpAddr> = loopback.into_iter().chain(own).collect();
        let files = self_signed(data, &names, &addresses, clock::now())?;
        fingerprint = Some(files.fingerprint()?);
        Some(files)
    } else {
        settings.edge.certificate()
    };
    let tls = files.map(|files| Tls::open(files, Instant::now())).transpose()?.map(Arc::new);
    let http = HttpListener {
        listener: bind(settings.listen).await?,
        tls,
        connection_limiter: Arc::new(connection_limiter(settings, open_files)),
        proxies: TrustedProxies::new(&settings.edge.trusted_proxies, exposure),
    };
    Ok(Listening { http, self_signed: fingerprint })
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
    let files = connections_for(open_files);
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

/// Connections that a limit of open files leaves room for.
fn connections_for(open_files: u64) -> u32 {
    let reserved = RESERVED_FILES.min(open_files / 2);
    u32::try_from(open_files - reserved).unwrap_or(u32::MAX).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn few_open_files_are_shared() {
        for (open_files, expected) in [(0, 1), (1, 1), (256, 128), (1000, 500), (1024, 524), (20_000, 19_500)]
        {
            assert_eq!(connections_for(open_files), expected, "{open_files}");
        }
        assert_eq!(connections_for(u64::MAX), u32::MAX);
    }
}
