//! Canvases of a chart in the browser: mounting, resizing and redrawing over the SVG of the server.

use crate::chart::component::with_plot;
use crate::chart::input::ChartInput;
use crate::chart::scheduler;
use crate::chart::tooltip::Tooltip;
use crate::live::{ChartView, LiveData, Preferences, use_chart_view, use_live_data, use_preferences};
use crate::view_model::{COLOURS, LineView};
use leptos::prelude::*;
use leptos::wasm_bindgen::JsCast;
use std::cell::{Cell, RefCell};
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::Closure;
use watchglass_chart::canvas::{Painter, Theme};
use watchglass_model::{Panel, Timestamp};
use web_sys::{
    HtmlCanvasElement, HtmlElement, IntersectionObserver, IntersectionObserverEntry, ResizeObserver,
};

/// Mounts the canvases into `frame` once the page is mounted.
pub(crate) fn mount(frame: NodeRef<leptos::html::Div>, panel: Panel, lines: Memo<Vec<LineView>>) {
    let (data, view, preferences) = (use_live_data(), use_chart_view(), use_preferences());
    let mounted = StoredValue::new_local(None::<Mounted>);
    Effect::new(move |_| {
        let Some(frame) = frame.get() else { return };
        let frame: HtmlElement = (*frame).clone().unchecked_into();
        match Mounted::new(data, view, preferences, frame, panel.clone(), lines) {
            Ok(chart) => mounted.set_value(Some(chart)),
            Err(error) => leptos::logging::warn!("no canvas, the chart stays static: {error:?}"),
        }
    });
    Effect::new(move |_| {
        data.charts_changed.track();
        view.params.track();
        lines.track();
        mounted.with_value(|chart| chart.iter().for_each(|chart| Canvas::schedule(&chart.canvas)));
    });
    Effect::new(move |_| {
        view.cursor.track();
        mounted.with_value(|chart| chart.iter().for_each(|chart| chart.canvas.draw_cursor()));
    });
    Effect::new(move |_| {
        preferences.theme_changed.track();
        mounted.with_value(|chart| chart.iter().for_each(|chart| Canvas::schedule(&chart.canvas)));
    });
}

/// A mounted chart with its observers and event listeners, which are removed on drop.
struct Mounted {
    canvas: Rc<Canvas>,
    size: ResizeObserver,
    visibility: IntersectionObserver,
    _size_changed: Closure<dyn FnMut()>,
    _visibility_changed: Closure<dyn FnMut(js_sys::Array)>,
    _input: ChartInput,
}

thread_local! {
    /// Cached colours, and the value of `theme_changed` when they were read.
    static THEME: RefCell<Option<(Option<u32>, Rc<Theme>)>> = const { RefCell::new(None) };
}

/// Canvases of a chart, and the data they show.
pub(super) struct Canvas {
    pub(super) data: LiveData,
    pub(super) view: ChartView,
    pub(super) preferences: Preferences,
    pub(super) frame: HtmlElement,
    pub(super) panel: Panel,
    pub(super) lines: Memo<Vec<LineView>>,
    pub(super) painter: RefCell<Painter>,
    /// The range that is being selected.
    pub(super) selection: Cell<Option<(i64, i64)>>,
    pub(super) tooltip: Tooltip,
    is_visible: Cell<bool>,
    scheduled: Cell<bool>,
}

impl Mounted {
    fn new(
        data: LiveData,
        view: ChartView,
        preferences: Preferences,
        frame: HtmlElement,
        panel: Panel,
        lines: Memo<Vec<LineView>>,
    ) -> Result<Self, JsValue> {
        let [axes, series, cursor] = [layer(&frame)?, layer(&frame)?, layer(&frame)?];
        let painter =
            Painter::new(axes, series, cursor).map_err(|error| JsValue::from_str(&error.to_string()))?;
        let canvas = Rc::new(Canvas {
            data,
            view,
            preferences,
            frame: frame.clone(),
            panel,
            lines,
            painter: RefCell::new(painter),
            selection: Cell::new(None),
            tooltip: Tooltip::new(&frame),
            is_visible: Cell::new(false),
            scheduled: Cell::new(false),
        });
        let size_changed = Closure::<dyn FnMut()>::new({
            let canvas = Rc::clone(&canvas);
            move || canvas.resize()
        });
        let visibility_changed = Closure::<dyn FnMut(js_sys::Array)>::new({
            let canvas = Rc::clone(&canvas);
            move |entries: js_sys::Array| {
                let last = entries
                    .iter()
                    .last()
                    .and_then(|entry| entry.dyn_into::<IntersectionObserverEntry>().ok());
                if let Some(entry) = last {
                    canvas.is_visible.set(entry.is_intersecting());
                    Canvas::schedule(&canvas);
                }
            }
        });
        let size = ResizeObserver::new(size_changed.as_ref().unchecked_ref())?;
        size.observe(&frame);
        let visibility = IntersectionObserver::new(visibility_changed.as_ref().unchecked_ref())?;
        visibility.observe(&frame);
        let input = ChartInput::new(&canvas)?;
        Ok(Self {
            canvas,
            size,
            visibility,
            _size_changed: size_changed,
            _visibility_changed: visibility_changed,
            _input: input,
        })
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        self.size.disconnect();
        self.visibility.disconnect();
    }
}

