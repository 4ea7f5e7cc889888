//! Health badge: text, colour and icon.

use super::severity::{CRITICAL_ICON, WARNING_ICON};
use leptos::prelude::*;

/// Health state, from best to worst after `Absent` and `Unknown`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum HealthState {
    /// Not configured.
    NotConfigured,
    /// No data.
    #[default]
    NoData,
    /// OK.
    Ok,
    /// Near its limit, or a warning alert fires.
    Warning,
    /// Beyond its limit, down, or a critical alert fires.
    Critical,
}

/// Icons: a tick in a ring, a dash in a ring, a dashed ring. Their shapes differ, so that states do not depend on colour.
const OK_ICON: &str = "<circle cx=\"8\" cy=\"8\" r=\"6.6\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.6\"></circle>\
    <path d=\"M4.8 8.2l2.2 2.3 4.2-4.6\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.6\"></path>";
const UNKNOWN_ICON: &str = "<circle cx=\"8\" cy=\"8\" r=\"6.6\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.6\"></circle>\
    <path d=\"M5 8h6\" stroke=\"currentColor\" stroke-width=\"1.6\"></path>";
const ABSENT_ICON: &str = "<circle cx=\"8\" cy=\"8\" r=\"6.6\" fill=\"none\" stroke=\"currentColor\" stroke-width=\"1.6\" \
    stroke-dasharray=\"2.2 2\"></circle>";

impl HealthState {
    /// Value of `data-state`.
    pub fn data_state(self) -> &'static str {
        match self {
            Self::NotConfigured => "absent",
            Self::NoData => "unknown",
            Self::Ok => "good",
            Self::Warning => "near",
            Self::Critical => "bad",
        }
    }

    /// Label.
    fn label(self) -> &'static str {
        match self {
            Self::NotConfigured => "Not configured",
            Self::NoData => "No data",
            Self::Ok => "OK",
            Self::Warning => "Warning",
            Self::Critical => "Critical",
        }
    }

    /// Icon alone, for use beside a text.
    pub(crate) fn icon(self) -> AnyView {
        let sign = match self {
            Self::NotConfigured => ABSENT_ICON,
            Self::NoData => UNKNOWN_ICON,
            Self::Ok => OK_ICON,
            Self::Warning => WARNING_ICON,
            Self::Critical => CRITICAL_ICON,
        };
        view! { <svg class="sign" viewBox="0 0 16 16" width="16" height="16" aria-hidden="true" inner_html=sign></svg> }
            .into_any()
    }

    /// Icon and label.
    pub(crate) fn badge(self) -> AnyView {
        view! { <span class="condition" data-state=self.data_state()>{self.icon()}{self.label()}</span> }
            .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::StaticHtml;

    #[test]
    fn states_have_distinct_icons_and_are_ordered_by_severity() {
        let all = [
            HealthState::NotConfigured,
            HealthState::NoData,
            HealthState::Ok,
            HealthState::Warning,
            HealthState::Critical,
        ];
        let mut seen: Vec<String> = all.iter().map(|state| state.icon().html()).collect();
        seen.dedup();
        assert_eq!(seen.len(), all.len());
        assert!(all.is_sorted());
        for state in all {
            let html = state.badge().html();
            assert!(html.contains(state.label()) && html.contains("<svg"), "{html}");
        }
    }
}
