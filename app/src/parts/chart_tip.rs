//! The values at the cursor, written where the cursor is: in the chart that a hand is on.

use crate::api::Mark;
use crate::clock::local_date_and_time;
use crate::escape::escape;
use crate::parts::chart_canvas::Canvas;
use crate::view_model::text_or_dash;
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use std::cell::{Cell, RefCell};
use watchglass_model::Timestamp;
use web_sys::HtmlElement;

/// The most lines that are told; the legend has them all.
const MOST: usize = 14;
/// The most alerts and annotations that are told.
const MOST_MARKS: usize = 3;
/// How far from the cursor it is, in CSS pixels.
const APART: f64 = 10.0;

/// The element that tells them.
pub(super) struct Tip {
    element: Option<HtmlElement>,
    is_on: Cell<bool>,
    told: RefCell<String>,
}

impl Tip {
    pub(super) fn new(frame: &HtmlElement) -> Self {
        let element = frame.next_element_sibling().map(JsCast::unchecked_into);
        Self { element, is_on: Cell::new(false), told: RefCell::default() }
    }

    /// Says whether a hand is on its chart.
    pub(super) fn switch(&self, is_on: bool) {
        self.is_on.set(is_on);
    }

    /// Tells what is so now.
    pub(super) fn show(&self, canvas: &Canvas) {
        let (Some(element), Some(edges)) = (&self.element, canvas.painter.borrow().edges()) else { return };
        let told = self.is_on.get().then(|| html(canvas)).flatten();
        let text = told.as_ref().map_or("", |(html, _)| html);
        // What stays the same is not told again to those who hear the page.
        if *self.told.borrow() != text {
            element.set_inner_html(text);
            text.clone_into(&mut self.told.borrow_mut());
        }
        let Some((_, x)) = told else { return };
        // On the side that has more room.
        let is_left = x > f64::midpoint(edges.0, edges.1);
        let width = f64::from(canvas.frame.client_width());
        let style = element.style();
        let place = |name, is_set: bool, pixels: f64| {
            let value = if is_set { format!("{}px", pixels as i32) } else { "auto".to_owned() };
            let _ = style.set_property(name, &value);
        };
        place("left", !is_left, x + APART);
        place("right", is_left, width - x + APART);
    }
}

/// Whether a mark that is no level is at the moment, or begins or ends `near` it, in milliseconds.
fn is_at(mark: &Mark, moment: i64, near: i64) -> bool {
    let end = mark.end.map_or(i64::MAX, |end| end.millis().saturating_add(near));
    mark.value.is_none() && (mark.start.millis() - near..=end).contains(&moment)
}

/// What is told, and how far from the chart's left edge the cursor is; `None` where there is no cursor.
fn html(canvas: &Canvas) -> Option<(String, f64)> {
    let live = canvas.live;
    let moment = live.cursor.try_get_untracked()??;
    let x = canvas.painter.borrow().x_of(Timestamp::from_millis(moment))?;
    let lines = canvas.lines.try_get_untracked()?;
    let time = local_date_and_time(Timestamp::from_millis(moment), live.utc_offset.try_get_untracked()?);
    let mut html = format!("<b>{time}</b>");
    live.store.try_with_value(|store| {
        // As near as a hand can point: a letter is about a fiftieth of the chart.
        let window = store.window();
        let near = window.end.millis_since(window.start) / 50;
        for mark in store.marks(&canvas.panel.id).filter(|mark| is_at(mark, moment, near)).take(MOST_MARKS) {
            let word = if mark.sign.is_empty() { mark.severity.title() } else { &mark.sign };
            html.push_str("<span class=\"mark\"><b>");
            html.push_str(word);
            html.push_str("</b> ");
            escape(&mark.text, &mut html);
            html.push_str("</span>");
        }
        for line in lines.iter().filter(|line| !store.is_hidden(line.key)).take(MOST) {
            let value = text_or_dash(canvas.panel.unit, store.shown(line.series, Some(moment)));
            html.push_str(&format!("<span><i data-colour=\"{}\"></i>", line.colour));
            escape(&line.label, &mut html);
            html.push_str(&format!(" <em>{value}</em></span>"));
        }
    })?;
    Some((html, x))
}
