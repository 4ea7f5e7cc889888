//! Creating and revoking API tokens. Waits for the disk.

use super::AccountError;
use crate::access::{Access, new_secret};
use crate::audit::{Actor, AuditTarget};
use serde_json::json;
use std::sync::Arc;
use std::time::Duration;
use watchglass_auth::{Permission, Role, Secret, TokenState};
use watchglass_model::Timestamp;

/// The longest lifetime of a token in days.
pub(crate) const MAX_TOKEN_DAYS: u32 = 3650;

/// Changes of API tokens.
#[derive(Clone, Debug)]
pub(crate) struct TokenService {
    pub(crate) access: Arc<Access>,
}

impl TokenService {
    /// Creates a token, valid for `days` or until it is revoked. Its secret is not kept.
    ///
    /// # Errors
    /// Not an administrator, an invalid name or lifetime, too many tokens, or a failed write.
    pub(crate) fn create(
        &self,
        actor: &Actor,
        name: &str,
        role: Role,
        days: Option<u32>,
        now: Timestamp,
    ) -> Result<Secret, AccountError> {
        actor.require(Permission::Admin)?;
        if let Some(days) = days.filter(|days| !(1..=MAX_TOKEN_DAYS).contains(days)) {
            return Err(AccountError::Days(days));
        }
        let secret = new_secret()?;
        let expires = days.map(|days| now + Duration::from_secs(86_400) * days);
        self.access.change(|accounts| {
            accounts.remove_expired(now);
            Ok(accounts.add_token(name, role, expires, &secret, now)?)
        })?;
        let to = json!({ "id": secret.digest().short(), "role": role, "days": days });
        actor.record(AuditTarget::Token, "added", name, (None, Some(to)));
        tracing::info!(name, %role, "token created");
        Ok(secret)
    }

    /// Revokes the valid token with that id or name.
    ///
    /// # Errors
    /// Not an administrator, no such valid token, several of that name, or a failed write.
    pub(crate) fn revoke(&self, actor: &Actor, which: &str, now: Timestamp) -> Result<(), AccountError> {
        actor.require(Permission::Admin)?;
        let (name, id) = self.access.change(|accounts| {
            let valid = accounts.tokens().into_iter().filter(|token| token.state(now) == TokenState::Active);
            let mut named = valid.filter(|token| token.name == which || token.digest.short() == which);
            let named = named.next().map(|token| (token.name.clone(), token.digest.short()));
            accounts.revoke_token(which, now)?;
            Ok(named.unwrap_or_default())
        })?;
        actor.record(AuditTarget::Token, "revoked", &name, (Some(json!({ "id": id })), None));
        tracing::info!(name, id, "token revoked");
        Ok(())
    }
}
