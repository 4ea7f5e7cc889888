//! Message of a notification. Its chart is drawn by the delivery service, so that no tick waits for file I/O.

use super::Notifications;
use super::alert_group::alert_group;
use super::compose::compose;
use super::links::Links;
use super::message_chart::{ChartSource, ChartSpec};
use crate::evaluation::CurrentRules;
use std::sync::Arc;
use watchglass_dispatch::Notification;
use watchglass_notify::{DrawChart, Message, Outgoing};

/// Sources of what messages contain.
#[derive(Debug, Default)]
pub(crate) struct MessageContext {
    /// Rules, for the texts of messages.
    pub(crate) rules: CurrentRules,
    /// Link builder; `None` without a public URL.
    pub(crate) links: Option<Links>,
    /// Data source of charts; `None`: messages have no charts.
    pub(crate) chart_source: Option<Arc<ChartSource>>,
    /// Name of this server in SMTP: a host name or an address; `None` if it is unknown.
    pub(crate) helo: Option<String>,
}

impl Notifications {
    /// Builds the message of a notification; `None` without channels.
    pub(super) fn outgoing(&self, notification: Notification) -> Option<Outgoing> {
        let channels = self.expand_channels(&notification.channels);
        if channels.is_empty() {
            return None;
        }
        let MessageContext { rules, links, chart_source, helo: _ } = &self.message_context;
        let rules = rules.get();
        let first = notification.alerts.first();
        let rule = first.and_then(|alert| rules.find(&alert.key.rule)).map(|(rule, _)| rule);
        let chart = match (chart_source, rule) {
            (Some(archive), Some(rule)) => ChartSpec::of(archive, rule, &notification),
            _ => None,
        };
        let group = alert_group(&notification, &rules, links.as_ref(), &self.group_by);
        let links = links.as_ref().map(|links| links.of(&notification)).unwrap_or_default();
        let message = Message { links, group, ..compose(notification, rule) };
        let chart = chart.map(|chart| Box::new(move || chart.draw()) as DrawChart);
        Some(Outgoing { message, channels, chart })
    }
}
