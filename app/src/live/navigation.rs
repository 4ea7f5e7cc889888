//! Navigation of charts by the URL, so that the Back button undoes it and links reproduce it.

use crate::live::{ChartView, format_line_keys};
use leptos::prelude::*;
use leptos_router::NavigateOptions;
use leptos_router::hooks::use_navigate;
use std::rc::Rc;
use watchglass_model::TimeRange;
use web_sys::UrlSearchParams;

/// Navigates to a URL.
pub(super) type Navigate = Rc<dyn Fn(&str, NavigateOptions)>;

/// Maximum number of earlier ranges that double clicks return to.
const MAX_BACK_STACK: usize = 50;

/// The query parameters of the current URL.
pub(crate) fn query_params() -> Option<UrlSearchParams> {
    UrlSearchParams::new_with_str(&window().location().search().ok()?).ok()
}

/// The current query string without the position of the cursor.
fn query_without_cursor() -> String {
    query_params().map_or_else(String::new, |query| {
        query.delete("at");
        String::from(query.to_string())
    })
}

impl ChartView {
    /// Enables navigation by charts of the current page.
    pub(super) fn enable_navigation(self) {
        self.navigate.set_value(Some(Rc::new(use_navigate())));
        self.back_stack.set_value(Vec::new());
    }

    /// Changes query parameters; `None` removes one. With `replaces`, there is no new entry in the browser history.
    fn set_query_params(self, changes: &[(&str, Option<String>)], replaces: bool) {
        let Some(query) = query_params() else { return };
        for (name, value) in changes {
            match value {
                Some(value) => query.set(name, value),
                None => query.delete(name),
            }
        }
        self.navigate_to(&String::from(query.to_string()), replaces);
    }

    /// Opens this page with another query string.
    fn navigate_to(self, query: &str, replace: bool) {
        let path = window().location().pathname().unwrap_or_default();
        if let Some(Some(navigate)) = self.navigate.try_with_value(Clone::clone) {
            // The path of the window has the base path already.
            let options = NavigateOptions { replace, scroll: false, resolve: false, ..Default::default() };
            let address = if query.is_empty() { path } else { format!("{path}?{query}") };
            navigate(&address, options);
        }
    }

    /// Navigates to another time range.
    pub(crate) fn show_range(self, range: TimeRange) {
        let current = query_without_cursor();
        let _ = self.back_stack.try_update_value(|stack| {
            if stack.len() >= MAX_BACK_STACK {
                stack.remove(0);
            }
            stack.push(current);
        });
        let millis = |time: watchglass_model::Timestamp| Some(time.millis().to_string());
        self.set_query_params(
            &[("window", None), ("from", millis(range.start)), ("to", millis(range.end))],
            false,
        );
    }

    /// Returns to the range before the last zoom or pan; without one, to the live window.
    pub(crate) fn go_back(self) {
        let current = query_without_cursor();
        let mut previous = None;
        let _ = self.back_stack.try_update_value(|stack| {
            // Skip the current range: the user may have returned to it with the Back button.
            while previous.is_none() && !stack.is_empty() {
                previous = stack.pop().filter(|query| *query != current);
            }
        });
        match previous {
            Some(query) => self.navigate_to(&query, false),
            None if self.window.get_untracked().end().is_some() => {
                self.set_query_params(&[("from", None), ("to", None), ("at", None)], false);
            }
            None => {}
        }
    }

    /// Pins the cursor at a time, or releases it.
    pub(crate) fn pin(self, time: Option<i64>) {
        if self.pinned.get_untracked() != time {
            self.set_query_params(&[("at", time.map(|time| time.to_string()))], true);
        }
    }

    /// Hides these lines and shows all others.
    pub(crate) fn set_hidden_lines(self, keys: &[u32]) {
        let keys = Some(format_line_keys(keys)).filter(|keys| !keys.is_empty());
        self.set_query_params(&[("hide", keys)], true);
    }
}
