//! A message on its way to the outbox. Its chart is drawn by the thread that writes it down: no tick waits for files.

use super::Telling;
use super::links::Links;
use super::sketch::{Archive, Sketch};
use std::sync::Arc;
use watchglass_alerts::telling::Notice;
use watchglass_notify::Message;

/// What messages have besides words.
#[derive(Debug, Default)]
pub(super) struct Extras {
    /// Makes links; `None` where nobody said how people reach this server.
    pub(super) links: Option<Links>,
    /// What charts are drawn from.
    pub(super) archive: Option<Arc<Archive>>,
}

/// A message and the channels that it goes over.
#[derive(Debug)]
pub(super) struct Letter {
    message: Message,
    channels: Vec<String>,
    /// What is still to be drawn.
    chart: Option<Sketch>,
}

impl Letter {
    /// The message with its chart, and the channels. The chart is drawn once, however often this is asked for.
    pub(super) fn finished(&mut self) -> (Message, Vec<String>) {
        if let Some(sketch) = self.chart.take() {
            self.message.chart_svg = sketch.draw();
        }
        (self.message.clone(), self.channels.clone())
    }
}

impl Telling {
    /// What is told to people over these channels.
    pub(super) fn letter(&self, notice: Notice, channels: Vec<String>) -> Letter {
        let rule = notice.alerts.first().and_then(|alert| self.texts.rule(&alert.key.rule));
        let chart = match (&self.extras.archive, &rule) {
            (Some(archive), Some(rule)) => Sketch::of(archive, rule, &notice),
            _ => None,
        };
        let links = self.links().map(|links| links.of(&notice)).unwrap_or_default();
        Letter { message: Message { links, ..self.texts.compose(notice) }, channels, chart }
    }
}
