//! The living part of a chart: canvases over the server's SVG, drawn when there is something new to see.

use crate::live::Live;
use crate::parts::chart::with_plot;
use crate::parts::chart_frames;
use crate::parts::chart_hand::Hand;
use crate::parts::chart_tip::Tip;
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

/// Brings the chart in `frame` to life once the page is mounted.
pub(crate) fn mount(live: Live, frame: NodeRef<leptos::html::Div>, panel: Panel, lines: Memo<Vec<LineView>>) {
    let mounted = StoredValue::new_local(None::<Mounted>);
    Effect::new(move |_| {
        let Some(frame) = frame.get() else { return };
        let frame: HtmlElement = (*frame).clone().unchecked_into();
        match Mounted::new(live, frame, panel.clone(), lines) {
            Ok(chart) => mounted.set_value(Some(chart)),
            Err(error) => leptos::logging::warn!("a chart stays as the server drew it: {error:?}"),
        }
    });
    Effect::new(move |_| {
        live.drawing.track();
        lines.track();
        mounted.with_value(|chart| chart.iter().for_each(|chart| Canvas::schedule(&chart.canvas)));
    });
    Effect::new(move |_| {
        live.cursor.track();
        mounted.with_value(|chart| chart.iter().for_each(|chart| chart.canvas.point()));
    });
    Effect::new(move |_| {
        live.theme.track();
        mounted.with_value(|chart| chart.iter().for_each(|chart| Canvas::schedule(&chart.canvas)));
    });
}

/// A drawn chart, and what keeps it informed. Dropping it ends all of that.
struct Mounted {
    canvas: Rc<Canvas>,
    size: ResizeObserver,
    sight: IntersectionObserver,
    _size_changed: Closure<dyn FnMut()>,
    _sight_changed: Closure<dyn FnMut(js_sys::Array)>,
    _hand: Hand,
}

thread_local! {
    /// The colours that were read last, and how often they had changed then.
    static THEME: RefCell<Option<(Option<u32>, Rc<Theme>)>> = const { RefCell::new(None) };
}

/// The canvases of a chart, and what they show.
pub(super) struct Canvas {
    pub(super) live: Live,
    pub(super) frame: HtmlElement,
    pub(super) panel: Panel,
    pub(super) lines: Memo<Vec<LineView>>,
    pub(super) painter: RefCell<Painter>,
    /// The stretch that is being chosen.
    pub(super) chosen: Cell<Option<(i64, i64)>>,
    pub(super) tip: Tip,
    in_sight: Cell<bool>,
    scheduled: Cell<bool>,
}

impl Mounted {
    fn new(
        live: Live,
        frame: HtmlElement,
        panel: Panel,
        lines: Memo<Vec<LineView>>,
    ) -> Result<Self, JsValue> {
        let [axes, series, cursor] = [layer(&frame)?, layer(&frame)?, layer(&frame)?];
        let painter =
            Painter::new(axes, series, cursor).map_err(|error| JsValue::from_str(&error.to_string()))?;
        let canvas = Rc::new(Canvas {
            live,
            frame: frame.clone(),
            panel,
            lines,
            painter: RefCell::new(painter),
            chosen: Cell::new(None),
            tip: Tip::new(&frame),
            in_sight: Cell::new(false),
            scheduled: Cell::new(false),
        });
        let size_changed = Closure::<dyn FnMut()>::new({
            let canvas = Rc::clone(&canvas);
            move || canvas.resize()
        });
        let sight_changed = Closure::<dyn FnMut(js_sys::Array)>::new({
            let canvas = Rc::clone(&canvas);
            move |entries: js_sys::Array| {
                let last = entries
                    .iter()
                    .last()
                    .and_then(|entry| entry.dyn_into::<IntersectionObserverEntry>().ok());
                if let Some(entry) = last {
                    canvas.in_sight.set(entry.is_intersecting());
                    Canvas::schedule(&canvas);
                }
            }
        });
        let size = ResizeObserver::new(size_changed.as_ref().unchecked_ref())?;
        size.observe(&frame);
        let sight = IntersectionObserver::new(sight_changed.as_ref().unchecked_ref())?;
        sight.observe(&frame);
        let hand = Hand::new(&canvas)?;
        Ok(Self {
            canvas,
            size,
            sight,
            _size_changed: size_changed,
            _sight_changed: sight_changed,
            _hand: hand,
        })
    }
}

impl Drop for Mounted {
    fn drop(&mut self) {
        self.size.disconnect();
        self.sight.disconnect();
    }
}

impl Canvas {
    /// Draws in one of the next frames, if anybody can see it. Several requests before that are one.
    fn schedule(this: &Rc<Self>) {
        if this.in_sight.get() && !this.scheduled.replace(true) {
            chart_frames::schedule(this);
        }
    }

    /// Draws what was scheduled.
    pub(super) fn draw_scheduled(&self) {
        self.scheduled.set(false);
        self.draw();
    }

    fn draw(&self) {
        let Some(lines) = self.lines.try_get_untracked() else { return };
        let offset = self.live.utc_offset.try_get_untracked().flatten().unwrap_or(0);
        let cursor = self.live.cursor.try_get_untracked().flatten();
        let drawn = with_plot(self.live, &self.panel, &lines, |plot| {
            let theme = self.theme();
            let mut painter = self.painter.borrow_mut();
            let drawn = painter.draw(plot, &theme, offset);
            painter.draw_cursor(plot, &theme, cursor.map(Timestamp::from_millis), self.chosen.get());
            drawn
        });
        self.tip.show(self);
        match drawn {
            Some(Ok(())) => {
                let _ = self.frame.set_attribute("data-painted", "");
            }
            Some(Err(error)) => leptos::logging::warn!("a chart was not drawn: {error}"),
            None => {}
        }
    }

    /// Draws the cursor anew. What is out of sight follows when it is seen.
    pub(super) fn point(&self) {
        let Some(lines) = self.lines.try_get_untracked().filter(|_| self.in_sight.get()) else { return };
        let cursor = self.live.cursor.try_get_untracked().flatten();
        with_plot(self.live, &self.panel, &lines, |plot| {
            let cursor = cursor.map(Timestamp::from_millis);
            self.painter.borrow_mut().draw_cursor(plot, &self.theme(), cursor, self.chosen.get());
        });
        self.tip.show(self);
    }

    /// A canvas that is resized is empty: it is drawn again before the browser shows it, or when it comes in sight.
    fn resize(&self) {
        let (width, height) = (f64::from(self.frame.client_width()), f64::from(self.frame.client_height()));
        self.painter.borrow_mut().resize(width, height, window().device_pixel_ratio());
        if self.in_sight.get() {
            self.draw();
        }
    }

    /// The colours of the page, which all charts share: to read them the browser must work out the page's style.
    fn theme(&self) -> Rc<Theme> {
        let count = self.live.theme.try_get_untracked();
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

/// The chart's colours, as the style sheet has them for the present theme.
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
        // As the severities are ordered.
        levels: ["--accent", "--warn", "--bad"].map(read).to_vec(),
        font: read("--chart-font"),
    }
}
