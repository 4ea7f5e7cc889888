//! Connections: TCP, proxy and TLS.

use crate::connection::{Connection, Socket, WriteState};
use crate::error::cause;
use crate::{InvalidProxy, Limits, Proxies};
use http::Uri;
use hyper_util::client::legacy::connect::HttpConnector;
use hyper_util::client::legacy::connect::proxy::Tunnel;
use hyper_util::client::proxy::matcher::Intercept;
use hyper_util::rt::TokioIo;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::time::timeout;
use tower_service::Service;

type Connecting<T> = Pin<Box<dyn Future<Output = io::Result<T>> + Send>>;

/// TLS client configuration; cannot exist without the feature `tls`.
#[cfg(feature = "tls")]
pub(crate) type TlsConfig = std::sync::Arc<tokio_rustls::rustls::ClientConfig>;
#[cfg(not(feature = "tls"))]
#[derive(Clone, Debug)]
pub(crate) enum TlsConfig {}

/// Connects to servers, directly or through their proxy.
#[derive(Clone)]
pub(crate) struct Connector {
    direct: Direct,
    proxies: Proxies,
    timeout: Duration,
}

impl Connector {
    pub(crate) fn new(limits: &Limits, proxies: Proxies) -> Self {
        let mut tcp = HttpConnector::new();
        tcp.enforce_http(false);
        tcp.set_nodelay(true);
        // Divided among the addresses of a host, so that one that does not respond leaves time for the next.
        tcp.set_connect_timeout(Some(limits.connect));
        Self { direct: Direct { tcp, tls: None }, proxies, timeout: limits.connect }
    }

    #[cfg(feature = "tls")]
    pub(crate) fn set_tls(&mut self, config: TlsConfig) {
        self.direct.tls = Some(config);
    }

    pub(crate) fn has_tls(&self) -> bool {
        self.direct.tls.is_some()
    }

    pub(crate) fn proxy(&self, url: &Uri) -> Result<Option<Intercept>, InvalidProxy> {
        self.proxies.of(url)
    }

    async fn connect(mut self, url: Uri) -> io::Result<Connection> {
        let proxy = self.proxy(&url).map_err(io::Error::other)?;
        let is_tls = url.scheme_str() == Some("https");
        let (socket, is_proxied) = match proxy {
            None => (self.direct.call(url).await?, false),
            Some(proxy) => {
                let name = proxy.uri().authority().map(ToString::to_string).unwrap_or_default();
                let failed = |error: &(dyn std::error::Error + 'static)| {
                    io::Error::other(format!("proxy {name}: {}", cause(error)))
                };
                if is_tls {
                    let mut tunnel = Tunnel::new(proxy.uri().clone(), self.direct.clone());
                    if let Some(credentials) = proxy.basic_auth() {
                        tunnel = tunnel.with_auth(credentials.clone());
                    }
                    let socket = tunnel.call(url.clone()).await.map_err(|error| failed(&error))?;
                    (self.direct.encrypt(socket, &url).await?, false)
                } else {
                    let socket = self.direct.call(proxy.uri().clone()).await;
                    (socket.map_err(|error| failed(&error))?, true)
                }
            }
        };
        Ok(Connection { socket, is_proxied, writes: WriteState::default() })
    }
}

impl Service<Uri> for Connector {
    type Response = Connection;
    type Error = io::Error;
    type Future = Connecting<Connection>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.direct.poll_ready(context)
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let (limit, connect) = (self.timeout, self.clone().connect(url));
        let late = move || io::Error::other(format!("timed out after {} s", limit.as_secs_f64()));
        Box::pin(async move { timeout(limit, connect).await.unwrap_or_else(|_elapsed| Err(late())) })
    }
}

/// Connects to the host of a URL, with TLS if the URL is `https://`.
#[derive(Clone)]
struct Direct {
    tcp: HttpConnector,
    tls: Option<TlsConfig>,
}

impl Direct {
    #[cfg(feature = "tls")]
    async fn encrypt(&self, socket: Socket, url: &Uri) -> io::Result<Socket> {
        use tokio_rustls::{TlsConnector, rustls::pki_types::ServerName};

        let config = self.tls.clone().ok_or_else(|| io::Error::other("TLS is not configured"))?;
        let host = url.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let name = ServerName::try_from(host.to_owned()).map_err(io::Error::other)?;
        let session = TlsConnector::from(config).connect(name, socket.into_inner()).await?;
        Ok(TokioIo::new(Box::new(session)))
    }

    #[cfg(not(feature = "tls"))]
    async fn encrypt(&self, _socket: Socket, _url: &Uri) -> io::Result<Socket> {
        Err(io::Error::other("TLS is not supported"))
    }
}

impl Service<Uri> for Direct {
    type Response = Socket;
    type Error = io::Error;
    type Future = Connecting<Socket>;

    fn poll_ready(&mut self, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.tcp.poll_ready(context).map_err(io::Error::other)
    }

    fn call(&mut self, url: Uri) -> Self::Future {
        let mut direct = self.clone();
        Box::pin(async move {
            let stream =
                direct.tcp.call(url.clone()).await.map_err(|error| io::Error::other(cause(&error)))?;
            let socket: Socket = TokioIo::new(Box::new(stream.into_inner()));
            if url.scheme_str() == Some("https") { direct.encrypt(socket, &url).await } else { Ok(socket) }
        })
    }
}
