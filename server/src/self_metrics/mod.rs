//! Self-monitoring: probes of the data directory, of the history, of the records, of the live connections, of the async runtime and of heavy
//! requests. Each reads its component when the samples are collected.

mod data_dir;
mod history;
mod hub;
mod records;
mod runtime;
mod work;

pub(crate) use data_dir::DataDirProbe;
pub(crate) use history::HistoryProbe;
pub(crate) use hub::HubProbe;
pub(crate) use records::RecordsProbe;
pub(crate) use runtime::RuntimeProbe;
pub(crate) use work::WorkProbe;
