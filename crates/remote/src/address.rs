//! Where a server is reached, and how long that may take.

use crate::Deadline;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

/// Where a server is reached.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Over the network.
    Tcp {
        /// Name or address; an IPv6 address without brackets.
        host: String,
        /// From 1 on.
        port: u16,
    },
    /// Over a socket in the file system.
    Unix(PathBuf),
}

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port } if host.contains(':') => write!(f, "[{host}]:{port}"),
            Self::Tcp { host, port } => write!(f, "{host}:{port}"),
            Self::Unix(path) => write!(f, "{}", path.display()),
        }
    }
}

/// A connection over which bytes are sent and received.
#[derive(Debug)]
pub enum Socket {
    /// Over the network.
    Tcp(TcpStream),
    /// In the file system.
    Unix(UnixStream),
}

impl Address {
    /// Connects. Where a name has several addresses each is tried, with an equal share of the time.
    ///
    /// # Errors
    /// What the last address that was tried answered; of kind [`ErrorKind::TimedOut`] when time was up.
    pub fn connect(&self, deadline: Deadline) -> io::Result<Socket> {
        let (host, port) = match self {
            Self::Unix(path) => return Ok(Socket::Unix(UnixStream::connect(path)?)),
            Self::Tcp { host, port } => (host.as_str(), *port),
        };
        let addresses: Vec<_> = (host, port).to_socket_addrs()?.collect();
        let mut failure = io::Error::from(ErrorKind::AddrNotAvailable);
        for (address, remaining) in addresses.iter().zip((1..=addresses.len()).rev()) {
            let share = deadline.left()? / u32::try_from(remaining).unwrap_or(u32::MAX);
            match TcpStream::connect_timeout(address, share) {
                Ok(stream) => {
                    stream.set_nodelay(true)?;
                    return Ok(Socket::Tcp(stream));
                }
                Err(error) => failure = error,
            }
        }
        Err(failure)
    }
}

/// A connection whose steps can be made to end in time.
pub trait Channel: Read + Write + Send {
    /// Lets the next read and the next write take no longer than until `deadline`.
    fn limit(&self, deadline: Deadline) -> io::Result<()>;
}

impl Channel for Socket {
    fn limit(&self, deadline: Deadline) -> io::Result<()> {
        let left = Some(deadline.left()?);
        match self {
            Self::Tcp(stream) => stream.set_read_timeout(left).and_then(|()| stream.set_write_timeout(left)),
            Self::Unix(stream) => stream.set_read_timeout(left).and_then(|()| stream.set_write_timeout(left)),
        }
    }
}

impl Read for Socket {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.read(buffer),
            Self::Unix(stream) => stream.read(buffer),
        }
    }
}

impl Write for Socket {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Tcp(stream) => stream.write(bytes),
            Self::Unix(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Whether a name can stand in a label, a message and the name of a thread.
pub fn is_printable(name: &str) -> bool {
    !name.is_empty() && name.len() <= 255 && !name.chars().any(|letter| letter.is_control() || letter == ' ')
}

#[cfg(test)]
mod tests {
    use super::super::deadline::is_timeout;
    use super::*;
    use std::net::TcpListener;
    use std::os::unix::net::UnixListener;
    use std::time::Duration;

    fn tcp(host: &str, port: u16) -> Address {
        Address::Tcp { host: host.to_owned(), port }
    }

    #[test]
    fn are_written_as_in_a_url() {
        assert_eq!(tcp("db", 5432).to_string(), "db:5432");
        assert_eq!(tcp("::1", 5432).to_string(), "[::1]:5432");
        assert_eq!(Address::Unix("/run/redis.sock".into()).to_string(), "/run/redis.sock");
    }

    #[test]
    fn bytes_go_both_ways_and_a_silent_server_is_waited_for_until_the_deadline() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let (tcp_listener, unix_listener) =
            (TcpListener::bind("127.0.0.1:0").unwrap(), UnixListener::bind(&path).unwrap());
        let port = tcp_listener.local_addr().unwrap().port();
        let soon = || Deadline::within(Duration::from_secs(60));
        let mut over_tcp = tcp("localhost", port).connect(soon()).unwrap();
        let mut over_unix = Address::Unix(path).connect(soon()).unwrap();
        let mut tcp_end = tcp_listener.accept().unwrap().0;
        let mut unix_end = unix_listener.accept().unwrap().0;
        let ends: [(&mut Socket, &mut dyn ReadWrite); 2] =
            [(&mut over_tcp, &mut tcp_end), (&mut over_unix, &mut unix_end)];
        for (socket, end) in ends {
            let mut buffer = [0; 2];
            socket.limit(soon()).unwrap();
            socket.write_all(b"hi").unwrap();
            end.read_exact(&mut buffer).unwrap();
            end.write_all(&buffer).unwrap();
            socket.read_exact(&mut buffer).unwrap();
            assert_eq!(&buffer, b"hi");
            socket.limit(Deadline::within(Duration::from_millis(5))).unwrap();
            assert!(is_timeout(&socket.read(&mut buffer).unwrap_err()));
        }
    }

    trait ReadWrite: Read + Write {}
    impl<T: Read + Write> ReadWrite for T {}

    #[test]
    fn nobody_at_home_is_an_error() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let soon = Deadline::within(Duration::from_secs(60));
        assert_eq!(tcp("127.0.0.1", port).connect(soon).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        assert!(Address::Unix("/nowhere/at/all".into()).connect(soon).is_err());
        assert!(is_timeout(&tcp("127.0.0.1", port).connect(Deadline::within(Duration::ZERO)).unwrap_err()));
    }
}
