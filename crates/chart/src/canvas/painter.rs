//! Draws plots on three canvases.

use super::axes::{Mark, Marks, draw_axes};
use super::backend::AxesBackend;
use super::bands::draw_bands;
use super::cursor::{draw_chosen, draw_cursor};
use super::ruler::Ruler;
use super::series::{draw_before, draw_clipped, draw_series};
use super::surface::Surface;
use super::view::{Edges, View, device_pixel};
use super::{PainterError, Theme};
use crate::layers::Layers;
use crate::{Axis, Layout, Plot, look, thin_labels, time_ticks};
use watchglass_model::Timestamp;
use web_sys::HtmlCanvasElement;

/// Draws a [`Plot`] on canvases that lie exactly upon each other: axes at the bottom, series, cursor on top.
///
/// The canvases have the same size in CSS. The caller tells it with [`Painter::resize`], before the first
/// [`Painter::draw`] and whenever it or the device pixel ratio changes. A size of zero, as of a hidden chart, is
/// fine: nothing is drawn.
pub struct Painter {
    axes: Surface,
    series: Surface,
    cursor: Surface,
    ruler: Ruler,
    layers: Layers,
    before: Layers,
    css_size: (f64, f64),
    drawn_axes: Option<AxesKey>,
    view: Option<View>,
}

/// All that the axes layer shows; while it is the same, the layer stays.
#[derive(PartialEq)]
struct AxesKey {
    edges: Edges,
    has_axes: bool,
    time: Marks,
    value: Marks,
    theme: Theme,
}

impl Painter {
    /// A painter for three canvases, which are its own from now on.
    ///
    /// # Errors
    /// A canvas that has no 2D context.
    pub fn new(
        axes: HtmlCanvasElement,
        series: HtmlCanvasElement,
        cursor: HtmlCanvasElement,
    ) -> Result<Self, PainterError> {
        Ok(Self {
            axes: Surface::new(axes, "axes")?,
            series: Surface::new(series, "series")?,
            cursor: Surface::new(cursor, "cursor")?,
            ruler: Ruler::default(),
            layers: Layers::default(),
            before: Layers::default(),
            css_size: (0.0, 0.0),
            drawn_axes: None,
            view: None,
        })
    }

    /// Adapts the canvases to their size in CSS pixels and to the window's `devicePixelRatio`.
    ///
    /// When something has changed all layers are empty until they are drawn again. A size that is negative or not a
    /// number counts as zero; the ratio is kept between 0.5 and 8.
    pub fn resize(&mut self, width: f64, height: f64, device_pixel_ratio: f64) {
        let ratio = if device_pixel_ratio.is_finite() { device_pixel_ratio.clamp(0.5, 8.0) } else { 1.0 };
        let [width, height] = [width, height].map(|side| if side.is_finite() { side.max(0.0) } else { 0.0 });
        let before = (self.axes.size(), self.axes.ratio());
        for surface in [&mut self.axes, &mut self.series, &mut self.cursor] {
            surface.resize(width, height, ratio);
        }
        self.css_size = (width, height);
        if before != (self.axes.size(), self.axes.ratio()) {
            self.drawn_axes = None;
            self.view = None;
        }
    }

    /// Draws the series, and the axes if they differ from those of the last time. Time labels are those of a clock
    /// `utc_offset_minutes` ahead of UTC. The cursor layer stays as it is.
    ///
    /// # Errors
    /// The axes could not be drawn. The series are.
    pub fn draw(
        &mut self,
        plot: &Plot<'_>,
        theme: &Theme,
        utc_offset_minutes: i32,
    ) -> Result<(), PainterError> {
        let (width, height) = self.axes.size();
        if width == 0 || height == 0 {
            return Ok(());
        }
        // Columns are as narrow as the canvas would allow, not the rectangle in it: how wide that is depends on
        // the value labels, and these on the values.
        self.layers.build(plot, self.css_size.0 as usize);
        self.before.build_before(plot, self.css_size.0 as usize);
        let axis = look::axis(plot, &[&self.layers, &self.before]);
        let layout = self.layout(&axis, theme);
        let view = View::new(&layout, &self.axes, plot.window, &axis);
        self.view = Some(view);

        let (left, top, right, bottom) = view.rectangle(self.series.ratio());
        self.series.clear();
        let (layers, before) = (&self.layers, &self.before);
        // Half a stroke may lie beyond the upper and the lower edge.
        self.series.clipped((left, top - 1.0, right, bottom + 1.0), |surface| {
            draw_bands(surface, plot, theme, &view);
            draw_before(surface, before.as_slice(), &view.frame, theme);
            draw_series(surface, layers, plot.style, &view.frame, theme);
            if plot.look.is_clipped {
                draw_clipped(surface, layers.as_slice(), (top, axis.high), &view.frame, theme);
            }
        });

        self.draw_axes(AxesKey {
            edges: view.edges,
            has_axes: layout.has_axes,
            time: self.time_marks(&view, utc_offset_minutes),
            value: self.value_marks(axis, &view),
            theme: theme.clone(),
        })
    }

