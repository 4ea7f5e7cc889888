//! Alerts as charts show them.

use super::Judging;
use app::api::{Alerts, Mark};
use watchglass_alerts::{Alert, Engine};
use watchglass_model::{Catalogue, TimeRange};

/// How many a page is given at most, the latest. More in an hour nobody can tell apart.
const MOST: usize = 100;

impl Judging {
    /// How many alerts fire, and those that fired within `window` on the panels of `catalogue`, the latest first.
    pub(crate) fn marks(&self, catalogue: &Catalogue, window: TimeRange) -> Alerts {
        let state = self.lock();
        let active = state.engine.active();
        let is_near = |alert: &&Alert| alert.resolved.is_none_or(|end| end >= window.start);
        let near = active.iter().chain(state.engine.past()).filter(is_near);
        let marks = near.filter_map(|alert| mark(alert, &state.engine, catalogue)).take(MOST).collect();
        Alerts { firing: active.len(), marks }
    }
}

/// `None` for what no chart shows.
fn mark(alert: &Alert, engine: &Engine, catalogue: &Catalogue) -> Option<Mark> {
    let rule = engine.rules().find(|rule| rule.id == alert.key.rule)?;
    let (panel, _) = catalogue.metric(&rule.metric)?.panel.as_ref()?;
    Some(Mark {
        panel: panel.clone(),
        start: alert.fired?,
        end: alert.resolved,
        severity: alert.severity,
        text: alert.message.clone(),
    })
}
