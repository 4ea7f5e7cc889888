//! A chart as one picture: its title and when it is of, the canvases, and the legend, on the ground of the theme.

use crate::clock::local_date_and_time;
use crate::live::Live;
use leptos::prelude::{GetUntracked, WithValue, document, window};
use leptos::wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement};

/// Around everything, in CSS pixels.
const MARGIN: f64 = 12.0;
/// Height of a line of text.
const LINE: f64 = 18.0;
/// Between two entries of the legend.
const APART: f64 = 16.0;
/// Width of the tint before an entry, and of the space behind it.
const TINT: f64 = 14.0;
/// Wider is no picture: the legend then goes on below.
const LEAST_WIDTH: f64 = 320.0;

/// Draws the chart of a panel with as many device pixels as it has on the screen.
///
/// # Errors
/// The panel has no chart, or the browser no canvas.
pub(super) fn picture(live: Live, panel: &Element) -> Result<HtmlCanvasElement, JsValue> {
    let find = |what: &str| panel.query_selector(what)?.ok_or_else(|| JsValue::from_str(what));
    let chart = find(".chart")?;
    let (width, height) = (f64::from(chart.client_width()), f64::from(chart.client_height()));
    let style = window().get_computed_style(panel)?.ok_or(JsValue::NULL)?;
    let colour = |name: &str| style.get_property_value(name).unwrap_or_default();
    let title = find("h3")?.text_content().unwrap_or_default();
    let offset = live.utc_offset.get_untracked();
    let range = live.store.try_with_value(|store| store.window()).ok_or(JsValue::NULL)?;
    let [from, to] = [range.start, range.end].map(|end| local_date_and_time(end, offset));

    let entries = entries(panel)?;
    let canvas: HtmlCanvasElement = document().create_element("canvas")?.unchecked_into();
    let whole = width.max(LEAST_WIDTH);
    let font = style.get_property_value("font-family").unwrap_or_default();
    // The texts are measured before the size is known, which empties the canvas.
    let context = |canvas: &HtmlCanvasElement| -> Result<CanvasRenderingContext2d, JsValue> {
        let context = canvas.get_context("2d")?.ok_or(JsValue::NULL)?;
        let context: CanvasRenderingContext2d = context.unchecked_into();
        context.set_font(&format!("12px {font}"));
        Ok(context)
    };
    let measuring = context(&canvas)?;
    let (mut x, mut y) = (0.0, 0.0);
    let mut places = Vec::new();
    for (_, text) in &entries {
        let wide = TINT + measuring.measure_text(text)?.width();
        if x > 0.0 && x + wide > whole {
            (x, y) = (0.0, y + LINE);
        }
        places.push((x, y));
        x += wide + APART;
    }
    let top = MARGIN + 2.0 * LINE;
    let legend = top + height + LINE;
    let (wide, high) = (whole + 2.0 * MARGIN, legend + y + MARGIN);
    let ratio = window().device_pixel_ratio();
    canvas.set_width((wide * ratio) as u32);
    canvas.set_height((high * ratio) as u32);
    let context = context(&canvas)?;
    context.scale(ratio, ratio)?;
    context.set_fill_style_str(&colour("--surface"));
    context.fill_rect(0.0, 0.0, wide, high);
    context.set_fill_style_str(&colour("--muted"));
    context.fill_text(&format!("{from} – {to}"), MARGIN, MARGIN + 2.0 * LINE - 6.0)?;
    context.set_fill_style_str(&colour("--text"));
    for ((_, text), (x, y)) in entries.iter().zip(&places) {
        context.fill_text(text, MARGIN + x + TINT, legend + y)?;
    }
    for ((tint, _), (x, y)) in entries.iter().zip(&places) {
        context.set_fill_style_str(tint);
        context.fill_rect(MARGIN + x, legend + y - 5.5, TINT - 4.0, 3.0);
    }
    let layers = chart.query_selector_all("canvas")?;
    for layer in (0..layers.length()).filter_map(|place| layers.item(place)) {
        let layer: HtmlCanvasElement = layer.unchecked_into();
        context.draw_image_with_html_canvas_element_and_dw_and_dh(&layer, MARGIN, top, width, height)?;
    }
    context.set_fill_style_str(&colour("--text"));
    context.set_font(&format!("600 14px {font}"));
    context.fill_text(&title, MARGIN, MARGIN + LINE - 4.0)?;
    Ok(canvas)
}

/// The lines that are shown: tint, and name with its number.
fn entries(panel: &Element) -> Result<Vec<(String, String)>, JsValue> {
    let found = panel.query_selector_all(".legend li:has([aria-pressed=true])")?;
    let mut entries = Vec::new();
    for item in (0..found.length()).filter_map(|place| found.item(place)) {
        let item: Element = item.unchecked_into();
        let text = |what: &str| {
            item.query_selector(what).ok().flatten().and_then(|part| part.text_content()).unwrap_or_default()
        };
        let tint = item.query_selector(".tint")?.ok_or(JsValue::NULL)?;
        let style = window().get_computed_style(&tint)?.ok_or(JsValue::NULL)?;
        let tint = style.get_property_value("color")?;
        entries.push((tint, format!("{} {}", text(".name"), text(".number"))));
    }
    Ok(entries)
}