    /// Draws the cursor's layer anew: the stretch that is being chosen, if one is; and, at `time`, an upright line and a dot
    /// on each line of `plot` that has a value there. `plot` is the one that was drawn last. Outside its window there is no
    /// cursor.
    pub fn draw_cursor(
        &mut self,
        plot: &Plot<'_>,
        theme: &Theme,
        time: Option<Timestamp>,
        chosen: Option<(i64, i64)>,
    ) {
        self.cursor.clear();
        let Some(view) = self.view else { return };
        if let Some((from, to)) = chosen {
            draw_chosen(&mut self.cursor, theme, &view, from, to);
        }
        if let Some(time) = time.filter(|time| view.shows(*time)) {
            draw_cursor(&mut self.cursor, &self.layers, plot, theme, &view, time);
        }
    }

    /// Left and right edge of the rectangle for the lines of what was drawn last, in CSS pixels from the left edge of the
    /// canvases; `None` when nothing was.
    pub fn edges(&self) -> Option<(f64, f64)> {
        let (left, _, right, _) = self.view?.rectangle(self.axes.ratio());
        Some((left, right))
    }

    /// The moment at `x` CSS pixels from the left edge of the canvases, in what was drawn last; `None` when nothing
    /// was, and beside the rectangle for the lines.
    pub fn time_at(&self, x: f64) -> Option<Timestamp> {
        self.view?.time_at(x)
    }

    /// How far `time` is from the left edge of the canvases in what was drawn last, in CSS pixels; `None` when
    /// nothing was, and outside the window.
    pub fn x_of(&self, time: Timestamp) -> Option<f64> {
        self.view.filter(|view| view.shows(time)).map(|view| view.frame.x(time.millis()))
    }

    fn layout(&mut self, axis: &Axis, theme: &Theme) -> Layout {
        self.ruler.set_font(&mut self.axes, &theme.font);
        let widths = axis.ticks.iter().map(|tick| self.ruler.width(&self.axes, &tick.label));
        Layout::new(self.css_size.0, self.css_size.1, widths.fold(0.0, f64::max), self.ruler.height())
    }

    /// The marks of time, without those whose label would not fit into the canvas.
    fn time_marks(&self, view: &View, utc_offset_minutes: i32) -> Marks {
        let Edges { left, right, .. } = view.edges;
        let ratio = self.axes.ratio();
        let measure = |text: &str| self.ruler.width(&self.axes, text);
        let ticks = time_ticks(view.window, f64::from(right - left) / ratio, utc_offset_minutes, measure);
        // Measuring each label would fill the ruler with texts that never come again.
        let to_the_second = ticks.iter().any(|tick| tick.label.len() == "00:00:00".len());
        let widest = measure(if to_the_second { "00:00:00" } else { "00:00" }).max(measure("30\u{a0}Nov"));
        let farthest = self.css_size.0 - widest / 2.0;
        let marks = ticks.into_iter().filter_map(|tick| {
            let x = view.frame.time.map(tick.value);
            (widest / 2.0..=farthest)
                .contains(&x)
                .then_some(Mark { place: device_pixel(x, ratio), label: tick.label })
        });
        Marks { start: left, end: right, marks: marks.collect() }
    }

    /// The marks of values, with as many labels as have room.
    fn value_marks(&self, mut axis: Axis, view: &View) -> Marks {
        thin_labels(&mut axis.ticks, &view.frame.value, self.ruler.height());
        let ratio = self.axes.ratio();
        let marks = axis
            .ticks
            .into_iter()
            .map(|tick| Mark { place: device_pixel(view.frame.y(tick.value), ratio), label: tick.label });
        Marks { start: view.edges.bottom, end: view.edges.top, marks: marks.collect() }
    }

    fn draw_axes(&mut self, key: AxesKey) -> Result<(), PainterError> {
        if self.drawn_axes.as_ref() == Some(&key) {
            return Ok(());
        }
        self.drawn_axes = None;
        let surface = &mut self.axes;
        surface.clear();
        // A canvas ignores an empty colour and would fill with whatever was set before.
        if !key.theme.background.is_empty() {
            surface.set_alpha(1.0);
            surface.set_fill(&key.theme.background);
            surface.context().fill_rect(0.0, 0.0, self.css_size.0, self.css_size.1);
        }
        if key.has_axes {
            let backend = AxesBackend { surface, ruler: &self.ruler, theme: &key.theme };
            draw_axes(backend, key.edges, key.time.clone(), key.value.clone())?;
        }
        self.drawn_axes = Some(key);
        Ok(())
    }
}
