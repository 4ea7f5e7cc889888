//! Adding and changing users. Waits for the disk; setting a password also waits for the hashing queue.

use super::AccountError;
use crate::access::Access;
use crate::audit::{Actor, AuditTarget};
use serde_json::{Value, json};
use std::sync::Arc;
use watchglass_auth::{Password, Permission, Role, User};
use watchglass_model::Timestamp;

/// Changes of a user. `None` leaves a field unchanged.
#[derive(Debug, Default)]
pub(crate) struct UserChange {
    /// Admin or viewer.
    pub(crate) role: Option<Role>,
    /// Whether the user may not sign in.
    pub(crate) disabled: Option<bool>,
    pub(crate) password: Option<String>,
    /// Whether to turn the second factor off.
    pub(crate) remove_second_factor: bool,
}

/// Changes of users.
#[derive(Clone, Debug)]
pub(crate) struct UserService {
    pub(crate) access: Arc<Access>,
}

impl UserService {
    /// Adds a user.
    ///
    /// # Errors
    /// Not an administrator, an invalid or taken name, an invalid password, too many users, or a failed write.
    pub(crate) fn add(
        &self,
        actor: &Actor,
        name: &str,
        role: Role,
        password: String,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        actor.require(Permission::Admin)?;
        let hash = self.access.hash_password(actor.name(), Password::new(password)?)?;
        self.access.change(|accounts| Ok(accounts.add_user(name, role, hash, now)?))?;
        actor.record(AuditTarget::User, "added", &name.to_ascii_lowercase(), (None, self.audit_value(name)));
        tracing::info!(name, %role, "user added");
        Ok(())
    }

    /// Changes a user atomically. The sessions of the user end, unless the change only enables sign-in.
    ///
    /// # Errors
    /// Not an administrator, an unknown user, an invalid password, the last administrator, or a failed write.
    pub(crate) fn change(
        &self,
        actor: &Actor,
        name: &str,
        change: UserChange,
        now: Timestamp,
    ) -> Result<(), AccountError> {
        actor.require(Permission::Admin)?;
        let UserChange { role, disabled, password, remove_second_factor } = change;
        let hash = password.map(Password::new).transpose()?;
        let hash = hash.map(|password| self.access.hash_password(actor.name(), password)).transpose()?;
        let is_password = hash.is_some();
        let before = self.audit_value(name);
        self.access.change(|accounts| {
            if let Some(role) = role {
                accounts.set_role(name, role, now)?;
            }
            if let Some(disabled) = disabled {
                accounts.set_disabled(name, disabled, now)?;
            }
            if let Some(hash) = hash {
                accounts.set_password(name, hash, now)?;
            }
            if remove_second_factor {
                accounts.disable_second_factor(name, now)?;
            }
            Ok(())
        })?;
        let mut after = self.audit_value(name);
        if let (true, Some(Value::Object(after))) = (is_password, &mut after) {
            after.insert("password".to_owned(), json!("changed"));
        }
        if !actor.record_change(AuditTarget::User, &name.to_ascii_lowercase(), (before, after)) {
            return Ok(());
        }
        tracing::info!(name, ?role, ?disabled, is_password, remove_second_factor, "user changed");
        Ok(())
    }

    fn audit_value(&self, name: &str) -> Option<Value> {
        let name = name.to_ascii_lowercase();
        let value = |user: &User| json!({ "role": user.role, "disabled": user.disabled, "second_factor": user.second_factor.is_some() });
        self.access.with_accounts(|accounts| accounts.users().find(|user| user.name == name).map(value))
    }
}
