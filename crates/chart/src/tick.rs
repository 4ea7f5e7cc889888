//! Axis ticks.

use crate::ValueScale;

/// A tick of an axis.
#[derive(Clone, Debug, PartialEq)]
pub struct Tick {
    /// Position: a value in the unit of the axis, or milliseconds since the Unix epoch.
    pub value: f64,
    /// Label; empty for a tick without text.
    pub label: String,
}

/// Clears labels until the remaining ones are at least `spacing` apart on `scale`.
///
/// Every second, third, … label stays, counted from zero if there is one, so that the step is regular.
pub fn thin_labels(ticks: &mut [Tick], scale: &ValueScale, spacing: f64) {
    let apart = match &*ticks {
        [first, second, ..] => (scale.map(second.value) - scale.map(first.value)).abs(),
        _ => return,
    };
    let origin = ticks.iter().position(|tick| tick.value == 0.0).unwrap_or(0);
    let Some(every) = (1..=ticks.len()).find(|&every| apart * every as f64 >= spacing) else {
        ticks.iter_mut().for_each(|tick| tick.label.clear());
        return;
    };
    for (index, tick) in ticks.iter_mut().enumerate() {
        if index.abs_diff(origin) % every != 0 {
            tick.label.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_labels_as_fit_are_kept() {
        let cases = [
            (100.0, "a b c d e"),
            (40.0, "a - c - e"),
            (30.0, "a - c - e"),
            (20.0, "a - - d -"),
            (1.0, "- - - - -"),
        ];
        for (height, expected) in cases {
            let mut ticks: Vec<Tick> = ["a", "b", "c", "d", "e"]
                .iter()
                .enumerate()
                .map(|(index, label)| Tick { value: index as f64, label: (*label).to_owned() })
                .collect();
            thin_labels(&mut ticks, &ValueScale::linear((0.0, 4.0), (height, 0.0)), 14.0);
            let left: Vec<&str> =
                ticks.iter().map(|tick| if tick.label.is_empty() { "-" } else { &tick.label }).collect();
            assert_eq!(left.join(" "), expected, "{height}");
        }
    }

    #[test]
    fn labels_are_counted_from_zero() {
        let mut ticks: Vec<Tick> =
            [-1.0, 0.0, 1.0].iter().map(|&value| Tick { value, label: value.to_string() }).collect();
        thin_labels(&mut ticks, &ValueScale::linear((-1.0, 1.0), (20.0, 0.0)), 14.0);
        assert_eq!(ticks.iter().map(|tick| tick.label.as_str()).collect::<Vec<_>>(), ["", "0", ""]);
    }
}
