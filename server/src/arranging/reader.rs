//! The data of a page as its reader has arranged it.

use super::Layout;
use crate::core::Core;
use app::Backend;
use app::api::{Alerts, History, Services, Snapshot, Stretch};
use std::sync::Arc;

/// The core, as one person sees it.
pub(crate) struct Reader {
    core: Arc<Core>,
    layout: Arc<Layout>,
}

impl Reader {
    /// The core itself for whoever has arranged nothing.
    pub(crate) fn backend(core: Arc<Core>, layout: Option<Arc<Layout>>) -> Arc<dyn Backend> {
        match layout {
            Some(layout) => Arc::new(Self { core, layout }),
            None => core,
        }
    }
}

impl Backend for Reader {
    fn snapshot(&self, stretch: Stretch, rows: u32, detail: u32) -> Snapshot {
        let snapshot = self.core.snapshot(stretch, rows, detail);
        Snapshot { catalogue: self.layout.arrange(snapshot.catalogue), ..snapshot }
    }

    fn history(&self, stretch: Stretch, rows: u32, detail: u32) -> Result<History, String> {
        self.core.history(stretch, rows, detail)
    }

    fn alerts(&self, stretch: Stretch) -> Alerts {
        self.core.alerts(stretch)
    }

    fn services(&self) -> Services {
        self.core.services()
    }
}
