//! Pages below `/settings`: settings, account, users, tokens, sessions and audit log.

mod account;
mod action;
mod audit;
mod effective;
mod page;
mod second_factor;
mod sessions;
mod tab;
mod tokens;
mod users;

pub use account::Account;
pub use action::SettingsAction;
pub use audit::{AuditLog, AuditRow};
pub use effective::{RetentionRow, SettingRow, Settings};
pub use page::{SettingsContent, SettingsPage, render};
pub use second_factor::SecondFactor;
pub use sessions::{SessionRow, Sessions};
pub use tab::{PATH, SettingsTab};
pub use tokens::{TokenRow, Tokens};
pub use users::{UserRow, Users};
