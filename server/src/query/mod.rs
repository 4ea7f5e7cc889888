//! Queries of the REST API and the pages that combine or reshape what the parts of the server hold.

pub(crate) mod alerts;
pub(crate) mod cards;
pub(crate) mod catalogue;
pub(crate) mod chart_history;
pub(crate) mod charted_series;
mod ended_series;
pub(crate) mod panel;
pub(crate) mod rule_preview;
mod statistics;
pub(crate) mod system;
