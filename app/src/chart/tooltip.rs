//! Tooltip with the values at the cursor, in the chart under the pointer.

use crate::api::ChartBand;
use crate::chart::canvas::Canvas;
use crate::clock::local_date_and_time;
use crate::escape::escape;
use crate::view_model::text_or_dash;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use std::cell::{Cell, RefCell};
use watchglass_model::Timestamp;
use web_sys::HtmlElement;

/// Maximum number of lines; the legend has all of them.
const MAX_LINES: usize = 14;
/// Maximum number of alerts and annotations.
const MAX_BANDS: usize = 3;
/// Distance from the cursor, in CSS pixels.
const DISTANCE: f64 = 10.0;

/// The tooltip element of a chart.
pub(super) struct Tooltip {
    element: Option<HtmlElement>,
    is_active: Cell<bool>,
    shown: RefCell<String>,
}

impl Tooltip {
    pub(super) fn new(frame: &HtmlElement) -> Self {
        let element = frame.next_element_sibling().map(JsCast::unchecked_into);
        Self { element, is_active: Cell::new(false), shown: RefCell::default() }
    }

    /// Sets whether the pointer is on the chart.
    pub(super) fn set_active(&self, is_active: bool) {
        self.is_active.set(is_active);
    }

    /// Updates content and position.
    pub(super) fn update(&self, canvas: &Canvas) {
        let (Some(element), Some(edges)) = (&self.element, canvas.painter.borrow().edges()) else { return };
        let content = self.is_active.get().then(|| html(canvas)).flatten();
        let text = content.as_ref().map_or("", |(html, _)| html);
        // Screen readers announce every change, so unchanged text is not set again.
        if *self.shown.borrow() != text {
            element.set_inner_html(text);
            text.clone_into(&mut self.shown.borrow_mut());
        }
        let Some((_, x)) = content else { return };
        // On the side with more space.
        let is_left = x > f64::midpoint(edges.0, edges.1);
        let width = f64::from(canvas.frame.client_width());
        let style = element.style();
        let set = |name, is_set: bool, pixels: f64| {
            let value = if is_set { format!("{}px", pixels as i32) } else { "auto".to_owned() };
            let _ = style.set_property(name, &value);
        };
        set("left", !is_left, x + DISTANCE);
        set("right", is_left, width - x + DISTANCE);
    }
}

/// Whether an alert or annotation covers `time`, or starts or ends within `tolerance` milliseconds of it.
fn is_at(band: &ChartBand, time: i64, tolerance: i64) -> bool {
    let end = band.end.map_or(i64::MAX, |end| end.millis().saturating_add(tolerance));
    band.threshold.is_none() && (band.start.millis() - tolerance..=end).contains(&time)
}

/// Content of the tooltip, and distance of the cursor from the left edge of the chart; `None` without a cursor.
fn html(canvas: &Canvas) -> Option<(String, f64)> {
    let (view, preferences) = (canvas.view, canvas.preferences);
    let cursor = view.cursor.try_get_untracked()??;
    let x = canvas.painter.borrow().x_of(Timestamp::from_millis(cursor))?;
    let lines = canvas.lines.try_get_untracked()?;
    let time =
        local_date_and_time(Timestamp::from_millis(cursor), preferences.utc_offset.try_get_untracked()?);
    let mut html = format!("<b>{time}</b>");
    let params = view.params.try_get_untracked()?;
    canvas.data.store.try_with_value(|store| {
        // Pointing precision: the letter of an annotation is about 2 % of the chart wide.
        let window = store.window();
        let tolerance = window.end.millis_since(window.start) / 50;
        for band in
            store.bands(&canvas.panel.id).filter(|band| is_at(band, cursor, tolerance)).take(MAX_BANDS)
        {
            let word = if band.annotation.is_empty() { band.severity.title() } else { &band.annotation };
            html.push_str("<span class=\"mark\"><b>");
            html.push_str(word);
            html.push_str("</b> ");
            escape(&band.text, &mut html);
            html.push_str("</span>");
        }
        for line in lines.iter().filter(|line| !params.is_hidden(line.key)).take(MAX_LINES) {
            let value = text_or_dash(canvas.panel.unit, store.displayed_value(line.series, Some(cursor)));
            html.push_str(&format!("<span><i data-colour=\"{}\"></i>", line.colour));
            escape(&line.label, &mut html);
            html.push_str(&format!(" <em>{value}</em></span>"));
        }
    })?;
    Some((html, x))
}
