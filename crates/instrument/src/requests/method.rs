//! Methods of requests: the known ones, and one name for all others.

use http::Method;

/// What labels call the methods: those of [RFC 9110, section 9](https://www.rfc-editor.org/rfc/rfc9110#section-9)
/// and PATCH of RFC 5789. Anyone can invent more, so those share a name.
pub(crate) const METHODS: [&str; 10] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "other"];

/// Where a method stands in [`METHODS`].
pub(crate) fn index(method: &Method) -> u8 {
    match *method {
        Method::GET => 0,
        Method::HEAD => 1,
        Method::POST => 2,
        Method::PUT => 3,
        Method::DELETE => 4,
        Method::CONNECT => 5,
        Method::OPTIONS => 6,
        Method::TRACE => 7,
        Method::PATCH => 8,
        _ => 9,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_method_has_a_place() {
        for name in METHODS {
            let method = Method::from_bytes(name.as_bytes()).unwrap();
            assert_eq!(METHODS[usize::from(index(&method))], name);
        }
        // Methods are case-sensitive.
        for name in ["get", "PROPFIND", "X"] {
            assert_eq!(METHODS[usize::from(index(&Method::from_bytes(name.as_bytes()).unwrap()))], "other");
        }
    }
}
