//! A visit: who asks, and what of this server may be asked. Pages of lists and forms are made for one reader each.

use super::page;
use crate::access::Access;
use crate::audit::{Actor, Audit};
use crate::core::Core;
use app::Lists;
use std::net::IpAddr;
use std::sync::Arc;
use watchglass_access::{Door, Pass};

/// Who asks, and what is asked.
#[derive(Clone, Debug)]
pub(crate) struct Visit {
    /// What the server measures and knows.
    pub(crate) core: Arc<Core>,
    /// Who may call.
    pub(crate) access: Arc<Access>,
    /// Who asks.
    pub(crate) pass: Pass,
    /// From where.
    pub(crate) address: IpAddr,
    /// The same, as it is noted with what they do.
    pub(crate) actor: Actor,
    /// What was noted of everybody.
    pub(crate) audit: Arc<Audit>,
}

impl Visit {
    /// Whether who asks may change what all see.
    pub(crate) fn may_change(&self) -> bool {
        self.pass.opens(Door::Admin)
    }
}

impl Lists for Visit {
    fn fragment(&self, path: &str, query: &str) -> Result<String, String> {
        // It may wait for the outbox, and is asked by the threads that send live frames.
        let page = tokio::task::block_in_place(|| page(self, path, query));
        page.map_err(|error| error.to_string())
    }
}
