//! Chart as one image: title, time range, canvases and legend, on the background of the theme.

use crate::clock::local_date_and_time;
use crate::live::{LiveData, Preferences};
use leptos::prelude::{GetUntracked, WithValue, document, window};
use leptos::wasm_bindgen::JsCast;
use wasm_bindgen::JsValue;
use web_sys::{CanvasRenderingContext2d, Element, HtmlCanvasElement};

/// Outer margin, in CSS pixels.
const MARGIN: f64 = 12.0;
/// Height of a line of text.
const LINE_HEIGHT: f64 = 18.0;
/// Space between two entries of the legend.
const ENTRY_GAP: f64 = 16.0;
/// Width of the colour marker before an entry, including the space after it.
const MARKER_WIDTH: f64 = 14.0;
/// Minimum width of the image without margins.
const MIN_WIDTH: f64 = 320.0;

/// Draws the chart of a panel at the device pixel ratio of the screen.
///
/// # Errors
/// The panel has no chart, or the browser has no canvas.
pub(super) fn chart_image(
    data: LiveData,
    preferences: Preferences,
    panel: &Element,
) -> Result<HtmlCanvasElement, JsValue> {
    let find = |selector: &str| panel.query_selector(selector)?.ok_or_else(|| JsValue::from_str(selector));
    let chart = find(".chart")?;
    let (width, height) = (f64::from(chart.client_width()), f64::from(chart.client_height()));
    let style = window().get_computed_style(panel)?.ok_or(JsValue::NULL)?;
    let colour = |name: &str| style.get_property_value(name).unwrap_or_default();
    let title = find("h3")?.text_content().unwrap_or_default();
    let offset = preferences.utc_offset.get_untracked();
    let range = data.store.try_with_value(|store| store.window()).ok_or(JsValue::NULL)?;
    let [from, to] = [range.start, range.end].map(|end| local_date_and_time(end, offset));

    let entries = entries(panel)?;
    let canvas: HtmlCanvasElement = document().create_element("canvas")?.unchecked_into();
    let whole = width.max(MIN_WIDTH);
    let font = style.get_property_value("font-family").unwrap_or_default();
    // Texts are measured before the size is known. Setting the size resets the context.
    let context = |canvas: &HtmlCanvasElement| -> Result<CanvasRenderingContext2d, JsValue> {
        let context = canvas.get_context("2d")?.ok_or(JsValue::NULL)?;
        let context: CanvasRenderingContext2d = context.unchecked_into();
        context.set_font(&format!("12px {font}"));
        Ok(context)
    };
    let measuring = context(&canvas)?;
    let (mut x, mut y) = (0.0, 0.0);
    let mut positions = Vec::new();
    for (_, text) in &entries {
        let wide = MARKER_WIDTH + measuring.measure_text(text)?.width();
        if x > 0.0 && x + wide > whole {
            (x, y) = (0.0, y + LINE_HEIGHT);
        }
        positions.push((x, y));
        x += wide + ENTRY_GAP;
    }
    let top = MARGIN + 2.0 * LINE_HEIGHT;
    let legend = top + height + LINE_HEIGHT;
    let (wide, high) = (whole + 2.0 * MARGIN, legend + y + MARGIN);
    let ratio = window().device_pixel_ratio();
    canvas.set_width((wide * ratio) as u32);
    canvas.set_height((high * ratio) as u32);
    let context = context(&canvas)?;
    context.scale(ratio, ratio)?;
    context.set_fill_style_str(&colour("--surface"));
    context.fill_rect(0.0, 0.0, wide, high);
    context.set_fill_style_str(&colour("--muted"));
    context.fill_text(&format!("{from} – {to}"), MARGIN, MARGIN + 2.0 * LINE_HEIGHT - 6.0)?;
    context.set_fill_style_str(&colour("--text"));
    for ((_, text), (x, y)) in entries.iter().zip(&positions) {
        context.fill_text(text, MARGIN + x + MARKER_WIDTH, legend + y)?;
    }
    for ((colour, _), (x, y)) in entries.iter().zip(&positions) {
        context.set_fill_style_str(colour);
        context.fill_rect(MARGIN + x, legend + y - 5.5, MARKER_WIDTH - 4.0, 3.0);
    }
    let layers = chart.query_selector_all("canvas")?;
    for layer in (0..layers.length()).filter_map(|index| layers.item(index)) {
        let layer: HtmlCanvasElement = layer.unchecked_into();
        context.draw_image_with_html_canvas_element_and_dw_and_dh(&layer, MARGIN, top, width, height)?;
    }
    context.set_fill_style_str(&colour("--text"));
    context.set_font(&format!("600 14px {font}"));
    context.fill_text(&title, MARGIN, MARGIN + LINE_HEIGHT - 4.0)?;
    Ok(canvas)
}

/// The visible lines: colour, and name with value.
fn entries(panel: &Element) -> Result<Vec<(String, String)>, JsValue> {
    let found = panel.query_selector_all(".legend li:has([aria-pressed=true])")?;
    let mut entries = Vec::new();
    for item in (0..found.length()).filter_map(|index| found.item(index)) {
        let item: Element = item.unchecked_into();
        let text = |selector: &str| {
            item.query_selector(selector)
                .ok()
                .flatten()
                .and_then(|part| part.text_content())
                .unwrap_or_default()
        };
        let marker = item.query_selector(".tint")?.ok_or(JsValue::NULL)?;
        let style = window().get_computed_style(&marker)?.ok_or(JsValue::NULL)?;
        let colour = style.get_property_value("color")?;
        entries.push((colour, format!("{} {}", text(".name"), text(".number"))));
    }
    Ok(entries)
}
