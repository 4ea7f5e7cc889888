//! Self-monitoring: probes of the history, of the live connections and of the async runtime. Each reads its component when the
//! samples are collected.

mod history;
mod hub;
mod runtime;

pub(crate) use history::HistoryProbe;
pub(crate) use hub::HubProbe;
pub(crate) use runtime::RuntimeProbe;
