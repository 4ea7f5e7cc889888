//! Painter of plots on three canvases.

use super::axes::{AxisTick, AxisTicks, draw_axes};
use super::backend::AxesBackend;
use super::bands::draw_bands;
use super::cursor::{draw_cursor, draw_selection};
use super::ruler::Ruler;
use super::series::{draw_clipped, draw_previous, draw_series};
use super::surface::Surface;
use super::view::{Edges, View, device_pixel};
use super::{PainterError, Theme};
use crate::layers::Layers;
use crate::{Axis, Layout, Plot, axis_options, thin_labels, time_ticks};
use watchglass_model::Timestamp;
use web_sys::HtmlCanvasElement;

/// Draws a [`Plot`] on three stacked canvases: axes at the bottom, then series, cursor on top.
///
/// The canvases have the same CSS size. The caller sets it with [`Painter::resize`], before the first [`Painter::draw`] and
/// whenever the size or the device pixel ratio changes. At size zero, as in a hidden chart, nothing is drawn.
pub struct Painter {
    axes: Surface,
    series: Surface,
    cursor: Surface,
    ruler: Ruler,
    layers: Layers,
    previous: Layers,
    css_size: (f64, f64),
    drawn_axes: Option<AxesKey>,
    view: Option<View>,
}

/// Content of the axes layer, which is redrawn only when this changes.
#[derive(PartialEq)]
struct AxesKey {
    edges: Edges,
    has_axes: bool,
    time: AxisTicks,
    value: AxisTicks,
    theme: Theme,
}

impl Painter {
    /// A painter for three canvases, which nothing else may draw on.
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
            previous: Layers::default(),
            css_size: (0.0, 0.0),
            drawn_axes: None,
            view: None,
        })
    }

    /// Sets the size of the canvases in CSS pixels and the `devicePixelRatio` of the window.
    ///
    /// A change clears all layers until they are drawn again. A negative or NaN size counts as zero; the ratio is limited to
    /// 0.5 to 8.
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

    /// Draws the series, and the axes if they have changed. Time labels are in a time zone `utc_offset_minutes` ahead of UTC.
    /// The cursor layer is not changed.
    ///
    /// # Errors
    /// The axes could not be drawn. The series are drawn anyway.
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
        // One column per pixel of the canvas, not of the plot area: the width of that depends on the value labels, and these
        // on the values.
        self.layers.build(plot, self.css_size.0 as usize);
        self.previous.build_previous(plot, self.css_size.0 as usize);
        let axis = axis_options::axis(plot, &[&self.layers, &self.previous]);
        let layout = self.layout(&axis, theme);
        let view = View::new(&layout, &self.axes, plot.window, &axis);
        self.view = Some(view);

        let (left, top, right, bottom) = view.rectangle(self.series.ratio());
        self.series.clear();
        let (layers, previous) = (&self.layers, &self.previous);
        // Half a stroke may lie beyond the upper and the lower edge.
        self.series.clipped((left, top - 1.0, right, bottom + 1.0), |surface| {
            draw_bands(surface, plot, theme, &view);
            draw_previous(surface, previous.as_slice(), &view.frame, theme);
            draw_series(surface, layers, plot.style, &view.frame, theme);
            if plot.axis_options.is_clipped {
                draw_clipped(surface, layers.as_slice(), (top, axis.high), &view.frame, theme);
            }
        });

        self.draw_axes(AxesKey {
            edges: view.edges,
            has_axes: layout.has_axes,
            time: self.time_ticks(&view, utc_offset_minutes),
            value: self.value_ticks(axis, &view),
            theme: theme.clone(),
        })
    }

    /// Redraws the cursor layer: the selected range, if any, and at `time` a vertical line with a dot on each line of `plot` that
    /// has a value there. `plot` is the one drawn last. Outside its window there is no cursor.
    pub fn draw_cursor(
        &mut self,
        plot: &Plot<'_>,
        theme: &Theme,
        time: Option<Timestamp>,
        selection: Option<(i64, i64)>,
    ) {
        self.cursor.clear();
        let Some(view) = self.view else { return };
        if let Some((from, to)) = selection {
            draw_selection(&mut self.cursor, theme, &view, from, to);
        }
        if let Some(time) = time.filter(|time| view.shows(*time)) {
            draw_cursor(&mut self.cursor, &self.layers, plot, theme, &view, time);
        }
    }

    /// Left and right edge of the plot area, in CSS pixels from the left edge of the canvases; `None` before the first drawing.
    pub fn edges(&self) -> Option<(f64, f64)> {
        let (left, _, right, _) = self.view?.rectangle(self.axes.ratio());
        Some((left, right))
    }

    /// The time at `x` CSS pixels from the left edge of the canvases; `None` outside the plot area and before the first drawing.
    pub fn time_at(&self, x: f64) -> Option<Timestamp> {
        self.view?.time_at(x)
    }

    /// Distance of `time` from the left edge of the canvases, in CSS pixels; `None` outside the window and before the first
    /// drawing.
    pub fn x_of(&self, time: Timestamp) -> Option<f64> {
        self.view.filter(|view| view.shows(time)).map(|view| view.frame.x(time.millis()))
    }

    fn layout(&mut self, axis: &Axis, theme: &Theme) -> Layout {
        self.ruler.set_font(&mut self.axes, &theme.font);
        let widths = axis.ticks.iter().map(|tick| self.ruler.width(&self.axes, &tick.label));
        Layout::new(self.css_size.0, self.css_size.1, widths.fold(0.0, f64::max), self.ruler.height())
    }

    /// The ticks of the time axis, without those whose label does not fit into the canvas.
    fn time_ticks(&self, view: &View, utc_offset_minutes: i32) -> AxisTicks {
        let Edges { left, right, .. } = view.edges;
        let ratio = self.axes.ratio();
        let measure = |text: &str| self.ruler.width(&self.axes, text);
        let ticks = time_ticks(view.window, f64::from(right - left) / ratio, utc_offset_minutes, measure);
        // Measuring each label would fill the cache with texts that never recur.
        let to_the_second = ticks.iter().any(|tick| tick.label.len() == "00:00:00".len());
        let widest = measure(if to_the_second { "00:00:00" } else { "00:00" }).max(measure("30\u{a0}Nov"));
        let max_x = self.css_size.0 - widest / 2.0;
        let ticks = ticks.into_iter().filter_map(|tick| {
            let x = view.frame.time.map(tick.value);
            (widest / 2.0..=max_x)
                .contains(&x)
                .then_some(AxisTick { pixel: device_pixel(x, ratio), label: tick.label })
        });
        AxisTicks { start: left, end: right, ticks: ticks.collect() }
    }

    /// The ticks of the value axis, with as many labels as fit.
    fn value_ticks(&self, mut axis: Axis, view: &View) -> AxisTicks {
        thin_labels(&mut axis.ticks, &view.frame.value, self.ruler.height());
        let ratio = self.axes.ratio();
        let ticks = axis
            .ticks
            .into_iter()
            .map(|tick| AxisTick { pixel: device_pixel(view.frame.y(tick.value), ratio), label: tick.label });
        AxisTicks { start: view.edges.bottom, end: view.edges.top, ticks: ticks.collect() }
    }

    fn draw_axes(&mut self, key: AxesKey) -> Result<(), PainterError> {
        if self.drawn_axes.as_ref() == Some(&key) {
            return Ok(());
        }
        self.drawn_axes = None;
        let surface = &mut self.axes;
        surface.clear();
        // A canvas ignores an empty colour and would fill with the previous one.
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
