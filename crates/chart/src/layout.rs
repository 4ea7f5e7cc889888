//! Layout of a chart: plot area and space for labels.

/// The plot area, in CSS pixels from the upper left corner of the chart. Around it is space for labels: values on the left,
/// times below.
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
    /// Whether there is space for axes. Without axes the plot area fills the chart.
    pub has_axes: bool,
}

/// Distance between a label and the plot area.
pub(crate) const LABEL_DISTANCE: f64 = 6.0;
const RIGHT_MARGIN: f64 = 8.0;
/// Space for half a stroke above and below, without axes.
const EDGE: f64 = 1.0;
/// Minimum size of the plot area for a chart with labels.
const MIN_WIDTH: f64 = 60.0;
const MIN_HEIGHT: f64 = 24.0;

impl Layout {
    /// The layout of a chart of `width` by `height`, with value labels up to `label_width` wide and text lines `text_height`
    /// high. All in CSS pixels; negative or non-finite sizes count as zero.
    pub fn new(width: f64, height: f64, label_width: f64, text_height: f64) -> Self {
        let [width, height, label_width, text_height] = [width, height, label_width, text_height]
            .map(|size| if size.is_finite() { size.max(0.0) } else { 0.0 });
        let left = (label_width + LABEL_DISTANCE).ceil();
        let right = width - RIGHT_MARGIN;
        // The label of the topmost tick is centred on it.
        let top = (text_height / 2.0).ceil();
        let bottom = height - (text_height + LABEL_DISTANCE).ceil();
        if right - left >= MIN_WIDTH && bottom - top >= MIN_HEIGHT {
            Self { left, top, right, bottom, has_axes: true }
        } else {
            let edge = EDGE.min(height / 2.0);
            Self { left: 0.0, top: edge, right: width, bottom: (height - edge).max(edge), has_axes: false }
        }
    }

    /// Width of the plot area.
    pub fn width(&self) -> f64 {
        self.right - self.left
    }

    /// Height of the plot area.
    pub fn height(&self) -> f64 {
        self.bottom - self.top
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn labels_have_space() {
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
        fn size_is_never_negative(
            width in proptest::num::f64::ANY, height in proptest::num::f64::ANY,
            label in proptest::num::f64::ANY, text in proptest::num::f64::ANY,
        ) {
            let layout = Layout::new(width, height, label, text);
            prop_assert!(layout.width() >= 0.0 && layout.height() >= 0.0);
        }
    }
}