impl Canvas {
    /// Schedules a redraw in one of the next frames, if the chart is visible. Repeated calls before that count once.
    fn schedule(this: &Rc<Self>) {
        if this.is_visible.get() && !this.scheduled.replace(true) {
            scheduler::schedule(this);
        }
    }

    /// Runs the scheduled redraw.
    pub(super) fn draw_scheduled(&self) {
        self.scheduled.set(false);
        self.draw();
    }

    fn draw(&self) {
        let Some(lines) = self.lines.try_get_untracked() else { return };
        let offset = self.preferences.utc_offset.try_get_untracked().flatten().unwrap_or(0);
        let cursor = self.view.cursor.try_get_untracked().flatten();
        let drawn = with_plot(self.data, self.view, &self.panel, &lines, |plot| {
            let theme = self.theme();
            let mut painter = self.painter.borrow_mut();
            let drawn = painter.draw(plot, &theme, offset);
            painter.draw_cursor(plot, &theme, cursor.map(Timestamp::from_millis), self.selection.get());
            drawn
        });
        self.tooltip.update(self);
        match drawn {
            Some(Ok(())) => {
                let _ = self.frame.set_attribute("data-painted", "");
            }
            Some(Err(error)) => leptos::logging::warn!("could not draw a chart: {error}"),
            None => {}
        }
    }

    /// Redraws the cursor. An invisible chart is redrawn when it becomes visible.
    pub(super) fn draw_cursor(&self) {
        let Some(lines) = self.lines.try_get_untracked().filter(|_| self.is_visible.get()) else { return };
        let cursor = self.view.cursor.try_get_untracked().flatten();
        with_plot(self.data, self.view, &self.panel, &lines, |plot| {
            let cursor = cursor.map(Timestamp::from_millis);
            self.painter.borrow_mut().draw_cursor(plot, &self.theme(), cursor, self.selection.get());
        });
        self.tooltip.update(self);
    }

    /// Resizes the canvases. That clears them, so a visible chart is redrawn before the browser shows it.
    fn resize(&self) {
        let (width, height) = (f64::from(self.frame.client_width()), f64::from(self.frame.client_height()));
        self.painter.borrow_mut().resize(width, height, window().device_pixel_ratio());
        if self.is_visible.get() {
            self.draw();
        }
    }

    /// The colours of the page, cached for all charts: reading them makes the browser compute styles.
    fn theme(&self) -> Rc<Theme> {
        let count = self.preferences.theme_changed.try_get_untracked();
        THEME.with_borrow_mut(|known| match known {
            Some((of, theme)) if *of == count => Rc::clone(theme),
            _ => {
                let theme = Rc::new(read_theme(&self.frame));
                *known = Some((count, Rc::clone(&theme)));
                theme
            }
        })
    }
}

fn layer(frame: &HtmlElement) -> Result<HtmlCanvasElement, JsValue> {
    let canvas = document().create_element("canvas")?;
    canvas.set_attribute("aria-hidden", "true")?;
    frame.append_child(&canvas)?;
    Ok(canvas.unchecked_into())
}

/// Reads the colours of the current theme from the style sheet.
fn read_theme(frame: &HtmlElement) -> Theme {
    let style = window().get_computed_style(frame).ok().flatten();
    let read = |name: &str| {
        let value = style.as_ref().and_then(|style| style.get_property_value(name).ok());
        value.map(|value| value.trim().to_owned()).unwrap_or_default()
    };
    Theme {
        background: read("--surface"),
        grid: read("--grid"),
        axis_text: read("--muted"),
        cursor: read("--cursor"),
        series: (0..COLOURS).map(|index| read(&format!("--series-{index}"))).collect(),
        // In the order of severities.
        severities: ["--accent", "--warn", "--bad"].map(read).to_vec(),
        font: read("--chart-font"),
    }
}
