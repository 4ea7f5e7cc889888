//! Form actions of the alerts page: names, success messages and views.

use super::AlertsView;
use crate::ui::FormFields;

/// Form action: the field `do`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "each action has its success message")]
pub enum AlertsAction {
    Acknowledge,
    Unacknowledge,
    Resolve,
    Silence,
    ExpireSilence,
    RuleSave,
    RuleEnable,
    RuleDisable,
    RuleDelete,
    RulePreview,
    ChannelTest,
    Resend,
    HeartbeatAdd,
    HeartbeatRemove,
}

impl AlertsAction {
    /// All actions.
    pub const ALL: [Self; 14] = [
        Self::Acknowledge,
        Self::Unacknowledge,
        Self::Resolve,
        Self::Silence,
        Self::ExpireSilence,
        Self::RuleSave,
        Self::RuleEnable,
        Self::RuleDisable,
        Self::RuleDelete,
        Self::RulePreview,
        Self::ChannelTest,
        Self::Resend,
        Self::HeartbeatAdd,
        Self::HeartbeatRemove,
    ];

    /// Name in forms and URLs.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Acknowledge => "acknowledge",
            Self::Unacknowledge => "withdraw",
            Self::Resolve => "resolve",
            Self::Silence => "silence",
            Self::ExpireSilence => "end-silence",
            Self::RuleSave => "rule-save",
            Self::RuleEnable => "rule-enable",
            Self::RuleDisable => "rule-disable",
            Self::RuleDelete => "rule-delete",
            Self::RulePreview => "rule-preview",
            Self::ChannelTest => "channel-test",
            Self::Resend => "resend",
            Self::HeartbeatAdd => "heartbeat-add",
            Self::HeartbeatRemove => "heartbeat-remove",
        }
    }

    /// Action with that name.
    pub fn from_name(word: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|one| one.name() == word)
    }

    /// Success message.
    pub const fn success_message(self) -> &'static str {
        match self {
            Self::Acknowledge => "Acknowledged. No repeats or escalations until it resolves.",
            Self::Unacknowledge => "Acknowledgement removed. Repeats and escalations count from now.",
            Self::Resolve => "Resolved. It fires again if the series comes back and exceeds its threshold.",
            Self::Silence => "Silenced. The alert stays recorded but sends no notifications.",
            Self::ExpireSilence => "Silence expired. Firing alerts send notifications again.",
            Self::RuleSave => "Rule saved.",
            Self::RuleEnable => "Rule enabled.",
            Self::RuleDisable => "Rule disabled; its alerts were resolved.",
            Self::RuleDelete => "Rule deleted or reset to default.",
            Self::RulePreview => "Preview only, not saved.",
            Self::ChannelTest => "Test sent: the receiver accepted it.",
            Self::Resend => "Notification queued to be resent.",
            Self::HeartbeatAdd => "Heartbeat added. It is expected from now on.",
            Self::HeartbeatRemove => "Heartbeat removed.",
        }
    }

    /// View of its form.
    pub fn view(self, fields: &FormFields) -> AlertsView {
        let default = match self {
            Self::RuleSave | Self::RuleDelete | Self::RulePreview => {
                return AlertsView::Rule {
                    id: fields.contains("known").then(|| fields.get("id").to_owned()),
                };
            }
            Self::Acknowledge | Self::Unacknowledge | Self::Resolve => {
                AlertsView::Active { rule: None, page: 1 }
            }
            Self::Silence if fields.contains("labels") => AlertsView::Active { rule: None, page: 1 },
            Self::Silence | Self::ExpireSilence => AlertsView::Silences,
            Self::RuleEnable | Self::RuleDisable => AlertsView::Rules,
            Self::ChannelTest => AlertsView::Channels,
            Self::Resend => AlertsView::Deliveries,
            Self::HeartbeatAdd | Self::HeartbeatRemove => AlertsView::Heartbeats,
        };
        AlertsView::from_view(fields.get("view")).unwrap_or(default)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn action_names_are_parsed_back() {
        for one in AlertsAction::ALL {
            assert_eq!(AlertsAction::from_name(one.name()), Some(one));
            assert!(one.success_message().ends_with('.'), "{one:?}");
        }
        assert_eq!(AlertsAction::from_name("nothing"), None);
    }

    #[test]
    fn each_action_returns_to_the_view_of_its_form() {
        let view = |what: AlertsAction, fields: &[(&str, &str)]| {
            let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            what.view(&FormFields::new(fields.collect()))
        };
        let rule = |id: &str| AlertsView::Rule { id: Some(id.to_owned()) };
        for (what, fields, expected) in [
            (AlertsAction::Silence, &[("labels", "{}")][..], AlertsView::Active { rule: None, page: 1 }),
            (AlertsAction::Silence, &[("matchers", "a = b")][..], AlertsView::Silences),
            (
                AlertsAction::ExpireSilence,
                &[("view", "active")][..],
                AlertsView::Active { rule: None, page: 1 },
            ),
            (AlertsAction::RuleSave, &[("id", "a"), ("known", "yes"), ("view", "rules")][..], rule("a")),
            (AlertsAction::RuleSave, &[("id", "a")][..], AlertsView::Rule { id: None }),
            (AlertsAction::Resend, &[("view", "nonsense")][..], AlertsView::Deliveries),
        ] {
            assert_eq!(view(what, fields), expected, "{what:?} {fields:?}");
        }
    }
}
