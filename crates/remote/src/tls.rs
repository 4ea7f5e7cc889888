//! Encryption: certificates are checked against those that the system trusts, and names against the certificates.

use crate::{Address, Channel, Deadline, Socket};
use rustls::crypto::ring::default_provider;
use rustls::pki_types::ServerName;
use rustls::{ClientConfig, ClientConnection, RootCertStore, StreamOwned};
use std::io::{self, ErrorKind, Read, Write};
use std::sync::Arc;

impl Channel for StreamOwned<ClientConnection, Socket> {
    fn limit(&self, deadline: Deadline) -> io::Result<()> {
        self.sock.limit(deadline)
    }
}

/// Whom to trust: the certificates of the system, or those in the file that `SSL_CERT_FILE` names.
///
/// # Errors
/// There are none.
pub fn client_config() -> io::Result<Arc<ClientConfig>> {
    let mut roots = RootCertStore::empty();
    roots.add_parsable_certificates(rustls_native_certs::load_native_certs().certs);
    if roots.is_empty() {
        let reason = "the system has no certificates to trust; install ca-certificates, or name a file in SSL_CERT_FILE";
        return Err(io::Error::new(ErrorKind::NotFound, reason));
    }
    let config = ClientConfig::builder_with_provider(Arc::new(default_provider()))
        .with_safe_default_protocol_versions()
        .map_err(io::Error::other)?
        .with_root_certificates(roots)
        .with_no_client_auth();
    Ok(Arc::new(config))
}

/// The name that a server's certificate must have.
///
/// # Errors
/// The address has none: it is that of a socket in the file system.
pub fn server_name(address: &Address) -> io::Result<ServerName<'static>> {
    match address {
        Address::Tcp { host, .. } => ServerName::try_from(host.clone()).map_err(io::Error::other),
        Address::Unix(_) => Err(io::Error::new(ErrorKind::Unsupported, "a local socket is not encrypted")),
    }
}

/// Agrees with the server on how to encrypt, and makes sure who it is.
///
/// # Errors
/// It is not who it should be, does not encrypt, or is not done by `deadline`.
pub fn encrypt(
    socket: Socket,
    address: &Address,
    deadline: Deadline,
) -> io::Result<StreamOwned<ClientConnection, Socket>> {
    let mut connection =
        ClientConnection::new(client_config()?, server_name(address)?).map_err(io::Error::other)?;
    let mut timed = Timed { socket, deadline };
    while connection.is_handshaking() {
        connection.complete_io(&mut timed)?;
    }
    Ok(StreamOwned::new(connection, timed.socket))
}

/// A socket whose every step ends by the deadline.
struct Timed {
    socket: Socket,
    deadline: Deadline,
}

impl Read for Timed {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.socket.limit(self.deadline)?;
        self.socket.read(buffer)
    }
}

impl Write for Timed {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.socket.limit(self.deadline)?;
        self.socket.write(bytes)
    }

    fn flush(&mut self) -> io::Result<()> {
        self.socket.flush()
    }
}
