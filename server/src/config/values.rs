//! Parsers of values that several settings share.

use std::net::{SocketAddr, ToSocketAddrs};

/// Parses true or false.
///
/// # Errors
/// Anything else.
pub(super) fn boolean(value: &str) -> Result<bool, String> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(format!("{value:?} must be true or false")),
    }
}

/// Parses a whole number in a range.
///
/// # Errors
/// Not a number, or out of range.
pub(super) fn number(value: &str, min: u32, max: u32) -> Result<u32, String> {
    let number = value.trim().parse().ok().filter(|number| (min..=max).contains(number));
    number.ok_or_else(|| format!("{value:?} must be a whole number from {min} to {max}"))
}

/// The value, if it is not empty.
///
/// # Errors
/// It is empty.
pub(super) fn non_empty(value: &str) -> Result<&str, String> {
    if value.trim().is_empty() { Err("it must not be empty".to_owned()) } else { Ok(value) }
}

/// Parses an address with a port; `localhost` is a loopback address.
///
/// # Errors
/// Anything else.
pub(super) fn address(value: &str) -> Result<SocketAddr, String> {
    let wrong = || format!("{value:?} must be an address and a port, such as 127.0.0.1:7070 or [::1]:7070");
    let address = match value.strip_prefix("localhost:") {
        // Not resolved by name: a resolver must not move the server off loopback.
        Some(port) => format!("127.0.0.1:{port}").to_socket_addrs().ok().and_then(|mut found| found.next()),
        None => value.parse().ok(),
    };
    address.ok_or_else(wrong)
}
