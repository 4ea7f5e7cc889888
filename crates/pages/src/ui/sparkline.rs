//! Sparkline: small chart without axes.

use leptos::prelude::*;
use watchglass_chart::{AxisOptions, Line, Plot, summary, svg_paths};
use watchglass_model::{Style, TimeRange, Unit};

/// Size of the viewBox; the picture is stretched to the available width.
const WIDTH: f64 = 160.0;
const HEIGHT: f64 = 36.0;
/// Fraction of the threshold from which the threshold line is drawn. Below it, the line would flatten the values at the bottom.
const THRESHOLD_VISIBLE_FROM: f64 = 0.25;

/// Values over a time range.
#[derive(Clone, Debug)]
pub struct Sparkline {
    /// Time range.
    pub window: TimeRange,
    /// Step in milliseconds.
    pub step_millis: i64,
    /// Times in milliseconds since the Unix epoch, ascending.
    pub times: Vec<i64>,
    /// Minimum at each time; NaN is a gap.
    pub low: Vec<f64>,
    /// Maximum at each time.
    pub high: Vec<f64>,
}

impl Sparkline {
    /// Renders the SVG; `level` is the alert threshold.
    pub(crate) fn view(&self, title: &str, unit: Unit, level: Option<f64>) -> AnyView {
        let line = Line { times: &self.times, low: &self.low, high: &self.high, colour: 0 };
        let gap_after_millis = self.step_millis.saturating_mul(5) / 2;
        let spoken = summary(title, unit, &line, self.window, gap_after_millis);
        let largest = self.high.iter().copied().filter(|value| value.is_finite()).fold(f64::NAN, f64::max);
        let level = level.filter(|level| largest >= level * THRESHOLD_VISIBLE_FROM);
        let ends = [self.window.start.millis(), self.window.end.millis()];
        let levels = level.map(|level| [level; 2]);
        let mut lines = vec![line];
        if let Some(levels) = &levels {
            lines.push(Line { times: &ends, low: levels, high: levels, colour: 1 });
        }
        let draw = |style, gap_after_millis, lines: &[Line<'_>]| {
            let plot = Plot {
                unit,
                style,
                ceiling: None,
                window: self.window,
                gap_after_millis,
                lines,
                bands: &[],
                previous: &[],
                axis_options: AxisOptions::default(),
                rows: &[],
            };
            svg_paths(&plot, WIDTH, HEIGHT)
        };
        let mut paths = draw(Style::Area, gap_after_millis, &lines).into_iter();
        let (line, area) =
            paths.next().map(|path| (path.line, path.area.unwrap_or_default())).unwrap_or_default();
        // The threshold has only two points, far apart: drawn again without a gap between them.
        let level = levels
            .is_some()
            .then(|| draw(Style::Area, self.window.millis(), &lines).into_iter().nth(1).map(|path| path.line))
            .flatten();
        let level = level.map(|level| view! { <path class="level" d=level></path> });
        view! {
            <svg class="spark" viewBox=format!("0 0 {WIDTH} {HEIGHT}") preserveAspectRatio="none" role="img" aria-label=spoken>
                <path class="area" d=area></path>
                <path class="line" d=line></path>
                {level}
            </svg>
        }
        .into_any()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::StaticHtml;
    use watchglass_model::Timestamp;

    fn spark(values: &[f64]) -> Sparkline {
        Sparkline {
            window: TimeRange {
                start: Timestamp::from_millis(0),
                end: Timestamp::from_millis(1000 * (values.len() as i64 - 1)),
            },
            step_millis: 1000,
            times: (0..values.len() as i64).map(|row| row * 1000).collect(),
            low: values.to_vec(),
            high: values.to_vec(),
        }
    }

    #[test]
    fn threshold_is_drawn_near_the_values_and_gaps_stay() {
        for (values, level, has_level, runs) in [
            (&[0.1, 0.2, 0.3, 0.2, 0.1][..], Some(1.0), true, 1),
            (&[0.1, 0.2, 0.2, 0.2, 0.1][..], Some(1.0), false, 1),
            (&[0.1, 0.2, 0.3, 0.2, 0.1][..], None, false, 1),
            (&[0.1, 0.2, f64::NAN, 0.2, 0.1][..], None, false, 2),
            (&[f64::NAN; 5][..], Some(1.0), false, 0),
        ] {
            let html = spark(values).view("X", Unit::Ratio, level).html();
            assert_eq!(html.contains("class=\"level\""), has_level, "{html}");
            let path = |class: &str| {
                let path = html.split("<path d=\"").find(|path| path.contains(class)).unwrap();
                path.split('"').next().unwrap().to_owned()
            };
            let line = path("class=\"line\"");
            assert_eq!(line.matches('M').count(), runs, "{html}");
            if has_level {
                assert_eq!(path("class=\"level\"").matches('L').count(), 1, "{html}");
            }
        }
    }

    #[test]
    fn summary_is_the_accessible_name_and_escaped() {
        let html = spark(&[0.1, 0.2]).view("<X>", Unit::Ratio, None).html();
        assert!(html.contains("aria-label=\"") && !html.contains("<X>"), "{html}");
        assert!(spark(&[f64::NAN, f64::NAN]).view("X", Unit::Ratio, None).html().contains("no data"));
    }
}
