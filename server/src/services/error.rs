//! What the errors of all services have in common.

use crate::audit::PermissionDenied;
use crate::persist::NotSaved;
use std::borrow::Cow;
use std::error::Error;

/// Kind of an error; HTTP maps each to one status.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum ErrorKind {
    /// An invalid value.
    Invalid,
    /// A wrong user name, password or code at sign-in.
    Unauthenticated,
    /// A missing permission, or a wrong password of a signed-in user.
    Denied,
    /// What should change does not exist.
    NotFound,
    /// It exists, but cannot be changed like this.
    Conflict,
    /// Too many failed attempts.
    Throttled,
    /// Another server, such as that of a notification channel, failed.
    Upstream,
    /// Too busy now; the same request may succeed later.
    Busy,
    /// The disk cannot be written. The message says whether the change is in effect.
    NotSaved,
    /// A failure of this server, such as of its disk. Details are in the log only.
    Internal,
}

/// Error of a service.
pub(crate) trait ServiceError: Error {
    /// Kind, and a stable code for API clients.
    fn kind_and_code(&self) -> (ErrorKind, &'static str);

    /// Name of the invalid field, if it is about one.
    fn field(&self) -> Option<&str> {
        None
    }

    /// What is invalid about that field, and the accepted form, without its name; `None` if the message is as short.
    fn reason(&self) -> Option<String> {
        None
    }

    /// Message for users. The details of an internal error are logged, not shown.
    fn user_message(&self) -> Cow<'static, str> {
        if self.kind_and_code().0 == ErrorKind::Internal {
            tracing::error!(error = %self, "change failed");
            return "Internal error; see the server log".into();
        }
        self.to_string().into()
    }

    /// Seconds after which the same request may succeed, if known.
    fn retry_after(&self) -> Option<u64> {
        None
    }
}

impl ServiceError for PermissionDenied {
    fn kind_and_code(&self) -> (ErrorKind, &'static str) {
        (ErrorKind::Denied, "forbidden")
    }
}

impl ServiceError for NotSaved {
    fn kind_and_code(&self) -> (ErrorKind, &'static str) {
        (ErrorKind::NotSaved, "not_saved")
    }
}
