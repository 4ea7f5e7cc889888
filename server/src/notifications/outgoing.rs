//! Outgoing message before it is enqueued. Its chart is drawn by the background writer, so that no tick waits for file I/O.

use super::Notifications;
use super::alert_group::alert_group;
use super::compose::compose;
use super::links::Links;
use super::message_chart::{ChartSource, ChartSpec};
use crate::evaluation::CurrentRules;
use std::sync::Arc;
use watchglass_dispatch::Notification;
use watchglass_notify::Message;

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

/// Message with its channels.
#[derive(Debug)]
pub(super) struct OutgoingMessage {
    message: Message,
    channels: Vec<String>,
    /// Chart to draw.
    chart: Option<ChartSpec>,
}

impl OutgoingMessage {
    /// Message with its chart, and the channels. The chart is drawn only once.
    pub(super) fn finish(&mut self) -> (Message, Vec<String>) {
        if let Some(sketch) = self.chart.take() {
            self.message.chart_svg = sketch.draw();
        }
        (self.message.clone(), self.channels.clone())
    }
}

impl Notifications {
    /// Builds the message of a notification.
    pub(super) fn outgoing_message(
        &self,
        notification: Notification,
        channels: Vec<String>,
    ) -> OutgoingMessage {
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
        OutgoingMessage { message: Message { links, group, ..compose(notification, rule) }, channels, chart }
    }
}
