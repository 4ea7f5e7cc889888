//! Response status classes.

use http::StatusCode;

/// Number of classes.
pub(crate) const CLASSES: usize = 5;

/// Class of a response: the first digit of its status
/// ([RFC 9110, section 15](https://www.rfc-editor.org/rfc/rfc9110#section-15)).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum StatusClass {
    /// 1xx; as a final response only 101, which starts a WebSocket.
    Informational,
    /// 2xx.
    Success,
    /// 3xx.
    Redirection,
    /// 4xx.
    ClientError,
    /// 5xx.
    ServerError,
}

impl StatusClass {
    /// All classes, by ascending digit.
    pub const ALL: [Self; CLASSES] =
        [Self::Informational, Self::Success, Self::Redirection, Self::ClientError, Self::ServerError];

    /// The class of a status. 600 and above count as 5xx, as the RFC recommends to clients.
    pub fn of(status: StatusCode) -> Self {
        match status.as_u16() {
            ..200 => Self::Informational,
            200..300 => Self::Success,
            300..400 => Self::Redirection,
            400..500 => Self::ClientError,
            500.. => Self::ServerError,
        }
    }

    /// The class of a label value.
    #[cfg(feature = "report")]
    pub(crate) fn from_label(label: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|class| class.as_str() == label)
    }

    /// Label value: `2xx`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Informational => "1xx",
            Self::Success => "2xx",
            Self::Redirection => "3xx",
            Self::ClientError => "4xx",
            Self::ServerError => "5xx",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_status_has_a_class() {
        for (status, expected) in [
            (100, "1xx"),
            (101, "1xx"),
            (200, "2xx"),
            (299, "2xx"),
            (304, "3xx"),
            (404, "4xx"),
            (499, "4xx"),
            (500, "5xx"),
            (999, "5xx"),
        ] {
            assert_eq!(StatusClass::of(StatusCode::from_u16(status).unwrap()).as_str(), expected, "{status}");
        }
        for (index, class) in StatusClass::ALL.into_iter().enumerate() {
            assert_eq!(class as usize, index);
        }
    }
}
