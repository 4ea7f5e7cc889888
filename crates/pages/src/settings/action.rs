//! Form actions below `/settings`: names, success messages and views.

use super::SettingsTab;

/// Form action: the field `do`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each action has its success message")]
pub enum SettingsAction {
    UserAdd,
    UserEnable,
    UserDisable,
    UserAdmin,
    UserViewer,
    UserPassword,
    TokenAdd,
    TokenRevoke,
    SessionRevoke,
    Password,
    SecondFactorBegin,
    SecondFactorEnable,
    SecondFactorDisable,
    UserSecondFactorRemove,
}

impl SettingsAction {
    /// All actions.
    pub const ALL: [Self; 14] = [
        Self::UserAdd,
        Self::UserEnable,
        Self::UserDisable,
        Self::UserAdmin,
        Self::UserViewer,
        Self::UserPassword,
        Self::TokenAdd,
        Self::TokenRevoke,
        Self::SessionRevoke,
        Self::Password,
        Self::SecondFactorBegin,
        Self::SecondFactorEnable,
        Self::SecondFactorDisable,
        Self::UserSecondFactorRemove,
    ];

    /// Name in forms and URLs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::UserAdd => "user-add",
            Self::UserEnable => "user-enable",
            Self::UserDisable => "user-disable",
            Self::UserAdmin => "user-admin",
            Self::UserViewer => "user-viewer",
            Self::UserPassword => "user-password",
            Self::TokenAdd => "token-add",
            Self::TokenRevoke => "token-revoke",
            Self::SessionRevoke => "session-end",
            Self::Password => "password",
            Self::SecondFactorBegin => "factor-begin",
            Self::SecondFactorEnable => "factor-on",
            Self::SecondFactorDisable => "factor-off",
            Self::UserSecondFactorRemove => "user-factor-off",
        }
    }

    /// Action with that name.
    pub fn from_name(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == word)
    }

    /// Success message.
    pub const fn success_message(self) -> &'static str {
        match self {
            Self::UserAdd => "User created.",
            Self::UserEnable => "User enabled.",
            Self::UserDisable => "User disabled and signed out everywhere.",
            Self::UserAdmin => "The user is now an admin and must sign in again.",
            Self::UserViewer => "The user is now a viewer and must sign in again.",
            Self::UserPassword => "Password set. The user was signed out everywhere.",
            Self::TokenAdd => "Token created.",
            Self::TokenRevoke => "Token revoked.",
            Self::SessionRevoke => "Session revoked.",
            Self::Password => "Password changed. Your other sessions were signed out.",
            Self::SecondFactorBegin => "Enter the code of your app to confirm.",
            Self::SecondFactorEnable => {
                "Two-factor authentication enabled. Your other sessions were signed out."
            }
            Self::SecondFactorDisable => "Two-factor authentication disabled.",
            Self::UserSecondFactorRemove => "Two-factor authentication removed for this user.",
        }
    }

    /// View of its form; a session can be revoked in two.
    pub const fn tab(self) -> SettingsTab {
        match self {
            Self::TokenAdd | Self::TokenRevoke => SettingsTab::Tokens,
            Self::SessionRevoke => SettingsTab::Sessions,
            Self::Password
            | Self::SecondFactorBegin
            | Self::SecondFactorEnable
            | Self::SecondFactorDisable => SettingsTab::Account,
            _ => SettingsTab::Users,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn action_names_are_parsed_back() {
        for one in SettingsAction::ALL {
            assert_eq!(SettingsAction::from_name(one.name()), Some(one));
            assert!(one.success_message().ends_with('.'), "{one:?}");
        }
        assert_eq!(SettingsAction::from_name("nothing"), None);
    }
}
