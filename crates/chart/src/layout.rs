//! Where the parts of a chart lie.

/// The rectangle that the lines are drawn in, in CSS pixels from the chart's upper left corner. Around it is room
/// for the labels: of values on the left, of time below.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Layout {
    /// Left edge.
    pub left: f64,
    /// Upper edge.
    pub top: f64,
    /// Right edge, never left of `left`.
    pub right: f64,
    /// Lower edge, never above `top`.
    pub bottom: f64,
    /// Whether there is room for axes. Without them the lines fill the chart.
    pub has_axes: bool,
}

/// Space between a label and the rectangle.
pub(crate) const LABEL_DISTANCE: f64 = 6.0;
const RIGHT_MARGIN: f64 = 8.0;
/// Room for half a stroke above and below where there are no axes.
const EDGE: f64 = 1.0;
/// A rectangle smaller than this is not worth its labels.
const LEAST_WIDTH: f64 = 60.0;
const LEAST_HEIGHT: f64 = 24.0;

impl Layout {
    /// The layout of a chart of `width` by `height` whose widest value label is `label_width` wide, with lines of
    /// text `text_height` high. All are CSS pixels; what is negative or not finite counts as zero.
    pub fn new(width: f64, height: f64, label_width: f64, text_height: f64) -> Self {
        let [width, height, label_width, text_height] = [width, height, label_width, text_height]
            .map(|size| if size.is_finite() { size.max(0.0) } else { 0.0 });
        let left = (label_width + LABEL_DISTANCE).ceil();
        let right = width - RIGHT_MARGIN;
        // The label of the topmost mark is centred on it.
        let top = (text_height / 2.0).ceil();
        let bottom = height - (text_height + LABEL_DISTANCE).ceil();
        if right - left >= LEAST_WIDTH && bottom - top >= LEAST_HEIGHT {
            Self { left, top, right, bottom, has_axes: true }
        } else {
            let edge = EDGE.min(height / 2.0);
            Self { left: 0.0, top: edge, right: width, bottom: (height - edge).max(edge), has_axes: false }
        }
    }

    /// Width of the rectangle.
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// Height of the rectangle.
    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn leaves_room_for_labels() {
        let layout = Layout::new(400.0, 160.0, 40.5, 13.0);
        assert_eq!(layout, Layout { left: 47.0, top: 7.0, right: 392.0, bottom: 141.0, has_axes: true });
        assert_eq!((layout.width(), layout.height()), (345.0, 134.0));
    }

    #[test]
    fn a_small_chart_has_no_axes() {
        for (width, height, top, bottom) in
            [(100.0, 160.0, 1.0, 159.0), (400.0, 40.0, 1.0, 39.0), (0.0, 1.0, 0.5, 0.5), (0.0, 0.0, 0.0, 0.0)]
        {
            let layout = Layout::new(width, height, 40.0, 13.0);
            assert_eq!(layout, Layout { left: 0.0, top, right: width, bottom, has_axes: false });
        }
    }

    proptest! {
        #[test]
        fn is_never_inside_out(
            width in proptest::num::f64::ANY, height in proptest::num::f64::ANY,
            label in proptest::num::f64::ANY, text in proptest::num::f64::ANY,
        ) {
            let layout = Layout::new(width, height, label, text);
            prop_assert!(layout.width() >= 0.0 && layout.height() >= 0.0);
        }
    }
}
