//! TLS client: verifies certificates against the system's trust store, and host names.

use crate::{Address, Deadline, DeadlineStream, Socket};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

impl DeadlineStream for StreamOwned<ClientConnection, Socket> {
    fn set_deadline(&self, deadline: Deadline) -> io::Result<()> {
        self.sock.set_deadline(deadline)
    }
}

/// Client configuration that trusts the system's CA certificates, or those in `SSL_CERT_FILE`.
///
/// # Errors
/// No CA certificates were found.
pub fn client_config() -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        let reason = "no CA certificates found; install ca-certificates or set SSL_CERT_FILE";
        return Err(io::Error::new(ErrorKind::NotFound, reason));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The name expected in the server's certificate.
///
/// # Errors
/// The address is a Unix socket.
pub fn server_name(address: &Address) -> io::Result<ServerName<'static>> {
    match address {
        Address::Tcp { host, .. } => ServerName::try_from(host.clone()).map_err(io::Error::other),
        Address::Unix(_) => {
            Err(io::Error::new(ErrorKind::Unsupported, "TLS over a Unix socket is not supported"))
        }
    }
}

/// Performs the TLS handshake.
///
/// # Errors
/// The certificate is invalid, the server does not speak TLS, or the deadline has passed.
pub fn encrypt(
    socket: Socket,
    address: &Address,
    deadline: Deadline,
) -> io::Result<StreamOwned<ClientConnection, Socket>> {
    let mut connection =
        ClientConnection::new(client_config()?, server_name(address)?).map_err(io::Error::other)?;
    let mut socket_with_deadline = DeadlineSocket { socket, deadline };
    while connection.is_handshaking() {
        connection.complete_io(&mut socket_with_deadline)?;
    }
    Ok(StreamOwned::new(connection, socket_with_deadline.socket))
}

/// Socket whose reads and writes end at the deadline.
struct DeadlineSocket {
    socket: Socket,
    deadline: Deadline,
}

impl Read for DeadlineSocket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.set_deadline(self.deadline)?;
        self.socket.read(buffer)
    }
}

impl Write for DeadlineSocket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.set_deadline(self.deadline)?;
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}
