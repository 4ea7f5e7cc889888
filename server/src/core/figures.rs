//! What pages that are about certain things ask of the core: the figures of a card, the settings.

use super::Core;
use crate::settings::Shown;
use watchglass_export::cards::Card;
use watchglass_model::Unit;

/// A card now.
#[derive(Debug)]
pub(crate) struct CardNow {
    /// The unit of its number; `None` where nobody measures it.
    pub(crate) unit: Option<Unit>,
    /// Its number; `None` where there is no value.
    pub(crate) number: Option<f64>,
    /// Of how many series that is made.
    pub(crate) count: usize,
    /// The numbers beside it that have a value, as text, with their words.
    pub(crate) beside: Vec<(String, &'static str)>,
}

impl Core {
    /// The figures of a card now.
    pub(crate) fn card_now(&self, card: &'static Card) -> CardNow {
        self.look(|current, _| CardNow {
            unit: card.figure.unit(current),
            number: card.figure.value(current),
            count: card.figure.count(current),
            beside: card
                .more
                .iter()
                .filter_map(|figure| Some((figure.unit(current)?.text(figure.value(current)?), figure.word)))
                .collect(),
        })
    }

    /// The settings with which the server runs, without secrets.
    pub(crate) fn settings(&self) -> &Shown {
        &self.settings
    }
}
