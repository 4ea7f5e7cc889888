//! Outgoing message before it is enqueued. Its chart is drawn by the background writer, so that no tick waits for file I/O.

use super::Notifications;
use super::links::Links;
use super::message_chart::{ChartSource, ChartSpec};
use std::sync::Arc;
use watchglass_dispatch::Notification;
use watchglass_notify::Message;

/// Links and charts of messages.
#[derive(Debug, Default)]
pub(super) struct MessageContext {
    /// Link builder; `None` without a public URL.
    pub(super) links: Option<Links>,
    /// Data source of charts.
    pub(super) chart_source: Option<Arc<ChartSource>>,
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
        let rule = notification.alerts.first().and_then(|alert| self.texts.rule(&alert.key.rule));
        let chart = match (&self.message_context.chart_source, &rule) {
            (Some(archive), Some(rule)) => ChartSpec::of(archive, rule, &notification),
            _ => None,
        };
        let links = self.links().map(|links| links.of(&notification)).unwrap_or_default();
        OutgoingMessage { message: Message { links, ..self.texts.compose(notification) }, channels, chart }
    }
}
