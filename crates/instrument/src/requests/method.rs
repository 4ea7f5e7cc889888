//! Request methods: the standard ones, and `other`.

use http::Method;

/// Label values of the methods: [RFC 9110, section 9](https://www.rfc-editor.org/rfc/rfc9110#section-9) and PATCH of
/// RFC 5789. All others share a name, because clients can send any number of them.
pub(crate) const METHODS: [&str; 10] =
    ["GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH", "other"];

/// Index of a method in [`METHODS`].
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
    fn every_method_has_an_index() {
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
