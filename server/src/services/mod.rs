//! What users can do: one function per action, whoever asks for it.
//!
//! Each checks the permission, validates, makes the change, has it saved, and writes the audit entry and the log event. REST
//! handlers, forms, action links and commands are adapters of a few lines. Nothing here knows HTTP, which a test checks.

mod account_error;
mod acknowledgements;
mod action_links;
mod alerts;
mod annotations;
mod error;
mod heartbeats;
mod layouts;
mod notifications;
mod own_account;
#[cfg(test)]
mod permission_tests;
mod processes;
mod rules;
mod sessions;
mod silences;
mod tokens;
mod users;

pub(crate) use account_error::AccountError;
pub(crate) use acknowledgements::AcknowledgementService;
pub(crate) use action_links::{ActionLinkService, LinkRequest, LinkedAlert};
pub(crate) use alerts::AlertService;
pub(crate) use annotations::AnnotationService;
pub(crate) use error::{ErrorKind, ServiceError};
pub(crate) use heartbeats::HeartbeatService;
pub(crate) use layouts::{LayoutEdit, LayoutService};
pub(crate) use notifications::{NotificationError, NotificationService};
pub(crate) use own_account::OwnAccountService;
pub(crate) use processes::{HistoryRequest, ProcessService};
pub(crate) use rules::{RuleService, RuleServiceError, warning_texts};
pub(crate) use sessions::{SessionService, SignInRequest};
pub(crate) use silences::{NewSilence, SilenceEnd, SilenceService, alert_matchers};
pub(crate) use tokens::{MAX_TOKEN_DAYS, TokenService};
pub(crate) use users::{UserChange, UserService};
