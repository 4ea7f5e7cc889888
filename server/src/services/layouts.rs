//! Changing the dashboard layout of a user. Waits for the disk.

use super::{ErrorKind, ServiceError};
use crate::audit::{Actor, PermissionDenied};
use crate::layouts::{LayoutChange, Layouts, SaveLayoutError};
use crate::metric_store::MetricStore;
use crate::query::catalogue;
use std::borrow::Cow;
use std::sync::Arc;
use thiserror::Error;
use watchglass_auth::{Credential, Permission};

/// Change of a layout.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum LayoutEdit<'a> {
    /// Changes the placement of a panel.
    Panel { panel: &'a str, change: LayoutChange },
    /// Moves a section before its predecessor, or after its successor.
    Section { section: &'a str, earlier: bool },
    /// Back to the default layout.
    Reset,
}

/// Why a layout was not changed.
#[derive(Debug, Error)]
pub(crate) enum LayoutError {
    #[error(transparent)]
    Denied(#[from] PermissionDenied),
    #[error("Layouts belong to signed-in users: a token has none")]
    NotAUser,
    #[error("unknown panel or section {0:?}")]
    Unknown(String),
    #[error(transparent)]
    Save(#[from] SaveLayoutError),
}

impl ServiceError for LayoutError {
    fn kind_and_code(&self) -> (ErrorKind, &'static str) {
        match self {
            Self::Denied(error) => error.kind_and_code(),
            Self::NotAUser => (ErrorKind::Denied, "forbidden"),
            Self::Unknown(_) => (ErrorKind::Invalid, "bad_parameter"),
            Self::Save(SaveLayoutError::TooMany) => (ErrorKind::Conflict, "too_many"),
            Self::Save(SaveLayoutError::Write(_)) => (ErrorKind::NotSaved, "not_saved"),
        }
    }

    /// Says why it could not be saved.
    fn user_message(&self) -> Cow<'static, str> {
        if let Self::Save(error) = self {
            tracing::error!(%error, "layout change failed");
        }
        self.to_string().into()
    }
}

/// Changes of layouts.
#[derive(Clone, Debug)]
pub(crate) struct LayoutService {
    pub(crate) metrics: Arc<MetricStore>,
    pub(crate) layouts: Arc<Layouts>,
}

impl LayoutService {
    /// Changes the layout of the signed-in user. Not audited: it changes nothing for others.
    ///
    /// # Errors
    /// Not a signed-in user, unknown panel or section, too many layouts, or a failed write.
    pub(crate) fn edit(&self, actor: &Actor, edit: LayoutEdit<'_>) -> Result<(), LayoutError> {
        actor.require(Permission::Viewer)?;
        let user = actor.principal().filter(|user| matches!(user.credential, Credential::Session(_)));
        let user = user.ok_or(LayoutError::NotAUser)?.name.as_str();
        let mut layout = self.layouts.get(user).as_deref().cloned().unwrap_or_default();
        let metrics = self.metrics.catalogue();
        let (is_known, name) = match edit {
            LayoutEdit::Reset => return Ok(self.layouts.save(user, None)?),
            LayoutEdit::Section { section, earlier } => {
                (layout.change_section(metrics, section, earlier), section)
            }
            LayoutEdit::Panel { panel, change } => {
                let with_data = catalogue::panels_with_data(&self.metrics);
                let has_data = |panel: &str| with_data.iter().any(|id| id == panel);
                (layout.change(metrics, panel, change, has_data), panel)
            }
        };
        if !is_known {
            return Err(LayoutError::Unknown(name.chars().take(40).collect()));
        }
        Ok(self.layouts.save(user, Some(layout))?)
    }
}
