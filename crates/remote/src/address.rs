//! Server addresses and connections with deadlines.

use crate::Deadline;
use std::fmt;
use std::io::{self, ErrorKind, Read, Write};
use std::net::{TcpStream, ToSocketAddrs};
use std::os::unix::net::UnixStream;
use std::path::PathBuf;

/// Address of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// Over the network.
    Tcp {
        /// Host name or IP address; IPv6 without brackets.
        host: String,
        /// 1 to 65535.
        port: u16,
    },
    /// Unix domain socket.
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

/// Byte stream to a server.
#[derive(Debug)]
pub enum Socket {
    /// Over the network.
    Tcp(TcpStream),
    /// Unix domain socket.
    Unix(UnixStream),
}

impl Address {
    /// Connects. Several addresses of a name are tried in turn, each with an equal share of the remaining time.
    ///
    /// # Errors
    /// The error of the last address tried; of kind [`ErrorKind::TimedOut`] after the deadline.
    pub fn connect(&self, deadline: Deadline) -> io::Result<Socket> {
        let (host, port) = match self {
            Self::Unix(path) => return Ok(Socket::Unix(UnixStream::connect(path)?)),
            Self::Tcp { host, port } => (host.as_str(), *port),
        };
        let addresses: Vec<_> = (host, port).to_socket_addrs()?.collect();
        let mut failure = io::Error::from(ErrorKind::AddrNotAvailable);
        for (address, remaining) in addresses.iter().zip((1..=addresses.len()).rev()) {
            let share = deadline.remaining()? / u32::try_from(remaining).unwrap_or(u32::MAX);
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

/// Stream whose reads and writes respect a deadline.
pub trait DeadlineStream: Read + Write + Send {
    /// Sets the timeout of the next read and write to the time left until `deadline`.
    fn set_deadline(&self, deadline: Deadline) -> io::Result<()>;
}

impl DeadlineStream for Socket {
    fn set_deadline(&self, deadline: Deadline) -> io::Result<()> {
        let left = Some(deadline.remaining()?);
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

/// Whether a name is safe in labels, messages and thread names: 1 to 255 bytes, no spaces or control characters.
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
    fn addresses_are_formatted_as_in_urls() {
        assert_eq!(tcp("db", 5432).to_string(), "db:5432");
        assert_eq!(tcp("::1", 5432).to_string(), "[::1]:5432");
        assert_eq!(Address::Unix("/run/redis.sock".into()).to_string(), "/run/redis.sock");
    }

    #[test]
    fn sockets_transfer_both_ways_and_reads_time_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("socket");
        let (tcp_listener, unix_listener) =
            (TcpListener::bind("127.0.0.1:0").unwrap(), UnixListener::bind(&path).unwrap());
        let port = tcp_listener.local_addr().unwrap().port();
        let soon = || Deadline::after(Duration::from_secs(60));
        let mut over_tcp = tcp("localhost", port).connect(soon()).unwrap();
        let mut over_unix = Address::Unix(path).connect(soon()).unwrap();
        let mut tcp_end = tcp_listener.accept().unwrap().0;
        let mut unix_end = unix_listener.accept().unwrap().0;
        let ends: [(&mut Socket, &mut dyn ReadWrite); 2] =
            [(&mut over_tcp, &mut tcp_end), (&mut over_unix, &mut unix_end)];
        for (socket, end) in ends {
            let mut buffer = [0; 2];
            socket.set_deadline(soon()).unwrap();
            socket.write_all(b"hi").unwrap();
            end.read_exact(&mut buffer).unwrap();
            end.write_all(&buffer).unwrap();
            socket.read_exact(&mut buffer).unwrap();
            assert_eq!(&buffer, b"hi");
            socket.set_deadline(Deadline::after(Duration::from_millis(5))).unwrap();
            assert!(is_timeout(&socket.read(&mut buffer).unwrap_err()));
        }
    }

    trait ReadWrite: Read + Write {}
    impl<T: Read + Write> ReadWrite for T {}

    #[test]
    fn unreachable_addresses_are_errors() {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let soon = Deadline::after(Duration::from_secs(60));
        assert_eq!(tcp("127.0.0.1", port).connect(soon).unwrap_err().kind(), ErrorKind::ConnectionRefused);
        assert!(Address::Unix("/nowhere/at/all".into()).connect(soon).is_err());
        assert!(is_timeout(&tcp("127.0.0.1", port).connect(Deadline::after(Duration::ZERO)).unwrap_err()));
    }
}
