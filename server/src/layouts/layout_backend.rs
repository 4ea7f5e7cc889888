//! Page data with the layout of the user applied.

use super::Layout;
use crate::app_state::AppState;
use app::Backend;
use app::api::{Alerts, History, PageData, RangeQuery, Services};
use std::sync::Arc;

/// Backend with the layout of one user.
pub(crate) struct LayoutBackend {
    core: Arc<AppState>,
    layout: Arc<Layout>,
}

impl LayoutBackend {
    /// Backend for a user; without a layout the state itself.
    pub(crate) fn for_layout(core: Arc<AppState>, layout: Option<Arc<Layout>>) -> Arc<dyn Backend> {
        match layout {
            Some(layout) => Arc::new(Self { core, layout }),
            None => core,
        }
    }
}

impl Backend for LayoutBackend {
    fn page_data(&self, window: RangeQuery, rows: u32, detail: u32) -> PageData {
        let snapshot = self.core.page_data(window, rows, detail);
        PageData { catalogue: self.layout.apply(snapshot.catalogue), ..snapshot }
    }

    fn history(&self, window: RangeQuery, rows: u32, detail: u32) -> Result<History, String> {
        self.core.history(window, rows, detail)
    }

    fn alerts(&self, window: RangeQuery) -> Alerts {
        self.core.alerts(window)
    }

    fn services(&self) -> Services {
        self.core.services()
    }
}
